/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filter - what a query string asks for, read in one place for all routes.
 *
 * Used by web's routes that show rows, counts and incidents. A value that is wrong is a sentence
 * that names the parameter and what it may be; a parameter that is empty is not there; one that
 * nobody knows is left out. Never knows a store or a request.
 */
#ifndef VIEW_FILTER_H
#define VIEW_FILTER_H

#include "store/store.h"

enum { QUERY_PAIRS_MOST = 40, QUERY_SIZE = 8192, FILTER_WHY_SIZE = 320 };

/* A query string, decoded. */
struct query {
    struct {
        const char *key, *value;
    } pairs[QUERY_PAIRS_MOST];
    uint32_t count;
    char text[QUERY_SIZE];
};

/* False: it is not sound, too long, or says something twice; `why` tells. */
bool query_read(struct span text, struct query *out, char why[FILTER_WHY_SIZE]);
/* NULL: not there, or empty. */
const char *query_value(const struct query *query, const char *key);

/* Digits and nothing else. */
bool number_read(const char *text, uint64_t *out);

/* All of these: false, and `why`, when the value may not be. Without a value, the fallback. */
bool filter_number(const struct query *query, const char *key, uint64_t least, uint64_t most,
                   uint64_t fallback, uint64_t *out, char why[FILTER_WHY_SIZE]);
/* "2026-11-24T03:00:00.5Z", "2026-11-24", "now", or "-24h": s, m, h, d, w before now. */
bool filter_time(const struct query *query, const char *key, clock_us now, clock_us fallback,
                 clock_us *out, char why[FILTER_WHY_SIZE]);
/* One of `words`, which end with NULL: its index. */
bool filter_word(const struct query *query, const char *key, const char *const *words, int fallback,
                 int *out, char why[FILTER_WHY_SIZE]);

/* All that a store_filter can say. `from` without a value: `from`. Texts are the query's. */
bool filter_read(const struct query *query, clock_us now, clock_us from, struct store_filter *out,
                 char why[FILTER_WHY_SIZE]);

/* "AT.SOURCE.SEQUENCE", of the parameter `after`. `*has`: it was there. */
bool filter_place(const struct query *query, bool *has, struct store_place *out,
                  char why[FILTER_WHY_SIZE]);

#endif
