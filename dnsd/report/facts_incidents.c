/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * facts_incidents - which devices had to do with which app in the month, and how sure that is.
 *
 * The score is that of all that was seen until now: an incident is one, whatever month it began in.
 */
#include "report/report.h"

#include <stdlib.h>

enum { LOOK_MS = 200, GROWS_BY = 1024, DEVICES_MOST = 1 << 20 };

struct device_sure {
    uint64_t device;
    enum confidence confidence;
    bool is_unknown;
};

struct gathering {
    struct past *past;
    struct report *report;
    struct device_sure *devices;
    size_t count, room;
    bool is_full;
};

static bool on_any_row(void *owner, const struct row *row)
{
    *(bool *)owner = true;
    return false;
}

/* One that began before and went on after the month may have had no row in it. */
static bool was_in_month(const struct gathering *g, const struct incident *incident)
{
    const struct report_month *month = &g->report->month;
    bool is_certain = incident->first >= month->from || incident->last < month->until;

    if (incident->last < month->from || incident->first >= month->until)
        return false;
    if (is_certain)
        return true;
    const struct store_filter filter = {.from = month->from,
                                        .until = month->until,
                                        .device = incident->device,
                                        .word = {[WORD_APP] = incident->app}};
    const struct store_page page = {.most = 1, .patience_ms = LOOK_MS};
    struct store_paged paged = {.complete = false};
    bool any = false;
    enum status status = store_page(g->past->store, &filter, &page, on_any_row, &any, &paged);
    return any || status != STATUS_OK || !paged.complete; /* when in doubt, it was */
}

/* Whatever month its attempts are of: who closed it worked in this one. */
static bool was_closed_in_month(const struct report *report, const struct past_incident *found)
{
    const struct report_month *month = &report->month;
    clock_us changed = found->decided.changed;
    bool is_closed =
        found->decided.state == CASE_CLOSED || found->decided.state == CASE_FALSE_POSITIVE;

    return is_closed && changed >= month->from && changed < month->until;
}

static void count_state(struct report *report, const struct past_incident *found)
{
    report->incidents++;
    report->opened += found->incident->first >= report->month.from;
    report->states[found->state]++;
    report->reopened += found->reopened;
}

static void count_list(struct report *report, const struct incident *incident)
{
    uint32_t i = 0;

    for (; i < report->list_count; i++) {
        struct report_list *known = &report->lists[i];
        if (strcmp(known->app, incident->app) == 0 && strcmp(known->list, incident->list) == 0 &&
            strcmp(known->authority, incident->authority) == 0 &&
            strcmp(known->ticket, incident->ticket) == 0)
            break;
    }
    if (i == REPORT_LISTS)
        return;
    struct report_list *list = &report->lists[i];
    if (i == report->list_count) {
        report->list_count++;
        memcpy(list->app, incident->app, sizeof list->app);
        memcpy(list->list, incident->list, sizeof list->list);
        memcpy(list->authority, incident->authority, sizeof list->authority);
        memcpy(list->ticket, incident->ticket, sizeof list->ticket);
    }
    list->incidents++;
}

static bool is_surer(const struct past_incident *found, const struct report_finding *than)
{
    if (found->score.points != than->score.points)
        return found->score.points > than->score.points;
    return found->incident->attempts > than->attempts;
}

static void keep_finding(struct report *report, const struct past_incident *found)
{
    const struct incident *incident = found->incident;
    uint32_t at = report->finding_count;

    while (at > 0 && is_surer(found, &report->findings[at - 1]))
        at--;
    if (at == REPORT_FINDINGS)
        return;
    if (report->finding_count < REPORT_FINDINGS)
        report->finding_count++;
    memmove(&report->findings[at + 1], &report->findings[at],
            (report->finding_count - 1 - at) * sizeof *report->findings);
    struct report_finding *finding = &report->findings[at];
    *finding = (struct report_finding){.device = found->seen.device,
                                       .address = found->seen.latest,
                                       .score = found->score,
                                       .attempts = incident->attempts,
                                       .last = incident->last,
                                       .state = found->state};
    memcpy(finding->app, incident->app, sizeof finding->app);
}

static void keep_device(struct gathering *g, const struct past_incident *found)
{
    if (g->count == g->room && g->room < DEVICES_MOST) {
        struct device_sure *more = realloc(g->devices, (g->room + GROWS_BY) * sizeof *more);
        if (more != NULL) {
            g->devices = more;
            g->room += GROWS_BY;
        }
    }
    if (g->count == g->room) {
        g->is_full = true;
        return;
    }
    g->devices[g->count++] =
        (struct device_sure){.device = found->incident->device,
                             .confidence = found->score.confidence,
                             .is_unknown = found->seen.device.known == DEVICE_UNKNOWN};
}

static bool on_incident(void *owner, const struct incident *incident)
{
    struct gathering *g = owner;
    struct past_incident found;

    bool in_month = was_in_month(g, incident);
    if (!in_month && !g->report->has_states)
        return true;
    past_look(g->past, incident, &found);
    g->report->closed += was_closed_in_month(g->report, &found);
    if (!in_month)
        return true;
    count_state(g->report, &found);
    if (incident->ways[WAY_INTEGRITY] > 0) {
        g->report->broken_chains++;
        return true;
    }
    count_list(g->report, incident);
    keep_finding(g->report, &found);
    keep_device(g, &found);
    return !g->is_full;
}

static int by_device(const void *a, const void *b)
{
    const struct device_sure *one = a, *other = b;

    if (one->device != other->device)
        return one->device < other->device ? -1 : 1;
    return (int)other->confidence - (int)one->confidence; /* the surest first */
}

static int by_incidents(const void *a, const void *b)
{
    const struct report_list *one = a, *other = b;

    if (one->incidents != other->incidents)
        return one->incidents < other->incidents ? 1 : -1;
    return strcmp(one->app, other->app);
}

static void count_devices(struct gathering *g)
{
    struct report *report = g->report;

    if (g->count > 0)
        qsort(g->devices, g->count, sizeof *g->devices, by_device);
    for (size_t i = 0; i < g->count; i++) {
        if (i > 0 && g->devices[i].device == g->devices[i - 1].device)
            continue;
        report->devices[g->devices[i].confidence]++;
        report->device_count++;
        report->unknown_devices += g->devices[i].is_unknown;
    }
}

enum status report_gather_incidents(struct past *past, struct report *out)
{
    struct gathering g = {.past = past, .report = out};
    enum status status =
        summary_incidents(past->summary, out->has_states ? 0 : out->month.from, 0, on_incident, &g);

    if (status == STATUS_OK && g.is_full)
        status = STATUS_NO_MEMORY;
    count_devices(&g);
    if (out->list_count > 0)
        qsort(out->lists, out->list_count, sizeof *out->lists, by_incidents);
    free(g.devices);
    return status;
}
