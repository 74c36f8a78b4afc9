/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident - the same rows in any order are the same incident, and as much memory.
 */
#include "incident/incident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS = 1500, TURNS = 60, TEXT = 32 };

static const clock_us MIDNIGHT = UINT64_C(1795478400) * 1000000, /* 2026-11-24 */
    HOUR = UINT64_C(3600000000), DAY = UINT64_C(86400000000);

static uint64_t seed;

static uint32_t below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 32) * limit >> 32);
}

/* Texts of a row, which live as long as all of them. */
struct written {
    struct row row;
    char name[TEXT], rule[TEXT], ticket[TEXT], gateway[TEXT];
};

static struct span text(char out[TEXT], const char *before, uint32_t number)
{
    snprintf(out, TEXT, "%s%u", before, number);
    return span_text(out);
}

/* Of several gateways, at times that often meet, now and then from a clock that is wrong. */
static void write_row(struct written *out, uint32_t days)
{
    static const clock_us wrong[] = {0, 1, UINT64_C(4102444800) * 1000000};
    struct row *row = &out->row;

    *row = (struct row){.kind = ROW_TRAFFIC, .has_client = true, .device = 7};
    row->at = MIDNIGHT + below(days) * DAY + below(24) * HOUR + below(3);
    if (below(200) == 0)
        row->at = wrong[below(COUNT_OF(wrong))];
    row->evidence = (uint8_t)below(EVIDENCE_COUNT);
    row->way = (uint8_t)below(WAY_COUNT);
    row->stopped = below(2) == 0;
    row->unresolved = below(3) == 0;
    row->word[WORD_APP] = span_text("WeChat");
    row->word[WORD_LIST] = span_text("wechat");
    if (below(10) > 0)
        row->word[WORD_RULE] = text(out->rule, "wechat:", below(5));
    if (below(4) > 0)
        row->ticket = text(out->ticket, "SEC-", below(3));
    row->word[WORD_GATEWAY] = text(out->gateway, "gw-0", below(4));
    if (below(8) > 0)
        row->name = text(out->name, "n.example/", below(40));
}

static void shuffle(struct written **rows, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = below((uint32_t)i);
        struct written *kept = rows[i - 1];
        rows[i - 1] = rows[other];
        rows[other] = kept;
    }
}

/* Those of one gateway after the other's, each in its own order. */
static void by_gateway(struct written **rows, const struct written *all, size_t count,
                       uint32_t first)
{
    size_t n = 0;
    for (uint32_t g = 0; g < 4; g++)
        for (size_t i = 0; i < count; i++)
            if ((uint32_t)(all[i].gateway[4] - '0') == (g + first) % 4)
                rows[n++] = (struct written *)&all[i];
    assert_int_equal(n, count);
}

static void fold(struct written **rows, size_t count, struct incident *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < count; i++)
        incident_add(out, &rows[i]->row);
}

static int by_time(const void *a, const void *b)
{
    const struct written *const *x = a, *const *y = b;
    return ((*x)->row.at > (*y)->row.at) - ((*x)->row.at < (*y)->row.at);
}

static void any_order_is_the_same(void **state)
{
    static struct written all[ROWS];
    static struct written *rows[ROWS];
    static struct incident told, again;

    for (uint32_t turn = 0; turn < TURNS; turn++) {
        seed = turn;
        const size_t count = 1 + below(turn % 2 == 0 ? 20 : ROWS);
        const uint32_t days = 1 + below(2 * INCIDENT_DAYS);
        for (size_t i = 0; i < count; i++) {
            write_row(&all[i], days);
            rows[i] = &all[i];
        }
        qsort(rows, count, sizeof(struct written *), by_time);
        fold(rows, count, &told);
        assert_int_equal(told.attempts, count);
        assert_int_equal(told.days, told.all.count);
        assert_int_equal(told.hours, incident_hours(&told.all));
        for (uint32_t i = 0; i < 8; i++) {
            if (i < 4)
                by_gateway(rows, all, count, i);
            else
                shuffle(rows, count);
            fold(rows, count, &again);
            assert_memory_equal(&told, &again, sizeof told);
        }
    }
}

/* As a person would count, from all of the rows. */
static void hours_days_and_names_are_right(void **state)
{
    static struct written all[ROWS];
    static struct incident told;
    static bool hour[24 * INCIDENT_DAYS], day[INCIDENT_DAYS];
    uint32_t hours = 0, days = 0;

    seed = 99;
    for (size_t i = 0; i < ROWS; i++) {
        do
            write_row(&all[i], INCIDENT_DAYS);
        while (all[i].row.at < MIDNIGHT || all[i].row.at >= MIDNIGHT + INCIDENT_DAYS * DAY);
        const size_t at = (all[i].row.at - MIDNIGHT) / HOUR;
        hours += !hour[at];
        days += !day[at / 24];
        hour[at] = day[at / 24] = true;
        incident_add(&told, &all[i].row);
        assert_int_equal(told.hours, hours);
        assert_int_equal(told.days, days);
    }
    for (int n = 0; n < INCIDENT_NAMES; n++) {
        clock_us first = UINT64_MAX;
        assert_true(told.name_is_installed[n]); /* there are enough of them */
        for (size_t i = 0; i < ROWS; i++)
            if (strcmp(all[i].name, told.names[n]) == 0 &&
                all[i].row.evidence == EVIDENCE_INSTALLED && all[i].row.at < first)
                first = all[i].row.at;
        assert_int_equal(told.name_at[n], first);
        assert_true(n == 0 || told.name_at[n] >= told.name_at[n - 1]);
    }
}

/* Of more days than are kept, the latest ones. */
static void the_latest_days_are_told_apart(void **state)
{
    static struct incident incident;

    for (uint32_t i = 0; i < 3 * INCIDENT_DAYS; i++) {
        struct row row = {.at = MIDNIGHT + i * DAY + (i % 24) * HOUR,
                          .evidence = EVIDENCE_INSTALLED,
                          .word = {[WORD_APP] = span_text("WeChat")}};
        incident_add(&incident, &row);
        row.at = MIDNIGHT; /* and one that is very late */
        incident_add(&incident, &row);
    }
    assert_int_equal(incident.days, INCIDENT_DAYS);
    assert_int_equal(incident.hours, INCIDENT_DAYS);
    assert_int_equal(incident.installed_days, INCIDENT_DAYS);
    assert_int_equal(incident.installed_hours, INCIDENT_DAYS);
    assert_int_equal(incident.all.day[0].day, MIDNIGHT / DAY + UINT64_C(2) * INCIDENT_DAYS);
    assert_int_equal(incident.attempts, 6 * INCIDENT_DAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_is_the_same),
        cmocka_unit_test(hours_days_and_names_are_right),
        cmocka_unit_test(the_latest_days_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
