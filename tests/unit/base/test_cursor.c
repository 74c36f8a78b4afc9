/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cursor - values, borders, and that failure sticks.
 */
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void network_byte_order(void **state)
{
    const uint8_t bytes[] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
                             0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f};
    struct cursor c = cursor_over(bytes, sizeof bytes);
    assert_int_equal(read_u8(&c), 0x81);
    assert_int_equal(read_u16(&c), 0x8283);
    assert_int_equal(read_u32(&c), 0x84858687);
    assert_true(read_u64(&c) == 0x88898a8b8c8d8e8f);
    assert_false(cursor_more(&c));
    assert_false(c.failed);
}

static void failure_sticks(void **state)
{
    struct cursor c = cursor_over("abc", 3);
    assert_int_equal(read_span(&c, 4).length, 0);
    assert_true(c.failed);
    assert_int_equal(cursor_left(&c), 0);
    assert_false(cursor_more(&c));
    assert_int_equal(read_u8(&c), 0);
    assert_int_equal(read_u16(&c), 0);
    assert_int_equal(read_u32(&c), 0);
    assert_true(read_u64(&c) == 0);
    assert_int_equal(read_span(&c, 0).length, 0);
    struct cursor inner = read_block(&c, 0);
    assert_true(inner.failed);
    read_skip(&c, 1);
    assert_true(c.failed);
}

/* The bytes end where the memory ends: AddressSanitizer sees a step too far. */
static void nothing_behind_the_end(void **state)
{
    for (size_t length = 0; length < 8; length++) {
        uint8_t *bytes = malloc(length + 1);
        memset(bytes, 0xff, length + 1);
        uint8_t *exact = realloc(bytes, length > 0 ? length : 1);
        struct cursor c = cursor_over(exact, length);
        read_u64(&c);
        assert_true(c.failed);
        c = cursor_over(exact, length);
        read_u16(&c);
        assert_int_equal(c.failed, length < 2);
        c = cursor_over(exact, length);
        read_skip(&c, SIZE_MAX);
        assert_true(c.failed);
        free(exact);
    }
}

static void blocks_are_walls(void **state)
{
    struct cursor c = cursor_over("\3abc\0\2de\5fg", 11);
    struct cursor first = read_block8(&c), second = read_block16(&c), third;
    assert_int_equal(cursor_left(&first), 3);
    assert_int_equal(read_u8(&first), 'a');
    assert_int_equal(read_span(&first, 3).length, 0);
    assert_true(first.failed);
    assert_false(c.failed);
    assert_true(span_equal(read_span(&second, 2), span_text("de")));
    assert_false(cursor_more(&second));
    third = read_block8(&c);
    assert_true(third.failed && c.failed);
    assert_false(cursor_more(&third));
    assert_int_equal(read_u8(&third), 0);
}

static void half_a_number_is_none(void **state)
{
    struct cursor c = cursor_over("\xff\xff\xff", 3);
    assert_int_equal(read_u32(&c), 0);
    assert_true(c.failed);
    c = cursor_over("\xff\xff\xff\xff\xff\xff\xff", 7);
    assert_true(read_u64(&c) == 0);
    assert_true(c.failed);
}

static void empty(void **state)
{
    struct cursor none = cursor_over(NULL, 0); /* and UndefinedBehaviorSanitizer is silent */
    assert_int_equal(read_span(&none, 0).length, 0);
    assert_false(none.failed || cursor_more(&none));
    struct cursor c = cursor_over("", 0);
    assert_false(cursor_more(&c));
    assert_int_equal(read_span(&c, 0).length, 0);
    assert_false(c.failed);
    read_u8(&c);
    assert_true(c.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_byte_order),     cmocka_unit_test(failure_sticks),
        cmocka_unit_test(nothing_behind_the_end), cmocka_unit_test(blocks_are_walls),
        cmocka_unit_test(half_a_number_is_none),  cmocka_unit_test(empty),
    };
    return cmocka_run_group_tests_name("base/cursor", tests, NULL, NULL);
}
