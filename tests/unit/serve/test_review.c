/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * review - every way in which an answer can lead to what is banned.
 */
#include "world.h"

static const char staff[] = "10.1.0.5", lab[] = "10.2.0.5";

static void chain_to_a_blocked_name(void **state)
{
    struct world *w = *state;
    for (unsigned turn = 0; turn < 2; turn++) { /* new, then cached */
        if (turn == 0)
            world_resolve(w, staff, "cdn.example", TYPE_A, 0,
                          LINES("cdn.example 60 IN CNAME mid.example",
                                "mid.example 60 IN CNAME www.nx.example",
                                "www.nx.example 60 IN A 192.0.2.5"));
        else
            assert_int_equal(world_query(w, staff, "cdn.example", TYPE_A, 0), FATE_ANSWERED);
        world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
        struct name matched = name_of("www.nx.example"), question = name_of("cdn.example");
        assert_int_equal(w->recorded, turn + 1);
        assert_int_equal(w->event.seen, SEEN_ANSWER);
        assert_int_equal(w->event.has_address, 0);
        assert_true(name_equal(&w->event.matched_name, &matched));
        assert_true(name_equal(&w->event.question, &question));
        assert_true(event_is_sound(&w->event));
    }
    assert_int_equal(w->asked, 1);
    assert_int_equal(w->counters.value[COUNT_BLOCKED_ANSWERS], 2);
    assert_int_equal(world_query(w, "10.9.0.1", "cdn.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 3, EDE_NONE); /* a client of no group */
}

static void sinkhole_by_answer(void **state)
{
    struct world *w = *state;
    world_resolve(
        w, staff, "cdn.example", TYPE_A, 0,
        LINES("cdn.example 60 IN CNAME a.sink.example", "a.sink.example 60 IN A 192.0.2.5"));
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    assert_memory_equal(world_at(w, SECTION_ANSWER, 0).data.at, "\xc0\0\2\1", 4);
}

static void drop_by_answer_ends_the_wait(void **state)
{
    struct world *w = *state;
    world_resolve(
        w, staff, "cdn.example", TYPE_A, ASK_TCP,
        LINES("cdn.example 60 IN CNAME a.drop.example", "a.drop.example 60 IN A 192.0.2.5"));
    assert_int_equal(w->length, 0);
    assert_int_equal(w->to.transport, TRANSPORT_TCP);
    assert_int_equal(w->event.answered, 0);
    assert_int_equal(world_query(w, staff, "cdn.example", TYPE_A, 0), FATE_SILENT);
}

static void negative_answer_behind_a_blocked_target(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "cdn.example", TYPE_AAAA, 0,
                  LINES("cdn.example 60 IN CNAME www.nx.example", "--",
                        "nx.example 60 IN SOA a. b. 1 2 3 4 60"));
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
}

static void dname_to_a_blocked_zone(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "a.old.example", TYPE_A, 0,
                  LINES("old.example 60 IN DNAME nx.example",
                        "a.old.example 60 IN CNAME a.nx.example",
                        "a.nx.example 60 IN A 192.0.2.5"));
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
}

static void one_blocked_address_of_many(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "www.example", TYPE_A, 0,
                  LINES("www.example 60 IN A 192.0.2.5", "www.example 60 IN A 203.0.113.9",
                        "www.example 60 IN A 192.0.2.6"));
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
    struct address matched = address_of("203.0.113.9");
    assert_int_equal(w->event.has_address, 1);
    assert_true(address_equal(&w->event.matched_address, &matched));
}

static void mapped_address_is_the_same_address(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "www.example", TYPE_AAAA, 0,
                  LINES("www.example 60 IN AAAA ::ffff:203.0.113.9"));
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
}

static void service_targets_and_hints(void **state)
{
    static const char *const lines[] = {
        "www.example 60 IN HTTPS 0 www.nx.example",
        "www.example 60 IN HTTPS 1 svc.nx.example alpn=h3",
        "www.example 60 IN HTTPS 1 . ipv4hint=192.0.2.5,203.0.113.9",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct world *w = calloc(1, sizeof *w);
        world_config(&w->config);
        world_start(w);
        world_resolve(w, staff, "www.example", TYPE_HTTPS, 0, LINES(lines[i]));
        world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
        assert_int_equal(w->event.has_address, i == 2);
        world_stop(w);
        free(w);
    }
}

static void observed_is_noted_once_and_passes(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "www.example", TYPE_A, 0,
                  LINES("www.example 60 IN CNAME a.seen.example",
                        "a.seen.example 60 IN CNAME b.seen.example",
                        "b.seen.example 60 IN A 198.51.100.7"));
    world_expect(w, RCODE_NOERROR, 3, EDE_NONE);
    assert_int_equal(w->recorded, 1);
    struct name matched = name_of("a.seen.example");
    assert_true(name_equal(&w->event.matched_name, &matched));
    assert_int_equal(w->event.verdict.action, ACTION_OBSERVE);
    world_query(w, staff, "www.example", TYPE_A, 0); /* each query is an event of its own */
    assert_int_equal(w->recorded, 2);
}

static void blocked_answer_beats_observed_question(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "seen.example", TYPE_A, 0, LINES("seen.example 60 IN A 203.0.113.1"));
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
    assert_int_equal(w->recorded, 1);
    assert_int_equal(w->event.seen, SEEN_ANSWER);
}

static void observing_group_sees_and_blocks_nothing(void **state)
{
    struct world *w = *state;
    world_resolve(w, lab, "www.example", TYPE_A, 0, LINES("www.example 60 IN A 203.0.113.1"));
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    assert_int_equal(w->event.verdict.action, ACTION_OBSERVE);
    assert_int_equal(w->event.verdict.wanted, ACTION_NXDOMAIN);
    world_query(w, staff, "www.example", TYPE_A,
                0); /* the same cached answer, an enforcing group */
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
}

static void exception_covers_its_answer(void **state)
{
    struct world *w = *state;
    world_resolve(w, staff, "fine.sink.example", TYPE_A, 0,
                  LINES("fine.sink.example 60 IN CNAME edge.sink.example",
                        "edge.sink.example 60 IN A 203.0.113.1"));
    world_expect(w, RCODE_NOERROR, 2, EDE_NONE);
    assert_int_equal(w->recorded, 0);
}

static void redirect_by_answer(void **state)
{
    struct world *w = *state;
    unsigned asked = w->asked;
    assert_int_equal(world_query(w, staff, "cdn.example", TYPE_A, 0), FATE_WAITING);
    world_answer_as(
        w, asked, OUTCOME_ANSWER, false,
        LINES("cdn.example 60 IN CNAME a.moved.example", "a.moved.example 60 IN A 192.0.2.5"));
    assert_int_equal(w->late, 0);
    assert_int_equal(w->asked, asked + 2); /* the garden is asked for */
    world_answer_as(w, asked + 1, OUTCOME_ANSWER, false,
                    LINES("garden.example 60 IN A 192.0.2.80"));
    assert_int_equal(w->late, 1);
    world_expect(w, RCODE_NOERROR, 2, EDE_BLOCKED);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).type, TYPE_CNAME);
    assert_memory_equal(world_at(w, SECTION_ANSWER, 1).data.at, "\xc0\0\2\x50", 4);
    assert_int_equal(w->recorded, 1);
    assert_int_equal(w->event.seen, SEEN_ANSWER);
}

static void result_is_remembered_for_group_and_policy(void **state)
{
    struct world *w = *state;
    struct question_key key;
    struct name name = name_of("www.example");
    world_resolve(w, staff, "www.example", TYPE_A, 0, LINES("www.example 60 IN A 192.0.2.5"));
    cache_key(w->server->cache, &name, TYPE_A, CLASS_IN, 0, &key);
    struct kept *kept = cache_find(w->server->cache, &key);
    world_query(w, staff, "www.example", TYPE_A, 0);
    assert_int_equal(kept->passed, 1 << STAFF);
    world_query(w, lab, "www.example", TYPE_A, 0);
    assert_int_equal(kept->passed, 1 << STAFF | 1 << LAB);
    assert_int_equal(kept->generation, GENERATION);
    server_set_policy(w->server, w->policy, GENERATION + 1);
    world_query(w, lab, "www.example", TYPE_A, 0);
    assert_int_equal(kept->passed, 1 << LAB);
    assert_int_equal(kept->generation, GENERATION + 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chain_to_a_blocked_name),
        TEST(sinkhole_by_answer),
        TEST(drop_by_answer_ends_the_wait),
        TEST(negative_answer_behind_a_blocked_target),
        TEST(dname_to_a_blocked_zone),
        TEST(one_blocked_address_of_many),
        TEST(mapped_address_is_the_same_address),
        cmocka_unit_test(service_targets_and_hints),
        TEST(observed_is_noted_once_and_passes),
        TEST(blocked_answer_beats_observed_question),
        TEST(observing_group_sees_and_blocks_nothing),
        TEST(exception_covers_its_answer),
        TEST(redirect_by_answer),
        TEST(result_is_remembered_for_group_and_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
