/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * judge - a subject for decide(), and an event out of its verdict.
 */
#include "inspect/judge.h"

#include "inspect/hints.h"
#include "inspect/resolved.h"
#include "policy/decide.h"
#include "wire/ja4.h"

#include <stdio.h>

/* The group of the flow's client, found once per flow and policy. */
static uint16_t group_of(const struct judge *judge, const struct place *place)
{
    struct flow *flow = place->flow;

    if (judge->policy == NULL)
        return GROUP_NONE;
    if (flow->generation != judge->generation) {
        flow->generation = judge->generation;
        flow->group = policy_group_of(judge->policy, place->client);
    }
    return flow->group;
}

/* Whether this reason is new for the flow; a flow has room for FLOW_RULES_MOST. */
static bool is_news(struct flow *flow, const struct verdict *verdict, enum seen seen,
                    enum protocol protocol, enum why why)
{
    uint32_t rule = verdict->rule != RULE_NONE ? verdict->rule : verdict->noted;
    uint32_t how = (uint32_t)seen * PROTOCOL_COUNT + (uint32_t)protocol;
    uint32_t reason =
        ((rule * SEEN_COUNT * PROTOCOL_COUNT + how) * 2 + judge_doubts(why)) | UINT32_C(1) << 31;

    for (size_t i = 0; i < FLOW_RULES_MOST; i++) {
        if (flow->told[i] == reason)
            return false;
        if (flow->told[i] == 0) {
            flow->told[i] = reason;
            return true;
        }
    }
    return false;
}

static uint32_t micros_since(const struct place *place)
{
    uint32_t passed = (uint32_t)(place->at / 1000) - place->flow->since;
    if (passed > INT32_MAX) /* the clock of the capture went back */
        return 0;
    return passed < UINT32_MAX / 1000 ? passed * 1000 : UINT32_MAX;
}

static void event_begin(const struct judge *judge, const struct place *place, struct event *event)
{
    memset(event, 0, sizeof *event);
    event->kind = EVENT_WIRE;
    event->at = place->at;
    event->generation = judge->generation;
    event->duration_us = micros_since(place);
    event->client = *place->client;
    event->server = *place->server;
    event->client_port = place->client_port;
    event->server_port = place->server_port;
    event->transport = place->transport == IP_TCP ? TRANSPORT_TCP : TRANSPORT_UDP;
    event->question = (struct name){.length = 1};
    event->matched_name = (struct name){.length = 1};
    event->wire.vlan = place->vlan;
    event->wire.tunnel = place->tunnel;
    event->wire.segments = place->flow->packets[CLIENT];
}

/* Nobody stops the flow: then what the rule wants is not what was done. */
static void soften(const struct judge *judge, struct verdict *verdict)
{
    if (!judge->enforces && action_blocks(verdict->action)) {
        verdict->wanted = verdict->action;
        verdict->action = ACTION_OBSERVE;
    }
}

/* What the address was resolved from says more about a sighting without a name. */
static void add_resolved(struct judge *judge, const struct place *place, struct event *event)
{
    struct name name = {.length = 0};
    char text[NAME_TEXT_SIZE];

    event->wire.resolved = (uint8_t)resolved_ask(judge->resolved, place->client, place->server,
                                                 place->at / 1000, &name);
    if (event->wire.resolved != RESOLVED_YES || name.length == 0 || event->question.labels > 0 ||
        event->wire.evidence[0] != 0)
        return;
    snprintf(event->wire.evidence, sizeof event->wire.evidence, "resolved as %.80s",
             name_text(&name, text));
}

static void add_hint(const struct judge *judge, const struct place *place,
                     const struct sighting *sighting, struct event *event)
{
    struct rule_view rule;
    uint32_t number = event->verdict.rule != RULE_NONE ? event->verdict.rule : event->verdict.noted;

    if (number == RULE_NONE || !policy_rule(judge->policy, number, &rule))
        return;
    const char *text = hints_ask(place, sighting, policy_list(judge->policy, rule.list).app,
                                 &event->verdict.evidence);
    if (text == NULL)
        return;
    size_t length = strlen(event->wire.evidence);
    snprintf(event->wire.evidence + length, sizeof event->wire.evidence - length, "%s%s",
             length > 0 ? ", " : "", text);
}

static void say(struct judge *judge, const struct event *event)
{
    judge->events++;
    if (judge->output.on_event != NULL)
        judge->output.on_event(judge->output.owner, event);
}

enum watch_order judge_address(struct judge *judge, const struct place *place)
{
    const uint16_t group = group_of(judge, place);
    const struct subject subject = {.group = group, .destination = place->server};
    struct event event;

    if (group == GROUP_NONE)
        return ORDER_PASS;
    struct verdict verdict = decide(judge->policy, &subject);
    if (verdict.rule == RULE_NONE && verdict.noted == RULE_NONE)
        return ORDER_PASS;
    enum watch_order order = action_blocks(verdict.action) ? ORDER_STOP : ORDER_PASS;
    if (!is_news(place->flow, &verdict, SEEN_PACKET, PROTOCOL_NONE, WHY_NONE))
        return order;
    event_begin(judge, place, &event);
    soften(judge, &verdict);
    event.verdict = verdict;
    event.seen = SEEN_PACKET;
    event.has_address = 1;
    event.matched_address = *place->server;
    add_resolved(judge, place, &event);
    say(judge, &event);
    return order;
}

static enum ending ending_of(const struct sighting *sighting)
{
    if (judge_doubts(sighting->why))
        return ENDING_AMBIGUOUS;
    return sighting->has_name ? ENDING_NAME : ENDING_NO_NAME;
}

/* A look-up over TLS or QUIC at a name that lists call a way around is DNS over HTTPS. */
static enum way way_of(const struct place *place, const struct sighting *sighting,
                       const struct verdict *verdict)
{
    bool is_web = sighting->spoken == SPOKEN_TLS || sighting->spoken == SPOKEN_QUIC;
    if (sighting->way == WAY_NONE && sighting->protocol == PROTOCOL_NONE && is_web &&
        place->server_port == 443 && verdict->evidence == EVIDENCE_BYPASS)
        return WAY_DOH;
    return sighting->way;
}

static void event_fill(struct judge *judge, const struct place *place,
                       const struct sighting *sighting, struct event *event)
{
    struct wire *wire = &event->wire;

    event->seen = (uint8_t)sighting->seen;
    event->type = sighting->type;
    event->class = sighting->type != 0 ? 1 : 0;
    if (sighting->has_name)
        event->question = sighting->name;
    if (sighting->has_address) {
        event->has_address = 1;
        event->matched_address = sighting->address;
    }
    wire->spoken = (uint8_t)sighting->spoken;
    wire->ending = (uint8_t)ending_of(sighting);
    wire->why = (uint8_t)sighting->why;
    wire->ech = (uint8_t)sighting->ech;
    wire->way = (uint8_t)way_of(place, sighting, &event->verdict);
    wire->tls_version = sighting->tls_version;
    memcpy(wire->alpn, sighting->alpn, sizeof wire->alpn);
    memcpy(wire->evidence, sighting->evidence, sizeof wire->evidence);
    if (sighting->has_hello)
        ja4_write(&sighting->hello, sighting->hello_transport, wire->ja4);
    add_resolved(judge, place, event);
    add_hint(judge, place, sighting, event);
}

enum watch_order judge_sighting(struct judge *judge, const struct place *place,
                                const struct sighting *sighting)
{
    const uint16_t group = group_of(judge, place);
    const struct subject subject = {
        .group = group,
        .name = sighting->has_name ? &sighting->name : NULL,
        .destination = sighting->has_address ? &sighting->address : NULL,
        .protocol = sighting->protocol,
    };
    struct event event;

    if (group == GROUP_NONE)
        return ORDER_PASS;
    struct verdict verdict = decide(judge->policy, &subject);
    bool speaks = verdict.rule != RULE_NONE || verdict.noted != RULE_NONE;
    if (!speaks && !judge_doubts(sighting->why))
        return ORDER_PASS;
    enum watch_order order = action_blocks(verdict.action) ? ORDER_STOP : ORDER_PASS;
    if (!is_news(place->flow, &verdict, sighting->seen, sighting->protocol, sighting->why))
        return order;
    event_begin(judge, place, &event);
    soften(judge, &verdict);
    event.verdict = verdict;
    event_fill(judge, place, sighting, &event);
    say(judge, &event);
    return order;
}
