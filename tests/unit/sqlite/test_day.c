/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_day - files of days, and names below names.
 */
#include "sqlite/day.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void a_day_has_one_file(void **state)
{
    static const char *const none[] = {"day-20261301.sqlite",     "day-20260229.sqlite",
                                       "day-20261124.sqlite-wal", "day-2026112.sqlite",
                                       "day-+0261124.sqlite",     "day-19691231.sqlite",
                                       "summary.sqlite",          "day-20261124.sqlitf"};
    char file[DAY_FILE_SIZE];
    uint32_t day;

    const clock_us at = UINT64_C(1795478400000000);
    assert_string_equal(day_file(day_of(at), file), "day-20261124.sqlite");
    assert_string_equal(day_file(day_of(at - 1), file), "day-20261123.sqlite");
    assert_string_equal(day_file(day_of(0), file), "day-19700101.sqlite");
    assert_string_equal(day_file(day_of(UINT64_MAX), file), "day-99991231.sqlite");
    assert_true(day_from_file("day-20261124.sqlite", &day));
    assert_int_equal(day_begin(day), at);
    assert_int_equal(day_end(day), at + DAY_US);
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(day_from_file(none[i], &day));
}

static void names_are_below_names(void **state)
{
    static const struct {
        const char *name, *zone;
        bool is_below;
    } cases[] = {
        {"wechat.com", "wechat.com", true},
        {"a.WeChat.com", "wechat.COM", true},
        {"a.wechat.com.", "wechat.com", true},
        {"a.wechat.com", "wechat.com.", true},
        {"xwechat.com", "wechat.com", false},
        {"a\\.wechat.com", "wechat.com", false},
        {"a\\\\.wechat.com", "wechat.com", true},
        {"com", "wechat.com", false},
        {"anything", "", true},
        {"anything", ".", true},
        {"wechat.com.example", "wechat.com", false},
    };
    uint8_t room[DAY_KEY_SIZE], other[DAY_KEY_SIZE];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct span name = span_text(cases[i].name), zone = span_text(cases[i].zone);
        assert_int_equal(day_name_is_below(name, zone), cases[i].is_below);
        const struct span key = day_key(TEXT_NAME, name, room);
        const struct span begin = day_key(TEXT_NAME, zone, other);
        if (cases[i].is_below) /* its key begins with the zone's */
            assert_true(key.length >= begin.length && memcmp(key.at, begin.at, begin.length) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_has_one_file),
        cmocka_unit_test(names_are_below_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
