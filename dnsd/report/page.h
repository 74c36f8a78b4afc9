/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * page - a report being written as HTML.
 *
 * Used by html.c and chart.c. Every text of a report goes through page_text(); nothing else writes
 * what is not ours.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/shown.h"
#include "report/words.h"

struct page {
    FILE *out;
    const struct report *report;
    enum report_language language;
};

/* Escaped, for elements and attributes alike. */
void page_text(const struct page *page, const char *text);
void page_number(const struct page *page, uint64_t number);

static inline void page_said(const struct page *page, enum report_text text)
{
    page_text(page, report_said(page->language, text));
}

/* Of chart.c. */
void chart_days(const struct page *page);       /* columns a day, by app */
void chart_trend(const struct page *page);      /* this month and the one before, by app */
void chart_confidence(const struct page *page); /* devices, one bar */
void chart_share(const struct page *page, uint64_t part, uint64_t rest, uint64_t most);

#endif
