/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookup - cached, joined, stale, prefetched, failed: and always an answer in time.
 */
#include "world.h"

static const char nobody[] = "10.9.0.1", staff[] = "10.1.0.5";
#define ONE_A LINES("www.example 100 IN A 192.0.2.1")

static uint32_t ttl_of(const struct world *w)
{
    return world_at(w, SECTION_ANSWER, 0).ttl;
}

static void hits_age(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    assert_int_equal(ttl_of(w), 100);
    world_wait(w, 30500);
    assert_int_equal(world_query(w, nobody, "WWW.example", TYPE_A, 0), FATE_ANSWERED);
    assert_int_equal(ttl_of(w), 70);
    world_wait(w, 69000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_ANSWERED);
    assert_int_equal(ttl_of(w), 1);
    world_wait(w, 500); /* its last moment is over */
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(w->counters.value[COUNT_HITS], 2);
}

static void variants_are_asked_apart(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_DO), FATE_WAITING);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_CD), FATE_WAITING);
    assert_int_equal(w->asked, 3);
    assert_false(w->asks[0].want_dnssec || w->asks[0].checking_disabled);
    assert_true(w->asks[1].want_dnssec);
    assert_true(w->asks[2].checking_disabled);
}

static void same_question_is_asked_once(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(world_query(w, i % 2 ? staff : nobody,
                                     i % 2 ? "wWw.example" : "www.exaMple", TYPE_A,
                                     i == 4 ? ASK_TCP : 0),
                         FATE_WAITING);
    assert_int_equal(w->asked, 1);
    assert_int_equal(w->counters.value[COUNT_JOINED], 4);
    assert_int_equal(w->counters.value[COUNT_PENDING], 1);
    world_answer_as(w, 0, OUTCOME_ANSWER, false, ONE_A);
    assert_int_equal(w->late, 5);
    assert_int_equal(w->to.transport, TRANSPORT_TCP); /* in order, so the last is the fifth's */
    assert_memory_equal(w->bytes + 12, "\3www\7exaMple", 12);
    assert_int_equal(w->counters.value[COUNT_PENDING], 0);
    world_answer_as(w, 0, OUTCOME_ANSWER, false, ONE_A); /* once more: nobody listens */
    assert_int_equal(w->late, 5);
}

static void a_full_house_says_so(void **state)
{
    struct world *w = *state; /* 8 questions, 16 clients, 16 of them for one */
    char name[32];
    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        assert_int_equal(world_query(w, nobody, name, TYPE_A, 0), FATE_WAITING);
    }
    assert_int_equal(world_query(w, nobody, "more.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_OTHER);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(world_query(w, nobody, "n0.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(world_query(w, nobody, "n0.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_OTHER);
    assert_int_equal(world_query(w, staff, "nx.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED); /* what is local never suffers */
}

static void no_answer_in_time(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 4999);
    assert_true(server_tick(w->server, w->when) <= 100);
    assert_int_equal(w->late, 0);
    world_wait(w, 1);
    server_tick(w->server, w->when);
    assert_int_equal(w->late, 1);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NO_REACHABLE_AUTHORITY);
    /* remembered for 5 seconds, then twice as long with each failure in a row, at most 30 */
    static const unsigned seconds[] = {5, 10, 20, 30, 30};
    for (unsigned i = 0; i < COUNT_OF(seconds); i++) {
        world_wait(w, seconds[i] * 1000 - 1);
        assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_ANSWERED);
        world_expect(w, RCODE_SERVFAIL, 0, EDE_NO_REACHABLE_AUTHORITY);
        world_wait(w, 1);
        assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
        world_answer_as(w, w->asked - 1, OUTCOME_UNREACHABLE, false, NULL);
    }
    world_wait(w, 30000);
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void outcomes(void **state)
{
    static const struct {
        enum outcome outcome;
        unsigned flags;
        uint16_t rcode, ede;
    } rows[] = {
        {OUTCOME_BOGUS, 0, RCODE_SERVFAIL, EDE_DNSSEC_BOGUS},
        {OUTCOME_BOGUS, ASK_CD, RCODE_NOERROR, EDE_NONE},
        {OUTCOME_UNREACHABLE, 0, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY},
        {OUTCOME_NETWORK, 0, RCODE_SERVFAIL, EDE_NETWORK_ERROR},
        {OUTCOME_FAILED, 0, RCODE_SERVFAIL, EDE_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world *w = calloc(1, sizeof *w);
        world_config(&w->config);
        world_start(w);
        assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, rows[i].flags),
                         FATE_WAITING);
        world_answer_as(w, 0, rows[i].outcome, true, ONE_A);
        world_expect(w, rows[i].rcode, rows[i].rcode == RCODE_NOERROR, rows[i].ede);
        assert_false(w->reply.flags & FLAG_AD);
        world_stop(w);
        free(w);
    }
}

static void refusing_upstream_is_a_failure(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, LINES("REFUSED"));
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NO_REACHABLE_AUTHORITY);
}

static void stale_when_asking_takes_long(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 200000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 1799);
    server_tick(w->server, w->when);
    assert_int_equal(w->late, 1);
    world_wait(w, 1);
    server_tick(w->server, w->when);
    assert_int_equal(w->late, 2);
    world_expect(w, RCODE_NOERROR, 1, EDE_STALE_ANSWER);
    assert_int_equal(ttl_of(w), 30);
    assert_int_equal(w->counters.value[COUNT_PENDING], 1); /* still being asked */
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_ANSWERED); /* at once */
    world_expect(w, RCODE_NOERROR, 1, EDE_STALE_ANSWER);
    world_answer_as(w, 1, OUTCOME_ANSWER, false, ONE_A);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    assert_int_equal(ttl_of(w), 100);
}

static void stale_when_asking_fails(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0,
                  LINES("NXDOMAIN", "--", "example 100 IN SOA a. b. 1 2 3 4 100"));
    world_wait(w, 200000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_answer_as(w, 1, OUTCOME_UNREACHABLE, false, NULL);
    assert_int_equal(w->late, 2);
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_STALE_NXDOMAIN);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0),
                     FATE_ANSWERED); /* not again */
    assert_int_equal(w->asked, 2);
    world_wait(w, 5000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
}

static void stale_is_not_for_ever(void **state)
{
    struct world *w = *state;
    w->config.dnsd.stale_seconds = 60;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 161000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_answer_as(w, 1, OUTCOME_NETWORK, false, NULL);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NETWORK_ERROR);
}

static void stale_at_once_refreshes_behind(void **state)
{
    struct world *w = *state;
    w->config.dnsd.stale_after_ms = 0;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 200000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_STALE_ANSWER);
    assert_int_equal(w->asked, 2);
}

static void stale_is_reviewed_too(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, LINES("www.example 100 IN A 203.0.113.1"));
    world_wait(w, 200000);
    assert_int_equal(world_query(w, staff, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 2000);
    server_tick(w->server, w->when);
    world_expect(w, RCODE_NXDOMAIN, 0, EDE_BLOCKED);
}

static void popular_names_are_fetched_before_their_end(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 89000);
    for (unsigned i = 0; i < 5; i++) /* a tenth of the life is left, and more */
        world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 1);
    world_wait(w, 2000);
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 2);
    world_answer_as(w, 1, OUTCOME_NETWORK, false, NULL);
    for (unsigned i = 0; i < 5;
         i++) /* it failed: what is left serves, and nobody is asked at once */
        world_query(w, nobody, "www.example", TYPE_A, 0);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    assert_int_equal(w->asked, 2);
    world_wait(w, 5000);
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 3);
}

static void what_is_asked_for_once_is_not_popular(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 95000);
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 1); /* asked for once is not popular */
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 2);
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(w->asked, 2);
    assert_int_equal(w->counters.value[COUNT_PREFETCHED], 1);
    world_answer_as(w, 1, OUTCOME_ANSWER, false, ONE_A);
    assert_int_equal(w->late, 1); /* nobody waited */
    world_query(w, nobody, "www.example", TYPE_A, 0);
    assert_int_equal(ttl_of(w), 100);
}

static void no_resolver_for_a_moment(void **state)
{
    struct world *w = *state;
    w->resolver_is_down = true;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 100);
    assert_true(server_tick(w->server, w->when) <= 20);
    assert_int_equal(w->asked, 0);
    w->resolver_is_down = false;
    world_wait(w, 20);
    server_tick(w->server, w->when);
    assert_int_equal(w->asked, 1);
    world_answer_as(w, 0, OUTCOME_ANSWER, false, ONE_A);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void no_resolver_at_all(void **state)
{
    struct world *w = *state;
    w->resolver_is_down = true;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 500);
    server_tick(w->server, w->when);
    assert_int_equal(w->late, 1);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NOT_READY);
    w->resolver_is_down = false; /* and the next to ask is asked for */
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
}

static void no_resolver_and_a_stale_answer(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    world_wait(w, 200000);
    w->resolver_is_down = true;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_wait(w, 500);
    server_tick(w->server, w->when);
    world_expect(w, RCODE_NOERROR, 1, EDE_STALE_ANSWER);
    w->resolver_is_down = false;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(w->asked, 2);
}

static void no_resolver_till_the_end(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    w->resolver_is_down = true;
    server_resolver_lost(w->server, w->when);
    world_wait(w, w->config.dnsd.query_timeout_ms);
    server_tick(w->server, w->when);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NOT_READY);
}

static void a_lost_resolver_is_asked_again_once(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    assert_int_equal(world_query(w, nobody, "b.example", TYPE_A, 0), FATE_WAITING);
    w->resolver_is_down = true;
    server_resolver_lost(w->server, w->when);
    assert_int_equal(w->late, 0);
    w->resolver_is_down = false;
    server_tick(w->server, w->when);
    assert_int_equal(w->asked, 4);
    world_answer_as(w, 0, OUTCOME_ANSWER, false, ONE_A);
    world_expect(w, RCODE_NOERROR, 1, EDE_NONE);
    server_resolver_lost(w->server, w->when);
    assert_int_equal(w->late, 2);
    world_expect(w, RCODE_SERVFAIL, 0, EDE_NOT_READY);
    assert_int_equal(w->counters.value[COUNT_PENDING], 0);
}

static void policy_changes_while_it_waits(void **state)
{
    struct world *w = *state;
    server_set_policy(w->server, policy_none(), 1);
    assert_int_equal(world_query(w, staff, "sink.example", TYPE_A, 0), FATE_WAITING);
    server_set_policy(w->server, w->policy, 2);
    world_answer_as(w, 0, OUTCOME_ANSWER, false, LINES("sink.example 60 IN A 192.0.2.9"));
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED); /* never an unfiltered answer */
    assert_memory_equal(world_at(w, SECTION_ANSWER, 0).data.at, "\xc0\0\2\1", 4);
    assert_int_equal(w->event.generation, 2);

    server_set_policy(w->server, policy_none(), 3); /* a client of no group keeps `ech` … */
    assert_int_equal(world_query(w, staff, "www.example", TYPE_HTTPS, 0), FATE_WAITING);
    server_set_policy(w->server, w->policy, 4); /* … and one of this group does not */
    world_answer_as(w, 1, OUTCOME_ANSWER, false, LINES("www.example 60 IN HTTPS 1 . ech=AAAA"));
    assert_int_equal(w->late, 1);
    world_answer_as(w, 2, OUTCOME_ANSWER, false, LINES("www.example 60 IN HTTPS 1 . ech=AAAA"));
    assert_int_equal(w->late, 2);
    assert_int_equal(world_at(w, SECTION_ANSWER, 0).data.length, 3);
}

static void what_is_stale_is_not_validated(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_AD), FATE_WAITING);
    world_answer_as(w, 0, OUTCOME_ANSWER, true, ONE_A);
    assert_true(w->reply.flags & FLAG_AD);
    world_wait(w, 200000);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_AD), FATE_WAITING);
    world_answer_as(w, 1, OUTCOME_UNREACHABLE, false, NULL);
    world_expect(w, RCODE_NOERROR, 1, EDE_STALE_ANSWER);
    assert_false(w->reply.flags & FLAG_AD);
}

static void flush_forgets(void **state)
{
    struct world *w = *state;
    struct name name = name_of("example");
    world_resolve(w, nobody, "www.example", TYPE_A, 0, ONE_A);
    server_flush(w->server, &name);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hits_age),
        TEST(variants_are_asked_apart),
        TEST(same_question_is_asked_once),
        TEST(a_full_house_says_so),
        TEST(no_answer_in_time),
        cmocka_unit_test(outcomes),
        TEST(refusing_upstream_is_a_failure),
        TEST(stale_when_asking_takes_long),
        TEST(stale_when_asking_fails),
        TEST(stale_is_not_for_ever),
        TEST(stale_at_once_refreshes_behind),
        TEST(stale_is_reviewed_too),
        TEST(popular_names_are_fetched_before_their_end),
        TEST(what_is_asked_for_once_is_not_popular),
        TEST(no_resolver_for_a_moment),
        TEST(no_resolver_at_all),
        TEST(no_resolver_and_a_stale_answer),
        TEST(no_resolver_till_the_end),
        TEST(a_lost_resolver_is_asked_again_once),
        TEST(policy_changes_while_it_waits),
        TEST(what_is_stale_is_not_validated),
        TEST(flush_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
