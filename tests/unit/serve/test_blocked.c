/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blocked - every action, every type, both transports, and what the event says.
 */
#include "world.h"

static const char staff[] = "10.1.0.5";

static void sinkhole_gives_addresses_of_the_type(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "www.SINK.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    struct record a = world_at(w, SECTION_ANSWER, 0);
    assert_int_equal(a.ttl, 60);
    assert_int_equal(a.data.length, 4);
    assert_memory_equal(a.data.at, "\xc0\0\2\1", 4);
    assert_memory_equal(w->bytes + 12, "\3www\4SINK\7example", 17); /* its case came back */

    assert_int_equal(world_query(w, staff, "sink.example", TYPE_AAAA, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).data.length, 16);
    assert_int_equal(w->asked, 0);
}

static void other_types_are_nodata_with_soa(void **state)
{
    static const uint16_t types[] = {TYPE_HTTPS, TYPE_SVCB, TYPE_MX,    TYPE_TXT, TYPE_ANY,
                                     TYPE_NS,    TYPE_SOA,  TYPE_CNAME, TYPE_DS,  TYPE_SRV};
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_int_equal(world_query(w, staff, "sink.example", types[i], 0), FATE_ANSWERED);
        world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
        struct record soa = world_at(w, SECTION_AUTHORITY, 0);
        assert_int_equal(soa.type, TYPE_SOA);
        assert_int_equal(soa.ttl, 60);
    }
}

static void sinkhole_without_address_of_the_family(void **state)
{
    struct world *w = *state;
    w->config.dnsd.sinkhole_count = 1;
    assert_int_equal(world_query(w, staff, "sink.example", TYPE_AAAA, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
    assert_true(world_has(w, SECTION_AUTHORITY, TYPE_SOA));
}

static void negative_actions(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "a.nx.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
    assert_true(world_has(w, SECTION_AUTHORITY, TYPE_SOA));
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
    assert_true(world_has(w, SECTION_AUTHORITY, TYPE_SOA));
    assert_int_equal(world_query(w, staff, "refused.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_REFUSED, 0, EDE_BLOCKED);
    assert_false(w->reply.flags & FLAG_AA);
    assert_int_equal(w->counters.value[COUNT_BLOCKED], 3);
}

static void drop_is_silent_but_recorded(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "drop.example", TYPE_A, 0), FATE_SILENT);
    assert_int_equal(w->recorded, 1);
    assert_int_equal(w->event.answered, 0);
    assert_int_equal(w->event.verdict.action, ACTION_DROP);
}

static void truncate_lets_tcp_through(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "tcp.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
    assert_true(w->reply.flags & FLAG_TC);
    world_resolve(w, staff, "tcp.example", TYPE_A, ASK_TCP, LINES("tcp.example 60 IN A 192.0.2.9"));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void redirect_to_addresses(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "there.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    assert_memory_equal(world_at(w, SECTION_ANSWER, 0).data.at, "\xc0\0\2\x50", 4);
    assert_int_equal(world_query(w, staff, "there.example", TYPE_TXT, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 0, EDE_BLOCKED);
}

static void redirect_to_a_name_brings_what_that_has(void **state)
{
    struct world *w = *state;
    for (unsigned turn = 0; turn < 2; turn++) { /* asked, then from the cache */
        if (turn == 0)
            world_resolve(w, staff, "x.moved.example", TYPE_A, 0,
                          LINES("garden.example 300 IN CNAME web.garden.example",
                                "web.garden.example 300 IN A 192.0.2.80"));
        else
            assert_int_equal(world_query(w, staff, "x.moved.example", TYPE_A, 0), FATE_ANSWERED);
        world_expect(w, RCODE_NOERROR, 3, EDE_BLOCKED);
        assert_int_equal(world_at(w, SECTION_ANSWER, 0).type, TYPE_CNAME);
        struct name garden = name_of("garden.example"), web = name_of("web.garden.example");
        struct record first = world_at(w, SECTION_ANSWER, 1), last = world_at(w, SECTION_ANSWER, 2);
        assert_true(name_equal(&first.owner, &garden));
        assert_true(name_equal(&last.owner, &web));
        assert_int_equal(last.type, TYPE_A);
        assert_int_equal(w->event.verdict.action, ACTION_REDIRECT);
    }
    assert_int_equal(w->asked, 1);
    assert_int_equal(world_query(w, staff, "x.moved.example", TYPE_ANY, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
}

static void event_says_what_happened(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "www.sink.example", TYPE_A, ASK_AD), FATE_ANSWERED);
    assert_int_equal(w->recorded, 1);
    const struct event *e = &w->event;
    struct name question = name_of("www.sink.example");
    struct address client = address_of(staff);
    assert_true(name_equal(&e->question, &question));
    assert_true(address_equal(&e->client, &client));
    assert_int_equal(e->generation, GENERATION);
    assert_int_equal(e->seen, SEEN_QUESTION);
    assert_int_equal(e->matched_name.labels, 0);
    assert_int_equal(e->verdict.action, ACTION_SINKHOLE);
    assert_int_equal(e->id, 0xabcd);
    assert_int_equal(e->flags, FLAG_QR | FLAG_RD | FLAG_RA);
    assert_int_equal(e->ede, EDE_BLOCKED);
    assert_int_equal(e->at, w->when.wall);
    assert_int_equal(e->answered, 1);
    assert_true(event_is_sound(e));
}

static void exception_allows(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "a.fine.sink.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(w->recorded, 0);
}

static void observing_group_resolves_and_records(void **state)
{
    struct world *w = *state;
    world_resolve(w, "10.2.0.9", "sink.example", TYPE_A, 0,
                  LINES("sink.example 60 IN A 192.0.2.7"));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    assert_int_equal(w->recorded, 1);
    assert_int_equal(w->event.verdict.action, ACTION_OBSERVE);
    assert_int_equal(w->event.verdict.wanted, ACTION_SINKHOLE);
    assert_int_equal(w->counters.value[COUNT_OBSERVED], 1);
    assert_int_equal(w->counters.value[COUNT_BLOCKED], 0);
}

static void sampling_and_losing_are_counted(void **state)
{
    struct world *w = *state;
    w->config.dnsd.events.sample = 3;
    for (unsigned i = 0; i < 7; i++)
        world_query(w, staff, "sink.example", TYPE_A, 0);
    assert_int_equal(w->recorded, 3);
    assert_int_equal(w->event.sampled_before, 2);
    assert_int_equal(w->counters.value[COUNT_EVENTS_SAMPLED], 4);
    w->config.dnsd.events.sample = 1;
    w->recorder_is_full = true;
    for (unsigned i = 0; i < 4; i++)
        world_query(w, staff, "sink.example", TYPE_A, 0);
    w->recorder_is_full = false;
    world_query(w, staff, "sink.example", TYPE_A, 0);
    assert_int_equal(w->event.lost_before, 4);
    assert_int_equal(w->counters.value[COUNT_EVENTS_LOST], 4);
    world_query(w, staff, "sink.example", TYPE_A, 0);
    assert_int_equal(w->event.lost_before, 0);
}

static void unknown_client_is_not_filtered(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, "10.9.0.1", "sink.example", TYPE_A, 0), FATE_WAITING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sinkhole_gives_addresses_of_the_type),
        TEST(other_types_are_nodata_with_soa),
        TEST(sinkhole_without_address_of_the_family),
        TEST(negative_actions),
        TEST(drop_is_silent_but_recorded),
        TEST(truncate_lets_tcp_through),
        TEST(redirect_to_addresses),
        TEST(redirect_to_a_name_brings_what_that_has),
        TEST(event_says_what_happened),
        TEST(exception_allows),
        TEST(observing_group_resolves_and_records),
        TEST(sampling_and_losing_are_counted),
        TEST(unknown_client_is_not_filtered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
