/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_forward - the forwarder against servers on loopback that answer well, late, wrongly or not.
 */
#include "resolve/upstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>

#include "../dns/texts.h"
#include "hostile.h"
#include "resolve/health.h"

enum { SERVERS = 3, TIMEOUT = 240, AT_ONCE = TIMEOUT / 2 };

struct world {
    struct event_base *base;
    struct config config;
    struct counters counters;
    struct server servers[SERVERS];
    void *forward;
    unsigned answered, expected;
    uint32_t awaited; /* a ticket whose answer ends the turn */
    enum outcome outcome;
    bool secure;
    uint16_t ede, rcode, first_address;
    char why[128];
    uint8_t message[MESSAGE_MOST];
    size_t length;
    bool seen[ASKS_MOST];
};

static struct world world;

/* The client. */

static void on_answer(void *owner, uint32_t ticket, const struct upstream_answer *answer)
{
    struct message m;
    assert_false(world.seen[ticket]); /* each exactly once */
    world.seen[ticket] = true;
    world.outcome = answer->outcome;
    world.secure = answer->secure;
    world.ede = answer->ede;
    snprintf(world.why, sizeof world.why, "%s", answer->why);
    world.length = answer->message.length;
    if (world.length > 0)
        memcpy(world.message, answer->message.at, world.length);
    world.first_address = 0;
    if (answer->outcome == OUTCOME_ANSWER) {
        struct record record;
        assert_int_equal(message_read(answer->message, &m), STATUS_OK);
        assert_int_equal(m.id, 0);
        world.rcode = message_rcode(&m);
        struct records walk = records_of(&m);
        if (m.counts[SECTION_ANSWER] > 0 && records_next(&walk, &record))
            world.first_address = record.data.at[3];
    }
    world.answered++;
    if (ticket == world.awaited || world.answered == world.expected)
        event_base_loopbreak(world.base);
}

static void start(unsigned servers)
{
    const struct upstream_setup setup = {&world.config, world.base, &world.counters, on_answer,
                                         NULL};
    world.config.dnsd.forward_count = servers;
    assert_int_equal(upstream_forward.open(&setup, &world.forward), STATUS_OK);
}

static void ask_type(uint32_t ticket, const char *name, uint16_t type)
{
    struct message_ask ask = {.id = 1, .type = type, .class = CLASS_IN, .name = name_of(name)};
    world.seen[ticket] = false;
    world.expected++;
    upstream_forward.ask(world.forward, ticket, &ask);
}

static void turn(unsigned ms)
{
    const struct timeval most = clock_timeval(ms);
    event_base_loopexit(world.base, &most);
    event_base_dispatch(world.base);
}

/* Asks and waits; gives the ms that it took. */
static clock_ms ask(const char *name)
{
    clock_ms from = clock_now();
    ask_type(1, name, TYPE_A);
    world.awaited = 1;
    for (int i = 0; i < 3 && !world.seen[1]; i++) /* the end of an earlier turn may come first */
        turn(5000);
    assert_true(world.seen[1]);
    world.awaited = ASKS_MOST;
    return clock_now() - from;
}

static int set_up(void **state)
{
    memset(&world, 0, sizeof world);
    world.base = event_base_new();
    world.awaited = ASKS_MOST;
    world.config.dnsd.forward_timeout_ms = TIMEOUT;
    world.config.dnsd.forward_sockets = 4;
    world.config.dnsd.forward_randomize_case = 1;
    for (int i = 0; i < SERVERS; i++)
        world.config.dnsd.forward_to[i] =
            server_open(&world.servers[i], world.base, (uint8_t)(i + 1));
    return 0;
}

static int tear_down(void **state)
{
    upstream_forward.close(world.forward);
    for (int i = 0; i < SERVERS; i++)
        server_close(&world.servers[i]);
    event_base_free(world.base);
    return 0;
}

static uint64_t counted(enum counter counter)
{
    return world.counters.value[counter];
}

/* The cases. */

static void test_a_good_answer(void **state)
{
    static const char question[] = "\3www\7example\3com";
    start(1);
    ask("www.Example.com");
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
    assert_int_equal(world.first_address, 1);
    assert_int_equal(world.ede, EDE_NONE);
    assert_false(world.secure);
    assert_memory_equal(world.message + MESSAGE_HEADER, question, sizeof question); /* lower */
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 0);
}

static void test_secure_is_what_the_server_says(void **state)
{
    world.servers[0].udp = AUTHENTIC;
    start(1);
    ask("www.example.com");
    assert_true(world.secure);
}

static void test_a_wrong_id_is_ignored(void **state)
{
    world.servers[0].udp = WRONG_ID_FIRST;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 0);
}

static void test_many_wrong_ids_lead_to_tcp(void **state)
{
    world.servers[0].udp = WRONG_ID_FLOOD;
    start(1);
    assert_in_range(ask("www.example.com"), 0, TIMEOUT - 1);
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), PORT_WRONG_MOST);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 1);
}

static void test_a_wrong_case_leads_to_tcp(void **state)
{
    world.servers[0].udp = WRONG_CASE;
    start(1);
    ask("abcdefghijklmnopqrstuvwxyz.example.com");
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
}

static void test_case_may_stay(void **state)
{
    world.config.dnsd.forward_randomize_case = 0;
    world.servers[0].udp = WRONG_CASE;
    start(1);
    ask("abcdefghijklmnopqrstuvwxyz.example.com");
    assert_int_equal(world.first_address, 1);
}

static void test_no_question_leads_to_tcp(void **state)
{
    world.servers[0].udp = NO_QUESTION;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
}

static void test_another_source_port_is_not_heard(void **state)
{
    world.servers[0].udp = OTHER_PORT;
    start(2);
    world.servers[1].udp = GOOD;
    assert_true(ask("www.example.com") >= TIMEOUT - 1 || world.first_address == 2);
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_cut_leads_to_tcp(void **state)
{
    world.servers[0].udp = CUT;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
    assert_int_equal(counted(COUNT_UPSTREAM_TCP), 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_a_datagram_too_long_leads_to_tcp(void **state)
{
    world.servers[0].udp = OVERSIZE;
    start(1);
    ask("www.example.com");
    assert_int_equal(world.first_address, 101);
}

static void test_tcp_that_fails_leads_to_another(void **state)
{
    world.servers[0].udp = CUT;
    world.servers[0].tcp = NO_QUESTION;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
}

static void test_tcp_that_hangs_ends(void **state)
{
    world.servers[0].udp = CUT;
    world.servers[0].tcp = SILENT;
    start(1);
    assert_in_range(ask("www.example.com"), TIMEOUT - 1, 3 * TIMEOUT);
    assert_int_equal(world.outcome, OUTCOME_FAILED);
}

static void test_silence_leads_to_another(void **state)
{
    world.servers[0].udp = SILENT;
    start(2);
    assert_in_range(ask("www.example.com"), TIMEOUT - 1, 2 * TIMEOUT);
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_TIMEOUTS), 1);
    for (int i = 0; i < 20; i++)
        assert_in_range(ask("again.example.com"), 0, AT_ONCE); /* it is the second choice now */
}

static void test_a_late_answer_still_counts(void **state)
{
    world.servers[0].udp = LATE;
    world.servers[0].delay = TIMEOUT + 50;
    world.servers[1].udp = SILENT;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 1);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_an_answer_after_the_end_is_no_attack(void **state)
{
    world.servers[0].udp = LATE;
    world.servers[0].delay = TIMEOUT + 80;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    turn(200);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 0);
}

static void test_all_silent_ends_and_then_fails_at_once(void **state)
{
    world.servers[0].udp = world.servers[1].udp = SILENT;
    start(2);
    for (int i = 0; i < 3; i++) {
        ask("www.example.com");
        assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
    }
    turn(2 * TIMEOUT); /* our own question is not answered either */
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
    assert_int_equal(world.ede, EDE_NONE);
    world.servers[0].udp = GOOD; /* and it is found again, without a client's question */
    turn(HEALTH_PAUSE_MOST_MS + 2 * HEALTH_PAUSE_MS);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_a_dead_zone_silences_no_server(void **state)
{
    world.config.dnsd.forward_randomize_case = 0;
    world.servers[0].udp = DEAD_ZONE;
    start(1);
    ask("alive.example.com");
    turn(HEALTH_QUIET_MS); /* long enough ago to prove nothing */
    for (uint32_t i = 10; i < 30; i++)
        ask_type(i, "dead.example.com", TYPE_A);
    turn(TIMEOUT + 30); /* they have failed for the first time */
    assert_int_equal(counted(COUNT_UPSTREAM_TIMEOUTS), 20);
    assert_in_range(ask("alive.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_a_closed_port_is_known_at_once(void **state)
{
    server_close(&world.servers[0]);
    start(2);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.first_address, 2);
}

static void test_all_closed_fails_at_once(void **state)
{
    for (int i = 0; i < SERVERS; i++)
        server_close(&world.servers[i]);
    start(3);
    for (int i = 0; i < 5; i++) {
        assert_in_range(ask("www.example.com"), 0, AT_ONCE);
        assert_int_equal(world.outcome, OUTCOME_NETWORK);
    }
}

static void test_servfail_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = SERVFAIL_EDE;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_a_refusal_of_all_is_passed_on(void **state)
{
    for (int i = 0; i < SERVERS; i++)
        world.servers[i].udp = SERVFAIL_EDE;
    start(3);
    ask("www.example.com");
    assert_int_equal(world.outcome, OUTCOME_FAILED);
    assert_int_equal(world.ede, EDE_DNSSEC_BOGUS);
    assert_string_equal(world.why, "the upstream said SERVFAIL");
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(world.servers[i].udp_asked, 1);
}

static void test_refused_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = REFUSED;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_true(world.servers[0].udp_asked <= 2); /* the second: beside, at most */
}

static void test_a_broken_message_is_asked_elsewhere(void **state)
{
    world.servers[0].udp = BROKEN_RECORD;
    start(2);
    ask("www.example.com");
    assert_int_equal(world.first_address, 2);
    assert_int_equal(counted(COUNT_UPSTREAM_WRONG), 1);
}

static void test_a_stub_zone_goes_to_its_server(void **state)
{
    struct stub *stubs = world.config.dnsd.stubs;
    world.config.dnsd.stub_count = 2;
    stubs[0].zone = name_of("internal");
    stubs[1].zone = name_of("deep.internal");
    stubs[0].servers[0] = world.config.dnsd.forward_to[1];
    stubs[1].servers[0] = world.config.dnsd.forward_to[2];
    stubs[0].server_count = stubs[1].server_count = 1;
    start(1);
    ask("www.internal");
    assert_int_equal(world.first_address, 2);
    ask("www.deep.internal");
    assert_int_equal(world.first_address, 3);
    ask("deep.internal");
    assert_int_equal(world.first_address, 3);
    ask("notinternal");
    assert_int_equal(world.first_address, 1);
}

static void test_no_upstream_fails(void **state)
{
    start(0);
    assert_in_range(ask("www.example.com"), 0, AT_ONCE);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
}

static unsigned different(const uint16_t *numbers, unsigned count)
{
    static bool seen[65536];
    unsigned found = 0;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < count; i++) {
        found += !seen[numbers[i]];
        seen[numbers[i]] = true;
    }
    return found;
}

static void test_ports_and_ids_are_many(void **state)
{
    world.config.dnsd.forward_sockets = 16;
    start(1);
    for (int i = 0; i < 600; i++)
        ask("www.example.com");
    assert_int_equal(different(world.servers[0].ports, 600), 16);
    assert_in_range(different(world.servers[0].ids, 600), 580, 600);
}

static void test_a_burst_is_answered_whole(void **state)
{
    start(3);
    for (uint32_t i = 0; i < 400; i++) /* more than a batch, and less than a socket's buffer */
        ask_type(i, "www.example.com", TYPE_A);
    turn(5000);
    assert_int_equal(world.answered, 400);
    assert_int_equal(world.outcome, OUTCOME_ANSWER);
}

static void test_every_ticket_at_once_is_answered(void **state)
{
    world.servers[0].udp = SILENT;
    start(1);
    for (uint32_t i = 0; i < ASKS_MOST; i++)
        ask_type(i, "www.example.com", TYPE_A);
    turn(5000);
    assert_int_equal(world.answered, ASKS_MOST);
    assert_int_equal(world.outcome, OUTCOME_UNREACHABLE);
}

static void test_it_closes_with_questions_under_way(void **state)
{
    world.servers[0].udp = SILENT;
    world.servers[1].udp = CUT;
    world.servers[1].tcp = SILENT;
    start(2);
    for (uint32_t i = 0; i < 20; i++)
        ask_type(i, "www.example.com", TYPE_A);
    turn(TIMEOUT + 40);
    assert_true(counted(COUNT_UPSTREAM_TCP) > 0);
    assert_int_equal(world.answered, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_good_answer),
        CASE(test_secure_is_what_the_server_says),
        CASE(test_a_wrong_id_is_ignored),
        CASE(test_many_wrong_ids_lead_to_tcp),
        CASE(test_a_wrong_case_leads_to_tcp),
        CASE(test_case_may_stay),
        CASE(test_no_question_leads_to_tcp),
        CASE(test_another_source_port_is_not_heard),
        CASE(test_cut_leads_to_tcp),
        CASE(test_a_datagram_too_long_leads_to_tcp),
        CASE(test_tcp_that_fails_leads_to_another),
        CASE(test_tcp_that_hangs_ends),
        CASE(test_silence_leads_to_another),
        CASE(test_a_late_answer_still_counts),
        CASE(test_an_answer_after_the_end_is_no_attack),
        CASE(test_all_silent_ends_and_then_fails_at_once),
        CASE(test_a_dead_zone_silences_no_server),
        CASE(test_a_closed_port_is_known_at_once),
        CASE(test_all_closed_fails_at_once),
        CASE(test_servfail_is_asked_elsewhere),
        CASE(test_a_refusal_of_all_is_passed_on),
        CASE(test_refused_is_asked_elsewhere),
        CASE(test_a_broken_message_is_asked_elsewhere),
        CASE(test_a_stub_zone_goes_to_its_server),
        CASE(test_no_upstream_fails),
        CASE(test_ports_and_ids_are_many),
        CASE(test_a_burst_is_answered_whole),
        CASE(test_every_ticket_at_once_is_answered),
        CASE(test_it_closes_with_questions_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
