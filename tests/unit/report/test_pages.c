/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pages - what strangers named is text in HTML and in Markdown, wherever it stands.
 */
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char hostile[] = "</td><script>alert(1)</script>|`*_[a](http://evil.example)\n"
                              "\"'&\xe2\x80\xae\x1b www.evil.example <!--";

static void put(char *out, size_t size)
{
    snprintf(out, size, "%s", hostile);
}

static struct report *hostile_report(void)
{
    struct report *r = calloc(1, sizeof *r);
    assert_non_null(r);
    assert_true(report_month_read("2026-10", &r->month));
    r->made = r->read_at = r->month.until;
    r->app_count = 1;
    put(r->apps[0].app, sizeof r->apps[0].app);
    r->apps[0].rows = r->apps[0].day[3] = r->rows = 7;
    r->apps[0].stopped = r->stopped = 5;
    r->ways[WAY_TLS] = (struct report_way){7, 5};
    r->list_count = r->gateway_count = r->finding_count = 1;
    put(r->lists[0].app, sizeof r->lists[0].app);
    put(r->lists[0].list, sizeof r->lists[0].list);
    put(r->lists[0].authority, sizeof r->lists[0].authority);
    put(r->lists[0].ticket, sizeof r->lists[0].ticket);
    put(r->gateways[0].gateway, sizeof r->gateways[0].gateway);
    put(r->gateways[0].program, sizeof r->gateways[0].program);
    r->gateways[0].breaks = r->gateways[0].blind_us = r->gateways[0].lost = 3;
    put(r->findings[0].device.host, sizeof r->findings[0].device.host);
    put(r->findings[0].device.owner, sizeof r->findings[0].device.owner);
    put(r->findings[0].app, sizeof r->findings[0].app);
    r->findings[0].score.confidence = CONFIDENCE_SURE;
    r->devices[CONFIDENCE_SURE] = r->device_count = 1;
    return r;
}

static char *page_of(const struct report *report, enum report_language language, bool html)
{
    char *page = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&page, &length);
    assert_non_null(out);
    if (html)
        report_html(report, language, out);
    else
        report_markdown(report, language, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(page), length); /* no zero byte either */
    return page;
}

static void names_are_text_in_html(void **state)
{
    struct report *report = hostile_report();
    for (int language = 0; language < REPORT_LANGUAGES; language++) {
        char *page = page_of(report, (enum report_language)language, true);
        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "</script"));
        assert_null(strstr(page, "<!--"));
        assert_null(strstr(page, "<a"));
        assert_null(strstr(page, "href"));
        assert_null(strstr(page, "\xe2\x80\xae"));
        assert_null(strstr(page, "&#8238;"));
        assert_null(strchr(page, '\x1b'));
        assert_non_null(strstr(page, "&lt;script&gt;"));
        assert_null(strstr(page, "src="));
        assert_null(strstr(page, "url("));
        free(page);
    }
    free(report);
}

static void names_are_text_in_markdown(void **state)
{
    struct report *report = hostile_report();
    char *page = page_of(report, REPORT_ENGLISH, false), *line, *rest = page;
    assert_null(strchr(page, '<'));
    for (const char *at = page; (at = strstr(at, "](")) != NULL; at++)
        assert_int_equal(at[-1], '\\'); /* no link */
    assert_null(strstr(page, "http://"));
    assert_null(strstr(page, "www.evil"));
    assert_null(strstr(page, "\xe2\x80\xae"));
    assert_null(strchr(page, '\x1b'));
    /* A name ends no row: a table's rows all have as many cells as its head. */
    unsigned cells = 0;
    while ((line = strsep(&rest, "\n")) != NULL) {
        unsigned here = 0;
        for (const char *at = line; *at != 0; at++)
            here += *at == '|';
        if (line[0] != '|')
            cells = 0;
        else if (cells == 0)
            cells = here;
        if (line[0] == '|')
            assert_int_equal(here, cells);
    }
    free(page);
    free(report);
}

/* A month without anything is a page, too. */
static void an_empty_month_is_said_to_be_empty(void **state)
{
    struct report *report = calloc(1, sizeof *report);
    assert_non_null(report);
    assert_true(report_month_read("2026-02", &report->month));
    for (int html = 0; html <= 1; html++) {
        char *page = page_of(report, REPORT_ENGLISH, html == 1);
        assert_non_null(strstr(page, "No attempt at a banned app was seen in this month."));
        assert_non_null(strstr(page, "No event line of any gateway was there."));
        assert_null(strstr(page, "nan"));
        assert_null(strstr(page, "inf"));
        free(page);
    }
    free(report);
}

/* Half a month beside a whole one is no trend, in words, tables or tiles. */
static void only_whole_months_are_compared(void **state)
{
    struct report *report = hostile_report();
    report->before = report->apps[0].before = 14;
    for (int html = 0; html <= 1; html++) {
        const char *change = html == 1 ? "&#8722;50%" : "−50%";
        report->is_comparable = true;
        char *page = page_of(report, REPORT_ENGLISH, html == 1);
        assert_non_null(strstr(page, change));
        assert_null(strstr(page, "no trend"));
        free(page);
        report->is_comparable = false;
        page = page_of(report, REPORT_ENGLISH, html == 1);
        assert_null(strstr(page, change));
        assert_non_null(strstr(page, "no trend follows"));
        free(page);
    }
    free(report);
}

/* A report that is made in the middle of its month ends there; programs of one gateway are one. */
static void the_period_is_said(void **state)
{
    struct report *report = hostile_report();
    report->gateways[1] = report->gateways[0];
    report->gateway_count = 2;
    char *page = page_of(report, REPORT_ENGLISH, false);
    assert_non_null(strstr(page, "2026-10-01 to 2026-10-31, UTC. Gateways: 1."));
    free(page);
    report->made = report->month.from + UINT64_C(3600000000);
    page = page_of(report, REPORT_FRENCH, false);
    assert_non_null(strstr(page, "Du 2026-10-01 au 2026-10-01, UTC."));
    free(page);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_text_in_html),
        cmocka_unit_test(names_are_text_in_markdown),
        cmocka_unit_test(an_empty_month_is_said_to_be_empty),
        cmocka_unit_test(only_whole_months_are_compared),
        cmocka_unit_test(the_period_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
