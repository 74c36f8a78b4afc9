/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * facts - a month's numbers, from roll-ups and from what gateways said of themselves.
 */
#include "report/report.h"

#include <stdlib.h>
#include <time.h>

static const clock_us DAY_US = UINT64_C(86400000000);

enum { PAGE_ROWS = 1000, PAGE_MS = 5000, YEAR_LEAST = 2000, YEAR_MOST = 2199 };

static clock_us first_of(unsigned year, unsigned month)
{
    struct tm utc = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = 1};
    return (clock_us)timegm(&utc) * 1000000;
}

static struct report_month month_of(unsigned year, unsigned month)
{
    struct report_month out = {.year = year, .month = month};

    out.from = first_of(year, month);
    out.until = month == 12 ? first_of(year + 1, 1) : first_of(year, month + 1);
    out.days = (unsigned)((out.until - out.from) / DAY_US);
    return out;
}

static struct report_month month_before(unsigned year, unsigned month)
{
    return month == 1 ? month_of(year - 1, 12) : month_of(year, month - 1);
}

bool report_month_read(const char *text, struct report_month *out)
{
    unsigned number[2] = {0}, digits = 0;

    for (const char *at = text; *at != 0; at++, digits++) {
        if (digits == 4 ? *at != '-' : *at < '0' || *at > '9')
            return false;
        if (digits != 4)
            number[digits > 4] = number[digits > 4] * 10 + (unsigned)(*at - '0');
        if (digits >= 7)
            return false;
    }
    if (digits != 7 || number[0] < YEAR_LEAST || number[0] > YEAR_MOST || number[1] < 1 ||
        number[1] > 12)
        return false;
    *out = month_of(number[0], number[1]);
    return true;
}

struct report_month report_month_before(clock_us now)
{
    uint32_t date = clock_date(now);
    return month_before(date / 10000, date / 100 % 100);
}

/* The place of an app; beyond the most, the one that is called "". */
static struct report_app *app_of(struct report *report, const char *app)
{
    for (uint32_t i = 0; i < report->app_count; i++) {
        if (strcmp(report->apps[i].app, app) == 0)
            return &report->apps[i];
    }
    if (report->app_count > REPORT_APPS)
        return &report->apps[REPORT_APPS];
    struct report_app *made = &report->apps[report->app_count++];
    if (report->app_count <= REPORT_APPS)
        snprintf(made->app, sizeof made->app, "%s", app);
    return made;
}

/* Rows without an app are the programs' own words. */
static bool on_app(void *owner, const struct store_count *count)
{
    struct report *report = owner;
    const struct report_month *month = &report->month;

    if (*count->word == 0)
        return true;
    struct report_app *app = app_of(report, count->word);
    app->rows += count->rows;
    app->stopped += count->stopped;
    report->rows += count->rows;
    report->stopped += count->stopped;
    if (count->at >= month->from && (count->at - month->from) / DAY_US < REPORT_DAYS)
        app->day[(count->at - month->from) / DAY_US] += count->rows;
    return true;
}

static bool on_app_before(void *owner, const struct store_count *count)
{
    struct report *report = owner;

    if (*count->word == 0)
        return true;
    app_of(report, count->word)->before += count->rows;
    report->before += count->rows;
    report->before_stopped += count->stopped;
    return true;
}

static bool on_way(void *owner, const struct store_count *count)
{
    struct report *report = owner;

    for (int way = 0; way < WAY_COUNT; way++) {
        if (strcmp(count->word, way_words[way]) != 0)
            continue;
        report->ways[way].rows += count->rows;
        report->ways[way].stopped += count->stopped;
    }
    return true;
}

static bool on_action(void *owner, const struct store_count *count)
{
    struct report *report = owner;

    if (strcmp(count->word, "dns-allow") == 0 || strcmp(count->word, "flow-allow") == 0)
        report->excepted += count->rows;
    return true;
}

static struct report_gateway *gateway_of(struct report *report, const char *gateway,
                                         const char *program)
{
    for (uint32_t i = 0; i < report->gateway_count; i++) {
        struct report_gateway *known = &report->gateways[i];
        if (strcmp(known->gateway, gateway) == 0 && strcmp(known->program, program) == 0)
            return known;
    }
    if (report->gateway_count == REPORT_GATEWAYS)
        return NULL;
    struct report_gateway *made = &report->gateways[report->gateway_count++];
    snprintf(made->gateway, sizeof made->gateway, "%s", gateway);
    snprintf(made->program, sizeof made->program, "%s", program);
    return made;
}

static bool on_source(void *owner, const struct log_source *source)
{
    struct report_gateway *gateway = NULL;

    if (source->lines > 0)
        gateway = gateway_of(owner, source->gateway, source->program);
    if (gateway == NULL)
        return true;
    if (gateway->first_at == 0 || source->first_at < gateway->first_at)
        gateway->first_at = source->first_at;
    if (source->last_at > gateway->last_at)
        gateway->last_at = source->last_at;
    gateway->lines += source->lines;
    gateway->lost += source->lost;
    gateway->sampled += source->sampled;
    gateway->breaks += source->breaks;
    gateway->missing += source->missing;
    return true;
}

/* What a gateway says of its own sight, by the action of the line. */
static const char *const health_actions[] = {"packets-dropped", "flows-full", "gather-full",
                                             "events-lost",     "blind",      "record-started"};

static void text_of(struct span text, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)text.length, text.length > 0 ? (const char *)text.at : "");
}

static bool on_health(void *owner, const struct row *row)
{
    char gateway[CONFIG_WORD_SIZE], program[CONFIG_WORD_SIZE], action[CONFIG_WORD_SIZE];
    text_of(row->word[WORD_GATEWAY], gateway, sizeof gateway);
    text_of(row->word[WORD_PROGRAM], program, sizeof program);
    text_of(row->word[WORD_ACTION], action, sizeof action);
    struct report_gateway *found = gateway_of(owner, gateway, program);
    if (found == NULL)
        return true;
    const struct {
        const char *action;
        uint64_t *sum;
        uint64_t more;
    } sums[] = {
        {"packets-dropped", &found->dropped, row->count},
        {"flows-full", &found->flows_full, row->count},
        {"gather-full", &found->gather_full, row->count},
        {"events-lost", &found->events_lost, row->count},
        {"blind", &found->blind_us, row->duration_ns / 1000},
        {"record-started", &found->restarts, 1},
    };
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        if (strcmp(sums[i].action, action) == 0)
            *sums[i].sum += sums[i].more;
    }
    return true;
}

static enum status gather_health(struct past *past, struct report *report)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; i < COUNT_OF(health_actions) && status == STATUS_OK; i++) {
        const struct store_filter filter = {.from = report->month.from,
                                            .until = report->month.until,
                                            .word = {[WORD_ACTION] = health_actions[i]}};
        struct store_page page = {.oldest_first = true, .most = PAGE_ROWS, .patience_ms = PAGE_MS};
        struct store_paged paged = {.complete = false};
        while (status == STATUS_OK && !paged.complete) {
            struct store_place before = page.after;
            status = store_page(past->store, &filter, &page, on_health, report, &paged);
            page.after = paged.reached;
            if (page.has_after && before.at == page.after.at &&
                before.source == page.after.source && before.sequence == page.after.sequence)
                break; /* no further for want of time: what was found holds */
            page.has_after = true;
        }
        report->health_is_part |= status == STATUS_OK && !paged.complete;
    }
    return status;
}

static int by_rows(const void *a, const void *b)
{
    const struct report_app *one = a, *other = b;

    if ((one->app[0] == 0) != (other->app[0] == 0)) /* the others last */
        return one->app[0] == 0 ? 1 : -1;
    if (one->rows != other->rows)
        return one->rows < other->rows ? 1 : -1;
    if (one->before != other->before)
        return one->before < other->before ? 1 : -1;
    return strcmp(one->app, other->app);
}

static int by_name(const void *a, const void *b)
{
    const struct report_gateway *one = a, *other = b;
    int order = strcmp(one->gateway, other->gateway);

    return order != 0 ? order : strcmp(one->program, other->program);
}

enum status report_gather(struct past *past, const struct report_month *month, clock_us now,
                          struct report *out)
{
    const struct report_month last = month_before(month->year, month->month);
    const struct store_filter filter = {.from = month->from, .until = month->until},
                              before = {.from = last.from, .until = last.until};
    struct store_facts facts = {.first = 0};

    *out = (struct report){.month = *month,
                           .made = now,
                           .before_from = last.from,
                           .read_at = past->read_at,
                           .is_temporary = past->is_temporary,
                           .has_states = past->people != NULL};
    enum status status = store_counts(past->store, &filter, WORD_APP, DAY_US, on_app, out);
    if (status == STATUS_OK)
        status = store_counts(past->store, &before, WORD_APP, 0, on_app_before, out);
    if (status == STATUS_OK)
        status = store_counts(past->store, &filter, WORD_WAY, 0, on_way, out);
    if (status == STATUS_OK)
        status = store_counts(past->store, &filter, WORD_ACTION, 0, on_action, out);
    if (status == STATUS_OK)
        status = store_facts(past->store, &facts);
    if (status == STATUS_OK)
        status = summary_sources(past->summary, on_source, out);
    if (status == STATUS_OK)
        status = gather_health(past, out);
    if (status == STATUS_OK)
        status = report_gather_incidents(past, out);
    if (out->app_count > 0)
        qsort(out->apps, out->app_count, sizeof *out->apps, by_rows);
    if (out->gateway_count > 0)
        qsort(out->gateways, out->gateway_count, sizeof *out->gateways, by_name);
    out->history_first = facts.first;
    out->is_comparable = facts.first < last.from + DAY_US && month->until <= now;
    out->waiting = facts.waiting;
    return status;
}
