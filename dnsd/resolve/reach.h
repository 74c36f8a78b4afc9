/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reach - is anybody out there?
 *
 * Used by recurse.c, whose library takes long to give up when the network swallows everything. At
 * birth, and whenever answers stay away, some of the servers that recursion begins with are asked
 * for the root's name servers; while none answers, questions fail at once instead of waiting. Never
 * looks into an answer beyond its id.
 */
#ifndef RESOLVE_REACH_H
#define RESOLVE_REACH_H

#include "base/clock.h"
#include "config/config.h"

struct event_base;
struct reach;

enum {
    REACH_TARGETS_MOST = 8, /* of those given, the first and every n-th */
    REACH_PROBE_MS =
        1000,             /* how long a probe waits; while nothing answers, one follows the other */
    REACH_DOUBT_MS = 1500 /* something waits, and nothing was heard for so long: probe */
};

enum reach_state {
    REACH_OPEN,   /* or not known yet */
    REACH_SILENT, /* questions leave, nothing answers */
    REACH_CLOSED  /* the network says that there is no way */
};

/* NULL when out of memory. `targets` is copied. `on_lost` is called whenever nobody can be reached
 * any more: what waits will wait in vain. */
struct reach *reach_new(struct event_base *base, const struct endpoint *targets, unsigned count,
                        clock_ms now, void (*on_lost)(void *owner), void *owner);
void reach_free(struct reach *reach);

/* A question is about to leave: may it hope for an answer? */
enum reach_state reach_ask(struct reach *reach, clock_ms now);
/* A question waits for the network. */
void reach_waits(struct reach *reach, clock_ms now);
/* An answer came from the network. */
void reach_heard(struct reach *reach);

/* Does the network have a way to any of these? Asks the kernel, sends nothing. */
bool reach_has_way(const struct endpoint *targets, unsigned count);

#endif
