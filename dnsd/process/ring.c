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
    _Atomic uint64_t released __attribute__((aligned(64))); /* this and below: by the consumer */
    uint64_t noted, noted_work; /* `noted` may be released once `noted_work` is done */
};

static_assert(sizeof(struct header) <= RING_HEADER, "the header has its page");

struct ring {
    struct header *shared;
    uint8_t *records;
    uint64_t slots;
    size_t record_size, mapped;
    uint64_t put;      /* the producer's own index */
    uint64_t taken;    /* the consumer's own index */
    uint64_t released; /* the producer's last look at the consumer's */
};

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static bool sizes_are_sound(uint64_t slots, uint64_t record_size)
{
    return slots > 0 && slots <= SLOTS_MOST && (slots & (slots - 1)) == 0 && record_size > 0 &&
           record_size <= RECORD_MOST;
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
    if (ftruncate(fd, (off_t)(RING_HEADER + slots * record_size)) != 0 ||
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
        (uint64_t)file.st_size != RING_HEADER + header.slots * record_size)
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
    ring->records = (uint8_t *)at + RING_HEADER;
    ring->slots = header.slots;
    ring->record_size = record_size;
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

static uint8_t *record_at(const struct ring *ring, uint64_t index)
{
    return ring->records + (index & (ring->slots - 1)) * ring->record_size;
}

bool ring_put(struct ring *ring, const void *record)
{
    if (ring->put - ring->released >= ring->slots) {
        ring->released = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
        if (ring->put - ring->released >= ring->slots)
            return false;
    }
    memcpy(record_at(ring, ring->put), record, ring->record_size);
    ring->put++;
    atomic_store_explicit(&ring->shared->put, ring->put, memory_order_release);
    return true;
}

bool ring_peek(struct ring *ring, void *record)
{
    uint64_t put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);

    if (put == ring->taken)
        return false;
    if (put - ring->taken > ring->slots)
        ring->taken = put - ring->slots; /* no honest producer gets here */
    memcpy(record, record_at(ring, ring->taken), ring->record_size);
    return true;
}

void ring_take(struct ring *ring)
{
    ring->taken++;
}

/* The work comes last: a note that is torn by a death belongs to work that was not done. */
void ring_note(struct ring *ring, uint64_t work)
{
    struct header *shared = ring->shared;
    shared->noted_work = UINT64_MAX;
    atomic_signal_fence(memory_order_seq_cst);
    shared->noted = ring->taken;
    atomic_signal_fence(memory_order_seq_cst);
    shared->noted_work = work;
}

void ring_release(struct ring *ring)
{
    atomic_store_explicit(&ring->shared->released, ring->taken, memory_order_release);
}

void ring_resume(struct ring *ring, uint64_t work)
{
    const struct header *shared = ring->shared;
    uint64_t ahead = shared->noted - ring->taken;
    if (shared->noted_work > work || ahead > ring->slots)
        return;
    ring->taken += ahead;
    ring_release(ring);
}

size_t ring_waiting(const struct ring *ring)
{
    uint64_t released = atomic_load_explicit(&ring->shared->released, memory_order_acquire);
    uint64_t put = atomic_load_explicit(&ring->shared->put, memory_order_acquire);
    uint64_t waiting = put - released;
    return (size_t)(waiting < ring->slots ? waiting : ring->slots);
}
