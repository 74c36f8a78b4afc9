/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * map - chained buckets; each entry is a block of its own.
 */
#include "history/map.h"

#include "base/random.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 15, KEY_MOST = 1024 };

struct entry {
    struct entry *next;
    struct map_key key;
    uint8_t value[] __attribute__((aligned(16)));
};

struct map {
    struct hash_key keys[2];
    size_t count, value_size;
    struct entry *bucket[BUCKETS];
};

struct map *map_new(size_t value_size)
{
    struct map *map = calloc(1, sizeof *map);
    if (map == NULL)
        return NULL;
    random_bytes(map->keys, sizeof map->keys);
    map->value_size = value_size;
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    map_clear(map);
    free(map);
}

struct map_key map_key_of(const struct map *map, struct span first, struct span second)
{
    uint8_t bytes[KEY_MOST];
    size_t length = first.length < KEY_MOST / 2 ? first.length : KEY_MOST / 2;
    size_t more = second.length < KEY_MOST / 2 ? second.length : KEY_MOST / 2;

    if (length > 0)
        memcpy(bytes, first.at, length);
    if (more > 0)
        memcpy(bytes + length, second.at, more);
    return (struct map_key){hash_bytes(&map->keys[0], bytes, length + more),
                            hash_bytes(&map->keys[1], bytes, length + more)};
}

void *map_find(const struct map *map, struct map_key key)
{
    struct entry *entry = map->bucket[key.low % BUCKETS];
    while (entry != NULL && (entry->key.low != key.low || entry->key.high != key.high))
        entry = entry->next;
    return entry == NULL ? NULL : entry->value;
}

void *map_add(struct map *map, struct map_key key)
{
    struct entry **bucket = &map->bucket[key.low % BUCKETS];
    struct entry *entry = calloc(1, sizeof *entry + map->value_size);
    if (entry == NULL)
        return NULL;
    entry->key = key;
    entry->next = *bucket;
    *bucket = entry;
    map->count++;
    return entry->value;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

void map_clear(struct map *map)
{
    for (size_t i = 0; map->count > 0 && i < BUCKETS; i++) {
        while (map->bucket[i] != NULL) {
            struct entry *entry = map->bucket[i];
            map->bucket[i] = entry->next;
            free(entry);
            map->count--;
        }
    }
}
