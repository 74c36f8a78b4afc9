/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_row - lines as dnsd and inspectd write them become rows; others do not.
 */
#include "history/line_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/line.h"

#include "../events/sample.h"

#include <stdio.h>

static struct policy *policy;
static struct line_writer *lines;
static struct row_reader *reader;
static struct row row;
static struct span chain;
static uint8_t buffer[LINE_MOST], hash[CHAIN_SIZE];

static int make(void **state)
{
    policy = sample_policy();
    lines = line_writer_new("gw-01", "dnsd", "0.1.0");
    reader = row_reader_new();
    memset(hash, 0, sizeof hash);
    return lines == NULL || reader == NULL;
}

static int drop(void **state)
{
    row_reader_free(reader);
    line_writer_free(lines);
    policy_close(policy);
    return 0;
}

static enum status read_bytes(struct span line)
{
    return row_read(reader, line, &row, &chain);
}

static enum status read_text(const char *text)
{
    return read_bytes(span_text(text));
}

static void read_event(const struct event *event, uint64_t lost)
{
    struct writer w = writer_over(buffer, sizeof buffer);
    line_write(lines, event, policy, 981223, lost, hash, &w);
    assert_int_equal(read_bytes(span_of(buffer, writer_length(&w) - 1)), STATUS_OK);
}

static void assert_text(struct span text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    if (text.length > 0)
        assert_memory_equal(text.at, expected, text.length);
}

static void assert_address(const struct address *address, const char *expected)
{
    char text[ADDRESS_TEXT_SIZE];
    assert_string_equal(address_text(address, text), expected);
}

static void a_blocked_question(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "short.weixin.qq.com");
    event.sampled_before = 3;
    read_event(&event, 5);
    assert_int_equal(row.at, (clock_us)SAMPLE_AT_SECONDS * 1000000 + 123456);
    assert_int_equal(row.sequence, 981223);
    assert_int_equal(row.kind, ROW_TRAFFIC);
    assert_int_equal(row.way, WAY_DNS);
    assert_int_equal(row.evidence, EVIDENCE_INSTALLED);
    assert_int_equal(row.severity, 4);
    assert_true(row.stopped);
    assert_false(row.allowed);
    assert_false(row.unresolved);
    assert_true(row.has_client && row.has_server);
    assert_address(&row.client, "10.20.2.3");
    assert_address(&row.server, "10.20.0.53");
    assert_int_equal(row.client_port, 53411);
    assert_int_equal(row.server_port, 53);
    assert_int_equal(row.lost, 5);
    assert_int_equal(row.sampled, 3);
    assert_int_equal(row.duration_ns, 41000);
    assert_text(row.word[WORD_APP], "WeChat");
    assert_text(row.word[WORD_LIST], "wechat");
    assert_text(row.word[WORD_RULE], "wechat:14");
    assert_text(row.word[WORD_ACTION], "dns-sinkhole");
    assert_text(row.word[WORD_WAY], "dns");
    assert_text(row.word[WORD_EVIDENCE], "installed");
    assert_text(row.word[WORD_GROUP], "mobile");
    assert_text(row.word[WORD_GATEWAY], "gw-01");
    assert_text(row.word[WORD_PROGRAM], "dnsd");
    assert_text(row.name, "short.weixin.qq.com");
    assert_text(row.reason, "name is on a list");
    assert_text(row.ticket, "SEC-2023-0117");
    assert_text(row.rule_source, "wechat.yaml:14");
    assert_text(row.authority,
                "Secr\xc3\xa9tariat du Conseil du Tr\xc3\xa9sor, \"avis\" 2023-10-30");
    assert_text(row.interface, "");
    assert_int_equal(chain.length, CHAIN_HEX);
    assert_ptr_equal(row.raw.at, buffer);
}

static void an_exception_and_a_list_without_app(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "pay.weixin.qq.com");
    read_event(&event, 0);
    assert_true(row.allowed);
    assert_false(row.stopped);
    event = sample_event(policy, "10.20.2.3", "x.example");
    read_event(&event, 0);
    assert_text(row.word[WORD_APP], "bare");
    assert_int_equal(row.evidence, EVIDENCE_BYPASS);
    assert_int_equal(row.severity, 5);
}

static void a_flow(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    event.kind = EVENT_WIRE;
    event.seen = SEEN_TLS;
    event.server = address_of("2001:db8::7");
    event.server_port = 8443;
    event.client = address_of("2001:db8:20::5");
    event.wire.spoken = SPOKEN_TLS;
    event.wire.resolved = RESOLVED_NO;
    read_event(&event, 0);
    assert_int_equal(row.way, WAY_TLS);
    assert_text(row.word[WORD_WAY], "tls");
    assert_true(row.unresolved);
    assert_address(&row.client, "2001:db8:20::5");
    assert_address(&row.server, "2001:db8::7");
    assert_int_equal(row.server_port, 8443);
    assert_text(row.name, "weixin.qq.com");
    event.question = (struct name){.length = 1};
    event.seen = SEEN_PACKET;
    event.wire.spoken = SPOKEN_MMTLS;
    event.wire.resolved = RESOLVED_YES;
    read_event(&event, 0);
    assert_int_equal(row.way, WAY_MMTLS);
    assert_false(row.unresolved);
    assert_text(row.name, "");
}

static void words_of_the_programs(void **state)
{
    struct event event = {.kind = EVENT_HEALTH,
                          .at = 7,
                          .wire = {.health = HEALTH_DROPPED, .count = 12, .evidence = "eth1"}};
    event.at = (clock_us)SAMPLE_AT_SECONDS * 1000000;
    read_event(&event, 0);
    assert_int_equal(row.kind, ROW_HEALTH);
    assert_int_equal(row.count, 12);
    assert_text(row.interface, "eth1");
    assert_text(row.word[WORD_ACTION], "packets-dropped");
    assert_text(row.word[WORD_WAY], "");
    assert_false(row.has_client);
    const struct notice notice = {.action = "record-started", .reason = "because"};
    struct writer w = writer_over(buffer, sizeof buffer);
    line_write_notice(lines, event.at, &notice, 7, 0, hash, &w);
    assert_int_equal(read_bytes(span_of(buffer, writer_length(&w) - 1)), STATUS_OK);
    assert_int_equal(row.kind, ROW_NOTICE);
    assert_text(row.reason, "because");
}

static void hostile_names_stay_texts(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    struct name name = {.length = 1};
    uint8_t *to = name.wire;
    static const uint8_t label[] = "\x09<b>\"'\\\xff\n=";
    memcpy(to, label, sizeof label - 1);
    memcpy(to + sizeof label - 1, event.question.wire, event.question.length);
    name.length = (uint8_t)(sizeof label - 1 + event.question.length);
    name.labels = event.question.labels + 1;
    event.question = name;
    read_event(&event, 0);
    assert_text(row.name, "<b>\\\"'\\\\\\255\\010=.weixin.qq.com");
}

/* A line that is whole, with one member changed. */
static char text[1024];
static const char *line_with(const char *time, const char *dataset, const char *more)
{
    snprintf(text, sizeof text,
             "{\"@timestamp\":\"%s\",\"event\":{\"dataset\":\"%s\",\"sequence\":1%s},"
             "\"source\":{\"ip\":\"10.0.0.256\",\"port\":70000},\"ponor\":{\"chain\":\"12\"}}",
             time, dataset, more);
    return text;
}

static void what_is_no_line_of_ours(void **state)
{
    static const char time[] = "2026-11-24T03:00:00.123456Z";
    assert_int_equal(read_text(line_with(time, "ponor.dns", "")), STATUS_OK);
    assert_false(row.has_client);
    assert_int_equal(row.client_port, 0);
    assert_int_equal(chain.length, 0);
    assert_int_equal(read_text(line_with(time, "ponor.other", "")), STATUS_MALFORMED);
    assert_int_equal(read_text(line_with("2026-11-24", "ponor.dns", "")), STATUS_MALFORMED);
    assert_int_equal(read_text(line_with(time, "ponor.dns", ",\"sequence\":2")), STATUS_MALFORMED);
    assert_int_equal(read_text("{\"@timestamp\":\"2026-11-24T03:00:00.123456Z\","
                               "\"event\":{\"dataset\":\"ponor.dns\",\"sequence\":0}}"),
                     STATUS_MALFORMED);
    assert_int_equal(read_text(""), STATUS_MALFORMED);
    assert_int_equal(read_text("{}"), STATUS_MALFORMED);
    static char longer[LINE_MOST + 2];
    memset(longer, ' ', sizeof longer - 1);
    line_with(time, "ponor.dns", "");
    for (size_t i = 0; text[i] != 0; i++)
        longer[i] = text[i];
    assert_int_equal(read_bytes(span_of(longer, LINE_MOST)), STATUS_OK);
    assert_int_equal(read_bytes(span_of(longer, LINE_MOST + 1)), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_blocked_question, make, drop),
        cmocka_unit_test_setup_teardown(an_exception_and_a_list_without_app, make, drop),
        cmocka_unit_test_setup_teardown(a_flow, make, drop),
        cmocka_unit_test_setup_teardown(words_of_the_programs, make, drop),
        cmocka_unit_test_setup_teardown(hostile_names_stay_texts, make, drop),
        cmocka_unit_test_setup_teardown(what_is_no_line_of_ours, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
