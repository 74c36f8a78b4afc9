/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * way - from lines as docs/events.md has them.
 */
#include "incident/way.h"

#include "incident/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *dataset, *seen, *protocol, *application, *rule_name;
    enum way way;
} lines[] = {
    {"ponor.dns", "question", "dns", "wechat", "weixin.qq.com", WAY_DNS},
    {"ponor.dns", "answer", "dns", "wechat", "203.0.113.0/24", WAY_ANSWER},
    /* In DNS `dns` is the protocol, and no way around. */
    {"ponor.dns", "question", "dns", "dns", "example", WAY_DNS},
    {"ponor.wire", "tls", "tls", "wechat", "weixin.qq.com", WAY_TLS},
    {"ponor.wire", "tls", "tls", "doh", "dns.example", WAY_DOH},
    {"ponor.wire", "packet", "tls", "dot", "protocol dot", WAY_DOT},
    {"ponor.wire", "quic", "quic", "wechat", "weixin.qq.com", WAY_QUIC},
    {"ponor.wire", "quic", "quic", "doq", "protocol doq", WAY_DOQ},
    {"ponor.wire", "http", "http", "wechat", "weixin.qq.com", WAY_HTTP},
    {"ponor.wire", "http", "http", "httpdns", "dns.weixin.qq.com", WAY_HTTPDNS},
    {"ponor.wire", "http", "mmtls", "wechat", "protocol mmtls", WAY_MMTLS},
    {"ponor.wire", "packet", "mmtls", "", "203.0.113.7", WAY_MMTLS},
    {"ponor.wire", "packet", "oicq", "qq", "protocol oicq", WAY_OICQ},
    {"ponor.wire", "dns", "dns", "dns", "weixin.qq.com", WAY_OTHER_DNS},
    {"ponor.wire", "dns", "dns", "wechat", "weixin.qq.com", WAY_OTHER_DNS},
    {"ponor.wire", "dns", "dnscrypt", "dnscrypt", "2.dnscrypt-cert.example", WAY_DNSCRYPT},
    {"ponor.wire", "proxy", "socks", "proxy", "weixin.qq.com", WAY_PROXY},
    {"ponor.wire", "proxy", "http", "", "weixin.qq.com", WAY_PROXY},
    {"ponor.wire", "certificate", "tls", "wechat", "weixin.qq.com", WAY_CERTIFICATE},
    {"ponor.wire", "tls", "tls", "wechat", "protocol ech", WAY_ECH},
    {"ponor.wire", "packet", "", "wechat", "203.0.113.7", WAY_ADDRESS},
    {"ponor.wire", "packet", "", "wechat", "weixin.qq.com", WAY_ADDRESS},
    {"ponor.wire", "packet", "", "strange", "protocol unresolved", WAY_UNRESOLVED},
    {"ponor.wire", "packet", "", "", "", WAY_UNRESOLVED},
    {"ponor.wire", "", "", "", "", WAY_UNKNOWN},
    {"ponor.notice", "tls", "tls", "doh", "", WAY_UNKNOWN},
    {"ponor.health", "", "", "", "", WAY_UNKNOWN},
    {"", "tls", "tls", "wechat", "weixin.qq.com", WAY_UNKNOWN},
};

static void a_line_has_its_way(void **state)
{
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        const struct way_texts texts = {
            .dataset = span_text(lines[i].dataset),
            .seen = span_text(lines[i].seen),
            .protocol = span_text(lines[i].protocol),
            .application = span_text(lines[i].application),
            .rule_name = span_text(lines[i].rule_name),
        };
        if (way_of(&texts) != lines[i].way)
            fail_msg("line %zu: %s instead of %s", i, way_words[way_of(&texts)],
                     way_words[lines[i].way]);
    }
}

static void nothing_said_is_unknown(void **state)
{
    const struct way_texts texts = {.seen = {NULL, 0}};
    assert_int_equal(way_of(&texts), WAY_UNKNOWN);
}

static void all_have_words(void **state)
{
    for (int i = 0; i < WAY_COUNT; i++)
        assert_non_null(way_words[i]);
    assert_null(way_words[WAY_COUNT]);
    assert_true(WAY_COUNT <= 32);
    for (int i = 0; i < WORD_COUNT; i++)
        assert_non_null(word_names[i]);
    assert_null(word_names[WORD_COUNT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_its_way),
        cmocka_unit_test(nothing_said_is_unknown),
        cmocka_unit_test(all_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
