/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_days_go - days that are too old or too much, days of a newer format, and who reads them.
 */
#include "base/log.h"
#include "rows.h"
#include "sqlite/day.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct config_store options;
static const struct store_filter every = {0};

static int new_folder(void **state)
{
    folder_make(&options);
    return 0;
}

static int old_folder(void **state)
{
    folder_remove(&options);
    return 0;
}

/* A folder with rows over so many days. */
static struct made_row *fill(size_t count, size_t days)
{
    struct made_row *rows = rows_make(count, days * TEST_DAY);
    struct store *store = store_opened(&options, true);
    assert_int_equal(rows_put(store, rows, count), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    return rows;
}

static void change(uint32_t day, const char *sql)
{
    char path[DAY_PATH_SIZE], why[SQLITE_WHY_SIZE];
    struct sqlite *db;
    assert_int_equal(
        sqlite_open(day_path(options.folder, day, path), SQLITE_FOR_WRITING, sql, why, &db),
        STATUS_OK);
    sqlite_close(db);
}

static size_t days_there(void)
{
    struct day_files files;
    assert_int_equal(day_files_list(options.folder, &files), STATUS_OK);
    const size_t count = files.count;
    day_files_free(&files);
    return count;
}

static bool on_any(void *owner, const struct row *row)
{
    ++*(uint64_t *)owner;
    return true;
}

static bool on_total(void *owner, const struct store_count *count)
{
    *(uint64_t *)owner += count->rows;
    return true;
}

/* So many rows are given and counted. */
static void assert_rows(uint64_t wanted)
{
    const struct store_page page = {.most = 100000};
    struct store_paged paged;
    struct store_facts facts;
    struct store *store = store_opened(&options, false);
    uint64_t given = 0, counted = 0;

    assert_int_equal(store_page(store, &every, &page, on_any, &given, &paged), STATUS_OK);
    assert_true(paged.complete);
    assert_int_equal(given, wanted);
    assert_int_equal(store_counts(store, &every, WORD_APP, STORE_HOUR_US, on_total, &counted),
                     STATUS_OK);
    assert_int_equal(counted, wanted);
    assert_int_equal(store_facts(store, &facts), STATUS_OK);
    assert_int_equal(facts.rows, wanted);
    store_close(store);
}

static void old_days_are_forgotten(void **state)
{
    free(fill(1000, 10));
    assert_int_equal(days_there(), 10);
    options.keep_days = 4;
    struct store *store = store_opened(&options, true);
    store_tend(store, TEST_BEGIN + 9 * TEST_DAY + 5);
    assert_int_equal(days_there(), 4);
    assert_rows(400);
    options.keep_days = 0;
    options.keep_bytes = 1;
    store_close(store);
    store = store_opened(&options, true);
    store_tend(store, TEST_BEGIN + 8 * TEST_DAY + 5);
    assert_int_equal(days_there(), 2); /* today's and tomorrow's */
    assert_rows(200);
    store_tend(store, TEST_BEGIN + 30 * TEST_DAY);
    assert_int_equal(days_there(), 1); /* never the newest */
    store_close(store);
    assert_rows(100);
}

/* Days go in order, even those that rows were put into just now; but none with rows that wait for
 * their commit. */
static void a_day_in_use_is_no_reason_to_take_another(void **state)
{
    struct made_row *rows = rows_make(300, 3 * TEST_DAY);
    const clock_us now = TEST_BEGIN + 2 * TEST_DAY + 5;

    options.keep_bytes = 1;
    struct store *store = store_opened(&options, true);
    store_tend(store, now);
    assert_int_equal(rows_put(store, rows, 300), STATUS_OK);
    store_tend(store, now + 61 * UINT64_C(1000000));
    assert_int_equal(days_there(), 3);
    assert_int_equal(store_commit(store), STATUS_OK);
    assert_rows(300);
    store_tend(store, now + 122 * UINT64_C(1000000));
    assert_int_equal(days_there(), 1);
    assert_rows(100);
    assert_int_equal(rows_put(store, rows, 300), STATUS_OK); /* begun again before all of them */
    assert_int_equal(store_commit(store), STATUS_OK);
    assert_rows(300);
    store_close(store);
    free(rows);
}

struct going {
    struct store *writer;
    uint64_t rows, last;
    bool is_gone;
};

/* At the first row all days but today's go. */
static bool on_going(void *owner, const struct row *row)
{
    struct going *going = owner;
    if (!going->is_gone)
        store_tend(going->writer, TEST_BEGIN + 9 * TEST_DAY + 5);
    going->is_gone = true;
    assert_true(row->sequence < going->last);
    going->last = row->sequence;
    going->rows++;
    return true;
}

static void a_page_goes_on_while_days_go(void **state)
{
    const struct store_page page = {.most = 100000, .with_raw = true};
    struct going going = {.last = UINT64_MAX};
    struct made_row *rows = fill(1000, 10);
    struct store_paged paged;
    struct store_facts facts;

    options.keep_days = 1;
    going.writer = store_opened(&options, true);
    struct store *reader = store_opened(&options, false);
    assert_int_equal(store_page(reader, &every, &page, on_going, &going, &paged), STATUS_OK);
    assert_true(paged.complete);
    assert_int_equal(going.rows, 100); /* of the others nothing is there any more */
    assert_int_equal(store_facts(reader, &facts), STATUS_OK);
    assert_int_equal(facts.rows, 100);
    assert_string_equal(facts.why, "");
    store_close(reader);
    store_close(going.writer);
    free(rows);
}

/* The day that is just being read goes too: it is read to its end. */
static bool on_read(void *owner, const struct row *row)
{
    char path[DAY_PATH_SIZE];
    if (++*(uint64_t *)owner == 1)
        assert_int_equal(unlink(day_path(options.folder, day_of(row->at), path)), 0);
    return true;
}

static void a_day_that_goes_while_it_is_read_is_read(void **state)
{
    const struct store_page page = {.most = 100000, .with_raw = true};
    struct made_row *rows = fill(9000, 1);
    struct store_paged paged;
    uint64_t given = 0;

    struct store *reader = store_opened(&options, false);
    assert_int_equal(store_page(reader, &every, &page, on_read, &given, &paged), STATUS_OK);
    assert_true(paged.complete);
    assert_int_equal(given, 9000);
    given = 1;
    assert_int_equal(store_page(reader, &every, &page, on_read, &given, &paged), STATUS_OK);
    assert_int_equal(given, 1);
    store_close(reader);
    free(rows);
}

static void a_newer_format_is_refused(void **state)
{
    char why[STORE_WHY_SIZE] = "";
    struct made_row *rows = fill(300, 3);
    const uint32_t day = day_of(TEST_BEGIN);
    const struct store_page page = {.most = 1000};
    struct store *store = NULL;
    struct store_paged paged;
    struct store_facts facts;
    uint64_t given = 0;

    change(day + 2, "PRAGMA user_version=2");
    assert_int_equal(store_open(&options, true, why, &store), STATUS_UNSUPPORTED);
    assert_non_null(strstr(why, "stop consoled and delete the folder"));
    change(day + 2, "PRAGMA user_version=1");
    change(day, "PRAGMA user_version=2");
    store = store_opened(&options, true);
    rows[0].row.sequence = rows[299].row.sequence = 1000; /* a row of the first day, and the last */
    assert_int_equal(store_put(store, &rows[0].row), STATUS_UNSUPPORTED);
    assert_int_equal(store_put(store, &rows[299].row), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    assert_int_equal(store_page(store, &every, &page, on_any, &given, &paged), STATUS_OK);
    assert_int_equal(given, 201);
    assert_int_equal(store_facts(store, &facts), STATUS_OK);
    assert_int_equal(facts.rows, 201);
    assert_non_null(strstr(facts.why, "is left out"));
    assert_non_null(strstr(facts.why, "newer format"));
    store_close(store);
    free(rows);
}

/* A block that is damaged in a file that is none the less a database. */
static void a_broken_block_is_said(void **state)
{
    struct made_row *rows = fill(9000, 3);
    const struct store_page page = {.most = 100000};
    struct store_paged paged;
    struct store_facts facts;
    uint64_t given = 0;

    change(day_of(TEST_BEGIN) + 1, "DELETE FROM part WHERE id = (SELECT min(id) FROM part)");
    struct store *reader = store_opened(&options, false);
    assert_int_equal(store_page(reader, &every, &page, on_any, &given, &paged), STATUS_OK);
    assert_int_equal(given, 6000); /* the other days */
    for (int times = 0; times < 2; times++) {
        assert_int_equal(store_facts(reader, &facts), STATUS_OK);
        assert_non_null(strstr(facts.why, "it is broken; stop consoled and delete the folder"));
    }
    store_close(reader);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, new_folder, old_folder)
        IN_FOLDER(old_days_are_forgotten),
        IN_FOLDER(a_day_in_use_is_no_reason_to_take_another),
        IN_FOLDER(a_page_goes_on_while_days_go),
        IN_FOLDER(a_day_that_goes_while_it_is_read_is_read),
        IN_FOLDER(a_newer_format_is_refused),
        IN_FOLDER(a_broken_block_is_said),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
