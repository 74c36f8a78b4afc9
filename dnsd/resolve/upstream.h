/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upstream - where answers come from: one struct of functions for each way of finding them.
 *
 * Used by main.c, which chooses one at birth. A question is known by its ticket, 0 to ASKS_MOST -
 * 1, which main.c gives out; each ask is answered exactly once, perhaps already inside ask(). Never
 * knows which serve process asked, never sees a client.
 */
#ifndef RESOLVE_UPSTREAM_H
#define RESOLVE_UPSTREAM_H

#include "config/config.h"
#include "process/counters.h"
#include "process/message.h"

struct event_base;

enum { ASKS_MOST = 8192 }; /* questions under way in one resolve process */

struct upstream_answer {
    enum outcome outcome;
    bool secure;
    uint16_t ede;        /* EDE_NONE, or what the upstream said */
    const char *why;     /* "" when nothing to say */
    struct span message; /* with OUTCOME_ANSWER and OUTCOME_BOGUS; lives until on_answer returns */
};

struct upstream_setup {
    const struct config *config;
    struct event_base *base;
    struct counters *counters;
    void (*on_answer)(void *owner, uint32_t ticket, const struct upstream_answer *answer);
    void *owner;
};

struct upstream {
    const char *name;
    /* Keeps a copy of `setup`; what it points to must outlive the upstream. */
    enum status (*open)(const struct upstream_setup *setup, void **out);
    void (*ask)(void *state, uint32_t ticket, const struct message_ask *ask);
    void (*forget)(void *state); /* drop whatever it remembers of the Internet */
    void (*close)(void *state);  /* answers nothing any more */
};

extern const struct upstream upstream_recurse, upstream_forward;

#endif
