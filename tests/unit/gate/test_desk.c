/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A desk on a real queue of the kernel's: what becomes of packets when inspect answers, when it is
 * silent, leaves one out, or answers for others; and what a gate that was killed leaves behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "desked.h"

static void a_packet_waits_for_its_verdict(void **state)
{
    queued_need();
    queued_say(&at, 1);
    run(20);
    assert_int_equal(heard_from(1), 0);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 1);
    assert_int_equal(counters->value[COUNT_QUEUED], 1);
    assert_int_equal(counters->value[COUNT_BYPASSED], 0);
}

/* The mark of the next packet that has arrived, which is this one. */
static uint32_t mark_of(uint32_t expected)
{
    uint32_t number = 0, got = 0;
    char space[256];
    struct iovec bytes = {&number, sizeof number};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};

    assert_int_equal(recvmsg(at.receiver, &message, 0), sizeof number);
    assert_int_equal(number, expected);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_MARK)
            memcpy(&got, CMSG_DATA(c), sizeof got);
    }
    return got;
}

/* In the order in which they came; of their marks only our bits change. */
static void each_of_several_has_its_own(void **state)
{
    static const enum lane_word words[] = {LANE_PASS, LANE_PASS_HEARD, LANE_PASS,
                                           LANE_PASS_SERVER_HEARD, LANE_PASS};
    static const uint32_t bits[] = {0, 1 << 28, 0, 1 << 29, 0};
    const int others = 5, yes = 1;

    queued_need();
    assert_int_equal(setsockopt(at.sender, SOL_SOCKET, SO_MARK, &others, sizeof others), 0);
    assert_int_equal(setsockopt(at.receiver, SOL_SOCKET, SO_RCVMARK, &yes, sizeof yes), 0);
    for (uint32_t i = 0; i < COUNT_OF(words); i++)
        queued_say(&at, 1 + i);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        read_and_answer(words[i]);
    run(10);
    for (uint32_t i = 0; i < COUNT_OF(words); i++)
        assert_int_equal(mark_of(1 + i), bits[i] | 5);
}

static void stop_from(const char *server)
{
    struct lane_order order = {.mark = mark, .word = LANE_STOP};

    assert_true(read_one());
    order.id = id;
    order.stop = (struct stop){.rule = RULE_NONE, .transport = IPPROTO_UDP};
    assert_int_equal(address_parse("192.0.2.1", &order.stop.client), STATUS_OK);
    assert_int_equal(address_parse(server, &order.stop.server), STATUS_OK);
    assert_true(lane_put_order(inspect, &order));
    lane_ring(inspect);
}

/* It comes through the chain again with a mark, and there meets the rule for it. */
static void a_stop_is_the_end(void **state)
{
    queued_need();
    queued_say(&at, 1);
    stop_from("192.0.2.2");
    queued_say(&at, 2);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(2), 1);
    assert_int_equal(counters->value[COUNT_STOPPED], 1);
    assert_true(backlog_read(backlog));
    assert_int_equal(backlog_of(backlog, QUEUE)->waiting, 0);
}

static void what_is_protected_passes(void **state)
{
    queued_need();
    queued_say(&at, 1);
    stop_from("127.0.0.1"); /* an address of ours */
    run(10);
    assert_int_equal(heard_from(1), 1);
    assert_int_equal(counters->value[COUNT_STOPPED], 0);
    assert_int_equal(counters->value[COUNT_HELD_REFUSED], 1);
}

static void silence_opens_what_is_open(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 1);
    queued_say(&at, 2);
    queued_say(&at, 3);
    run(PATIENCE_MS / 2);
    assert_int_equal(heard_from(2), 0);
    run(PATIENCE_MS);
    assert_int_equal(heard_from(2), 2);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
    queued_say(&at, 4); /* blind: at the next look */
    run(2 * STEP_MS);
    assert_int_equal(heard_from(4), 1);
    for (unsigned i = 0; i < 3; i++)
        read_and_answer(LANE_STOP); /* too late */
    run(10);
    queued_say(&at, 5);
    read_and_answer(LANE_PASS); /* and here it has caught up */
    run(10);
    assert_int_equal(heard_from(5), 1);
    queued_say(&at, 6);
    run(20);
    assert_int_equal(heard_from(6), 0);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(6), 1);
}

static void silence_closes_what_is_closed(void **state)
{
    queued_need();
    queued_say(&at, 1);
    run(PATIENCE_MS * 2);
    queued_say(&at, 2);
    run(20);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
    read_and_answer(LANE_PASS);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 0); /* their verdict was another */
    queued_say(&at, 3);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(3), 1);
}

static void who_is_left_out_passes_where_it_is_open(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    run(10);
    for (uint32_t i = 2; i <= 4; i++)
        queued_say(&at, i);
    for (unsigned i = 0; i < 3; i++)
        assert_true(read_one());
    answer(id, LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 4);
    assert_int_equal(counters->value[COUNT_BYPASSED], 2);
}

/* A packet of which inspect dies must not pass with the next one. */
static void who_is_left_out_is_dropped_where_it_is_closed(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 1);
    queued_say(&at, 2);
    queued_say(&at, 3);
    assert_true(read_one());
    assert_true(read_one());
    answer(id, LANE_PASS);
    run(10);
    assert_int_equal(heard_from(3), 1);
    assert_int_equal(counters->value[COUNT_BYPASSED], 1);
}

/* And does not wait for the next plain pass. */
static void who_is_left_out_before_another_word_passes_too(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    queued_say(&at, 2);
    queued_say(&at, 3);
    assert_true(read_one());
    read_and_answer(LANE_PASS_HEARD);
    run(10);
    assert_int_equal(heard_from(1), 3);
    assert_int_equal(counters->value[COUNT_BYPASSED], 1);
}

static void orders_about_others_change_nothing(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 1);
    queued_say(&at, 2);
    answer(id, LANE_PASS); /* the last one, again */
    answer(id - 1, LANE_PASS);
    run(20);
    assert_int_equal(heard_from(2), 0);
}

/* Behind such an order all others seem late: they must not pass for life, or nothing would move. */
static void an_order_far_ahead_stops_nothing_for_long(void **state)
{
    enum { COUNT = 2 * PATIENCE_MS / STEP_MS };

    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    answer(id + (1 << 20), LANE_PASS);
    for (uint32_t i = 2; i <= COUNT; i++) {
        run(0);
        queued_say(&at, i);
        read_and_answer(LANE_PASS);
    }
    run(10);
    assert_int_equal(heard_from(1), COUNT);
}

/* An inspect that has gone mad costs its own packets' time, and no more. */
static void an_order_about_the_future_costs_patience(void **state)
{
    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(1), 1);
    const clock_ms before = clock_now();
    answer(id + (1 << 30), LANE_PASS_HEARD);
    event_base_loop(base, EVLOOP_NONBLOCK);
    assert_true(clock_now() - before < PATIENCE_MS);
    queued_say(&at, 2);
    read_and_answer(LANE_PASS);
    run(2 * PATIENCE_MS);
    assert_int_equal(heard_from(2), 1);
    queued_say(&at, 3);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(3), 1);
    queued_say(&at, 4);
    run(20);
    assert_int_equal(heard_from(4), 0); /* it is believed again */
}

/* Says 100 to a queue with room for few; how many pass at once. */
static unsigned say_too_much(void)
{
    const int little = 4096;

    assert_int_equal(setsockopt(at.queue, SOL_SOCKET, SO_RCVBUFFORCE, &little, sizeof little), 0);
    run(0); /* what was lost before is not its own */
    for (uint32_t i = 1; i <= 100; i++)
        queued_say(&at, i);
    run(0);
    unsigned heard = 0;
    for (; queued_heard(&at) != 0; heard++)
        ;
    return heard;
}

static void what_finds_no_room_is_lost_where_it_is_closed(void **state)
{
    unsigned judged = 0;

    queued_need();
    assert_int_equal(say_too_much(), 0);
    for (; read_one(); judged++)
        answer(id, LANE_PASS);
    run(10);
    assert_true(judged > 0 && judged < 100);
    assert_int_equal(heard_from(1), judged);
    assert_int_equal(counters->value[COUNT_QUEUE_OVERRUNS], 100 - judged);
}

/* The kernel does not count those; the gap in its numbers does. */
static void what_finds_no_room_passes_where_it_is_open(void **state)
{
    unsigned judged = 0;

    queued_need();
    const unsigned passed = say_too_much();
    for (; read_one(); judged++)
        answer(id, LANE_PASS);
    run(10);
    assert_true(judged > 0);
    assert_int_equal(passed + judged, 100);
    assert_int_equal(heard_from(1), judged);
    queued_say(&at, 101);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(101), 1);
    assert_int_equal(counters->value[COUNT_BYPASSED], passed);
}

/* More than one reading holds: the rest stays in the kernel. */
static void a_crowd_waits_and_none_is_lost(void **state)
{
    enum { CROWD = 3000 };
    unsigned heard = 0;

    queued_need();
    for (uint32_t i = 1; i <= CROWD; i++)
        queued_say(&at, i);
    for (unsigned round = 0; round < 200 && heard < CROWD; round++) {
        while (lane_has_room(inspect) && read_one())
            answer(id, LANE_PASS);
        event_base_loop(base, EVLOOP_NONBLOCK);
        heard += heard_from(heard + 1);
    }
    assert_int_equal(heard, CROWD);
    assert_int_equal(counters->value[COUNT_QUEUED], CROWD);
}

/* What a killed gate was told and has not done is not known: that packet is sent again, if it was
 * of TCP, and never passes by mistake. */
static void a_successor_passes_nothing_of_before(void **state)
{
    struct lane_order lost;

    queued_need();
    queued_say(&at, 1);
    read_and_answer(LANE_STOP);
    assert_true(lane_take_order(inspect, &lost)); /* taken, and then it was killed */
    desk_free(desk);
    open_desk(false);
    queued_say(&at, 2);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(2), 1);
    queued_say(&at, 3);
    read_and_answer(LANE_PASS);
    run(10);
    assert_int_equal(heard_from(3), 1);
}

/* The same where inspect says nothing: what waited before is not known to be judged. */
static void a_successor_finds_silence(void **state)
{
    queued_need();
    queued_say(&at, 1);
    run(2 * PATIENCE_MS);
    assert_int_equal(heard_from(1), 0);
    queued_say(&at, 2);
    run(2 * STEP_MS);
    assert_int_equal(heard_from(2), 1);
}

int main(void)
{
#define OPEN(f)   cmocka_unit_test_setup_teardown(f, begin_open, end)
#define CLOSED(f) cmocka_unit_test_setup_teardown(f, begin_closed, end)
    const struct CMUnitTest tests[] = {
        OPEN(a_packet_waits_for_its_verdict),
        OPEN(each_of_several_has_its_own),
        OPEN(a_stop_is_the_end),
        OPEN(what_is_protected_passes),
        OPEN(silence_opens_what_is_open),
        CLOSED(silence_closes_what_is_closed),
        OPEN(who_is_left_out_passes_where_it_is_open),
        CLOSED(who_is_left_out_is_dropped_where_it_is_closed),
        OPEN(who_is_left_out_before_another_word_passes_too),
        OPEN(orders_about_others_change_nothing),
        OPEN(an_order_about_the_future_costs_patience),
        CLOSED(what_finds_no_room_is_lost_where_it_is_closed),
        OPEN(what_finds_no_room_passes_where_it_is_open),
        OPEN(an_order_far_ahead_stops_nothing_for_long),
        OPEN(a_crowd_waits_and_none_is_lost),
        OPEN(a_successor_passes_nothing_of_before),
        OPEN(a_successor_finds_silence),
    };
    return cmocka_run_group_tests(tests, begin_all, NULL);
}
