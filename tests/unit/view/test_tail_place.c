/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves view/tail_place.c: no row twice, none left out, whatever the order in which they come; and
 * that a place is the same after it was a text.
 */
#include "view/tail_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const clock_us NOW = UINT64_C(1795489200000000), SECOND = UINT64_C(1000000);
static struct tail_clocks clocks;
static struct tail_place place, again;

/* The summary says that a source got to `sequence`, `seconds` behind NOW. */
static void says(uint32_t source, uint64_t sequence, uint64_t seconds, clock_ms now)
{
    const struct log_source one = {.number = source,
                                   .sequence = sequence,
                                   .first_at = NOW - 3600 * SECOND,
                                   .last_at = NOW - seconds * SECOND,
                                   .read_at = NOW};
    tail_clocks_add(&clocks, &one, NOW, now);
}

static int set_up(void **state)
{
    clocks = (struct tail_clocks){.history = 77};
    tail_clocks_begin(&clocks);
    says(1, 5000, 1, 1000);
    says(2, 10, 400, 1000);
    tail_clocks_end(&clocks, 1000, false);
    tail_place_now(&place, &clocks);
    return 0;
}

static bool is_new(uint32_t source, uint64_t sequence)
{
    bool is_so = tail_place_is_new(&place, source, sequence, false);
    assert_int_equal(tail_place_is_new(&place, source, sequence, true), is_so);
    assert_false(tail_place_is_new(&place, source, sequence, true));
    return is_so;
}

static void what_is_there_is_not_new(void **state)
{
    assert_false(is_new(1, 5000) || is_new(1, 4999) || is_new(1, 1) || is_new(2, 10));
    assert_true(is_new(1, 5001) && is_new(2, 11));
    assert_false(is_new(3, 1)); /* nobody knows it yet */
}

static void out_of_order(void **state)
{
    assert_true(is_new(1, 5003) && is_new(1, 5001) && is_new(1, 5002));
    assert_false(is_new(1, 5001) || is_new(1, 5000));
    const uint64_t window = TAIL_WINDOW;
    assert_true(is_new(1, 5003 + 10 * window));
    assert_true(is_new(1, 5004 + 9 * window));
    assert_false(is_new(1, 5003 + 9 * window)); /* too far behind to be known */
    for (uint64_t n = 0; n < 3 * window; n++) {
        uint64_t sequence = 100000 + (n ^ 1);
        if (!is_new(1, sequence))
            fail_msg("%u was not new", (unsigned)sequence);
    }
}

static void texts(void **state)
{
    char text[TAIL_ID_SIZE], same[TAIL_ID_SIZE];
    assert_true(is_new(1, 5001) && is_new(1, 5002));
    tail_place_give(&place, 1, 5001);
    tail_place_text(&place, text);
    assert_true(tail_place_read(&again, span_text(text)));
    assert_string_equal(tail_place_text(&again, same), text);
    assert_int_equal(again.history, 77);
    place = again;
    assert_false(is_new(1, 5001));
    assert_true(is_new(1, 5002)); /* was not given */
    static const char *const wrong[] = {"",
                                        "x",
                                        "1-",
                                        "1-1",
                                        "1-1.2",
                                        "1-1.2.3.4",
                                        "1-1..3",
                                        "1-1.2.3-1.5.6",
                                        "1--1.2.3",
                                        "1-4294967296.1.1",
                                        "1-1.2.99999999999",
                                        "1-1.2.3 ",
                                        "-1.2.3",
                                        "99999999999999999999-1.2.3"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (i != 2 && tail_place_read(&again, span_text(wrong[i])))
            fail_msg("was taken: %s", wrong[i]);
}

/* 128 sources fit, and no more are read. */
static void the_longest(void **state)
{
    char text[TAIL_ID_SIZE];
    clocks = (struct tail_clocks){.history = UINT64_MAX};
    tail_clocks_begin(&clocks);
    for (uint32_t i = 0; i < TAIL_SOURCES_MOST + 9; i++)
        says(UINT32_MAX - i, UINT64_C(9999999999999999999), 0, 1000);
    tail_clocks_end(&clocks, 1000, false);
    assert_int_equal(clocks.count, TAIL_SOURCES_MOST);
    tail_place_now(&place, &clocks);
    tail_place_text(&place, text);
    place.history = 1;
    assert_true(strlen(text) < TAIL_ID_SIZE - 1);
    assert_true(strstr(text, "4294967168.9999999999999999999.") != NULL);
}

static void turn(uint64_t one, uint64_t two, uint64_t two_behind, clock_ms now)
{
    tail_clocks_begin(&clocks);
    says(1, one, 1, now);
    says(2, two, two_behind, now);
    tail_clocks_end(&clocks, now, false);
    tail_place_meet(&place, &clocks, NOW);
}

/* A gateway whose lines come 400 s late has them read; one that says nothing costs nothing. */
static void where_to_look(void **state)
{
    turn(5001, 10, 400, 2000);
    clock_us from = tail_place_from(&place, &clocks, NOW, 2000);
    assert_in_range(from, NOW - 20 * SECOND, NOW - SECOND);
    turn(5001, 20, 350, 3000);
    from = tail_place_from(&place, &clocks, NOW, 3000);
    assert_in_range(from, NOW - 420 * SECOND, NOW - 400 * SECOND);
    tail_place_reached(&place, &clocks);
    for (clock_ms now = 10000; now < 60000; now += 1000)
        turn(5001 + now, 20, 350, now);
    from = tail_place_from(&place, &clocks, NOW, 60000);
    assert_in_range(from, NOW - 20 * SECOND, NOW - SECOND);
    tail_clocks_begin(&clocks); /* a folder that is new, and full of old lines */
    says(1, 80000, 1, 61000);
    says(3, 70000, 1, 61000);
    tail_clocks_end(&clocks, 61000, false);
    assert_int_equal(tail_place_from(&place, &clocks, NOW, 61000), NOW - TAIL_LATE_US);
}

static void who_comes_back(void **state)
{
    char text[TAIL_ID_SIZE];
    tail_place_text(&place, text);
    turn(6000, 10, 400, 100000);
    turn(7000, 10, 400, 200000);
    assert_true(tail_place_read(&place, span_text(text)));
    tail_place_meet(&place, &clocks, NOW);
    assert_true(place.came_back);
    clock_us from = tail_place_from(&place, &clocks, NOW, 200000);
    assert_in_range(from, NOW - 20 * SECOND, NOW - 10 * SECOND);
    assert_true(is_new(1, 5001) && is_new(1, 7000));
    tail_place_reached(&place, &clocks);
    assert_false(place.came_back);
}

static void sources_that_come_and_go(void **state)
{
    tail_clocks_begin(&clocks);
    says(1, 5000, 1, 2000);
    says(3, 7, 1, 2000);
    tail_clocks_end(&clocks, 2000, false);
    tail_place_meet(&place, &clocks, NOW);
    assert_true(is_new(3, 1) && is_new(3, 7));
    assert_false(is_new(2, 11));
    assert_int_equal(place.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, set_up)
        CASE(what_is_there_is_not_new),
        CASE(out_of_order),
        CASE(texts),
        CASE(the_longest),
        CASE(where_to_look),
        CASE(who_comes_back),
        CASE(sources_that_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
