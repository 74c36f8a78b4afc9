/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_search - what a search of one day reads, and what it leaves when its time is over.
 */
#include "base/log.h"
#include "rows.h"
#include "sqlite/day_write.h"
#include "store/day_search.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCKS = 4, ROWS = BLOCKS * BLOCK_ROWS };

static struct config_store options;
static struct packer *packer;
static uint32_t day;

/* Full blocks, one after the other in time. */
static int fill(void **state)
{
    char why[SQLITE_WHY_SIZE];
    struct day_writer *writer;
    struct made_row made;

    folder_make(&options);
    packer = packer_new();
    day = day_of(TEST_BEGIN);
    assert_int_equal(day_writer_open(options.folder, day, packer, why, &writer), STATUS_OK);
    assert_true(day_writer_is_idle(writer));
    for (uint64_t i = 0; i < ROWS; i++) {
        row_make(&made, 1, i + 1, 5, TEST_BEGIN, 1000);
        made.row.at = TEST_BEGIN + i * 1000;
        assert_int_equal(day_writer_put(writer, &made.row), STATUS_OK);
        assert_false(day_writer_is_idle(writer));
        if ((i + 1) % BLOCK_ROWS == 0)
            assert_int_equal(day_writer_commit(writer), STATUS_OK);
    }
    assert_true(day_writer_is_idle(writer));
    day_writer_close(writer);
    return 0;
}

static int empty(void **state)
{
    packer_free(packer);
    folder_remove(&options);
    return 0;
}

static void change(const char *sql)
{
    char path[DAY_PATH_SIZE], why[SQLITE_WHY_SIZE];
    struct sqlite *db;
    assert_int_equal(
        sqlite_open(day_path(options.folder, day, path), SQLITE_FOR_WRITING, sql, why, &db),
        STATUS_OK);
    sqlite_close(db);
}

static struct day_reader *open_day(void)
{
    char why[SQLITE_WHY_SIZE];
    struct day_reader *reader;
    assert_int_equal(day_reader_open(options.folder, day, packer, why, &reader), STATUS_OK);
    assert_int_equal(day_reader_begin(reader), STATUS_OK);
    return reader;
}

struct given {
    uint64_t next, rows; /* sequence of the next one, upwards */
};

static bool on_row(void *owner, const struct row *row)
{
    struct given *given = owner;
    assert_int_equal(row->sequence, given->next++);
    given->rows++;
    return true;
}

/* What is not looked for stands in no column that is read before rows are given: so those of a
 * block are missed only where its rows are loaded. */
static void when_time_is_over_no_further_block_is_loaded(void **state)
{
    const struct store_filter all = {0};
    struct given given = {.next = 1};
    struct day_search search = {.filter = &all,
                                .oldest_first = true,
                                .most = DAY_SEARCH_MOST,
                                .give_until = 1, /* long ago */
                                .on_row = on_row,
                                .owner = &given};
    struct day_searched found;
    char sql[128];

    snprintf(sql, sizeof sql, "DELETE FROM part WHERE id / %llu = %d AND id %% %llu > 1",
             1ull << 40, COLUMN_DURATION, 1ull << 40);
    change(sql);
    struct day_reader *reader = open_day();
    assert_int_equal(day_search(reader, &search, &found), STATUS_OK);
    assert_int_equal(found.rows, 1);
    assert_true(found.ran_out && found.has_reached && !found.is_whole);
    assert_int_equal(found.reached.sequence, 1);
    search.give_until = 0; /* and with time it is missed */
    given.next = 1;
    assert_int_equal(day_search(reader, &search, &found), STATUS_CORRUPT);
    assert_int_equal(given.next, BLOCK_ROWS + 1);
    day_reader_close(reader);
}

/* However short the time is, each search comes further, and none leaves a row out. */
static void with_no_time_at_all_every_row_is_given_once(void **state)
{
    const struct store_filter some = {.until = TEST_BEGIN + UINT64_C(300000)};
    struct given given = {.next = 1};
    struct store_place after = {0};
    struct day_search search = {.filter = &some,
                                .after = &after,
                                .oldest_first = true,
                                .most = 100,
                                .until = 1,
                                .give_until = 1,
                                .with_raw = true,
                                .on_row = on_row,
                                .owner = &given};
    struct day_searched found = {0};
    struct day_reader *reader = open_day();

    for (unsigned i = 0; i < 301 && !found.is_whole; i++) {
        assert_int_equal(day_search(reader, &search, &found), STATUS_OK);
        if (found.has_reached)
            after = found.reached;
    }
    assert_true(found.is_whole);
    assert_int_equal(given.rows, 300);
    day_reader_close(reader);
}

static void a_newer_format_is_refused(void **state)
{
    char why[SQLITE_WHY_SIZE] = "";
    struct day_reader *reader = NULL;
    struct day_writer *writer = NULL;

    change("PRAGMA user_version=2");
    assert_int_equal(day_reader_open(options.folder, day, packer, why, &reader),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(why, "newer format (2; this program knows 1)"));
    assert_non_null(strstr(why, "stop consoled and delete the folder"));
    why[0] = 0;
    assert_int_equal(day_writer_open(options.folder, day, packer, why, &writer),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(why, "newer format"));
    change("PRAGMA user_version=1");
    day_reader_close(open_day());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_no_time_at_all_every_row_is_given_once),
        cmocka_unit_test(a_newer_format_is_refused),
        cmocka_unit_test(when_time_is_over_no_further_block_is_loaded), /* spoils the file */
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, fill, empty);
}
