/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_incidents - incidents found, sorted and shown.
 */
#include "web/api_cases.h"
#include "web/incidents.h"
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LIST_MOST = 200,
    LIST_USUAL = 50,
    SERIES_DAYS = 60,
    SERIES_ROWS = 20000,
    SERIES_PATIENCE_MS = 150
};

static const clock_us DAY_US = UINT64_C(86400000000);

/* What a list is asked for. */
struct wanted {
    bool states[CASE_STATES];
    const char *app, *text, *assignee;
    clock_us from, until;
    uint64_t device, least, skip, most;
    int sort;
};

static bool read_states(const char *value, bool states[CASE_STATES], char why[FILTER_WHY_SIZE])
{
    bool all = value == NULL || strcmp(value, "all") == 0;

    for (size_t i = 0; i < CASE_STATES; i++)
        states[i] = all;
    while (!all && *value != 0) {
        size_t length = strcspn(value, ","), i = 0;
        while (i < CASE_STATES && (strlen(case_state_words[i]) != length ||
                                   memcmp(case_state_words[i], value, length) != 0))
            i++;
        if (i == CASE_STATES) {
            snprintf(why, FILTER_WHY_SIZE,
                     "`state` is all, or some of new, acknowledged, closed, false-positive, with "
                     "commas between");
            return false;
        }
        states[i] = true;
        value += length + (value[length] == ',');
    }
    return true;
}

static bool read_wanted(struct request *request, uint64_t most, struct wanted *out)
{
    static const char *const sorts[] = {"score", "last", "attempts", NULL};
    const struct query *query = &request->query;
    char why[FILTER_WHY_SIZE];

    *out = (struct wanted){.app = query_value(query, "app"),
                           .text = query_value(query, "q"),
                           .assignee = query_value(query, "assignee")};
    if (read_states(query_value(query, "state"), out->states, why) &&
        filter_time(query, "from", request->now, 0, &out->from, why) &&
        filter_time(query, "until", request->now, 0, &out->until, why) &&
        filter_number(query, "least", 0, 100, 0, &out->least, why) &&
        filter_number(query, "device", 1, INT64_MAX, 0, &out->device, why) &&
        filter_number(query, "skip", 0, BRIEFS_MOST, 0, &out->skip, why) &&
        filter_number(query, "most", 1, most, LIST_USUAL, &out->most, why) &&
        filter_word(query, "sort", sorts, 0, &out->sort, why))
        return true;
    reply_filter(request, why);
    return false;
}

static bool is_wanted(const struct wanted *wanted, const struct brief *brief)
{
    return wanted->states[brief_state(brief)] && brief->points >= wanted->least &&
           brief->last >= wanted->from && (wanted->until == 0 || brief->first < wanted->until) &&
           (wanted->device == 0 || wanted->device == brief->device) &&
           (wanted->app == NULL || strcmp(wanted->app, brief->app) == 0) &&
           (wanted->assignee == NULL || strcmp(wanted->assignee, brief->decided.assignee) == 0) &&
           (wanted->text == NULL || strcasestr(brief->text, wanted->text) != NULL);
}

static int (*const sorts[])(const void *, const void *) = {brief_by_score, brief_by_last,
                                                           brief_by_attempts};

/* False: answered. */
static bool find(struct request *request, const struct wanted *wanted, uint64_t **ids,
                 size_t *count)
{
    const struct brief **found = NULL;
    struct briefs all;

    *count = 0;
    *ids = NULL;
    if (incidents_look(request->web, &all) == STATUS_OK) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a table of pointers
        found = calloc(all.count + 1, sizeof(*found));
        *ids = calloc(all.count + 1, sizeof(**ids));
    }
    if (found == NULL || *ids == NULL) {
        free(found);
        free(*ids);
        reply_error(request, 503, "busy", "the incidents cannot be read now; try again");
        return false;
    }
    for (size_t i = 0; i < all.count; i++)
        if (is_wanted(wanted, &all.at[i]))
            found[(*count)++] = &all.at[i];
    if (*count > 0)
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a table of pointers
        qsort(found, *count, sizeof(*found), sorts[wanted->sort]);
    for (size_t i = 0; i < *count; i++)
        (*ids)[i] = found[i]->id;
    free(found);
    return true;
}

bool incidents_find(struct request *request, size_t most, uint64_t **ids, size_t *count)
{
    struct summary *summary;
    struct wanted wanted;

    if (!read_wanted(request, BRIEFS_MOST, &wanted) || !web_need_summary(request, &summary) ||
        !find(request, &wanted, ids, count))
        return false;
    if (*count > most)
        *count = most;
    return true;
}

static void run_list(struct request *request)
{
    struct summary *summary;
    struct wanted wanted;
    struct incident incident;
    uint64_t *ids;
    size_t count;

    if (!read_wanted(request, LIST_MOST, &wanted) || !web_need_summary(request, &summary) ||
        !find(request, &wanted, &ids, &count))
        return;
    struct json *json = json_new();
    json_open_object(json, NULL);
    json_open_list(json, "incidents");
    for (size_t i = wanted.skip; i < count && i < wanted.skip + wanted.most; i++) {
        if (summary_incident(summary, ids[i], &incident) != STATUS_OK)
            continue;
        json_open_object(json, NULL);
        show_incident(json, request->web, &incident);
        json_close_object(json);
    }
    json_close_list(json);
    json_number(json, "total", count);
    json_close_object(json);
    free(ids);
    reply_json(request, 200, json);
}

/* One. */

void show_incident(struct json *json, struct web *web, const struct incident *incident)
{
    struct summary *summary;
    struct device_seen seen = {.number = 0};
    struct case_now decided = {.state = CASE_NEW};
    bool is_known = web_summary(web, &summary) == STATUS_OK &&
                    summary_device(summary, incident->device, &seen) == STATUS_OK;

    if (is_known && case_find(web->people, seen.device.key, incident->app, &decided) != STATUS_OK)
        decided = (struct case_now){.state = CASE_NEW};
    incident_json(json, incident, &seen, &decided);
}

/* Rows of the incident by day, latest day first to be read, oldest first to be shown. */
struct day_counts {
    clock_us begin;
    uint64_t rows[SERIES_DAYS], stopped[SERIES_DAYS];
};

static bool on_row(void *owner, const struct row *row)
{
    struct day_counts *days = owner;
    clock_us day = (row->at - days->begin) / DAY_US;

    if (row->at >= days->begin && day < SERIES_DAYS) {
        days->rows[day]++;
        days->stopped[day] += row->stopped;
    }
    return true;
}

/* Empty where it would take long: an incident with many rows is known by its numbers. */
static void show_days(struct json *json, struct web *web, const struct incident *incident)
{
    struct day_counts days = {.begin = 0};
    clock_us end = incident->last - incident->last % DAY_US + DAY_US;
    struct store_filter filter = {.device = incident->device, .until = end};
    const struct store_page page = {.most = SERIES_ROWS, .patience_ms = SERIES_PATIENCE_MS};
    struct store_paged paged = {.complete = false};
    struct store *store;

    filter.word[WORD_APP] = incident->app;
    days.begin = end > SERIES_DAYS * DAY_US ? end - SERIES_DAYS * DAY_US : 0;
    filter.from = days.begin;
    bool good = web_store(web, &store) == STATUS_OK &&
                store_page(store, &filter, &page, on_row, &days, &paged) == STATUS_OK &&
                paged.complete;
    json_open_list(json, "days_series");
    for (size_t i = 0; good && i < SERIES_DAYS; i++) {
        if (days.rows[i] == 0)
            continue;
        json_open_object(json, NULL);
        json_time(json, "at", days.begin + i * DAY_US);
        json_number(json, "rows", days.rows[i]);
        json_number(json, "stopped", days.stopped[i]);
        json_close_object(json);
    }
    json_close_list(json);
}

static void run_one(struct request *request)
{
    struct device_seen seen = {.number = 0};
    struct incident incident;
    struct summary *summary;
    uint64_t id;

    if (!web_need_summary(request, &summary))
        return;
    enum status status = number_read(request_part(request, 0), &id)
                             ? summary_incident(summary, id, &incident)
                             : STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = summary_device(summary, incident.device, &seen);
    if (status == STATUS_NOT_FOUND) {
        reply_error(request, 404, "not-found", "there is no incident of this number");
        return;
    }
    if (status != STATUS_OK) {
        reply_error(request, 503, "busy", "the incident cannot be read now; try again");
        return;
    }
    struct json *json = json_new();
    json_open_object(json, NULL);
    show_incident(json, request->web, &incident);
    show_steps(json, request->web, seen.device.key, incident.app);
    show_days(json, request->web, &incident);
    json_close_object(json);
    reply_json(request, 200, json);
}

const struct route incident_routes[] = {
    {METHOD_GET, "/api/incidents", PERMISSION_VIEWER, run_list, false},
    {METHOD_GET, "/api/incidents/{id}", PERMISSION_VIEWER, run_one, false},
    {.path = NULL},
};
