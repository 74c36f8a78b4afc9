/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sample - a small policy and events about it, for the tests of events and record.
 */
#ifndef TESTS_SAMPLE_H
#define TESTS_SAMPLE_H

#include "dns/message.h"
#include "events/event.h"
#include "policy/build.h"
#include "policy/decide.h"
#include "policy/suffixes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../dns/texts.h"

enum { SAMPLE_AT_SECONDS = 1795489200 /* 2026-11-24T03:00:00Z */ };

static inline void sample_rule(struct build *build, uint32_t class, const char *text, unsigned line)
{
    struct suffixes suffixes;
    struct name name = name_of(text);
    suffixes_of(&name, build_key(build), &suffixes);
    build_name(build, class, &name, suffixes.hash[name.labels], line);
}

static inline void sample_group(struct build *build, const char *id, const char *clients,
                                bool observe_only)
{
    static uint16_t lists[] = {0, 1};
    struct prefix prefix = prefix_of(clients);
    struct group_source group = {.clients = &prefix,
                                 .client_count = 1,
                                 .lists = lists,
                                 .list_count = 2,
                                 .observe_only = observe_only};
    memcpy(group.id, id, strlen(id) + 1);
    build_group(build, &group);
}

static inline void sample_lists(struct build *build)
{
    const struct build_words wechat = {
        .id = "wechat",
        .title = "WeChat (Weixin)",
        .app = "WeChat",
        .authority = "Secr\xc3\xa9tariat du Conseil du Tr\xc3\xa9sor, \"avis\" 2023-10-30",
        .reference = "TBS notice of 2023-10-30",
        .owner = "",
        .ticket = "SEC-2023-0117",
        .file = "wechat.yaml",
        .serial = 2026112401,
        .ede = EDE_BLOCKED};
    const struct build_words bare = {.id = "bare",
                                     .title = "",
                                     .app = "",
                                     .authority = "",
                                     .reference = "",
                                     .owner = "",
                                     .ticket = "",
                                     .file = "bare.txt"};
    struct build_class class = {.kind = RULE_DOMAIN,
                                .action = ACTION_SINKHOLE,
                                .evidence = EVIDENCE_INSTALLED,
                                .ticket = "",
                                .note = "",
                                .source = "",
                                .redirect = span_of("", 0)};
    class.list = build_list(build, "wechat.yaml");
    build_describe(build, class.list, &wechat);
    sample_rule(build, build_class(build, &class), "weixin.qq.com", 14);
    struct prefix prefix = prefix_of("203.0.113.0/24");
    class.kind = RULE_ADDRESS;
    build_address(build, build_class(build, &class), &prefix, 20);
    class.kind = RULE_NAME;
    class.action = ACTION_OBSERVE;
    class.evidence = EVIDENCE_CONTEXT;
    class.ticket = "CHG-1";
    sample_rule(build, build_class(build, &class), "dldir1.qq.com", 16);
    class.kind = RULE_DOMAIN;
    class.action = ACTION_ALLOW;
    class.exception = true;
    sample_rule(build, build_class(build, &class), "pay.weixin.qq.com", 31);

    class.kind = RULE_PROTOCOL;
    class.action = ACTION_SINKHOLE;
    class.exception = false;
    build_protocol(build, build_class(build, &class), PROTOCOL_MMTLS, 61);

    class = (struct build_class){.kind = RULE_DOMAIN,
                                 .action = ACTION_DROP,
                                 .evidence = EVIDENCE_BYPASS,
                                 .ticket = "",
                                 .note = "",
                                 .source = "",
                                 .redirect = span_of("", 0)};
    class.list = build_list(build, "bare.txt");
    build_describe(build, class.list, &bare);
    sample_rule(build, build_class(build, &class), "example", 1);
}

/* Groups: mobile 10.20.0.0/16, lab 10.99.0.0/16 (observes only). */
static inline struct policy *sample_policy(void)
{
    struct build *build = build_new();
    struct problems *problems = problems_new();
    struct policy *policy;
    assert_non_null(build);
    sample_lists(build);
    sample_group(build, "mobile", "10.20.0.0/16", false);
    sample_group(build, "lab", "10.99.0.0/16", true);
    int fd = memfd_create("image", MFD_CLOEXEC);
    assert_int_equal(build_seal(build, "test", problems), STATUS_OK);
    assert_int_equal(build_write(build, SAMPLE_AT_SECONDS, fd), STATUS_OK);
    assert_int_equal(policy_open(fd, &policy), STATUS_OK);
    close(fd);
    problems_free(problems);
    build_free(build);
    return policy;
}

/* What serve would tell of this question. */
static inline struct event sample_event(const struct policy *policy, const char *client,
                                        const char *question)
{
    struct event event = {
        .at = (clock_us)SAMPLE_AT_SECONDS * 1000000 + 123456,
        .generation = 1,
        .duration_us = 41,
        .client = address_of(client),
        .server = address_of("10.20.0.53"),
        .client_port = 53411,
        .server_port = 53,
        .seen = SEEN_QUESTION,
        .answered = 1,
        .id = 4660,
        .flags = FLAG_QR | FLAG_RD | FLAG_RA,
        .type = TYPE_A,
        .class = CLASS_IN,
        .ede = EDE_BLOCKED,
        .question = name_of(question),
        .matched_name = {.length = 1},
    };
    const struct subject subject = {.group = policy_group_of(policy, &event.client),
                                    .name = &event.question};
    event.verdict = decide(policy, &subject);
    return event;
}

#endif
