/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * arena - memory that is emptied as a whole.
 *
 * Used where many small things share one life: a query, a compile run. One block claimed at birth;
 * when it is full arena_take() gives NULL and the caller says so. Never frees a piece, never grows.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"
#include "base/status.h"

struct arena {
    uint8_t *bytes;
    size_t size, used;
};

/* Reserves address space for `most` bytes; pages become memory when first written. */
MUST_USE enum status arena_open(struct arena *arena, size_t most);
void arena_close(struct arena *arena);

/* `length` bytes, aligned for anything, not cleared; NULL when the arena is full. */
void *arena_take(struct arena *arena, size_t length);

/* A copy in the arena, with a zero byte behind it (not counted); NULL when full. */
void *arena_copy(struct arena *arena, const void *bytes, size_t length);

static inline void arena_reset(struct arena *arena)
{
    arena->used = 0;
}

#endif
