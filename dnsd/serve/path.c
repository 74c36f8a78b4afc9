/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * path - the life of a query, from top to bottom.
 */
#include "serve/query.h"

#include "serve/blocked.h"
#include "serve/limit.h"
#include "serve/local.h"
#include "serve/lookup.h"
#include "serve/reply.h"
#include "serve/review.h"

static enum next query_read(struct query *q);
static enum next query_check(struct query *q);
static enum next query_decide(struct query *q);
static enum next query_record(struct query *q);

/* clang-format off */
static const struct step {
    const char *name;
    enum next (*run)(struct query *q);
} path[] = {
    { "read",    query_read     }, /* bytes -> message, or silence              */
    { "admit",   limit_admit    }, /* may they ask, and this often?             */
    { "check",   query_check    }, /* what no name server answers               */
    { "local",   local_name     }, /* names that we answer ourselves            */
    { "decide",  query_decide   }, /* policy: name -> verdict                   */
    { "block",   blocked_answer }, /* verdict -> answer                         */
    { "any",     local_any      }, /* RFC 8482                                  */
    { "recall",  lookup_recall  }, /* answered this lately?                     */
    { "resolve", lookup_resolve }, /* ask; the query waits, others go on        */
    { "review",  review_answer  }, /* policy again, on the answer               */
    { "keep",    reply_withheld }, /* which addresses a blocked answer held     */
    { "block",   blocked_answer },
    { "answer",  reply_found    }, /* what was found -> bytes                   */
    { "tell",    reply_told     }, /* which addresses the client has now        */
    { "record",  query_record   }, /* one event when a list had something to say */
};
enum { STEP_DECIDE = 4, STEP_RECALL = 7, STEP_RECORD = COUNT_OF(path) - 1 };
/* clang-format on */

static enum fate walk(struct query *q, size_t at)
{
    while (at < COUNT_OF(path)) {
        switch (path[at].run(q)) {
        case NEXT_STEP:
            at++;
            break;
        case NEXT_RECALL:
            at = STEP_RECALL;
            break;
        case NEXT_WAIT:
            return FATE_WAITING;
        case NEXT_RECORD:
        case NEXT_SILENT:
            at = STEP_RECORD;
            break;
        }
    }
    return q->answered ? FATE_ANSWERED : FATE_SILENT;
}

static const struct verdict nothing_said = {
    .group = GROUP_NONE, .rule = RULE_NONE, .noted = RULE_NONE};

/* Only what the steps look at before they set it; struct query is large. */
void query_begin(struct query *q, struct server *server, const struct peer *peer, struct span bytes,
                 struct moment when, struct writer *reply)
{
    q->server = server;
    q->peer = *peer;
    q->when = q->arrived = when;
    q->bytes = bytes;
    q->cookie_state = COOKIE_NONE;
    q->generation = server->generation;
    q->group = GROUP_NONE;
    q->verdict = nothing_said;
    q->seen = SEEN_QUESTION;
    q->matched_is_address = false;
    q->redirected = false;
    q->found = NULL;
    q->stale = false;
    q->reply = reply;
    q->answered = false;
    q->flags = 0;
    q->rcode = RCODE_NOERROR;
    q->ede = EDE_NONE;
}

enum fate query_run(struct query *q)
{
    return walk(q, 0);
}

enum fate query_resume(struct query *q)
{
    if (q->generation == q->server->generation)
        return walk(q, STEP_RECALL);
    q->redirected = false;
    q->stale = false;
    q->found = NULL; /* the new policy may want another variant: recall finds it, or asks for it */
    return walk(q, STEP_DECIDE);
}

/* Answers to answers make loops, and without an id there is nobody to answer: silence. */
static enum next query_read(struct query *q)
{
    query_count(q, COUNT_QUERIES);
    if (!query_is_udp(q))
        query_count(q, COUNT_QUERIES_TCP);
    q->broken = message_read(q->bytes, &q->asked) != STATUS_OK;
    if (!q->asked.has_header || q->asked.flags & FLAG_QR) {
        query_count(q, COUNT_MALFORMED);
        return NEXT_SILENT;
    }
    return NEXT_STEP;
}

/* One question, written out: the cache's answers get it by a copy. */
static bool has_sound_question(const struct message *m)
{
    return m->questions == 1 && m->question_end == MESSAGE_HEADER + m->question.name.length + 2 + 2;
}

static enum next query_check(struct query *q)
{
    const struct message *m = &q->asked;
    if (message_opcode(m) != OPCODE_QUERY)
        return reply_code(q, RCODE_NOTIMP, EDE_NOT_SUPPORTED, "only QUERY is answered here");
    if (q->broken || !has_sound_question(m) || m->edns.broken_cookie) {
        query_count(q, COUNT_MALFORMED);
        return reply_code(q, RCODE_FORMERR, EDE_NONE, "");
    }
    if (m->edns.version > 0)
        return reply_code(q, RCODE_BADVERS, EDE_NONE, "");
    uint16_t type = m->question.type;
    if (type == TYPE_AXFR || type == TYPE_IXFR)
        return reply_code(q, RCODE_REFUSED, EDE_NOT_SUPPORTED, "no zone transfer here");
    if (type_is_meta(type) && type != TYPE_ANY)
        return reply_code(q, RCODE_NOTIMP, EDE_NOT_SUPPORTED, "no such query type here");
    return NEXT_STEP;
}

static enum next query_decide(struct query *q)
{
    struct server *s = q->server;
    q->generation = s->generation;
    q->group = policy_group_of(s->policy, &q->peer.client);
    q->seen = SEEN_QUESTION;
    q->matched_is_address = false;
    const struct subject subject = {.group = q->group, .name = &q->asked.question.name};
    q->verdict = decide(s->policy, &subject);
    return NEXT_STEP;
}

/* Only as many bytes of a name as it has. */
static void name_copy(struct name *to, const struct name *from)
{
    to->length = from->length;
    to->labels = from->labels;
    memcpy(to->wire, from->wire, from->length);
}

static void event_fill(const struct query *q, struct event *e)
{
    static const struct name root = {.length = 1};
    const struct server *s = q->server;
    e->at = q->when.wall;
    e->generation = q->generation;
    e->duration_us = (uint32_t)(q->when.wall - q->arrived.wall);
    e->lost_before = s->events_lost;
    e->sampled_before = s->events_sampled;
    e->verdict = q->verdict;
    e->client = q->peer.client;
    e->server = q->peer.server;
    e->client_port = q->peer.client_port;
    e->server_port = q->peer.server_port;
    e->transport = q->peer.transport;
    e->seen = q->seen;
    e->answered = q->answered;
    e->has_address = q->matched_is_address;
    e->id = q->asked.id;
    e->flags = q->flags;
    e->rcode = q->rcode;
    e->type = q->asked.question.type;
    e->class = q->asked.question.class;
    e->ede = q->ede;
    e->matched_address = q->matched_is_address ? q->matched_address : (struct address){0};
    name_copy(&e->question, &q->asked.question.name);
    name_copy(&e->matched_name,
              q->seen == SEEN_ANSWER && !q->matched_is_address ? &q->matched_name : &root);
}

/* Counts always, and tells record of one in `sample`. */
static enum next query_record(struct query *q)
{
    struct server *s = q->server;
    const struct verdict *v = &q->verdict;
    bool is_blocked = action_blocks(v->action);
    if (!is_blocked && v->action != ACTION_OBSERVE && v->noted == RULE_NONE)
        return NEXT_STEP;

    query_count(q, !is_blocked              ? COUNT_OBSERVED
                   : q->seen == SEEN_ANSWER ? COUNT_BLOCKED_ANSWERS
                                            : COUNT_BLOCKED);
    uint32_t sample = s->config->dnsd.events.sample;
    if (sample > 1 && s->events_seen++ % sample != 0) {
        s->events_sampled++;
        query_count(q, COUNT_EVENTS_SAMPLED);
        return NEXT_STEP;
    }
    event_fill(q, &s->event);
    if (s->outlets.record(s->outlets.owner, &s->event)) {
        query_count(q, COUNT_EVENTS);
        s->events_lost = s->events_sampled = 0;
    } else {
        query_count(q, COUNT_EVENTS_LOST);
        s->events_lost++;
    }
    return NEXT_STEP;
}
