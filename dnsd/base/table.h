/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - a hash table of at most N entries that forgets the one silent longest when full.
 *
 * Used where strangers decide what is kept: rate limits, questions under way. Keys are fixed-size
 * bytes, hashed with a key of our own. All memory is claimed at birth. Never grows, never fails to
 * insert: the oldest entry makes room, `on_evict` hears of it first, and `evicted` counts it.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/span.h"

struct table;

/* NULL without memory, or when `most` is 0 or does not fit 32 bits. */
struct table *table_new(size_t most, size_t key_size, size_t value_size,
                        void (*on_evict)(void *owner, void *value), void *owner);
void table_free(struct table *table);

/* The value of `key`, which becomes the youngest; NULL when absent. */
void *table_find(struct table *table, const void *key);
/* The value of `key`, made (zeroed, `*is_new` true) when absent. */
void *table_claim(struct table *table, const void *key, bool *is_new);
/* Forgets a value that find or claim gave; on_evict is not called. */
void table_remove(struct table *table, void *value);

/* The value silent longest, or NULL: for owners that expire by time. */
void *table_oldest(const struct table *table);
size_t table_count(const struct table *table);
uint64_t table_evicted(const struct table *table);

#endif
