/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_columns - a row goes there and back, whatever its bytes.
 */
#include "clickhouse/columns.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static const uint8_t hostile[] = "<script>\0'\"\\\n\t\xff\xfe=cmd|' /C calc'!A0\xe2\x80\xae";

static void fill(struct row *row)
{
    *row = (struct row){.at = UINT64_C(1795478400123456),
                        .sequence = UINT64_MAX - 1,
                        .source = 4000000000,
                        .device = 1,
                        .kind = ROW_HEALTH,
                        .way = 3,
                        .evidence = 2,
                        .severity = 7,
                        .stopped = true,
                        .unresolved = true,
                        .has_server = true,
                        .client_port = 65535,
                        .server_port = 1,
                        .lost = UINT64_MAX,
                        .duration_ns = 5};
    memset(row->server.bytes, 0xa5, sizeof row->server.bytes);
    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i] = span_of(hostile, i * 3);
    row->name = span_of(hostile, sizeof hostile);
    row->mac = span_text("02:42:0a:14:02:03");
}

/* Without what feed alone writes: history and date. */
static void a_row_comes_back(void **state)
{
    static uint8_t long_text[70000];
    uint8_t *room = malloc(sizeof long_text + 4096);
    struct row row, back;

    memset(long_text, 'x', sizeof long_text);
    fill(&row);
    row.raw = span_of(long_text, sizeof long_text);
    struct writer w = writer_over(room, columns_size(&row));
    columns_write(&w, 17, &row);
    assert_false(w.failed);
    struct cursor c = cursor_of(writer_span(&w));
    assert_int_equal(rowbinary_u64(&c), 17);
    read_skip(&c, 2);
    assert_true(columns_read(&c, &back));
    assert_false(cursor_more(&c));
    assert_true(back.at == row.at && back.sequence == row.sequence && back.source == row.source);
    assert_true(back.device == 1 && back.kind == ROW_HEALTH && back.way == 3 &&
                back.lost == row.lost);
    assert_true(back.stopped && back.unresolved && !back.allowed);
    assert_true(!back.has_client && back.has_server);
    assert_true(address_equal(&back.server, &row.server));
    assert_true(back.client_port == 65535 && back.server_port == 1 && back.duration_ns == 5);
    for (size_t i = 0; i < WORD_COUNT; i++)
        assert_true(span_equal(back.word[i], row.word[i]));
    assert_true(span_equal(back.name, row.name) && span_equal(back.mac, row.mac));
    assert_true(span_equal(back.raw, row.raw));
    assert_false(columns_read(&c, &back));
    assert_false(c.failed);
    free(room);
}

static void no_byte_may_be_missing(void **state)
{
    uint8_t room[4096];
    struct row row, back;

    fill(&row);
    struct writer w = writer_over(room, sizeof room);
    columns_write(&w, 17, &row);
    for (size_t length = 11; length < writer_length(&w); length++) {
        uint8_t *exact = malloc(length);
        memcpy(exact, room, length);
        struct cursor c = cursor_over(exact + 10, length - 10);
        assert_false(columns_read(&c, &back));
        assert_true(c.failed);
        free(exact);
    }
}

static void a_length_that_never_ends_is_refused(void **state)
{
    uint8_t bytes[32];
    memset(bytes, 0xff, sizeof bytes);
    struct cursor c = cursor_over(bytes, sizeof bytes);
    assert_int_equal(rowbinary_text(&c).length, 0);
    assert_true(c.failed);
}

static void days_stay_within_what_a_date_can_be(void **state)
{
    assert_int_equal(columns_day(0), 0);
    assert_int_equal(columns_day(UINT64_C(1795478400000000)), 20781);
    assert_int_equal(columns_day(UINT64_C(1795478399999999)), 20780);
    assert_int_equal(columns_day(UINT64_MAX), COLUMNS_DAY_MOST);
}

static void names_are_those_of_the_table(void **state)
{
    char with_types[COLUMNS_TEXT_SIZE], written[COLUMNS_TEXT_SIZE], read[COLUMNS_TEXT_SIZE];

    columns_with_types(with_types);
    columns_to_write(written);
    columns_to_read(false, read);
    assert_non_null(
        strstr(with_types, "`batch` UInt64, `history` UInt64, `date` Date, `at` UInt64"));
    assert_non_null(strstr(with_types, "`raw` String"));
    assert_null(strstr(with_types, "LowCardinality"));
    assert_int_equal(memcmp(read, "`at`, `source`", 14), 0);
    assert_non_null(strstr(read, "`interface`, ''"));
    for (size_t i = 0; i < WORD_COUNT; i++) {
        char name[40];
        snprintf(name, sizeof name, "`%s`", word_names[i]);
        assert_non_null(strstr(written, name));
    }
    columns_to_read(true, read);
    assert_non_null(strstr(read, ", `raw`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_comes_back),
        cmocka_unit_test(no_byte_may_be_missing),
        cmocka_unit_test(a_length_that_never_ends_is_refused),
        cmocka_unit_test(days_stay_within_what_a_date_can_be),
        cmocka_unit_test(names_are_those_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
