/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rows - rows made by a number, a folder for them, and what a filter wants of them, told slowly.
 */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include "store/store.h"

enum { MADE_TEXT = 64 };

/* A row with the texts it points to. */
struct made_row {
    struct row row;
    char text[WORD_COUNT + 7][MADE_TEXT];
    char raw[512];
};

/* The row of this source and sequence; `seed` chooses everything else, `span_us` from `begin`. */
void row_make(struct made_row *out, uint32_t source, uint64_t sequence, uint64_t seed,
              clock_us begin, clock_us span_us);
/* Row number `number`: of three sources over three days, the same in every run. */
void row_number(struct made_row *out, uint64_t number);
/* Its texts point into it again, after it was moved. */
void row_settle(struct made_row *made);
/* `count` rows of one source, over `span` in order; the caller frees them. */
struct made_row *rows_make(size_t count, clock_us span);
enum status rows_put(struct store *store, const struct made_row *rows, size_t count);
bool row_is_wanted(const struct row *row, const struct store_filter *filter);
bool row_is_same(const struct row *a, const struct row *b, bool with_raw);
int row_order(const struct row *a, const struct row *b); /* by time, source, sequence */
/* A filter of some conditions that rows of row_make() meet now and then. */
void filter_make(struct store_filter *out, uint64_t seed, clock_us begin, clock_us span_us);
uint64_t random_next(uint64_t *state); /* the same numbers each time */

/* A folder under /tmp; emptied and removed by folder_remove(). */
void folder_make(struct config_store *options);
void folder_remove(const struct config_store *options);
/* Ends the test when it cannot be opened. */
struct store *store_opened(const struct config_store *options, bool writes);

static const clock_us TEST_BEGIN = UINT64_C(1795478400000000); /* 2026-11-24 00:00 */
static const clock_us TEST_DAY = UINT64_C(86400000000);
static const clock_us TEST_SPAN = UINT64_C(3) * 86400000000; /* of row_number() */

#endif
