/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch - the steps of a packet's life, in order.
 */
#include "inspect/watch.h"

#include "inspect/listen.h"
#include "inspect/order.h"
#include "policy/decide.h"
#include "wire/quic.h"

enum {
    AGAIN_WINDOW = 65536, /* how far behind the first hello a second one is looked for */
    LOW_PORTS = 1024,
    ROOM_TRIES = 64,    /* a buffer may need the room of several flows */
    LONG_HEADER = 0xc0, /* of QUIC, with the fixed bit: RFC 9000 17.2 */
};

enum next { NEXT_STEP, NEXT_PACKET };

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
    if (segment->transport == IP_UDP && is_server)
        flow->marks = MARK_SERVER_FIRST;
    if (w->judge.policy != NULL && !has_group(w, &segment->source) &&
        !has_group(w, &segment->destination))
        flow->marks |= MARK_FREE;
    w->counts.flows++;
}

/* A receiver that is connected drops a SYN (RFC 9293 3.10.7.4): anybody could have sent it. */
static bool is_dropped(const struct flow *flow, const struct segment *segment)
{
    return flow->state == STATE_LISTENING && flow->next[SERVER] != 0 && segment->sent == 0;
}

/* The same ports, another conversation. */
static bool is_begun_anew(const struct watcher *w, const struct flow *flow,
                          const struct segment *segment, unsigned from)
{
    unsigned flags = segment->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST);

    if (segment->transport != IP_TCP || (flags != TCP_SYN && flags != (TCP_SYN | TCP_ACK)))
        return false;
    if (from != flow->client && flags == TCP_SYN) /* somebody outside had knocked before */
        return has_group(w, &segment->source) && !has_group(w, &segment->destination);
    if (!(flow->marks & MARK_KNOWN))
        return false;
    if ((flow->marks & MARK_STOP) && from == flow->client) /* what was stopped is over */
        return flags == TCP_SYN && segment->sequence + 1 != flow->next[CLIENT];
    if (from != flow->client) { /* what the server answers was no forgery */
        int32_t ahead = (int32_t)(segment->acknowledgement - flow->next[CLIENT]);
        return flags != TCP_SYN && flow->state == STATE_LISTENING && flow->said[CLIENT] != NULL &&
               (ahead > AGAIN_WINDOW || ahead < -AGAIN_WINDOW);
    }
    return flags == TCP_SYN && (flow->state == STATE_JUDGED || flow->said[CLIENT] != NULL) &&
           !is_dropped(flow, segment) && segment->sequence + 1 != flow->next[CLIENT];
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
    if (!s->is_new && is_begun_anew(w, s->flow, &s->segment, from)) {
        flows_end(w->flows, s->flow);
        s->flow = flows_find(w->flows, &s->segment, w->now, &s->is_new, &from);
    }
    if (s->is_new)
        flow_begin(w, s, from);
    s->from = from == s->flow->client ? CLIENT : SERVER;
    if (s->flow->packets[s->from] < UINT16_MAX)
        s->flow->packets[s->from]++;
    s->was_judged = s->flow->state == STATE_JUDGED;
    if (s->was_judged && s->segment.payload.length == 0)
        return NEXT_PACKET;
    flow_place(s);
    if (s->is_new)
        order_take(w, s->flow, judge_first(&w->judge, &s->place));
    return NEXT_STEP;
}

/* A ClientHello at the start of a segment, alone or behind a change of cipher spec (RFC 8446 D.4);
 * *at: where in the segment. Of a short one, whatever could begin a hello. */
static bool begins_hello(struct span p, unsigned *at)
{
    static const uint8_t change[] = {0x14, 3, 3, 0, 1, 1}, hello[] = {0x16, 3};

    *at = p.length > sizeof change && memcmp(p.at, change, sizeof change) == 0 ? sizeof change : 0;
    p = span_of(p.at + *at, p.length - *at);
    return p.length > 0 && memcmp(p.at, hello, p.length < 2 ? p.length : sizeof hello) == 0 &&
           (p.length < 6 || p.at[5] == 1);
}

/* What a judged flow may still say: a hello, be it the second behind a HelloRetryRequest, another
 * copy of the first, or TLS that begins behind words of another protocol. */
static enum next flow_again(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;
    int32_t ahead = (int32_t)(s->segment.sequence - flow->next[CLIENT]);
    unsigned at;

    if (s->from != CLIENT || s->segment.transport != IP_TCP || ahead > AGAIN_WINDOW ||
        ahead < -AGAIN_WINDOW || !begins_hello(s->segment.payload, &at) ||
        (ahead != 0 && s->segment.payload.length - at < 6))
        return NEXT_PACKET;
    s->was_judged = false;
    flow->state = STATE_LISTENING;
    flow->marks &= (uint16_t)~MARK_ACKED;
    flow->marks |= ahead < 0 ? MARK_AGAIN | MARK_COPY : MARK_AGAIN;
    flow->candidates = sight_candidates(IP_TCP);
    flow->want = 0;
    flow->next[CLIENT] = s->segment.sequence + at;
    return NEXT_STEP;
}

/* The sequence number of a side's first byte, where its beginning was seen. */
static void learn_sequence(struct flow *flow, const struct step *s)
{
    const struct segment *segment = &s->segment;

    if (segment->tcp_flags & TCP_SYN) {
        if (s->from == CLIENT && (flow->marks & MARK_KNOWN) && is_dropped(flow, segment))
            return;
        if (flow->said[s->from] == NULL)
            flow->next[s->from] = segment->sequence + 1;
        if (s->from == CLIENT)
            flow->marks |= MARK_KNOWN;
        else if (flow->said[CLIENT] == NULL && (segment->tcp_flags & TCP_ACK)) {
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
        .memory = s->segment.transport == IP_UDP ? &s->flow->memory : NULL,
        .sights = w->sights,
    };
}

/* A client's Initial that its own id opens begins a connection of QUIC, maybe another one on the
 * same ports: to another name. */
static bool begins_connection(const struct step *s)
{
    static uint8_t out[QUIC_DATAGRAM_MOST];
    const struct span said = s->segment.payload;
    struct cursor datagram = cursor_of(said);
    struct quic_packet packet;
    struct quic_keys keys;
    struct span frames;

    return s->from == CLIENT && said.length > 0 && (said.at[0] & LONG_HEADER) == LONG_HEADER &&
           quic_next(&datagram, &packet) && packet.kind == QUIC_INITIAL &&
           quic_initial_keys(packet.version, packet.destination_id, QUIC_CLIENT, &keys) ==
               STATUS_OK &&
           quic_open(&packet, &keys, out, &frames) == STATUS_OK;
}

static enum next datagram_again(struct step *s)
{
    struct flow *flow = s->flow;

    if (!begins_connection(s))
        return NEXT_PACKET;
    s->was_judged = false;
    flow->state = STATE_LISTENING;
    flow->marks |= MARK_AGAIN;
    flow->named = 0;
    flow->candidates = sight_candidates(IP_UDP);
    flow->want = flow->packets[CLIENT] - 1;
    return NEXT_STEP;
}

static enum next gather_datagram(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;

    if (s->segment.payload.length == 0 ||
        (flow->state == STATE_JUDGED && datagram_again(s) == NEXT_PACKET))
        return NEXT_PACKET;
    talk_begin(w, s);
    s->talk.said[s->from] = s->segment.payload;
    s->talk.cut = s->segment.cut;
    s->talk.datagrams[CLIENT] = flow->packets[CLIENT] - flow->want;
    s->talk.datagrams[SERVER] = flow->packets[SERVER];
    return NEXT_STEP;
}

/* Whoever has been gathered longest makes room: flows that say half of something must not keep
 * others from being heard. False: that is this flow itself. */
static bool make_room(struct watcher *w, const struct flow *flow)
{
    struct flow *oldest = gather_oldest(w->pool);

    if (oldest == NULL || oldest == flow)
        return false;
    w->counts.gather_refused += !(oldest->marks & MARK_DONE);
    listen_end(w, oldest, WHY_NO_ROOM);
    return true;
}

static enum gathered gather_segment(struct watcher *w, struct step *s)
{
    const struct segment *segment = &s->segment;
    struct gather **said = &s->flow->said[s->from];
    uint32_t at = segment->sequence + ((segment->tcp_flags & TCP_SYN) != 0);

    for (unsigned tries = 0; tries < ROOM_TRIES; tries++) {
        if (*said == NULL)
            *said = gather_open(w->pool, s->flow, s->flow->next[s->from]);
        enum gathered gathered =
            *said == NULL ? GATHERED_FULL
                          : gather_put(w->pool, *said, at, segment->payload, segment->sent,
                                       (segment->tcp_flags & TCP_FIN) != 0);
        if (gathered != GATHERED_FULL || !make_room(w, s->flow))
            return gathered;
    }
    return GATHERED_FULL;
}

static void talk_of_stream(struct watcher *w, struct step *s)
{
    bool resets = (s->segment.tcp_flags & TCP_RST) != 0;

    talk_begin(w, s);
    for (unsigned side = 0; side < 2; side++) {
        const struct gather *said = s->flow->said[side];
        if (said != NULL)
            s->talk.said[side] = gather_bytes(said);
        s->talk.complete[side] = resets || (said != NULL && gather_is_complete(said));
    }
}

static bool has_spoken(const struct flow *flow)
{
    return flow->state == STATE_JUDGED ||
           (flow->said[CLIENT] != NULL && gather_bytes(flow->said[CLIENT]).length > 0);
}

static enum next packet_gather(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;
    const struct segment *segment = &s->segment;
    bool resets = (segment->tcp_flags & TCP_RST) != 0;
    bool ends = resets || (segment->tcp_flags & TCP_FIN);

    if (segment->transport == IP_UDP)
        return gather_datagram(w, s);
    if (flow->state == STATE_JUDGED && flow_again(w, s) == NEXT_PACKET)
        return NEXT_PACKET;
    learn_sequence(flow, s);
    if (segment->sent == 0 && !ends)
        return NEXT_PACKET;
    if (s->from == SERVER && segment->sent > 0 && !has_spoken(flow))
        flow->marks |= MARK_SERVER_FIRST;
    if ((flow->marks & MARK_DONE) && s->from == SERVER && segment->sent > 0) {
        listen_end(w, flow, WHY_NONE);
        return NEXT_PACKET;
    }
    if (resets && flow->said[CLIENT] == NULL) /* anybody could have sent it */
        return NEXT_PACKET;
    if (segment->cut && segment->payload.length < GATHER_MOST && s->from == CLIENT &&
        flow->why == WHY_NONE)
        flow->why = WHY_CUT;
    enum gathered gathered = GATHERED_NOTHING;
    if (!resets || flow->said[s->from] != NULL)
        gathered = gather_segment(w, s);
    if (gathered == GATHERED_FULL) {
        w->counts.gather_refused++;
        listen_end(w, flow, WHY_NO_ROOM);
        return NEXT_PACKET;
    }
    if (gathered == GATHERED_NOTHING && !ends)
        return NEXT_PACKET;
    talk_of_stream(w, s);
    return NEXT_STEP;
}

static enum next packet_sight(struct watcher *w, struct step *s)
{
    listen_to(w, s);
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
};

enum watch_order watch_packet(struct watcher *watcher, const struct packet *packet)
{
    struct step step;

    step.packet = packet;
    step.flow = NULL;
    if (packet->at / 1000 > watcher->now)
        watcher->now = packet->at / 1000;
    watcher->counts.packets++;
    watcher->counts.bytes += packet->sent;
    for (size_t i = 0; i < COUNT_OF(path); i++) {
        if (path[i].run(watcher, &step) == NEXT_PACKET)
            break;
    }
    enum watch_order order = order_for(watcher, &step);
    if (watcher->now - watcher->expired >= 1000)
        watch_tick(watcher, packet->at);
    return order;
}

bool watch_stop(const struct watcher *watcher, struct stop *out)
{
    *out = watcher->stop;
    return watcher->stop_is_news;
}
