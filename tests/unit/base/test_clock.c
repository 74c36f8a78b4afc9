/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clock - units, and that one time never goes back.
 */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void units(void **state)
{
    clock_ms ms = clock_now();
    uint64_t ns = clock_ns();
    assert_in_range(ns / 1000000 - ms, 0, 5000);
    clock_us wall = clock_wall();
    assert_in_range((uint64_t)time(NULL) + 1 - wall / 1000000, 0, 5);
}

static void never_back(void **state)
{
    uint64_t before = clock_ns();
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_ns();
        assert_true(now >= before);
        before = now;
    }
}

static void dates(void **state)
{
    const clock_us day = UINT64_C(86400000000);
    assert_int_equal(clock_date(0), 19700101);
    assert_int_equal(clock_date(day - 1), 19700101);
    assert_int_equal(clock_date(day), 19700102);
    assert_int_equal(clock_date(UINT64_C(1709164800000000)), 20240229);
    assert_int_equal(clock_date(UINT64_C(1798761599999999)), 20261231);
}

static void durations(void **state)
{
    struct timeval none = clock_timeval(0), some = clock_timeval(61234);
    assert_int_equal(none.tv_sec, 0);
    assert_int_equal(none.tv_usec, 0);
    assert_int_equal(some.tv_sec, 61);
    assert_int_equal(some.tv_usec, 234000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(never_back),
        cmocka_unit_test(dates),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
