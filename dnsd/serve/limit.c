/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limit - allow list, cookies, token buckets.
 */
#include "serve/limit.h"

#include "base/table.h"
#include "serve/reply.h"

#include <stdlib.h>

enum { TOKEN = 1000, SLIP = 2 }; /* a token is 1000 parts, so that a millisecond adds whole ones */

struct limit {
    struct table *buckets; /* NULL: no limit */
    uint64_t rate, most;   /* parts a millisecond; parts a bucket holds */
    unsigned ipv4_bits, ipv6_bits;
};

struct bucket {
    clock_ms filled_at;
    uint64_t parts;
    uint32_t refused;
};

struct limit *limit_new(const struct config *config)
{
    struct limit *l = calloc(1, sizeof *l);
    if (l == NULL || config->dnsd.rate_per_second == 0)
        return l;
    uint32_t burst = config->dnsd.rate_burst;
    if (burst < config->dnsd.rate_per_second / 10 + 1)
        burst = config->dnsd.rate_per_second / 10 + 1;
    l->rate = config->dnsd.rate_per_second;
    l->most = (uint64_t)burst * TOKEN;
    l->ipv4_bits = 96 + config->dnsd.rate_ipv4_prefix;
    l->ipv6_bits = config->dnsd.rate_ipv6_prefix;
    size_t clients = config->dnsd.rate_clients > 0 ? config->dnsd.rate_clients : 1;
    l->buckets = table_new(clients, sizeof(struct address), sizeof(struct bucket), NULL, NULL);
    if (l->buckets == NULL) {
        free(l);
        return NULL;
    }
    return l;
}

void limit_free(struct limit *limit)
{
    if (limit == NULL)
        return;
    table_free(limit->buckets);
    free(limit);
}

static bool is_allowed(const struct config *config, const struct address *client)
{
    for (uint32_t i = 0; i < config->dnsd.allow_count; i++)
        if (prefix_holds(&config->dnsd.allow[i], client))
            return true;
    return false;
}

static enum cookie_state cookie_state(const struct query *q)
{
    const struct edns *edns = &q->asked.edns;
    if (edns->cookie_length == 0)
        return COOKIE_NONE;
    uint32_t seconds = (uint32_t)(q->when.wall / 1000000);
    const struct server_secrets *secrets = &q->server->secrets;
    enum cookie_state state = cookie_check(edns, &q->peer.client, &secrets->cookie, seconds);
    if (state != COOKIE_BAD)
        return state;
    state = cookie_check(edns, &q->peer.client, &secrets->cookie_before, seconds);
    return state == COOKIE_GOOD ? COOKIE_RENEW : state;
}

static struct bucket *bucket_of(struct limit *l, const struct address *client, clock_ms now)
{
    unsigned bits = address_is_ipv4(client) ? l->ipv4_bits : l->ipv6_bits;
    struct address prefix = address_mask(client, bits);
    bool is_new;
    struct bucket *b = table_claim(l->buckets, &prefix, &is_new);
    if (is_new) {
        b->parts = l->most;
    } else if (now > b->filled_at) {
        uint64_t parts = b->parts + (now - b->filled_at) * l->rate;
        b->parts = parts < l->most ? parts : l->most;
    }
    b->filled_at = now;
    return b;
}

static bool has_token(struct bucket *bucket)
{
    if (bucket->parts < TOKEN)
        return false;
    bucket->parts -= TOKEN;
    return true;
}

enum next limit_admit(struct query *q)
{
    struct limit *l = q->server->limit;
    bool allowed = is_allowed(q->server->config, &q->peer.client);

    q->cookie_state = (uint8_t)cookie_state(q);
    if (l->buckets != NULL && query_is_udp(q) && q->cookie_state < COOKIE_GOOD) {
        struct bucket *bucket = bucket_of(l, &q->peer.client, q->when.now);
        if (!has_token(bucket)) {
            query_count(q, COUNT_LIMITED);
            return allowed && bucket->refused++ % SLIP == 0
                       ? reply_truncated(q, EDE_NONE, (struct span){0})
                       : NEXT_SILENT;
        }
    }
    return allowed ? NEXT_STEP
                   : reply_code(q, RCODE_REFUSED, EDE_PROHIBITED, "this client may not ask here");
}
