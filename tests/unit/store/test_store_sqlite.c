/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_store_sqlite - every page and count against a slow look at all rows.
 */
#include "rows.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

enum { ROWS = 6000, SOURCES = 3, PAGES = 400 };

static struct made_row *all; /* in order of their places */
static struct config_store options;

static int by_place(const void *a, const void *b)
{
    const struct made_row *x = a, *y = b;
    return row_order(&x->row, &y->row);
}

/* Rows of three sources over three days, in commits of every size. */
static int fill(void **state)
{
    uint64_t random = 5;
    uint64_t sequence[SOURCES] = {0};

    folder_make(&options);
    all = calloc(ROWS, sizeof *all);
    struct store *store = store_opened(&options, true);
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t source = (uint32_t)(random_next(&random) % SOURCES);
        row_make(&all[i], source + 1, ++sequence[source], 17, TEST_BEGIN, 3 * TEST_DAY);
        row_settle(&all[i]);
        assert_int_equal(store_put(store, &all[i].row), STATUS_OK);
        if (random_next(&random) % (i < ROWS / 2 ? 40 : 4000) == 0)
            assert_int_equal(store_commit(store), STATUS_OK);
    }
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    qsort(all, ROWS, sizeof *all, by_place);
    for (size_t i = 0; i < ROWS; i++)
        row_settle(&all[i]);
    return 0;
}

static int empty(void **state)
{
    free(all);
    folder_remove(&options);
    return 0;
}

struct check {
    const struct store_filter *filter;
    bool oldest_first, with_raw;
    size_t next; /* in `all`, in the direction of the page */
    uint64_t rows;
};

/* The next row that the slow way wants; NULL: none. */
static const struct row *next_wanted(struct check *check)
{
    while (check->next < ROWS) {
        const size_t at = check->oldest_first ? check->next : ROWS - 1 - check->next;
        check->next++;
        if (row_is_wanted(&all[at].row, check->filter))
            return &all[at].row;
    }
    return NULL;
}

static bool on_row(void *owner, const struct row *row)
{
    struct check *check = owner;
    const struct row *wanted = next_wanted(check);
    assert_non_null(wanted);
    assert_true(row_is_same(wanted, row, check->with_raw));
    check->rows++;
    return true;
}

static void every_page_is_as_wanted(void **state)
{
    struct store *store = store_opened(&options, false);
    uint64_t random = 3;

    for (uint64_t seed = 0; seed < PAGES; seed++) {
        struct store_filter filter;
        struct store_paged paged = {0};
        filter_make(&filter, seed, TEST_BEGIN, 3 * TEST_DAY);
        struct check check = {.filter = &filter,
                              .oldest_first = random_next(&random) % 2 == 0,
                              .with_raw = random_next(&random) % 4 == 0};
        struct store_page page = {.oldest_first = check.oldest_first,
                                  .most = 1 + (uint32_t)(random_next(&random) % 700),
                                  .with_raw = check.with_raw};
        while (!paged.complete) {
            const uint64_t before = check.rows;
            assert_int_equal(store_page(store, &filter, &page, on_row, &check, &paged), STATUS_OK);
            assert_true(paged.complete || check.rows == before + page.most);
            page.after = paged.reached;
            page.has_after = true;
        }
        assert_null(next_wanted(&check));
    }
    store_close(store);
}

struct tally {
    const struct store_filter *filter;
    enum word by;
    clock_us bucket, at;
    uint64_t rows, latest;
};

static bool on_tally(void *owner, const struct store_count *count)
{
    struct tally *tally = owner;
    uint64_t rows = 0, stopped = 0;

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &all[i].row;
        if (!row_is_wanted(row, tally->filter) ||
            (tally->by < WORD_COUNT && !span_equal(row->word[tally->by], span_text(count->word))))
            continue;
        if (tally->bucket != 0 && row->at - row->at % tally->bucket != count->at)
            continue;
        rows++;
        stopped += row->stopped;
    }
    assert_int_equal(count->rows, rows);
    assert_int_equal(count->stopped, stopped);
    assert_true(count->at > tally->at || tally->rows == 0 ||
                (count->at == tally->at && count->rows <= tally->latest));
    tally->at = count->at;
    tally->latest = count->rows;
    tally->rows += rows;
    return true;
}

static void counts_are_as_counted(void **state)
{
    struct store *store = store_opened(&options, false);
    static const clock_us buckets[] = {0, UINT64_C(3600000000), UINT64_C(86400000000)};

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct store_filter made, filter = {0};
        filter_make(&made, seed, TEST_BEGIN, 3 * TEST_DAY);
        memcpy(filter.word, made.word, sizeof filter.word);
        filter.has_stopped = made.has_stopped;
        filter.stopped = made.stopped;
        filter.from = made.from - made.from % STORE_HOUR_US;
        filter.until = made.until - made.until % STORE_HOUR_US;
        struct tally tally = {
            &filter, (enum word)(seed % (WORD_COUNT + 1)), buckets[seed % 3], 0, 0, 0};
        assert_int_equal(store_counts(store, &filter, tally.by, tally.bucket, on_tally, &tally),
                         STATUS_OK);
        uint64_t wanted = 0;
        for (size_t i = 0; i < ROWS; i++)
            wanted += row_is_wanted(&all[i].row, &filter);
        assert_int_equal(tally.rows, wanted);
    }
    store_close(store);
}

struct only {
    const struct row *wanted;
    unsigned rows;
};

static bool on_only(void *owner, const struct row *row)
{
    struct only *only = owner;
    assert_true(row_is_same(only->wanted, row, true));
    only->rows++;
    return true;
}

static void each_row_is_found_by_its_place(void **state)
{
    struct store *store = store_opened(&options, false);
    for (size_t i = 0; i < ROWS; i += 37) {
        struct only only = {&all[i].row, 0};
        struct store_place place = {all[i].row.at, all[i].row.source, all[i].row.sequence};
        assert_int_equal(store_find(store, &place, on_only, &only), STATUS_OK);
        assert_int_equal(only.rows, 1);
        place.sequence += 100000;
        assert_int_equal(store_find(store, &place, on_only, &only), STATUS_NOT_FOUND);
    }
    struct store_facts facts;
    assert_int_equal(store_facts(store, &facts), STATUS_OK);
    assert_int_equal(facts.rows, ROWS);
    assert_int_equal(facts.first, all[0].row.at);
    assert_int_equal(facts.last, all[ROWS - 1].row.at);
    assert_true(facts.bytes > 0);
    store_close(store);
}

/* A millisecond is not enough for 6000 rows; each answer goes on where the last one stopped. */
static void short_of_patience_nothing_is_left_out(void **state)
{
    struct store *store = store_opened(&options, false);
    unsigned short_ones = 0;

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct store_filter filter;
        struct store_paged paged = {0};
        filter_make(&filter, seed, TEST_BEGIN, 3 * TEST_DAY);
        struct check check = {.filter = &filter, .oldest_first = seed % 2 == 0};
        struct store_page page = {.oldest_first = seed % 2 == 0, .most = 500, .patience_ms = 1};
        while (!paged.complete) {
            const uint64_t before = check.rows;
            assert_int_equal(store_page(store, &filter, &page, on_row, &check, &paged), STATUS_OK);
            short_ones += !paged.complete && check.rows - before < page.most;
            page.after = paged.reached;
            page.has_after = true;
        }
        assert_null(next_wanted(&check));
    }
    assert_true(short_ones > 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_as_wanted),
        cmocka_unit_test(counts_are_as_counted),
        cmocka_unit_test(each_row_is_found_by_its_place),
        cmocka_unit_test(short_of_patience_nothing_is_left_out),
    };
    return cmocka_run_group_tests(tests, fill, empty);
}
