/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parts - renders the texts of a class of rules. Field names: Elastic Common Schema 8.11,
 * docs/events.md.
 */
#include "events/parts.h"

#include "base/hash.h"
#include "dns/type.h"
#include "events/escape.h"

#include <stdlib.h>

/* Escaped. A text of a list has at most 255 bytes, which become at most three times as many. */
enum { TEXT_MOST = 768, PART_MOST = 12288 };

/* All that a part depends on. Compared as bytes, so it is cleared before it is filled. */
struct key {
    const struct policy *policy; /* NULL: no rule is known */
    const char *subject;         /* of EVENT_WIRE: what a rule is about, in words; NULL: no rule */
    uint32_t class;
    uint16_t group, ede;
    uint8_t kind, action, wanted, evidence, seen, has_address;
    uint8_t doubt, is_unresolved; /* of EVENT_WIRE */
};

struct slot {
    struct key key;
    struct part part;
    uint8_t *bytes; /* what the spans of `part` point into; NULL: empty */
};

struct parts {
    struct slot slots[PARTS_MOST];
};

struct parts *parts_new(void)
{
    return calloc(1, sizeof(struct parts));
}

static void slot_clear(struct slot *slot)
{
    free(slot->bytes);
    memset(slot, 0, sizeof *slot);
}

void parts_free(struct parts *parts)
{
    if (parts == NULL)
        return;
    for (size_t i = 0; i < PARTS_MOST; i++)
        slot_clear(&parts->slots[i]);
    free(parts);
}

void parts_forget(struct parts *parts, const struct policy *policy)
{
    for (size_t i = 0; i < PARTS_MOST; i++)
        if (parts->slots[i].key.policy == policy)
            slot_clear(&parts->slots[i]);
}

/* Everything about a class of rules that is shown. */
struct texts {
    const struct rule_view *rule; /* NULL: not known */
    struct list_view list;
    const char *group;
};

static void texts_read(const struct key *key, const struct rule_view *rule, struct texts *out)
{
    *out = (struct texts){.group = ""};
    if (key->policy == NULL)
        return;
    if (key->group < policy_facts(key->policy).groups)
        out->group = policy_group(key->policy, key->group).id;
    out->rule = rule;
    if (rule != NULL)
        out->list = policy_list(key->policy, rule->list);
}

/* ,"NAME":"TEXT" unless the text is empty. */
static void write_field(struct writer *w, const char *name, const char *text)
{
    if (*text == 0)
        return;
    write_text(w, name);
    escape_text(w, text, TEXT_MOST);
    write_u8(w, '"');
}

static const char *reason_of(const struct key *key, const struct texts *t)
{
    static const char *const reasons[3][2] = {
        {"name is on a list", "name is excepted"},
        {"answer leads to a name on a list", "answer leads to a name that is excepted"},
        {"answer holds an address on a list", "answer holds an address that is excepted"},
    };
    int where = key->seen != SEEN_ANSWER ? 0 : key->has_address ? 2 : 1;
    return reasons[where][t->rule != NULL && t->rule->exception];
}

/* 1 to 7, for sorting: how much this says about the device. */
static char severity_of(const struct key *key)
{
    static const char severities[EVIDENCE_COUNT] = {
        [EVIDENCE_NONE] = '2',   [EVIDENCE_INSTALLED] = '4', [EVIDENCE_VISITED] = '3',
        [EVIDENCE_UPDATE] = '4', [EVIDENCE_BYPASS] = '5',    [EVIDENCE_CONTEXT] = '2',
    };
    return key->action == ACTION_ALLOW ? '1' : severities[key->evidence];
}

static const char address_subject[] = "address",
                  unknown_subject[] = "protocol that no reader knows",
                  strict_subject[] = "protocol that no reader knows, to an address that was never "
                                     "resolved for this client; its group is strict";

/* What of a flow a rule speaks about, in words. A rule about a protocol holds whatever was seen. */
static const char *protocol_subject_of(const struct wire *wire)
{
    static const char *const ways[DETOUR_COUNT] = {
        [DETOUR_DNS] = "DNS to another resolver", [DETOUR_DOT] = "DNS over TLS",
        [DETOUR_DOH] = "DNS over HTTPS",          [DETOUR_DOQ] = "DNS over QUIC",
        [DETOUR_DNSCRYPT] = "DNSCrypt",           [DETOUR_HTTPDNS] = "DNS inside HTTP",
        [DETOUR_PROXY] = "use of a proxy",
    };
    if (wire->spoken == SPOKEN_MMTLS)
        return "mmtls handshake";
    if (wire->spoken == SPOKEN_OICQ)
        return "OICQ packet";
    if (wire->way != DETOUR_NONE)
        return ways[wire->way];
    if (wire->why == WHY_UNRECOGNISED)
        return unknown_subject;
    return wire->ech == ECH_POSSIBLE ? "TLS that may hide its server name" : "protocol";
}

static const char *subject_of(const struct event *event, const struct rule_view *rule)
{
    static const char *const seen[SEEN_COUNT] = {
        [SEEN_QUESTION] = "name",
        [SEEN_ANSWER] = "name",
        [SEEN_TLS] = "TLS server name",
        [SEEN_QUIC] = "QUIC server name",
        [SEEN_HTTP] = "HTTP host",
        [SEEN_DNS] = "name asked of another resolver",
        [SEEN_PACKET] = address_subject,
        [SEEN_CERTIFICATE] = "name in the server's certificate",
        [SEEN_PROXY] = "what a proxy was asked for",
    };
    uint8_t way = event->wire.way;

    if (rule != NULL && rule->kind == RULE_PROTOCOL)
        return protocol_subject_of(&event->wire);
    if ((event->seen == SEEN_TLS || event->seen == SEEN_QUIC) &&
        (way == DETOUR_DOT || way == DETOUR_DOH || way == DETOUR_DOQ))
        return "encrypted DNS to a resolver that";
    if (event->seen == SEEN_PACKET && event->matched_name.labels > 0)
        return "name that the address was given for";
    return seen[event->seen];
}

static const char *doubt_of(const struct key *key)
{
    return key->doubt == WHY_OVERLAP        ? "copies of the same bytes differ"
           : key->doubt == WHY_SECOND_HELLO ? "a second hello says another name"
                                            : "two names where one may stand";
}

static void wire_reason_write(struct writer *w, const struct key *key, const struct texts *t)
{
    if (key->subject == strict_subject) {
        write_text(w, strict_subject);
        return;
    }
    if (key->subject == NULL) {
        write_text(w, doubt_of(key));
        return;
    }
    write_text(w, key->subject);
    write_text(w, t->rule != NULL && t->rule->exception ? " is excepted" : " is on a list");
    if (key->is_unresolved && key->subject == address_subject)
        write_text(w, ", and was never resolved for this client");
    else if (key->is_unresolved)
        write_text(w, ", to an address that was never resolved for this client");
    if (key->doubt != 0) {
        write_text(w, "; the flow is ambiguous: ");
        write_text(w, doubt_of(key));
    }
}

/* As severity_of(); on the wire a device does what in DNS it only asks about. */
static char wire_severity_of(const struct key *key)
{
    char severity = severity_of(key);
    if (key->action == ACTION_ALLOW)
        return severity;
    severity = (char)(severity + 1 + key->is_unresolved + (key->doubt != 0));
    return severity < '7' ? severity : '7';
}

static void wire_opening_write(struct writer *w, const struct key *key, const struct texts *t)
{
    write_text(w, "Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"alert\","
                  "\"category\":[\"network\"],\"type\":[\"connection\",\"");
    write_text(w, action_blocks((enum action)key->action) ? "denied"
                  : key->action == ACTION_ALLOW           ? "allowed"
                                                          : "info");
    write_text(w, "\"],\"action\":\"flow-");
    write_text(w, action_words[key->action]);
    write_text(w, "\",\"reason\":\"");
    wire_reason_write(w, key, t);
    write_text(w, "\",\"severity\":");
    write_u8(w, (uint8_t)wire_severity_of(key));
    write_text(w, ",\"module\":\"ponor\",\"dataset\":\"ponor.wire\",\"sequence\":");
}

static void opening_write(struct writer *w, const struct key *key, const struct texts *t)
{
    if (key->kind == EVENT_WIRE) {
        wire_opening_write(w, key, t);
        return;
    }
    write_text(w, "Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
                  "\"category\":[\"network\"],\"type\":[\"protocol\",\"");
    write_text(w, action_blocks((enum action)key->action) ? "denied"
                  : key->action == ACTION_ALLOW           ? "allowed"
                                                          : "info");
    write_text(w, "\"],\"action\":\"dns-");
    write_text(w, action_words[key->action]);
    write_text(w, "\",\"reason\":\"");
    write_text(w, reason_of(key, t));
    write_text(w, "\",\"severity\":");
    write_u8(w, (uint8_t)severity_of(key));
    write_text(w, ",\"module\":\"ponor\",\"dataset\":\"ponor.dns\",\"sequence\":");
}

/* ECS wants the application in lower case. */
static void network_write(struct writer *w, const struct texts *t)
{
    char lower[TEXT_MOST];
    size_t length = 0;
    if (t->rule == NULL)
        return;
    const char *app = *t->list.app != 0 ? t->list.app : t->list.id;
    for (; app[length] != 0 && length + 1 < sizeof lower; length++)
        lower[length] = (char)name_lower((uint8_t)app[length]);
    lower[length] = 0;
    write_field(w, "\"application\":\"", lower);
    write_u8(w, ',');
}

/* "rule" up to its line. */
static void rule_write(struct writer *w, const struct texts *t)
{
    if (t->rule == NULL)
        return;
    write_text(w, "\"rule\":{\"id\":\"");
    escape_text(w, t->list.id, TEXT_MOST);
    write_u8(w, ':');
}

/* From there up to its text. */
static void text_write(struct writer *w, const struct texts *t)
{
    if (t->rule == NULL)
        return;
    write_text(w, "\",\"name\":\"");
    if (t->rule->kind == RULE_PROTOCOL)
        write_text(w, "protocol ");
}

static void ruleset_write(struct writer *w, const struct texts *t)
{
    write_text(w, "\"");
    write_field(w, ",\"ruleset\":\"", t->list.id);
    write_text(w, ",\"category\":\"");
    write_text(w, t->rule->exception ? "exception" : "banned-app");
    write_u8(w, '"');
    write_field(w, ",\"reference\":\"", t->list.reference);
    if (t->list.serial > 0) {
        write_text(w, ",\"version\":\"");
        escape_number(w, t->list.serial);
        write_u8(w, '"');
    }
    write_text(w, "},");
}

static void verdict_write(struct writer *w, const struct key *key, const struct texts *t)
{
    write_text(w, "\"ponor\":{\"action\":\"");
    write_text(w, action_words[key->action]);
    write_u8(w, '"');
    if (key->wanted != key->action && key->wanted != ACTION_PASS)
        write_field(w, ",\"wanted\":\"", action_words[key->wanted]);
    write_field(w, ",\"seen\":\"", seen_words[key->seen]);
    write_field(w, ",\"group\":\"", t->group);
    if (t->rule != NULL)
        write_field(w, ",\"app\":\"", t->list.app);
    if (key->evidence != EVIDENCE_NONE)
        write_field(w, ",\"evidence\":\"", evidence_words[key->evidence]);
}

/* From the rule's text up to its place, which ends in its line. */
static void place_write(struct writer *w, const struct key *key, const struct texts *t)
{
    if (t->rule == NULL)
        return;
    ruleset_write(w, t);
    verdict_write(w, key, t);
    write_field(w, ",\"authority\":\"", t->list.authority);
    write_field(w, ",\"ticket\":\"", *t->rule->ticket != 0 ? t->rule->ticket : t->list.ticket);
    write_text(w, ",\"source\":\"");
    escape_text(w, t->list.file, TEXT_MOST);
    write_u8(w, ':');
}

static void closing_write(struct writer *w, const struct key *key, const struct texts *t)
{
    if (t->rule != NULL)
        write_u8(w, '"');
    else
        verdict_write(w, key, t);
    if (key->ede != EDE_NONE && key->kind == EVENT_DNS) {
        write_text(w, ",\"ede\":");
        escape_number(w, key->ede);
    }
}

/* What was written since `*from`, which moves behind it. */
static struct span piece(const struct writer *w, size_t *from)
{
    struct span written = span_of(w->start + *from, writer_length(w) - *from);
    *from += written.length;
    return written;
}

/* Without memory the part stays where it was rendered, until the next call. */
static const struct part *slot_fill(struct slot *slot, const struct key *key,
                                    const struct rule_view *rule)
{
    static uint8_t buffer[PART_MOST];
    static struct part passing;
    struct texts t;
    struct writer w = writer_over(buffer, sizeof buffer);
    size_t from = 0;

    texts_read(key, rule, &t);
    opening_write(&w, key, &t);
    passing.opening = piece(&w, &from);
    network_write(&w, &t);
    passing.network = piece(&w, &from);
    rule_write(&w, &t);
    passing.rule = piece(&w, &from);
    text_write(&w, &t);
    passing.text = piece(&w, &from);
    place_write(&w, key, &t);
    passing.place = piece(&w, &from);
    closing_write(&w, key, &t);
    passing.closing = piece(&w, &from);

    uint8_t *bytes = malloc(from);
    if (bytes == NULL)
        return &passing;
    memcpy(bytes, buffer, from);
    slot_clear(slot);
    slot->bytes = bytes;
    slot->key = *key;
    slot->part = passing;
    struct span *pieces[] = {&slot->part.opening, &slot->part.network, &slot->part.rule,
                             &slot->part.text,    &slot->part.place,   &slot->part.closing};
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        pieces[i]->at = bytes + (pieces[i]->at - buffer);
    return &slot->part;
}

const struct part *parts_find(struct parts *parts, const struct policy *policy,
                              const struct rule_view *rule, const struct event *event)
{
    static const struct hash_key unkeyed = {0, 0}; /* strangers do not choose these keys */
    const struct verdict *v = &event->verdict;
    struct key key;
    memset(&key, 0, sizeof key);
    if (rule != NULL) {
        key.policy = policy;
        key.class = rule->class;
        key.group = v->group;
    }
    key.ede = event->ede;
    key.action = (uint8_t)v->action;
    key.wanted = (uint8_t)v->wanted;
    key.evidence = (uint8_t)v->evidence;
    key.seen = event->seen;
    key.has_address = event->has_address != 0;
    key.kind = event->kind;
    if (event->kind == EVENT_WIRE) {
        if (v->rule != RULE_NONE || v->noted != RULE_NONE)
            key.subject = subject_of(event, rule);
        if (event->wire.ending == ENDING_AMBIGUOUS)
            key.doubt = event->wire.why != WHY_NONE ? event->wire.why : WHY_SECOND_NAME;
        key.is_unresolved = event->wire.resolved == RESOLVED_NO;
        if (wire_is_strict(&event->wire, v)) {
            key.subject = strict_subject;
            key.policy = policy;
            key.group = v->group;
        }
    }

    struct slot *slot = &parts->slots[hash_bytes(&unkeyed, &key, sizeof key) % PARTS_MOST];
    if (slot->bytes == NULL || memcmp(&slot->key, &key, sizeof key) != 0)
        return slot_fill(slot, &key, rule);
    return &slot->part;
}
