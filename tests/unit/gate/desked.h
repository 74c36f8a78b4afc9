/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desked - a desk on a queue of queued.h, and the test in inspect's place.
 *
 * Used by test_desk.c, behind cmocka.
 */
#ifndef TESTS_GATE_DESKED_H
#define TESTS_GATE_DESKED_H

#include "firewall/held.h"
#include "gate/desk.h"
#include "queued.h"

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

static int begin_all(void **state)
{
    queued_enter(state);
    if (queued_is_there) /* as the table answers what is stopped */
        queued_command((const char *[]){"/usr/sbin/iptables-nft", "-I", "OUTPUT", "-m", "mark",
                                        "--mark", "0x40000000/0x40000000", "-j", "DROP", NULL});
    return 0;
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

#endif
