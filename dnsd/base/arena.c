/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * arena - one mapping and a number.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <sys/mman.h>

enum status arena_open(struct arena *arena, size_t most)
{
    void *bytes = mmap(NULL, most, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        return STATUS_NO_MEMORY;
    *arena = (struct arena){bytes, most, 0};
    return STATUS_OK;
}

void arena_close(struct arena *arena)
{
    if (arena->bytes != NULL)
        munmap(arena->bytes, arena->size);
    *arena = (struct arena){0};
}

void *arena_take(struct arena *arena, size_t length)
{
    size_t start = (arena->used + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (start > arena->size || arena->size - start < length)
        return NULL;
    arena->used = start + length;
    return arena->bytes + start;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
    uint8_t *copy = length < SIZE_MAX ? arena_take(arena, length + 1) : NULL;
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = 0;
    return copy;
}
