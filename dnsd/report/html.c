/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * html - one page, complete in itself: no script, nothing fetched.
 */
#include "report/limits.h"
#include "report/page.h"
#include "report/style.h"

#include <inttypes.h>

enum { WHY_MOST = 3, NAME_MOST = 80 };

void page_text(const struct page *page, const char *text)
{
    static const struct {
        char c;
        const char *escaped;
    } special[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

    for (uint32_t c; (c = shown_next(&text)) != 0;) {
        const char *escaped = NULL;
        for (size_t i = 0; i < COUNT_OF(special); i++) {
            if (c == (unsigned char)special[i].c)
                escaped = special[i].escaped;
        }
        if (escaped == NULL && c < 0x80)
            fputc((int)c, page->out);
        else if (escaped == NULL)
            fprintf(page->out, "&#%" PRIu32 ";", c);
        else
            fputs(escaped, page->out);
    }
}

void page_number(const struct page *page, uint64_t number)
{
    char text[NUMBER_SIZE];
    page_text(page, shown_number(page->language, number, text));
}

/* A name that somebody else chose, in a direction of its own. */
static void name_write(const struct page *page, const char *text, unsigned most)
{
    char shown[TEXT_SIZE];
    fputs("<bdi>", page->out);
    page_text(page, shown_text(text, most, shown, sizeof shown));
    fputs("</bdi>", page->out);
}

static void said_with(const struct page *page, enum report_text text,
                      const struct shown_values *values)
{
    char filled[TEXT_SIZE];
    page_text(page, shown_fill(report_said(page->language, text), values, filled));
}

static void heading(const struct page *page, enum report_text text)
{
    fputs("<h2>", page->out);
    page_said(page, text);
    fputs("</h2>\n", page->out);
}

static void cell_number(const struct page *page, uint64_t number)
{
    fputs("<td class=\"n\">", page->out);
    page_number(page, number);
    fputs("</td>", page->out);
}

static void cell_text(const struct page *page, const char *class, const char *text)
{
    fprintf(page->out, "<td%s>", class);
    page_text(page, text);
    fputs("</td>", page->out);
}

static void cell_name(const struct page *page, const char *text)
{
    fputs("<td>", page->out);
    name_write(page, text, NAME_MOST);
    fputs("</td>", page->out);
}

/* Headings; `numbers`: a bit for each column that is one. SAID_COUNT: an empty heading. */
static void table_open(const struct page *page, unsigned numbers, const enum report_text *columns,
                       size_t count)
{
    fputs("<div class=\"scroll\"><table><thead><tr>", page->out);
    for (size_t i = 0; i < count; i++) {
        fprintf(page->out, (numbers >> i & 1) != 0 ? "<th class=\"n\">" : "<th>");
        if (columns[i] != SAID_COUNT)
            page_said(page, columns[i]);
        fputs("</th>", page->out);
    }
    fputs("</tr></thead><tbody>\n", page->out);
}

static void table_close(const struct page *page)
{
    fputs("</tbody></table></div>\n", page->out);
}

/* `share`: of what `below` says; NULL: nothing is said below. */
static void tile(const struct page *page, enum report_text text, uint64_t number,
                 enum report_text below, const char *share)
{
    const struct shown_values values = {{share}};

    fputs("<div class=\"tile\"><b>", page->out);
    page_number(page, number);
    fputs("</b><span>", page->out);
    page_said(page, text);
    fputs("</span><em>", page->out);
    if (share != NULL)
        said_with(page, below, &values);
    fputs("</em></div>", page->out);
}

static void tiles_write(const struct page *page)
{
    const struct report *r = page->report;
    uint64_t sure = r->devices[CONFIDENCE_SURE];
    char text[NUMBER_SIZE];

    fputs("<div class=\"tiles\">", page->out);
    tile(page, SAID_ATTEMPTS, r->rows, SAID_ON_BEFORE,
         r->is_comparable && r->before > 0 ? shown_change(page->language, r->rows, r->before, text)
                                           : NULL);
    tile(page, SAID_STOPPED, r->stopped, SAID_OF_ATTEMPTS,
         shown_share(page->language, r->stopped, r->rows, text));
    tile(page, SAID_DEVICES_CONCERNED, r->device_count, SAID_COUNT, NULL);
    tile(page, SAID_SURELY_INSTALLED, sure, SAID_OF_DEVICES,
         shown_share(page->language, sure, r->device_count, text));
    if (r->has_states)
        tile(page, SAID_INCIDENTS_OPEN, r->states[CASE_NEW] + r->states[CASE_ACKNOWLEDGED],
             SAID_COUNT, NULL);
    else
        tile(page, SAID_INCIDENTS, r->incidents, SAID_COUNT, NULL);
    fputs("</div>\n", page->out);
}

static void on_sentence(void *owner, const char *text)
{
    const struct page *page = owner;
    fputs("<li>", page->out);
    page_text(page, text);
    fputs("</li>\n", page->out);
}

static void on_period(void *owner, const char *text)
{
    const struct page *page = owner;
    fputs("<br>", page->out);
    page_text(page, text);
}

static void apps_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_APP,   SAID_ATTEMPTS, SAID_STOPPED,
                                               SAID_COUNT, SAID_BEFORE,   SAID_CHANGE};
    const struct report *r = page->report;
    uint64_t most = 0;
    char text[NUMBER_SIZE];

    if (r->app_count == 0)
        return;
    heading(page, SAID_BY_APP);
    for (uint32_t i = 0; i < r->app_count; i++)
        most = r->apps[i].rows > most ? r->apps[i].rows : most;
    table_open(page, 0x36, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < r->app_count; i++) {
        const struct report_app *app = &r->apps[i];
        fputs("<tr>", page->out);
        cell_name(page, shown_app(page->language, app->app));
        cell_number(page, app->rows);
        cell_number(page, app->stopped);
        fputs("<td class=\"w\">", page->out);
        chart_share(page, app->stopped, app->rows - app->stopped, most);
        fputs("</td>", page->out);
        cell_number(page, app->before);
        cell_text(page, " class=\"n\"",
                  shown_trend(r, page->language, app->rows, app->before, text));
        fputs("</tr>\n", page->out);
    }
    table_close(page);
    fputs("<h3>", page->out);
    page_said(page, SAID_BY_DAY);
    fputs("</h3>\n", page->out);
    chart_days(page);
    fputs("<h3>", page->out);
    page_said(page, SAID_TREND);
    fputs("</h3>\n", page->out);
    chart_trend(page);
}

static void why_write(const struct page *page, const struct score *score)
{
    char text[REPORT_REASON_SIZE];
    uint32_t count = score->reason_count < WHY_MOST ? score->reason_count : WHY_MOST;

    fputs("<td class=\"small\">", page->out);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            fputs("<br>", page->out);
        page_text(page, report_reason_said(page->language, &score->reasons[i], text));
    }
    fputs("</td>", page->out);
}

/* What it is called; below, in small letters, its address and whose it is. */
static void device_write(const struct page *page, const struct report_finding *finding)
{
    char address[ADDRESS_TEXT_SIZE];
    const char *name = shown_device(&finding->device), *owner = finding->device.owner;

    fputs("<td>", page->out);
    name_write(page, name, NAME_MOST);
    if (strcmp(name, address_text(&finding->address, address)) != 0) {
        fputs("<br><span class=\"small\">", page->out);
        page_text(page, address);
        fputs("</span>", page->out);
    }
    if (*owner != 0) {
        fputs("<br><span class=\"small\">", page->out);
        name_write(page, owner, NAME_MOST);
        fputs("</span>", page->out);
    }
    fputs("</td>", page->out);
}

static void finding_write(const struct page *page, const struct report_finding *finding)
{
    char text[NUMBER_SIZE];

    fputs("<tr>", page->out);
    device_write(page, finding);
    cell_name(page, finding->app);
    fprintf(page->out, "<td><i class=\"mark k%d\"></i>", finding->score.confidence);
    page_text(page, report_confidence_said(page->language, finding->score.confidence));
    fprintf(page->out, "\u00a0(%u)</td>", finding->score.points);
    why_write(page, &finding->score);
    cell_number(page, finding->attempts);
    cell_text(page, " class=\"t\"", shown_day(finding->last, text));
    cell_text(page, "",
              page->report->has_states ? report_state_said(page->language, finding->state)
                                       : report_said(page->language, SAID_STATE_UNKNOWN));
    fputs("</tr>\n", page->out);
}

static void devices_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_DEVICE, SAID_APP,           SAID_CONFIDENCE,
                                               SAID_WHY,    SAID_ATTEMPTS_EVER, SAID_LAST,
                                               SAID_STATE};
    const struct report *r = page->report;

    if (r->device_count == 0)
        return;
    heading(page, SAID_BY_CONFIDENCE);
    chart_confidence(page);
    fputs("<h3>", page->out);
    page_said(page, SAID_FINDINGS);
    fputs("</h3>\n", page->out);
    fputs("<div class=\"f\">", page->out);
    table_open(page, 0x10, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < r->finding_count; i++)
        finding_write(page, &r->findings[i]);
    table_close(page);
    fputs("</div>", page->out);
}

static void ways_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_WAY, SAID_ATTEMPTS, SAID_STOPPED, SAID_COUNT};
    const struct report *r = page->report;
    bool is_written[WAY_COUNT] = {false};
    uint64_t most = 0;

    for (int way = 0; way < WAY_COUNT; way++)
        most = r->ways[way].rows > most ? r->ways[way].rows : most;
    if (most == 0)
        return;
    heading(page, SAID_WAYS);
    table_open(page, 0x6, columns, COUNT_OF(columns));
    for (int turn = 0; turn < WAY_COUNT; turn++) {
        int largest = -1;
        for (int way = 0; way < WAY_COUNT; way++) {
            if (!is_written[way] && r->ways[way].rows > 0 &&
                (largest < 0 || r->ways[way].rows > r->ways[largest].rows))
                largest = way;
        }
        if (largest < 0)
            break;
        is_written[largest] = true;
        fputs("<tr>", page->out);
        cell_text(page, "", report_way_said(page->language, (enum way)largest));
        cell_number(page, r->ways[largest].rows);
        cell_number(page, r->ways[largest].stopped);
        fputs("<td class=\"w\">", page->out);
        chart_share(page, r->ways[largest].stopped,
                    r->ways[largest].rows - r->ways[largest].stopped, most);
        fputs("</td></tr>\n", page->out);
    }
    table_close(page);
}

static void lists_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_APP, SAID_LIST, SAID_AUTHORITY, SAID_TICKET,
                                               SAID_INCIDENTS};
    const struct report *r = page->report;

    if (r->list_count == 0)
        return;
    heading(page, SAID_AUTHORITIES);
    table_open(page, 0x10, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < r->list_count; i++) {
        const struct report_list *list = &r->lists[i];
        const char *missing = report_said(page->language, SAID_NOT_STATED);
        fputs("<tr>", page->out);
        cell_name(page, list->app);
        cell_name(page, list->list);
        cell_name(page, list->authority[0] != 0 ? list->authority : missing);
        cell_name(page, list->ticket[0] != 0 ? list->ticket : missing);
        cell_number(page, list->incidents);
        fputs("</tr>\n", page->out);
    }
    table_close(page);
}

static void count_row(const struct page *page, const char *label, uint64_t count)
{
    fputs("<tr>", page->out);
    cell_text(page, "", label);
    cell_number(page, count);
    fputs("</tr>\n", page->out);
}

static void incidents_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_INCIDENTS, SAID_NUMBER};
    const struct report *r = page->report;
    enum report_language language = page->language;

    heading(page, SAID_INCIDENTS);
    table_open(page, 0x2, columns, COUNT_OF(columns));
    for (int state = 0; state < CASE_STATES && r->has_states; state++)
        count_row(page, report_state_said(language, (enum case_state)state), r->states[state]);
    count_row(page, report_said(language, SAID_FIRST_IN_MONTH), r->opened);
    if (r->has_states) {
        count_row(page, report_said(language, SAID_CLOSED_IN_MONTH), r->closed);
        count_row(page, report_said(language, SAID_REOPENED), r->reopened);
    }
    count_row(page, report_said(language, SAID_CHAIN_BREAKS), r->broken_chains);
    table_close(page);
}

static void chain_write(const struct page *page, const struct report_gateway *gateway)
{
    char text[NUMBER_SIZE];
    const struct shown_values broken = {{shown_number(page->language, gateway->breaks, text)}};

    fprintf(page->out, gateway->breaks > 0 ? "<td class=\"bad\">" : "<td>");
    if (gateway->breaks > 0)
        said_with(page, SAID_BROKEN, &broken);
    else
        page_said(page, SAID_WHOLE);
    fputs("</td>", page->out);
}

static void gateways_write(const struct page *page)
{
    static const enum report_text columns[] = {SAID_GATEWAY, SAID_PROGRAM, SAID_LAST,
                                               SAID_LINES,   SAID_LOST,    SAID_BREAKS,
                                               SAID_BLIND,   SAID_DROPPED, SAID_RESTARTS};
    const struct report *r = page->report;
    char text[NUMBER_SIZE];

    if (r->gateway_count == 0)
        return;
    heading(page, SAID_GATEWAYS);
    table_open(page, 0x1d8, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < r->gateway_count; i++) {
        const struct report_gateway *gateway = &r->gateways[i];
        fputs("<tr>", page->out);
        cell_name(page, gateway->gateway);
        cell_name(page, gateway->program);
        cell_text(page, " class=\"t\"", shown_minute(gateway->last_at, text));
        cell_number(page, gateway->lines);
        cell_number(page, gateway->lost + gateway->events_lost);
        chain_write(page, gateway);
        cell_text(page, " class=\"n\"",
                  gateway->blind_us == 0 ? "0" : shown_duration(gateway->blind_us, text));
        cell_number(page, gateway->dropped);
        cell_number(page, gateway->restarts);
        fputs("</tr>\n", page->out);
    }
    table_close(page);
}

static void head_write(const struct page *page)
{
    const struct report *r = page->report;
    char month[NUMBER_SIZE], title[TEXT_SIZE];
    snprintf(month, sizeof month, "%s %u", report_month_name(page->language, r->month.month),
             r->month.year);
    const struct shown_values values = {{month}};

    shown_fill(report_said(page->language, SAID_TITLE), &values, title);
    fprintf(page->out,
            "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<meta http-equiv=\"Content-Security-Policy\" "
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            "<meta name=\"referrer\" content=\"no-referrer\"><title>",
            page->language == REPORT_FRENCH ? "fr-CA" : "en-CA");
    page_text(page, title);
    fprintf(page->out, "</title>\n<style>%s</style></head>\n<body><main>\n<h1>", style);
    page_text(page, title);
    fputs("</h1>\n<p class=\"sub\">", page->out);
    page_said(page, SAID_SUBTITLE);
    report_period(r, page->language, on_period, (void *)page);
    fputs("</p>\n", page->out);
}

static void foot_write(const struct page *page)
{
    char made[NUMBER_SIZE];
    const struct shown_values values = {{PONOR_VERSION, shown_minute(page->report->made, made)}};

    fputs("<footer>", page->out);
    said_with(page, SAID_FOOTER, &values);
    fputs("</footer>\n</main></body></html>\n", page->out);
}

void report_html(const struct report *report, enum report_language language, FILE *out)
{
    struct page page = {.out = out, .report = report, .language = language};

    head_write(&page);
    tiles_write(&page);
    heading(&page, SAID_IN_SHORT);
    fputs("<ul>", out);
    report_short(report, language, on_sentence, &page);
    fputs("</ul>\n", out);
    apps_write(&page);
    devices_write(&page);
    ways_write(&page);
    lists_write(&page);
    incidents_write(&page);
    gateways_write(&page);
    heading(&page, SAID_NOT_KNOWN);
    fputs("<ul>", out);
    report_limits(report, language, on_sentence, &page);
    fputs("</ul>\n", out);
    heading(&page, SAID_HOW);
    fputs("<ul>", out);
    report_how(language, on_sentence, &page);
    fputs("</ul>\n", out);
    foot_write(&page);
}
