/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * contract - pages, counts and rows against a slow look at all there are.
 */
#include "contract.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static struct made_row *all; /* in order of their places */
static size_t all_count;

static int by_place(const void *a, const void *b)
{
    const struct made_row *x = a, *y = b;
    return row_order(&x->row, &y->row);
}

void contract_begin(size_t count)
{
    all = calloc(count, sizeof *all);
    assert_non_null(all);
    all_count = count;
    for (size_t i = 0; i < count; i++)
        row_number(&all[i], i);
    qsort(all, count, sizeof *all, by_place);
    for (size_t i = 0; i < count; i++)
        row_settle(&all[i]);
}

void contract_end(void)
{
    free(all);
}

/* Pages. */

struct check {
    const struct store_filter *filter;
    bool oldest_first, with_raw;
    size_t next; /* in `all`, in the direction of the page */
    uint64_t rows;
};

/* The next row that the slow way wants; NULL: none. */
static const struct row *next_wanted(struct check *check)
{
    while (check->next < all_count) {
        const size_t at = check->oldest_first ? check->next : all_count - 1 - check->next;
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

static bool on_one(void *owner, const struct row *row)
{
    (void)on_row(owner, row);
    return false;
}

void contract_page(struct store *store, uint64_t seed)
{
    uint64_t random = seed + 3;
    struct store_filter filter;
    struct store_paged paged = {0};

    filter_make(&filter, seed, TEST_BEGIN, TEST_SPAN);
    struct check check = {.filter = &filter,
                          .oldest_first = random_next(&random) % 2 == 0,
                          .with_raw = random_next(&random) % 4 == 0};
    struct store_page page = {.oldest_first = check.oldest_first,
                              .most = 1 + (uint32_t)(random_next(&random) % 3000),
                              .with_raw = check.with_raw};
    /* Who says enough at the first row, goes on behind it. */
    assert_int_equal(store_page(store, &filter, &page, on_one, &check, &paged), STATUS_OK);
    assert_true(check.rows == 1 || (check.rows == 0 && paged.complete));
    while (!paged.complete) {
        const uint64_t before = check.rows;
        page.after = paged.reached;
        page.has_after = true;
        assert_int_equal(store_page(store, &filter, &page, on_row, &check, &paged), STATUS_OK);
        assert_true(paged.complete || check.rows == before + page.most);
    }
    assert_null(next_wanted(&check));
}

void contract_short_page(struct store *store, uint64_t seed, unsigned *short_ones)
{
    struct store_filter filter;
    struct store_paged paged = {0};
    struct store_page page = {.oldest_first = seed % 2 == 0, .most = 500, .patience_ms = 1};

    filter_make(&filter, seed, TEST_BEGIN, TEST_SPAN);
    struct check check = {.filter = &filter, .oldest_first = seed % 2 == 0};
    while (!paged.complete) {
        const uint64_t before = check.rows;
        const struct store_place last = page.after;
        const enum status status = store_page(store, &filter, &page, on_row, &check, &paged);
        if (status == STATUS_AGAIN) { /* too little even to begin */
            assert_int_equal(check.rows, before);
            page.patience_ms *= 2;
            ++*short_ones;
            continue;
        }
        assert_int_equal(status, STATUS_OK);
        *short_ones += !paged.complete && check.rows - before < page.most;
        assert_true(paged.complete || !page.has_after || /* it came further */
                    last.at != paged.reached.at || last.source != paged.reached.source ||
                    last.sequence != paged.reached.sequence);
        page.after = paged.reached;
        page.has_after = true;
    }
    assert_null(next_wanted(&check));
}

/* Counts. */

struct tally {
    struct store_filter hours; /* of which rows: whole hours, words, stopped */
    enum word by;
    clock_us bucket_us;
    uint64_t rows, latest;
    clock_us at;
    bool is_begun;
};

static uint64_t count_slowly(const struct tally *tally, const struct store_count *count,
                             uint64_t *stopped)
{
    uint64_t rows = 0;

    *stopped = 0;
    for (size_t i = 0; i < all_count; i++) {
        const struct row *row = &all[i].row;
        if (!row_is_wanted(row, &tally->hours))
            continue;
        if (count != NULL && tally->by < WORD_COUNT &&
            !span_equal(row->word[tally->by], span_text(count->word)))
            continue;
        if (count != NULL && tally->bucket_us != 0 &&
            row->at - row->at % tally->bucket_us != count->at)
            continue;
        rows++;
        *stopped += row->stopped;
    }
    return rows;
}

static bool on_count(void *owner, const struct store_count *count)
{
    struct tally *tally = owner;
    uint64_t stopped;

    assert_int_equal(count->rows, count_slowly(tally, count, &stopped));
    assert_int_equal(count->stopped, stopped);
    assert_true(count->rows > 0);
    assert_true(!tally->is_begun || count->at > tally->at ||
                (count->at == tally->at && count->rows <= tally->latest));
    tally->is_begun = true;
    tally->at = count->at;
    tally->latest = count->rows;
    tally->rows += count->rows;
    return true;
}

void contract_counts(struct store *store, uint64_t seed)
{
    static const clock_us hours[] = {0, 1, 6, 24};
    struct store_filter filter;
    uint64_t stopped;

    filter_make(&filter, seed, TEST_BEGIN, TEST_SPAN);
    struct tally tally = {.by = (enum word)(seed % (WORD_COUNT + 1)),
                          .bucket_us = hours[seed % COUNT_OF(hours)] * STORE_HOUR_US};
    tally.hours = (struct store_filter){.from = filter.from - filter.from % STORE_HOUR_US,
                                        .until = (filter.until + STORE_HOUR_US - 1) /
                                                 STORE_HOUR_US * STORE_HOUR_US,
                                        .has_stopped = filter.has_stopped,
                                        .stopped = filter.stopped};
    memcpy(tally.hours.word, filter.word, sizeof filter.word);
    assert_int_equal(store_counts(store, &filter, tally.by, tally.bucket_us, on_count, &tally),
                     STATUS_OK);
    assert_int_equal(tally.rows, count_slowly(&tally, NULL, &stopped));
    assert_int_equal(store_counts(store, &filter, tally.by, 1, on_count, &tally), STATUS_INVALID);
}

/* One row, and all. */

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

void contract_find(struct store *store, uint64_t seed)
{
    uint64_t random = seed;
    const struct row *wanted = &all[random_next(&random) % all_count].row;
    struct only only = {wanted, 0};
    struct store_place place = {wanted->at, wanted->source, wanted->sequence};

    assert_int_equal(store_find(store, &place, on_only, &only), STATUS_OK);
    assert_int_equal(only.rows, 1);
    place.sequence += UINT64_C(1) << 40;
    assert_int_equal(store_find(store, &place, on_only, &only), STATUS_NOT_FOUND);
    place = (struct store_place){wanted->at + 400 * TEST_DAY, wanted->source, wanted->sequence};
    assert_int_equal(store_find(store, &place, on_only, &only), STATUS_NOT_FOUND);
}

void contract_facts(struct store *store)
{
    struct store_facts facts;

    assert_int_equal(store_facts(store, &facts), STATUS_OK);
    assert_string_equal(facts.why, "");
    assert_int_equal(facts.rows, all_count);
    assert_int_equal(facts.first, all[0].row.at);
    assert_int_equal(facts.last, all[all_count - 1].row.at);
    assert_int_equal(facts.waiting, 0);
    assert_true(facts.bytes > 0);
}
