/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather - a buffer that is filled in any order, and the pool that buffers come from.
 */
#include "inspect/gather.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A block is one buffer of GATHER_MOST, or eight pieces; a piece is a gather with its first bytes,
 * or a bit for each byte of GATHER_MOST. */
enum { PIECE = 2048, PIECES = GATHER_MOST / PIECE, WORD = 64, NONE = UINT32_MAX };

struct block {
    uint32_t next, before; /* in the list of free ones, or of those with free pieces */
    uint8_t used;          /* pieces, a bit each; of a buffer 0 */
};

struct gather_pool {
    uint8_t *map;
    size_t mapped;
    struct block *blocks;
    uint8_t *memory; /* GATHER_MOST each */
    uint32_t block_count, fresh, free, partly;
    size_t used;
    struct gather *oldest, *youngest;
};

struct gather {
    struct gather *older, *younger;
    void *owner;
    uint8_t *bytes; /* `room` of them */
    uint8_t *other; /* NULL until copies differ; as large */
    uint64_t *bits; /* NULL without bytes behind a hole: which of them are there */
    uint32_t first;
    uint16_t room;
    uint16_t have;   /* in order */
    uint16_t held;   /* behind the last byte that is there */
    uint16_t sent;   /* behind the last byte that was on the wire, up to GATHER_MOST */
    uint16_t differ; /* the first byte of which copies differed */
    uint16_t end;    /* where FIN stands, up to GATHER_MOST */
    bool has_end;
    uint8_t small[];
};

enum { SMALL = PIECE - offsetof(struct gather, small) };

static_assert(PIECE * 8 == GATHER_MOST, "a piece has a bit for each");
static_assert(GATHER_MOST <= UINT16_MAX, "places are 16 bits");

struct gather_pool *gather_pool_new(size_t budget)
{
    const size_t page = 4096, each = GATHER_MOST + sizeof(struct block);
    size_t count = budget < 2 * page ? 0 : (budget - 2 * page) / each;
    if (count == 0 || count >= NONE)
        return NULL;
    struct gather_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    size_t before = (count * sizeof(struct block) + page - 1) & ~(page - 1);
    pool->mapped = before + count * GATHER_MOST;
    pool->map = mmap(NULL, pool->mapped, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pool->map == MAP_FAILED) {
        free(pool);
        return NULL;
    }
    pool->blocks = (struct block *)(void *)pool->map;
    pool->memory = pool->map + before;
    pool->block_count = (uint32_t)count;
    pool->free = pool->partly = NONE;
    return pool;
}

void gather_pool_free(struct gather_pool *pool)
{
    if (pool == NULL)
        return;
    munmap(pool->map, pool->mapped);
    free(pool);
}

size_t gather_pool_used(const struct gather_pool *pool)
{
    return pool->used;
}

static void list_push(struct gather_pool *pool, uint32_t *list, uint32_t index)
{
    pool->blocks[index].next = *list;
    pool->blocks[index].before = NONE;
    if (*list != NONE)
        pool->blocks[*list].before = index;
    *list = index;
}

static void list_unlink(struct gather_pool *pool, uint32_t *list, uint32_t index)
{
    const struct block *b = &pool->blocks[index];
    if (b->before != NONE)
        pool->blocks[b->before].next = b->next;
    else
        *list = b->next;
    if (b->next != NONE)
        pool->blocks[b->next].before = b->before;
}

static uint32_t block_take(struct gather_pool *pool)
{
    uint32_t index = pool->free;
    if (index != NONE)
        list_unlink(pool, &pool->free, index);
    else if (pool->fresh < pool->block_count)
        index = pool->fresh++;
    return index;
}

static uint8_t *block_at(const struct gather_pool *pool, uint32_t index)
{
    return pool->memory + (size_t)index * GATHER_MOST;
}

static uint32_t block_of(const struct gather_pool *pool, const void *at)
{
    return (uint32_t)((size_t)((const uint8_t *)at - pool->memory) / GATHER_MOST);
}

static uint8_t *buffer_take(struct gather_pool *pool)
{
    uint32_t index = block_take(pool);
    if (index == NONE)
        return NULL;
    pool->used += GATHER_MOST;
    return block_at(pool, index);
}

static void buffer_give(struct gather_pool *pool, const uint8_t *buffer)
{
    list_push(pool, &pool->free, block_of(pool, buffer));
    pool->used -= GATHER_MOST;
}

static void *piece_take(struct gather_pool *pool)
{
    uint32_t index = pool->partly;
    if (index == NONE) {
        index = block_take(pool);
        if (index == NONE)
            return NULL;
        list_push(pool, &pool->partly, index);
    }
    struct block *b = &pool->blocks[index];
    unsigned place = (unsigned)__builtin_ctz(~(unsigned)b->used);
    b->used |= (uint8_t)(1U << place);
    if (b->used == UINT8_MAX)
        list_unlink(pool, &pool->partly, index);
    pool->used += PIECE;
    return block_at(pool, index) + (size_t)place * PIECE;
}

static void piece_give(struct gather_pool *pool, const void *piece)
{
    uint32_t index = block_of(pool, piece);
    struct block *b = &pool->blocks[index];
    size_t place = (size_t)((const uint8_t *)piece - block_at(pool, index)) / PIECE;
    if (b->used == UINT8_MAX)
        list_push(pool, &pool->partly, index);
    b->used &= (uint8_t) ~(1U << place);
    if (b->used == 0) {
        list_unlink(pool, &pool->partly, index);
        list_push(pool, &pool->free, index);
    }
    pool->used -= PIECE;
}

static uint8_t *room_take(struct gather_pool *pool, size_t room)
{
    return room == SMALL ? piece_take(pool) : buffer_take(pool);
}

struct gather *gather_open(struct gather_pool *pool, void *owner, uint32_t first)
{
    struct gather *g = piece_take(pool);
    if (g == NULL)
        return NULL;
    *g = (struct gather){.older = pool->youngest,
                         .owner = owner,
                         .first = first,
                         .room = SMALL,
                         .differ = GATHER_MOST};
    g->bytes = g->small;
    *(g->older != NULL ? &g->older->younger : &pool->oldest) = g;
    pool->youngest = g;
    return g;
}

void *gather_oldest(const struct gather_pool *pool)
{
    return pool->oldest != NULL ? pool->oldest->owner : NULL;
}

static void other_give(struct gather_pool *pool, struct gather *g)
{
    if (g->other != NULL && g->room == SMALL)
        piece_give(pool, g->other);
    else if (g->other != NULL)
        buffer_give(pool, g->other);
}

void gather_close(struct gather_pool *pool, struct gather *gather)
{
    if (gather == NULL)
        return;
    *(gather->older != NULL ? &gather->older->younger : &pool->oldest) = gather->younger;
    *(gather->younger != NULL ? &gather->younger->older : &pool->youngest) = gather->older;
    other_give(pool, gather);
    if (gather->bits != NULL)
        piece_give(pool, gather->bits);
    if (gather->room != SMALL)
        buffer_give(pool, gather->bytes);
    piece_give(pool, gather);
}

static bool grow(struct gather_pool *pool, struct gather *g)
{
    uint8_t *bytes = buffer_take(pool);
    if (bytes == NULL)
        return false;
    if (g->other != NULL) {
        uint8_t *other = buffer_take(pool);
        if (other == NULL) {
            buffer_give(pool, bytes);
            return false;
        }
        memcpy(other, g->other, g->held);
        piece_give(pool, g->other);
        g->other = other;
    }
    memcpy(bytes, g->bytes, g->held);
    g->bytes = bytes;
    g->room = GATHER_MOST;
    return true;
}

/* The copies have begun to differ: from now on there are two of everything. */
static bool diverge(struct gather_pool *pool, struct gather *g)
{
    g->other = room_take(pool, g->room);
    if (g->other == NULL)
        return false;
    memcpy(g->other, g->bytes, g->held);
    return true;
}

/* Where the run of bits like the one at `at` ends, at most at `to`. */
static size_t run_end(const uint64_t *bits, size_t at, size_t to, bool is)
{
    while (at < to) {
        uint64_t word = bits[at / WORD];
        uint64_t unlike = (is ? ~word : word) >> at % WORD;
        if (unlike != 0) {
            at += (size_t)__builtin_ctzll(unlike);
            break;
        }
        at += WORD - at % WORD;
    }
    return at < to ? at : to;
}

static void set_bits(uint64_t *bits, size_t at, size_t to)
{
    while (at < to) {
        size_t in = at % WORD, count = WORD - in < to - at ? WORD - in : to - at;
        bits[at / WORD] |= (UINT64_MAX >> (WORD - count)) << in;
        at += count;
    }
}

/* Whether the byte at `at` is there, and how far it is the same for those behind it. */
static bool is_there(const struct gather *g, size_t at, size_t to, size_t *until)
{
    if (at < g->have) {
        *until = g->have < to ? g->have : to;
        return true;
    }
    *until = to;
    if (g->bits == NULL)
        return false;
    bool is = g->bits[at / WORD] >> at % WORD & 1;
    *until = run_end(g->bits, at, to, is);
    return is;
}

/* A byte that is there is left in `bytes` and replaced in `other`. */
static bool merge(struct gather_pool *pool, struct gather *g, size_t at, size_t to,
                  const uint8_t *from, bool *changed)
{
    size_t until;
    for (; at < to; from += until - at, at = until) {
        bool there = is_there(g, at, to, &until);
        size_t length = until - at;
        if (!there) {
            memcpy(g->bytes + at, from, length);
            if (g->other != NULL)
                memcpy(g->other + at, from, length);
            continue;
        }
        if (memcmp((g->other != NULL ? g->other : g->bytes) + at, from, length) == 0)
            continue;
        if (g->other == NULL && !diverge(pool, g))
            return false;
        size_t same = 0;
        while (g->other[at + same] == from[same])
            same++;
        if (at + same < g->differ)
            g->differ = (uint16_t)(at + same);
        *changed |= at < g->have;
        memcpy(g->other + at, from, length);
    }
    return true;
}

/* Bytes at..to are there now; whether there is more in order than before. */
static bool note(struct gather_pool *pool, struct gather *g, size_t at, size_t to)
{
    size_t had = g->have;
    if (to > g->held)
        g->held = (uint16_t)to;
    if (g->bits != NULL)
        set_bits(g->bits, at, to);
    if (at <= g->have && to > g->have)
        g->have = (uint16_t)(g->bits == NULL ? to : run_end(g->bits, to - 1, g->held, true));
    if (g->bits != NULL && g->have == g->held) {
        piece_give(pool, g->bits);
        g->bits = NULL;
    }
    return g->have > had;
}

static bool make_room(struct gather_pool *pool, struct gather *g, size_t at, size_t to)
{
    if (to > g->room && !grow(pool, g))
        return false;
    if (at <= g->have || g->bits != NULL)
        return true;
    g->bits = piece_take(pool);
    if (g->bits == NULL)
        return false;
    memset(g->bits, 0, PIECE);
    return true;
}

static size_t clamp(int64_t place)
{
    return place < 0 ? 0 : place > GATHER_MOST ? GATHER_MOST : (size_t)place;
}

/* Bytes of the wire up to `to`, whether the capture kept them or not. */
static void mark(struct gather *g, int64_t to, bool has_bytes, bool ends)
{
    if (has_bytes && clamp(to) > g->sent)
        g->sent = (uint16_t)clamp(to);
    if (!ends || to < 0)
        return;
    g->has_end = true;
    if (clamp(to) > g->end)
        g->end = (uint16_t)clamp(to);
}

enum gathered gather_put(struct gather_pool *pool, struct gather *gather, uint32_t sequence,
                         struct span bytes, size_t sent, bool ends)
{
    int64_t begin = (int32_t)(sequence - gather->first);
    if (sent < bytes.length)
        sent = bytes.length;
    if (sent > INT32_MAX)
        sent = INT32_MAX;
    size_t at = clamp(begin), to = clamp(begin + (int64_t)bytes.length);
    bool changed = false, more = false;
    if (at < to) {
        const uint8_t *from = bytes.at + ((int64_t)at - begin);
        if (!make_room(pool, gather, at, to) || !merge(pool, gather, at, to, from, &changed))
            return GATHERED_FULL;
        more = note(pool, gather, at, to);
    }
    mark(gather, begin + (int64_t)sent, sent > 0, ends);
    return more || changed ? GATHERED_MORE : GATHERED_NOTHING;
}

struct span gather_bytes(const struct gather *gather)
{
    return span_of(gather->bytes, gather->have);
}

struct span gather_other(const struct gather *gather)
{
    return span_of(gather->other, gather->differ < gather->have ? gather->have : 0);
}

bool gather_is_complete(const struct gather *gather)
{
    return gather->have == GATHER_MOST || (gather->has_end && gather->have >= gather->end);
}

bool gather_has_hole(const struct gather *gather)
{
    return gather->sent > gather->have;
}
