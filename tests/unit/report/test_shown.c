/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shown - numbers, dates and hostile texts; and that both catalogues are whole.
 */
#include "report/shown.h"
#include "report/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_shown(const char *text, unsigned most, const char *expected)
{
    char out[TEXT_SIZE];
    assert_string_equal(shown_text(text, most, out, sizeof out), expected);
}

#define GONE "\xef\xbf\xbd"

static void hostile_bytes_become_harmless(void **state)
{
    assert_shown("plain", 20, "plain");
    assert_shown("", 20, "");
    assert_shown("Tr\xc3\xa9sor \xe4\xb8\xad \xf0\x9f\x98\x80", 20,
                 "Tr\xc3\xa9sor \xe4\xb8\xad \xf0\x9f\x98\x80");
    assert_shown("a\x1b[31m\n\x7f", 20, "a" GONE "[31m" GONE GONE);
    assert_shown("x\xe2\x80\xaey", 20, "x" GONE "y"); /* right-to-left override */
    assert_shown("x\xe2\x81\xa6y", 20, "x" GONE "y"); /* isolate */
    assert_shown("x\xe2\x80\x8by", 20, "x" GONE "y"); /* zero width */
    assert_shown("x\xc2\x85y", 20, "x" GONE "y");     /* C1 */
    assert_shown("\xc0\xaf", 20, GONE GONE);          /* overlong */
    assert_shown("\xe0\x80\x80z", 20, GONE "z");      /* overlong */
    assert_shown("\xed\xa0\x80", 20, GONE);           /* surrogate */
    assert_shown("\xf4\x90\x80\x80", 20, GONE);       /* beyond Unicode */
    assert_shown("\xff\xfe", 20, GONE GONE);
    assert_shown("cut \xe4\xb8", 20, "cut " GONE);
}

static void long_texts_are_cut_at_a_character(void **state)
{
    char small[8];
    assert_shown("abcdef", 6, "abcdef");
    assert_shown("abcdefg", 6, "abcdef\xe2\x80\xa6");
    assert_string_equal(shown_text("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", 10, small, sizeof small),
                        "\xe4\xb8\xad\xe4\xb8\xad");
}

static void numbers_have_groups(void **state)
{
    char out[NUMBER_SIZE];
    assert_string_equal(shown_number(REPORT_ENGLISH, 0, out), "0");
    assert_string_equal(shown_number(REPORT_ENGLISH, 999, out), "999");
    assert_string_equal(shown_number(REPORT_ENGLISH, 1234567, out), "1,234,567");
    assert_string_equal(shown_number(REPORT_FRENCH, 1234, out), "1\u202f234");
    assert_string_equal(shown_number(REPORT_ENGLISH, UINT64_MAX, out),
                        "18,446,744,073,709,551,615");
    assert_string_equal(shown_number(REPORT_FRENCH, UINT64_MAX, out),
                        "18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f615");
}

static void shares_never_claim_all_or_nothing(void **state)
{
    char out[NUMBER_SIZE];
    assert_string_equal(shown_share(REPORT_ENGLISH, 0, 0, out), "–");
    assert_string_equal(shown_share(REPORT_ENGLISH, 0, 10, out), "0%");
    assert_string_equal(shown_share(REPORT_ENGLISH, 10, 10, out), "100%");
    assert_string_equal(shown_share(REPORT_ENGLISH, 999999, 1000000, out), "99%");
    assert_string_equal(shown_share(REPORT_ENGLISH, 1, 1000000, out), "1%");
    assert_string_equal(shown_share(REPORT_FRENCH, 1, 2, out), "50\u00a0%");
    assert_string_equal(shown_change(REPORT_ENGLISH, 0, 0, out), "–");
    assert_string_equal(shown_change(REPORT_ENGLISH, 5, 0, out), "new");
    assert_string_equal(shown_change(REPORT_FRENCH, 5, 0, out), "nouveau");
    assert_string_equal(shown_change(REPORT_ENGLISH, 150, 100, out), "+50%");
    assert_string_equal(shown_change(REPORT_ENGLISH, 0, 100, out), "−100%");
    assert_string_equal(shown_change(REPORT_ENGLISH, 1000, 1001, out), "±0%");
}

static void times_are_utc(void **state)
{
    char out[NUMBER_SIZE];
    assert_string_equal(shown_minute(UINT64_C(1795489200000000), out), "2026-11-24 03:00");
    assert_string_equal(shown_day(UINT64_C(1795489200000000), out), "2026-11-24");
    assert_string_equal(shown_day(0, out), "–");
    assert_string_equal(shown_duration(0, out), "0\u00a0s");
    assert_string_equal(shown_duration(1, out), "< 1\u00a0s");
    assert_string_equal(shown_duration(UINT64_C(754000000), out), "12\u00a0min");
    assert_string_equal(shown_duration(UINT64_C(7500000000), out), "2\u00a0h 5\u00a0min");
}

static void values_stay_values(void **state)
{
    char out[TEXT_SIZE];
    const struct shown_values values = {{"#2", "b"}};
    assert_string_equal(shown_fill("#1 of #2, # and #3 #9#", &values, out),
                        "#2 of b, # and #3 #9#");
}

static void months_are_read(void **state)
{
    static const char *const wrong[] = {"",        "2026",     "2026-1", "2026-13",
                                        "2026-00", "2026-011", "26-10",  "2026/10",
                                        "1999-12", "2026-1x",  "-026-10"};
    struct report_month month;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(report_month_read(wrong[i], &month));
    assert_true(report_month_read("2028-02", &month));
    assert_int_equal(month.days, 29);
    assert_true(report_month_read("2026-12", &month));
    assert_int_equal(month.days, 31);
    assert_int_equal(month.until - month.from, UINT64_C(31) * 86400 * 1000000);
    month = report_month_before(UINT64_C(1767225600000000)); /* 2026-01-01 */
    assert_int_equal(month.year, 2025);
    assert_int_equal(month.month, 12);
}

static unsigned places(const char *text)
{
    unsigned bits = 0;
    for (; *text != 0; text++)
        if (*text == '#' && text[1] >= '1' && text[1] <= '4')
            bits |= 1U << (text[1] - '1');
    return bits;
}

/* Both languages say everything, with the same values. */
static void catalogues_are_whole(void **state)
{
    for (int i = 0; i < SAID_COUNT; i++) {
        const char *english = report_said(REPORT_ENGLISH, (enum report_text)i);
        const char *french = report_said(REPORT_FRENCH, (enum report_text)i);
        assert_non_null(english);
        assert_non_null(french);
        assert_true(*english != 0 && *french != 0);
        assert_int_equal(places(english), places(french));
    }
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        for (unsigned month = 1; month <= 12; month++)
            assert_non_null(report_month_name((enum report_language)language, month));
        for (int way = 0; way < WAY_COUNT; way++)
            assert_non_null(report_way_said((enum report_language)language, (enum way)way));
    }
}

/* Every reason that score.c can give has a French sentence with its count. */
static void reasons_are_french(void **state)
{
    struct incident incident = {.hours = 100, .days = 30, .unresolved = 1000};
    struct score score;
    char out[REPORT_REASON_SIZE];
    for (int w = 0; w < WAY_COUNT; w++)
        incident.ways[w] = 100;
    for (int e = 0; e < EVIDENCE_COUNT; e++)
        incident.evidence[e] = 1000;
    for (int i = 0; i < INCIDENT_NAMES; i++)
        incident.names[i][0] = (char)('a' + i);
    /* The eight heaviest at first; each is then taken away, until none is left. */
    for (int turn = 0; turn < 30; turn++) {
        incident_score(&incident, &score);
        for (uint32_t i = 0; i < score.reason_count; i++) {
            report_reason_said(REPORT_FRENCH, &score.reasons[i], out);
            if (strcmp(out, score.reasons[i].text) == 0)
                fail_msg("%s has no French", score.reasons[i].word);
            assert_null(strchr(out, '#'));
        }
        if (turn < WAY_COUNT)
            incident.ways[turn] = 0;
        else if (turn - WAY_COUNT < EVIDENCE_COUNT)
            incident.evidence[turn - WAY_COUNT] = turn % 2;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_bytes_become_harmless),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(numbers_have_groups),
        cmocka_unit_test(shares_never_claim_all_or_nothing),
        cmocka_unit_test(times_are_utc),
        cmocka_unit_test(values_stay_values),
        cmocka_unit_test(months_are_read),
        cmocka_unit_test(catalogues_are_whole),
        cmocka_unit_test(reasons_are_french),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
