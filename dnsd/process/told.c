/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * told - buckets of a few slots in a file: mapped by who writes, copied out by who reads.
 *
 * A slot's sequence is odd while somebody writes it. A writer that died in it leaves it odd: those
 * who pass by count, and in the end one takes it. Should the first only have been slow, two may
 * then have written at once; the check over an entry finds that out, and a copy that was taken
 * meanwhile.
 */
#include "process/told.h"

#include "base/hash.h"
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TOLD_MAGIC = 0x646c6f74,
    TOLD_VERSION = 1,
    TOLD_HEADER = 4096,
    TOLD_MODE = 0640,
    BUCKET = 4,
    SLOTS_MOST = 1 << 24,
    PATIENCE = 64, /* how often a slot is met in the same writing before it is taken */
    TRIES = 4
};

struct header {
    uint32_t magic, version;
    uint64_t slots;
    struct hash_key key;
};

struct entry {
    uint8_t client[16], address[16];
    uint32_t until, check;            /* until 0: never used */
    uint8_t length;                   /* of name */
    uint8_t name[TOLD_NAME_MOST - 1]; /* without the root */
};

enum { WORDS = sizeof(struct entry) / sizeof(uint32_t) };

struct slot {
    _Atomic uint32_t sequence;
    _Atomic uint32_t waits; /* how often it was met while somebody writes */
    _Atomic uint32_t lost;  /* the latest end of those that had to go */
    _Atomic uint32_t words[WORDS];
};

static_assert(sizeof(struct slot) == 128 && sizeof(struct entry) == WORDS * sizeof(uint32_t),
              "two lines of the cache");

struct told {
    int fd;               /* of a reader */
    struct slot *slots;   /* of a writer: mapped, behind the header */
    uint64_t count, mask; /* of slots; of the bucket's first */
    struct hash_key key;
};

static bool slots_are_sound(uint64_t slots)
{
    return slots >= BUCKET && slots <= SLOTS_MOST && (slots & (slots - 1)) == 0;
}

static uint64_t size_of(uint64_t slots)
{
    return TOLD_HEADER + slots * sizeof(struct slot);
}

/* A table's header, when that is what the file holds, all of it. */
static bool header_read(int fd, struct header *out)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
           pread(fd, out, sizeof *out, 0) == (ssize_t)sizeof *out && out->magic == TOLD_MAGIC &&
           out->version == TOLD_VERSION && slots_are_sound(out->slots) &&
           (uint64_t)file.st_size == size_of(out->slots);
}

/* One that is there already, of this shape, which nobody else could have made. */
static int take_over(const char *path, size_t slots)
{
    struct header header;
    struct stat file;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (header_read(fd, &header) && header.slots == slots && fstat(fd, &file) == 0 &&
        file.st_uid == geteuid() && fchmod(fd, TOLD_MODE) == 0)
        return fd;
    close(fd);
    return -1;
}

/* All of its blocks are claimed: a page that the disk has no room for would be a signal later. */
static bool fill(int fd, size_t slots)
{
    struct header header = {.magic = TOLD_MAGIC, .version = TOLD_VERSION, .slots = slots};
    random_bytes(&header.key, sizeof header.key);
    errno = posix_fallocate(fd, 0, (off_t)size_of(slots));
    return errno == 0 && fchmod(fd, TOLD_MODE) == 0 &&
           pwrite(fd, &header, sizeof header, 0) == (ssize_t)sizeof header;
}

enum status told_make(const char *path, size_t slots, int *fd_out)
{
    char fresh[PATH_MAX];
    if (!slots_are_sound(slots))
        return STATUS_INVALID;
    *fd_out = take_over(path, slots);
    if (*fd_out >= 0)
        return STATUS_OK;
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return STATUS_TOO_LONG;
    unlink(fresh); /* of one who died here */
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, TOLD_MODE);
    if (fd < 0)
        return STATUS_SYSTEM;
    /* Whoever maps the one before keeps it whole: it is replaced, never cut. */
    if (!fill(fd, slots) || rename(fresh, path) != 0) {
        int why = errno;
        unlink(fresh);
        close(fd);
        errno = why;
        return STATUS_SYSTEM;
    }
    *fd_out = fd;
    return STATUS_OK;
}

static bool slots_map(struct told *told, int fd)
{
    uint8_t *map =
        mmap(NULL, (size_t)size_of(told->count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return false;
    told->slots = (struct slot *)(void *)(map + TOLD_HEADER);
    return true;
}

enum status told_open(int fd, bool to_write, struct told **out)
{
    struct header header;
    if (!header_read(fd, &header))
        return STATUS_CORRUPT;
    struct told *told = calloc(1, sizeof *told);
    if (told == NULL)
        return STATUS_NO_MEMORY;
    told->fd = to_write ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    told->count = header.slots;
    told->mask = (header.slots - 1) & ~(uint64_t)(BUCKET - 1);
    told->key = header.key;
    if (to_write ? !slots_map(told, fd) : told->fd < 0) {
        free(told);
        return STATUS_SYSTEM;
    }
    *out = told;
    return STATUS_OK;
}

void told_close(struct told *told)
{
    if (told == NULL)
        return;
    if (told->slots != NULL)
        munmap((uint8_t *)told->slots - TOLD_HEADER, (size_t)size_of(told->count));
    if (told->fd >= 0)
        close(told->fd);
    free(told);
}

/* The number of the first slot. */
static uint64_t bucket_of(const struct told *told, const struct address *client,
                          const struct address *address)
{
    const struct address pair[2] = {*client, *address};
    return hash_bytes(&told->key, pair, sizeof pair) & told->mask;
}

/* Of all but itself and what a shorter name leaves free. */
static uint32_t check_of(const struct told *told, const struct entry *entry)
{
    struct entry bare = *entry;
    size_t name = bare.length < sizeof bare.name ? bare.length : sizeof bare.name;
    bare.check = 0;
    return (uint32_t)hash_bytes(&told->key, &bare, offsetof(struct entry, name) + name);
}

static bool is_about(const struct entry *entry, const struct address *client,
                     const struct address *address)
{
    return memcmp(entry->client, client->bytes, sizeof entry->client) == 0 &&
           memcmp(entry->address, address->bytes, sizeof entry->address) == 0;
}

/* A whole entry, and the sequence it has; false while it is written. */
static bool slot_read(const struct slot *slot, struct entry *out, uint32_t *sequence)
{
    uint32_t words[WORDS];
    for (int tries = 0; tries < TRIES; tries++) {
        *sequence = atomic_load_explicit(&slot->sequence, memory_order_acquire);
        if (*sequence % 2 != 0)
            continue;
        for (unsigned i = 0; i < WORDS; i++)
            words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&slot->sequence, memory_order_relaxed) != *sequence)
            continue;
        memcpy(out, words, sizeof *out);
        return true;
    }
    return false;
}

/* One that nobody is seen to leave becomes free to take: `*sequence` is what to claim it from. */
static bool slot_is_stuck(struct slot *slot, uint32_t *sequence)
{
    if (atomic_fetch_add_explicit(&slot->waits, 1, memory_order_relaxed) < PATIENCE)
        return false;
    *sequence = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
    return *sequence % 2 != 0;
}

static void slot_write(struct slot *slot, uint32_t sequence, const struct entry *entry,
                       uint32_t lost)
{
    uint32_t words[WORDS];
    const uint32_t writing = sequence % 2 == 0 ? sequence + 1 : sequence + 2;
    if (!atomic_compare_exchange_strong_explicit(&slot->sequence, &sequence, writing,
                                                 memory_order_acquire, memory_order_relaxed))
        return; /* somebody else was first; what is missing is not known, and that is all */
    atomic_store_explicit(&slot->waits, 0, memory_order_relaxed);
    if (lost > atomic_load_explicit(&slot->lost, memory_order_relaxed))
        atomic_store_explicit(&slot->lost, lost, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    memcpy(words, entry, sizeof words);
    for (unsigned i = 0; i < WORDS; i++)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    uint32_t mine = writing;
    (void)atomic_compare_exchange_strong_explicit(&slot->sequence, &mine, writing + 1,
                                                  memory_order_release, memory_order_relaxed);
}

/* Where an entry goes: where the same pair stands, or else the one that ends first. */
struct place {
    struct slot *slot;
    uint32_t sequence, until;
    bool is_same;
    struct entry entry;
};

static void place_find(const struct told *told, const struct address *client,
                       const struct address *address, struct place *best)
{
    struct slot *bucket = told->slots + bucket_of(told, client, address);
    *best = (struct place){.until = UINT32_MAX};
    for (unsigned i = 0; i < BUCKET && !best->is_same; i++) {
        struct place at = {.slot = bucket + i};
        if (!slot_read(at.slot, &at.entry, &at.sequence)) {
            if (!slot_is_stuck(at.slot, &at.sequence))
                continue;
            at.entry = (struct entry){0};
        }
        at.until = at.entry.until;
        at.is_same = at.until != 0 && is_about(&at.entry, client, address) &&
                     at.entry.check == check_of(told, &at.entry);
        if (at.is_same || best->slot == NULL || at.until < best->until)
            *best = at;
    }
}

void told_name(const struct name *name, struct name *out)
{
    unsigned skipped = 0, at = 0;
    for (; (unsigned)name->length - at > TOLD_NAME_MOST; skipped++)
        at += 1u + name->wire[at];
    if (name->length == 0)
        *out = (struct name){0};
    else
        name_suffix(name, skipped, out);
}

void told_write(struct told *told, const struct address *client, const struct address *address,
                const struct name *name, uint32_t until)
{
    struct place place;
    struct name kept;
    struct entry entry = {.until = until};

    place_find(told, client, address, &place);
    if (place.slot == NULL || until == 0)
        return;
    told_name(name, &kept);
    entry.length = kept.length == 0 ? 0 : (uint8_t)(kept.length - 1);
    memcpy(entry.name, kept.wire, entry.length);
    /* Clocks differ by a second here and there; a cached answer is told again and again. */
    if (place.is_same && until <= place.until + 1 && entry.length == place.entry.length &&
        memcmp(entry.name, place.entry.name, entry.length) == 0)
        return;
    if (place.is_same && place.until > until)
        entry.until = place.until;
    memcpy(entry.client, client->bytes, sizeof entry.client);
    memcpy(entry.address, address->bytes, sizeof entry.address);
    entry.check = check_of(told, &entry);
    slot_write(place.slot, place.sequence, &entry, place.is_same ? 0 : place.until);
}

static bool entry_name(const struct entry *entry, struct name *out)
{
    uint8_t wire[TOLD_NAME_MOST] = {0};
    if (entry->length >= sizeof wire)
        return false;
    memcpy(wire, entry->name, entry->length);
    struct cursor c = cursor_over(wire, entry->length + 1u);
    return name_read(&c, (struct span){0}, out) == STATUS_OK && !cursor_more(&c);
}

/* False: it cannot be said what stands there, or whether anything does. */
static bool slot_is_settled(const struct told *told, const struct slot *slot, struct entry *out)
{
    uint32_t sequence;
    return slot_read(slot, out, &sequence) &&
           (out->until == 0 || out->check == check_of(told, out));
}

/* By a call and not a map: who cuts the file off does not end its readers. Again, when somebody
 * wrote meanwhile. */
static bool bucket_copy(const struct told *told, const struct address *client,
                        const struct address *address, struct slot out[BUCKET])
{
    const off_t at = (off_t)size_of(bucket_of(told, client, address));
    struct entry entry;
    unsigned settled = 0;
    for (int tries = 0; tries < TRIES && settled < BUCKET; tries++) {
        if (pread(told->fd, out, BUCKET * sizeof *out, at) != (ssize_t)(BUCKET * sizeof *out))
            return false;
        settled = 0;
        while (settled < BUCKET && slot_is_settled(told, &out[settled], &entry))
            settled++;
    }
    return true;
}

bool told_read(const struct told *told, const struct address *client, const struct address *address,
               struct name *name, uint32_t *until)
{
    struct slot bucket[BUCKET];
    struct entry entry;
    struct name read;
    uint32_t latest = 0;
    if (!bucket_copy(told, client, address, bucket))
        return false;
    for (unsigned i = 0; i < BUCKET; i++) {
        if (!slot_is_settled(told, &bucket[i], &entry) || entry.until <= latest ||
            !is_about(&entry, client, address) || !entry_name(&entry, &read))
            continue;
        latest = *until = entry.until;
        if (name != NULL)
            *name = read;
    }
    return latest != 0;
}

bool told_lost(const struct told *told, const struct address *client, const struct address *address,
               uint32_t since)
{
    struct slot bucket[BUCKET];
    struct entry entry;
    if (!bucket_copy(told, client, address, bucket))
        return true;
    for (unsigned i = 0; i < BUCKET; i++)
        if (!slot_is_settled(told, &bucket[i], &entry) ||
            atomic_load_explicit(&bucket[i].lost, memory_order_relaxed) > since)
            return true;
    return false;
}
