/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watcher - what a watcher is made of, and one packet on its way.
 *
 * Used by watch.c, listen.c and watcher.c: three parts of one thing. Everybody else sees watch.h.
 */
#ifndef INSPECT_WATCHER_H
#define INSPECT_WATCHER_H

#include "inspect/fragments.h"
#include "inspect/gather.h"
#include "inspect/judge.h"
#include "inspect/resolved.h"

/* Of struct flow. */
enum state {
    STATE_LISTENING, /* what the client says is gathered and shown to recognisers */
    STATE_JUDGED,    /* all that matters was said, or can never be known */
};

enum mark {
    MARK_MIDSTREAM = 1,  /* its beginning was not seen */
    MARK_KNOWN = 2,      /* next[CLIENT] is the first sequence number not seen in order */
    MARK_AGAIN = 4,      /* judged before; what is gathered now is a later hello */
    MARK_COPY = 8,       /* the same, of bytes that were judged: another copy of them */
    MARK_DONE = 16,      /* all is said; what comes until the server answers may be another copy */
    MARK_RESULT = 32,    /* on_result has heard of it */
    MARK_AMBIGUOUS = 64, /* on_result has heard that it is */
    MARK_STOP = 128,     /* the policy wants it stopped */
    MARK_FREE = 256,     /* neither of its ends is in a group */
    MARK_ACKED = 512,    /* the server has got what was judged of the client */
    MARK_SERVER_HEARD = 1024, /* ordered: the server may not be shown any more */
    MARK_SERVER_FIRST = 2048, /* it spoke before the client did */
};

struct watcher {
    struct watch_limits limits;
    struct judge judge;
    struct flows *flows;
    struct gather_pool *pool;
    struct sights *sights;
    struct fragments *fragments;
    struct resolved *resolved;
    struct table *stops; /* flow_key -> struct stopped */
    struct stop stop;    /* of the last ORDER_STOP */
    bool stop_is_news;
    clock_ms now, expired; /* never go back */
    struct watch_counts counts;
};

/* Of a flow with MARK_STOP; of those stopped longest ago it may be gone. */
struct stopped {
    struct stop_reason reason;
    uint32_t since; /* as in struct flow: which of the flows that had this key */
    uint32_t times; /* packets that say something, since then */
};

/* One packet on its way. */
struct step {
    const struct packet *packet;
    struct segment segment;
    struct flow *flow;
    bool is_new, was_judged; /* the latter: and nothing in this packet was worth listening to */
    enum side from;
    struct place place;
    struct talk talk;
};

#endif
