/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listen - recognisers are asked, and what they say becomes results and verdicts.
 */
#include "inspect/listen.h"

#include "inspect/resolved.h"

#include <assert.h>

static_assert((int)GATHER_MOST == (int)TALK_MOST, "what is gathered is what is shown");

enum { DATAGRAMS_MOST = 16 }; /* without a recogniser that is sure */

static uint32_t hash_name(const struct name *name)
{
    static const struct hash_key unkeyed = {0, 0}; /* compared, never an index */
    return (uint32_t)hash_bytes(&unkeyed, name->wire, name->length) | 1;
}

void listen_result(struct watcher *w, struct flow *flow, enum ending ending, enum why why,
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

void listen_stop(struct watcher *w, struct flow *flow)
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

/* All that matters of a flow is known, or never will be. */
void listen_end(struct watcher *w, struct flow *flow, enum why why)
{
    if (!(flow->marks & (MARK_RESULT | MARK_AGAIN)))
        listen_result(w, flow, ENDING_NO_NAME, why, NULL);
    if (flow->key.transport == IP_TCP && flow->said[CLIENT] != NULL)
        flow->next[CLIENT] += (uint32_t)gather_bytes(flow->said[CLIENT]).length;
    listen_stop(w, flow);
    flow->state = STATE_JUDGED;
    w->counts.judged++;
}

/* Why a flow that says no more has no name. */
enum why listen_why(const struct flow *flow)
{
    bool is_tcp = flow->key.transport == IP_TCP;
    const struct gather *said = is_tcp ? flow->said[CLIENT] : NULL;

    if (flow->why != WHY_NONE)
        return (enum why)flow->why;
    if (flow->marks & MARK_MIDSTREAM)
        return WHY_MIDSTREAM;
    if (said != NULL && gather_has_hole(said))
        return WHY_HOLE;
    if (said == NULL && is_tcp)
        return WHY_SILENT;
    return flow->spoken != SPOKEN_UNKNOWN ? WHY_UNFINISHED : WHY_UNRECOGNISED;
}

static bool ending_is_doubtful(enum why why)
{
    return why == WHY_OVERLAP || why == WHY_SECOND_HELLO || why == WHY_SECOND_NAME;
}

/* What was said of a flow's name: the result, and the order. */
static void packet_judge(struct watcher *w, struct step *s, struct sighting *sighting, bool is_ours)
{
    struct flow *flow = s->flow;
    bool is_first = flow->named == 0;

    if (flow->spoken == SPOKEN_UNKNOWN)
        flow->spoken = (uint8_t)sighting->spoken;
    if (sighting->has_name && (flow->marks & MARK_AGAIN) && !is_first &&
        hash_name(&sighting->name) != flow->named)
        sighting->why = (enum why)flow->why;
    bool is_doubtful = ending_is_doubtful(sighting->why);
    if (sighting->has_name && is_first) {
        flow->named = hash_name(&sighting->name);
        flow->seen = (uint8_t)sighting->seen;
    } else if (is_first && sighting->why != WHY_NONE && !(flow->marks & MARK_AGAIN))
        flow->why = (uint8_t)sighting->why;
    if (is_doubtful && (flow->marks & MARK_AMBIGUOUS))
        is_doubtful = false; /* said already */
    else if (is_doubtful)
        listen_result(w, flow, ENDING_AMBIGUOUS, sighting->why, sighting);
    else if (sighting->has_name && is_first && !(flow->marks & MARK_AGAIN))
        listen_result(w, flow, ENDING_NAME, WHY_NONE, sighting);
    if (ending_is_doubtful(sighting->why))
        flow->marks |= MARK_AMBIGUOUS;
    if (!is_ours && judge_sighting(&w->judge, &s->place, sighting) == ORDER_STOP)
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
        packet_judge(w, s, sighting, sighting->spoken == SPOKEN_DNS && is_ours(w, s->place.server));
    }
}

/* Where copies of the same bytes differ, both versions are shown. The receiver may have taken
 * either, or some of each: so the flow is ambiguous even where both say one name. */
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
        if (!sighting->has_name)
            continue;
        sighting->why = WHY_OVERLAP;
        packet_judge(w, s, sighting, false);
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

/* A FIN or RST of the client may be forged, and never reach the server. So what there is is asked
 * for as if no more came, but a name ends it only; who says more is heard. */
static void listen_doubting(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    struct flow *flow = s->flow;
    uint16_t candidates = flow->candidates;

    seen.count = seen.resolution_count = 0;
    s->talk.complete[CLIENT] = true;
    enum heard heard = sight_ask(&s->talk, &candidates, &seen);
    judge_all(w, s, &seen);
    enum why why = why_of(&seen, why_over(s, heard));
    if (flow->named != 0)
        listen_end(w, flow, why);
    else
        flow->why = (uint8_t)why;
}

void listen_to(struct watcher *w, struct step *s)
{
    static struct sightings seen;
    struct flow *flow = s->flow;
    bool is_doubted = s->talk.transport == IP_TCP && s->talk.complete[CLIENT] &&
                      s->talk.said[CLIENT].length < GATHER_MOST;

    if (s->talk.transport == IP_TCP && s->talk.said[CLIENT].length < flow->want &&
        !s->talk.complete[CLIENT] && s->from == CLIENT &&
        gather_other(flow->said[CLIENT]).length == 0)
        return;
    seen.count = seen.resolution_count = 0;
    seen.want = 0;
    if (is_doubted)
        s->talk.complete[CLIENT] = false;
    enum heard heard = sight_ask(&s->talk, &flow->candidates, &seen);
    flow->want = seen.want < GATHER_MOST ? (uint16_t)seen.want : GATHER_MOST;
    judge_all(w, s, &seen);
    if (s->talk.transport == IP_TCP)
        sight_other(w, s, &seen);
    if (is_over(s, heard))
        listen_end(w, flow, why_of(&seen, why_over(s, heard)));
    else if (is_doubted)
        listen_doubting(w, s);
}
