/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ring - records of at most one size from one process to one other through shared memory, without a
 * system call.
 *
 * Used for events: serve puts, record takes, the parent keeps the file so that neither death loses
 * what is inside. One producer, one consumer. When full, ring_put() says so and the caller counts
 * it. What the consumer took stays in the ring until it is released, so a consumer that dies
 * between taking and writing leaves it to the next one. The consumer copies a record out before it
 * looks at it: the producer is not trusted to stand still. Never waits.
 */
#ifndef PROCESS_RING_H
#define PROCESS_RING_H

#include "base/span.h"
#include "base/status.h"

struct ring;

/* A sealed memory file for `slots` (a power of two) records of `record_size` bytes. */
MUST_USE enum status ring_make(size_t slots, size_t record_size, int *fd_out);
/* Maps it; both sizes must be what the file says. Takes over nothing. */
MUST_USE enum status ring_open(int fd, size_t record_size, struct ring **out);
void ring_close(struct ring *ring);

/* Puts the first `length` bytes of a record, at least one; false when the ring is full. */
bool ring_put(struct ring *ring, const void *record, size_t length);

/* Copies the next record out without taking it, as far as it was put, and gives how far that is; 0
 * when there is none. */
size_t ring_peek(struct ring *ring, void *record);
/* Takes the record that was looked at last. It will be done with once `work` is: works are numbers
 * that grow, and are done in order. */
void ring_take(struct ring *ring, uint64_t work);
/* All taken so far is done with. */
void ring_release(struct ring *ring);
/* For a consumer that begins, before it does any work: `work` is the last that its predecessors
 * did. Releases what is done with; the rest comes again. */
void ring_resume(struct ring *ring, uint64_t work);

/* Records that are not released. */
size_t ring_waiting(const struct ring *ring);

#endif
