/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather - the first bytes of one direction of a TCP stream, in order, whatever the segmentation.
 *
 * Used by watch.c. Keeps at most GATHER_MOST bytes a direction. Of bytes that came twice the first
 * copy wins, as in every receiver for bytes in order; behind a hole receivers disagree (Linux lets
 * a segment replace those it covers). So where a later copy differs, a second version in which the
 * later copy wins is kept as well, so that a recogniser can be asked about both: gather_other().
 * Memory comes from a pool with a hard limit: small at first, GATHER_MOST when needed. Never waits,
 * never reads what the bytes mean.
 */
#ifndef INSPECT_GATHER_H
#define INSPECT_GATHER_H

#include "base/span.h"

enum { GATHER_MOST = 16384 };

struct gather_pool;
struct gather;

/* All memory, at most `budget` bytes, is reserved here and becomes real when used. NULL without. */
struct gather_pool *gather_pool_new(size_t budget);
void gather_pool_free(struct gather_pool *pool);
size_t gather_pool_used(const struct gather_pool *pool); /* bytes handed out now */

/* A direction of `owner` whose first byte has this sequence number; NULL when the pool is full. */
struct gather *gather_open(struct gather_pool *pool, void *owner, uint32_t first);
void gather_close(struct gather_pool *pool, struct gather *gather);
/* The owner of what was opened longest ago, or NULL: who makes room when the pool is full. */
void *gather_oldest(const struct gather_pool *pool);

enum gathered {
    GATHERED_NOTHING, /* nothing new in order: a repetition, a later part, or outside the window */
    GATHERED_MORE,    /* gather_bytes() has grown, or gather_other() has changed */
    GATHERED_FULL,    /* the pool had no room; nothing was changed, and it may be tried again */
};

/* Bytes of a segment at its sequence number (RFC 9293 3.4, arithmetic modulo 2^32). `sent` is how
 * many there were on the wire; those that the capture cut leave a hole. `ends`: FIN, nothing comes
 * behind them. */
enum gathered gather_put(struct gather_pool *pool, struct gather *gather, uint32_t sequence,
                         struct span bytes, size_t sent, bool ends);

/* From the beginning as far as there is no hole. Valid until the next call. */
struct span gather_bytes(const struct gather *gather);
/* The same with later copies winning, where copies differed; otherwise empty. */
struct span gather_other(const struct gather *gather);
/* No more can come: GATHER_MOST bytes, or everything up to the end. */
bool gather_is_complete(const struct gather *gather);
/* Whether bytes were seen behind a hole. */
bool gather_has_hole(const struct gather *gather);

#endif
