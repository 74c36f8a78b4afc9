/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desk - one lane: orders of an inspect become verdicts.
 *
 * Used by gate's main, one for each inspect. Every packet of the queue gets its verdict in order:
 * from inspect, or, when that says nothing for longer than `patience`, from `bypass`. Then the desk
 * is blind: `bypass` is the verdict on all that waits, at every look, until an order comes about a
 * packet behind those. In mode tap there is no queue, only orders. Never reads a packet, never
 * waits.
 */
#ifndef GATE_DESK_H
#define GATE_DESK_H

#include "gate/backlog.h"
#include "gate/holder.h"
#include "gate/verdicts.h"

struct desk;
struct event_base;

struct desk_options {
    unsigned number; /* of the inspect */
    uint32_t queue;  /* number of the queue */
    uint32_t patience_ms;
    bool closed;               /* `bypass: closed` */
    struct verdicts *verdicts; /* the desk's from now on; NULL: mode tap */
};

/* `files` stay the caller's, and so do holder and counters. NULL: out of memory, or they are no
 * lane. */
struct desk *desk_new(const struct desk_options *options, const struct lane_files *files,
                      struct holder *holder, struct counters *counters);
void desk_free(struct desk *desk);

/* Begins to take orders. STATUS_NO_MEMORY. */
MUST_USE enum status desk_run(struct desk *desk, struct event_base *base);
/* Looks whether packets have waited too long. `queue` NULL: the kernel does not say. */
void desk_tick(struct desk *desk, const struct backlog_queue *queue, clock_ms now);

#endif
