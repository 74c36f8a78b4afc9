/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ring - two indexes that only grow, and slots between them, in a sealed memory file.
 *
 * Each side keeps its own index in its own memory and only publishes it; the other side's is read
 * from shared memory and clamped, so that a liar can make us read or drop records, and never memory
 * outside the slots.
 */
#include "process/ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING_MAGIC = 0x676e6972, RING_HEADER = 4096, SLOTS_MOST = 1 << 24, RECORD_MOST = 65536 };

/* Producer and consumer each write to a cache line of their own. */
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct header {
    uint32_t magic, record_size;
    uint64_t slots;
    _Atomic uint64_t put __attribute__((aligned(64)));      /* written by the producer */
    _Atomic uint64_t released __attribute__((aligned(64))); /* written by the consumer */
};

static_assert(sizeof(struct header) <= RING_HEADER, "the header has its page");

struct slot {
    uint64_t length; /* of the record that was put */
    uint64_t work;   /* with which it is done, written by the consumer; work_none: not taken */
    uint8_t record[];
};

struct ring {
    struct header *shared;
    uint8_t *first;
    uint64_t slots;
    size_t record_size, stride, mapped;
    uint64_t put;      /* the producer's own index */
    uint64_t taken;    /* the consumer's own index */
    uint64_t released; /* the producer's last look at the consumer's */
};

static const uint64_t work_none = UINT64_MAX;

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static bool sizes_are_sound(uint64_t slots, uint64_t record_size)
{
    return slots > 0 && slots <= SLOTS_MOST && (slots & (slots - 1)) == 0 && record_size > 0 &&
           record_size <= RECORD_MOST;
}

/* Bytes from one slot to the next. */
static uint64_t stride_of(uint64_t record_size)
{
    return sizeof(struct slot) + ((record_size + 7) & ~UINT64_C(7));
}

enum status ring_make(size_t slots, size_t record_size, int *fd_out)
{
    if (!sizes_are_sound(slots, record_size))
        return STATUS_INVALID;
    const struct header header = {
        .magic = RING_MAGIC, .record_size = (uint32_t)record_size, .slots = slots};
    int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return STATUS_SYSTEM;
    if (ftruncate(fd, (off_t)(RING_HEADER + slots * stride_of(record_size))) != 0 ||
        pwrite(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    *fd_out = fd;
    return STATUS_OK;
}

enum status ring_open(int fd, size_t record_size, struct ring **out)
{
    struct header header;
    struct stat file;

    /* Without the seals the file could shrink under us, and a read would end in SIGBUS. */
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &file) != 0 ||
        pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return STATUS_CORRUPT;
    if (header.magic != RING_MAGIC || header.record_size != record_size ||
        !sizes_are_sound(header.slots, header.record_size) ||
        (uint64_t)file.st_size != RING_HEADER + header.slots * stride_of(record_size))
        return STATUS_CORRUPT;

    struct ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return STATUS_NO_MEMORY;
    ring->mapped = (size_t)file.st_size;
    void *at = mmap(NULL, ring->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        free(ring);
        return STATUS_SYSTEM;
    }
    ring->shared = at;
    ring->first = (uint8_t *)at + RING_HEADER;
    ring->slots = header.slots;
    ring->record_size = record_size;
    ring->stride = stride_of(record_size);
    ring->put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);
    ring->taken = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
    ring->released = ring->taken;
    *out = ring;
    return STATUS_OK;
}

void ring_close(struct ring *ring)
{
    if (ring == NULL)
        return;
    munmap(ring->shared, ring->mapped);
    free(ring);
}

static struct slot *slot_at(const struct ring *ring, uint64_t index)
{
    return (struct slot *)(void *)(ring->first + (index & (ring->slots - 1)) * ring->stride);
}

bool ring_put(struct ring *ring, const void *record, size_t length)
{
    if (ring->put - ring->released >= ring->slots) {
        ring->released = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
        if (ring->put - ring->released >= ring->slots)
            return false;
    }
    struct slot *slot = slot_at(ring, ring->put);
    slot->length = length;
    slot->work = work_none;
    memcpy(slot->record, record, length);
    ring->put++;
    atomic_store_explicit(&ring->shared->put, ring->put, memory_order_release);
    return true;
}

size_t ring_peek(struct ring *ring, void *record)
{
    uint64_t put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);

    if (put == ring->taken)
        return 0;
    if (put - ring->taken > ring->slots)
        ring->taken = put - ring->slots; /* no honest producer gets here */
    const struct slot *slot = slot_at(ring, ring->taken);
    size_t length = *(const volatile uint64_t *)&slot->length;
    if (length == 0 || length > ring->record_size)
        length = ring->record_size; /* nor here */
    memcpy(record, slot->record, length);
    return length;
}

void ring_take(struct ring *ring, uint64_t work)
{
    slot_at(ring, ring->taken)->work = work;
    ring->taken++;
}

void ring_release(struct ring *ring)
{
    atomic_store_explicit(&ring->shared->released, ring->taken, memory_order_release);
}

/* What was not done is marked as not taken: our works have the same numbers as its works had. */
void ring_resume(struct ring *ring, uint64_t work)
{
    size_t waiting = ring_waiting(ring);
    uint64_t first = ring->taken;

    for (size_t i = 0; i < waiting; i++) {
        struct slot *slot = slot_at(ring, first + i);
        if (slot->work <= work && ring->taken == first + i)
            ring->taken++;
        else
            slot->work = work_none;
    }
    ring_release(ring);
}

size_t ring_waiting(const struct ring *ring)
{
    uint64_t released = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
    uint64_t put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);
    uint64_t waiting = put - released;
    return (size_t)(waiting < ring->slots ? waiting : ring->slots);
}
