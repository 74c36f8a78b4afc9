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

#include "gate/desk.h"
#include "queued.h"

#include "firewall/held.h"

#include <event2/event.h>
#include <fcntl.h>

enum { PATIENCE_MS = 100, STEP_MS = 5 };

static struct queued at;
static struct event_base *base;
static struct lane_files files;
static struct lane *inspect;
static struct capture *packets;
static struct backlog *backlog;
static struct desk *desk;
static struct counters *counters;
static struct holder *holder;
static struct config config;

static void open_desk(bool closed)
{
    static const struct verdicts_marks marks = {1 << 28, 1 << 29, 1 << 30};
    const struct desk_options options = {
        .queue = QUEUE,
        .patience_ms = PATIENCE_MS,
        .closed = closed,
        .verdicts = verdicts_new(fcntl(at.queue, F_DUPFD_CLOEXEC, 0), QUEUE, &marks),
    };
    desk = desk_new(&options, &files, holder, counters);
    assert_non_null(desk);
    assert_int_equal(desk_run(desk, base), STATUS_OK);
}

static int begin_with(bool closed)
{
    char why[CAPTURE_WHY_SIZE];
    int fd;

    if (!queued_is_there)
        return 0;
    assert_int_equal(config_defaults(&config), STATUS_OK);
    config.inspectd.mode = INSPECT_INLINE;
    assert_int_equal(counters_make(&fd), STATUS_OK);
    counters = counters_open(fd);
    close(fd);
    assert_int_equal(held_make(64, &fd), STATUS_OK);
    holder = holder_new(&config, fd, counters);
    assert_non_null(holder);
    close(fd);
    assert_int_equal(lane_make(&files), STATUS_OK);
    inspect = lane_open(&files);
    queued_open(&at, !closed);
    const struct capture_options options = {.place = "queue 77",
                                            .descriptor = fcntl(at.queue, F_DUPFD_CLOEXEC, 0)};
    assert_int_equal(capture_queue.open(&options, why, &packets), STATUS_OK);
    assert_int_equal(backlog_open(&backlog), STATUS_OK);
    base = event_base_new();
    open_desk(closed);
    return 0;
}

static int begin_open(void **state)
{
    return begin_with(false);
}

static int begin_closed(void **state)
{
    return begin_with(true);
}

static int end(void **state)
{
    if (!queued_is_there)
        return 0;
    desk_free(desk);
    holder_free(holder);
    capture_queue.close(packets);
    backlog_close(backlog);
    lane_close(inspect);
    lane_close_files(&files);
    event_base_free(base);
    queued_close(&at);
    return 0;
}

/* Gives time to desk and kernel. */
static void run(unsigned ms)
{
    for (unsigned passed = 0; passed <= ms; passed += STEP_MS) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        assert_true(backlog_read(backlog));
        desk_tick(desk, backlog_of(backlog, QUEUE), clock_now());
        usleep(STEP_MS * 1000);
    }
}

/* How many numbers have come; they must be those from `first` on, in order. */
static unsigned heard_from(uint32_t first)
{
    unsigned count = 0;

    for (uint32_t number; (number = queued_heard(&at)) != 0; count++)
        assert_int_equal(number, first + count);
    return count;
}

static uint32_t id, mark;

static void on_packet(void *owner, const struct captured *packet)
{
    id = packet->id;
    mark = packet->mark;
}

/* Reads the next packet as inspect does; its number in the queue. */
static bool read_one(void)
{
    char why[CAPTURE_WHY_SIZE];
    unsigned count;

    assert_int_equal(capture_queue.read(packets, 1, on_packet, NULL, &count, why), STATUS_OK);
    return count == 1;
}

static void answer(uint32_t packet, enum lane_word word)
{
    struct lane_order order = {.id = packet, .mark = mark, .word = word};
    order.stop = (struct stop){.rule = RULE_NONE, .transport = IPPROTO_UDP};
    assert_true(lane_put_order(inspect, &order));
    lane_ring(inspect);
}

static void read_and_answer(enum lane_word word)
{
    assert_true(read_one());
    answer(id, word);
}

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

static void each_of_several_has_its_own(void **state)
{
    static const enum lane_word words[] = {LANE_PASS, LANE_PASS_HEARD, LANE_PASS,
                                           LANE_PASS_SERVER_HEARD, LANE_PASS};
    uint32_t seen = 0;

    queued_need();
    for (uint32_t i = 1; i <= COUNT_OF(words); i++)
        queued_say(&at, i);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        read_and_answer(words[i]);
    run(10);
    /* Plain passes go behind those with a mark. */
    for (uint32_t number; (number = queued_heard(&at)) != 0;)
        seen |= UINT32_C(1) << number;
    assert_int_equal(seen, 0x3e);
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

static void the_kernel_counts_what_waits(void **state)
{
    queued_need();
    assert_true(backlog_read(backlog));
    assert_null(backlog_of(backlog, QUEUE + 1));
    const struct backlog_queue *queue = backlog_of(backlog, QUEUE);
    assert_non_null(queue);
    assert_int_equal(queue->waiting, 0);
    queued_say(&at, 1);
    queued_say(&at, 2);
    assert_true(backlog_read(backlog));
    queue = backlog_of(backlog, QUEUE);
    assert_int_equal(queue->waiting, 2);
    assert_true(read_one());
    assert_true(read_one());
    assert_int_equal(queue->last, id);
    assert_int_equal(queue->lost, 0);
    answer(id, LANE_PASS);
    run(10);
}

static void a_queue_has_one_owner(void **state)
{
    char why[CAPTURE_WHY_SIZE];
    int other;

    queued_need();
    assert_int_equal(capture_claim_queue(QUEUE, true, why, &other), STATUS_SYSTEM);
    assert_non_null(strstr(why, "queue 77"));
    assert_non_null(strstr(why, "another program has it"));
}

int main(void)
{
#define OPEN(f)   cmocka_unit_test_setup_teardown(f, begin_open, end)
#define CLOSED(f) cmocka_unit_test_setup_teardown(f, begin_closed, end)
    const struct CMUnitTest tests[] = {
        OPEN(a_packet_waits_for_its_verdict),
        OPEN(each_of_several_has_its_own),
        OPEN(silence_opens_what_is_open),
        CLOSED(silence_closes_what_is_closed),
        OPEN(who_is_left_out_passes_where_it_is_open),
        CLOSED(who_is_left_out_is_dropped_where_it_is_closed),
        OPEN(orders_about_others_change_nothing),
        OPEN(an_order_far_ahead_stops_nothing_for_long),
        OPEN(a_crowd_waits_and_none_is_lost),
        OPEN(a_successor_passes_nothing_of_before),
        OPEN(a_successor_finds_silence),
        OPEN(the_kernel_counts_what_waits),
        OPEN(a_queue_has_one_owner),
    };
    return cmocka_run_group_tests(tests, queued_enter, NULL);
}
