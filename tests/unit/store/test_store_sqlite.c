/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_store_sqlite - every page against a slow look at all rows, and what stays after what
 * happens.
 */
#include "rows.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 6000, SOURCES = 3, PAGES = 400 };

static struct made_row *all; /* in order of their places */
static struct config_store options;

static int by_place(const void *a, const void *b)
{
    const struct made_row *x = a, *y = b;
    return row_order(&x->row, &y->row);
}

/* made_row is moved when it is sorted; its texts go along. */
static void settle(struct made_row *made)
{
    struct row *row = &made->row;
    for (size_t i = 0; i < WORD_COUNT; i++)
        row->word[i].at = (const uint8_t *)made->text[i];
    struct span *const rest[] = {&row->name,        &row->reason, &row->authority, &row->ticket,
                                 &row->rule_source, &row->mac,    &row->interface};
    for (size_t i = 0; i < COUNT_OF(rest); i++)
        rest[i]->at = (const uint8_t *)made->text[WORD_COUNT + i];
    row->raw.at = (const uint8_t *)made->raw;
}

static struct store *open_for(bool writes)
{
    char why[STORE_WHY_SIZE];
    struct store *store = NULL;
    const enum status status = store_open(&options, writes, why, &store);
    if (status != STATUS_OK)
        print_message("%s\n", why);
    assert_int_equal(status, STATUS_OK);
    return store;
}

/* Rows of three sources over three days, in commits of every size. */
static int fill(void **state)
{
    uint64_t random = 5;
    uint64_t sequence[SOURCES] = {0};

    folder_make(&options);
    all = calloc(ROWS, sizeof *all);
    struct store *store = open_for(true);
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t source = (uint32_t)(random_next(&random) % SOURCES);
        row_make(&all[i], source + 1, ++sequence[source], 17, TEST_BEGIN, 3 * TEST_DAY);
        settle(&all[i]);
        assert_int_equal(store_put(store, &all[i].row), STATUS_OK);
        if (random_next(&random) % (i < ROWS / 2 ? 40 : 4000) == 0)
            assert_int_equal(store_commit(store), STATUS_OK);
    }
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    qsort(all, ROWS, sizeof *all, by_place);
    for (size_t i = 0; i < ROWS; i++)
        settle(&all[i]);
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
    struct store *store = open_for(false);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_page_is_as_wanted, fill, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
