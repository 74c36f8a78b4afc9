/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * metrics - families in the text format 0.0.4 of Prometheus.
 */
#include "web/metrics.h"

#include "http/webserver.h"
#include "process/role.h"
#include "web/incidents.h"
#include "web/tail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ANSWERS_MOST = 512,
    GATEWAYS_MOST = 128,
    LISTS_MOST_SHOWN = 200,
    STEPS = 11,
    LABEL_SIZE = EVENT_LABEL_SIZE,
    DEVICES_HOLD_MS = 60000
};

static const double steps[STEPS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

enum login { LOGIN_GOOD, LOGIN_WRONG, LOGIN_LOCKED, LOGIN_CODE_NEEDED, LOGINS };
static const char *const login_words[] = {"good", "wrong", "locked", "code-needed"};

struct answers {
    const char *route, *method;
    int code;
    uint64_t count;
};

struct metrics {
    struct answers answers[ANSWERS_MOST];
    size_t answer_count;
    uint64_t taken[STEPS + 1]; /* answers that took at most so long */
    double taken_sum;
    uint64_t logins[LOGINS];
    struct event_rows *rows;
    uint64_t devices;
    clock_ms devices_at, made; /* 0: never */
    char *text;
    size_t length; /* of text */
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL)
        role_die("out of memory");
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    event_rows_free(metrics->rows);
    free(metrics->text);
    free(metrics);
}

/* Counting. */

static void count_login(struct metrics *metrics, const struct request *request, int code)
{
    if (code == 200)
        metrics->logins[LOGIN_GOOD]++;
    for (size_t i = LOGIN_WRONG; request->word != NULL && i < LOGINS; i++)
        metrics->logins[i] += strcmp(request->word, login_words[i]) == 0;
}

static void count_time(struct metrics *metrics, double seconds)
{
    size_t step = 0;

    while (step < STEPS && seconds > steps[step])
        step++;
    metrics->taken[step]++;
    metrics->taken_sum += seconds;
}

static const char *const method_words[] = {[0] = "other",
                                           [METHOD_GET] = "GET",
                                           [METHOD_POST] = "POST",
                                           [METHOD_DELETE] = "DELETE",
                                           [METHOD_HEAD] = "HEAD"};

void metrics_count(const struct request *request, int code)
{
    struct metrics *metrics = request->web->metrics;
    const char *route = request->route != NULL ? request->route->path
                        : request->is_page     ? "page"
                                               : "other";
    const char *method = method_words[connection_head(request->connection)->method];
    size_t i = 0;

    count_time(metrics, (double)(clock_ns() - request->began) / 1e9);
    if (strcmp(route, "/api/login") == 0)
        count_login(metrics, request, code);
    while (i < metrics->answer_count &&
           (metrics->answers[i].code != code || strcmp(metrics->answers[i].route, route) != 0 ||
            strcmp(metrics->answers[i].method, method) != 0))
        i++;
    if (i == ANSWERS_MOST)
        return;
    if (i == metrics->answer_count)
        metrics->answers[metrics->answer_count++] = (struct answers){route, method, code, 0};
    metrics->answers[i].count++;
}

/* Writing. */

/* A label's value between its quotes: without what would end it. Returns `out`. */
static const char *label(const char *text, char out[LABEL_SIZE])
{
    size_t length = 0;

    for (; *text != 0 && length < LABEL_SIZE - 3; text++) {
        if (*text == '\\' || *text == '"' || *text == '\n')
            out[length++] = '\\';
        out[length++] = *text;
        if (*text == '\n')
            out[length - 1] = 'n';
    }
    out[length] = 0;
    return out;
}

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_one(FILE *out, const char *name, const char *type, const char *help, double value)
{
    describe(out, name, type, help);
    fprintf(out, "%s %.17g\n", name, value);
}

static double seconds(clock_us at)
{
    return (double)at / 1e6;
}

static clock_us later(clock_us a, clock_us b)
{
    return a > b ? a : b;
}

/* Gateways: what their sources say, past ones too, and their health. */

struct gateway {
    char gateway[LABEL_SIZE], program[LABEL_SIZE]; /* as labels */
    struct log_source sum;
    struct health health;
};

struct gateways {
    struct gateway *at;
    size_t count;
};

static struct gateway *gateway_of(struct gateways *all, const char *gateway, const char *program)
{
    char a[LABEL_SIZE], b[LABEL_SIZE];

    label(gateway, a);
    label(program, b);
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->at[i].gateway, a) == 0 && strcmp(all->at[i].program, b) == 0)
            return &all->at[i];
    if (all->count == GATEWAYS_MOST - 1) {
        snprintf(a, sizeof a, "other");
        snprintf(b, sizeof b, "other");
    }
    if (all->count == GATEWAYS_MOST)
        return &all->at[GATEWAYS_MOST - 1];
    struct gateway *next = &all->at[all->count++];
    memcpy(next->gateway, a, sizeof a);
    memcpy(next->program, b, sizeof b);
    return next;
}

static bool on_source(void *owner, const struct log_source *source)
{
    struct log_source *sum = &gateway_of(owner, source->gateway, source->program)->sum;

    sum->lines += source->lines;
    sum->breaks += source->breaks;
    sum->missing += source->missing;
    sum->lost += source->lost;
    sum->sampled += source->sampled;
    sum->last_at = later(sum->last_at, source->last_at);
    sum->read_at = later(sum->read_at, source->read_at);
    sum->broken_at = later(sum->broken_at, source->broken_at);
    return true;
}

static bool on_health(void *owner, const struct health *health)
{
    gateway_of(owner, health->gateway, health->program)->health = *health;
    return true;
}

#define VALUE(name, expression)                                                                    \
    static double name(const struct gateway *of)                                                   \
    {                                                                                              \
        return (double)(expression);                                                               \
    }
VALUE(lines, of->sum.lines)
VALUE(last_at, seconds(later(of->sum.last_at, of->health.last_at)))
VALUE(read_at, seconds(of->sum.read_at))
VALUE(breaks, of->sum.breaks)
VALUE(broken_at, seconds(of->sum.broken_at))
VALUE(missing, of->sum.missing)
VALUE(lost, of->sum.lost)
VALUE(sampled, of->sum.sampled)
VALUE(dropped, of->health.dropped)
VALUE(flows_full, of->health.flows_full)
VALUE(gather_full, of->health.gather_full)
VALUE(blind, seconds(of->health.blind_us))
VALUE(restarts, of->health.restarts)

/* clang-format off */
static const struct {
    const char *name, *type, *help;
    double (*value)(const struct gateway *of);
} gateway_families[] = {
    {"ponor_events_lines_total", "counter", "Event lines read and verified.", lines},
    {"ponor_gateway_last_event_timestamp_seconds", "gauge",
     "Time of the latest event line of any kind.", last_at},
    {"ponor_gateway_read_timestamp_seconds", "gauge", "When a line of it was read last.", read_at},
    {"ponor_gateway_chain_breaks_total", "counter", "Times its hash chain did not hold.", breaks},
    {"ponor_gateway_chain_broken_timestamp_seconds", "gauge",
     "When its chain broke last; 0: never.", broken_at},
    {"ponor_gateway_lines_missing_total", "counter", "Lines missing in its chain.", missing},
    {"ponor_gateway_events_lost_total", "counter",
     "Events that it could not write, as it says itself.", lost},
    {"ponor_gateway_events_sampled_total", "counter",
     "Events left out because there were too many alike, as it says itself.", sampled},
    {"ponor_gateway_packets_dropped_total", "counter", "Packets that its capture lost.", dropped},
    {"ponor_gateway_flows_full_total", "counter", "Flows that had no room in its table.",
     flows_full},
    {"ponor_gateway_gather_full_total", "counter", "Flows whose first bytes had no room.",
     gather_full},
    {"ponor_gateway_blind_seconds_total", "counter", "Seconds during which it saw no packets.",
     blind},
    {"ponor_gateway_restarts_total", "counter", "Restarts of its processes.", restarts},
};
/* clang-format on */

/* False: the summary cannot be read. */
static bool write_gateways(FILE *out, struct web *web)
{
    struct gateways all = {calloc(GATEWAYS_MOST, sizeof(struct gateway)), 0};
    struct summary *summary;
    bool good = all.at != NULL && web_summary(web, &summary) == STATUS_OK &&
                summary_sources(summary, on_source, &all) == STATUS_OK &&
                summary_health(summary, on_health, &all) == STATUS_OK;

    for (size_t i = 0; i < COUNT_OF(gateway_families); i++) {
        describe(out, gateway_families[i].name, gateway_families[i].type, gateway_families[i].help);
        for (size_t g = 0; g < all.count; g++)
            fprintf(out, "%s{gateway=\"%s\",program=\"%s\"} %.17g\n", gateway_families[i].name,
                    all.at[g].gateway, all.at[g].program, gateway_families[i].value(&all.at[g]));
    }
    free(all.at);
    return good;
}

/* Lists. */

static bool on_hits(void *owner, const struct rule_hits *hits)
{
    struct rule_hits *sum = owner;
    sum->rows += hits->rows;
    sum->stopped += hits->stopped;
    return true;
}

static double date_seconds(uint32_t date)
{
    struct tm utc = {.tm_year = (int)(date / 10000) - 1900,
                     .tm_mon = (int)(date / 100 % 100) - 1,
                     .tm_mday = (int)(date % 100)};
    return (double)timegm(&utc);
}

enum list_family { LIST_ROWS, LIST_STOPPED, LIST_RULES, LIST_REVIEW, LIST_SERIAL, LIST_FAMILIES };
static const char *const list_families[LIST_FAMILIES][3] = {
    [LIST_ROWS] = {"ponor_list_rows_total", "counter",
                   "Events that a list's rules gave, since the history began."},
    [LIST_STOPPED] = {"ponor_list_stopped_total", "counter", "Of them, those that were stopped."},
    [LIST_RULES] = {"ponor_list_rules", "gauge", "Rules of the list in the running policy."},
    [LIST_REVIEW] = {"ponor_list_review_timestamp_seconds", "gauge",
                     "Day by which the list must be reviewed, in seconds since 1970; lists without "
                     "one have no sample."},
    [LIST_SERIAL] = {"ponor_list_serial", "gauge", "Serial of the list in the running policy."},
};

static void write_lists(FILE *out, struct web *web)
{
    uint32_t count = web->policy == NULL ? 0 : policy_facts(web->policy).lists;
    double values[LIST_FAMILIES][LISTS_MOST_SHOWN] = {{0}};
    struct summary *summary;
    char id[LABEL_SIZE];

    if (count > LISTS_MOST_SHOWN)
        count = LISTS_MOST_SHOWN;
    for (uint32_t i = 0; i < count; i++) {
        const struct list_view list = policy_list(web->policy, (uint16_t)i);
        struct rule_hits sum = {.rows = 0};
        if (web_summary(web, &summary) == STATUS_OK &&
            summary_hits(summary, list.id, on_hits, &sum) != STATUS_OK)
            continue;
        values[LIST_ROWS][i] = (double)sum.rows;
        values[LIST_STOPPED][i] = (double)sum.stopped;
        values[LIST_RULES][i] = list.rules;
        values[LIST_REVIEW][i] = list.review_by == 0 ? 0 : date_seconds(list.review_by);
        values[LIST_SERIAL][i] = (double)list.serial;
    }
    for (size_t f = 0; f < LIST_FAMILIES; f++) {
        describe(out, list_families[f][0], list_families[f][1], list_families[f][2]);
        for (uint32_t i = 0; i < count; i++)
            if (f != LIST_REVIEW || values[f][i] != 0)
                fprintf(out, "%s{list=\"%s\"} %.17g\n", list_families[f][0],
                        label(policy_list(web->policy, (uint16_t)i).id, id), values[f][i]);
    }
}

/* Incidents. */

static void write_incidents(FILE *out, struct web *web)
{
    uint64_t counts[CASE_STATES][CONFIDENCE_SURE + 1] = {{0}};
    clock_us latest[CONFIDENCE_SURE + 1] = {0};
    struct briefs all = {NULL, 0};

    if (incidents_look(web, &all) != STATUS_OK)
        all.count = 0;
    for (size_t i = 0; i < all.count; i++) {
        counts[brief_state(&all.at[i])][all.at[i].confidence]++;
        latest[all.at[i].confidence] = later(latest[all.at[i].confidence], all.at[i].first);
    }
    describe(out, "ponor_incidents", "gauge",
             "Incidents by state (new, acknowledged, closed, false-positive) and confidence "
             "(context, visited, likely, sure).");
    for (size_t s = 0; s < CASE_STATES; s++)
        for (size_t c = 0; c <= CONFIDENCE_SURE; c++)
            fprintf(out, "ponor_incidents{state=\"%s\",confidence=\"%s\"} %" PRIu64 "\n",
                    case_state_words[s], confidence_words[c], counts[s][c]);
    describe(out, "ponor_incidents_latest_timestamp_seconds", "gauge",
             "When an incident of this confidence first was seen, the latest of them; 0: none.");
    for (size_t c = 0; c <= CONFIDENCE_SURE; c++)
        fprintf(out, "ponor_incidents_latest_timestamp_seconds{confidence=\"%s\"} %.6f\n",
                confidence_words[c], seconds(latest[c]));
}

static bool on_device(void *owner, const struct device_seen *seen)
{
    ++*(uint64_t *)owner;
    return true;
}

static void write_devices(FILE *out, struct web *web)
{
    struct metrics *metrics = web->metrics;
    struct summary *summary;
    uint64_t count = 0;

    if ((metrics->devices_at == 0 || clock_now() - metrics->devices_at >= DEVICES_HOLD_MS) &&
        web_summary(web, &summary) == STATUS_OK &&
        summary_devices(summary, NULL, 0, on_device, &count) == STATUS_OK) {
        metrics->devices = count;
        metrics->devices_at = clock_now();
    }
    write_one(out, "ponor_devices", "gauge", "Devices of which events are known.",
              (double)metrics->devices);
}

static void write_store(FILE *out, struct web *web, bool has_summary)
{
    struct store_facts facts = {.first = 0};
    struct store *store;
    bool is_up = has_summary && web_store(web, &store) == STATUS_OK &&
                 store_facts(store, &facts) == STATUS_OK;

    describe(out, "ponor_store_info", "gauge", "Always 1; the kind of store (sqlite, clickhouse).");
    fprintf(out, "ponor_store_info{kind=\"%s\"} 1\n",
            store_kinds[web->config->consoled.store.choice]->name);
    write_one(out, "ponor_store_up", "gauge", "1: the history can be read; 0: it cannot.", is_up);
    write_one(out, "ponor_store_rows", "gauge", "Rows kept.", (double)facts.rows);
    write_one(out, "ponor_store_bytes", "gauge", "Bytes they take on disk, as far as is known.",
              (double)facts.bytes);
    write_one(out, "ponor_store_first_timestamp_seconds", "gauge",
              "Time of the oldest row kept; 0: none.", seconds(facts.first));
    write_one(out, "ponor_store_last_timestamp_seconds", "gauge",
              "Time of the latest row kept; 0: none.", seconds(facts.last));
    write_one(out, "ponor_store_spool_batches", "gauge",
              "Batches that wait because the database is away.", (double)facts.waiting);
}

static void write_answers(FILE *out, const struct metrics *metrics)
{
    static const char name[] = "ponor_http_request_duration_seconds";
    uint64_t sum = 0;

    describe(out, "ponor_http_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i < metrics->answer_count; i++)
        fprintf(out,
                "ponor_http_requests_total{code=\"%d\",method=\"%s\",route=\"%s\"} %" PRIu64 "\n",
                metrics->answers[i].code, metrics->answers[i].method, metrics->answers[i].route,
                metrics->answers[i].count);
    describe(out, name, "histogram",
             "Time from the last byte of a request to the first of its answer.");
    for (size_t i = 0; i < STEPS; i++) {
        sum += metrics->taken[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, steps[i], sum);
    }
    sum += metrics->taken[STEPS];
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.9f\n%s_count %" PRIu64 "\n", name,
            sum, name, metrics->taken_sum, name, sum);
}

static void write_self(FILE *out, struct web *web, clock_us now)
{
    describe(out, "ponor_console_build_info", "gauge", "Always 1; the version of consoled.");
    fprintf(out, "ponor_console_build_info{version=\"%s\"} 1\n", PONOR_VERSION);
    write_one(out, "ponor_console_start_time_seconds", "gauge",
              "When the web role started, in seconds since 1970.", seconds(web->since));
    write_one(out, "ponor_console_generation", "gauge",
              "Generation of the policy image that the page shows rules from; 0: none.",
              web->policy == NULL ? 0 : web->policy_generation);
    write_answers(out, web->metrics);
    write_one(out, "ponor_http_connections", "gauge",
              "Open connections of browsers and API clients.", webserver_connections(web->server));
    write_one(out, "ponor_tails", "gauge", "Live tails open.", tails_count(web));
    write_one(out, "ponor_sessions", "gauge", "Sessions open.",
              people_session_count(web->people, now));
    describe(out, "ponor_logins_total", "counter",
             "Attempts to log in: good, wrong, locked, code-needed.");
    for (size_t i = 0; i < LOGINS; i++)
        fprintf(out, "ponor_logins_total{result=\"%s\"} %" PRIu64 "\n", login_words[i],
                web->metrics->logins[i]);
}

static bool make_text(struct web *web, clock_us now)
{
    struct metrics *metrics = web->metrics;
    uint64_t began = clock_ns();
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL)
        return false;
    write_self(out, web, now);
    if (metrics->rows == NULL)
        metrics->rows = event_rows_new();
    describe(out, "ponor_events_rows_total", "counter",
             "Rows of events taken into the history since consoled started.");
    event_rows_write(out, web, metrics->rows, label);
    bool has_summary = write_gateways(out, web);
    write_lists(out, web);
    write_incidents(out, web);
    write_devices(out, web);
    write_store(out, web, has_summary);
    write_one(out, "ponor_scrape_duration_seconds", "gauge",
              "Time that it took to gather these metrics.", (double)(clock_ns() - began) / 1e9);
    if (fclose(out) != 0) {
        free(text);
        return false;
    }
    free(metrics->text);
    metrics->text = text, metrics->length = length, metrics->made = clock_now();
    return true;
}

static void run_metrics(struct request *request)
{
    struct metrics *metrics = request->web->metrics;
    bool is_fresh = metrics->text != NULL && clock_now() - metrics->made < METRICS_HOLD_MS;

    if (is_fresh || make_text(request->web, request->now))
        reply_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8",
                    span_of(metrics->text, metrics->length));
    else
        reply_error(request, 503, "busy", "out of memory");
}

const struct route metric_routes[] = {
    {METHOD_GET, "/metrics", PERMISSION_NONE, run_metrics, false},
    {.path = NULL},
};
