/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clickhouse_where - a filter as a condition of ClickHouse's SQL.
 *
 * Used by store_clickhouse alone. Every value is a number or goes through quote(). Never asks.
 */
#ifndef STORE_CLICKHOUSE_WHERE_H
#define STORE_CLICKHOUSE_WHERE_H

#include "clickhouse/server.h"
#include "store/store.h"

/* from <= at < until, as a condition on `date`, which chooses partitions, and on `at`; until 0: no
 * end. */
void where_time(struct writer *w, clock_us from, clock_us until);
/* " AND …" for words and `stopped`. */
void where_words(struct writer *w, const struct store_filter *filter);
/* The same for all else but the time. */
void where_rest(struct writer *w, const struct store_filter *filter);
/* Only rows behind this place. */
void where_after(struct writer *w, const struct store_place *place, bool oldest_first);

#endif
