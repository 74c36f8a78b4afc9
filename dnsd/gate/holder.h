/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * holder - what a stop means beyond the packet's verdict: resets, sets of the firewall, the table
 * of what is held.
 *
 * Used by gate for every order to stop. Refuses what is protected, and what is ours; everything it
 * holds ends by itself. Never reads a packet.
 */
#ifndef GATE_HOLDER_H
#define GATE_HOLDER_H

#include "config/config.h"
#include "process/counters.h"
#include "process/lane.h"

struct holder;
struct policy;

/* Opens the sockets that need capabilities: before they are given up. `held`: memory file of the
 * table, stays the caller's. Without a socket a log line says what will not be done; the rest is.
 * NULL: out of memory, or the table is none. */
struct holder *holder_new(const struct config *config, int held, struct counters *counters);
void holder_free(struct holder *holder);

/* From whose rules texts are; stays the caller's. */
void holder_use(struct holder *holder, const struct policy *policy, uint32_t generation);

/* Does all of it but what holder_send() does. False: it is protected, and is to pass. When a limit
 * is reached the flow is stopped and nothing is held. */
MUST_USE bool holder_stop(struct holder *holder, const struct stop *stop, clock_us now);
/* Behind a batch: what was gathered goes to the kernel. */
void holder_send(struct holder *holder);

/* Everything about an address is free. */
void holder_release(struct holder *holder, const struct address *address, clock_us now);
/* The sets were emptied: fills them from the table. */
void holder_refill(struct holder *holder, clock_us now);
/* Time passes. */
void holder_tick(struct holder *holder, clock_us now);

#endif
