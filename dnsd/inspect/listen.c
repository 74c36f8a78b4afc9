/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listen - recognisers are asked, and what they say becomes results and verdicts.
 */
#include "inspect/listen.h"

#include "inspect/order.h"

#include <assert.h>

static_assert((int)GATHER_MOST == (int)TALK_MOST, "what is gathered is what is shown");

enum { DATAGRAMS_MOST = 16 }; /* without a recogniser that is sure */

static uint32_t hash_name(const struct name *name)
{
    static const struct hash_key unkeyed = {0, 0}; /* compared, never an index */
    return (uint32_t)hash_bytes(&unkeyed, name->wire, name->length) | 1;
}

/* Results. */

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
        .began = (w->now - (uint32_t)((uint32_t)w->now - flow->since)) * 1000,
        .packets = (uint32_t)flow->packets[CLIENT] + flow->packets[SERVER],
    };
    if (sighting != NULL && sighting->has_name)
        result.name = sighting->name;
    w->judge.output.on_result(w->judge.output.owner, &result);
}

/* Why there is no name, as far as the flow itself tells. */
static enum why why_of(const struct flow *flow)
{
    if (flow->why != WHY_NONE)
        return (enum why)flow->why;
    if (flow->marks & MARK_MIDSTREAM)
        return WHY_MIDSTREAM;
    if (flow->key.transport == IP_UDP)
        return flow->spoken != SPOKEN_UNKNOWN ? WHY_UNFINISHED : WHY_UNRECOGNISED;
    if (flow->said[CLIENT] == NULL)
        return WHY_SILENT;
    if (flow->candidates == 0)
        return WHY_UNRECOGNISED;
    if (gather_bytes(flow->said[CLIENT]).length >= GATHER_MOST)
        return WHY_TOO_LONG;
    return gather_has_hole(flow->said[CLIENT]) ? WHY_HOLE : WHY_UNFINISHED;
}

static void stop(struct watcher *w, struct flow *flow)
{
    if (flow->key.transport == IP_UDP) {
        sights_release(w->sights, flow->memory);
        flow->memory = NULL;
        return;
    }
    for (unsigned side = 0; side < 2; side++) {
        gather_close(w->pool, flow->said[side]);
        flow->said[side] = NULL;
    }
}

void listen_forget(struct watcher *w, struct flow *flow, bool evicted)
{
    if (!(flow->marks & MARK_RESULT))
        say_result(w, flow, ENDING_NO_NAME, evicted ? WHY_EVICTED : why_of(flow), NULL);
    stop(w, flow);
}

void listen_end(struct watcher *w, struct flow *flow, enum why why)
{
    if (!(flow->marks & MARK_RESULT))
        say_result(w, flow, ENDING_NO_NAME, why != WHY_NONE ? why : why_of(flow), NULL);
    if (flow->key.transport == IP_TCP && flow->said[CLIENT] != NULL)
        flow->next[CLIENT] += (uint32_t)gather_bytes(flow->said[CLIENT]).length;
    stop(w, flow);
    w->counts.judged += !(flow->marks & MARK_AGAIN);
    flow->marks &= (uint16_t)~MARK_DONE;
    flow->state = STATE_JUDGED;
}

/* Sightings. */

/* What the flow makes doubtful of a name, beyond what the recogniser knows. */
static enum why doubt_of(const struct step *s, uint32_t name)
{
    const struct flow *flow = s->flow;

    if (s->segment.doubtful)
        return WHY_OVERLAP;
    if (name == 0 || name == flow->named || !(flow->marks & MARK_AGAIN))
        return WHY_NONE;
    if (flow->marks & MARK_COPY)
        return WHY_OVERLAP;
    /* TLS that begins later, behind words that nobody knows, is no second hello. */
    return flow->named != 0 ? WHY_SECOND_HELLO : WHY_NONE;
}

static void hear(struct watcher *w, struct step *s, struct sighting *sighting, bool is_ours)
{
    struct flow *flow = s->flow;
    uint32_t name = sighting->has_name ? hash_name(&sighting->name) : 0;
    enum why doubt = doubt_of(s, name);

    if (flow->spoken == SPOKEN_UNKNOWN)
        flow->spoken = (uint8_t)sighting->spoken;
    if (doubt != WHY_NONE)
        sighting->why = doubt;
    if (judge_doubts(sighting->why)) {
        if (!(flow->marks & MARK_AMBIGUOUS))
            say_result(w, flow, ENDING_AMBIGUOUS, sighting->why, sighting);
        flow->marks |= MARK_AMBIGUOUS;
    } else if (name != 0 && flow->named == 0) {
        say_result(w, flow, ENDING_NAME, WHY_NONE, sighting);
    } else if (name == 0 && (flow->why == WHY_NONE || flow->why == WHY_HOLE)) {
        flow->why = (uint8_t)sighting->why; /* a hole may be filled later */
    }
    if (flow->named == 0)
        flow->named = name;
    if (!is_ours)
        order_take(w, flow, judge_sighting(&w->judge, &s->place, sighting));
}

/* Our own resolver, or the agency's, is asked: dnsd itself judges the name. */
static bool is_to_ours(const struct watcher *w, const struct step *s,
                       const struct sighting *sighting)
{
    return (sighting->spoken == SPOKEN_DNS || sighting->protocol == PROTOCOL_DOT ||
            sighting->protocol == PROTOCOL_DOQ) &&
           judge_is_ours(&w->judge, s->place.server);
}

static void hear_all(struct watcher *w, struct step *s, struct sightings *seen)
{
    for (unsigned i = 0; i < seen->resolution_count; i++)
        resolved_learn(w->resolved, s->place.client, &seen->resolutions[i].address, &seen->asked,
                       seen->resolutions[i].ttl, w->now);
    for (unsigned i = 0; i < seen->count; i++)
        hear(w, s, &seen->list[i], is_to_ours(w, s, &seen->list[i]));
}

/* No reader knows what the client, which spoke first, has begun with. */
static void hear_nothing(struct watcher *w, struct step *s)
{
    struct flow *flow = s->flow;
    struct span said = s->talk.said[CLIENT]; /* of UDP, nothing at a packet of the server */
    bool spoke = said.length > 0 || s->talk.datagrams[CLIENT] > 0;

    if (!(flow->marks & (MARK_STOP | MARK_SERVER_FIRST | MARK_AGAIN)) && spoke &&
        why_of(flow) == WHY_UNRECOGNISED)
        order_take(w, flow, judge_unresolved(&w->judge, &s->place, said));
}

static enum heard ask(const struct talk *talk, uint16_t *candidates, struct sightings *seen)
{
    seen->count = seen->resolution_count = 0;
    seen->want = 0;
    return sight_ask(talk, candidates, seen);
}

/* Where copies of the same bytes differ, both versions are shown. The receiver may have taken
 * either, or some of each: so the flow is ambiguous even where both say one name. */
static void listen_to_other(struct watcher *w, struct step *s, struct span other)
{
    static struct sightings seen;
    uint16_t candidates = sight_candidates(IP_TCP);
    struct talk talk = s->talk;

    talk.said[CLIENT] = other;
    (void)ask(&talk, &candidates, &seen);
    for (unsigned i = 0; i < seen.count; i++) {
        if (!seen.list[i].has_name)
            continue;
        seen.list[i].why = WHY_OVERLAP;
        hear(w, s, &seen.list[i], false);
    }
}

/* A FIN or RST of the client may be forged, and never reach the server. So what there is is asked
 * for as if no more came, but a name ends it only; who says more is heard. */
static void listen_doubting(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    uint16_t candidates = s->flow->candidates;

    s->talk.complete[CLIENT] = true;
    (void)ask(&s->talk, &candidates, &seen);
    hear_all(w, s, &seen);
    if (s->flow->named != 0)
        listen_end(w, s->flow, WHY_NONE);
}

/* The client said something, which was answered at length: what it may have begun it has ended. */
static bool is_outtalked(const struct step *s)
{
    return s->talk.said[CLIENT].length > 0 && s->talk.said[SERVER].length >= GATHER_MOST;
}

static void listen_to_stream(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    struct flow *flow = s->flow;
    struct span said = s->talk.said[CLIENT];
    struct span other =
        flow->said[CLIENT] != NULL ? gather_other(flow->said[CLIENT]) : span_of(NULL, 0);
    bool is_full = said.length >= GATHER_MOST, is_doubted = s->talk.complete[CLIENT] && !is_full;

    if (s->from == CLIENT && said.length < flow->want && !s->talk.complete[CLIENT] &&
        other.length == 0)
        return;
    s->talk.complete[CLIENT] = is_full;
    enum heard heard = ask(&s->talk, &flow->candidates, &seen);
    flow->want = heard == HEARD_DONE       ? 0
                 : seen.want < GATHER_MOST ? (uint16_t)seen.want
                                           : GATHER_MOST;
    hear_all(w, s, &seen);
    if (other.length > 0)
        listen_to_other(w, s, other);
    if (heard == HEARD_PERHAPS && is_outtalked(s)) {
        flow->candidates = 0;
        heard = HEARD_NOT_MINE;
    }
    if (heard == HEARD_NOT_MINE)
        hear_nothing(w, s);
    if (heard == HEARD_NOT_MINE || (is_full && (heard != HEARD_MORE || s->talk.complete[SERVER])) ||
        (heard == HEARD_DONE && (s->from == SERVER || (flow->marks & MARK_SERVER_HEARD))))
        listen_end(w, flow, WHY_NONE);
    else if (heard == HEARD_DONE)
        flow->marks |= MARK_DONE;
    else if (is_doubted)
        listen_doubting(w, s);
}

static void listen_to_datagram(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    struct flow *flow = s->flow;

    enum heard heard = ask(&s->talk, &flow->candidates, &seen);
    hear_all(w, s, &seen);
    bool unknown = heard == HEARD_NOT_MINE ||
                   (heard == HEARD_PERHAPS && s->talk.datagrams[CLIENT] >= DATAGRAMS_MOST);
    if (unknown)
        hear_nothing(w, s);
    if (unknown || heard == HEARD_DONE)
        listen_end(w, flow, WHY_NONE);
}

void listen_to(struct watcher *watcher, struct step *step)
{
    if (step->talk.transport == IP_UDP)
        listen_to_datagram(watcher, step);
    else
        listen_to_stream(watcher, step);
}
