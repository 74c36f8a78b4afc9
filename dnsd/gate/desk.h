/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desk - one lane: packets out of a queue to an inspect, orders back, a verdict for each packet.
 *
 * Used by gate's main, one for each inspect. Every packet gets its verdict in order: from inspect,
 * or, when that says nothing for longer than `patience`, from `bypass`. Then the desk is blind: it
 * gives that verdict at once, shows packets all the same, and trusts inspect again when it has
 * caught up. In mode tap there is no queue, only orders. Never reads a packet, never waits.
 */
#ifndef GATE_DESK_H
#define GATE_DESK_H

#include "gate/holder.h"
#include "gate/queue.h"

struct desk;
struct event_base;

struct desk_options {
    unsigned number; /* of the inspect */
    uint32_t patience_ms;
    bool closed;         /* `bypass: closed` */
    struct queue *queue; /* the desk's from now on; NULL: mode tap */
};

/* `files` stay the caller's, and so do holder and counters. NULL: out of memory, or they are no
 * lane. */
struct desk *desk_new(const struct desk_options *options, const struct lane_files *files,
                      struct holder *holder, struct counters *counters);
void desk_free(struct desk *desk); /* what waits gets the verdict of `bypass` */

/* Begins to take packets and orders. STATUS_NO_MEMORY. */
MUST_USE enum status desk_run(struct desk *desk, struct event_base *base);
/* Looks whether somebody has waited too long. */
void desk_tick(struct desk *desk, clock_ms now);

#endif
