/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * held - what is held now: from whom, why, since when, until when.
 *
 * Used by gate, which writes it, and by inspectd's parent, which reads it out for `ponor firewall
 * --status`. A fixed table in shared memory that the parent keeps, so that gate's successor goes on
 * with it. Enforces the limits: so many in all, so many new ones a minute, none that is protected,
 * every one with an end. A reader never waits and trusts no text to be ended. `now`: wall clock.
 */
#ifndef FIREWALL_HELD_H
#define FIREWALL_HELD_H

#include "base/clock.h"
#include "process/lane.h"

struct held;

struct held_limits {
    uint32_t most, per_minute, seconds;
};

/* Texts are there for people, cut where they are longer. */
struct held_entry {
    struct stop stop;
    clock_us since, last, until;
    uint32_t times; /* ordered so often */
    char app[32], rule[96], ticket[32];
};

/* A memory file for `most` entries. */
MUST_USE enum status held_make(uint32_t most, int *fd_out);
MUST_USE enum status held_open(int fd, bool to_write, struct held **out);
void held_close(struct held *held);

enum held_answer {
    HELD_NEW,     /* put it into its set */
    HELD_AGAIN,   /* is there; its end moved: refresh it */
    HELD_REFUSED, /* protected, or no sound order */
    HELD_FULL,    /* limits: counted */
};
/* HOLD_FLOW is held as well: in mode tap its set does the stopping. */
enum held_answer held_put(struct held *held, const struct held_limits *limits,
                          const struct prefix *protected, size_t protected_count,
                          const struct held_entry *entry, clock_us now);
/* Takes out the next whose end has come, or that concerns an address (its client or server; NULL:
 * any, of those that ended). False: none. */
bool held_take(struct held *held, const struct address *address, clock_us now,
               struct held_entry *out);

/* Calls for each that holds now. */
void held_each(const struct held *held, clock_us now,
               void (*on_entry)(void *owner, const struct held_entry *entry), void *owner);

struct held_counts {
    uint64_t held, refused, full; /* since the table was made */
    uint32_t now;
};
struct held_counts held_counts(const struct held *held, clock_us now);

#endif
