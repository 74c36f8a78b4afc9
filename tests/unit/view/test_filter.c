/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves view/filter.c: what a query string may say, and the words for what it may not.
 */
#include "view/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const clock_us now = UINT64_C(1795489200000000); /* 2026-11-24T03:00:00Z */
static char why[FILTER_WHY_SIZE];
static struct query query;

static bool reads(const char *text, struct store_filter *out)
{
    why[0] = 0;
    return query_read(span_text(text), &query, why) && filter_read(&query, now, 7, out, why);
}

static void refuses(const char *text, const char *words)
{
    struct store_filter filter;
    assert_false(reads(text, &filter));
    if (strstr(why, words) == NULL)
        fail_msg("%s: says %s, not %s", text, why, words);
}

static void everything_that_it_knows(void **state)
{
    struct store_filter f;
    assert_true(
        reads("from=2026-11-23T01:02:03.5Z&until=-1h&app=We%20Chat&list=wechat&rule=wechat%3A14&"
              "action=dns-sinkhole&way=mmtls&evidence=installed&group=mobile&gateway=gw+01&"
              "program=dnsd&client=10.20.0.0/16&device=12&name=weixin.qq.com&stopped=yes&"
              "severity=4&traffic=no&unknown=x&empty=",
              &f));
    assert_int_equal(f.from, UINT64_C(1795395723500000));
    assert_int_equal(f.until, now - UINT64_C(3600000000));
    assert_string_equal(f.word[WORD_APP], "We Chat");
    assert_string_equal(f.word[WORD_RULE], "wechat:14");
    assert_string_equal(f.word[WORD_GATEWAY], "gw 01");
    assert_string_equal(f.word[WORD_WAY], "mmtls");
    assert_true(f.has_client);
    assert_int_equal(f.client.bits, 112);
    assert_int_equal(f.device, 12);
    assert_string_equal(f.name, "weixin.qq.com");
    assert_true(f.has_stopped && f.stopped);
    assert_int_equal(f.least_severity, 4);
    assert_false(f.traffic_only);
}

static void nothing_is_all(void **state)
{
    struct store_filter f;
    assert_true(reads("", &f));
    assert_int_equal(f.from, 7);
    assert_int_equal(f.until, 0);
    assert_null(f.word[WORD_APP]);
    assert_false(f.has_client || f.has_stopped);
    assert_true(f.traffic_only);
    assert_true(reads("app=&client=&&device=", &f));
    assert_null(f.word[WORD_APP]);
}

static void times_before_now(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } times[] = {{"from=-90s", 90},    {"from=-5m", 300},     {"from=-24h", 86400},
                 {"from=-7d", 604800}, {"from=-2w", 1209600}, {"from=now", 0}};
    struct store_filter f;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        assert_true(reads(times[i].text, &f));
        assert_int_equal(f.from, now - times[i].seconds * 1000000);
    }
    assert_true(reads("from=2026-11-24", &f));
    assert_int_equal(f.from, now - UINT64_C(10800000000));
    assert_true(reads("from=-9999999w", &f));
    assert_int_equal(f.from, 1);
}

static void wrong_values_are_named(void **state)
{
    refuses("from=yesterday", "`from` is a time");
    refuses("from=2026-02-30", "`from` is a time");
    refuses("from=2026-11-24T03:00:00+01:00", "`from` is a time");
    refuses("from=-5", "`from` is a time");
    refuses("from=-5y", "`from` is a time");
    refuses("until=1", "`until` is a time");
    refuses("from=-1h&until=-2h", "`until` must be later");
    refuses("way=carrier-pigeon", "one of: unknown, dns");
    refuses("evidence=x", "one of: none, installed");
    refuses("client=10.20.0.1/16", "bits are set behind the prefix");
    refuses("client=wechat.com", "`client` is an address");
    refuses("device=-1", "`device` is a whole number");
    refuses("device=99999999999999999999", "`device` is a whole number");
    refuses("severity=8", "from 0 to 7");
    refuses("stopped=maybe", "one of: no, yes");
    refuses("app=%zz", "RFC 3986");
    refuses("app=a%00b", "RFC 3986");
    refuses("app=a&app=b", "`app` is said twice");
}

static void too_much_is_refused(void **state)
{
    char *text = malloc(QUERY_SIZE + 16);
    memset(text, 'a', QUERY_SIZE + 15);
    memcpy(text, "app=", 4);
    text[QUERY_SIZE + 15] = 0;
    refuses(text, "too long");
    size_t at = 0;
    for (int i = 0; i <= QUERY_PAIRS_MOST; i++)
        at += (size_t)snprintf(text + at, 16, "k%d=1&", i);
    refuses(text, "at most");
    free(text);
}

static void places(void **state)
{
    struct store_place place;
    bool has;
    assert_true(query_read(span_text("after=1795489200000000.3.77"), &query, why));
    assert_true(filter_place(&query, &has, &place, why) && has);
    assert_int_equal(place.at, now);
    assert_int_equal(place.source, 3);
    assert_int_equal(place.sequence, 77);
    static const char *const wrong[] = {"after=1.2", "after=1.2.3.4", "after=a.b.c",
                                        "after=1.4294967296.1", "after=-1.2.3"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_true(query_read(span_text(wrong[i]), &query, why));
        assert_false(filter_place(&query, &has, &place, why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_that_it_knows), cmocka_unit_test(nothing_is_all),
        cmocka_unit_test(times_before_now),         cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(too_much_is_refused),      cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
