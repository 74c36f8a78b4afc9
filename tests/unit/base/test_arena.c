/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * arena - alignment, the limit, and that a full arena stays usable.
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pieces_are_aligned_and_apart(void **state)
{
    struct arena arena;
    assert_int_equal(arena_open(&arena, 4096), STATUS_OK);
    uint8_t *before = NULL;
    for (size_t length = 1; length < 60; length++) {
        uint8_t *piece = arena_take(&arena, length);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
        assert_true(before == NULL || piece >= before + length - 1);
        memset(piece, 0xff, length);
        before = piece;
    }
    arena_close(&arena);
}

static void the_limit_holds(void **state)
{
    struct arena arena;
    assert_int_equal(arena_open(&arena, 1000), STATUS_OK);
    assert_null(arena_take(&arena, 1001));
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 8));
    uint8_t *all = arena_take(&arena, 1000);
    assert_non_null(all);
    memset(all, 1, 1000);
    assert_null(arena_take(&arena, 1));
    arena_reset(&arena);
    assert_ptr_equal(arena_take(&arena, 991), all);
    assert_null(arena_take(&arena, 9));
    assert_non_null(arena_copy(&arena, "x", 1));
    assert_null(arena_copy(&arena, "x", 1));
    arena_close(&arena);
    assert_null(arena.bytes);
    arena_close(&arena); /* twice is no harm */
}

static void copies_end_in_zero(void **state)
{
    struct arena arena;
    assert_int_equal(arena_open(&arena, 64), STATUS_OK);
    memset(arena.bytes, 0xff, 64);
    char *copy = arena_copy(&arena, "name", 4);
    assert_string_equal(copy, "name");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    assert_null(arena_copy(&arena, "x", SIZE_MAX));
    arena_close(&arena);
}

static void too_much_is_no_memory(void **state)
{
    struct arena arena;
    assert_int_equal(arena_open(&arena, SIZE_MAX / 2), STATUS_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(copies_end_in_zero),
        cmocka_unit_test(too_much_is_no_memory),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
