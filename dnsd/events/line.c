/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line - what changes from event to event; the rest comes ready from parts.
 */
#include "events/line.h"

#include "dns/message.h"
#include "events/community.h"
#include "events/digest.h"
#include "events/escape.h"
#include "events/line_wire.h"
#include "events/parts.h"
#include "events/registered.h"

#include <stdlib.h>
#include <time.h>

#define WRITE_LITERAL(w, text) write_bytes(w, text, sizeof(text) - 1)

enum {
    OBSERVER_MOST = 1024,
    WORD_MOST = 256,
    REASON_MOST = 2048,
    RULE_MOST = 1536,
    MICROSECONDS = 1000000
};

struct line_writer {
    struct parts *parts;
    struct registered *registered;
    uint64_t second; /* whose text is in `time` */
    char time[sizeof "2026-11-24T03:00:00"];
    size_t observer_length;
    uint8_t observer[OBSERVER_MOST]; /* }, "observer" whole */
};

struct line_writer *line_writer_new(const char *gateway, const char *product, const char *version)
{
    struct line_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return NULL;
    writer->parts = parts_new();
    writer->registered = registered_new();
    if (writer->parts == NULL || writer->registered == NULL) {
        line_writer_free(writer);
        return NULL;
    }
    struct writer w = writer_over(writer->observer, sizeof writer->observer);
    WRITE_LITERAL(&w, "},\"observer\":{\"vendor\":\"Ponor\",\"product\":\"");
    escape_text(&w, product, WORD_MOST);
    WRITE_LITERAL(&w, "\",\"type\":\"");
    write_text(&w, strcmp(product, "inspectd") == 0 ? "ids" : "dns");
    WRITE_LITERAL(&w, "\",\"name\":\"");
    escape_text(&w, gateway, WORD_MOST);
    WRITE_LITERAL(&w, "\",\"version\":\"");
    escape_text(&w, version, WORD_MOST);
    WRITE_LITERAL(&w, "\"},");
    writer->observer_length = writer_length(&w);
    writer->second = UINT64_MAX;
    return writer;
}

void line_writer_free(struct line_writer *writer)
{
    if (writer == NULL)
        return;
    parts_free(writer->parts);
    registered_free(writer->registered);
    free(writer);
}

void line_writer_forget(struct line_writer *writer, const struct policy *policy)
{
    parts_forget(writer->parts, policy);
}

/* {"@timestamp":"2026-11-24T03:00:00.123456, as far as the Z. */
static void time_write(struct line_writer *writer, clock_us at, struct writer *w)
{
    if (writer->second != at / MICROSECONDS) {
        writer->second = at / MICROSECONDS;
        time_t seconds = (time_t)writer->second;
        struct tm utc;
        if (gmtime_r(&seconds, &utc) == NULL ||
            strftime(writer->time, sizeof writer->time, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
            memcpy(writer->time, "9999-12-31T23:59:59", sizeof writer->time);
    }
    WRITE_LITERAL(w, "{\"@timestamp\":\"");
    write_bytes(w, writer->time, sizeof writer->time - 1);
    uint8_t fraction[7] = ".000000";
    uint32_t left = (uint32_t)(at % MICROSECONDS);
    for (size_t i = 6; i > 0; i--, left /= 10)
        fraction[i] = (uint8_t)('0' + left % 10);
    write_bytes(w, fraction, sizeof fraction);
}

/* By hand for IPv4: inet_ntop() goes through printf. */
static void address_write(struct writer *w, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    if (!address_is_ipv4(address)) {
        write_text(w, address_text(address, text));
        return;
    }
    for (size_t i = 12; i < 16; i++) {
        if (i > 12)
            write_u8(w, '.');
        escape_number(w, address->bytes[i]);
    }
}

static void ends_write(struct writer *w, const struct event *event, struct span application)
{
    bool tcp = event->transport == TRANSPORT_TCP, is_wire = event->kind == EVENT_WIRE;
    WRITE_LITERAL(w, "\"source\":{\"ip\":\"");
    address_write(w, &event->client);
    WRITE_LITERAL(w, "\",\"port\":");
    escape_number(w, event->client_port);
    WRITE_LITERAL(w, "},\"destination\":{\"ip\":\"");
    address_write(w, &event->server);
    WRITE_LITERAL(w, "\",\"port\":");
    escape_number(w, event->server_port);
    if (is_wire && event->question.labels > 0) {
        WRITE_LITERAL(w, ",\"domain\":\"");
        escape_name(w, &event->question);
        write_u8(w, '"');
    }
    WRITE_LITERAL(w, "},\"network\":{\"transport\":\"");
    write_bytes(w, tcp ? "tcp" : "udp", 3);
    if (is_wire) {
        WRITE_LITERAL(w, "\",\"direction\":\"outbound");
        if (event->wire.spoken != SPOKEN_UNKNOWN) {
            WRITE_LITERAL(w, "\",\"protocol\":\"");
            write_text(w, spoken_words[event->wire.spoken]);
        }
        WRITE_LITERAL(w, "\",");
    } else {
        WRITE_LITERAL(w, "\",\"protocol\":\"dns\",");
    }
    if (is_wire && event->wire.way != DETOUR_NONE) {
        WRITE_LITERAL(w, "\"application\":\"");
        write_text(w, detour_words[event->wire.way]);
        WRITE_LITERAL(w, "\",");
    } else {
        write_span(w, application);
    }
    WRITE_LITERAL(w, "\"community_id\":\"");
    community_write(w, tcp ? COMMUNITY_TCP : COMMUNITY_UDP, &event->client, event->client_port,
                    &event->server, event->server_port);
}

static void flags_write(struct writer *w, uint16_t flags)
{
    static const struct {
        uint16_t bit;
        char text[6];
    } words[] = {{FLAG_AA, ",\"AA\""}, {FLAG_TC, ",\"TC\""}, {FLAG_RD, ",\"RD\""},
                 {FLAG_RA, ",\"RA\""}, {FLAG_AD, ",\"AD\""}, {FLAG_CD, ",\"CD\""}};
    size_t comma = 1;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if ((flags & words[i].bit) != 0) {
            write_bytes(w, words[i].text + comma, 5 - comma);
            comma = 0;
        }
}

static void question_write(struct line_writer *writer, const struct event *event, struct writer *w)
{
    char word[WORD_SIZE];
    struct name registered;
    WRITE_LITERAL(w, "],\"question\":{\"name\":\"");
    escape_name(w, &event->question);
    WRITE_LITERAL(w, "\",\"type\":\"");
    write_text(w, type_text(event->type, word));
    WRITE_LITERAL(w, "\",\"class\":\"");
    write_text(w, class_text(event->class, word));
    if (registered_find(writer->registered, &event->question, &registered)) {
        WRITE_LITERAL(w, "\",\"registered_domain\":\"");
        escape_name(w, &registered);
    }
    WRITE_LITERAL(w, "\"}");
}

static void dns_write(struct line_writer *writer, const struct event *event, struct writer *w)
{
    char word[WORD_SIZE];
    WRITE_LITERAL(w, "\"},\"dns\":{\"type\":\"");
    write_text(w, event->answered ? "answer" : "query");
    WRITE_LITERAL(w, "\",\"id\":\"");
    escape_number(w, event->id);
    WRITE_LITERAL(w, "\",\"op_code\":\"");
    write_text(w, opcode_text(event->flags >> OPCODE_SHIFT & OPCODE_MASK, word));
    WRITE_LITERAL(w, "\",\"header_flags\":[");
    flags_write(w, event->flags);
    question_write(writer, event, w);
    if (event->answered) {
        WRITE_LITERAL(w, ",\"response_code\":\"");
        write_text(w, rcode_text(event->rcode, word));
        write_u8(w, '"');
    }
    WRITE_LITERAL(w, "},");
}

/* What of an answer was on a list, when it was not the question itself. */
static void matched_write(struct writer *w, const struct event *event)
{
    if (!event->has_address && event->matched_name.labels == 0)
        return;
    WRITE_LITERAL(w, ",\"matched\":\"");
    if (event->has_address)
        address_write(w, &event->matched_address);
    else
        escape_name(w, &event->matched_name);
    write_u8(w, '"');
}

/* The end of every line, and its hash. */
static void chain_write(struct writer *w, uint8_t *start, uint64_t lost, uint64_t sampled,
                        uint8_t chain[CHAIN_SIZE])
{
    WRITE_LITERAL(w, "\"lost\":");
    escape_number(w, lost);
    if (sampled > 0) {
        WRITE_LITERAL(w, ",\"sampled\":");
        escape_number(w, sampled);
    }
    WRITE_LITERAL(w, ",\"chain\":\"");
    chain_hex_write(w, chain);
    WRITE_LITERAL(w, "\"}}");
    digest_sha256(span_of(start, (size_t)(w->at - start)), chain);
    write_u8(w, '\n');
}

/* The pieces that a rule's class shares, with the line and text of this rule between them. */
static void rule_write(struct writer *w, const struct part *part, const struct policy *policy,
                       const struct rule_view *rule, uint32_t number)
{
    char text[NAME_TEXT_SIZE];
    write_span(w, part->rule);
    if (rule != NULL) {
        escape_number(w, rule->line);
        write_span(w, part->text);
        escape_text(w, policy_rule_text(policy, number, text), RULE_MOST);
        write_span(w, part->place);
        escape_number(w, rule->line);
    }
    write_span(w, part->closing);
}

/* What the inspector says of its own sight. */
static void health_write(struct line_writer *writer, const struct event *event, uint64_t sequence,
                         uint64_t lost, uint8_t chain[CHAIN_SIZE], struct writer *w)
{
    uint8_t *start = w->at;

    time_write(writer, event->at, w);
    WRITE_LITERAL(w, "Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
                     "\"category\":[\"host\"],\"type\":[\"info\"],\"action\":\"");
    write_text(w, health_words[event->wire.health]);
    WRITE_LITERAL(w, "\",\"reason\":\"");
    line_wire_health(w, event);
    WRITE_LITERAL(w, "\",\"severity\":5,\"module\":\"ponor\",\"dataset\":\"ponor.health\","
                     "\"sequence\":");
    escape_number(w, sequence);
    WRITE_LITERAL(w, ",\"duration\":");
    escape_number(w, (uint64_t)event->duration_us * 1000);
    write_bytes(w, writer->observer, writer->observer_length);
    WRITE_LITERAL(w, "\"ponor\":{");
    line_wire_health_facts(w, event);
    write_u8(w, ',');
    chain_write(w, start, lost, event->sampled_before, chain);
}

void line_write(struct line_writer *writer, const struct event *event, const struct policy *policy,
                uint64_t sequence, uint64_t lost, uint8_t chain[CHAIN_SIZE], struct writer *w)
{
    if (event->kind == EVENT_HEALTH) {
        health_write(writer, event, sequence, lost, chain, w);
        return;
    }
    const struct verdict *v = &event->verdict;
    uint32_t number = v->rule != RULE_NONE ? v->rule : v->noted;
    struct rule_view view, *rule = NULL;
    if (policy != NULL && number != RULE_NONE && policy_rule(policy, number, &view))
        rule = &view;
    const struct part *part = parts_find(writer->parts, policy, rule, event);
    uint8_t *start = w->at;

    time_write(writer, event->at, w);
    write_span(w, part->opening);
    escape_number(w, sequence);
    WRITE_LITERAL(w, ",\"duration\":");
    escape_number(w, (uint64_t)event->duration_us * 1000);
    write_bytes(w, writer->observer, writer->observer_length);
    ends_write(w, event, part->network);
    if (event->kind == EVENT_WIRE) {
        write_u8(w, '"');
        line_wire_said(w, event);
    } else {
        dns_write(writer, event, w);
    }
    rule_write(w, part, policy, rule, number);
    matched_write(w, event);
    if (event->kind == EVENT_WIRE)
        line_wire_facts(w, event);
    write_u8(w, ',');
    chain_write(w, start, lost, event->sampled_before, chain);
}

void line_write_notice(struct line_writer *writer, clock_us at, const struct notice *notice,
                       uint64_t sequence, uint64_t lost, uint8_t chain[CHAIN_SIZE],
                       struct writer *w)
{
    uint8_t *start = w->at;

    time_write(writer, at, w);
    WRITE_LITERAL(w, "Z\",\"ecs\":{\"version\":\"8.11.0\"},\"event\":{\"kind\":\"event\","
                     "\"category\":[\"process\"],\"type\":[\"info\"],\"action\":\"");
    escape_text(w, notice->action, WORD_MOST);
    WRITE_LITERAL(w, "\",\"reason\":\"");
    escape_text(w, notice->reason, REASON_MOST);
    WRITE_LITERAL(w, "\",\"severity\":1,\"module\":\"ponor\",\"dataset\":\"ponor.notice\","
                     "\"sequence\":");
    escape_number(w, sequence);
    write_bytes(w, writer->observer, writer->observer_length);
    if (notice->file != NULL) {
        WRITE_LITERAL(w, "\"file\":{\"name\":\"");
        escape_text(w, notice->file, WORD_MOST);
        WRITE_LITERAL(w, "\"},");
    }
    WRITE_LITERAL(w, "\"ponor\":{");
    if (notice->last > 0) {
        WRITE_LITERAL(w, "\"first\":");
        escape_number(w, notice->first);
        WRITE_LITERAL(w, ",\"last\":");
        escape_number(w, notice->last);
        write_u8(w, ',');
    }
    chain_write(w, start, lost, 0, chain);
}
