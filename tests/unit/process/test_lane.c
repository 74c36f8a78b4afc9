/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lane.h promises: packets one way, orders the other, bells, successors, and no word from a
 * liar.
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
    assert_int_equal(files.packets, -1);
    return 0;
}

static bool rings(int bell)
{
    struct pollfd wait = {.fd = bell, .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static void put(uint64_t id, size_t length)
{
    static struct lane_packet packet;
    packet.id = id;
    packet.length = packet.sent = (uint32_t)length;
    memset(packet.bytes, (int)id, length);
    assert_true(lane_put_packet(gate, &packet));
}

static void packets_come_whole_and_in_order(void **state)
{
    static struct lane_packet packet;
    const size_t lengths[] = {0, 1, 1500, LANE_BYTES_MOST};

    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        put(i + 1, lengths[i]);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        assert_true(lane_take_packet(inspect, &packet));
        assert_int_equal(packet.id, i + 1);
        assert_int_equal(packet.length, lengths[i]);
        for (size_t b = 0; b < lengths[i]; b++)
            assert_int_equal(packet.bytes[b], i + 1);
    }
    assert_false(lane_take_packet(inspect, &packet));
}

static void a_full_lane_says_so(void **state)
{
    static struct lane_packet packet = {.length = 20};

    for (unsigned i = 0; i < LANE_SLOTS; i++)
        assert_true(lane_put_packet(gate, &packet));
    assert_false(lane_put_packet(gate, &packet));
    assert_true(lane_take_packet(inspect, &packet));
    assert_true(lane_put_packet(gate, &packet));
}

static void orders_come_back_whole(void **state)
{
    struct lane_order order = {.id = 7, .word = LANE_STOP};
    order.stop.server_port = 443;
    order.stop.length = 517;
    assert_true(lane_put_order(inspect, &order));
    assert_true(lane_put_order(inspect, &(struct lane_order){.id = 8, .word = LANE_PASS_HEARD}));
    struct lane_order got;
    assert_true(lane_take_order(gate, &got));
    assert_memory_equal(&got, &order, sizeof got);
    assert_true(lane_take_order(gate, &got));
    assert_int_equal(got.id, 8);
    assert_int_equal(got.word, LANE_PASS_HEARD);
    assert_false(lane_take_order(gate, &got));
}

static void bells_ring_until_they_are_hushed(void **state)
{
    assert_false(rings(lane_inspect_bell(inspect)));
    lane_ring_inspect(gate);
    lane_ring_inspect(gate);
    assert_true(rings(lane_inspect_bell(inspect)));
    assert_false(rings(lane_gate_bell(gate)));
    lane_hush(lane_inspect_bell(inspect));
    assert_false(rings(lane_inspect_bell(inspect)));
    lane_hush(lane_inspect_bell(inspect)); /* silent already: nobody waits */
    lane_ring_gate(inspect);
    assert_true(rings(lane_gate_bell(gate)));
}

static void a_successor_finds_what_waits_once(void **state)
{
    static struct lane_packet packet;

    put(1, 10);
    put(2, 10);
    assert_true(lane_take_packet(inspect, &packet));
    lane_close(inspect);
    inspect = lane_open(&files);
    assert_true(lane_take_packet(inspect, &packet));
    assert_int_equal(packet.id, 2); /* not the one that may have killed its predecessor */
    lane_close(gate);
    gate = lane_open(&files);
    put(3, 10);
    assert_true(lane_take_packet(inspect, &packet));
    assert_int_equal(packet.id, 3);
}

/* Somebody else's process writes into the ring: it is read as far as it makes sense. */
static void a_liar_is_passed_over(void **state)
{
    struct ring *orders, *packets;
    struct lane_order order = {.id = 1, .word = LANE_WORDS};
    static struct lane_packet packet = {.id = 1, .length = 4000};
    struct lane_order got;

    assert_int_equal(ring_open(files.orders, sizeof order, &orders), STATUS_OK);
    assert_true(ring_put(orders, &order, sizeof order)); /* no such word */
    order.word = LANE_STOP;
    assert_true(ring_put(orders, &order, offsetof(struct lane_order, stop))); /* half an order */
    assert_true(ring_put(orders, &order, 3));
    assert_false(lane_take_order(gate, &got));
    ring_close(orders);
    assert_int_equal(ring_open(files.packets, sizeof packet, &packets), STATUS_OK);
    assert_true(ring_put(packets, &packet, 100)); /* another length than it says */
    assert_false(lane_take_packet(inspect, &packet));
    ring_close(packets);
}

static void files_of_another_kind_are_none(void **state)
{
    struct lane_files wrong = files;
    wrong.packets = files.orders;
    assert_null(lane_open(&wrong));
    wrong = files;
    wrong.gate_bell = -1;
    assert_null(lane_open(&wrong));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(packets_come_whole_and_in_order),
        CASE(a_full_lane_says_so),
        CASE(orders_come_back_whole),
        CASE(bells_ring_until_they_are_hushed),
        CASE(a_successor_finds_what_waits_once),
        CASE(a_liar_is_passed_over),
        CASE(files_of_another_kind_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
