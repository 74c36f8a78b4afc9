/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What leases.h promises: each format as its server writes it, later lines, leases that are over;
 * lines that cannot be read are counted and said; hostile host names come out short and printable.
 */
#include "device/leases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../base/texts.h"

enum { LEASES_MOST = 32 };
static const clock_us S = 1000000, NOW = UINT64_C(1764000000) * 1000000;

static struct lease leases[LEASES_MOST];
static size_t lease_count;
static struct leases_read read_of;

static void on_lease(void *owner, const struct lease *lease)
{
    assert_ptr_equal(owner, leases);
    assert_true(lease_count < LEASES_MOST);
    leases[lease_count++] = *lease;
}

static void reads(const struct lease_format *format, const char *text, size_t count, uint64_t bad)
{
    lease_count = 0;
    format->read(span_text(text), NOW, on_lease, leases, &read_of);
    assert_int_equal(lease_count, count);
    assert_int_equal(read_of.leases, count);
    assert_int_equal(read_of.bad, bad);
    assert_int_equal(read_of.why[0] != 0, bad > 0);
}

static void expect(size_t n, const char *address, const char *mac, const char *host, clock_us from,
                   clock_us until)
{
    char text[ADDRESS_TEXT_SIZE], of[MAC_TEXT_SIZE] = "";
    const struct lease *lease = &leases[n];
    assert_true(n < lease_count);
    assert_string_equal(address_text(&lease->address, text), address);
    assert_int_equal(lease->has_mac, mac[0] != 0);
    if (lease->has_mac)
        assert_string_equal(mac_text(lease->mac, of), mac);
    assert_string_equal(lease->host, host);
    assert_int_equal(lease->from, from);
    assert_int_equal(lease->until, until);
    assert_int_equal(lease->known, DEVICE_LEASE);
}

#define KEA4                                                                                       \
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"         \
    "state,user_context,pool_id\n"
#define KEA6                                                                                       \
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,"       \
    "fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"

static void test_kea4(void **state)
{
    reads(&lease_kea,
          KEA4 "10.0.0.9,02:00:00:00:00:01,01:02,3600,1763903600,1,0,0,laptop.example.,0,,0\n"
               "10.0.0.9,02:00:00:00:00:01,,3600,1763905400,1,0,0,laptop.example.,0,,0\r\n"
               "10.0.0.9,02:00:00:00:00:01,,0,1763901800,1,0,0,,3,,0\n"
               "10.0.0.8,,,86400,1763986400,1,0,0,,1,,0\n"
               "10.0.0.7,02:00:00:00:00:07,,3600,1763903600,1,0,0,,2,,0\n"
               "10.0.0.6,02:00:00:00:00:06,,4294967295,6058967295,1,0,0,a&#x2cb,0,{ &#x22x },0\n"
               "10.0.0.5,02:00:00:00:00:05,,3600,17639", /* still being written */
          5, 0);
    expect(0, "10.0.0.9", "02:00:00:00:00:01", "laptop.example", 1763900000 * S, 1763903600 * S);
    expect(1, "10.0.0.9", "02:00:00:00:00:01", "laptop.example", 1763901800 * S, 1763905400 * S);
    expect(2, "10.0.0.8", "", "", 1763900000 * S, 1763900000 * S); /* declined: nobody's */
    expect(3, "10.0.0.7", "02:00:00:00:00:07", "", 1763900000 * S, 1763903600 * S);
    expect(4, "10.0.0.6", "02:00:00:00:00:06", "a,b", 1764000000 * S, 0);
}

static void test_kea6(void **state)
{
    reads(&lease_kea,
          KEA6 "2001:db8::9,00:01:00:01:2c:00:00:00:02:00:00:00:00:09,3600,1763903600,1,1800,0,7,"
               "128,0,0,host9,,0,,,,0\n"
               "2001:db8::8,00:04:aa,3600,1763903600,1,1800,0,7,128,0,0,host8,02:00:00:00:00:08,0,"
               ",1,1,0\n"
               "2001:db8:100::,00:04:aa,3600,1763903600,1,1800,2,7,56,0,0,router,,0,,,,0\n"
               "2001:db8::7,00:04:aa,3600,1763903600,1,1800,0,7,128,0,0,host7,,0,,,,0\n",
          3, 0);
    expect(0, "2001:db8::9", "02:00:00:00:00:09", "host9", 1763900000 * S, 1763903600 * S);
    expect(1, "2001:db8::8", "02:00:00:00:00:08", "host8", 1763900000 * S, 1763903600 * S);
    expect(2, "2001:db8::7", "", "host7", 1763900000 * S, 1763903600 * S);
}

static void test_kea_bad(void **state)
{
    reads(&lease_kea,
          KEA4 "10.0.0.9,02:00:00:00:00:01,,3600,1763903600,1,0,0,a,0,,0\n"
               "10.0.0.300,02:00:00:00:00:01,,3600,1763903600,1,0,0,a,0,,0\n"
               "10.0.0.9,02:00:00:00:00:01,,x,1763903600,1,0,0,a,0,,0\n"
               "10.0.0.9,02:00:00:00:00:01,,3600,10,1,0,0,a,0,,0\n"
               "10.0.0.9,02:00:00:00:00:01,,3600,99999999999999999999,1,0,0,a,0,,0\n"
               "10.0.0.9\n"
               "10.0.0.9,02:00:00:00:00:01,,3600,1763903600,1,0,0,a,zero,,0\n"
               "10.0.0.8,02:00:00:00:00:02,,3600,1763903600,1,0,0,b,0,,0\n",
          2, 6);
    assert_int_equal(read_of.first_bad, 3);
    assert_non_null(strstr(read_of.why, "address"));
    reads(&lease_kea, "1764000000 02:00:00:00:00:01 10.0.0.1 host *\n", 0, 1);
    assert_int_equal(read_of.first_bad, 1);
    assert_non_null(strstr(read_of.why, "format"));
    reads(&lease_kea, "", 0, 0);
}

static void test_isc(void **state)
{
    reads(&lease_isc,
          "# The format of this file is documented in the dhcpd.leases(5) manual page.\n"
          "authoring-byte-order little-endian;\n"
          "server-duid \"\\000\\001\\000\\001\\\"{;\";\n"
          "failover peer \"a\" state { my state normal at 3 2020/05/06 14:56:17; }\n"
          "lease 10.0.0.1 {\n"
          "  starts 0 2025/11/23 12:13:20;\n"
          "  ends epoch 1763903600; # Sun Nov 23 13:13:20 2025\n"
          "  cltt 0 2025/11/23 12:13:20;\n"
          "  binding state active;\n"
          "  next binding state free;\n"
          "  hardware ethernet 02:00:00:00:00:01;\n"
          "  uid \"\\001\\002}\";\n"
          "  set vendor-class-identifier = \"MSFT 5.0\";\n"
          "  client-hostname \"lap\\\"top\\303\\251\";\n"
          "  on expiry { set a = \"}\"; if (1) { log(info, \"x\"); } }\n"
          "}\n"
          "lease 10.0.0.1 { starts epoch 1763900000; ends epoch 1763901000;\n"
          "  binding state free; hardware ethernet 02:00:00:00:00:01; }\n"
          "lease 10.0.0.2 { starts epoch 1763900000; ends never; binding state active;\n"
          "  hardware ethernet 02:00:00:00:00:02; }\n"
          "lease 10.0.0.3 { starts epoch 1763900000; binding state abandoned;\n"
          "  next binding state free; client-hostname \"x\"; }\n"
          "lease 10.0.0.4 { starts epoch 1763900000; binding state backup; }\n"
          "lease 10.0.0.5 { starts epoch 1763900000; ends epoch 1763903600; abandoned; }\n"
          "lease 10.0.0.6 { starts epoch 1763900000; ends ep", /* still being written */
          6, 0);
    expect(0, "10.0.0.1", "02:00:00:00:00:01", "lap\"top\xc3\xa9", 1763900000 * S, 1763903600 * S);
    expect(1, "10.0.0.1", "02:00:00:00:00:01", "", 1763900000 * S, 1763901000 * S);
    expect(2, "10.0.0.1", "", "", 1763901000 * S, 1763901000 * S); /* released */
    expect(3, "10.0.0.2", "02:00:00:00:00:02", "", 1763900000 * S, 0);
    expect(4, "10.0.0.3", "", "", 1763900000 * S, 1763900000 * S);
    expect(5, "10.0.0.5", "", "", 1763900000 * S, 1763900000 * S);
}

static void test_isc6(void **state)
{
    reads(&lease_isc,
          "ia-na \"\\001\\000\\000\\000\\000\\001\\000\\001\\054\\000\\000\\000\\002\\000\\000\\000"
          "\\000\\011\" {\n"
          "  cltt 0 2025/11/23 12:13:20;\n"
          "  iaaddr 2001:db8::9 {\n"
          "    binding state active;\n"
          "    preferred-life 375;\n"
          "    max-life 600;\n"
          "    ends 0 2025/11/23 12:23:20;\n"
          "    set ddns-rev-name = \"x\";\n"
          "  }\n"
          "  iaaddr 2001:db8::8 { binding state active; ends never; }\n"
          "}\n"
          "ia-pd \"\\001\" { iaprefix 2001:db8:1::/56 { binding state active; } }\n"
          "lease 10.0.0.2 { starts epoch 1763900000; ends never; binding state active; }\n",
          3, 0);
    expect(0, "2001:db8::9", "02:00:00:00:00:09", "", 1763900000 * S, 1763900600 * S);
    expect(1, "2001:db8::8", "02:00:00:00:00:09", "", 1763900000 * S, 0);
    expect(2, "10.0.0.2", "", "", 1763900000 * S, 0);
}

static void test_isc_bad(void **state)
{
    reads(
        &lease_isc,
        "lease 10.0.0.1 { starts never ends; }\n"
        "lease 10.0.0.300 { starts epoch 1763900000; }\n"
        "lease 10.0.0.1 { starts 4 2025/13/01 00:00:00; }\n"
        "lease 10.0.0.1 { starts epoch 1763900000; ends epoch 5; }\n"
        "lease 10.0.0.1 { starts epoch 1763900000; hardware ethernet 1:2; }\n"
        "lease 10.0.0.1 starts;\n"
        "}\n"
        "lease 10.0.0.1 { starts epoch 1763900000; ends epoch 1763900001; binding state active }\n"
        "lease 10.0.0.2 { starts epoch 1763900000; ends epoch 1763903600; binding state active; }"
        "\n",
        1, 7);
    assert_int_equal(read_of.first_bad, 2);
}

static void test_dnsmasq(void **state)
{
    reads(&lease_dnsmasq,
          "1764003600 02:00:00:00:00:01 10.0.0.1 laptop 01:02:00:00:00:00:01\n"
          "0 02:00:00:00:00:02 10.0.0.2 * *\n"
          "1764003600 06-02:00:00:00:00:03 10.0.0.3 token *\n"
          "1763999999 02:00:00:00:00:04 10.0.0.4 gone *\n"
          "duid 00:01:00:01:2c:00:00:00:02:00:00:00:00:ff\n"
          "1764003600 7 2001:db8::9 host9 00:01:00:01:2c:00:00:00:02:00:00:00:00:09\n"
          "1764003600 T8 2001:db8::8 * 00:03:00:01:02:00:00:00:00:08\n"
          "17640036", /* still being written */
          5, 0);
    expect(0, "10.0.0.1", "02:00:00:00:00:01", "laptop", NOW, 1764003600 * S);
    expect(1, "10.0.0.2", "02:00:00:00:00:02", "", NOW, 0);
    expect(2, "10.0.0.3", "", "token", NOW, 1764003600 * S);
    expect(3, "2001:db8::9", "02:00:00:00:00:09", "host9", NOW, 1764003600 * S);
    expect(4, "2001:db8::8", "02:00:00:00:00:08", "", NOW, 1764003600 * S);
    reads(&lease_dnsmasq,
          "1764003600 02:00:00:00:00:01 10.0.0.1 laptop *\n"
          "x 02:00:00:00:00:01 10.0.0.1 laptop *\n"
          "1764003600 zz 10.0.0.1 laptop *\n"
          "1764003600 02:00:00:00:00:01 host laptop *\n"
          "1764003600 02:00:00:00:00:01\n"
          "3600 02:00:00:00:00:01 10.0.0.1 laptop *\n",
          1, 5);
    assert_int_equal(read_of.first_bad, 2);
}

static void test_own(void **state)
{
    static const struct {
        const char *address, *mac, *host;
        clock_us from, until;
        enum device_known known;
    } cases[] = {
        {"10.0.0.1", "02:00:00:00:00:01", "a b \xc3\xa9", 1, 2, DEVICE_LEASE},
        {"2001:db8::1", NULL, "", 5, 0, DEVICE_NEIGHBOUR},
        {"10.0.0.2", NULL, "x", 7, 7, DEVICE_EVENT},
    };
    char room[COUNT_OF(cases) * LEASE_LINE_MOST + 1];
    struct writer w = writer_over(room, sizeof room - 1);
    struct lease written[COUNT_OF(cases)] = {{.from = 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct lease *lease = &written[i];
        lease->address = address_of(cases[i].address);
        lease->has_mac = cases[i].mac != NULL && mac_parse(cases[i].mac, lease->mac);
        snprintf(lease->host, sizeof lease->host, "%s", cases[i].host);
        lease->from = cases[i].from;
        lease->until = cases[i].until;
        lease->known = (uint8_t)cases[i].known;
        lease_write(&w, lease, cases[i].known);
    }
    write_u8(&w, 0);
    assert_false(w.failed);
    reads(&lease_own, room, COUNT_OF(cases), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_memory_equal(&leases[i], &written[i], sizeof written[i]);
    reads(&lease_own,
          "1 2 lease 10.0.0.1 - \n"
          "1 2 rumour 10.0.0.1 - x\n"
          "1 2 lease 10.0.0.1 zz x\n"
          "1 2 lease 10.0.0.1\n"
          "-1 2 lease 10.0.0.1 - x\n",
          1, 4);
    assert_int_equal(read_of.first_bad, 2);
}

/* The longest line that can be is what the header says. */
static void test_own_longest(void **state)
{
    char room[LEASE_LINE_MOST];
    struct writer w = writer_over(room, sizeof room);
    struct lease lease = {.has_mac = true, .from = UINT64_MAX, .until = UINT64_MAX};
    memset(&lease.address, 0xee, sizeof lease.address);
    memset(lease.host, 'h', sizeof lease.host - 1);
    lease_write(&w, &lease, DEVICE_NEIGHBOUR);
    assert_false(w.failed);
}

static void host_becomes(const char *host, const char *clean)
{
    char text[20000];
    snprintf(text, sizeof text, "1764003600 02:00:00:00:00:01 10.0.0.1 %s *\n", host);
    reads(&lease_dnsmasq, text, 1, 0);
    assert_string_equal(leases[0].host, clean);
    assert_true(strlen(leases[0].host) < DEVICE_TEXT_SIZE);
}

#define REPLACED "\xef\xbf\xbd"

static void test_hosts(void **state)
{
    char many[10001], cut[DEVICE_TEXT_SIZE];
    host_becomes("<script>alert(1)</script>", "<script>alert(1)</script>"); /* shown as text */
    host_becomes("a\x01\x1b[31mb\x7f", "a" REPLACED REPLACED "[31mb" REPLACED);
    host_becomes("\"'`\\,;{}", "\"'`\\,;{}");
    host_becomes("caf\xc3\xa9", "caf\xc3\xa9");
    host_becomes("a\xff\xc3(\xed\xa0\x80", "a" REPLACED REPLACED "(" REPLACED REPLACED REPLACED);
    host_becomes("a\xc2\x9b"
                 "b\xe2\x80\xae"
                 "c\xe2\x80\x8b",
                 "a" REPLACED "b" REPLACED "c" REPLACED);
    host_becomes("host.example.", "host.example");
    host_becomes("host..", "host");
    host_becomes(".", ".");
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = 0;
    memset(cut, 'x', sizeof cut);
    memcpy(cut + DEVICE_TEXT_SIZE - 4, "\xe2\x80\xa6", 4);
    host_becomes(many, cut);
    memset(many, 0xff, sizeof many - 1);
    snprintf(cut, sizeof cut, "%s", "");
    char text[20000];
    snprintf(text, sizeof text, "1764003600 02:00:00:00:00:01 10.0.0.1 %s *\n", many);
    reads(&lease_dnsmasq, text, 1, 0);
    assert_true(strlen(leases[0].host) < DEVICE_TEXT_SIZE);
    assert_memory_equal(leases[0].host + strlen(leases[0].host) - 6, REPLACED "\xe2\x80\xa6", 6);
}

static void test_formats(void **state)
{
    static const char *const words[] = {"kea", "isc", "dnsmasq"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_string_equal(lease_formats[i]->name, words[i]);
    assert_null(lease_formats[COUNT_OF(words)]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kea4),        cmocka_unit_test(test_kea6),
        cmocka_unit_test(test_kea_bad),     cmocka_unit_test(test_isc),
        cmocka_unit_test(test_isc6),        cmocka_unit_test(test_isc_bad),
        cmocka_unit_test(test_dnsmasq),     cmocka_unit_test(test_own),
        cmocka_unit_test(test_own_longest), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
