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

enum { DNS_PORT = 53, ENCRYPTED_DNS_PORT = 853, WIRE_SHOWN = 16 };

bool judge_is_ours(const struct judge *judge, const struct address *server)
{
    for (size_t i = 0; i < judge->resolver_count; i++) {
        if (prefix_holds(&judge->resolvers[i], server))
            return true;
    }
    return false;
}

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

static bool speaks(const struct verdict *verdict)
{
    return verdict->rule != RULE_NONE || verdict->noted != RULE_NONE;
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

/* Orders. */

/* Names share addresses with others; what speaks a banned protocol is a server of the banned. */
static enum hold hold_of(const struct judge *judge, const struct place *place,
                         const struct verdict *verdict, enum seen seen, enum protocol protocol)
{
    static const bool of_a_server[PROTOCOL_COUNT] = {
        [PROTOCOL_MMTLS] = true,      [PROTOCOL_OICQ] = true,       [PROTOCOL_DOT] = true,
        [PROTOCOL_DOQ] = true,        [PROTOCOL_SOCKS] = true,      [PROTOCOL_DNSCRYPT] = true,
        [PROTOCOL_HTTP_PROXY] = true, [PROTOCOL_UNRESOLVED] = true,
    };
    struct rule_view rule;

    if (place->tunnel != TUNNEL_NONE) /* the firewall sees only what is outside */
        return HOLD_FLOW;
    if (verdict->rule == RULE_NONE)
        return of_a_server[protocol] ? HOLD_PAIR : HOLD_FLOW;
    if (!policy_rule(judge->policy, verdict->rule, &rule))
        return HOLD_FLOW;
    bool is_server = (rule.kind == RULE_ADDRESS && seen == SEEN_PACKET) ||
                     (rule.kind == RULE_PROTOCOL && of_a_server[protocol]);
    return is_server ? HOLD_PAIR : HOLD_FLOW;
}

static enum watch_order order_of(struct judge *judge, const struct place *place,
                                 const struct verdict *verdict, enum seen seen,
                                 enum protocol protocol)
{
    if (!action_blocks(verdict->action))
        return ORDER_PASS;
    judge->reason = (struct stop_reason){
        .rule = verdict->rule,
        .generation = judge->generation,
        .list = verdict->list,
        .hold = (uint8_t)hold_of(judge, place, verdict, seen, protocol),
        .evidence = (uint8_t)verdict->evidence,
        .seen = (uint8_t)seen,
        .protocol = (uint8_t)protocol,
    };
    return ORDER_STOP;
}

/* An exception about the address approves what is spoken with it, whatever that is. */
static bool is_excepted(const struct judge *judge, const struct place *place, uint16_t group,
                        enum protocol protocol)
{
    const struct subject subject = {
        .group = group, .destination = place->server, .protocol = protocol};
    return protocol != PROTOCOL_NONE && decide(judge->policy, &subject).action == ACTION_ALLOW;
}

static struct verdict ask_protocol(const struct judge *judge, uint16_t group,
                                   enum protocol protocol)
{
    const struct subject subject = {.group = group, .protocol = protocol};
    return decide(judge->policy, &subject);
}

/* Whether the firewall leads plain DNS of this flow to dnsd, as firewall/table.h says. */
static bool is_led(const struct judge *judge, const struct place *place, uint16_t group)
{
    if (!judge->redirects_dns[!address_is_ipv4(place->server)] || place->server_port != DNS_PORT ||
        judge_is_ours(judge, place->server) || policy_group(judge->policy, group).observe_only)
        return false;
    struct verdict verdict = ask_protocol(judge, group, PROTOCOL_DNS);
    return speaks(&verdict) && verdict.action != ACTION_ALLOW;
}

/* Events. */

/* Whether the client was told the address, and for which name (length 0: not known). What dnsd kept
 * from it, for the name that blocked the answer, is not told: *kept. */
static enum resolved_by_us ask_resolved(struct judge *judge, const struct place *place,
                                        struct name *name, bool *kept)
{
    bool by_dnsd;
    enum resolved_by_us resolved = resolved_ask(judge->resolved, place->client, place->server,
                                                place->at / 1000, name, &by_dnsd);
    const struct subject subject = {.group = group_of(judge, place), .name = name};
    *kept = by_dnsd && name->length > 0 && action_blocks(decide(judge->policy, &subject).action);
    return *kept ? RESOLVED_NO : resolved;
}

/* What the address was resolved from says more about a sighting without a name. */
static void add_resolved(struct judge *judge, const struct place *place, struct event *event)
{
    struct name name = {.length = 0};
    char text[NAME_TEXT_SIZE];
    bool kept;

    event->wire.resolved = (uint8_t)ask_resolved(judge, place, &name, &kept);
    if (name.length == 0 || event->question.labels > 0 || event->wire.evidence[0] != 0)
        return;
    snprintf(event->wire.evidence, sizeof event->wire.evidence,
             kept ? "address of %.80s, kept from the client" : "resolved as %.80s",
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

static enum ending ending_of(const struct sighting *sighting)
{
    if (judge_doubts(sighting->why))
        return ENDING_AMBIGUOUS;
    if (sighting->spoken == SPOKEN_UNKNOWN && sighting->why == WHY_NONE)
        return ENDING_NONE; /* it has but begun */
    return sighting->has_name ? ENDING_NAME : ENDING_NO_NAME;
}

/* A look-up over TLS or QUIC at a name that lists call a way around is DNS over HTTPS. */
static enum detour way_of(const struct place *place, const struct sighting *sighting,
                          const struct verdict *verdict)
{
    bool is_web = sighting->spoken == SPOKEN_TLS || sighting->spoken == SPOKEN_QUIC;
    if (sighting->way == DETOUR_NONE && sighting->protocol == PROTOCOL_NONE && is_web &&
        place->server_port == 443 && verdict->evidence == EVIDENCE_BYPASS)
        return DETOUR_DOH;
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

/* Port 853 was reason enough; a hello that adds no name says nothing more. */
static enum seen seen_for_news(const struct sighting *sighting)
{
    bool is_port = sighting->protocol == PROTOCOL_DOT || sighting->protocol == PROTOCOL_DOQ;
    return is_port && !sighting->has_name && !sighting->has_address ? SEEN_PACKET : sighting->seen;
}

/* The order, and an event unless it was said before. */
static enum watch_order conclude(struct judge *judge, const struct place *place,
                                 const struct verdict *verdict, const struct sighting *sighting)
{
    struct event event;
    enum watch_order order = order_of(judge, place, verdict, sighting->seen, sighting->protocol);

    if (!is_news(place->flow, verdict, seen_for_news(sighting), sighting->protocol, sighting->why))
        return order;
    event_begin(judge, place, &event);
    event.verdict = *verdict;
    soften(judge, &event.verdict);
    event_fill(judge, place, sighting, &event);
    say(judge, &event);
    return order;
}

/* The same where the firewall leads the flow to dnsd: it goes on there, whatever the rule wants. */
static enum watch_order conclude_led(struct judge *judge, const struct place *place,
                                     const struct verdict *verdict, const struct sighting *sighting)
{
    struct event event;

    if (!is_news(place->flow, verdict, sighting->seen, sighting->protocol, sighting->why))
        return ORDER_PASS;
    event_begin(judge, place, &event);
    event.verdict = *verdict;
    event.verdict.action = ACTION_REDIRECT;
    event_fill(judge, place, sighting, &event);
    say(judge, &event);
    return ORDER_PASS;
}

/* The first packet. */

static enum watch_order first_address(struct judge *judge, const struct place *place,
                                      uint16_t group)
{
    const struct subject subject = {.group = group, .destination = place->server};
    const struct sighting sighting = {
        .seen = SEEN_PACKET, .has_address = true, .address = *place->server};
    struct verdict verdict = decide(judge->policy, &subject);

    if (!speaks(&verdict))
        return ORDER_PASS;
    if (verdict.action != ACTION_ALLOW && is_led(judge, place, group))
        return conclude_led(judge, place, &verdict, &sighting);
    return conclude(judge, place, &verdict, &sighting);
}

static enum watch_order first_port(struct judge *judge, const struct place *place, uint16_t group)
{
    const bool is_tcp = place->transport == IP_TCP;
    struct sighting sighting = {
        .seen = SEEN_PACKET,
        .protocol = is_tcp ? PROTOCOL_DOT : PROTOCOL_DOQ,
        .way = is_tcp ? DETOUR_DOT : DETOUR_DOQ,
    };

    if (place->server_port != ENCRYPTED_DNS_PORT || judge_is_ours(judge, place->server) ||
        is_excepted(judge, place, group, sighting.protocol))
        return ORDER_PASS;
    struct verdict verdict = ask_protocol(judge, group, sighting.protocol);
    if (!speaks(&verdict))
        return ORDER_PASS;
    sight_evidence(&sighting, "%s port 853", is_tcp ? "TCP" : "UDP");
    return conclude(judge, place, &verdict, &sighting);
}

/* An address that dnsd gave out for a name that lists speak of. Others may be behind it as well, so
 * the configuration says what comes of that. */
static enum watch_order first_name(struct judge *judge, const struct place *place, uint16_t group)
{
    struct name name = {.length = 0};
    const struct subject subject = {.group = group, .name = &name};
    bool kept;

    if (judge->told_names == TOLD_IGNORE)
        return ORDER_PASS;
    (void)ask_resolved(judge, place, &name, &kept);
    if (name.length == 0)
        return ORDER_PASS;
    struct verdict verdict = decide(judge->policy, &subject);
    if (!speaks(&verdict) || verdict.action == ACTION_ALLOW)
        return ORDER_PASS;
    if (judge->told_names == TOLD_OBSERVE || policy_group(judge->policy, group).observe_only)
        verdict.action = ACTION_OBSERVE;
    else if (!action_blocks(verdict.action))
        verdict.action = ACTION_DROP;
    enum watch_order order = order_of(judge, place, &verdict, SEEN_PACKET, PROTOCOL_NONE);
    if (!is_news(place->flow, &verdict, SEEN_PACKET, PROTOCOL_NONE, WHY_NONE))
        return order;
    struct event event;
    event_begin(judge, place, &event);
    event.verdict = verdict;
    soften(judge, &event.verdict);
    event.seen = SEEN_PACKET;
    event.matched_name = name;
    add_resolved(judge, place, &event);
    say(judge, &event);
    return order;
}

enum watch_order judge_first(struct judge *judge, const struct place *place)
{
    const uint16_t group = group_of(judge, place);

    if (group == GROUP_NONE)
        return ORDER_PASS;
    bool stops = first_address(judge, place, group) == ORDER_STOP ||
                 first_port(judge, place, group) == ORDER_STOP ||
                 first_name(judge, place, group) == ORDER_STOP;
    return stops ? ORDER_STOP : ORDER_PASS;
}

/* Later packets. */

/* Something that dnsd will answer, be it with an error. */
static bool is_dns(const struct sighting *sighting)
{
    return sighting->spoken == SPOKEN_DNS && (sighting->has_name || sighting->why != WHY_MALFORMED);
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
    struct rule_view rule;

    if (group == GROUP_NONE)
        return ORDER_PASS;
    struct verdict verdict = decide(judge->policy, &subject);
    if (!speaks(&verdict) && !judge_doubts(sighting->why))
        return ORDER_PASS;
    if (verdict.rule != RULE_NONE && policy_rule(judge->policy, verdict.rule, &rule) &&
        rule.kind == RULE_PROTOCOL && is_excepted(judge, place, group, sighting->protocol))
        return ORDER_PASS;
    if (is_dns(sighting) && verdict.action != ACTION_ALLOW && is_led(judge, place, group))
        return conclude_led(judge, place, &verdict, sighting);
    return conclude(judge, place, &verdict, sighting);
}

/* Where every packet is for anybody who listens, nobody has to be told an address. */
static bool is_for_many(const struct address *a)
{
    return address_is_ipv4(a) ? a->bytes[12] >= 0xe0 : a->bytes[0] == 0xff;
}

/* A strict group's word, where no rule of its lists has stopped it. */
static void be_strict(bool observe_only, struct verdict *verdict)
{
    *verdict = (struct verdict){
        .action = observe_only ? ACTION_OBSERVE : ACTION_DROP,
        .wanted = ACTION_DROP,
        .group = verdict->group,
        .rule = RULE_NONE,
        .noted = RULE_NONE,
    };
}

enum watch_order judge_unresolved(struct judge *judge, const struct place *place, struct span said)
{
    const uint16_t group = group_of(judge, place);
    struct sighting sighting = {
        .seen = SEEN_PACKET, .protocol = PROTOCOL_UNRESOLVED, .why = WHY_UNRECOGNISED};
    struct name name = {.length = 0};
    char hex[2 * WIRE_SHOWN + 1] = "";
    bool kept;

    if (group == GROUP_NONE || address_is_internal(place->server) || is_for_many(place->server) ||
        judge_is_ours(judge, place->server))
        return ORDER_PASS;
    const struct group_view view = policy_group(judge->policy, group);
    struct verdict verdict = ask_protocol(judge, group, PROTOCOL_UNRESOLVED);
    if ((!speaks(&verdict) && !view.strict) ||
        ask_resolved(judge, place, &name, &kept) != RESOLVED_NO ||
        is_excepted(judge, place, group, PROTOCOL_UNRESOLVED))
        return ORDER_PASS;
    if (view.strict && !action_blocks(verdict.wanted))
        be_strict(view.observe_only, &verdict);
    for (size_t i = 0; i < said.length && i < WIRE_SHOWN; i++)
        snprintf(hex + 2 * i, 3, "%02x", said.at[i]);
    if (said.length > 0)
        sight_evidence(&sighting, "unknown to every reader: %zu bytes %s%s", said.length, hex,
                       said.length > WIRE_SHOWN ? ".." : "");
    else
        sight_evidence(&sighting, "unknown to every reader");
    return conclude(judge, place, &verdict, &sighting);
}
