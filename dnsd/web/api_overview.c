/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_overview - what the first page shows: counts over time, incidents, gateways, the store.
 */
#include "web/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HEALTH_MOST = 512,
    COUNTS_MOST = 50000, /* of one answer */
    LATEST = 8
};

static const clock_us DAY_US = UINT64_C(86400000000);

/* Gateways. */

struct health_list {
    struct health *at;
    uint32_t count;
};

struct gateways {
    struct json *json;
    clock_us now;
    struct health_list healths;
};

static bool on_health(void *owner, const struct health *health)
{
    struct health_list *list = owner;
    list->at[list->count++] = *health;
    return list->count < HEALTH_MOST;
}

static void show_health(struct json *json, const struct health *health)
{
    json_open_object(json, "health");
    json_number(json, "dropped", health->dropped);
    json_number(json, "flows_full", health->flows_full);
    json_number(json, "gather_full", health->gather_full);
    json_number(json, "events_lost", health->events_lost);
    json_decimal(json, "blind_seconds", (double)health->blind_us / 1e6);
    json_number(json, "restarts", health->restarts);
    json_time(json, "last_bad_at", health->last_bad_at);
    json_text(json, "last_bad", health->last_bad);
    json_close_object(json);
}

static void show_chain(struct json *json, const struct log_source *source)
{
    json_open_object(json, "chain");
    json_bool(json, "whole", source->breaks == 0);
    json_number(json, "breaks", source->breaks);
    json_number(json, "missing", source->missing);
    json_text(json, "text", source->broken);
    json_time(json, "at", source->broken_at);
    json_close_object(json);
}

/* How far reading is behind what was written: a line is read within a moment, or it waited. */
static uint64_t behind_seconds(const struct log_source *source)
{
    return source->read_at > source->last_at ? (source->read_at - source->last_at) / 1000000 : 0;
}

static bool on_source(void *owner, const struct log_source *source)
{
    const struct gateways *gateways = owner;
    struct json *json = gateways->json;
    struct health health = {.last_at = 0};

    for (uint32_t i = 0; i < gateways->healths.count; i++)
        if (strcmp(gateways->healths.at[i].gateway, source->gateway) == 0 &&
            strcmp(gateways->healths.at[i].program, source->program) == 0)
            health = gateways->healths.at[i];
    json_open_object(json, NULL);
    json_text(json, "gateway", source->gateway);
    json_text(json, "program", source->program);
    json_text(json, "folder", source->folder);
    json_time(json, "last_at", source->last_at);
    json_time(json, "read_at", source->read_at);
    json_number(json, "behind_seconds", behind_seconds(source));
    json_number(json, "lines", source->lines);
    show_chain(json, source);
    json_number(json, "lost", source->lost);
    json_number(json, "sampled", source->sampled);
    show_health(json, &health);
    json_bool(json, "past", source->is_past);
    json_close_object(json);
    return true;
}

bool show_gateways(struct json *json, struct summary *summary, clock_us now)
{
    struct gateways gateways = {
        .json = json, .now = now, .healths = {calloc(HEALTH_MOST, sizeof(struct health)), 0}};

    enum status status = gateways.healths.at == NULL
                             ? STATUS_NO_MEMORY
                             : summary_health(summary, on_health, &gateways.healths);
    json_open_list(json, "gateways");
    if (status == STATUS_OK)
        status = summary_sources(summary, on_source, &gateways);
    json_close_list(json);
    free(gateways.healths.at);
    return status == STATUS_OK;
}

static void run_gateways(struct request *request)
{
    struct summary *summary;

    if (!web_need_summary(request, &summary))
        return;
    struct json *json = json_new();
    json_open_object(json, NULL);
    bool good = show_gateways(json, summary, request->now);
    json_close_object(json);
    reply_or_busy(request, good, json);
}

/* Counts. */

struct counting {
    struct json *json;
    uint64_t rows, stopped;
    clock_us at; /* of the bucket that is open; 0: none */
    uint32_t count;
};

static bool on_total(void *owner, const struct store_count *count)
{
    struct counting *counting = owner;

    /* Without an app: what a strict group stopped counts, words of the programs do not. */
    counting->rows += count->word[0] == 0 ? count->stopped : count->rows;
    counting->stopped += count->stopped;
    if (count->word[0] == 0)
        return true;
    json_open_object(counting->json, NULL);
    json_text(counting->json, "app", count->word);
    json_number(counting->json, "rows", count->rows);
    json_number(counting->json, "stopped", count->stopped);
    json_close_object(counting->json);
    return ++counting->count < COUNTS_MOST;
}

static void close_bucket(struct counting *counting)
{
    if (counting->at == 0)
        return;
    json_close_object(counting->json);
    json_close_object(counting->json);
    counting->at = 0;
}

/* One object for each bucket, a member for each app. */
static bool on_bucket(void *owner, const struct store_count *count)
{
    struct counting *counting = owner;
    struct json *json = counting->json;

    if (count->word[0] == 0)
        return true;
    if (counting->at != count->at || counting->at == 0) {
        close_bucket(counting);
        json_open_object(json, NULL);
        json_time(json, "at", count->at);
        json_open_object(json, "values");
        counting->at = count->at;
    }
    json_open_list(json, count->word);
    json_number(json, NULL, count->rows);
    json_number(json, NULL, count->stopped);
    json_close_list(json);
    return ++counting->count < COUNTS_MOST;
}

static bool on_series(void *owner, const struct store_count *count)
{
    struct counting *counting = owner;
    struct json *json = counting->json;

    json_open_object(json, NULL);
    json_time(json, "at", count->at);
    json_text(json, "value", count->word);
    json_number(json, "rows", count->rows);
    json_number(json, "stopped", count->stopped);
    json_close_object(json);
    return ++counting->count < COUNTS_MOST;
}

/* So that a line has at most some hundred points. */
static clock_us bucket_for(clock_us from, clock_us until)
{
    clock_us range = until - from;
    return range <= 4 * DAY_US ? STORE_HOUR_US : range <= 500 * DAY_US ? DAY_US : 7 * DAY_US;
}

static bool show_apps(struct json *json, struct store *store, struct store_filter *filter,
                      clock_us bucket, struct counting *total)
{
    struct counting series = {.json = json};

    *total = (struct counting){.json = json};
    json_open_list(json, "apps");
    enum status status = store_counts(store, filter, WORD_APP, 0, on_total, total);
    json_close_list(json);
    json_open_list(json, "series");
    if (status == STATUS_OK)
        status = store_counts(store, filter, WORD_APP, bucket, on_bucket, &series);
    close_bucket(&series);
    json_close_list(json);
    return status == STATUS_OK;
}

static bool show_totals(struct json *json, struct web *web, clock_us from,
                        const struct counting *total)
{
    struct incident_totals incidents;

    if (incidents_count(web, from, &incidents) != STATUS_OK)
        return false;
    json_open_object(json, "totals");
    json_number(json, "rows", total->rows);
    json_number(json, "stopped", total->stopped);
    json_number(json, "devices", incidents.devices);
    json_open_object(json, "incidents");
    for (size_t i = 0; i < CASE_STATES; i++)
        json_number(json, case_state_words[i], incidents.states[i]);
    json_close_object(json);
    json_close_object(json);
    return true;
}

static void show_latest(struct json *json, struct web *web, struct summary *summary)
{
    uint64_t ids[LATEST];
    uint32_t count = incidents_newest(web, LATEST, ids);

    json_open_list(json, "latest");
    for (uint32_t i = 0; i < count; i++) {
        struct incident incident;
        if (summary_incident(summary, ids[i], &incident) != STATUS_OK)
            continue;
        json_open_object(json, NULL);
        show_incident(json, web, &incident);
        json_close_object(json);
    }
    json_close_list(json);
}

static void show_store(struct json *json, const struct web *web, struct store *store)
{
    struct store_facts facts = {.first = 0};

    if (store_facts(store, &facts) != STATUS_OK && facts.why[0] == 0)
        snprintf(facts.why, sizeof facts.why, "the database does not answer");
    json_open_object(json, "store");
    json_text(json, "kind", store_kinds[web->config->consoled.store.choice]->name);
    json_time(json, "first", facts.first);
    json_time(json, "last", facts.last);
    json_number(json, "rows", facts.rows);
    json_number(json, "bytes", facts.bytes);
    json_number(json, "waiting", facts.waiting);
    json_text(json, "text", facts.why);
    json_close_object(json);
}

/* Counts are by the hour: a time inside one would leave out a part that nobody sees. */
static void align(struct store_filter *filter, clock_us now)
{
    filter->from -= filter->from % STORE_HOUR_US;
    if (filter->until == 0)
        filter->until = now - now % STORE_HOUR_US + STORE_HOUR_US;
}

static void run_overview(struct request *request)
{
    struct store_filter filter;
    struct summary *summary;
    struct store *store;
    struct counting total;

    if (!request_filter(request, request->now - DAY_US, &filter) ||
        !web_need_summary(request, &summary) || !web_need_store(request, &store))
        return;
    align(&filter, request->now);
    clock_us bucket = bucket_for(filter.from, filter.until);
    struct json *json = json_new();
    json_open_object(json, NULL);
    json_time(json, "from", filter.from);
    json_time(json, "until", filter.until);
    json_number(json, "bucket_seconds", bucket / 1000000);
    bool good = show_apps(json, store, &filter, bucket, &total) &&
                show_totals(json, request->web, filter.from, &total) &&
                show_gateways(json, summary, request->now);
    if (good) {
        show_latest(json, request->web, summary);
        show_store(json, request->web, store);
    }
    json_close_object(json);
    reply_or_busy(request, good, json);
}

static void run_series(struct request *request)
{
    static const char *const buckets[] = {"3600", "86400", "0", NULL};
    static const clock_us us[] = {UINT64_C(3600000000), UINT64_C(86400000000), 0};
    char why[FILTER_WHY_SIZE];
    struct store_filter filter;
    struct store *store;
    int by, bucket;

    if (!request_filter(request, request->now - DAY_US, &filter))
        return;
    if (!filter_word(&request->query, "by", word_names, WORD_APP, &by, why) ||
        !filter_word(&request->query, "bucket", buckets, 0, &bucket, why)) {
        reply_filter(request, why);
        return;
    }
    if (!web_need_store(request, &store))
        return;
    align(&filter, request->now);
    struct json *json = json_new();
    struct counting counting = {.json = json};
    json_open_object(json, NULL);
    json_text(json, "by", word_names[by]);
    json_number(json, "bucket_seconds", us[bucket] / 1000000);
    json_open_list(json, "series");
    bool good =
        store_counts(store, &filter, (enum word)by, us[bucket], on_series, &counting) == STATUS_OK;
    json_close_list(json);
    json_close_object(json);
    reply_or_busy(request, good, json);
}

/* A history that begins later is no illness. */
static void run_healthz(struct request *request)
{
    struct json *json = json_new();
    struct summary *summary;
    enum status status = web_summary(request->web, &summary);
    bool is_fine = status == STATUS_OK || status == STATUS_AGAIN;

    json_open_object(json, NULL);
    json_text(json, "status", is_fine ? "fine" : "the history cannot be read");
    json_close_object(json);
    reply_json(request, is_fine ? 200 : 503, json);
}

/* For metrics. */

enum { EVENT_ROWS_MOST = 4096, EVENT_WORDS_MOST = 200, EVENT_WORD_SIZE = 256 };

struct event_row {
    char gateway[CONFIG_WORD_SIZE], program[16], app[EVENT_WORD_SIZE], action[CONFIG_WORD_SIZE];
    uint64_t rows;
};

struct event_rows {
    struct event_row at[EVENT_ROWS_MOST];
    size_t count, next; /* next: the gateway to go on with */
};

struct event_rows *event_rows_new(void)
{
    return calloc(1, sizeof(struct event_rows));
}

void event_rows_free(struct event_rows *rows)
{
    free(rows);
}

struct event_words {
    char at[EVENT_WORDS_MOST][EVENT_WORD_SIZE];
    size_t count;
};

static bool on_word(void *owner, const struct store_count *count)
{
    struct event_words *words = owner;

    snprintf(words->at[words->count++], EVENT_WORD_SIZE, "%s", count->word);
    return words->count < EVENT_WORDS_MOST;
}

struct event_sum {
    struct event_rows *rows;
    const struct store_filter *filter;
};

static bool on_action(void *owner, const struct store_count *count)
{
    const struct event_sum *sum = owner;
    struct event_row row = {.rows = count->rows};
    size_t i = 0;

    snprintf(row.gateway, sizeof row.gateway, "%s", sum->filter->word[WORD_GATEWAY]);
    snprintf(row.program, sizeof row.program, "%s", sum->filter->word[WORD_PROGRAM]);
    snprintf(row.app, sizeof row.app, "%s", sum->filter->word[WORD_APP]);
    snprintf(row.action, sizeof row.action, "%s", count->word);
    while (i < sum->rows->count && (strcmp(sum->rows->at[i].action, row.action) != 0 ||
                                    strcmp(sum->rows->at[i].app, row.app) != 0 ||
                                    strcmp(sum->rows->at[i].program, row.program) != 0 ||
                                    strcmp(sum->rows->at[i].gateway, row.gateway) != 0))
        i++;
    if (i == EVENT_ROWS_MOST)
        return false;
    if (i == sum->rows->count)
        sum->rows->at[sum->rows->count++] = row;
    if (sum->rows->at[i].rows < row.rows)
        sum->rows->at[i].rows = row.rows;
    return true;
}

static void read_gateway(struct store *store, struct store_filter *filter, struct event_rows *rows,
                         struct event_words *apps)
{
    struct event_sum sum = {rows, filter};

    for (size_t p = 0; p < PROGRAM_COUNT; p++) {
        filter->word[WORD_PROGRAM] = program_words[p];
        filter->word[WORD_APP] = NULL;
        apps->count = 0;
        if (store_counts(store, filter, WORD_APP, 0, on_word, apps) != STATUS_OK)
            return;
        for (size_t a = 0; a < apps->count; a++) {
            filter->word[WORD_APP] = apps->at[a];
            if (store_counts(store, filter, WORD_ACTION, 0, on_action, &sum) != STATUS_OK)
                return;
        }
    }
}

static void read_event_rows(struct web *web, struct event_rows *rows)
{
    struct store_filter filter = {.from = web->since - web->since % STORE_HOUR_US};
    struct event_words *gateways = calloc(2, sizeof *gateways);
    clock_ms until = clock_now() + EVENT_ROWS_MS;
    struct store *store;

    if (gateways == NULL || web_store(web, &store) != STATUS_OK ||
        store_counts(store, &filter, WORD_GATEWAY, 0, on_word, gateways) != STATUS_OK) {
        free(gateways);
        return;
    }
    for (size_t i = 0; i < gateways->count && (i == 0 || clock_now() < until); i++) {
        filter.word[WORD_GATEWAY] = gateways->at[rows->next++ % gateways->count];
        read_gateway(store, &filter, rows, &gateways[1]);
    }
    free(gateways);
}

void event_rows_write(FILE *out, struct web *web, struct event_rows *rows,
                      const char *(*label)(const char *text, char out[EVENT_LABEL_SIZE]))
{
    char gateway[EVENT_LABEL_SIZE], app[EVENT_LABEL_SIZE], action[EVENT_LABEL_SIZE];

    if (rows == NULL)
        return;
    read_event_rows(web, rows);
    for (size_t i = 0; i < rows->count; i++)
        fprintf(out,
                "ponor_events_rows_total{gateway=\"%s\",program=\"%s\",app=\"%s\",action=\"%s\"} "
                "%" PRIu64 "\n",
                label(rows->at[i].gateway, gateway), rows->at[i].program,
                label(rows->at[i].app, app), label(rows->at[i].action, action), rows->at[i].rows);
}

const struct route overview_routes[] = {
    {METHOD_GET, "/api/overview", PERMISSION_VIEWER, run_overview, false},
    {METHOD_GET, "/api/gateways", PERMISSION_VIEWER, run_gateways, false},
    {METHOD_GET, "/healthz", PERMISSION_NONE, run_healthz, false},
    {METHOD_GET, "/api/series", PERMISSION_VIEWER, run_series, false},
    {.path = NULL},
};
