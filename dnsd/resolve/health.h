/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * health - how well a server answers, and which of several is to be asked.
 *
 * Used by flight.c for every question that leaves. Mostly the fastest is asked; now and then
 * another is asked beside it, so that its figures stay true and no client waits for the experiment.
 * A server that failed several times in a row is suspect: forward.c asks it a question of its own
 * that any resolver answers at once, since a dead zone of the Internet makes a good server look
 * silent. If that stays unanswered too, no client's question goes there until one of those is
 * answered; the pause between them doubles. Pure: no clock, no socket, no chance of its own (`lot`
 * is a random number).
 */
#ifndef RESOLVE_HEALTH_H
#define RESOLVE_HEALTH_H

#include "base/clock.h"

#include <stdbool.h>

enum {
    HEALTH_FAILURES = 3, /* in a row, and no answer for HEALTH_QUIET_MS: silent */
    HEALTH_QUIET_MS = 1000,
    HEALTH_PAUSE_MS = 250,       /* before a silent server is asked again; doubles … */
    HEALTH_PAUSE_MOST_MS = 2000, /* … up to this */
    HEALTH_EXPLORE = 64,         /* one question of so many is asked of another server too */
    HEALTH_NOBODY = -1
};

struct health {
    clock_ms answered_at; /* 0: never */
    clock_ms again_at;    /* silent: not to be asked before */
    uint32_t pause;       /* ms; 0: not silent */
    uint32_t rtt;         /* smoothed, in eighths of a ms; 0: not measured */
    uint16_t failures;    /* in a row */
    bool network;         /* the last failure was the network's word, not silence */
};

/* An answer came after `rtt` ms. */
void health_answered(struct health *h, clock_ms rtt, clock_ms now);
/* It answered, but would not serve us (REFUSED): alive, and as slow as a time-out in our eyes. */
void health_refused(struct health *h, clock_ms timeout, clock_ms now);
/* No answer in time. */
void health_failed(struct health *h);
/* It did not even answer our own question: silent. */
void health_silenced(struct health *h, clock_ms now);
/* The network said that it cannot be reached: silent. */
void health_unreachable(struct health *h, clock_ms now);

static inline bool health_is_silent(const struct health *h)
{
    return h->pause > 0;
}

/* Is it time for a question of our own: it is suspect, or silent and its pause is over? */
bool health_is_due(const struct health *h, clock_ms now);

/* The server to ask: the one with the fewest failures, then the fastest, that is not silent and not
 * in the set `tried` (bit n: all[n]); else HEALTH_NOBODY. `count` is at most 32. */
int health_choose(const struct health *all, unsigned count, uint32_t tried);

/* A server to ask beside `chosen`: once in HEALTH_EXPLORE and when `chosen` was measured, any other
 * that is not silent; else HEALTH_NOBODY. */
int health_beside(const struct health *all, unsigned count, int chosen, uint32_t lot);

#endif
