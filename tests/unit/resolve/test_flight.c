/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_flight - tries, their index, deadlines, and who is asked next.
 */
#include "resolve/flight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TIMEOUT = 500 };

static int set_up(void **state)
{
    *state = flights_new(TIMEOUT);
    return *state == NULL;
}

static int tear_down(void **state)
{
    flights_free(*state);
    return 0;
}

static struct flight *begin(struct flights *flights, uint32_t ticket, unsigned count, clock_ms now)
{
    struct flight *flight = flights_begin(flights, ticket, now);
    flight->count = (uint16_t)count;
    return flight;
}

static void test_a_try_is_found_by_port_and_id_only(void **state)
{
    struct flights *flights = *state;
    struct flight *flight = begin(flights, 7, 2, 100), *found = NULL;
    struct try *a = flights_try(flights, flight, 0, 3, 100);
    struct try *b = flights_try(flights, flight, 1, 4, 110);
    assert_ptr_equal(flights_find(flights, 3, a->id, &found), a);
    assert_ptr_equal(found, flight);
    assert_int_equal(flights_ticket(flights, found), 7);
    assert_ptr_equal(flights_find(flights, 4, b->id, &found), b);
    if (a->id != b->id) {
        assert_null(flights_find(flights, 4, a->id, &found));
        assert_null(flights_find(flights, 3, b->id, &found));
    }
    flights_close_try(flights, a);
    assert_null(flights_find(flights, 3, a->id, &found));
    assert_true(flight_has_open_try(flight));
    flights_close_try(flights, b);
    assert_false(flight_has_open_try(flight));
}

static void test_ids_differ_on_one_port(void **state)
{
    static bool seen[65536];
    struct flights *flights = *state;
    struct flight *found;
    for (uint32_t ticket = 0; ticket < FLIGHTS_MOST; ticket++) {
        struct flight *flight = begin(flights, ticket, 1, 0);
        for (int i = 0; i < TRIES_MOST; i++) {
            const struct try *try = flights_try(flights, flight, 0, 9, 0);
            assert_false(seen[try->id]);
            seen[try->id] = true;
        }
    }
    for (uint32_t ticket = 0; ticket < FLIGHTS_MOST; ticket++)
        flights_end(flights, flights_at(flights, ticket));
    for (uint32_t id = 0; id < 65536; id++)
        assert_null(flights_find(flights, 9, (uint16_t)id, &found));
    clock_ms next;
    assert_false(flights_next(flights, &next));
}

static void test_what_is_owed_is_settled_once(void **state)
{
    struct flights *flights = *state;
    struct flight *flight = begin(flights, 1, 2, 100);
    struct try a = *flights_try(flights, flight, 0, 3, 100);
    struct try *b = flights_try(flights, flight, 1, 4, 120);
    uint16_t answered = b->id;
    struct owed owed;
    flights_close_try(flights, b);
    flights_end(flights, flight);
    assert_false(flights_settle(flights, 4, answered, &owed));
    assert_false(flights_settle(flights, 5, a.id, &owed));
    assert_true(flights_settle(flights, 3, a.id, &owed));
    assert_int_equal(owed.server, 0);
    assert_int_equal(owed.sent_at, 100);
    assert_false(flights_settle(flights, 3, a.id, &owed));
}

static void test_deadlines_come_in_order(void **state)
{
    struct flights *flights = *state;
    clock_ms next;
    assert_false(flights_next(flights, &next));
    struct flight *a = begin(flights, 1, 1, 1000), *b = begin(flights, 2, 1, 1010),
                  *c = begin(flights, 3, 1, 1020);
    assert_true(flights_next(flights, &next));
    assert_int_equal(next, 1000 + TIMEOUT);
    assert_null(flights_due(flights, 1000 + TIMEOUT - 1));
    assert_ptr_equal(flights_due(flights, 1000 + TIMEOUT), a);
    flights_extend(flights, a, 1000 + TIMEOUT);
    assert_null(flights_due(flights, 1000 + TIMEOUT));
    flights_end(flights, b);
    assert_ptr_equal(flights_due(flights, 9999), c);
    flights_end(flights, c);
    assert_ptr_equal(flights_due(flights, 9999), a);
    flights_end(flights, a);
    assert_null(flights_due(flights, 9999));
}

static void test_each_server_before_one_twice(void **state)
{
    struct flights *flights = *state;
    struct health servers[4] = {0};
    struct flight *flight = begin(flights, 1, 2, 100);
    unsigned asked[4] = {0};
    flight->first = 1; /* servers 1 and 2 are its own */
    for (int i = 0; i < TRIES_MOST; i++) {
        int server = flight_choose(flight, servers);
        assert_in_range(server, 1, 2);
        asked[server]++;
        if (i == 1)
            assert_true(asked[1] == 1 && asked[2] == 1);
        flights_try(flights, flight, (uint16_t)server, 0, 100);
    }
    assert_int_equal(flight_choose(flight, servers), HEALTH_NOBODY);
}

static void test_one_that_refused_is_not_asked_again(void **state)
{
    struct flights *flights = *state;
    struct health servers[2] = {0};
    struct flight *flight = begin(flights, 1, 2, 100);
    flights_try(flights, flight, 0, 0, 100);
    flight->refused = 1;
    assert_int_equal(flight_choose(flight, servers), 1);
    flights_try(flights, flight, 1, 0, 100);
    assert_int_equal(flight_choose(flight, servers), 1); /* it was only slow */
    flight->refused = 3;
    assert_int_equal(flight_choose(flight, servers), HEALTH_NOBODY);
}

static void test_beside_stays_within_its_servers(void **state)
{
    struct flights *flights = *state;
    struct health servers[5] = {0};
    struct flight *flight = begin(flights, 1, 2, 100);
    flight->first = 2;
    health_answered(&servers[2], 5, 0);
    for (uint32_t lot = 0; lot < 1000; lot++) {
        int other = flight_beside(flight, servers, 2, lot);
        assert_true(other == HEALTH_NOBODY || other == 3);
    }
}

static void test_the_flights_of_a_port(void **state)
{
    struct flights *flights = *state;
    uint32_t place = 0;
    struct try *try;
    for (uint32_t ticket = 0; ticket < 10; ticket++)
        flights_try(flights, begin(flights, ticket, 1, 0), 0, ticket % 2, 0);
    for (uint32_t ticket = 1; ticket < 10; ticket += 2) {
        struct flight *flight = flights_on_port(flights, 1, &place, &try);
        assert_int_equal(flights_ticket(flights, flight), ticket);
        assert_int_equal(try->port, 1);
        flights_end(flights, flight);
    }
    assert_null(flights_on_port(flights, 1, &place, &try));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_try_is_found_by_port_and_id_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_differ_on_one_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_owed_is_settled_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deadlines_come_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_server_before_one_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_that_refused_is_not_asked_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_beside_stays_within_its_servers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_flights_of_a_port, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
