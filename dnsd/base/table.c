/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - chained buckets over one slab of entries, and a list from youngest to oldest.
 */
#include "base/table.h"

#include "base/hash.h"
#include "base/random.h"

#include <stdlib.h>

enum { NONE = UINT32_MAX };

struct entry {
    uint32_t chain;          /* next in the bucket, or next free */
    uint32_t younger, older; /* the list by last use */
    uint32_t bucket;
    uint8_t bytes[] __attribute__((aligned(8))); /* key, padded to 8, then value */
};

struct table {
    struct hash_key key;
    size_t most, count, key_size, key_room, value_size, stride;
    uint64_t evicted;
    uint32_t mask, free, youngest, oldest;
    uint32_t *buckets;
    uint8_t *slab;
    void (*on_evict)(void *owner, void *value);
    void *owner;
};

static struct entry *entry_at(const struct table *t, uint32_t index)
{
    return (struct entry *)(void *)(t->slab + index * t->stride);
}

static void *entry_value(const struct table *t, struct entry *e)
{
    return e->bytes + t->key_room;
}

static uint32_t index_of_value(const struct table *t, const void *value)
{
    const uint8_t *entry = (const uint8_t *)value - t->key_room - sizeof(struct entry);
    return (uint32_t)((size_t)(entry - t->slab) / t->stride);
}

struct table *table_new(size_t most, size_t key_size, size_t value_size,
                        void (*on_evict)(void *owner, void *value), void *owner)
{
    if (most == 0 || most >= NONE)
        return NULL;
    size_t buckets = 16;
    while (buckets < most)
        buckets *= 2;
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->most = most;
    t->key_size = key_size;
    t->key_room = (key_size + 7) & ~(size_t)7;
    t->value_size = value_size;
    t->stride = (sizeof(struct entry) + t->key_room + value_size + 7) & ~(size_t)7;
    t->mask = (uint32_t)buckets - 1;
    t->buckets = malloc(buckets * sizeof *t->buckets);
    t->slab = calloc(most, t->stride);
    t->on_evict = on_evict;
    t->owner = owner;
    t->youngest = t->oldest = NONE;
    random_bytes(&t->key, sizeof t->key);
    if (t->buckets == NULL || t->slab == NULL) {
        table_free(t);
        return NULL;
    }
    memset(t->buckets, 0xff, buckets * sizeof *t->buckets);
    for (uint32_t i = 0; i < most; i++)
        entry_at(t, i)->chain = i + 1 < most ? i + 1 : NONE;
    t->free = 0;
    return t;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    free(table->buckets);
    free(table->slab);
    free(table);
}

static void list_unlink(struct table *t, struct entry *e)
{
    if (e->younger != NONE)
        entry_at(t, e->younger)->older = e->older;
    else
        t->youngest = e->older;
    if (e->older != NONE)
        entry_at(t, e->older)->younger = e->younger;
    else
        t->oldest = e->younger;
}

static void list_push(struct table *t, uint32_t index)
{
    struct entry *e = entry_at(t, index);
    e->younger = NONE;
    e->older = t->youngest;
    if (t->youngest != NONE)
        entry_at(t, t->youngest)->younger = index;
    else
        t->oldest = index;
    t->youngest = index;
}

static uint32_t bucket_of(const struct table *t, const void *key)
{
    return (uint32_t)hash_bytes(&t->key, key, t->key_size) & t->mask;
}

static uint32_t find(const struct table *t, uint32_t bucket, const void *key)
{
    uint32_t index = t->buckets[bucket];
    while (index != NONE && memcmp(entry_at(t, index)->bytes, key, t->key_size) != 0)
        index = entry_at(t, index)->chain;
    return index;
}

static void *touch(struct table *t, uint32_t index)
{
    struct entry *e = entry_at(t, index);
    if (t->youngest != index) {
        list_unlink(t, e);
        list_push(t, index);
    }
    return entry_value(t, e);
}

void *table_find(struct table *table, const void *key)
{
    uint32_t index = find(table, bucket_of(table, key), key);
    return index == NONE ? NULL : touch(table, index);
}

void *table_claim(struct table *table, const void *key, bool *is_new)
{
    uint32_t bucket = bucket_of(table, key);
    uint32_t index = find(table, bucket, key);
    *is_new = index == NONE;
    if (index != NONE)
        return touch(table, index);
    if (table->free == NONE) {
        void *oldest = table_oldest(table);
        if (table->on_evict != NULL)
            table->on_evict(table->owner, oldest);
        table_remove(table, oldest);
        table->evicted++;
    }
    index = table->free;
    struct entry *e = entry_at(table, index);
    table->free = e->chain;
    e->bucket = bucket;
    e->chain = table->buckets[bucket];
    table->buckets[bucket] = index;
    memcpy(e->bytes, key, table->key_size);
    memset(entry_value(table, e), 0, table->value_size);
    list_push(table, index);
    table->count++;
    return entry_value(table, e);
}

void table_remove(struct table *table, void *value)
{
    uint32_t index = index_of_value(table, value);
    struct entry *e = entry_at(table, index);
    uint32_t *link = &table->buckets[e->bucket];
    while (*link != index)
        link = &entry_at(table, *link)->chain;
    *link = e->chain;
    list_unlink(table, e);
    e->chain = table->free;
    table->free = index;
    table->count--;
}

void *table_oldest(const struct table *table)
{
    return table->oldest == NONE ? NULL : entry_value(table, entry_at(table, table->oldest));
}

size_t table_count(const struct table *table)
{
    return table->count;
}

uint64_t table_evicted(const struct table *table)
{
    return table->evicted;
}
