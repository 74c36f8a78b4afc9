/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookup - what the Internet says about a question: from the cache, or from resolve.
 *
 * Used by the path (its two steps) and by server.c (answers, lost resolvers, time). Stale answers
 * (RFC 8767), prefetch, and failures that are remembered (RFC 9520) live here. Never writes to a
 * client: it lets the query go on.
 */
#ifndef SERVE_LOOKUP_H
#define SERVE_LOOKUP_H

#include "serve/query.h"

/* Steps. A query without RD is REFUSED here: it asks what others asked (EDE 20, RFC 8914 4.21). */
enum next lookup_recall(struct query *q);
enum next lookup_resolve(struct query *q);

/* The doors of server.h. */
void lookup_arrive(struct server *s, const struct message_answer *answer, struct span message,
                   struct moment when);
void lookup_resolver_lost(struct server *s, struct moment when);
unsigned lookup_tick(struct server *s, struct moment when);
void lookup_flush(struct server *s, const struct name *below);

#endif
