/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cache - the ring and its index.
 *
 * Positions in the ring only grow; a position modulo the capacity is a place. The index is probed
 * linearly and closed up on removal, so a look-up reads one line of it, nearly always.
 */
#include "serve/cache.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

/* An empty slot has place 0; others hold the place in units of KEPT_ALIGN, plus one. */
struct slot {
    uint32_t tag, place;
};

enum { BYTES_PER_SLOT = 128, PAGE = 4096 };

struct cache {
    struct hash_key key;
    struct slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t entries, entries_most;
    uint8_t *ring;
    uint64_t capacity, head, tail;
    uint64_t evicted;
    uint8_t *memory;
    size_t memory_size;
    uint8_t moving[KEPT_ROOM]; /* an entry on its way from tail to head */
};

struct cache *cache_new(uint64_t bytes)
{
    struct cache *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    random_bytes(&c->key, sizeof c->key);
    if (bytes < CACHE_LEAST + sizeof *c)
        return c;

    uint64_t slots = 64;
    while (slots * 2 <= bytes / BYTES_PER_SLOT && slots < 1u << 31)
        slots *= 2;
    c->memory_size = (size_t)(bytes - sizeof *c) & ~(size_t)(PAGE - 1);
    c->memory = mmap(NULL, c->memory_size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->memory == MAP_FAILED) {
        free(c);
        return NULL;
    }
    (void)madvise(c->memory, c->memory_size, MADV_HUGEPAGE); /* fewer TLB misses where it may be */
    c->slots = (struct slot *)(void *)c->memory;
    c->mask = (uint32_t)(slots - 1);
    c->entries_most = (uint32_t)(slots - slots / 4);
    c->ring = c->memory + slots * sizeof(struct slot);
    c->capacity = c->memory_size - slots * sizeof(struct slot);
    if (c->capacity > (uint64_t)(UINT32_MAX - 1) * KEPT_ALIGN)
        c->capacity = (uint64_t)(UINT32_MAX - 1) * KEPT_ALIGN;
    return c;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->memory != NULL)
        munmap(cache->memory, cache->memory_size);
    free(cache);
}

void cache_key(const struct cache *cache, const struct name *name, uint16_t type, uint16_t class,
               uint8_t variant, struct question_key *out)
{
    uint8_t *at = out->bytes + name->length;
    memcpy(out->bytes, name->wire, name->length);
    store_u16(at, type);
    store_u16(at + 2, class);
    at[4] = variant;
    out->length = (uint16_t)(name->length + 5);
    out->hash = hash_bytes(&cache->key, out->bytes, out->length);
}

static struct kept *kept_at(const struct cache *c, uint64_t position)
{
    return (struct kept *)(void *)(c->ring + position % c->capacity);
}

static struct kept *kept_of(const struct cache *c, struct slot slot)
{
    return (struct kept *)(void *)(c->ring + (uint64_t)(slot.place - 1) * KEPT_ALIGN);
}

static uint32_t place_of(const struct cache *c, const struct kept *kept)
{
    return (uint32_t)((uint64_t)((const uint8_t *)kept - c->ring) / KEPT_ALIGN) + 1;
}

static bool is_answer_to(const struct kept *kept, const struct question_key *key)
{
    return kept->variant == key_variant(key) &&
           kept->question_end == MESSAGE_HEADER + key->length - 1 &&
           memcmp(kept->bytes + MESSAGE_HEADER, key->bytes, key->length - 1u) == 0;
}

struct kept *cache_find(const struct cache *cache, const struct question_key *key)
{
    if (cache->slots == NULL)
        return NULL;
    uint32_t tag = (uint32_t)key->hash;
    for (uint32_t i = tag & cache->mask; cache->slots[i].place != 0; i = (i + 1) & cache->mask) {
        if (cache->slots[i].tag != tag)
            continue;
        struct kept *kept = kept_of(cache, cache->slots[i]);
        if (is_answer_to(kept, key))
            return kept;
    }
    return NULL;
}

static uint32_t slot_of(const struct cache *c, const struct kept *kept)
{
    uint32_t place = place_of(c, kept);
    uint32_t i = kept->tag & c->mask;
    while (c->slots[i].place != place)
        i = (i + 1) & c->mask;
    return i;
}

static void slot_add(struct cache *c, const struct kept *kept)
{
    uint32_t i = kept->tag & c->mask;
    while (c->slots[i].place != 0)
        i = (i + 1) & c->mask;
    c->slots[i] = (struct slot){kept->tag, place_of(c, kept)};
    c->entries++;
}

/* Empties a slot and moves back those behind it that its going lets nearer to their home. */
static void slot_remove(struct cache *c, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & c->mask; c->slots[i].place != 0; i = (i + 1) & c->mask) {
        uint32_t home = c->slots[i].tag & c->mask;
        if (((i - home) & c->mask) < ((i - hole) & c->mask))
            continue;
        c->slots[hole] = c->slots[i];
        hole = i;
    }
    c->slots[hole] = (struct slot){0};
    c->entries--;
}

static void forget(struct cache *c, struct kept *kept)
{
    slot_remove(c, slot_of(c, kept));
    kept->live = false;
}

/* Bytes left unused at the end of the ring when an entry of this size goes to the head. */
static uint64_t padding_for(const struct cache *c, uint32_t size)
{
    uint64_t to_end = c->capacity - c->head % c->capacity;
    return to_end < size ? to_end : 0;
}

static bool has_room(const struct cache *c, uint32_t size)
{
    return c->head + padding_for(c, size) + size - c->tail <= c->capacity;
}

/* Writes at the head; there is room. Only `size` and `live` of a filling are ever looked at, and
 * they lie in its first KEPT_ALIGN bytes. */
static struct kept *append(struct cache *c, const struct kept *made, uint32_t size)
{
    uint64_t padding = padding_for(c, size);
    if (padding > 0) {
        kept_at(c, c->head)->size = (uint32_t)padding;
        kept_at(c, c->head)->live = false;
        c->head += padding;
    }
    struct kept *kept = kept_at(c, c->head);
    memcpy(kept, made, size);
    c->head += size;
    return kept;
}
static_assert(offsetof(struct kept, live) < KEPT_ALIGN, "a filling has no more bytes");

/* Takes the oldest from the tail; gives whether it was moved to the head instead of forgotten. */
static bool make_way(struct cache *c, bool may_rescue)
{
    struct kept *oldest = kept_at(c, c->tail);
    uint32_t size = oldest->size;
    if (!oldest->live) {
        c->tail += size;
        return false;
    }
    bool rescued = may_rescue && oldest->recent;
    if (rescued)
        memcpy(c->moving, oldest, size);
    forget(c, oldest);
    c->tail += size;
    if (!rescued || !has_room(c, size)) {
        c->evicted++;
        return false;
    }
    struct kept *moved = append(c, (const struct kept *)(const void *)c->moving, size);
    moved->recent = false;
    slot_add(c, moved);
    return true;
}

void cache_keep(struct cache *cache, const struct question_key *key, const struct kept *made)
{
    struct kept *before = cache_find(cache, key);
    if (before != NULL)
        forget(cache, before);
    uint32_t size = made->size;
    if (cache->slots == NULL || size > cache->capacity / 8)
        return;
    unsigned rescues = 0;
    while (!has_room(cache, size) || cache->entries >= cache->entries_most)
        if (make_way(cache, rescues < RESCUES_MOST))
            rescues++;
    struct kept *kept = append(cache, made, size);
    kept->tag = (uint32_t)key->hash;
    kept->live = true;
    kept->recent = false;
    slot_add(cache, kept);
}

void cache_flush(struct cache *cache, const struct name *below)
{
    if (cache->slots == NULL)
        return;
    struct kept *kept;
    for (uint64_t at = cache->tail; at < cache->head; at += kept->size) {
        kept = kept_at(cache, at);
        if (!kept->live)
            continue;
        struct name name;
        struct cursor c =
            cursor_over(kept->bytes + MESSAGE_HEADER, kept->question_end - (size_t)MESSAGE_HEADER);
        if (name_read(&c, (struct span){0}, &name) == STATUS_OK && name_is_below(&name, below))
            forget(cache, kept);
    }
}

struct cache_use cache_use(const struct cache *cache)
{
    uint64_t index = cache->slots == NULL ? 0 : (cache->mask + UINT64_C(1)) * sizeof(struct slot);
    return (struct cache_use){
        .entries = cache->entries,
        .evicted = cache->evicted,
        .bytes = sizeof *cache + index + (cache->head - cache->tail),
        .limit = sizeof *cache + cache->memory_size,
    };
}
