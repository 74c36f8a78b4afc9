/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * map - values by a hash of what they are about, until all are forgotten at once.
 *
 * Used by fold. Grows with what is kept and never moves a value; whoever owns it empties it before
 * it is too large. Two things meet only when 128 bits of a keyed hash do.
 */
#ifndef HISTORY_MAP_H
#define HISTORY_MAP_H

#include "base/hash.h"

struct map_key {
    uint64_t low, high;
};

struct map;

struct map *map_new(size_t value_size);
void map_free(struct map *map);

/* Of bytes in two pieces. */
struct map_key map_key_of(const struct map *map, struct span first, struct span second);
void *map_find(const struct map *map, struct map_key key);
/* A value for a key that is not there, zeroed; NULL: out of memory. */
void *map_add(struct map *map, struct map_key key);
size_t map_count(const struct map *map);
void map_clear(struct map *map);

#endif
