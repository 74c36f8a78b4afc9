/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_native - rows turned into columns, read back column by column.
 */
#include "clickhouse/columns.h"
#include "clickhouse/native.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 300, ROOM = 1 << 20 };

static uint8_t room[ROOM];

/* Rows whose texts have different lengths, behind the number of their batch. */
static struct span make_rows(uint32_t count)
{
    static const char text[] = "\x00\xff'\\<b>abcdefghijklmnopqrstuvwxyz";
    struct writer w = writer_over(room, sizeof room);

    for (uint32_t i = 0; i < count; i++) {
        struct row row = {.at = UINT64_C(1795478400000000) + i,
                          .source = i % 3,
                          .sequence = i,
                          .has_client = true,
                          .client_port = (uint16_t)(1000 + i)};
        row.name = span_of(text, i % sizeof text);
        row.raw = span_of(room, i * 7 % 400); /* longer than one byte can tell */
        write_bytes(&w, "\x09\0\0\0\0\0\0\0", 8);
        columns_write(&w, 17, &row);
    }
    assert_false(w.failed);
    return writer_span(&w);
}

static uint64_t read_length(struct cursor *c)
{
    uint64_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = read_u8(c);
        length |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return length;
    }
}

static bool is_text(struct span text, const char *wanted)
{
    return span_equal(text, span_text(wanted));
}

static void a_block_has_all_values_of_a_column_together(void **state)
{
    struct native *native = native_new();
    struct span rows = make_rows(ROWS), block;

    assert_int_equal(native_block(native, rows, ROWS, &block), STATUS_OK);
    struct cursor c = cursor_of(block), row = cursor_of(rows);
    assert_int_equal(read_length(&c), columns_count());
    assert_int_equal(read_length(&c), ROWS);
    /* What each column begins with, and its first and last value. */
    for (size_t column = 0; column < columns_count(); column++) {
        assert_true(is_text(rowbinary_text(&c), columns_name(column)));
        assert_true(is_text(rowbinary_text(&c), columns_type(column)));
        for (uint32_t i = 0; i < ROWS; i++) {
            size_t width = columns_width(column);
            struct span value = width == 0 ? rowbinary_text(&c) : read_span(&c, width);
            if (strcmp(columns_name(column), "sequence") == 0)
                assert_int_equal(value.at[0] | value.at[1] << 8, i);
            if (strcmp(columns_name(column), "raw") == 0)
                assert_int_equal(value.length, i * 7 % 400);
            if (strcmp(columns_name(column), "batch") == 0)
                assert_int_equal(value.at[0], 9);
        }
    }
    assert_false(cursor_more(&c));
    assert_false(c.failed || row.failed);
    native_free(native);
}

static void the_same_rows_give_the_same_bytes(void **state)
{
    struct native *one = native_new(), *other = native_new();
    struct span rows = make_rows(ROWS), a, b;

    assert_int_equal(native_block(other, rows, ROWS, &b), STATUS_OK);
    assert_int_equal(native_block(one, span_of(rows.at, 0), 0, &a), STATUS_OK);
    assert_int_equal(native_block(one, rows, ROWS, &a), STATUS_OK);
    assert_true(span_equal(a, b));
    native_free(one);
    native_free(other);
}

static void what_are_not_whole_rows_is_refused(void **state)
{
    struct native *native = native_new();
    struct span rows = make_rows(5), block;

    assert_int_equal(native_block(native, rows, 4, &block), STATUS_CORRUPT);
    assert_int_equal(native_block(native, rows, 6, &block), STATUS_CORRUPT);
    for (size_t length = 0; length < rows.length; length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact, rows.at, length);
        assert_int_equal(native_block(native, span_of(exact, length), 5, &block), STATUS_CORRUPT);
        free(exact);
    }
    native_free(native);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_has_all_values_of_a_column_together),
        cmocka_unit_test(the_same_rows_give_the_same_bytes),
        cmocka_unit_test(what_are_not_whole_rows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
