/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch - the steps of a packet's life, in order.
 */
#include "inspect/watch.h"

#include "base/random.h"
#include "inspect/fragments.h"
#include "inspect/gather.h"
#include "inspect/judge.h"
#include "inspect/resolved.h"
#include "policy/decide.h"

#include <stdlib.h>

enum state {
    STATE_LISTENING, /* what the client says is gathered and shown to recognisers */
    STATE_JUDGED,    /* all that matters was said, or can never be known */
};

enum mark {
    MARK_MIDSTREAM = 1, /* its beginning was not seen */
    MARK_KNOWN = 2,     /* next[CLIENT] is the first sequence number not seen in order */
    MARK_AGAIN = 4,     /* judged before; what is gathered now is a second hello */
    MARK_RESULT = 8,    /* on_result has heard of it */
    MARK_STOP = 16,     /* the policy wants it stopped */
};

enum {
    PERCENT_FLOWS = 70, /* how limits.memory is shared */
    PERCENT_GATHER = 16,
    PERCENT_SIGHTS = 8,
    PERCENT_FRAGMENTS = 3,
    RESOLVED_BYTES = 512, /* of one pair that resolved.h keeps, at most */
    DATAGRAMS_MOST = 16,  /* without a recogniser that is sure */
    AGAIN_WINDOW = 65536, /* how far behind the first hello a second one is looked for */
    EXPIRED_AT_ONCE = 64, /* flows, per packet */
    LOW_PORTS = 1024,
};

struct watcher {
    struct watch_limits limits;
    struct judge judge;
    struct flows *flows;
    struct gather_pool *pool;
    struct sights *sights;
    struct fragments *fragments;
    struct resolved *resolved;
    const struct prefix *resolvers;
    size_t resolver_count;
    clock_ms now, expired; /* never go back */
    struct watch_counts counts;
};

/* One packet on its way. */
struct step {
    const struct packet *packet;
    struct segment segment;
    struct flow *flow;
    bool is_new;
    enum side from;
    struct place place;
    struct talk talk;
    enum watch_order order;
};

enum next { NEXT_STEP, NEXT_PACKET };

/* Results. */

static uint32_t hash_name(const struct name *name)
{
    static const struct hash_key unkeyed = {0, 0}; /* compared, never an index */
    return (uint32_t)hash_bytes(&unkeyed, name->wire, name->length) | 1;
}

static void say_result(struct watcher *w, struct flow *flow, enum ending ending, enum why why,
                       const struct sighting *sighting)
{
    w->counts.named += ending == ENDING_NAME;
    w->counts.unnamed += ending == ENDING_NO_NAME;
    w->counts.ambiguous += ending == ENDING_AMBIGUOUS;
    flow->marks |= MARK_RESULT;
    if (w->judge.output.on_result == NULL)
        return;
    struct result result = {
        .key = flow->key,
        .client_is = flow->client,
        .ending = ending,
        .why = why,
        .spoken = sighting != NULL ? sighting->spoken : flow->spoken,
        .seen = sighting != NULL ? sighting->seen : SEEN_PACKET,
        .began = (clock_us)flow->since * 1000000,
        .packets = (uint32_t)flow->packets[CLIENT] + flow->packets[SERVER],
    };
    if (sighting != NULL && sighting->has_name)
        result.name = sighting->name;
    w->judge.output.on_result(w->judge.output.owner, &result);
}

static void stop_gathering(struct watcher *w, struct flow *flow)
{
    for (unsigned side = 0; side < 2; side++) {
        gather_close(w->pool, flow->said[side]);
        flow->said[side] = NULL;
    }
    sights_release(w->sights, flow->memory);
    flow->memory = NULL;
}

/* All that matters of a flow is known, or never will be. */
static void flow_judged(struct watcher *w, struct flow *flow, enum why why)
{
    if (!(flow->marks & (MARK_RESULT | MARK_AGAIN)))
        say_result(w, flow, ENDING_NO_NAME, why, NULL);
    if (flow->said[CLIENT] != NULL)
        flow->next[CLIENT] += (uint32_t)gather_bytes(flow->said[CLIENT]).length;
    stop_gathering(w, flow);
    flow->state = STATE_JUDGED;
    w->counts.judged++;
}

/* Why a flow that says no more has no name. */
static enum why why_silent(const struct flow *flow)
{
    const struct gather *said = flow->said[CLIENT];

    if (flow->marks & MARK_MIDSTREAM)
        return WHY_MIDSTREAM;
    if (said != NULL && gather_has_hole(said))
        return WHY_HOLE;
    if (said == NULL && flow->key.transport == IP_TCP)
        return WHY_SILENT;
    return flow->spoken != SPOKEN_UNKNOWN ? WHY_UNFINISHED : WHY_UNRECOGNISED;
}

static void on_flow_end(void *owner, struct flow *flow, bool evicted)
{
    struct watcher *w = owner;

    if (flow->state == STATE_LISTENING && !(flow->marks & (MARK_RESULT | MARK_AGAIN)))
        say_result(w, flow, ENDING_NO_NAME, evicted ? WHY_EVICTED : why_silent(flow), NULL);
    stop_gathering(w, flow);
}

/* The steps. */

static enum next packet_frame(struct watcher *w, struct step *s)
{
    const struct packet *packet = s->packet;
    struct fragment fragment, joined;
    struct span whole;

    enum frame frame =
        frame_read(packet->link, packet->bytes, packet->sent, &s->segment, &fragment);
    if (frame == FRAME_FRAGMENT) {
        w->counts.fragments++;
        if (!fragments_put(w->fragments, &fragment, w->now, &whole, &joined))
            return NEXT_PACKET;
        frame = frame_read_joined(&joined, whole, &s->segment);
    }
    w->counts.cut += frame == FRAME_CUT;
    w->counts.malformed += frame == FRAME_MALFORMED;
    w->counts.other += frame == FRAME_OTHER;
    return frame == FRAME_SEGMENT ? NEXT_STEP : NEXT_PACKET;
}

static bool has_group(const struct watcher *w, const struct address *address)
{
    return w->judge.policy != NULL && policy_group_of(w->judge.policy, address) != GROUP_NONE;
}

/* Whether the sender of a flow's first packet is its server: the answer of a handshake; else, where
 * the beginning was missed, whoever is not one of ours, or has the port of a service. */
static bool sender_is_server(const struct watcher *w, const struct segment *s)
{
    if (s->transport == IP_TCP && (s->tcp_flags & TCP_SYN))
        return (s->tcp_flags & TCP_ACK) != 0;
    bool looks_so = s->source_port < LOW_PORTS && s->source_port < s->destination_port;
    bool source = has_group(w, &s->source), destination = has_group(w, &s->destination);
    return source == destination ? looks_so : destination && (looks_so || s->transport == IP_TCP);
}

static void flow_begin(struct watcher *w, struct step *s, unsigned from)
{
    struct flow *flow = s->flow;
    const struct segment *segment = &s->segment;
    bool is_server = sender_is_server(w, segment);

    flow->client = (uint8_t)(is_server ? !from : from);
    flow->state = STATE_LISTENING;
    flow->candidates = sight_candidates(segment->transport);
    if (segment->transport == IP_TCP && !(segment->tcp_flags & TCP_SYN))
        flow->marks = MARK_MIDSTREAM;
    w->counts.flows++;
}

/* The same ports, another conversation. */
static bool is_begun_anew(const struct flow *flow, const struct segment *segment, unsigned from)
{
    return segment->transport == IP_TCP &&
           (segment->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
           (flow->marks & MARK_KNOWN) && from == flow->client &&
           (flow->state == STATE_JUDGED || flow->said[CLIENT] != NULL) &&
           segment->sequence + 1 != flow->next[CLIENT];
}

static void flow_place(struct step *s)
{
    const struct flow *flow = s->flow;
    unsigned client = flow->client, server = !client;

    s->place = (struct place){
        .flow = s->flow,
        .client = &flow->key.address[client],
        .server = &flow->key.address[server],
        .client_port = flow->key.port[client],
        .server_port = flow->key.port[server],
        .transport = s->segment.transport,
        .tunnel = s->segment.tunnel,
        .vlan = s->segment.vlan,
        .at = s->packet->at,
    };
}

static enum next packet_flow(struct watcher *w, struct step *s)
{
    unsigned from;

    s->flow = flows_find(w->flows, &s->segment, w->now, &s->is_new, &from);
    if (!s->is_new && is_begun_anew(s->flow, &s->segment, from)) {
        flows_end(w->flows, s->flow);
        s->flow = flows_find(w->flows, &s->segment, w->now, &s->is_new, &from);
    }
    if (s->is_new)
        flow_begin(w, s, from);
    s->from = from == s->flow->client ? CLIENT : SERVER;
    if (s->flow->packets[s->from] < UINT16_MAX)
        s->flow->packets[s->from]++;
    if (s->flow->state == STATE_JUDGED && s->segment.payload.length == 0)
        return NEXT_PACKET;
    flow_place(s);
    if (s->is_new && judge_address(&w->judge, &s->place) == ORDER_STOP)
        s->flow->marks |= MARK_STOP;
    return NEXT_STEP;
}

/* A ClientHello at the start of a segment, alone or behind a change of cipher spec (RFC 8446 D.4).
 */
static bool begins_hello(struct span p)
{
    static const uint8_t change[6] = {0x14, 3, 3, 0, 1, 1};

    if (p.length > sizeof change && memcmp(p.at, change, sizeof change) == 0)
        p = span_of(p.at + sizeof change, p.length - sizeof change);
    return p.length >= 6 && p.at[0] == 0x16 && p.at[1] == 3 && p.at[5] == 1;
}

/* What a judged flow may still say: a second hello, behind a HelloRetryRequest or as another copy
 * of the first. */
static enum next flow_again(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;
    int32_t ahead = (int32_t)(s->segment.sequence - flow->next[CLIENT]);

    if (s->from != CLIENT || s->segment.transport != IP_TCP || flow->spoken != SPOKEN_TLS ||
        ahead > AGAIN_WINDOW || ahead < -AGAIN_WINDOW || !begins_hello(s->segment.payload))
        return NEXT_PACKET;
    struct span payload = s->segment.payload;
    unsigned skip = payload.at[0] == 0x14 ? 6 : 0;
    flow->said[CLIENT] = gather_open(w->pool, s->segment.sequence + skip);
    if (flow->said[CLIENT] == NULL)
        return NEXT_PACKET;
    flow->state = STATE_LISTENING;
    flow->marks |= MARK_AGAIN;
    flow->why = ahead < 0 ? WHY_OVERLAP : WHY_SECOND_HELLO;
    flow->candidates = sight_candidates(IP_TCP);
    flow->want = 0;
    flow->next[CLIENT] = s->segment.sequence + skip;
    return NEXT_STEP;
}

/* The sequence number of a side's first byte, where its beginning was seen. */
static void learn_sequence(struct flow *flow, const struct step *s)
{
    const struct segment *segment = &s->segment;

    if (segment->tcp_flags & TCP_SYN) {
        if (flow->said[s->from] == NULL)
            flow->next[s->from] = segment->sequence + 1;
        if (s->from == CLIENT)
            flow->marks |= MARK_KNOWN;
        else if (!(flow->marks & MARK_KNOWN)) {
            flow->next[CLIENT] = segment->acknowledgement;
            flow->marks |= MARK_KNOWN;
        }
    } else if (segment->payload.length > 0 && flow->said[s->from] == NULL &&
               (s->from == SERVER ? flow->next[SERVER] == 0 : !(flow->marks & MARK_KNOWN))) {
        flow->next[s->from] = segment->sequence;
        if (s->from == CLIENT)
            flow->marks |= MARK_KNOWN;
    }
}

static void talk_begin(struct watcher *w, struct step *s)
{
    s->talk = (struct talk){
        .transport = s->segment.transport,
        .midstream = (s->flow->marks & MARK_MIDSTREAM) != 0,
        .from = s->from,
        .client = s->place.client,
        .server = s->place.server,
        .client_port = s->place.client_port,
        .server_port = s->place.server_port,
        .memory = &s->flow->memory,
        .sights = w->sights,
    };
}

static enum next gather_datagram(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;

    if (flow->state == STATE_JUDGED || s->segment.payload.length == 0)
        return NEXT_PACKET;
    talk_begin(w, s);
    s->talk.said[s->from] = s->segment.payload;
    s->talk.cut = s->segment.cut;
    s->talk.datagrams[CLIENT] = flow->packets[CLIENT];
    s->talk.datagrams[SERVER] = flow->packets[SERVER];
    return NEXT_STEP;
}

static bool is_ended(const struct gather *said)
{
    return said != NULL && gather_is_complete(said);
}

static struct span said(const struct gather *gather)
{
    return gather != NULL ? gather_bytes(gather) : span_of(NULL, 0);
}

static enum next packet_gather(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;
    const struct segment *segment = &s->segment;

    if (segment->transport == IP_UDP)
        return gather_datagram(w, s);
    if (flow->state == STATE_JUDGED && flow_again(w, s) == NEXT_PACKET)
        return NEXT_PACKET;
    learn_sequence(flow, s);
    bool ends = (segment->tcp_flags & (TCP_FIN | TCP_RST)) != 0;
    if (segment->payload.length == 0 && segment->sent == 0 && !ends)
        return NEXT_PACKET;
    if (flow->said[s->from] == NULL && !(segment->tcp_flags & TCP_RST))
        flow->said[s->from] = gather_open(w->pool, flow->next[s->from]);
    if (flow->said[s->from] == NULL) {
        flow_judged(w, flow, segment->tcp_flags & TCP_RST ? why_silent(flow) : WHY_NO_ROOM);
        return NEXT_PACKET;
    }
    uint32_t at = segment->sequence + ((segment->tcp_flags & TCP_SYN) != 0);
    enum gathered gathered = gather_put(w->pool, flow->said[s->from], at, segment->payload,
                                        segment->sent, (segment->tcp_flags & TCP_FIN) != 0);
    if (gathered == GATHERED_FULL) {
        flow_judged(w, flow, WHY_NO_ROOM);
        return NEXT_PACKET;
    }
    if (gathered == GATHERED_NOTHING && !ends)
        return NEXT_PACKET;
    talk_begin(w, s);
    for (unsigned side = 0; side < 2; side++) {
        s->talk.said[side] = said(flow->said[side]);
        s->talk.complete[side] = is_ended(flow->said[side]) || (segment->tcp_flags & TCP_RST) != 0;
    }
    return NEXT_STEP;
}

/* What was said of a flow's name: the result, and the order. */
static void packet_judge(struct watcher *w, struct step *s, struct sighting *sighting)
{
    struct flow *flow = s->flow;
    bool is_first = flow->named == 0;

    if (flow->spoken == SPOKEN_UNKNOWN)
        flow->spoken = (uint8_t)sighting->spoken;
    if (sighting->has_name && (flow->marks & MARK_AGAIN) && !is_first &&
        hash_name(&sighting->name) != flow->named)
        sighting->why = (enum why)flow->why;
    bool is_doubtful = sighting->why == WHY_OVERLAP || sighting->why == WHY_SECOND_HELLO ||
                       sighting->why == WHY_SECOND_NAME;
    if (sighting->has_name && is_first) {
        flow->named = hash_name(&sighting->name);
        flow->seen = (uint8_t)sighting->seen;
    }
    if (is_doubtful)
        say_result(w, flow, ENDING_AMBIGUOUS, sighting->why, sighting);
    else if (sighting->has_name && is_first && !(flow->marks & MARK_AGAIN))
        say_result(w, flow, ENDING_NAME, WHY_NONE, sighting);
    if (judge_sighting(&w->judge, &s->place, sighting) == ORDER_STOP)
        flow->marks |= MARK_STOP;
}

static bool is_ours(const struct watcher *w, const struct address *resolver)
{
    for (size_t i = 0; i < w->resolver_count; i++) {
        if (prefix_holds(&w->resolvers[i], resolver))
            return true;
    }
    return false;
}

static void learn_answers(struct watcher *w, const struct step *s, const struct sightings *seen)
{
    for (unsigned i = 0; i < seen->resolution_count; i++)
        resolved_learn(w->resolved, s->place.client, &seen->resolutions[i].address, &seen->asked,
                       seen->resolutions[i].ttl, w->now);
}

/* The first reason that a recogniser gave for having no name. */
static enum why why_of(const struct sightings *seen, enum why otherwise)
{
    for (unsigned i = 0; i < seen->count; i++) {
        if (!seen->list[i].has_name && seen->list[i].why != WHY_NONE)
            return seen->list[i].why;
    }
    return otherwise;
}

static void judge_all(struct watcher *w, struct step *s, struct sightings *seen)
{
    learn_answers(w, s, seen);
    for (unsigned i = 0; i < seen->count; i++) {
        struct sighting *sighting = &seen->list[i];
        /* Our own resolver, or the agency's, is asked: dnsd itself judges the name. */
        if (sighting->spoken == SPOKEN_DNS && is_ours(w, s->place.server))
            continue;
        packet_judge(w, s, sighting);
    }
}

/* Where copies of the same bytes differ, both are shown: the receiver may have taken either. */
static void sight_other(struct watcher *w, struct step *s, const struct sightings *first)
{
    static struct sightings other;
    uint16_t candidates = sight_candidates(IP_TCP);

    if (s->flow->said[CLIENT] == NULL)
        return;
    struct span bytes = gather_other(s->flow->said[CLIENT]);
    if (bytes.length == 0)
        return;
    struct talk talk = s->talk;
    talk.said[CLIENT] = bytes;
    other.count = other.resolution_count = 0;
    (void)sight_ask(&talk, &candidates, &other);
    for (unsigned i = 0; i < other.count; i++) {
        struct sighting *sighting = &other.list[i];
        if (!sighting->has_name || hash_name(&sighting->name) == s->flow->named)
            continue;
        sighting->why = WHY_OVERLAP;
        packet_judge(w, s, sighting);
    }
}

/* Whether more of a flow can never change what is known. */
static bool is_over(const struct step *s, enum heard heard)
{
    if (heard == HEARD_NOT_MINE || heard == HEARD_DONE)
        return true;
    if (s->talk.transport == IP_UDP)
        return heard == HEARD_PERHAPS && s->flow->packets[CLIENT] >= DATAGRAMS_MOST;
    return s->talk.complete[CLIENT] && (s->talk.complete[SERVER] || heard == HEARD_PERHAPS);
}

static enum why why_over(const struct step *s, enum heard heard)
{
    const struct flow *flow = s->flow;

    if (flow->marks & MARK_MIDSTREAM)
        return WHY_MIDSTREAM;
    if (s->segment.cut)
        return WHY_CUT;
    if (s->talk.transport == IP_TCP && heard != HEARD_NOT_MINE) {
        if (s->talk.said[CLIENT].length >= GATHER_MOST)
            return WHY_TOO_LONG;
        return flow->said[CLIENT] != NULL && gather_has_hole(flow->said[CLIENT]) ? WHY_HOLE
                                                                                 : WHY_UNFINISHED;
    }
    return WHY_UNRECOGNISED;
}

static enum next packet_sight(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    struct flow *flow = s->flow;

    if (s->talk.transport == IP_TCP && s->talk.said[CLIENT].length < flow->want &&
        !s->talk.complete[CLIENT] && s->from == CLIENT &&
        gather_other(flow->said[CLIENT]).length == 0)
        return NEXT_STEP;
    seen.count = seen.resolution_count = 0;
    seen.want = 0;
    enum heard heard = sight_ask(&s->talk, &flow->candidates, &seen);
    flow->want = seen.want < GATHER_MOST ? (uint16_t)seen.want : GATHER_MOST;
    judge_all(w, s, &seen);
    if (s->talk.transport == IP_TCP)
        sight_other(w, s, &seen);
    if (is_over(s, heard))
        flow_judged(w, flow, why_of(&seen, why_over(s, heard)));
    return NEXT_STEP;
}

static enum next packet_order(struct watcher *w, struct step *s)
{
    s->order = s->flow->marks & MARK_STOP ? ORDER_STOP : ORDER_PASS;
    return NEXT_STEP;
}

static const struct {
    const char *name;
    enum next (*run)(struct watcher *, struct step *);
} path[] = {
    {"frame", packet_frame},   /* bytes -> a segment of TCP or UDP          */
    {"flow", packet_flow},     /* whose is it? judged already -> done       */
    {"gather", packet_gather}, /* the first bytes of each side, in order    */
    {"sight", packet_sight},   /* recognisers -> sightings -> policy, event */
    {"order", packet_order},   /* may it go on?                             */
};

enum watch_order watch_packet(struct watcher *watcher, const struct packet *packet)
{
    struct step step;

    step.packet = packet;
    step.order = ORDER_PASS;
    if (packet->at / 1000 > watcher->now)
        watcher->now = packet->at / 1000;
    watcher->counts.packets++;
    watcher->counts.bytes += packet->sent;
    for (size_t i = 0; i < COUNT_OF(path); i++) {
        if (path[i].run(watcher, &step) == NEXT_PACKET)
            break;
    }
    if (watcher->now - watcher->expired >= 1000)
        watch_tick(watcher, packet->at);
    return step.order;
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
    while (flows_expire(watcher->flows, UINT64_MAX / 2, 0, 0, EXPIRED_AT_ONCE) > 0)
        continue;
}

void watch_prefetch(const struct watcher *watcher, const struct packet *packet)
{
    __builtin_prefetch(packet->bytes.at);
    (void)watcher;
}

/* Life. */

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
    w->resolved = resolved_new(
        share(limits, 100 - PERCENT_FLOWS - PERCENT_GATHER - PERCENT_SIGHTS - PERCENT_FRAGMENTS) /
        RESOLVED_BYTES);
    w->judge.resolved = w->resolved;
    if (w->flows == NULL || w->pool == NULL || w->sights == NULL || w->fragments == NULL ||
        w->resolved == NULL) {
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
    watcher->resolvers = resolvers;
    watcher->resolver_count = count;
}

void watcher_enforces(struct watcher *watcher, bool enforces)
{
    watcher->judge.enforces = enforces;
}

struct watch_counts watch_counts(const struct watcher *watcher)
{
    struct watch_counts counts = watcher->counts;

    counts.events = watcher->judge.events;
    counts.flows_evicted = flows_evicted(watcher->flows);
    counts.gather_refused = gather_pool_refused(watcher->pool);
    counts.flows_now = flows_count(watcher->flows);
    return counts;
}
