/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_counts - counts of several days' roll-ups, added up.
 *
 * Used by store_sqlite. Holds at most COUNTS_MOST different values and times. Never looks at rows.
 */
#ifndef STORE_DAY_COUNTS_H
#define STORE_DAY_COUNTS_H

#include "sqlite/day_read.h"
#include "store/store.h"

enum { COUNTS_MOST = 1 << 18 };

struct day_counts;
struct day_counts *day_counts_new(const struct store_filter *filter, enum word by,
                                  clock_us bucket_us);
void day_counts_free(struct day_counts *counts);
/* Adds the day. STATUS_TOO_LONG: more than can be held. */
MUST_USE enum status day_counts_add(struct day_counts *counts, struct day_reader *reader);
/* Gives them in order. */
void day_counts_give(struct day_counts *counts, store_on_count on_count, void *owner);

#endif
