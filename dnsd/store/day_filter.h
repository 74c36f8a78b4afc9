/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_filter - a filter in the numbers of one day's file, and the rows of a block that it leaves.
 *
 * Used by day_search. Names and prefixes become sets of words; where a name has very many below it,
 * words are looked at as they come.
 */
#ifndef STORE_DAY_FILTER_H
#define STORE_DAY_FILTER_H

#include "sqlite/day_read.h"
#include "store/store.h"

struct day_filter;

/* STATUS_NOT_FOUND: no row of the day can match. Times are not looked at. */
MUST_USE enum status day_filter_new(struct day_reader *reader, const struct store_filter *filter,
                                    struct day_filter **out);
void day_filter_free(struct day_filter *filter);

/* The rows of a block that match, in their order: `rows` has place for BLOCK_ROWS. */
MUST_USE enum status day_filter_block(struct day_filter *filter, const struct day_block *block,
                                      uint16_t *rows, uint32_t *count);

#endif
