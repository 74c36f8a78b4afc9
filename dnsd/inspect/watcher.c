/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watcher - birth, limits and end of a watcher; time that passes.
 */
#include "inspect/watcher.h"

#include "base/random.h"
#include "base/table.h"
#include "inspect/listen.h"

#include <stdlib.h>

enum {
    PERCENT_FLOWS = 69, /* how limits.memory is shared */
    PERCENT_STOPS = 1,
    PERCENT_GATHER = 16,
    PERCENT_SIGHTS = 8,
    PERCENT_FRAGMENTS = 3,
    RESOLVED_BYTES = 512, /* of one pair that resolved.h keeps, at most */
    STOPPED_BYTES = 128,  /* of a flow that was stopped */
    EXPIRED_AT_ONCE = 64, /* flows */
};

static void on_flow_end(void *owner, struct flow *flow, bool evicted)
{
    listen_forget(owner, flow, evicted);
}

void watch_tick(struct watcher *watcher, clock_us now)
{
    if (now / 1000 > watcher->now)
        watcher->now = now / 1000;
    if (flows_expire(watcher->flows, watcher->now, watcher->limits.tcp_seconds,
                     watcher->limits.udp_seconds, EXPIRED_AT_ONCE) < EXPIRED_AT_ONCE)
        watcher->expired = watcher->now;
}

void watch_finish(struct watcher *watcher)
{
    const clock_ms end = (clock_ms)UINT32_MAX * 1000; /* of what a flow's seconds can say */
    while (flows_expire(watcher->flows, end, 0, 0, EXPIRED_AT_ONCE) > 0)
        continue;
}

static size_t share(const struct watch_limits *limits, unsigned percent)
{
    return (size_t)(limits->memory / 100 * percent);
}

static size_t memory_most(void)
{
    size_t most = 0;
    for (size_t i = 0; recognisers[i] != NULL; i++) {
        if (recognisers[i]->memory_size > most)
            most = recognisers[i]->memory_size;
    }
    return most;
}

struct watcher *watcher_new(const struct watch_limits *limits, const struct watch_output *output)
{
    struct watcher *w = calloc(1, sizeof *w);
    struct hash_key key;
    size_t piece = memory_most();

    if (w == NULL)
        return NULL;
    random_bytes(&key, sizeof key);
    w->limits = *limits;
    w->judge.output = *output;
    w->flows = flows_new(share(limits, PERCENT_FLOWS) / flows_bytes_each(), &key, on_flow_end, w);
    w->pool = gather_pool_new(share(limits, PERCENT_GATHER));
    w->sights = sights_new(share(limits, PERCENT_SIGHTS) / (piece + 1), piece);
    w->fragments = fragments_new(share(limits, PERCENT_FRAGMENTS), &key);
    w->resolved = resolved_new(share(limits, 100 - PERCENT_FLOWS - PERCENT_STOPS - PERCENT_GATHER -
                                                 PERCENT_SIGHTS - PERCENT_FRAGMENTS) /
                               RESOLVED_BYTES);
    w->stops = table_new(share(limits, PERCENT_STOPS) / STOPPED_BYTES, sizeof(struct flow_key),
                         sizeof(struct stopped), NULL, NULL);
    w->judge.resolved = w->resolved;
    if (w->flows == NULL || w->pool == NULL || w->sights == NULL || w->fragments == NULL ||
        w->resolved == NULL || w->stops == NULL) {
        watcher_free(w);
        return NULL;
    }
    return w;
}

void watcher_free(struct watcher *watcher)
{
    if (watcher == NULL)
        return;
    watcher->judge.output = (struct watch_output){0};
    if (watcher->flows != NULL)
        flows_free(watcher->flows);
    gather_pool_free(watcher->pool);
    sights_free(watcher->sights);
    fragments_free(watcher->fragments);
    resolved_free(watcher->resolved);
    table_free(watcher->stops);
    free(watcher);
}

void watcher_use(struct watcher *watcher, const struct policy *policy, uint32_t generation)
{
    watcher->judge.policy = policy;
    watcher->judge.generation = generation;
}

void watcher_told(struct watcher *watcher, const struct told *told)
{
    resolved_use(watcher->resolved, told);
}

void watcher_resolvers(struct watcher *watcher, const struct prefix *resolvers, size_t count)
{
    watcher->judge.resolvers = resolvers;
    watcher->judge.resolver_count = count;
}

void watcher_enforces(struct watcher *watcher, bool enforces)
{
    watcher->judge.enforces = enforces;
}

void watcher_redirects_dns(struct watcher *watcher, bool ipv4, bool ipv6)
{
    watcher->judge.redirects_dns[0] = ipv4;
    watcher->judge.redirects_dns[1] = ipv6;
}

void watcher_told_names(struct watcher *watcher, enum told_names told_names)
{
    watcher->judge.told_names = told_names;
}

struct watch_counts watch_counts(const struct watcher *watcher)
{
    struct watch_counts counts = watcher->counts;

    counts.events = watcher->judge.events;
    counts.flows_evicted = flows_evicted(watcher->flows);
    counts.flows_now = flows_count(watcher->flows);
    return counts;
}
