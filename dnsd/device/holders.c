/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * holders - a hash table of addresses, a sorted list for each, and a heap of ends.
 */
#include "device/holders.h"
#include "base/hash.h"
#include "base/random.h"

#include <stdlib.h>

enum { BUCKETS_LEAST = 1024, BUCKETS_MOST = 1 << 22, LIST_LEAST = 2 };

/* All that held one address, in order of `from`. */
struct holder {
    struct address address;
    struct holder *next; /* of the same bucket */
    uint32_t count, room;
    struct held *list[];
};

struct holders {
    struct hash_key key;
    size_t most, count, bucket_count;
    uint64_t dropped;
    struct holder **buckets;
    struct held **heap; /* what ended first on top */
    size_t heap_room;
};

struct holders *holders_new(size_t most)
{
    struct holders *holders = calloc(1, sizeof *holders);
    if (holders == NULL)
        return NULL;
    holders->most = most > 0 && most < UINT32_MAX ? most : UINT32_MAX - 1;
    holders->bucket_count = BUCKETS_LEAST;
    while (holders->bucket_count / 2 < most && holders->bucket_count < BUCKETS_MOST)
        holders->bucket_count *= 2;
    holders->buckets = calloc(holders->bucket_count, sizeof(struct holder *));
    if (holders->buckets == NULL) {
        free(holders);
        return NULL;
    }
    random_bytes(&holders->key, sizeof holders->key);
    return holders;
}

void holders_free(struct holders *holders)
{
    if (holders == NULL)
        return;
    for (size_t i = 0; i < holders->bucket_count; i++)
        while (holders->buckets[i] != NULL) {
            struct holder *gone = holders->buckets[i];
            holders->buckets[i] = gone->next;
            for (uint32_t j = 0; j < gone->count; j++)
                free(gone->list[j]);
            free(gone);
        }
    free(holders->buckets);
    free(holders->heap);
    free(holders);
}

size_t holders_count(const struct holders *holders)
{
    return holders->count;
}

uint64_t holders_dropped(const struct holders *holders)
{
    return holders->dropped;
}

static struct lease lease_of(const struct held *held)
{
    struct lease lease = {.address = held->address,
                          .has_mac = held->has_mac,
                          .from = held->from,
                          .until = held->until == HELD_WITHOUT_END ? 0 : held->until,
                          .known = held->known,
                          .is_kept = true,
                          .is_none = held->is_end};
    memcpy(lease.mac, held->mac, MAC_SIZE);
    memcpy(lease.host, held->host, strlen(held->host));
    return lease;
}

void holders_each(const struct holders *holders, void (*on)(void *owner, const struct lease *lease),
                  void *owner)
{
    for (size_t i = 0; i < holders->bucket_count; i++)
        for (const struct holder *holder = holders->buckets[i]; holder != NULL;
             holder = holder->next)
            for (uint32_t j = 0; j < holder->count; j++) {
                const struct lease lease = lease_of(holder->list[j]);
                on(owner, &lease);
            }
}

/* The heap. */

static bool ended_before(const struct held *a, const struct held *b)
{
    return a->until != b->until ? a->until < b->until : a->from < b->from;
}

static void heap_put(struct holders *holders, size_t at, struct held *held)
{
    holders->heap[at] = held;
    held->heap_at = (uint32_t)at;
}

/* Moves an element to where it belongs. */
static void heap_settle(struct holders *holders, struct held *held)
{
    size_t at = held->heap_at;
    while (at > 0 && ended_before(held, holders->heap[(at - 1) / 2])) {
        heap_put(holders, at, holders->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < holders->count &&
            ended_before(holders->heap[child + 1], holders->heap[child]))
            child++;
        if (child >= holders->count || !ended_before(holders->heap[child], held))
            break;
        heap_put(holders, at, holders->heap[child]);
        at = child;
    }
    heap_put(holders, at, held);
}

static void heap_remove(struct holders *holders, const struct held *held)
{
    struct held *last = holders->heap[--holders->count];
    if (last == held)
        return;
    heap_put(holders, held->heap_at, last);
    heap_settle(holders, last);
}

static bool heap_has_room(struct holders *holders)
{
    if (holders->count < holders->heap_room)
        return true;
    size_t room = holders->heap_room == 0 ? BUCKETS_LEAST : holders->heap_room * 2;
    struct held **heap = realloc(holders->heap, room * sizeof(struct held *));
    if (heap == NULL)
        return false;
    holders->heap = heap;
    holders->heap_room = room;
    return true;
}

/* The table and the lists. */

static struct holder **place_of(const struct holders *holders, const struct address *address)
{
    size_t bucket =
        hash_bytes(&holders->key, address, sizeof *address) & (holders->bucket_count - 1);
    struct holder **place = &holders->buckets[bucket];
    while (*place != NULL && !address_equal(&(*place)->address, address))
        place = &(*place)->next;
    return place;
}

/* How many of the list began at `at` or before. */
static uint32_t begun(const struct holder *holder, clock_us at)
{
    uint32_t low = 0, high = holder->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (holder->list[middle]->from <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct held *holders_find(const struct holders *holders, const struct address *address,
                                clock_us at)
{
    const struct holder *holder = *place_of(holders, address);
    uint32_t n = holder == NULL ? 0 : begun(holder, at);
    return n > 0 && holder->list[n - 1]->until > at ? holder->list[n - 1] : NULL;
}

static void list_remove(struct holders *holders, struct holder *holder, uint32_t at)
{
    struct held *held = holder->list[at];
    heap_remove(holders, held);
    memmove(holder->list + at, holder->list + at + 1,
            (--holder->count - at) * sizeof(struct held *));
    free(held);
}

static void drop_first(struct holders *holders)
{
    const struct held *held = holders->heap[0];
    struct holder **place = place_of(holders, &held->address), *holder = *place;
    uint32_t at = 0;
    if (holder == NULL)
        return; /* cannot be: it holds what the heap has */
    while (holder->list[at] != held)
        at++;
    list_remove(holders, holder, at);
    holders->dropped++;
    if (holder->count > 0)
        return;
    *place = holder->next;
    free(holder);
}

/* The holder of an address, with room for one more. */
static struct holder *holder_with_room(struct holders *holders, const struct address *address)
{
    struct holder **place = place_of(holders, address), *holder = *place;
    if (holder != NULL && holder->count < holder->room)
        return holder;
    const uint32_t room = holder == NULL ? LIST_LEAST : holder->room * 2;
    struct holder *grown = realloc(holder, sizeof *grown + room * sizeof(struct held *));
    if (grown == NULL)
        return NULL;
    if (holder == NULL)
        *grown = (struct holder){.address = *address};
    grown->room = room;
    *place = grown;
    return grown;
}

/* Whether `later` is the same device as `earlier`, going on. A host name that was not known before
 * begins something new, so that nothing changes for the time before. */
static bool goes_on(const struct held *earlier, const struct held *later)
{
    if (earlier->is_end || later->is_end)
        return earlier->is_end && later->is_end && earlier->from == later->from;
    if (earlier->has_mac != later->has_mac ||
        (later->has_mac && memcmp(earlier->mac, later->mac, MAC_SIZE) != 0))
        return false;
    return (later->has_mac && later->host[0] == 0) || strcmp(earlier->host, later->host) == 0;
}

/* Makes the element at `at` last until `until`, and no longer than until the next other one. */
static bool extend(struct holders *holders, struct holder *holder, uint32_t at, clock_us until)
{
    struct held *held = holder->list[at];
    const clock_us before = held->until;
    bool is_news = false;
    while (at + 1 < holder->count) {
        const struct held *next = holder->list[at + 1];
        if (next->from > until)
            break;
        if (!goes_on(held, next)) {
            until = next->from;
            break;
        }
        if (next->until > until)
            until = next->until;
        list_remove(holders, holder, at + 1);
        is_news = true;
    }
    if (until > before) {
        held->until = until;
        heap_settle(holders, held);
        is_news = true;
    }
    return is_news;
}

/* Whether it is known already, or makes a known one longer; then nothing is to be put. `n`: how
 * many began before it or with it. */
static bool is_told(struct holders *holders, struct holder *holder, uint32_t n,
                    const struct held *fresh, bool *is_news)
{
    if (holder == NULL || n == 0)
        return false;
    struct held *last = holder->list[n - 1];
    if (goes_on(last, fresh) && last->until >= fresh->from) {
        *is_news =
            !fresh->is_end &&
            extend(holders, holder, n - 1, last->until > fresh->until ? last->until : fresh->until);
        return true;
    }
    /* Another one replaced it in the moment of its begin. */
    for (uint32_t i = n; i-- > 0 && holder->list[i]->until >= fresh->from;) {
        if (goes_on(holder->list[i], fresh) &&
            (fresh->is_end || !last->is_end || holder->list[i]->from == fresh->from))
            return true;
        if (holder->list[i]->from < fresh->from)
            break;
    }
    return false;
}

static struct held *held_of(const struct lease *lease, enum device_known known)
{
    const size_t length = strnlen(lease->host, sizeof lease->host - 1);
    struct held *held = calloc(1, sizeof *held + length + 1);
    if (held == NULL)
        return NULL;
    held->address = lease->address;
    held->from = lease->from;
    held->until = lease->until == 0 ? HELD_WITHOUT_END : lease->until;
    held->is_end = lease->is_kept ? lease->is_none : held->until == held->from;
    held->known = (uint8_t)known;
    held->has_mac = lease->has_mac && !held->is_end;
    if (held->has_mac)
        memcpy(held->mac, lease->mac, MAC_SIZE);
    if (!held->is_end)
        memcpy(held->host, lease->host, length);
    return held;
}

/* False: it is what has to go. */
static bool make_place(struct holders *holders, const struct held *fresh)
{
    if (holders->count < holders->most)
        return true;
    if (ended_before(fresh, holders->heap[0])) {
        holders->dropped++;
        return false;
    }
    drop_first(holders);
    return true;
}

/* Into the list of its holder, which has room, behind `n` others; and into the heap. */
static void put(struct holders *holders, struct holder *holder, uint32_t n, struct held *fresh)
{
    memmove(holder->list + n + 1, holder->list + n, (holder->count++ - n) * sizeof(struct held *));
    holder->list[n] = fresh;
    heap_put(holders, holders->count++, fresh);
    heap_settle(holders, fresh);
}

/* One that was kept, behind all of its address that are there; false: it does not belong there. */
static bool is_next(const struct holders *holders, const struct held *fresh)
{
    const struct holder *holder = *place_of(holders, &fresh->address);
    const struct held *last =
        holder == NULL || holder->count == 0 ? NULL : holder->list[holder->count - 1];
    return last == NULL || (last->from <= fresh->from && last->until <= fresh->from);
}

/* Among those of its address: it ends who held it before, and ends with who follows. */
static void put_among(struct holders *holders, struct holder *holder, struct held *fresh)
{
    const uint32_t n = begun(holder, fresh->from);
    const clock_us until = fresh->until;
    struct held *before = n > 0 ? holder->list[n - 1] : NULL;
    if (before != NULL && before->until > fresh->from) {
        before->until = fresh->from;
        heap_settle(holders, before);
    }
    fresh->until = fresh->from; /* and no longer than the next one allows */
    put(holders, holder, n, fresh);
    if (!fresh->is_end)
        (void)extend(holders, holder, n, until);
}

enum status holders_add(struct holders *holders, const struct lease *lease, enum device_known known,
                        bool *is_news)
{
    *is_news = false;
    if (lease->until != 0 && lease->until < lease->from)
        return STATUS_OK;
    struct held *fresh = held_of(lease, known);
    if (fresh == NULL || !heap_has_room(holders)) {
        free(fresh);
        return STATUS_NO_MEMORY;
    }
    const bool is_kept = lease->is_kept && is_next(holders, fresh);
    struct holder *holder = *place_of(holders, &lease->address);
    const uint32_t n = holder == NULL ? 0 : begun(holder, fresh->from);
    if (!is_kept && is_told(holders, holder, n, fresh, is_news)) {
        free(fresh);
        return STATUS_OK;
    }
    const struct held *next = holder != NULL && n < holder->count ? holder->list[n] : NULL;
    if (next != NULL && next->from < fresh->until && !goes_on(fresh, next))
        fresh->until = next->from;
    if (!make_place(holders, fresh)) {
        free(fresh);
        return STATUS_OK;
    }
    holder = holder_with_room(holders, &lease->address);
    if (holder == NULL) {
        free(fresh);
        return STATUS_NO_MEMORY;
    }
    if (is_kept)
        put(holders, holder, holder->count, fresh);
    else
        put_among(holders, holder, fresh);
    *is_news = true;
    return STATUS_OK;
}
