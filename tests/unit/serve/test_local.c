/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * local - names of ours, and those beside them that are not.
 */
#include "world.h"

static const char staff[] = "10.1.0.5";

static void special_names(void **state)
{
    static const struct {
        const char *name;
        uint16_t type, rcode, answers;
    } rows[] = {
        {"localhost", TYPE_A, RCODE_NOERROR, 1},
        {"a.b.LocalHost", TYPE_AAAA, RCODE_NOERROR, 1},
        {"localhost", TYPE_TXT, RCODE_NOERROR, 0},
        {"invalid", TYPE_A, RCODE_NOERROR, 0},
        {"x.invalid", TYPE_A, RCODE_NXDOMAIN, 0},
        {"x.test", TYPE_AAAA, RCODE_NXDOMAIN, 0},
        {"abc.onion", TYPE_A, RCODE_NXDOMAIN, 0},
        {"printer.local", TYPE_A, RCODE_NXDOMAIN, 0},
        {"x.alt", TYPE_A, RCODE_NXDOMAIN, 0},
        {"router.home.arpa", TYPE_A, RCODE_NXDOMAIN, 0},
        {"resolver.arpa", TYPE_A, RCODE_NOERROR, 0},
        {"_dns.resolver.arpa", TYPE_SVCB, RCODE_NOERROR, 0},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(world_query(w, staff, rows[i].name, rows[i].type, 0), FATE_ANSWERED);
        world_expect(w, rows[i].rcode, rows[i].answers, EDE_NONE);
        assert_int_equal(world_has(w, SECTION_AUTHORITY, TYPE_SOA), rows[i].answers == 0);
    }
    assert_int_equal(w->counters.value[COUNT_LOCAL], COUNT_OF(rows));
}

static void reverse_names_of_internal_addresses(void **state)
{
    static const struct {
        const char *name, *zone; /* zone NULL: asked of the Internet */
    } rows[] = {
        {"4.3.2.10.in-addr.arpa", "10.in-addr.arpa"},
        {"10.in-addr.arpa", "10.in-addr.arpa"},
        {"_x.4.3.2.10.in-addr.arpa", "10.in-addr.arpa"},
        {"1.1.16.172.in-addr.arpa", "16.172.in-addr.arpa"},
        {"1.1.31.172.in-addr.arpa", "31.172.in-addr.arpa"},
        {"1.1.32.172.in-addr.arpa", NULL},
        {"172.in-addr.arpa", NULL},
        {"1.1.64.100.in-addr.arpa", "64.100.in-addr.arpa"},
        {"1.1.128.100.in-addr.arpa", NULL},
        {"1.168.192.in-addr.arpa", "168.192.in-addr.arpa"},
        {"255.255.255.255.in-addr.arpa", "255.255.255.255.in-addr.arpa"},
        {"4.3.2.999.in-addr.arpa", NULL},
        {"8.8.8.8.in-addr.arpa", NULL},
        {"in-addr.arpa", NULL},
        {"ip6.arpa", NULL},
        {"1.0.0.0.d.f.ip6.arpa", "d.f.ip6.arpa"},
        {"1.8.e.f.ip6.arpa", "8.e.f.ip6.arpa"},
        {"1.b.e.f.ip6.arpa", "b.e.f.ip6.arpa"},
        {"1.c.e.f.ip6.arpa", NULL},
        {"1.0.0.2.ip6.arpa", NULL},
        {"8.b.d.0.1.0.0.2.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"},
        {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
         "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"},
        {"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", NULL},
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum fate fate = world_query(w, staff, rows[i].name, TYPE_PTR, 0);
        if (rows[i].zone == NULL) {
            if (fate != FATE_WAITING &&
                !(fate == FATE_ANSWERED && world_rcode(w) == RCODE_SERVFAIL))
                fail_msg("%s was answered", rows[i].name);
            continue;
        }
        if (fate != FATE_ANSWERED)
            fail_msg("%s was not answered", rows[i].name);
        struct name zone = name_of(rows[i].zone);
        struct record soa = world_at(w, SECTION_AUTHORITY, 0);
        assert_true(name_equal(&soa.owner, &zone));
        assert_int_equal(world_rcode(w),
                         strcmp(rows[i].name, rows[i].zone) == 0 ? RCODE_NOERROR : RCODE_NXDOMAIN);
    }
}

static void a_stub_zone_beats_all(void **state)
{
    struct world *w = *state;
    w->config.dnsd.stubs[0].zone = name_of("1.10.in-addr.arpa");
    w->config.dnsd.stubs[1].zone = name_of("lab.test");
    w->config.dnsd.stub_count = 2;
    assert_int_equal(world_query(w, staff, "4.3.1.10.in-addr.arpa", TYPE_PTR, 0), FATE_WAITING);
    assert_int_equal(world_query(w, staff, "www.lab.test", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(world_query(w, staff, "4.3.2.10.in-addr.arpa", TYPE_PTR, 0), FATE_ANSWERED);
    assert_int_equal(world_query(w, staff, "www.other.test", TYPE_A, 0), FATE_ANSWERED);
}

static void neighbours_are_asked(void **state)
{
    static const char *const zones[] = {"home.arpa", "10.in-addr.arpa"};
    static const char *const names[] = {"notlocalhost", "local.example",  "mytest",
                                        "arpa",         "xresolver.arpa", "example.com"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(world_query(w, staff, names[i], TYPE_A, 0), FATE_WAITING);
    for (size_t i = 0; i < COUNT_OF(zones); i++) /* what the parent knows */
        assert_int_equal(world_query(w, staff, zones[i], TYPE_DS, 0), FATE_WAITING);
}

static void any_is_answered_small(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "www.example", TYPE_ANY, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    struct record hinfo = world_at(w, SECTION_ANSWER, 0);
    assert_int_equal(hinfo.type, TYPE_HINFO);
    assert_memory_equal(hinfo.data.at, "\7RFC8482", 9);
    assert_int_equal(w->asked, 0);
}

static void ask_chaos(struct world *w, const char *name)
{
    uint8_t bytes[512];
    size_t length = world_question(bytes, name, TYPE_TXT, ASK_NO_EDNS);
    store_u16(bytes + length - 2, CLASS_CH);
    assert_int_equal(world_send(w, staff, span_of(bytes, length), false), FATE_ANSWERED);
}

static void chaos_answers_only_when_told_to(void **state)
{
    static const char *const names[] = {"id.server", "version.bind", "hostname.bind"};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ask_chaos(w, names[i]);
        world_expect(w, RCODE_REFUSED, 0, EDE_NONE);
    }
    w->config.dnsd.identity = true;
    ask_chaos(w, "id.server"); /* it has none */
    world_expect(w, RCODE_REFUSED, 0, EDE_NONE);
    memcpy(w->config.dnsd.server_id, "gw-1", 5);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ask_chaos(w, names[i]);
        world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    }
    assert_memory_equal(world_at(w, SECTION_ANSWER, 0).data.at, "\4gw-1", 5);
    ask_chaos(w, "other.server");
    world_expect(w, RCODE_REFUSED, 0, EDE_NONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(special_names),         TEST(reverse_names_of_internal_addresses),
        TEST(a_stub_zone_beats_all), TEST(neighbours_are_asked),
        TEST(any_is_answered_small), TEST(chaos_answers_only_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
