/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident - rows, one after another.
 */
#include "incident/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const clock_us MIDNIGHT = UINT64_C(1795478400) * 1000000, /* 2026-11-24 */
    MINUTE = 60000000, HOUR = UINT64_C(3600000000), DAY = UINT64_C(86400000000);

static struct row row_at(clock_us at, const char *name)
{
    return (struct row){
        .at = at,
        .kind = ROW_TRAFFIC,
        .device = 7,
        .way = WAY_DNS,
        .evidence = EVIDENCE_INSTALLED,
        .stopped = true,
        .has_client = true,
        .word = {[WORD_APP] = span_text("WeChat"),
                 [WORD_LIST] = span_text("wechat"),
                 [WORD_RULE] = span_text("wechat:14"),
                 [WORD_GROUP] = span_text("mobile"),
                 [WORD_GATEWAY] = span_text("gw-01")},
        .name = span_text(name),
        .authority = span_text("TBS"),
        .ticket = span_text("SEC-1"),
        .rule_source = span_text("wechat.yaml:14"),
    };
}

static void rows_add_up(void **state)
{
    struct incident incident = {0};
    struct row row = row_at(MIDNIGHT + HOUR, "a.example");
    incident_add(&incident, &row);
    assert_int_equal(incident.device, 7);
    assert_string_equal(incident.app, "WeChat");
    assert_string_equal(incident.source, "wechat.yaml:14");
    assert_true(incident.is_changed);

    row = row_at(MIDNIGHT + HOUR + MINUTE, "b.example");
    row.stopped = false;
    row.unresolved = true;
    row.way = WAY_MMTLS;
    row.evidence = EVIDENCE_CONTEXT;
    incident_add(&incident, &row);
    assert_int_equal(incident.attempts, 2);
    assert_int_equal(incident.stopped, 1);
    assert_int_equal(incident.unresolved, 1);
    assert_int_equal(incident.evidence[EVIDENCE_INSTALLED], 1);
    assert_int_equal(incident.evidence[EVIDENCE_CONTEXT], 1);
    assert_int_equal(incident.ways[WAY_DNS], 1);
    assert_int_equal(incident.ways[WAY_MMTLS], 1);
    assert_int_equal(incident.first, MIDNIGHT + HOUR);
    assert_int_equal(incident.last, MIDNIGHT + HOUR + MINUTE);
    assert_int_equal(incident.hours, 1);
    assert_int_equal(incident.days, 1);
}

static void hours_and_days_are_different_ones(void **state)
{
    struct incident incident = {0};
    const clock_us times[] = {
        MIDNIGHT,        MIDNIGHT + MINUTE,         MIDNIGHT + HOUR - 1,
        MIDNIGHT + HOUR, MIDNIGHT + MINUTE, /* late, and counted already */
        MIDNIGHT + DAY,  MIDNIGHT + DAY + HOUR - 1, MIDNIGHT - HOUR /* late, and another day */};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        struct row row = row_at(times[i], "a.example");
        incident_add(&incident, &row);
    }
    assert_int_equal(incident.hours, 4);
    assert_int_equal(incident.days, 3);
    assert_int_equal(incident.attempts, COUNT_OF(times));
}

static void the_latest_row_names_the_rule(void **state)
{
    struct incident incident = {0};
    struct row first = row_at(MIDNIGHT + HOUR, "a.example");
    struct row late = row_at(MIDNIGHT, "a.example"), silent = row_at(MIDNIGHT + DAY, "a.example");
    first.ticket = span_of(NULL, 0);
    late.word[WORD_RULE] = span_text("wechat:99");
    late.ticket = span_text("SEC-2");
    silent.word[WORD_RULE] = span_of(NULL, 0);
    incident_add(&incident, &first);
    incident_add(&incident, &late);
    incident_add(&incident, &silent);
    assert_string_equal(incident.rule, "wechat:14"); /* the late one does not replace it */
    assert_string_equal(incident.ticket, ""); /* and no ticket of another rule is beside it */
    assert_int_equal(incident.first, MIDNIGHT);
    assert_int_equal(incident.last, MIDNIGHT + DAY);
    assert_int_equal(incident.decided_at, MIDNIGHT + HOUR);
    first = row_at(MIDNIGHT + HOUR + 1, "a.example");
    first.ticket = span_text("SEC-3");
    incident_add(&incident, &first);
    assert_string_equal(incident.ticket, "SEC-3");
}

static void names_are_kept_once_and_the_first_ones(void **state)
{
    struct incident incident = {0};
    for (int i = 39; i >= 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i / 2);
        struct row row = row_at(MIDNIGHT + (clock_us)i, name);
        incident_add(&incident, &row);
    }
    for (int i = 0; i < INCIDENT_NAMES; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i);
        assert_string_equal(incident.names[i], name);
    }
}

/* A hundred pages of a browser leave room for what the app alone asks. */
static void names_of_the_app_come_first(void **state)
{
    struct incident incident = {0};
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "n%d.example", i);
        struct row row = row_at(MIDNIGHT + (clock_us)i, name);
        row.evidence = EVIDENCE_VISITED;
        incident_add(&incident, &row);
    }
    struct row row = row_at(MIDNIGHT + DAY, "app.example");
    incident_add(&incident, &row);
    assert_string_equal(incident.names[0], "app.example");
    assert_true(incident.name_is_installed[0]);
    assert_string_equal(incident.names[1], "n0.example");
    assert_false(incident.name_is_installed[1]);
    assert_string_equal(incident.names[INCIDENT_NAMES - 1], "n6.example");
}

static void long_texts_end_before_a_character(void **state)
{
    struct incident incident = {0};
    char name[INCIDENT_TEXT_SIZE + 100];
    memset(name, 'a', sizeof name);
    memcpy(name + INCIDENT_TEXT_SIZE - 2, "\xc3\xa9", 2); /* its second byte would not fit */
    struct row row = row_at(MIDNIGHT, "");
    row.name = span_of(name, sizeof name);
    row.ticket = span_of("SEC\0X", 5);
    incident_add(&incident, &row);
    incident_add(&incident, &row);
    assert_int_equal(strlen(incident.names[0]), INCIDENT_TEXT_SIZE - 2);
    assert_string_equal(incident.names[1], "");
    assert_string_equal(incident.ticket, "SEC");
}

/* History checks its words; a number out of range must do no harm. */
static void strange_numbers_are_unknown(void **state)
{
    struct incident incident = {0};
    struct row row = row_at(MIDNIGHT, "a.example");
    row.way = 200;
    row.evidence = 200;
    incident_add(&incident, &row);
    assert_int_equal(incident.ways[WAY_UNKNOWN], 1);
    assert_int_equal(incident.evidence[EVIDENCE_NONE], 1);
}

static void not_every_row_is_wanted(void **state)
{
    struct row row = row_at(MIDNIGHT, "a.example");
    assert_true(incident_wants(&row));
    row.allowed = true;
    assert_false(incident_wants(&row));
    row = row_at(MIDNIGHT, "a.example");
    row.kind = ROW_NOTICE;
    assert_false(incident_wants(&row));
    row.kind = ROW_HEALTH;
    assert_false(incident_wants(&row));
    row.way = WAY_INTEGRITY;
    row.has_client = false;
    assert_true(incident_wants(&row));
    row = row_at(MIDNIGHT, "a.example");
    row.has_client = false;
    assert_false(incident_wants(&row));
    row = row_at(MIDNIGHT, "a.example");
    row.word[WORD_APP] = span_of(NULL, 0);
    assert_false(incident_wants(&row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_add_up),
        cmocka_unit_test(hours_and_days_are_different_ones),
        cmocka_unit_test(the_latest_row_names_the_rule),
        cmocka_unit_test(names_are_kept_once_and_the_first_ones),
        cmocka_unit_test(names_of_the_app_come_first),
        cmocka_unit_test(long_texts_end_before_a_character),
        cmocka_unit_test(strange_numbers_are_unknown),
        cmocka_unit_test(not_every_row_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
