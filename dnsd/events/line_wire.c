/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_wire - ECS has fields for most of it; the rest stands under "ponor".
 */
#include "events/line_wire.h"

#include "dns/type.h"
#include "events/escape.h"
#include "wire/frame.h"

enum { VERSION_SSL3 = 0x0300, VERSION_TLS13 = 0x0304, MICROSECONDS = 1000000 };

static void member(struct writer *w, const char *name, const char *text)
{
    if (*text == 0)
        return;
    write_text(w, name);
    escape_bytes(w, span_text(text));
    write_u8(w, '"');
}

static void version_write(struct writer *w, unsigned version)
{
    write_text(w, "\"version\":\"");
    write_text(w, version == VERSION_SSL3 ? "3" : "1.");
    if (version > VERSION_SSL3)
        escape_number(w, version - VERSION_SSL3 - 1);
    write_text(w, "\",\"version_protocol\":\"");
    write_text(w, version == VERSION_SSL3 ? "ssl\"" : "tls\"");
}

/* Also of a flow that was recognised by something else than its name: DoT, STARTTLS, ECH. */
static void tls_write(struct writer *w, const struct event *event)
{
    unsigned version = event->wire.tls_version;
    bool has_version = version >= VERSION_SSL3 && version <= VERSION_TLS13;
    bool has_name =
        (event->seen == SEEN_TLS || event->seen == SEEN_QUIC) && event->question.labels > 0;

    if (!has_version && !has_name)
        return;
    write_text(w, ",\"tls\":{");
    if (has_version)
        version_write(w, version);
    if (has_name) {
        write_text(w, has_version ? ",\"client\":{\"server_name\":\""
                                  : "\"client\":{\"server_name\":\"");
        escape_name(w, &event->question);
        write_text(w, "\"}");
    }
    write_u8(w, '}');
}

static void question_write(struct writer *w, const struct event *event)
{
    char word[WORD_SIZE];

    write_text(w, ",\"dns\":{\"type\":\"query\",\"question\":{\"name\":\"");
    escape_name(w, &event->question);
    write_text(w, "\",\"type\":\"");
    write_text(w, type_text(event->type, word));
    write_text(w, "\",\"class\":\"IN\"}}");
}

void line_wire_said(struct writer *w, const struct event *event)
{
    const struct wire *wire = &event->wire;

    if (wire->vlan != 0) {
        bool is_double = (wire->vlan & 0xfff) != 0;
        write_text(w, ",\"vlan\":{\"id\":\"");
        escape_number(w, wire->vlan >> 12);
        write_text(w, "\"}");
        if (is_double) {
            write_text(w, ",\"inner\":{\"vlan\":{\"id\":\"");
            escape_number(w, wire->vlan & 0xfff);
            write_text(w, "\"}}");
        }
    }
    write_u8(w, '}');
    tls_write(w, event);
    if (event->seen == SEEN_DNS && event->type != 0)
        question_write(w, event);
    if (event->seen == SEEN_HTTP && event->question.labels > 0) {
        write_text(w, ",\"url\":{\"domain\":\"");
        escape_name(w, &event->question);
        write_text(w, "\"}");
    }
    write_u8(w, ',');
}

void line_wire_facts(struct writer *w, const struct event *event)
{
    static const char *const tunnels[TUNNEL_COUNT] = {
        [TUNNEL_NONE] = "", [TUNNEL_GRE] = "gre", [TUNNEL_IP] = "ip", [TUNNEL_VXLAN] = "vxlan"};
    const struct wire *wire = &event->wire;

    if (wire->ending != ENDING_NONE) {
        write_text(w, ",\"result\":\"");
        write_text(w, ending_words[wire->ending]);
        if (wire->ending != ENDING_NAME) {
            write_u8(w, '(');
            write_text(w, why_words[wire->why]);
            write_u8(w, ')');
        }
        write_u8(w, '"');
    }
    if (wire_is_strict(wire, &event->verdict))
        write_text(w, ",\"strict\":true");
    if (wire->resolved != RESOLVED_UNKNOWN)
        write_text(w, wire->resolved == RESOLVED_YES ? ",\"resolved_by_us\":true"
                                                     : ",\"resolved_by_us\":false");
    member(w, ",\"recognised_by\":\"", wire->evidence);
    member(w, ",\"ja4\":\"", wire->ja4);
    member(w, ",\"alpn\":\"", wire->alpn);
    if (wire->ech != ECH_NONE)
        member(w, ",\"ech\":\"", ech_words[wire->ech]);
    member(w, ",\"tunnel\":\"", tunnels[wire->tunnel]);
    write_text(w, ",\"segments\":");
    escape_number(w, wire->segments);
}

void line_wire_health(struct writer *w, const struct event *event)
{
    static const char *const said[] = {
        [HEALTH_NONE] = "",
        [HEALTH_DROPPED] = " packets were dropped before they could be read, and not seen",
        [HEALTH_FLOWS_FULL] = " flows were forgotten before they ended, for want of room",
        [HEALTH_GATHER_FULL] = " flows could not be gathered, for want of room",
        [HEALTH_BLIND] = " s without sight: the process was away",
        [HEALTH_EVENTS_LOST] = " events were lost, for want of room",
    };
    uint64_t number = event->wire.count;

    if (event->wire.health == HEALTH_BLIND) {
        escape_number(w, event->duration_us / MICROSECONDS);
        write_u8(w, '.');
        number = event->duration_us % MICROSECONDS / 100000;
    }
    escape_number(w, number);
    write_text(w, said[event->wire.health]);
    if (event->wire.evidence[0] != 0) {
        write_text(w, ", on ");
        escape_bytes(w, span_text(event->wire.evidence));
    }
}

void line_wire_health_facts(struct writer *w, const struct event *event)
{
    write_text(w, "\"count\":");
    escape_number(w, event->wire.count);
    member(w, ",\"interface\":\"", event->wire.evidence);
}
