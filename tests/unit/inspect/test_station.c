/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the inspector says of its own sight, and that no event is lost without being counted.
 */
#include "inspect/station.h"
#include "process/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOTS = 4 };
static const clock_us wall = UINT64_C(1800000000000000);

struct world {
    int fd, page;
    struct ring *ring;
    struct counters *counters;
    struct station *station;
};

static void open_station(struct world *w, uint32_t sample)
{
    w->station = station_new(w->fd, w->counters, "eth7", sample);
    assert_non_null(w->station);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    *state = w;
    return ring_make(SLOTS, sizeof(struct event), &w->fd) == STATUS_OK &&
                   ring_open(w->fd, sizeof(struct event), &w->ring) == STATUS_OK &&
                   counters_make(&w->page) == STATUS_OK &&
                   (w->counters = counters_open(w->page)) != NULL
               ? 0
               : -1;
}

static int end(void **state)
{
    struct world *w = *state;
    station_free(w->station);
    ring_close(w->ring);
    munmap(w->counters, sizeof *w->counters);
    close(w->fd);
    close(w->page);
    free(w);
    return 0;
}

static bool next(struct world *w, struct event *event)
{
    size_t length = ring_peek(w->ring, event);
    if (length == 0)
        return false;
    event_complete(event, length);
    ring_take(w->ring, 0);
    ring_release(w->ring);
    assert_true(event_is_sound(event));
    return true;
}

static void sight(struct world *w)
{
    const struct event event = {
        .kind = EVENT_WIRE,
        .at = wall,
        .seen = SEEN_TLS,
        .question = {.length = 1},
        .verdict = {.rule = RULE_NONE, .noted = 3, .action = ACTION_OBSERVE}};
    station_event(w->station, &event);
}

static struct moment after(unsigned ms)
{
    return (struct moment){100000 + ms, wall + ms * 1000};
}

static void tick(struct world *w, unsigned ms, uint64_t dropped, uint64_t evicted)
{
    const struct watch_counts watched = {
        .packets = 10 + ms, .flows_evicted = evicted, .flows_now = 7};
    const struct capture_counts captured = {.dropped = dropped};
    station_tick(w->station, &watched, &captured, after(ms));
}

static void the_first_of_all_was_never_blind(void **state)
{
    struct world *w = *state;
    struct event event;
    open_station(w, 1);
    station_begin(w->station, after(0));
    assert_false(next(w, &event));
    assert_true(w->counters->alive == after(0).now);
}

static void a_successor_says_how_long_nobody_watched(void **state)
{
    struct world *w = *state;
    struct event event;
    open_station(w, 1);
    station_use(w->station, 9);
    w->counters->alive = after(0).now - 2500;
    station_begin(w->station, after(0));
    assert_true(next(w, &event));
    assert_int_equal(event.kind, EVENT_HEALTH);
    assert_int_equal(event.wire.health, HEALTH_BLIND);
    assert_int_equal(event.duration_us, 2500000);
    assert_int_equal(event.generation, 9);
    assert_string_equal(event.wire.evidence, "eth7");
    assert_int_equal(event.verdict.rule, RULE_NONE);
}

static void drops_are_said_once_a_second_and_once(void **state)
{
    struct world *w = *state;
    struct event event;
    open_station(w, 1);
    station_begin(w->station, after(0));
    tick(w, 200, 5, 0);
    assert_false(next(w, &event)); /* not yet */
    tick(w, 1000, 7, 2);
    assert_true(next(w, &event));
    assert_int_equal(event.wire.health, HEALTH_DROPPED);
    assert_int_equal(event.wire.count, 7);
    assert_true(next(w, &event));
    assert_int_equal(event.wire.health, HEALTH_FLOWS_FULL);
    assert_int_equal(event.wire.count, 2);
    tick(w, 2000, 7, 2);
    assert_false(next(w, &event));
    tick(w, 3000, 8, 2);
    assert_true(next(w, &event));
    assert_int_equal(event.wire.count, 1);
    assert_int_equal(w->counters->value[COUNT_DROPPED], 8);
    assert_int_equal(w->counters->value[COUNT_PACKETS], 3010);
    assert_int_equal(w->counters->value[COUNT_FLOWS_NOW], 7);
    assert_int_equal(w->counters->alive, after(3000).now);
}

static void counters_go_on_where_a_predecessor_stopped(void **state)
{
    struct world *w = *state;
    open_station(w, 1);
    station_begin(w->station, after(0));
    tick(w, 0, 3, 0);
    station_free(w->station);
    open_station(w, 1);
    station_begin(w->station, after(500));
    tick(w, 600, 4, 0);
    assert_int_equal(w->counters->value[COUNT_PACKETS], 10 + 610);
    assert_int_equal(w->counters->value[COUNT_DROPPED], 7);
}

static void what_does_not_fit_is_counted_and_said(void **state)
{
    struct world *w = *state;
    struct event event;
    open_station(w, 1);
    station_begin(w->station, after(0));
    for (unsigned i = 0; i < SLOTS + 3; i++)
        sight(w);
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_true(next(w, &event));
        assert_int_equal(event.lost_before, 0);
    }
    assert_false(next(w, &event));
    tick(w, 1000, 0, 0);
    assert_true(next(w, &event));
    assert_int_equal(event.wire.health, HEALTH_EVENTS_LOST);
    assert_int_equal(event.wire.count, 3);
    assert_int_equal(event.lost_before, 3);
    sight(w);
    assert_true(next(w, &event));
    assert_int_equal(event.lost_before, 0);
    assert_int_equal(w->counters->value[COUNT_EVENTS_LOST], 3);
}

static void a_sample_says_what_it_left_out(void **state)
{
    struct world *w = *state;
    struct event event;
    open_station(w, 3);
    for (unsigned i = 0; i < 4; i++)
        sight(w);
    assert_true(next(w, &event));
    assert_int_equal(event.sampled_before, 0);
    assert_true(next(w, &event));
    assert_int_equal(event.sampled_before, 2);
    assert_false(next(w, &event));
    assert_int_equal(w->counters->value[COUNT_EVENTS_SAMPLED], 2);
}

static void not_every_descriptor_is_a_ring(void **state)
{
    struct world *w = *state;
    assert_null(station_new(w->page, w->counters, "eth7", 1));
    assert_null(station_new(-1, w->counters, "eth7", 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_of_all_was_never_blind),
        TEST(a_successor_says_how_long_nobody_watched),
        TEST(drops_are_said_once_a_second_and_once),
        TEST(counters_go_on_where_a_predecessor_stopped),
        TEST(what_does_not_fit_is_counted_and_said),
        TEST(a_sample_says_what_it_left_out),
        TEST(not_every_descriptor_is_a_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
