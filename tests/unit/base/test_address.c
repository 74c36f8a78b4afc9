/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * address - texts that are taken and texts that are not, masks, sockaddrs, what is internal.
 */
#include "base/address.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "texts.h"

static void addresses_round_trip(void **state)
{
    static const char *const texts[] = {
        "192.0.2.1", "0.0.0.0",     "255.255.255.255", "::",
        "::1",       "2001:db8::1", "fe80::1",         "2001:db8:1111:2222:3333:4444:5555:6666"};
    char text[ADDRESS_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct address address = address_of(texts[i]);
        assert_string_equal(address_text(&address, text), texts[i]);
        assert_int_equal(address_is_ipv4(&address), strchr(texts[i], '.') != NULL);
    }
    struct address mapped = address_of("::ffff:192.0.2.1"), plain = address_of("192.0.2.1");
    assert_true(address_equal(&mapped, &plain));
}

static void what_is_no_address(void **state)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "192.0.2",
                                        "192.0.2.256",
                                        "192.0.2.1 ",
                                        " 192.0.2.1",
                                        "192.0.2.01",
                                        "192.0.2.1.",
                                        "0x7f000001",
                                        ":",
                                        ":::",
                                        "2001:db8::1::2",
                                        "2001:db8::g",
                                        "::1%lo",
                                        "[::1]",
                                        "12345::",
                                        "example",
                                        "1",
                                        "192.0.2.1/32"};
    struct address address;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(address_parse(texts[i], &address), STATUS_MALFORMED);
}

static void from_record_bytes(void **state)
{
    struct address address, v4 = address_of("192.0.2.1"), v6 = address_of("2001:db8::1");
    assert_true(address_from_bytes(span_of("\xc0\0\2\1", 4), &address));
    assert_true(address_equal(&address, &v4));
    assert_true(address_from_bytes(span_of(v6.bytes, 16), &address));
    assert_true(address_equal(&address, &v6));
    for (size_t length = 0; length < 20; length++) {
        uint8_t bytes[20] = {0};
        assert_int_equal(address_from_bytes(span_of(bytes, length), &address),
                         length == 4 || length == 16);
    }
}

static void sockaddrs(void **state)
{
    static const struct {
        const char *text;
        int asked, family;
    } rows[] = {{"192.0.2.1", AF_UNSPEC, AF_INET},
                {"192.0.2.1", AF_INET, AF_INET},
                {"192.0.2.1", AF_INET6, AF_INET6},
                {"2001:db8::1", AF_UNSPEC, AF_INET6},
                {"2001:db8::1", AF_INET6, AF_INET6}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sockaddr_storage storage;
        const struct sockaddr *sockaddr = (const struct sockaddr *)&storage;
        struct address address = address_of(rows[i].text), again;
        socklen_t length = address_to_sockaddr(&address, 5300, rows[i].asked, &storage);
        assert_int_equal(sockaddr->sa_family, rows[i].family);
        assert_int_equal(length, rows[i].family == AF_INET ? sizeof(struct sockaddr_in)
                                                           : sizeof(struct sockaddr_in6));
        again = address_from_sockaddr(sockaddr);
        assert_true(address_equal(&again, &address));
        assert_int_equal(port_from_sockaddr(sockaddr), 5300);
    }
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct address none = address_from_sockaddr(&other), zero = address_of("::");
    assert_true(address_equal(&none, &zero));
    assert_int_equal(port_from_sockaddr(&other), 0);
}

static void prefixes_round_trip(void **state)
{
    static const char *const texts[] = {"192.0.2.0/24",  "10.0.0.0/8",      "0.0.0.0/0",
                                        "192.0.2.1/32",  "192.0.2.128/25",  "::/0",
                                        "2001:db8::/32", "2001:db8::1/128", "8000::/1"};
    char text[PREFIX_TEXT_SIZE];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct prefix prefix = prefix_of(texts[i]);
        assert_string_equal(prefix_text(&prefix, text), texts[i]);
    }
    assert_int_equal(prefix_of("10.0.0.0/8").bits, 104);
    assert_int_equal(prefix_of("192.0.2.1").bits, 128);
    assert_int_equal(prefix_of("::1").bits, 128);
}

static void what_is_no_prefix(void **state)
{
    static const char *const malformed[] = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/ 8",
        "10.0.0.0/08",
        "10.0.0.0/8 ",
        "10.0.0.0/8/8",
        "10.0.0.0/0x8",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/4294967304",
        "10/8",
        "::/129",
        "2001:db8::/1000000",
        "example/8",
        "1111111111111111111111111111111111111111111111111111111/8"};
    static const char *const invalid[] = {"10.0.0.1/8", "192.0.2.1/31",    "0.0.0.1/0",
                                          "::1/0",      "2001:db8::1/127", "2001:db8:8000::/32"};
    struct prefix prefix;
    for (size_t i = 0; i < COUNT_OF(malformed); i++)
        assert_int_equal(prefix_parse(malformed[i], &prefix), STATUS_MALFORMED);
    for (size_t i = 0; i < COUNT_OF(invalid); i++)
        assert_int_equal(prefix_parse(invalid[i], &prefix), STATUS_INVALID);
}

static void endpoints(void **state)
{
    static const struct {
        const char *text, *address;
        uint16_t port;
    } rows[] = {{"192.0.2.1", "192.0.2.1", 53},
                {"192.0.2.1@5300", "192.0.2.1", 5300},
                {"192.0.2.1:5300", "192.0.2.1", 5300},
                {"2001:db8::1", "2001:db8::1", 53},
                {"2001:db8::1@853", "2001:db8::1", 853},
                {"[2001:db8::1]:853", "2001:db8::1", 853},
                {"[::1]", "::1", 53},
                {"192.0.2.1@65535", "192.0.2.1", 65535},
                {"::@1", "::", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct address address, expected = address_of(rows[i].address);
        uint16_t port = 53;
        assert_int_equal(endpoint_parse(rows[i].text, &address, &port), STATUS_OK);
        assert_true(address_equal(&address, &expected));
        assert_int_equal(port, rows[i].port);
    }
    char text[ENDPOINT_TEXT_SIZE];
    struct address longest = address_of("2001:db8:1111:2222:3333:4444:5555:6666");
    assert_string_equal(endpoint_text(&longest, 65535, text),
                        "2001:db8:1111:2222:3333:4444:5555:6666@65535");
}

static void what_is_no_endpoint(void **state)
{
    static const char *const texts[] = {
        "",
        "@53",
        ":53",
        "192.0.2.1@",
        "192.0.2.1:",
        "192.0.2.1@0",
        "192.0.2.1@65536",
        "192.0.2.1@-1",
        "192.0.2.1@5 3",
        "192.0.2.1@053",
        "192.0.2.1@53@53",
        "[::1",
        "[::1]53",
        "[::1]:",
        "[]:53",
        "[::1]:0",
        "::1]:53",
        "192.0.2.1@domain",
        "example:5300",
        "11111111111111111111111111111111111111111111111111111111111111111111@53"};
    struct address address;
    uint16_t port = 53;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(endpoint_parse(texts[i], &address, &port), STATUS_MALFORMED);
    assert_int_equal(port, 53);
}

static void masks(void **state)
{
    struct address ones;
    memset(ones.bytes, 0xff, 16);
    for (unsigned bits = 0; bits <= 128; bits++) {
        struct address masked = address_mask(&ones, bits);
        for (unsigned i = 0; i < 128; i++)
            assert_int_equal(masked.bytes[i / 8] >> (7 - i % 8) & 1, i < bits);
    }
    struct prefix net = prefix_of("192.0.2.0/25"), all = prefix_of("::/0");
    struct address inside = address_of("192.0.2.127"), outside = address_of("192.0.2.128");
    assert_true(prefix_holds(&net, &inside));
    assert_false(prefix_holds(&net, &outside));
    assert_true(prefix_holds(&all, &outside));
    struct prefix ipv4 = prefix_of("0.0.0.0/0");
    struct address ipv6 = address_of("2001:db8::1");
    assert_true(prefix_holds(&ipv4, &outside));
    assert_false(prefix_holds(&ipv4, &ipv6));
}

static void internal_addresses(void **state)
{
    static const char *const internal[] = {
        "0.0.0.0",         "0.255.255.255",    "10.0.0.0",   "10.255.255.255",
        "100.64.0.0",      "100.127.255.255",  "127.0.0.1",  "127.255.255.255",
        "169.254.0.0",     "169.254.255.255",  "172.16.0.0", "172.31.255.255",
        "192.168.0.0",     "192.168.255.255",  "::",         "::1",
        "fc00::",          "fdff:ffff::1",     "fe80::",     "febf::1",
        "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"};
    static const char *const public[] = {"1.0.0.0",           "9.255.255.255",
                                         "11.0.0.0",          "100.63.255.255",
                                         "100.128.0.0",       "126.255.255.255",
                                         "128.0.0.0",         "169.253.255.255",
                                         "169.255.0.0",       "172.15.255.255",
                                         "172.32.0.0",        "192.167.255.255",
                                         "192.169.0.0",       "::2",
                                         "fbff::1",           "fe00::1",
                                         "fec0::1",           "2001:db8::1",
                                         "64:ff9b::192.0.2.1"};
    for (size_t i = 0; i < COUNT_OF(internal); i++) {
        struct address address = address_of(internal[i]);
        assert_true(address_is_internal(&address));
    }
    for (size_t i = 0; i < COUNT_OF(public); i++) {
        struct address address = address_of(public[i]);
        assert_false(address_is_internal(&address));
    }
}

static void prefix_of_every_length(void **state)
{
    struct address address = address_of("2001:db8:a5a5:5a5a:c3c3:3c3c:9696:6969");
    for (unsigned bits = 0; bits <= 128; bits++) {
        const struct prefix prefix = {address_mask(&address, bits), (uint8_t)bits};
        assert_true(prefix_holds(&prefix, &address));
        for (unsigned flipped = 0; flipped < 128; flipped++) {
            struct address other = address;
            other.bytes[flipped / 8] ^= (uint8_t)(0x80 >> flipped % 8);
            assert_int_equal(prefix_holds(&prefix, &other), flipped >= bits);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_round_trip),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(from_record_bytes),
        cmocka_unit_test(sockaddrs),
        cmocka_unit_test(prefixes_round_trip),
        cmocka_unit_test(what_is_no_prefix),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(what_is_no_endpoint),
        cmocka_unit_test(masks),
        cmocka_unit_test(internal_addresses),
        cmocka_unit_test(prefix_of_every_length),
    };
    return cmocka_run_group_tests_name("base/address", tests, NULL, NULL);
}
