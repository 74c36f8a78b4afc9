/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * export - rows and incidents as files, a page at a time, at the reader's pace.
 */
#include "web/request.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    EXPORTS_MOST = 16,
    ROWS_MOST = 1000000,
    ROWS_USUAL = 100000,
    PAGE_ROWS = 500,
    PAGE_INCIDENTS = 100,
    PATIENCE_MS = 50,
    PAUSE_MS = 2,
    CELL_NUMBER_SIZE = 40,
    TIME_SIZE = 40,
    WORDS_SIZE = 2048
};

struct export
{
    struct web *web;
    struct connection *connection;
    struct event *timer;
    bool is_csv, begun;
    uint64_t left;
    /* events */
    struct query query; /* the filter's texts */
    struct store_filter filter;
    struct store_page page;
    /* incidents */
    uint64_t *ids;
    size_t id_count, id_next;
    FILE *out; /* of the page under way */
    uint64_t written;
};

static void free_export(struct export *export)
{
    export->web->exports--;
    event_free(export->timer);
    free(export->ids);
    free(export);
}

static void on_gone(void *owner)
{
    free_export(owner);
}

static void go_on(struct export *export)
{
    const struct timeval after = clock_timeval(PAUSE_MS);
    evtimer_add(export->timer, &after);
}

static void on_room(void *owner)
{
    go_on(owner);
}

static const struct stream_events stream_events = {on_room, on_gone};

/* CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe; control
 * characters become blanks. */

static void cell_span(FILE *out, struct span text)
{
    static const char formula[] = "=+-@\t\r\n";

    fputc('"', out);
    if (text.length > 0 && text.at[0] != 0 && strchr(formula, text.at[0]) != NULL)
        fputc('\'', out);
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '"')
            fputc('"', out);
        fputc(text.at[i] < ' ' || text.at[i] == 0x7f ? ' ' : text.at[i], out);
    }
    fputc('"', out);
}

static void next_span(FILE *out, struct span text)
{
    fputc(',', out);
    cell_span(out, text);
}

static void next_text(FILE *out, const char *text)
{
    next_span(out, span_text(text));
}

static void next_number(FILE *out, uint64_t number)
{
    fprintf(out, ",%" PRIu64, number);
}

static void cell_time(FILE *out, clock_us at)
{
    char text[TIME_SIZE] = "";
    time_t seconds = (time_t)(at / 1000000);
    struct tm utc;

    if (at != 0 && gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (text[0] != 0)
        fprintf(out, "%s.%06uZ", text, (unsigned)(at % 1000000));
}

static void next_side(FILE *out, bool has, const struct address *address, uint16_t port)
{
    char text[ADDRESS_TEXT_SIZE];

    next_text(out, has ? address_text(address, text) : "");
    fputc(',', out);
    if (has)
        fprintf(out, "%u", port);
}

/* Rows. */

static const char row_heading[] =
    "at,kind,app,list,rule,action,way,evidence,group,gateway,program,client,client_port,server,"
    "server_port,name,reason,severity,stopped,device,host,owner,tag,source,sequence\r\n";

static void find_device(struct web *web, uint64_t number, struct device_seen *out)
{
    struct summary *summary;

    if (number == 0 || web_summary(web, &summary) != STATUS_OK ||
        summary_device(summary, number, out) != STATUS_OK)
        memset(out, 0, sizeof *out);
}

static void write_row_csv(struct export *export, const struct row *row)
{
    static const char *const kinds[] = {"traffic", "notice", "health"};
    FILE *out = export->out;
    struct device_seen seen;

    find_device(export->web, row->device, &seen);
    cell_time(out, row->at);
    next_text(out, row->kind < COUNT_OF(kinds) ? kinds[row->kind] : "");
    for (size_t i = 0; i < WORD_COUNT; i++)
        next_span(out, row->word[i]);
    next_side(out, row->has_client, &row->client, row->client_port);
    next_side(out, row->has_server, &row->server, row->server_port);
    next_span(out, row->name);
    next_span(out, row->reason);
    next_number(out, row->severity);
    next_text(out, row->stopped ? "yes" : "no");
    next_text(out, seen.device.key);
    next_text(out, seen.device.host);
    next_text(out, seen.device.owner);
    next_text(out, seen.device.tag);
    next_number(out, row->source);
    next_number(out, row->sequence);
    fputs("\r\n", out);
}

static void write_json(struct export *export, struct json *json)
{
    struct span text = json_written(json);

    fputs(export->written == 0 ? "\n" : ",\n", export->out);
    fwrite(text.at, 1, text.length, export->out);
    json_free(json);
}

static bool on_row(void *owner, const struct row *row)
{
    struct export *export = owner;

    if (export->is_csv) {
        write_row_csv(export, row);
    } else {
        struct json *json = json_new();
        json_open_object(json, NULL);
        show_row(json, export->web, row);
        json_close_object(json);
        write_json(export, json);
    }
    export->written++;
    export->page.after = (struct store_place){row->at, row->source, row->sequence};
    export->page.has_after = true;
    return true;
}

/* False: that was the last one. */
static bool write_rows(struct export *export)
{
    struct store_paged paged = {.complete = false};
    uint64_t before = export->written;
    struct store *store;

    export->page.most = export->left < PAGE_ROWS ? (uint32_t) export->left : PAGE_ROWS;
    if (web_store(export->web, &store) != STATUS_OK ||
        store_page(store, &export->filter, &export->page, on_row, export, &paged) != STATUS_OK)
        return false;
    uint64_t count = export->written - before;
    export->left -= count;
    if (count < export->page.most && !paged.complete) {
        export->page.after = paged.reached;
        export->page.has_after = true;
    }
    return export->left > 0 && (count == export->page.most || !paged.complete);
}

/* Incidents. */

static const char incident_heading[] =
    "id,device,known,mac,host,tag,owner,device_group,address,app,first,last,attempts,stopped,"
    "points,confidence,reasons,state,reopened,assignee,list,rule,authority,ticket,group,gateway,"
    "names,ways\r\n";

static void next_device(FILE *out, const struct device_seen *seen)
{
    char text[ADDRESS_TEXT_SIZE], mac[MAC_TEXT_SIZE];

    next_text(out, seen->device.key);
    next_text(out, device_known_words[seen->device.known]);
    next_text(out, seen->device.has_mac ? mac_text(seen->device.mac, mac) : "");
    next_text(out, seen->device.host);
    next_text(out, seen->device.tag);
    next_text(out, seen->device.owner);
    next_text(out, seen->device.group);
    next_text(out, seen->device.known == DEVICE_GATEWAY ? "" : address_text(&seen->latest, text));
}

static void next_score(FILE *out, const struct incident *incident)
{
    char words[WORDS_SIZE];
    struct writer w = writer_over(words, sizeof words);
    struct score score;

    incident_score(incident, &score);
    for (uint32_t i = 0; i < score.reason_count; i++) {
        write_text(&w, i == 0 ? "" : "; ");
        write_text(&w, score.reasons[i].text);
    }
    next_number(out, score.points);
    next_text(out, confidence_words[score.confidence]);
    next_span(out, writer_span(&w));
}

static void next_case(FILE *out, struct web *web, const char *key, const struct incident *incident)
{
    struct case_now decided;
    bool reopened;

    if (case_find(web->people, key, incident->app, &decided) != STATUS_OK)
        decided = (struct case_now){.state = CASE_NEW};
    next_text(out, case_state_words[case_effective(&decided, incident->last, &reopened)]);
    next_text(out, reopened ? "yes" : "no");
    next_text(out, decided.assignee);
}

static void next_texts(FILE *out, const struct incident *incident)
{
    char words[WORDS_SIZE + INCIDENT_NAMES * INCIDENT_TEXT_SIZE];
    struct writer names = writer_over(words, sizeof words);

    next_text(out, incident->list);
    next_text(out, incident->rule);
    next_text(out, incident->authority);
    next_text(out, incident->ticket);
    next_text(out, incident->group);
    next_text(out, incident->gateway);
    for (size_t i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++) {
        write_text(&names, i == 0 ? "" : " ");
        write_text(&names, incident->names[i]);
    }
    next_span(out, writer_span(&names));
    struct writer ways = writer_over(words, sizeof words);
    for (size_t i = 0; i < WAY_COUNT; i++)
        if (incident->ways[i] > 0) {
            write_text(&ways, writer_length(&ways) == 0 ? "" : " ");
            write_text(&ways, way_words[i]);
        }
    next_span(out, writer_span(&ways));
}

static void write_incident_csv(struct export *export, const struct incident *incident)
{
    FILE *out = export->out;
    struct device_seen seen;

    find_device(export->web, incident->device, &seen);
    fprintf(out, "%" PRIu64, incident->id);
    next_device(out, &seen);
    next_text(out, incident->app);
    fputc(',', out);
    cell_time(out, incident->first);
    fputc(',', out);
    cell_time(out, incident->last);
    next_number(out, incident->attempts);
    next_number(out, incident->stopped);
    next_score(out, incident);
    next_case(out, export->web, seen.device.key, incident);
    next_texts(out, incident);
    fputs("\r\n", out);
}

static bool write_incidents(struct export *export)
{
    struct incident incident;
    struct summary *summary;
    size_t end = export->id_next + PAGE_INCIDENTS;

    if (web_summary(export->web, &summary) != STATUS_OK)
        return false;
    for (; export->id_next < export->id_count && export->id_next < end; export->id_next++) {
        if (summary_incident(summary, export->ids[export->id_next], &incident) != STATUS_OK)
            continue;
        if (export->is_csv) {
            write_incident_csv(export, &incident);
        } else {
            struct json *json = json_new();
            json_open_object(json, NULL);
            show_incident(json, export->web, &incident);
            json_close_object(json);
            write_json(export, json);
        }
        export->written++;
    }
    return export->id_next < export->id_count;
}

/* All of it. */

static const char *heading_of(const struct export *export)
{
    return !export->is_csv ? "[" : export->ids != NULL ? incident_heading : row_heading;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct export *export = arg;
    char *text = NULL;
    size_t length = 0;

    export->out = open_memstream(&text, &length);
    if (export->out == NULL) {
        connection_close(export->connection);
        return;
    }
    if (!export->begun)
        fputs(heading_of(export), export->out);
    export->begun = true;
    bool more = export->ids != NULL ? write_incidents(export) : write_rows(export);
    if (!more && !export->is_csv)
        fputs("\n]\n", export->out);
    if (fclose(export->out) != 0) {
        free(text);
        connection_close(export->connection); /* an answer that is cut shows that it is */
        return;
    }
    connection_write(export->connection, span_of(text, length));
    free(text);
    if (!more) {
        connection_end(export->connection);
        free_export(export);
    } else if (connection_waiting(export->connection) < STREAM_HIGH) {
        go_on(export);
    }
}

static void begin(struct request *request, struct export *export, const char *what)
{
    char text[WORDS_SIZE];

    export->web = request->web;
    export->connection = request->connection;
    export->timer = evtimer_new(request->web->base, on_timer, export);
    if (export->timer == NULL || request->web->exports >= EXPORTS_MOST) {
        reply_error(request, 503, "busy", "%d exports are under way; try again later",
                    EXPORTS_MOST);
        if (export->timer != NULL)
            event_free(export->timer);
        free(export->ids);
        free(export);
        return;
    }
    snprintf(text, sizeof text, "attachment; filename=\"ponor-%s-%u.%s\"", what,
             clock_date(request->now), export->is_csv ? "csv" : "json");
    reply_header(request, "Content-Disposition", text);
    request->web->exports++;
    if (!reply_stream(request, export->is_csv ? "text/csv; charset=utf-8" : "application/json",
                      &stream_events, export))
        free_export(export);
    else
        go_on(export);
}

static void run_events(struct request *request, bool is_csv)
{
    char why[FILTER_WHY_SIZE];
    struct store *store;
    uint64_t most;

    if (!filter_number(&request->query, "most", 1, ROWS_MOST, ROWS_USUAL, &most, why)) {
        reply_filter(request, why);
        return;
    }
    struct export *export = calloc(1, sizeof *export);
    if (export == NULL) {
        reply_error(request, 503, "busy", "out of memory");
        return;
    }
    export->is_csv = is_csv;
    export->left = most;
    export->page.patience_ms = PATIENCE_MS;
    /* Its texts must live longer than the request. */
    if (!query_read(connection_head(request->connection)->query, &export->query, why) ||
        !filter_read(&export->query, request->now, 0, &export->filter, why)) {
        free(export);
        reply_filter(request, why);
    } else if (!web_need_store(request, &store)) {
        free(export);
    } else {
        begin(request, export, "events");
    }
}

static void run_incidents(struct request *request, bool is_csv)
{
    struct export *export = calloc(1, sizeof *export);

    if (export == NULL) {
        reply_error(request, 503, "busy", "out of memory");
        return;
    }
    export->is_csv = is_csv;
    if (incidents_find(request, ROWS_USUAL, &export->ids, &export->id_count))
        begin(request, export, "incidents");
    else
        free(export);
}

static void run_events_csv(struct request *request)
{
    run_events(request, true);
}

static void run_events_json(struct request *request)
{
    run_events(request, false);
}

static void run_incidents_csv(struct request *request)
{
    run_incidents(request, true);
}

static void run_incidents_json(struct request *request)
{
    run_incidents(request, false);
}

const struct route export_routes[] = {
    {METHOD_GET, "/api/export/events.csv", PERMISSION_VIEWER, run_events_csv, false},
    {METHOD_GET, "/api/export/events.json", PERMISSION_VIEWER, run_events_json, false},
    {METHOD_GET, "/api/export/incidents.csv", PERMISSION_VIEWER, run_incidents_csv, false},
    {METHOD_GET, "/api/export/incidents.json", PERMISSION_VIEWER, run_incidents_json, false},
    {.path = NULL},
};
