/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backlog - how much waits in the kernel's queues, as the kernel counts it.
 *
 * Used by gate, which must notice that nobody judges. Reads /proc/net/netfilter/nfnetlink_queue,
 * opened while the process still may.
 */
#ifndef GATE_BACKLOG_H
#define GATE_BACKLOG_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { BACKLOG_QUEUES_MOST = 128 };

struct backlog;

struct backlog_queue {
    uint32_t number;
    uint32_t waiting; /* packets without a verdict */
    uint32_t last;    /* number of the packet that came last */
    uint64_t lost;    /* packets that found no room, since the queue was claimed */
};

/* STATUS_SYSTEM: the kernel does not say, with errno. */
MUST_USE enum status backlog_open(struct backlog **out);
void backlog_close(struct backlog *backlog);
/* As it is now. False: it cannot be read. */
bool backlog_read(struct backlog *backlog);
/* As it was read last; NULL: there is no such queue. */
const struct backlog_queue *backlog_of(const struct backlog *backlog, uint32_t number);

#endif
