/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * held - slots in a sealed memory file; what finds them again is the writer's own.
 *
 * A slot's sequence is odd while its entry is written; one that a dead writer left odd is freed by
 * the next. A writer keeps an index by key, and a heap by end, in its own memory and makes both
 * from the slots when it opens the file. Readers only walk over the slots.
 */
#include "firewall/held.h"

#include "base/hash.h"
#include "base/random.h"

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HELD_MAGIC = 0x646c6568,
    HELD_VERSION = 1,
    HELD_HEADER = 4096,
    HELD_MOST = 1 << 20,
    TRIES = 4,
    WORDS = sizeof(struct held_entry) / sizeof(uint64_t),
    UNTIL_WORD = offsetof(struct held_entry, until) / sizeof(uint64_t),
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL
};

static const uint32_t none = UINT32_MAX;
static const uint64_t minute = UINT64_C(60) * 1000 * 1000;

struct header {
    uint32_t magic, version, most, entry_size;
    _Atomic uint32_t reached; /* slots from there on were never used: their pages need not exist */
    _Atomic uint64_t held, refused, full;
    /* New ones that the limit still allows, times a minute in microseconds; and as of when. */
    _Atomic uint64_t credit, credit_at;
};

struct slot {
    _Atomic uint64_t sequence;
    _Atomic uint64_t words[WORDS]; /* struct held_entry; `until` 0: free */
};

static_assert(sizeof(struct header) <= HELD_HEADER, "the header has its page");
static_assert(sizeof(struct held_entry) == WORDS * sizeof(uint64_t) &&
                  offsetof(struct held_entry, until) % sizeof(uint64_t) == 0,
              "an entry is words");

/* What makes two orders one. */
struct key {
    struct address client, server;
    uint16_t client_port, server_port;
    uint8_t transport, hold, spare[2];
};

struct place {
    struct key key;
    clock_us until;
    uint32_t next; /* of its chain, or of the free ones */
    uint32_t at;   /* in the heap; none: free */
};

struct held {
    struct header *shared;
    struct slot *slots;
    uint32_t most;
    size_t mapped;
    /* A writer's. */
    struct hash_key hash;
    struct place *places;             /* one for each slot */
    uint32_t *chains, *heap, mask;    /* chains: by key; heap: the first to end stands first */
    uint32_t count, first_free, seen; /* seen: where a walk over the slots goes on */
};

static uint32_t reached(const struct held *held)
{
    uint32_t slots = atomic_load_explicit(&held->shared->reached, memory_order_acquire);
    return slots < held->most ? slots : held->most;
}

static size_t size_of(uint32_t most)
{
    return HELD_HEADER + (size_t)most * sizeof(struct slot);
}

enum status held_make(uint32_t most, int *fd_out)
{
    const struct header header = {.magic = HELD_MAGIC,
                                  .version = HELD_VERSION,
                                  .most = most,
                                  .entry_size = sizeof(struct held_entry)};
    if (most == 0 || most > HELD_MOST)
        return STATUS_INVALID;
    int fd = memfd_create("held", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return STATUS_SYSTEM;
    if (ftruncate(fd, (off_t)size_of(most)) != 0 ||
        pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    *fd_out = fd;
    return STATUS_OK;
}

/* Without the seals the file could shrink under us, and a read would end in SIGBUS. */
static bool file_is_sound(int fd, uint32_t *most)
{
    struct header header;
    struct stat file;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &file) != 0 ||
        pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        header.magic != HELD_MAGIC || header.version != HELD_VERSION ||
        header.entry_size != sizeof(struct held_entry) || header.most == 0 ||
        header.most > HELD_MOST || (uint64_t)file.st_size != size_of(header.most))
        return false;
    *most = header.most;
    return true;
}

static void texts_end(struct held_entry *entry)
{
    entry->app[sizeof entry->app - 1] = '\0';
    entry->rule[sizeof entry->rule - 1] = '\0';
    entry->ticket[sizeof entry->ticket - 1] = '\0';
}

/* What a reader may show and a set may have; orders come from whoever reads packets. */
static bool is_sound(const struct stop *stop)
{
    return stop->hold < HOLD_COUNT && stop->evidence < EVIDENCE_COUNT && stop->seen < SEEN_COUNT &&
           stop->protocol < PROTOCOL_COUNT && stop->from_server <= 1;
}

/* A whole one that holds something; texts that nobody ended are cut. */
static bool slot_read(const struct slot *slot, struct held_entry *out)
{
    uint64_t words[WORDS];

    for (int tries = 0; tries < TRIES; tries++) {
        uint64_t sequence = atomic_load_explicit(&slot->sequence, memory_order_acquire);
        if (atomic_load_explicit(&slot->words[UNTIL_WORD], memory_order_relaxed) == 0)
            return false;
        if (sequence % 2 != 0)
            continue;
        for (unsigned i = 0; i < WORDS; i++)
            words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->sequence, memory_order_relaxed) != sequence)
            continue;
        memcpy(out, words, sizeof *out);
        texts_end(out);
        return out->until != 0 && is_sound(&out->stop);
    }
    return false;
}

static void slot_write(struct slot *slot, const struct held_entry *entry)
{
    uint64_t words[WORDS];
    const uint64_t writing =
        atomic_load_explicit(&slot->sequence, memory_order_relaxed) | UINT64_C(1);

    atomic_store_explicit(&slot->sequence, writing, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    memcpy(words, entry, sizeof words);
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&slot->sequence, writing + 1, memory_order_release);
}

static struct key key_of(const struct stop *stop)
{
    struct key key = {.server = stop->server, .hold = stop->hold};

    if (stop->hold != HOLD_DESTINATION) {
        key.client = stop->client;
        key.server_port = stop->server_port;
        key.transport = stop->transport;
    }
    if (stop->hold == HOLD_FLOW)
        key.client_port = stop->client_port;
    return key;
}

static uint32_t *chain_of(const struct held *held, const struct key *key)
{
    return &held->chains[hash_bytes(&held->hash, key, sizeof *key) & held->mask];
}

static uint32_t find(const struct held *held, const struct key *key)
{
    uint32_t slot = *chain_of(held, key);

    while (slot != none && memcmp(&held->places[slot].key, key, sizeof *key) != 0)
        slot = held->places[slot].next;
    return slot;
}

static void heap_set(struct held *held, uint32_t at, uint32_t slot)
{
    held->heap[at] = slot;
    held->places[slot].at = at;
}

static clock_us heap_until(const struct held *held, uint32_t at)
{
    return held->places[held->heap[at]].until;
}

/* Puts the slot at `at` where its end belongs. */
static void heap_settle(struct held *held, uint32_t at)
{
    const uint32_t slot = held->heap[at];
    const clock_us until = held->places[slot].until;

    for (; at > 0 && until < heap_until(held, (at - 1) / 2); at = (at - 1) / 2)
        heap_set(held, at, held->heap[(at - 1) / 2]);
    for (uint32_t child; (child = 2 * at + 1) < held->count; at = child) {
        if (child + 1 < held->count && heap_until(held, child + 1) < heap_until(held, child))
            child++;
        if (heap_until(held, child) >= until)
            break;
        heap_set(held, at, held->heap[child]);
    }
    heap_set(held, at, slot);
}

/* The slot begins to count. */
static void place_take(struct held *held, uint32_t slot, const struct key *key, clock_us until)
{
    struct place *place = &held->places[slot];
    uint32_t *chain = chain_of(held, key);

    *place = (struct place){.key = *key, .until = until, .next = *chain};
    *chain = slot;
    heap_set(held, held->count++, slot);
    heap_settle(held, held->count - 1);
}

/* It is free; what readers see goes first. */
static void place_free(struct held *held, uint32_t slot)
{
    struct place *place = &held->places[slot];
    uint32_t *link = chain_of(held, &place->key), last = held->heap[held->count - 1];

    slot_write(&held->slots[slot], &(struct held_entry){0});
    while (*link != slot)
        link = &held->places[*link].next;
    *link = place->next;
    held->count--;
    if (last != slot) {
        heap_set(held, place->at, last);
        heap_settle(held, place->at);
    }
    *place = (struct place){.next = held->first_free, .at = none};
    held->first_free = slot;
}

/* What the writer before left; what it cannot have written, or not to its end, is freed. */
static bool writer_begins(struct held *held)
{
    const uint32_t used = reached(held);
    uint32_t chains = 16;
    struct held_entry entry;

    while (chains < held->most)
        chains *= 2;
    held->mask = chains - 1;
    held->first_free = none;
    random_bytes(&held->hash, sizeof held->hash);
    held->places = calloc(held->most, sizeof *held->places);
    held->heap = calloc(held->most, sizeof *held->heap);
    held->chains = malloc(chains * sizeof *held->chains);
    if (held->places == NULL || held->heap == NULL || held->chains == NULL)
        return false;
    for (uint32_t i = 0; i < chains; i++)
        held->chains[i] = none;
    for (uint32_t slot = held->most; slot-- > 0;) {
        const bool is_used = slot < used;
        if (is_used && slot_read(&held->slots[slot], &entry)) {
            const struct key key = key_of(&entry.stop);
            if (find(held, &key) == none) {
                place_take(held, slot, &key, entry.until);
                continue;
            }
        }
        if (is_used)
            slot_write(&held->slots[slot], &(struct held_entry){0});
        held->places[slot] = (struct place){.next = held->first_free, .at = none};
        held->first_free = slot;
    }
    return true;
}

enum status held_open(int fd, bool to_write, struct held **out)
{
    uint32_t most;

    if (!file_is_sound(fd, &most))
        return STATUS_CORRUPT;
    struct held *held = calloc(1, sizeof *held);
    if (held == NULL)
        return STATUS_NO_MEMORY;
    held->most = most;
    held->mapped = size_of(most);
    void *map =
        mmap(NULL, held->mapped, to_write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        free(held);
        return STATUS_SYSTEM;
    }
    held->shared = map;
    held->slots = (struct slot *)(void *)((uint8_t *)map + HELD_HEADER);
    if (to_write && !writer_begins(held)) {
        held_close(held);
        return STATUS_NO_MEMORY;
    }
    *out = held;
    return STATUS_OK;
}

void held_close(struct held *held)
{
    if (held == NULL)
        return;
    munmap(held->shared, held->mapped);
    free(held->places);
    free(held->heap);
    free(held->chains);
    free(held);
}

static bool is_within(const struct prefix *prefixes, size_t count, const struct address *address)
{
    struct address behind;
    const bool is_translated = address_behind_nat64(address, &behind);

    for (size_t i = 0; i < count; i++) {
        if (prefix_holds(&prefixes[i], address) ||
            (is_translated && prefix_holds(&prefixes[i], &behind)))
            return true;
    }
    return false;
}

/* Whether this minute allows one more: so many at once, and as many again over a minute. */
static bool credit_take(struct header *shared, uint32_t per_minute, clock_us now)
{
    const uint64_t most = per_minute * minute;
    const clock_us at = atomic_load_explicit(&shared->credit_at, memory_order_relaxed);
    uint64_t credit = atomic_load_explicit(&shared->credit, memory_order_relaxed);
    const uint64_t passed = now > at ? now - at : 0;

    credit = at == 0 || credit > most || passed >= minute ? most : credit + passed * per_minute;
    if (credit > most)
        credit = most;
    const bool is_enough = credit >= minute;
    atomic_store_explicit(&shared->credit, is_enough ? credit - minute : credit,
                          memory_order_relaxed);
    atomic_store_explicit(&shared->credit_at, now, memory_order_relaxed);
    return is_enough;
}

static void count_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* One that stands there, again. False: it ended, and is as if it were not there. */
static bool hold_again(struct held *held, uint32_t slot, struct held_entry *entry, clock_us now)
{
    struct held_entry before;

    if (held->places[slot].until <= now || !slot_read(&held->slots[slot], &before))
        return false;
    entry->since = before.since;
    entry->times = before.times < UINT32_MAX ? before.times + 1 : before.times;
    held->places[slot].until = entry->until;
    heap_settle(held, held->places[slot].at);
    slot_write(&held->slots[slot], entry);
    return true;
}

enum held_answer held_put(struct held *held, const struct held_limits *limits,
                          const struct prefix *protected, size_t protected_count,
                          const struct held_entry *entry, clock_us now)
{
    const uint32_t most = limits->most < held->most ? limits->most : held->most;
    const struct key key = key_of(&entry->stop);
    struct held_entry fresh = *entry;

    if (!is_sound(&entry->stop) || is_within(protected, protected_count, &entry->stop.server) ||
        is_within(protected, protected_count, &entry->stop.client)) {
        count_one(&held->shared->refused);
        return HELD_REFUSED;
    }
    fresh.since = fresh.last = now;
    fresh.until = now + (uint64_t)(limits->seconds > 0 ? limits->seconds : 1) * 1000 * 1000;
    fresh.times = 1;
    texts_end(&fresh);
    uint32_t slot = find(held, &key);
    if (slot != none) {
        if (hold_again(held, slot, &fresh, now))
            return HELD_AGAIN;
        place_free(held, slot);
    } else if (held->count >= most && held->count > 0 && heap_until(held, 0) <= now) {
        place_free(held, held->heap[0]);
    }
    if (held->count >= most || !credit_take(held->shared, limits->per_minute, now)) {
        count_one(&held->shared->full);
        return HELD_FULL;
    }
    slot = held->first_free;
    held->first_free = held->places[slot].next;
    place_take(held, slot, &key, fresh.until);
    slot_write(&held->slots[slot], &fresh);
    if (slot >= reached(held))
        atomic_store_explicit(&held->shared->reached, slot + 1, memory_order_release);
    count_one(&held->shared->held);
    return HELD_NEW;
}

static bool place_take_out(struct held *held, uint32_t slot, struct held_entry *out)
{
    const bool is_whole = slot_read(&held->slots[slot], out);
    place_free(held, slot);
    return is_whole;
}

/* A walk goes on where the last one ended: to take out many costs one round, and one more. */
static bool take_about(struct held *held, const struct address *address, struct held_entry *out)
{
    const uint32_t slots = reached(held);

    for (uint32_t walked = 0; walked < slots && held->count > 0; walked++) {
        const uint32_t slot = held->seen < slots ? held->seen : 0;
        const struct place *place = &held->places[slot];
        held->seen = slot + 1;
        if (place->at == none || !slot_read(&held->slots[slot], out) ||
            (!address_equal(&out->stop.client, address) &&
             !address_equal(&out->stop.server, address)))
            continue;
        place_free(held, slot);
        return true;
    }
    return false;
}

bool held_take(struct held *held, const struct address *address, clock_us now,
               struct held_entry *out)
{
    if (address != NULL)
        return take_about(held, address, out);
    while (held->count > 0 && heap_until(held, 0) <= now) {
        if (place_take_out(held, held->heap[0], out))
            return true;
    }
    return false;
}

void held_each(const struct held *held, clock_us now,
               void (*on_entry)(void *owner, const struct held_entry *entry), void *owner)
{
    struct held_entry entry;

    for (uint32_t slot = 0, end = reached(held); slot < end; slot++) {
        if (slot_read(&held->slots[slot], &entry) && entry.until > now)
            on_entry(owner, &entry);
    }
}

struct held_counts held_counts(const struct held *held, clock_us now)
{
    struct held_counts counts = {
        .held = atomic_load_explicit(&held->shared->held, memory_order_relaxed),
        .refused = atomic_load_explicit(&held->shared->refused, memory_order_relaxed),
        .full = atomic_load_explicit(&held->shared->full, memory_order_relaxed)};

    if (held->places != NULL && (held->count == 0 || heap_until(held, 0) > now)) {
        counts.now = held->count;
        return counts;
    }
    for (uint32_t slot = 0, end = reached(held); slot < end; slot++)
        counts.now +=
            atomic_load_explicit(&held->slots[slot].words[UNTIL_WORD], memory_order_relaxed) > now;
    return counts;
}
