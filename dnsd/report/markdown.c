/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * markdown - the same in Markdown, for a wiki or a mail.
 */
#include "report/limits.h"
#include "report/shown.h"
#include "report/words.h"

enum { NAME_MOST = 80 };

struct mark {
    FILE *out;
    const struct report *report;
    enum report_language language;
};

/* Whether Markdown, or a reader that makes links of what looks like one, takes this byte for more
 * than itself. `first`: of its text. */
static bool is_special(const char *at, bool first)
{
    unsigned char next = (unsigned char)at[1];

    if (first && strchr("#-+=", *at) != NULL)
        return true;
    if (*at == '.')
        return next > ' ' && (next < '0' || next > '9');
    return *at == ':' ? next == '/' : strchr("\\`*_{}[]~$!", *at) != NULL;
}

/* In tables and sentences alike. */
static void put(const struct mark *m, const char *text)
{
    char clean[TEXT_SIZE];

    shown_text(text, TEXT_SIZE, clean, sizeof clean);
    for (const char *at = clean; *at != 0; at++) {
        if (strchr("<>&|@", *at) != NULL)
            fprintf(m->out, "&#%u;", (unsigned)*at);
        else
            fprintf(m->out, is_special(at, at == clean) ? "\\%c" : "%c", *at);
    }
}

static void put_said(const struct mark *m, enum report_text text)
{
    fputs(report_said(m->language, text), m->out);
}

static void put_name(const struct mark *m, const char *text)
{
    char shown[TEXT_SIZE];
    put(m, shown_text(text, NAME_MOST, shown, sizeof shown));
}

static void put_number(const struct mark *m, uint64_t number)
{
    char text[NUMBER_SIZE];
    fputs(shown_number(m->language, number, text), m->out);
}

static void cell(const struct mark *m, const char *text)
{
    fputs(" ", m->out);
    put_name(m, text);
    fputs(" |", m->out);
}

static void cell_number(const struct mark *m, uint64_t number)
{
    fputs(" ", m->out);
    put_number(m, number);
    fputs(" |", m->out);
}

static void heading(const struct mark *m, enum report_text text)
{
    fputs("\n## ", m->out);
    put_said(m, text);
    fputs("\n\n", m->out);
}

static void table_open(const struct mark *m, unsigned numbers, const enum report_text *columns,
                       size_t count)
{
    fputs("|", m->out);
    for (size_t i = 0; i < count; i++) {
        fputs(" ", m->out);
        put_said(m, columns[i]);
        fputs(" |", m->out);
    }
    fputs("\n|", m->out);
    for (size_t i = 0; i < count; i++)
        fputs((numbers >> i & 1) != 0 ? "---:|" : "---|", m->out);
    fputs("\n", m->out);
}

static void on_sentence(void *owner, const char *text)
{
    const struct mark *m = owner;
    fputs("- ", m->out);
    put(m, text);
    fputs("\n", m->out);
}

static void on_period(void *owner, const char *text)
{
    const struct mark *m = owner;
    put_said(m, SAID_SUBTITLE);
    fputs(". ", m->out);
    put(m, text);
    fputs("\n\n", m->out);
}

static void apps_write(const struct mark *m)
{
    static const enum report_text columns[] = {SAID_APP, SAID_ATTEMPTS, SAID_STOPPED, SAID_BEFORE,
                                               SAID_CHANGE};
    char text[NUMBER_SIZE];

    if (m->report->app_count == 0)
        return;
    heading(m, SAID_BY_APP);
    table_open(m, 0x1e, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < m->report->app_count; i++) {
        const struct report_app *app = &m->report->apps[i];
        fputs("|", m->out);
        cell(m, shown_app(m->language, app->app));
        cell_number(m, app->rows);
        cell_number(m, app->stopped);
        cell_number(m, app->before);
        cell(m, shown_trend(m->report, m->language, app->rows, app->before, text));
        fputs("\n", m->out);
    }
}

static void finding_write(const struct mark *m, const struct report_finding *finding)
{
    char text[NUMBER_SIZE], address[ADDRESS_TEXT_SIZE], why[REPORT_REASON_SIZE];

    fputs("|", m->out);
    cell(m, shown_device(&finding->device));
    cell(m, address_text(&finding->address, address));
    cell(m, finding->device.owner);
    cell(m, finding->app);
    cell(m, report_confidence_said(m->language, finding->score.confidence));
    fputs(" ", m->out);
    if (finding->score.reason_count > 0)
        put(m, report_reason_said(m->language, &finding->score.reasons[0], why));
    fputs(" |", m->out);
    cell_number(m, finding->attempts);
    cell(m, shown_day(finding->last, text));
    cell(m, m->report->has_states ? report_state_said(m->language, finding->state)
                                  : report_said(m->language, SAID_STATE_UNKNOWN));
    fputs("\n", m->out);
}

static void devices_write(const struct mark *m)
{
    static const enum report_text counts[] = {SAID_CONFIDENCE, SAID_NUMBER};
    static const enum report_text columns[] = {SAID_DEVICE,        SAID_ADDRESS,    SAID_OWNER,
                                               SAID_APP,           SAID_CONFIDENCE, SAID_WHY,
                                               SAID_ATTEMPTS_EVER, SAID_LAST,       SAID_STATE};

    if (m->report->device_count == 0)
        return;
    heading(m, SAID_BY_CONFIDENCE);
    table_open(m, 0x2, counts, COUNT_OF(counts));
    for (int c = CONFIDENCE_SURE; c >= CONFIDENCE_CONTEXT; c--) {
        fputs("|", m->out);
        cell(m, report_confidence_said(m->language, (enum confidence)c));
        cell_number(m, m->report->devices[c]);
        fputs("\n", m->out);
    }
    heading(m, SAID_FINDINGS);
    table_open(m, 0x40, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < m->report->finding_count; i++)
        finding_write(m, &m->report->findings[i]);
}

static void ways_write(const struct mark *m)
{
    static const enum report_text columns[] = {SAID_WAY, SAID_ATTEMPTS, SAID_STOPPED};

    heading(m, SAID_WAYS);
    table_open(m, 0x6, columns, COUNT_OF(columns));
    for (int way = 0; way < WAY_COUNT; way++) {
        if (m->report->ways[way].rows == 0)
            continue;
        fputs("|", m->out);
        cell(m, report_way_said(m->language, (enum way)way));
        cell_number(m, m->report->ways[way].rows);
        cell_number(m, m->report->ways[way].stopped);
        fputs("\n", m->out);
    }
}

static void lists_write(const struct mark *m)
{
    static const enum report_text columns[] = {SAID_APP, SAID_LIST, SAID_AUTHORITY, SAID_TICKET,
                                               SAID_INCIDENTS};

    if (m->report->list_count == 0)
        return;
    heading(m, SAID_AUTHORITIES);
    table_open(m, 0x10, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < m->report->list_count; i++) {
        const struct report_list *list = &m->report->lists[i];
        const char *missing = report_said(m->language, SAID_NOT_STATED);
        fputs("|", m->out);
        cell(m, list->app);
        cell(m, list->list);
        cell(m, list->authority[0] != 0 ? list->authority : missing);
        cell(m, list->ticket[0] != 0 ? list->ticket : missing);
        cell_number(m, list->incidents);
        fputs("\n", m->out);
    }
}

static void count_row(const struct mark *m, const char *label, uint64_t count)
{
    fputs("|", m->out);
    cell(m, label);
    cell_number(m, count);
    fputs("\n", m->out);
}

static void incidents_write(const struct mark *m)
{
    static const enum report_text columns[] = {SAID_INCIDENTS, SAID_NUMBER};
    const struct report *r = m->report;

    heading(m, SAID_INCIDENTS);
    table_open(m, 0x2, columns, COUNT_OF(columns));
    for (int state = 0; state < CASE_STATES && r->has_states; state++)
        count_row(m, report_state_said(m->language, (enum case_state)state), r->states[state]);
    count_row(m, report_said(m->language, SAID_FIRST_IN_MONTH), r->opened);
    if (r->has_states) {
        count_row(m, report_said(m->language, SAID_CLOSED_IN_MONTH), r->closed);
        count_row(m, report_said(m->language, SAID_REOPENED), r->reopened);
    }
    count_row(m, report_said(m->language, SAID_CHAIN_BREAKS), r->broken_chains);
}

static void gateways_write(const struct mark *m)
{
    static const enum report_text columns[] = {SAID_GATEWAY, SAID_PROGRAM, SAID_LAST,
                                               SAID_LINES,   SAID_LOST,    SAID_BREAKS,
                                               SAID_BLIND,   SAID_DROPPED, SAID_RESTARTS};
    char text[NUMBER_SIZE], filled[TEXT_SIZE];

    heading(m, SAID_GATEWAYS);
    table_open(m, 0x1d8, columns, COUNT_OF(columns));
    for (uint32_t i = 0; i < m->report->gateway_count; i++) {
        const struct report_gateway *gateway = &m->report->gateways[i];
        const struct shown_values broken = {{shown_number(m->language, gateway->breaks, text)}};
        fputs("|", m->out);
        cell(m, gateway->gateway);
        cell(m, gateway->program);
        shown_fill(report_said(m->language, gateway->breaks > 0 ? SAID_BROKEN : SAID_WHOLE),
                   &broken, filled);
        cell(m, shown_minute(gateway->last_at, text));
        cell_number(m, gateway->lines);
        cell_number(m, gateway->lost + gateway->events_lost);
        cell(m, filled);
        cell(m, gateway->blind_us == 0 ? "0" : shown_duration(gateway->blind_us, text));
        cell_number(m, gateway->dropped);
        cell_number(m, gateway->restarts);
        fputs("\n", m->out);
    }
}

void report_markdown(const struct report *report, enum report_language language, FILE *out)
{
    const struct mark m = {out, report, language};
    char month[NUMBER_SIZE], text[TEXT_SIZE];
    snprintf(month, sizeof month, "%s %u", report_month_name(language, report->month.month),
             report->month.year);
    const struct shown_values title = {{month}};

    fprintf(out, "# %s\n\n", shown_fill(report_said(language, SAID_TITLE), &title, text));
    report_period(report, language, on_period, (void *)&m);
    report_short(report, language, on_sentence, (void *)&m);
    apps_write(&m);
    devices_write(&m);
    ways_write(&m);
    lists_write(&m);
    incidents_write(&m);
    gateways_write(&m);
    heading(&m, SAID_NOT_KNOWN);
    report_limits(report, language, on_sentence, (void *)&m);
    heading(&m, SAID_HOW);
    report_how(language, on_sentence, (void *)&m);
    const struct shown_values made = {{PONOR_VERSION, shown_minute(report->made, month)}};
    fprintf(out, "\n%s\n", shown_fill(report_said(language, SAID_FOOTER), &made, text));
}
