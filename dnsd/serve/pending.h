/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pending - questions under way to resolve, each asked once, and the clients that wait for them.
 *
 * Used by lookup. All memory is claimed at birth: `most` questions, twice as many waiting clients,
 * and of those at most half for one question. When full, the caller is told and answers SERVFAIL.
 * Never asks, never answers, knows no time but what it is told.
 */
#ifndef SERVE_PENDING_H
#define SERVE_PENDING_H

#include "serve/query.h"

enum { PENDING_NONE = UINT32_MAX };

struct inquiry {
    struct question_key key;
    uint32_t id; /* for resolve; never that of an older question in the same slot */
    clock_ms since;
    uint32_t first, last; /* waiting clients, in order */
    uint32_t waiting;
    bool open;
    bool unasked;     /* no resolver could take it yet */
    bool asked_again; /* a resolver died with it */
    bool stale_tried; /* its clients got what stale answer there was */
    uint32_t chain;   /* next in the bucket */
    uint32_t older, younger;
};

/* A client that waits: its query, and the bytes of header and question. */
struct waiter {
    struct query query;
    uint8_t head[MESSAGE_HEADER + NAME_MAX_WIRE + 4];
    uint32_t next;
};

struct pending;

struct pending *pending_new(uint32_t most);
void pending_free(struct pending *pending);

/* NULL: not under way. */
struct inquiry *pending_find(struct pending *pending, const struct question_key *key);
struct inquiry *pending_by_id(struct pending *pending, uint32_t id);
/* A new question, which is not under way yet; NULL when full. */
struct inquiry *pending_open(struct pending *pending, const struct question_key *key, clock_ms now);
/* Ends a question; its clients must have left. */
void pending_close(struct pending *pending, struct inquiry *inquiry);

/* Lets a copy of the query wait; false when there is no place for it. */
bool pending_join(struct pending *pending, struct inquiry *inquiry, const struct query *query);
/* All clients leave the question, as a chain for pending_next(). */
uint32_t pending_leave(struct inquiry *inquiry);
/* The next client of a chain, whose place becomes free; false at the end. */
bool pending_next(struct pending *pending, uint32_t *chain, struct waiter *out);

/* From the oldest to the youngest; NULL at the end. */
struct inquiry *pending_oldest(struct pending *pending);
struct inquiry *pending_younger(struct pending *pending, const struct inquiry *inquiry);
uint32_t pending_count(const struct pending *pending);

#endif
