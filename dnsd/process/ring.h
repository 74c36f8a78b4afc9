/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ring - fixed-size records from one process to one other through shared memory, without a system call.
 *
 * Used for events: serve puts, record takes, the parent keeps the file so that neither death loses
 * what is inside. One producer, one consumer. When full, ring_put() says so and the caller counts it.
 * The consumer copies a record out before it looks at it: the producer is not trusted to stand still.
 * Never waits.
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

bool ring_put(struct ring *ring, const void *record);
bool ring_take(struct ring *ring, void *record);
size_t ring_waiting(const struct ring *ring);

#endif
