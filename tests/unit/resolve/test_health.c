/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_health - which server is asked, and when a silent one is tried again.
 */
#include "resolve/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void settle(struct health *h, clock_ms rtt, clock_ms now)
{
    for (int i = 0; i < 50; i++)
        health_answered(h, rtt, now);
}

static void test_the_fastest_is_chosen(void **state)
{
    struct health all[3] = {0};
    settle(&all[0], 30, 1000);
    settle(&all[1], 5, 1000);
    settle(&all[2], 12, 1000);
    assert_int_equal(health_choose(all, 3, 0), 1);
    assert_int_equal(health_choose(all, 3, 1u << 1), 2);
    assert_int_equal(health_choose(all, 3, 6), 0);
    assert_int_equal(health_choose(all, 3, 7), HEALTH_NOBODY);
    assert_int_equal(health_choose(all, 0, 0), HEALTH_NOBODY);
}

static void test_one_not_measured_is_chosen_first(void **state)
{
    struct health all[2] = {0};
    health_answered(&all[0], 0, 1000); /* faster than a millisecond is measured, too */
    assert_int_equal(health_choose(all, 2, 0), 1);
}

static void test_the_smoothed_time_follows(void **state)
{
    struct health h = {0};
    health_answered(&h, 100, 1);
    assert_int_equal(h.rtt, 800);
    settle(&h, 10, 2);
    assert_in_range(h.rtt, 72, 88);
    health_answered(&h, UINT64_MAX, 3); /* a clock that jumped */
    assert_in_range(h.rtt, 88, 60000 * 8);
}

static void test_a_failure_makes_it_second(void **state)
{
    struct health all[2] = {0};
    settle(&all[0], 1, 1000);
    settle(&all[1], 50, 1000);
    health_failed(&all[0]);
    assert_int_equal(health_choose(all, 2, 0), 1);
    health_answered(&all[0], 1, 1200);
    assert_int_equal(health_choose(all, 2, 0), 0);
}

static void test_failures_in_a_row_make_it_suspect(void **state)
{
    struct health h = {0};
    settle(&h, 1, 1000);
    assert_false(health_is_due(&h, 99999));
    for (int i = 0; i < 100; i++)
        health_failed(&h);
    assert_false(health_is_due(&h, 1000 + HEALTH_QUIET_MS - 1)); /* it answered a moment ago */
    assert_true(health_is_due(&h, 1000 + HEALTH_QUIET_MS));
    assert_false(health_is_silent(&h)); /* the zones that were asked about may be dead */
    assert_int_equal(health_choose(&h, 1, 0), 0);
    health_answered(&h, 1, 3000);
    assert_false(health_is_due(&h, 99999));

    struct health fresh = {0};
    for (int i = 0; i < HEALTH_FAILURES - 1; i++)
        health_failed(&fresh);
    assert_false(health_is_due(&fresh, 5000));
    health_failed(&fresh);
    assert_true(health_is_due(&fresh, 5000));
}

static void test_a_silent_one_is_due_after_a_pause_that_doubles(void **state)
{
    struct health h = {0};
    clock_ms now = 10000, pause = HEALTH_PAUSE_MS;
    health_silenced(&h, now);
    assert_true(health_is_silent(&h) && !h.network);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(health_choose(&h, 1, 0), HEALTH_NOBODY);
        assert_false(health_is_due(&h, now + pause - 1));
        health_unreachable(&h, now + pause - 1); /* many say so at one moment: counts once */
        assert_true(h.network);
        now += pause;
        assert_true(health_is_due(&h, now));
        health_silenced(&h, now);
        pause = pause * 2 < HEALTH_PAUSE_MOST_MS ? pause * 2 : HEALTH_PAUSE_MOST_MS;
    }
    health_answered(&h, 3, now);
    assert_false(health_is_silent(&h) || h.network || health_is_due(&h, now + 99999));
    assert_int_equal(health_choose(&h, 1, 0), 0);
}

static void test_a_healthy_one_goes_before_a_silent_one(void **state)
{
    struct health all[2] = {0};
    settle(&all[1], 400, 1000);
    health_unreachable(&all[0], 1000);
    assert_int_equal(health_choose(all, 2, 0), 1);
    for (uint32_t lot = 0; lot < 1000; lot++)
        assert_int_equal(health_beside(all, 2, 1, lot), HEALTH_NOBODY);
}

static void test_others_are_explored_now_and_then(void **state)
{
    struct health all[4] = {0};
    unsigned seen[4] = {0}, none = 0;
    for (int i = 0; i < 4; i++)
        settle(&all[i], 1 + (clock_ms)i, 1000);
    for (uint32_t lot = 0; lot < HEALTH_EXPLORE * 300; lot++) {
        int other = health_beside(all, 4, 2, lot);
        if (other == HEALTH_NOBODY)
            none++;
        else
            seen[other]++;
    }
    assert_int_equal(none, (HEALTH_EXPLORE - 1) * 300);
    assert_int_equal(seen[0], 100);
    assert_int_equal(seen[1], 100);
    assert_int_equal(seen[2], 0);
    assert_int_equal(seen[3], 100);
    assert_int_equal(health_beside(all, 1, 0, 0), HEALTH_NOBODY);
}

static void test_refused_is_alive_and_slow(void **state)
{
    struct health all[2] = {0};
    settle(&all[0], 1, 1000);
    settle(&all[1], 20, 1000);
    health_refused(&all[0], 1000, 1000);
    assert_false(health_is_silent(&all[0]));
    assert_int_equal(health_choose(all, 2, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_fastest_is_chosen),
        cmocka_unit_test(test_one_not_measured_is_chosen_first),
        cmocka_unit_test(test_the_smoothed_time_follows),
        cmocka_unit_test(test_a_failure_makes_it_second),
        cmocka_unit_test(test_failures_in_a_row_make_it_suspect),
        cmocka_unit_test(test_a_silent_one_is_due_after_a_pause_that_doubles),
        cmocka_unit_test(test_a_healthy_one_goes_before_a_silent_one),
        cmocka_unit_test(test_others_are_explored_now_and_then),
        cmocka_unit_test(test_refused_is_alive_and_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
