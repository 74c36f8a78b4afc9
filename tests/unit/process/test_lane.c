/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lane.h promises: orders in order and whole, room that is told before it is needed, a bell,
 * successors, and no word from a liar.
 */
#include "process/lane.h"

#include "process/ring.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct lane_files files;
static struct lane *gate, *inspect;

static int begin(void **state)
{
    assert_int_equal(lane_make(&files), STATUS_OK);
    gate = lane_open(&files);
    inspect = lane_open(&files);
    assert_non_null(gate);
    assert_non_null(inspect);
    return 0;
}

static int end(void **state)
{
    lane_close(gate);
    lane_close(inspect);
    lane_close_files(&files);
    assert_int_equal(files.orders, -1);
    return 0;
}

static bool rings(void)
{
    struct pollfd wait = {.fd = lane_bell(gate), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static bool put(uint32_t id, enum lane_word word)
{
    const struct lane_order order = {.id = id, .mark = ~id, .word = word};
    return lane_put_order(inspect, &order);
}

static void orders_come_whole_and_in_order(void **state)
{
    struct lane_order order = {.id = 7, .mark = 9, .word = LANE_STOP}, got;

    order.stop.server_port = 443;
    order.stop.length = 517;
    assert_false(lane_take_order(gate, &got));
    assert_true(lane_put_order(inspect, &order));
    assert_true(put(8, LANE_PASS_HEARD));
    assert_true(put(9, LANE_PASS));
    assert_true(lane_take_order(gate, &got));
    assert_memory_equal(&got, &order, sizeof got);
    for (uint32_t id = 8; id <= 9; id++) {
        assert_true(lane_take_order(gate, &got));
        assert_int_equal(got.id, id);
        assert_int_equal(got.mark, ~id);
    }
    assert_int_equal(got.word, LANE_PASS);
    assert_false(lane_take_order(gate, &got));
}

static void room_is_told_before_it_is_needed(void **state)
{
    struct lane_order got;

    for (uint32_t i = 0; i < LANE_SLOTS; i++) {
        assert_true(lane_has_room(inspect));
        assert_true(put(i + 1, LANE_PASS));
    }
    assert_false(lane_has_room(inspect));
    assert_false(put(0, LANE_PASS));
    assert_true(lane_take_order(gate, &got));
    assert_true(lane_has_room(inspect));
    assert_true(put(LANE_SLOTS + 1, LANE_PASS));
}

static void the_bell_rings_until_it_is_hushed(void **state)
{
    assert_false(rings());
    lane_ring(inspect);
    lane_ring(inspect);
    assert_true(rings());
    lane_hush(gate);
    assert_false(rings());
    lane_hush(gate); /* silent already: nobody waits */
}

static void a_successor_finds_what_waits_once(void **state)
{
    struct lane_order got;

    assert_true(put(1, LANE_PASS));
    assert_true(put(2, LANE_PASS));
    assert_true(lane_take_order(gate, &got));
    lane_close(gate);
    gate = lane_open(&files);
    assert_true(lane_take_order(gate, &got));
    assert_int_equal(got.id, 2); /* not the one that may have killed its predecessor */
    lane_close(inspect);
    inspect = lane_open(&files);
    assert_true(put(3, LANE_PASS));
    assert_true(lane_take_order(gate, &got));
    assert_int_equal(got.id, 3);
}

/* Somebody else's process writes into the ring: it is read as far as it makes sense. */
static void a_liar_is_passed_over(void **state)
{
    struct ring *orders;
    struct lane_order order = {.id = 1, .word = LANE_WORDS}, got;

    assert_int_equal(ring_open(files.orders, sizeof order, &orders), STATUS_OK);
    assert_true(ring_put(orders, &order, sizeof order)); /* no such word */
    order.word = LANE_STOP;
    assert_true(ring_put(orders, &order, offsetof(struct lane_order, stop))); /* half an order */
    assert_true(ring_put(orders, &order, 3));
    assert_false(lane_take_order(gate, &got));
    order.word = LANE_PASS;
    assert_true(ring_put(orders, &order, offsetof(struct lane_order, stop)));
    assert_true(lane_take_order(gate, &got));
    ring_close(orders);
}

static void files_of_another_kind_are_none(void **state)
{
    struct lane_files wrong = {.orders = files.bell, .bell = files.bell};
    assert_null(lane_open(&wrong));
    wrong = (struct lane_files){.orders = files.orders, .bell = -1};
    assert_null(lane_open(&wrong));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(orders_come_whole_and_in_order),
        CASE(room_is_told_before_it_is_needed),
        CASE(the_bell_rings_until_it_is_hushed),
        CASE(a_successor_finds_what_waits_once),
        CASE(a_liar_is_passed_over),
        CASE(files_of_another_kind_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
