/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_wire - lines of the inspector are JSON whatever strangers put into them, and say what was
 * seen.
 */
#include "events/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sample.h"
#include "wire/frame.h"

#include <jansson.h>
#include <stdio.h>

static struct policy *policy;
static struct line_writer *lines;
static json_t *root;

static uint32_t protocol_rule;

static int open_all(void **state)
{
    const struct address client = address_of("10.20.2.3");
    policy = sample_policy();
    const struct subject subject = {.group = policy_group_of(policy, &client),
                                    .protocol = PROTOCOL_MMTLS};
    protocol_rule = decide(policy, &subject).rule;
    assert_int_not_equal(protocol_rule, RULE_NONE);
    lines = line_writer_new("gw-01", "inspectd", "0.1.0");
    return lines == NULL;
}

static int close_all(void **state)
{
    json_decref(root);
    line_writer_free(lines);
    policy_close(policy);
    return 0;
}

/* Writes the line, reads it as JSON. */
static void show(const struct event *event)
{
    static uint8_t buffer[LINE_MOST], chain[CHAIN_SIZE];
    struct writer w = writer_over(buffer, sizeof buffer);
    line_write(lines, event, policy, 7, 0, chain, &w);
    assert_false(w.failed);
    for (const uint8_t *at = buffer; at < w.at - 1; at++)
        assert_in_range(*at, 0x20, 0x7e);
    json_decref(root);
    root = json_loadb((const char *)buffer, writer_length(&w), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
}

/* The text at a path like "tls.client.server_name"; "" when there is none. */
static const char *at(const char *path)
{
    const json_t *here = root;
    char word[64];
    int used;
    for (; sscanf(path, "%63[^.]%n", word, &used) == 1; path += used + (path[used] == '.')) {
        here = json_object_get(here, word);
        if (path[used] == 0)
            break;
    }
    return json_is_string(here) ? json_string_value(here) : "";
}

static struct event tls_event(void)
{
    struct event e = {.kind = EVENT_WIRE,
                      .at = UINT64_C(1795489200123456),
                      .duration_us = 41,
                      .client_port = 50110,
                      .server_port = 443,
                      .transport = TRANSPORT_TCP,
                      .seen = SEEN_TLS};
    e.verdict = (struct verdict){.action = ACTION_OBSERVE,
                                 .wanted = ACTION_SINKHOLE,
                                 .evidence = EVIDENCE_VISITED,
                                 .rule = 0,
                                 .noted = RULE_NONE};
    assert_int_equal(address_parse("10.20.2.3", &e.client), STATUS_OK);
    assert_int_equal(address_parse("203.0.113.162", &e.server), STATUS_OK);
    assert_int_equal(name_parse("web.wechat.com", &e.question), STATUS_OK);
    e.matched_name = (struct name){.length = 1};
    e.wire = (struct wire){.spoken = SPOKEN_TLS,
                           .ending = ENDING_NAME,
                           .ech = ECH_GREASE,
                           .resolved = RESOLVED_NO,
                           .tls_version = 0x0304,
                           .segments = 2,
                           .vlan = 7 << 12 | 9,
                           .tunnel = TUNNEL_GRE,
                           .alpn = "h2",
                           .ja4 = "t13d1516h2_8daaf6152771_b186095e22b6"};
    return e;
}

static void a_name_in_tls(void **state)
{
    struct event e = tls_event();
    show(&e);
    assert_string_equal(at("event.kind"), "alert");
    assert_string_equal(at("event.action"), "flow-observe");
    assert_string_equal(at("event.dataset"), "ponor.wire");
    assert_non_null(strstr(at("event.reason"), "never resolved for this client"));
    assert_string_equal(at("observer.type"), "ids");
    assert_string_equal(at("destination.domain"), "web.wechat.com");
    assert_string_equal(at("network.protocol"), "tls");
    assert_string_equal(at("network.direction"), "outbound");
    assert_string_equal(at("network.vlan.id"), "7");
    assert_string_equal(at("network.inner.vlan.id"), "9");
    assert_non_null(strstr(at("network.community_id"), "1:"));
    assert_string_equal(at("tls.version"), "1.3");
    assert_string_equal(at("tls.client.server_name"), "web.wechat.com");
    assert_string_equal(at("ponor.wanted"), "sinkhole");
    assert_string_equal(at("ponor.ech"), "grease");
    assert_string_equal(at("ponor.tunnel"), "gre");
    assert_string_equal(at("ponor.ja4"), "t13d1516h2_8daaf6152771_b186095e22b6");
    assert_string_equal(at("ponor.result"), "name");
    assert_true(json_is_false(json_object_get(json_object_get(root, "ponor"), "resolved_by_us")));
}

static void ways_and_endings(void **state)
{
    struct event e = tls_event();
    e.seen = SEEN_DNS;
    e.type = 1;
    e.transport = TRANSPORT_UDP;
    e.wire = (struct wire){.spoken = SPOKEN_DNS,
                           .way = DETOUR_DNS,
                           .ending = ENDING_AMBIGUOUS,
                           .why = WHY_SECOND_NAME};
    show(&e);
    assert_string_equal(at("network.application"), "dns");
    assert_string_equal(at("dns.question.name"), "web.wechat.com");
    assert_string_equal(at("dns.question.type"), "A");
    assert_string_equal(at("ponor.result"), "ambiguous(second-name)");
    assert_null(json_object_get(json_object_get(root, "ponor"), "resolved_by_us"));
    e.seen = SEEN_HTTP;
    e.wire = (struct wire){.spoken = SPOKEN_HTTP, .ending = ENDING_NAME};
    show(&e);
    assert_string_equal(at("url.domain"), "web.wechat.com");
    e.verdict.rule = RULE_NONE; /* nothing on a list: only ambiguous */
    e.wire.ending = ENDING_AMBIGUOUS;
    show(&e);
    assert_string_equal(at("event.reason"), "two names where one may stand");
}

static void assert_reason(const struct event *event, const char *text)
{
    show(event);
    assert_string_equal(at("event.reason"), text);
}

static void reasons_in_words(void **state)
{
    struct event e = tls_event();
    assert_reason(&e, "TLS server name is on a list, to an address that was never resolved for "
                      "this client");
    e.wire.resolved = RESOLVED_YES;
    assert_reason(&e, "TLS server name is on a list");
    e.seen = SEEN_QUIC;
    assert_reason(&e, "QUIC server name is on a list");
    e.wire.way = DETOUR_DOH;
    assert_reason(&e, "encrypted DNS to a resolver that is on a list");
    e.wire.way = DETOUR_NONE;
    e.seen = SEEN_CERTIFICATE;
    assert_reason(&e, "name in the server's certificate is on a list");
    e.seen = SEEN_PROXY;
    assert_reason(&e, "what a proxy was asked for is on a list");
    e.seen = SEEN_PACKET;
    e.wire.resolved = RESOLVED_NO;
    assert_reason(&e, "address is on a list, and was never resolved for this client");
    e.seen = SEEN_HTTP;
    e.wire.resolved = RESOLVED_UNKNOWN;
    e.wire.ending = ENDING_AMBIGUOUS;
    e.wire.why = WHY_OVERLAP;
    assert_reason(&e, "HTTP host is on a list; the flow is ambiguous: copies of the same bytes "
                      "differ");
    e.verdict.rule = RULE_NONE;
    e.wire.why = WHY_SECOND_HELLO;
    assert_reason(&e, "a second hello says another name");
}

static void protocols_in_words(void **state)
{
    static const struct {
        uint8_t spoken, way, ech;
        const char *reason;
    } cases[] = {
        {SPOKEN_MMTLS, DETOUR_NONE, ECH_NONE, "mmtls handshake is on a list"},
        {SPOKEN_OICQ, DETOUR_NONE, ECH_NONE, "OICQ packet is on a list"},
        {SPOKEN_TLS, DETOUR_DOT, ECH_NONE, "DNS over TLS is on a list"},
        {SPOKEN_QUIC, DETOUR_DOQ, ECH_NONE, "DNS over QUIC is on a list"},
        {SPOKEN_DNS, DETOUR_DNS, ECH_NONE, "DNS to another resolver is on a list"},
        {SPOKEN_HTTP, DETOUR_HTTPDNS, ECH_NONE, "DNS inside HTTP is on a list"},
        {SPOKEN_SOCKS, DETOUR_PROXY, ECH_NONE, "use of a proxy is on a list"},
        {SPOKEN_TLS, DETOUR_NONE, ECH_POSSIBLE, "TLS that may hide its server name is on a list"},
        {SPOKEN_HTTP, DETOUR_NONE, ECH_NONE, "protocol is on a list"},
    };
    struct event e = tls_event();
    e.seen = SEEN_TLS;
    e.verdict.rule = protocol_rule;
    e.wire.resolved = RESOLVED_UNKNOWN;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        e.wire.spoken = cases[i].spoken;
        e.wire.way = cases[i].way;
        e.wire.ech = cases[i].ech;
        assert_reason(&e, cases[i].reason);
        assert_string_equal(at("rule.name"), "protocol mmtls");
    }
    e.wire.spoken = SPOKEN_MMTLS;
    e.wire.resolved = RESOLVED_NO;
    assert_reason(&e, "mmtls handshake is on a list, to an address that was never resolved for "
                      "this client");
    assert_string_equal(at("network.protocol"), "mmtls");
}

/* Of a first packet, and where no rule but the group itself is the reason. */
static void addresses_of_names_and_strict_groups(void **state)
{
    struct event e = tls_event();
    e.question = (struct name){.length = 1};
    e.seen = SEEN_PACKET;
    assert_int_equal(name_parse("web.wechat.com", &e.matched_name), STATUS_OK);
    e.wire = (struct wire){.resolved = RESOLVED_YES};
    e.verdict.action = ACTION_DROP;
    e.verdict.wanted = ACTION_OBSERVE;
    assert_reason(&e, "name that the address was given for is on a list");
    assert_string_equal(at("ponor.matched"), "web.wechat.com");
    assert_string_equal(at("ponor.action"), "drop");
    assert_string_equal(at("ponor.wanted"), "observe");
    assert_string_equal(at("event.action"), "flow-drop");
    const json_t *types = json_object_get(json_object_get(root, "event"), "type");
    assert_string_equal(json_string_value(json_array_get(types, 1)), "denied");

    e.matched_name = (struct name){.length = 1};
    e.verdict.rule = protocol_rule;
    e.wire =
        (struct wire){.ending = ENDING_NO_NAME, .why = WHY_UNRECOGNISED, .resolved = RESOLVED_NO};
    assert_reason(&e, "protocol that no reader knows is on a list, to an address that was never "
                      "resolved for this client");
    assert_null(json_object_get(json_object_get(root, "ponor"), "strict"));
    e.verdict.rule = RULE_NONE;
    e.verdict.wanted = ACTION_DROP;
    assert_reason(&e, "protocol that no reader knows, to an address that was never resolved for "
                      "this client; its group is strict");
    assert_true(json_is_true(json_object_get(json_object_get(root, "ponor"), "strict")));
    assert_string_not_equal(at("ponor.group"), "");
    assert_string_equal(at("ponor.result"), "no-name(unrecognised)");
    assert_null(json_object_get(root, "rule"));
}

/* The policy that decided was closed long ago: there was a rule all the same. */
static void without_its_policy(void **state)
{
    struct event e = tls_event();
    struct policy *kept = policy;
    policy = NULL;
    e.wire.resolved = RESOLVED_UNKNOWN;
    assert_reason(&e, "TLS server name is on a list");
    assert_string_equal(at("ponor.wanted"), "sinkhole");
    assert_null(json_object_get(root, "rule"));
    policy = kept;
}

static void tls_where_there_is_some(void **state)
{
    struct event e = tls_event();
    e.question = (struct name){.length = 1};
    show(&e);
    assert_string_equal(at("tls.version"), "1.3");
    assert_null(json_object_get(json_object_get(root, "tls"), "client"));
    e.wire.tls_version = 0;
    show(&e);
    assert_null(json_object_get(root, "tls"));
    e = tls_event();
    e.wire.tls_version = 0x7f1c;
    show(&e);
    assert_string_equal(at("tls.version"), "");
    assert_string_equal(at("tls.client.server_name"), "web.wechat.com");
    e.seen = SEEN_PACKET; /* DoT: recognised by its port, and TLS all the same */
    e.wire.tls_version = 0x0303;
    show(&e);
    assert_string_equal(at("tls.version"), "1.2");
    assert_string_equal(at("tls.client.server_name"), "");
    e.wire.tls_version = 0x0300;
    show(&e);
    assert_string_equal(at("tls.version"), "3");
    assert_string_equal(at("tls.version_protocol"), "ssl");
}

static int severity(struct event e, enum evidence evidence)
{
    e.verdict.evidence = evidence;
    show(&e);
    return (int)json_integer_value(json_object_get(json_object_get(root, "event"), "severity"));
}

static void severities(void **state)
{
    struct event e = tls_event();
    e.wire.resolved = RESOLVED_YES;
    assert_int_equal(severity(e, EVIDENCE_CONTEXT), 3);
    assert_int_equal(severity(e, EVIDENCE_VISITED), 4);
    assert_int_equal(severity(e, EVIDENCE_INSTALLED), 5);
    assert_int_equal(severity(e, EVIDENCE_BYPASS), 6);
    e.wire.resolved = RESOLVED_NO;
    assert_int_equal(severity(e, EVIDENCE_BYPASS), 7);
    e.wire.ending = ENDING_AMBIGUOUS;
    assert_int_equal(severity(e, EVIDENCE_BYPASS), 7);
    e.verdict.action = ACTION_ALLOW;
    assert_int_equal(severity(e, EVIDENCE_BYPASS), 1);
}

/* Every byte as long as escaping makes it, in every place that a stranger fills. */
static void the_longest_line_fits(void **state)
{
    struct event e = tls_event();
    struct name longest = {.labels = 4};
    for (size_t label = 0; label < 4; label++) {
        uint8_t length = label < 3 ? 63 : 61;
        longest.wire[longest.length++] = length;
        memset(longest.wire + longest.length, 0xff, length);
        longest.length += length;
    }
    longest.wire[longest.length++] = 0;
    assert_int_equal(longest.length, 255);
    e.question = e.matched_name = longest;
    memset(e.wire.evidence, 0xff, sizeof e.wire.evidence - 1);
    memset(e.wire.alpn, 0xff, sizeof e.wire.alpn - 1);
    memset(e.wire.ja4, 0xff, sizeof e.wire.ja4 - 1);
    assert_true(event_is_sound(&e));
    show(&e);
    assert_int_equal(strlen(at("ponor.recognised_by")), 2 * (EVIDENCE_SIZE - 1));
    assert_string_equal(at("tls.client.server_name"), at("ponor.matched"));
}

static void strangers_write_nothing_but_text(void **state)
{
    static const char hostile[] = "\"},\n\\u0000\x7f\xff</script>\x1b[31m";
    struct event e = tls_event();
    memcpy(e.wire.evidence, hostile, sizeof hostile);
    memcpy(e.wire.alpn, "\"\\\n\xc3\x28", 6);
    for (unsigned seen = 0; seen < SEEN_COUNT; seen++) {
        for (unsigned spoken = 0; spoken < SPOKEN_COUNT; spoken++) {
            e.seen = (uint8_t)seen;
            e.wire.spoken = (uint8_t)spoken;
            e.wire.why = (uint8_t)(spoken % WHY_COUNT);
            e.wire.ending = (uint8_t)(seen % ENDING_COUNT);
            e.wire.way = (uint8_t)(spoken % DETOUR_COUNT);
            show(&e);
        }
    }
}

static void health_in_words(void **state)
{
    struct event e = {.kind = EVENT_HEALTH, .at = 1, .duration_us = 2345678};
    e.question = e.matched_name = (struct name){.length = 1};
    e.wire.health = HEALTH_BLIND;
    show(&e);
    assert_string_equal(at("event.dataset"), "ponor.health");
    assert_string_equal(at("event.action"), "blind");
    assert_string_equal(at("event.reason"), "2.3 s without sight: the process was away");
    assert_null(json_object_get(json_object_get(root, "ponor"), "interface"));
    memcpy(e.wire.evidence, "eth\"0", 6);
    e.wire.health = HEALTH_DROPPED;
    e.wire.count = 7;
    show(&e);
    assert_string_equal(at("event.reason"), "7 packets were dropped before they could be read, and "
                                            "not seen, on eth\"0");
    assert_string_equal(at("ponor.interface"), "eth\"0");
    for (unsigned health = 0; health < HEALTH_COUNT_OF; health++) {
        e.wire.health = (uint8_t)health;
        e.wire.count = 12;
        show(&e);
        assert_string_equal(at("event.action"), health_words[health]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_in_tls),
        cmocka_unit_test(ways_and_endings),
        cmocka_unit_test(reasons_in_words),
        cmocka_unit_test(protocols_in_words),
        cmocka_unit_test(addresses_of_names_and_strict_groups),
        cmocka_unit_test(without_its_policy),
        cmocka_unit_test(tls_where_there_is_some),
        cmocka_unit_test(severities),
        cmocka_unit_test(the_longest_line_fits),
        cmocka_unit_test(strangers_write_nothing_but_text),
        cmocka_unit_test(health_in_words),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
