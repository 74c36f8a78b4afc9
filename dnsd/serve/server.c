/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - birth, and the four doors.
 */
#include "serve/server.h"

#include "serve/limit.h"
#include "serve/local.h"
#include "serve/lookup.h"
#include "serve/pending.h"

#include <stdlib.h>

enum status server_new(const struct config *config, const struct server_secrets *secrets,
                       struct counters *counters, const struct outlets *outlets,
                       struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return STATUS_NO_MEMORY;
    s->config = config;
    s->secrets = *secrets;
    s->counters = counters;
    s->outlets = *outlets;
    s->policy = policy_none();
    s->limit = limit_new(config);
    s->local = local_new();
    s->cache = cache_new(config->dnsd.cache_bytes);
    s->pending = pending_new(config->dnsd.pending_most);
    s->late = malloc(MESSAGE_MOST);
    s->made = malloc(KEPT_ROOM);
    if (s->limit == NULL || s->local == NULL || s->cache == NULL || s->pending == NULL ||
        s->late == NULL || s->made == NULL) {
        server_free(s);
        return STATUS_NO_MEMORY;
    }
    *out = s;
    return STATUS_OK;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    limit_free(server->limit);
    local_free(server->local);
    cache_free(server->cache);
    pending_free(server->pending);
    free(server->late);
    free(server->made);
    free(server);
}

void server_set_policy(struct server *server, const struct policy *policy, uint32_t generation)
{
    server->policy = policy;
    server->generation = generation;
}

void server_set_told(struct server *server, struct told *told)
{
    server->told = told;
}

enum fate server_query(struct server *server, const struct peer *peer, struct span bytes,
                       struct moment when, struct writer *reply)
{
    struct query q;
    query_begin(&q, server, peer, bytes, when, reply);
    return query_run(&q);
}

void server_answer(struct server *server, const struct message_answer *answer, struct span message,
                   struct moment when)
{
    lookup_arrive(server, answer, message, when);
}

void server_resolver_lost(struct server *server, struct moment when)
{
    lookup_resolver_lost(server, when);
}

unsigned server_tick(struct server *server, struct moment when)
{
    return lookup_tick(server, when);
}

void server_flush(struct server *server, const struct name *below)
{
    lookup_flush(server, below);
}
