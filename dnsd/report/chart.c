/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * chart - drawings of a report, as SVG inside the page. Colours are classes of its style sheet;
 * what a colour says is said in words, too.
 */
#include "report/page.h"

#include <inttypes.h>

enum {
    WIDTH = 760,
    DAYS_LEFT = 56,
    DAYS_TOP = 10,
    DAYS_HEIGHT = 190,
    DAYS_BOTTOM = 26,
    TREND_ROW = 40,
    TREND_LABEL = 190,
    TREND_VALUE = 80,
    TREND_MOST = 6,
    LABEL_MOST = 20,
    TICKS = 4
};

/* The next larger of 1, 2, 5 times a power of ten that four steps reach. */
static uint64_t step_of(uint64_t most)
{
    uint64_t power = 1;

    for (;; power *= 10) {
        if (power * TICKS >= most)
            return power;
        if (power * 2 * TICKS >= most)
            return power * 2;
        if (power * 5 * TICKS >= most)
            return power * 5;
        if (power > UINT64_MAX / 10 / TICKS)
            return most;
    }
}

static uint32_t series_of(uint32_t app, const struct report *report)
{
    return app < REPORT_SERIES && report->apps[app].app[0] != 0 ? app : REPORT_SERIES;
}

static uint64_t most_of_a_day(const struct report *report)
{
    uint64_t most = 1;

    for (unsigned day = 0; day < report->month.days; day++) {
        uint64_t sum = 0;
        for (uint32_t a = 0; a < report->app_count; a++)
            sum += report->apps[a].day[day];
        most = sum > most ? sum : most;
    }
    return most;
}

static void svg_open(const struct page *page, enum report_text title, int height)
{
    fprintf(page->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, height);
    page_said(page, title);
    fprintf(page->out, "\">\n");
}

static void axis_write(const struct page *page, uint64_t step)
{
    for (uint64_t i = 0; i <= TICKS; i++) {
        double y = DAYS_TOP + DAYS_HEIGHT - (double)DAYS_HEIGHT * (double)i / TICKS;
        fprintf(page->out,
                "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
                i == 0 ? "axis" : "grid", DAYS_LEFT, WIDTH, y, y, DAYS_LEFT - 8, y + 4);
        page_number(page, step * i);
        fprintf(page->out, "</text>\n");
    }
}

struct column {
    double x, width, y; /* y: what stands is stacked upon it */
};

static void block_write(const struct page *page, struct column *column, uint32_t app, unsigned day,
                        uint64_t rows, double scale)
{
    char at[NUMBER_SIZE];
    double height = (double)rows * scale;

    column->y -= height;
    fprintf(page->out,
            "<rect class=\"s%u\" x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\">"
            "<title>",
            series_of(app, page->report), column->x, column->y, column->width, height);
    page_text(page,
              shown_day(page->report->month.from + (clock_us)day * UINT64_C(86400000000), at));
    fprintf(page->out, " ");
    page_text(page, shown_app(page->language, page->report->apps[app].app));
    fprintf(page->out, " ");
    page_number(page, rows);
    fprintf(page->out, "</title></rect>");
}

static void legend_write(const struct page *page)
{
    const struct report *report = page->report;
    uint32_t shown = report->app_count < REPORT_SERIES ? report->app_count : REPORT_SERIES;

    fprintf(page->out, "<p class=\"legend\">");
    for (uint32_t a = 0; a < shown && report->apps[a].app[0] != 0; a++) {
        if (report->apps[a].rows == 0)
            continue;
        fprintf(page->out, "<span><i class=\"b%u\"></i>", a);
        page_text(page, report->apps[a].app);
        fprintf(page->out, "</span> ");
    }
    if (report->app_count > REPORT_SERIES) {
        fprintf(page->out, "<span><i class=\"b%d\"></i>", REPORT_SERIES);
        page_said(page, SAID_OTHERS);
        fprintf(page->out, "</span>");
    }
    fprintf(page->out, "</p>\n");
}

void chart_days(const struct page *page)
{
    const struct report *report = page->report;
    uint64_t step = step_of(most_of_a_day(report));
    double scale = (double)DAYS_HEIGHT / (double)(step * TICKS);
    double slot = (double)(WIDTH - DAYS_LEFT) / report->month.days;

    svg_open(page, SAID_BY_DAY, DAYS_TOP + DAYS_HEIGHT + DAYS_BOTTOM);
    axis_write(page, step);
    for (unsigned day = 0; day < report->month.days; day++) {
        struct column column = {DAYS_LEFT + slot * day + slot * 0.14, slot * 0.72,
                                DAYS_TOP + DAYS_HEIGHT};
        for (uint32_t a = 0; a < report->app_count; a++) {
            if (report->apps[a].day[day] > 0)
                block_write(page, &column, a, day, report->apps[a].day[day], scale);
        }
        if (day == 0 || day % 5 == 4)
            fprintf(page->out,
                    "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%u"
                    "</text>\n",
                    DAYS_LEFT + slot * (day + 0.5), DAYS_TOP + DAYS_HEIGHT + 18, day + 1);
    }
    fprintf(page->out, "</svg>\n");
    legend_write(page);
}

static void trend_bar(const struct page *page, const char *class, double y, uint64_t rows,
                      uint64_t most)
{
    double width = (double)(WIDTH - TREND_LABEL - TREND_VALUE) * (double)rows / (double)most;

    fprintf(page->out,
            "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"13\" rx=\"1.5\"/>"
            "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">",
            class, TREND_LABEL, y, rows > 0 && width < 1 ? 1 : width, TREND_LABEL + width + 6,
            y + 11);
    page_number(page, rows);
    fprintf(page->out, "</text>");
}

void chart_trend(const struct page *page)
{
    const struct report *report = page->report;
    uint32_t count = report->app_count < TREND_MOST ? report->app_count : TREND_MOST;
    char label[TEXT_SIZE];
    uint64_t most = 1;

    for (uint32_t a = 0; a < count; a++) {
        most = report->apps[a].rows > most ? report->apps[a].rows : most;
        most = report->apps[a].before > most ? report->apps[a].before : most;
    }
    svg_open(page, SAID_TREND, (int)count * TREND_ROW);
    for (uint32_t a = 0; a < count; a++) {
        const struct report_app *app = &report->apps[a];
        double y = a * TREND_ROW + 4;
        fprintf(page->out, "<text class=\"name\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">",
                TREND_LABEL - 12, y + 19);
        page_text(page,
                  shown_text(shown_app(page->language, app->app), LABEL_MOST, label, sizeof label));
        fprintf(page->out, "</text>");
        trend_bar(page, "now", y, app->rows, most);
        trend_bar(page, "then", y + 15, app->before, most);
        fprintf(page->out, "\n");
    }
    fprintf(page->out, "</svg>\n<p class=\"legend\"><span><i class=\"now\"></i>");
    page_said(page, SAID_THIS_MONTH);
    fprintf(page->out, "</span> <span><i class=\"then\"></i>");
    page_said(page, SAID_MONTH_BEFORE);
    fprintf(page->out, "</span></p>\n");
}

void chart_confidence(const struct page *page)
{
    const struct report *report = page->report;
    double x = 0;

    if (report->device_count == 0)
        return;
    svg_open(page, SAID_BY_CONFIDENCE, 34);
    for (int c = CONFIDENCE_SURE; c >= CONFIDENCE_CONTEXT; c--) {
        double width = (double)WIDTH * (double)report->devices[c] / (double)report->device_count;
        if (report->devices[c] == 0)
            continue;
        fprintf(page->out, "<rect class=\"c%d\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"34\"/>",
                c, x, width > 2 ? width - 2 : width);
        if (width > 40) {
            fprintf(page->out, "<text class=\"in c%dt\" x=\"%.1f\" y=\"22\">", c, x + 10);
            page_number(page, report->devices[c]);
            fprintf(page->out, "</text>");
        }
        x += width;
    }
    fprintf(page->out, "</svg>\n<p class=\"legend\">");
    for (int c = CONFIDENCE_SURE; c >= CONFIDENCE_CONTEXT; c--) {
        fprintf(page->out, "<span><i class=\"k%d\"></i>", c);
        page_text(page, report_confidence_said(page->language, (enum confidence)c));
        fprintf(page->out, " <b>");
        page_number(page, report->devices[c]);
        fprintf(page->out, "</b></span> ");
    }
    fprintf(page->out, "</p>\n");
}

/* A bar in a cell of a table: what was stopped, and the rest. */
void chart_share(const struct page *page, uint64_t part, uint64_t rest, uint64_t most)
{
    double one = most == 0 ? 0 : 100.0 * (double)part / (double)most;
    double other = most == 0 ? 0 : 100.0 * (double)rest / (double)most;

    fprintf(page->out,
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\"><rect class=\"now\" width=\"%.2f\" height=\"10\"/>"
            "<rect class=\"then\" x=\"%.2f\" width=\"%.2f\" height=\"10\"/></svg>",
            one, one, other);
}
