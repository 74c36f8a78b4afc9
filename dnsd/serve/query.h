/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query - one query on its way through the steps of path.c, and the server it is in.
 *
 * Used by the steps (limit, local, blocked, lookup, review, reply) and by server.c. A query that
 * has to wait is copied by pending.c and goes on later. Never leaves this folder.
 */
#ifndef SERVE_QUERY_H
#define SERVE_QUERY_H

#include "dns/cookie.h"
#include "policy/decide.h"
#include "serve/cache.h"
#include "serve/server.h"

struct server {
    const struct config *config;
    struct server_secrets secrets;
    struct counters *counters;
    struct outlets outlets;

    const struct policy *policy;
    uint32_t generation;
    struct told *told; /* or NULL */

    struct limit *limit;
    struct local *local;
    struct cache *cache;
    struct pending *pending;

    struct event event; /* the one being filled */
    uint64_t events_lost, events_sampled, events_seen;

    struct question_key key; /* what the query now on its way asks of cache and resolve */
    uint8_t *late;           /* a late answer, MESSAGE_MOST bytes */
    struct kept *made;       /* what resolve said last, KEPT_ROOM bytes */
};

/* What a step says to the path. */
enum next {
    NEXT_STEP,
    NEXT_RECORD, /* the answer is written: only the record is missing */
    NEXT_SILENT, /* there will be no answer */
    NEXT_WAIT,   /* pending.c has a copy of the query */
    NEXT_RECALL  /* on with the step "recall", for the name that a redirect leads to */
};

struct query {
    struct server *server;
    struct peer peer;
    struct moment when, arrived;
    struct span bytes; /* as received; only until the query waits */
    struct message asked;
    bool broken;          /* `bytes` are no sound message */
    uint8_t cookie_state; /* enum cookie_state */
    uint8_t cookie[COOKIE_SIZE];

    uint32_t generation; /* of the policy that gave the verdict */
    uint16_t group;
    struct verdict verdict;
    uint8_t seen; /* enum seen: what the verdict is about */
    bool matched_is_address;
    struct address matched_address;
    struct name matched_name; /* valid for SEEN_ANSWER unless matched_is_address */

    bool redirected; /* the answer is a CNAME to `target`, and what that has */
    struct name target;

    struct kept *found; /* what the Internet says, or NULL */
    bool stale;         /* `found` is past its end */

    struct writer *reply;
    bool answered;
    uint16_t flags, rcode, ede; /* of the answer */
};

void query_begin(struct query *q, struct server *server, const struct peer *peer, struct span bytes,
                 struct moment when, struct writer *reply);

/* From the first step on. */
enum fate query_run(struct query *q);
/* On after a wait, with `found` (and `stale`) set. Decides again when the policy has changed. */
enum fate query_resume(struct query *q);

static inline void query_count(const struct query *q, enum counter counter)
{
    q->server->counters->value[counter]++;
}

/* The name that is looked up for the client. */
static inline const struct name *query_sought(const struct query *q)
{
    return q->redirected ? &q->target : &q->asked.question.name;
}

static inline bool query_is_udp(const struct query *q)
{
    return q->peer.transport == TRANSPORT_UDP;
}

#endif
