/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line - golden lines, and that no name can break one.
 */
#include "events/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/digest.h"
#include "sample.h"

#include <jansson.h>

static struct policy *policy;
static struct line_writer *lines;
static uint8_t buffer[2 * LINE_MOST];
static uint8_t chain[CHAIN_SIZE];

static int open_all(void **state)
{
    policy = sample_policy();
    lines = line_writer_new("gw-01", "dnsd", "0.1.0");
    return lines == NULL;
}

static int close_all(void **state)
{
    line_writer_free(lines);
    policy_close(policy);
    return 0;
}

/* The line of an event, without its newline, as text. */
static char *line_of_policy(const struct event *event, const struct policy *of, uint64_t lost)
{
    struct writer w = writer_over(buffer, sizeof buffer);
    memset(chain, 0, sizeof chain);
    line_write(lines, event, of, 981223, lost, chain, &w);
    assert_false(w.failed);
    assert_in_range(writer_length(&w), 1, LINE_MOST);
    assert_int_equal(w.at[-1], '\n');
    w.at[-1] = 0;
    return (char *)buffer;
}

static char *line_of(const struct event *event)
{
    return line_of_policy(event, policy, 0);
}

#define OPENING                                                                                    \
    "{\"@timestamp\":\"2026-11-24T03:00:00.123456Z\",\"ecs\":{\"version\":\"8.11.0\"},"            \
    "\"event\":{\"kind\":\"event\",\"category\":[\"network\"],\"type\":[\"protocol\",\""
#define OBSERVER                                                                                   \
    ",\"module\":\"ponor\",\"dataset\":\"ponor.dns\",\"sequence\":981223,\"duration\":41000},"     \
    "\"observer\":{\"vendor\":\"Ponor\",\"product\":\"dnsd\",\"type\":\"dns\",\"name\":\"gw-01\"," \
    "\"version\":\"0.1.0\"},"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define RULE(line, name, category)                                                                 \
    "\"rule\":{\"id\":\"wechat:" line "\",\"name\":\"" name "\",\"ruleset\":\"wechat\","           \
    "\"category\":\"" category "\",\"reference\":\"TBS notice of 2023-10-30\","                    \
    "\"version\":\"2026112401\"},"
#define AUTHORITY                                                                                  \
    ",\"authority\":\"Secr\\u00e9tariat du Conseil du Tr\\u00e9sor, \\\"avis\\\" 2023-10-30\""

static void blocked_question_is_as_documented(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "szshort.weixin.qq.com");
    assert_string_equal(
        line_of(&event), OPENING
        "denied\"],\"action\":\"dns-sinkhole\",\"reason\":\"name is on a list\","
        "\"severity\":4" OBSERVER "\"source\":{\"ip\":\"10.20.2.3\",\"port\":53411},"
        "\"destination\":{\"ip\":\"10.20.0.53\",\"port\":53},"
        "\"network\":{\"transport\":\"udp\",\"protocol\":\"dns\",\"application\":\"wechat\","
        "\"community_id\":\"1:xjM/+t3PZuK3S9MozubLxBHACfs=\"},"
        "\"dns\":{\"type\":\"answer\",\"id\":\"4660\",\"op_code\":\"QUERY\","
        "\"header_flags\":[\"RD\",\"RA\"],\"question\":{\"name\":\"szshort.weixin.qq.com\","
        "\"type\":\"A\",\"class\":\"IN\",\"registered_domain\":\"qq.com\"},"
        "\"response_code\":\"NOERROR\"}," RULE(
            "14", "weixin.qq.com",
            "banned-app") "\"ponor\":{\"action\":\"sinkhole\",\"seen\":\"question\",\"group\":"
                          "\"mobile\","
                          "\"app\":\"WeChat\",\"evidence\":\"installed\"" AUTHORITY
                          ",\"ticket\":\"SEC-2023-0117\",\"source\":\"wechat.yaml:14\",\"ede\":15,"
                          "\"lost\":0,\"chain\":\"" ZEROS "\"}}");
}

static void dropped_over_tcp_has_no_answer(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "a.example");
    event.transport = TRANSPORT_TCP;
    event.answered = 0;
    event.flags = 0;
    event.ede = EDE_NONE;
    event.type = TYPE_HTTPS;
    event.sampled_before = 99;
    char *line = line_of_policy(&event, policy, 7);
    assert_non_null(strstr(line, "denied\"],\"action\":\"dns-drop\""));
    assert_non_null(
        strstr(line, "\"transport\":\"tcp\",\"protocol\":\"dns\",\"application\":\"bare\""));
    assert_non_null(strstr(
        line, "\"dns\":{\"type\":\"query\",\"id\":\"4660\",\"op_code\":\"QUERY\","
              "\"header_flags\":[],\"question\":{\"name\":\"a.example\",\"type\":\"HTTPS\","
              "\"class\":\"IN\",\"registered_domain\":\"a.example\"}},"
              "\"rule\":{\"id\":\"bare:1\",\"name\":\"example\",\"ruleset\":\"bare\","
              "\"category\":\"banned-app\"},\"ponor\":{\"action\":\"drop\",\"seen\":\"question\","
              "\"group\":\"mobile\",\"evidence\":\"bypass\",\"source\":\"bare.txt:1\","
              "\"lost\":7,\"sampled\":99,\"chain\":\""));
}

static void observing_group_says_what_it_would_do(void **state)
{
    struct event event = sample_event(policy, "10.99.0.1", "weixin.qq.com");
    char *line = line_of(&event);
    assert_non_null(strstr(line, "\"type\":[\"protocol\",\"info\"],\"action\":\"dns-observe\""));
    assert_non_null(strstr(line, "\"ponor\":{\"action\":\"observe\",\"wanted\":\"sinkhole\","
                                 "\"seen\":\"question\",\"group\":\"lab\""));
}

static void observed_only_has_its_own_ticket(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "dldir1.qq.com");
    char *line = line_of(&event);
    assert_non_null(strstr(line, RULE("16", "dldir1.qq.com", "banned-app")));
    assert_non_null(strstr(line, "\"severity\":2"));
    assert_non_null(strstr(line, "\"ticket\":\"CHG-1\""));
    assert_null(strstr(line, "wanted"));
}

static void exception_is_allowed(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "pay.weixin.qq.com");
    char *line = line_of(&event);
    assert_non_null(strstr(line, "\"type\":[\"protocol\",\"allowed\"],\"action\":\"dns-allow\","
                                 "\"reason\":\"name is excepted\",\"severity\":1"));
    assert_non_null(strstr(line, RULE("31", "pay.weixin.qq.com", "exception")));
}

static void matched_address_and_name_are_shown(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "cdn.test");
    struct subject subject = {.group = event.verdict.group, .destination = &event.matched_address};
    event.seen = SEEN_ANSWER;
    event.has_address = 1;
    event.matched_address = address_of("203.0.113.9");
    event.verdict = decide(policy, &subject);
    char *line = line_of(&event);
    assert_non_null(strstr(line, "\"reason\":\"answer holds an address on a list\""));
    assert_non_null(strstr(line, "\"name\":\"203.0.113.0/24\""));
    assert_non_null(strstr(line, "\"matched\":\"203.0.113.9\",\"lost\":0"));

    event.has_address = 0;
    event.matched_name = name_of("x.weixin.qq.com");
    subject = (struct subject){.group = event.verdict.group, .name = &event.matched_name};
    event.verdict = decide(policy, &subject);
    line = line_of(&event);
    assert_non_null(strstr(line, "\"reason\":\"answer leads to a name on a list\""));
    assert_non_null(strstr(line, "\"matched\":\"x.weixin.qq.com\",\"lost\":0"));
}

static void ipv6_ends_are_shown(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    event.client = address_of("2001:db8::7");
    event.server = address_of("2001:db8::53");
    char *line = line_of(&event);
    assert_non_null(strstr(line, "\"source\":{\"ip\":\"2001:db8::7\",\"port\":53411},"
                                 "\"destination\":{\"ip\":\"2001:db8::53\",\"port\":53}"));
}

/* Numbers come from a process that reads hostile bytes: none may lead out of the image, and none
 * makes a line that is none (line_of() reads it back). */
static void invented_rules_do_no_harm(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    event.verdict.group = 0xfff0;
    assert_null(strstr(line_of(&event), "\"group\""));
    event.verdict.rule = 0xfffffff0;
    assert_null(strstr(line_of(&event), "\"rule\""));
    for (uint32_t rule = 0; rule < 4096; rule++) {
        event.verdict.rule = rule;
        line_of(&event);
    }
}

static void unknown_policy_leaves_the_rest(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    char *line = line_of_policy(&event, NULL, 0);
    assert_non_null(strstr(line, "\"community_id\""));
    assert_non_null(strstr(line, "\"ponor\":{\"action\":\"sinkhole\",\"seen\":\"question\","
                                 "\"evidence\":\"installed\",\"ede\":15,\"lost\":0"));
    assert_null(strstr(line, "\"rule\""));
}

static void chain_is_the_hash_of_the_line(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    struct writer w = writer_over(buffer, sizeof buffer);
    uint8_t expected[CHAIN_SIZE], hex[CHAIN_HEX];
    memset(chain, 0, sizeof chain);
    line_write(lines, &event, policy, 1, 0, chain, &w);
    size_t first = writer_length(&w);
    digest_sha256(span_of(buffer, first - 1), expected);
    assert_memory_equal(chain, expected, CHAIN_SIZE);
    line_write(lines, &event, policy, 2, 0, chain, &w);
    struct writer h = writer_over(hex, sizeof hex);
    chain_hex_write(&h, expected);
    assert_non_null(memmem(buffer + first, writer_length(&w) - first, hex, sizeof hex));
}

/* Every line is JSON by another reader's measure, is printable ASCII, and gives back the name. */
static void assert_sound(const struct event *event)
{
    char text[NAME_TEXT_SIZE];
    const char *line = line_of(event);
    size_t length = strlen(line);
    for (size_t i = 0; i < length; i++)
        assert_in_range((unsigned char)line[i], 0x20, 0x7e);
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    const json_t *question = json_object_get(json_object_get(root, "dns"), "question");
    assert_string_equal(json_string_value(json_object_get(question, "name")),
                        name_text(&event->question, text));
    json_decref(root);
}

static void hostile_names_stay_inside_their_quotes(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } labels[] = {
        {"\",\"x\":\"", 7},
        {"a\nb\r\n", 5},
        {"\x00", 1},
        {"\xff\xfe", 2},
        {"\xe2\x80\xae"
         "moc",
         6},
        {"\\", 1},
        {"\\u0022", 6},
        {"}}\n{\"", 5},
        {"\x7f\x1b[2J", 5},
        {"a.b", 3},
        {" ", 1},
        {"\xed\xa0\x80", 3},
    };
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
        struct name parent = event.question;
        assert_int_equal(
            name_join(span_of(labels[i].bytes, labels[i].length), &parent, &event.question),
            STATUS_OK);
        assert_sound(&event);
        event.matched_name = event.question;
        event.seen = SEEN_ANSWER;
        assert_sound(&event);
    }
}

/* 255 bytes, all of them the longest to write, in every place that a name has. */
static void longest_names_fit(void **state)
{
    struct event event = sample_event(policy, "10.20.2.3", "example");
    uint8_t label[63];
    memset(label, 0xff, sizeof label);
    for (size_t left = 255 - 9; left > 1;) {
        size_t length = left > 64 ? 63 : left - 1;
        struct name parent = event.question;
        assert_int_equal(name_join(span_of(label, length), &parent, &event.question), STATUS_OK);
        left -= length + 1;
    }
    assert_int_equal(event.question.length, 255);
    event.matched_name = event.question;
    event.seen = SEEN_ANSWER;
    event.sampled_before = (UINT64_C(1) << 53) - 1;
    assert_true(event_is_sound(&event));
    event.duration_us = UINT32_MAX;
    event.type = event.class = event.rcode = 0xfffe;
    assert_sound(&event);
}

static void every_word_and_number_is_sound(void **state)
{
    for (unsigned i = 0; i < 4096; i++) {
        struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
        event.verdict.action = i % ACTION_COUNT;
        event.verdict.wanted = i / 3 % ACTION_COUNT;
        event.verdict.evidence = i / 5 % EVIDENCE_COUNT;
        event.seen = (uint8_t)(i / 7 % SEEN_COUNT);
        event.flags = (uint16_t)(i * 16);
        event.rcode = (uint16_t)i;
        event.type = (uint16_t)(i * 3);
        event.ede = i % 2 == 0 ? EDE_NONE : (uint16_t)i;
        event.answered = i % 3 != 0;
        assert_true(event_is_sound(&event));
        assert_sound(&event);
    }
}

static void notice_is_as_documented(void **state)
{
    const struct notice notice = {.action = "record-file-removed",
                                  .reason = "because \x01 of it",
                                  .file = "blocked-x.jsonl",
                                  .first = 3,
                                  .last = 9};
    struct writer w = writer_over(buffer, sizeof buffer);
    memset(chain, 0, sizeof chain);
    line_write_notice(lines, (clock_us)SAMPLE_AT_SECONDS * 1000000 + 7, &notice, 12, 5, chain, &w);
    w.at[-1] = 0;
    assert_string_equal(
        (char *)buffer,
        "{\"@timestamp\":\"2026-11-24T03:00:00.000007Z\",\"ecs\":{\"version\":\"8.11.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"process\"],\"type\":[\"info\"],"
        "\"action\":\"record-file-removed\",\"reason\":\"because \\u0001 of it\",\"severity\":1,"
        "\"module\":\"ponor\",\"dataset\":\"ponor.notice\",\"sequence\":12},"
        "\"observer\":{\"vendor\":\"Ponor\",\"product\":\"dnsd\",\"type\":\"dns\","
        "\"name\":\"gw-01\",\"version\":\"0.1.0\"},\"file\":{\"name\":\"blocked-x.jsonl\"},"
        "\"ponor\":{\"first\":3,\"last\":9,\"lost\":5,\"chain\":\"" ZEROS "\"}}");
}

static void forgotten_policy_is_not_touched(void **state)
{
    struct policy *passing = sample_policy();
    struct event event = sample_event(passing, "10.20.2.3", "weixin.qq.com");
    assert_non_null(strstr(line_of_policy(&event, passing, 0), "\"app\":\"WeChat\""));
    line_writer_forget(lines, passing);
    policy_close(passing);
    assert_non_null(strstr(line_of(&event), "\"app\":\"WeChat\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocked_question_is_as_documented),
        cmocka_unit_test(dropped_over_tcp_has_no_answer),
        cmocka_unit_test(observing_group_says_what_it_would_do),
        cmocka_unit_test(observed_only_has_its_own_ticket),
        cmocka_unit_test(exception_is_allowed),
        cmocka_unit_test(matched_address_and_name_are_shown),
        cmocka_unit_test(ipv6_ends_are_shown),
        cmocka_unit_test(invented_rules_do_no_harm),
        cmocka_unit_test(unknown_policy_leaves_the_rest),
        cmocka_unit_test(chain_is_the_hash_of_the_line),
        cmocka_unit_test(hostile_names_stay_inside_their_quotes),
        cmocka_unit_test(longest_names_fit),
        cmocka_unit_test(every_word_and_number_is_sound),
        cmocka_unit_test(notice_is_as_documented),
        cmocka_unit_test(forgotten_policy_is_not_touched),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
