/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - chained buckets over one mapping of flows, and two lists from youngest to oldest.
 */
#include "inspect/flow.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { NONE = 0, BUCKETS_EACH = 2 };

/* TCP and UDP are silent for different times before they are over: each its own. */
struct list {
    uint32_t youngest, oldest;
};

struct flows {
    struct hash_key key;
    struct flow *slab; /* of most + 1; 0 is nobody */
    uint32_t *buckets;
    struct list lists[2];
    uint32_t most, bucket_count, count;
    uint32_t fresh, free; /* used so far, and those given back */
    uint64_t evicted;
    void (*on_end)(void *owner, struct flow *flow, bool evicted);
    void *owner;
};

/* All that a packet of a known flow touches is the first cache line of it. */
static_assert(offsetof(struct flow, last) + sizeof(uint32_t) == 64, "hot line");
static_assert(sizeof(struct flow) == 128, "two lines");
static_assert(sizeof(struct flow_key) == 44, "no gaps");

static void *map(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    madvise(at, size, MADV_HUGEPAGE); /* fewer misses of the address cache; refused: slower */
    return at;
}

static size_t slab_size(const struct flows *f)
{
    return ((size_t)f->most + 1) * sizeof *f->slab;
}

static size_t buckets_size(const struct flows *f)
{
    return (size_t)f->bucket_count * sizeof *f->buckets;
}

struct flows *flows_new(size_t most, const struct hash_key *key,
                        void (*on_end)(void *owner, struct flow *flow, bool evicted), void *owner)
{
    if (most == 0 || most > UINT32_MAX / BUCKETS_EACH - 1)
        return NULL;
    struct flows *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->key = *key;
    f->most = (uint32_t)most;
    f->bucket_count = f->most * BUCKETS_EACH;
    f->on_end = on_end;
    f->owner = owner;
    f->slab = map(slab_size(f));
    f->buckets = map(buckets_size(f));
    if (f->slab == NULL || f->buckets == NULL) {
        flows_free(f);
        return NULL;
    }
    return f;
}

size_t flows_bytes_each(void)
{
    return sizeof(struct flow) + BUCKETS_EACH * sizeof(uint32_t);
}

static uint64_t half(const struct address *a, unsigned at)
{
    uint64_t word;
    memcpy(&word, a->bytes + at, sizeof word);
    return word;
}

static bool is_first(const struct segment *s)
{
    uint64_t a = be64toh(half(&s->source, 0)), b = be64toh(half(&s->destination, 0));
    if (a == b)
        a = be64toh(half(&s->source, 8)), b = be64toh(half(&s->destination, 8));
    return a == b ? s->source_port <= s->destination_port : a < b;
}

static unsigned key_of(const struct segment *s, struct flow_key *key)
{
    unsigned from = is_first(s) ? 0 : 1;
    key->address[from] = s->source;
    key->address[!from] = s->destination;
    key->port[from] = s->source_port;
    key->port[!from] = s->destination_port;
    key->vlan = s->vlan;
    key->transport = s->transport;
    key->tunnel = s->tunnel;
    return from;
}

static bool key_equal(const struct flow_key *a, const struct flow_key *b)
{
    uint64_t differ = 0;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned at = 0; at < 16; at += 8)
            differ |= half(&a->address[i], at) ^ half(&b->address[i], at);
    return (differ | (uint64_t)(a->port[0] ^ b->port[0]) | (uint64_t)(a->port[1] ^ b->port[1]) |
            (a->vlan ^ b->vlan) | (uint32_t)(a->transport ^ b->transport) |
            (uint32_t)(a->tunnel ^ b->tunnel)) == 0;
}

/* Two words for IPv4, five for IPv6: what is left out is the same for all of them. */
static uint32_t bucket_of(const struct flows *f, const struct flow_key *key)
{
    uint64_t words[5];
    size_t count = 0;
    words[count++] = (uint64_t)key->port[0] << 48 | (uint64_t)key->port[1] << 32 |
                     (key->vlan << 8 ^ (uint32_t)key->tunnel << 6 ^ key->transport);
    words[count++] = half(&key->address[0], 8);
    words[count] = half(&key->address[1], 8);
    if (address_is_ipv4(&key->address[0]) && address_is_ipv4(&key->address[1])) {
        uint32_t low[2];
        memcpy(&low[0], key->address[0].bytes + 12, sizeof low[0]);
        memcpy(&low[1], key->address[1].bytes + 12, sizeof low[1]);
        words[1] = (uint64_t)low[0] << 32 | low[1];
    } else {
        words[3] = half(&key->address[0], 0);
        words[4] = half(&key->address[1], 0);
        count = 5;
    }
    uint64_t hash = hash_bytes(&f->key, words, count * sizeof *words);
    return (uint32_t)((hash >> 32) * f->bucket_count >> 32);
}

static struct list *list_of(struct flows *f, const struct flow *flow)
{
    return &f->lists[flow->key.transport == IP_TCP ? 0 : 1];
}

static void list_unlink(struct flows *f, struct list *list, struct flow *flow)
{
    if (flow->newer != NONE)
        f->slab[flow->newer].older = flow->older;
    else
        list->youngest = flow->older;
    if (flow->older != NONE)
        f->slab[flow->older].newer = flow->newer;
    else
        list->oldest = flow->newer;
}

static void list_push(struct flows *f, struct list *list, struct flow *flow)
{
    uint32_t index = (uint32_t)(flow - f->slab);
    flow->newer = NONE;
    flow->older = list->youngest;
    if (list->youngest != NONE)
        f->slab[list->youngest].newer = index;
    else
        list->oldest = index;
    list->youngest = index;
}

/* Within one second the order does not matter: four cache lines are left alone. */
static void refresh(struct flows *f, struct flow *flow, uint32_t second)
{
    if (flow->last == second)
        return;
    struct list *list = list_of(f, flow);
    flow->last = second;
    if (flow->newer == NONE)
        return;
    list_unlink(f, list, flow);
    list_push(f, list, flow);
}

static void end(struct flows *f, struct flow *flow, bool evicted)
{
    uint32_t index = (uint32_t)(flow - f->slab);
    f->on_end(f->owner, flow, evicted);
    uint32_t *link = &f->buckets[bucket_of(f, &flow->key)];
    while (*link != index)
        link = &f->slab[*link].chain;
    *link = flow->chain;
    list_unlink(f, list_of(f, flow), flow);
    flow->chain = f->free;
    f->free = index;
    f->count--;
}

/* The one silent longest, of either transport. */
static struct flow *oldest(struct flows *f)
{
    struct flow *tcp = &f->slab[f->lists[0].oldest], *udp = &f->slab[f->lists[1].oldest];
    if (tcp == f->slab || udp == f->slab)
        return tcp == f->slab ? udp : tcp;
    return udp->last <= tcp->last ? udp : tcp;
}

static struct flow *make(struct flows *f, const struct flow_key *key, uint32_t bucket, clock_ms now)
{
    if (f->count == f->most) {
        end(f, oldest(f), true);
        f->evicted++;
    }
    uint32_t index = f->free;
    struct flow *flow = &f->slab[index];
    if (index != NONE)
        f->free = flow->chain;
    else
        flow = &f->slab[index = ++f->fresh];
    *flow = (struct flow){.key = *key, .since = (uint32_t)now, .last = (uint32_t)(now / 1000)};
    flow->chain = f->buckets[bucket];
    f->buckets[bucket] = index;
    list_push(f, list_of(f, flow), flow);
    f->count++;
    return flow;
}

struct flow *flows_find(struct flows *flows, const struct segment *segment, clock_ms now,
                        bool *is_new, unsigned *from)
{
    struct flow_key key;
    uint32_t second = (uint32_t)(now / 1000);
    *from = key_of(segment, &key);
    uint32_t bucket = bucket_of(flows, &key);
    for (uint32_t i = flows->buckets[bucket]; i != NONE; i = flows->slab[i].chain) {
        struct flow *flow = &flows->slab[i];
        if (!key_equal(&flow->key, &key))
            continue;
        refresh(flows, flow, second);
        *is_new = false;
        return flow;
    }
    *is_new = true;
    return make(flows, &key, bucket, now);
}

void flows_end(struct flows *flows, struct flow *flow)
{
    end(flows, flow, false);
}

static unsigned expire(struct flows *f, struct list *list, uint32_t second, unsigned silent,
                       unsigned most)
{
    unsigned ended = 0;
    for (unsigned i = 0; i < most && list->oldest != NONE; i++) {
        struct flow *flow = &f->slab[list->oldest];
        if (flow->last > second) {
            refresh(f, flow, second); /* the clock was set back: it is as old as now */
            continue;
        }
        if (second - flow->last <= silent)
            break;
        end(f, flow, false);
        ended++;
    }
    return ended;
}

unsigned flows_expire(struct flows *flows, clock_ms now, unsigned tcp_seconds, unsigned udp_seconds,
                      unsigned most)
{
    uint32_t second = (uint32_t)(now / 1000);
    struct list *tcp = &flows->lists[0], *udp = &flows->lists[1];
    unsigned ended = expire(flows, udp, second, udp_seconds, most / 2); /* neither starves */
    ended += expire(flows, tcp, second, tcp_seconds, most - ended);
    return ended + expire(flows, udp, second, udp_seconds, most - ended);
}

void flows_free(struct flows *flows)
{
    if (flows == NULL)
        return;
    for (unsigned i = 0; i < COUNT_OF(flows->lists); i++)
        while (flows->lists[i].oldest != NONE)
            end(flows, &flows->slab[flows->lists[i].oldest], false);
    if (flows->slab != NULL)
        munmap(flows->slab, slab_size(flows));
    if (flows->buckets != NULL)
        munmap(flows->buckets, buckets_size(flows));
    free(flows);
}

size_t flows_count(const struct flows *flows)
{
    return flows->count;
}

uint64_t flows_evicted(const struct flows *flows)
{
    return flows->evicted;
}
