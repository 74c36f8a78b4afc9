/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * export - rows and incidents as files, a page at a time, at the reader's pace.
 *
 * One page of one export is made in a turn of the loop, and the exports take turns: however many
 * there are, whoever looks at the page waits for one of them at most.
 */
#include "web/export.h"

#include "view/csv.h"
#include "web/request.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
    ROWS_MOST = 1000000,
    ROWS_USUAL = 100000,
    PAGE_ROWS = 500,
    PAGE_INCIDENTS = 100,
    PATIENCE_MS = 50,
    PAUSE_MS = 2,
    NAME_SIZE = 128
};

/* What came of a page. */
enum page { PAGE_MORE, PAGE_LAST, PAGE_BROKEN };

struct export
{
    TAILQ_ENTRY(export) link; /* while it is ready */
    struct web *web;
    struct connection *connection;
    bool is_csv, begun, is_ready;
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

struct exports {
    TAILQ_HEAD(export_list, export) ready; /* to make a page; the first one is next */
    struct event *timer;
    unsigned count;
};

static void set_timer(struct exports *exports)
{
    const struct timeval after = clock_timeval(PAUSE_MS);
    if (!TAILQ_EMPTY(&exports->ready))
        evtimer_add(exports->timer, &after);
}

static void make_ready(struct export *export, bool is_ready)
{
    struct exports *exports = export->web->exports;

    if (export->is_ready == is_ready)
        return;
    if (is_ready)
        TAILQ_INSERT_TAIL(&exports->ready, export, link);
    else
        TAILQ_REMOVE(&exports->ready, export, link);
    export->is_ready = is_ready;
    if (is_ready && !evtimer_pending(exports->timer, NULL))
        set_timer(exports);
}

static void free_export(struct export *export)
{
    make_ready(export, false);
    export->web->exports->count--;
    free(export->ids);
    free(export);
}

static void on_gone(void *owner)
{
    free_export(owner);
}

static void on_room(void *owner)
{
    make_ready(owner, true);
}

static const struct stream_events stream_events = {on_room, on_gone};

/* Pages. */

static void find_device(struct web *web, uint64_t number, struct device_seen *out)
{
    struct summary *summary;

    if (number == 0 || web_summary(web, &summary) != STATUS_OK ||
        summary_device(summary, number, out) != STATUS_OK)
        memset(out, 0, sizeof *out);
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
        struct device_seen seen = {.number = 0};
        find_device(export->web, row->device, &seen);
        csv_row(export->out, row, &seen.device);
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

static enum page write_rows(struct export *export)
{
    struct store_paged paged = {.complete = false};
    uint64_t before = export->written;
    struct store *store;

    export->page.most = export->left < PAGE_ROWS ? (uint32_t) export->left : PAGE_ROWS;
    if (web_store(export->web, &store) != STATUS_OK ||
        store_page(store, &export->filter, &export->page, on_row, export, &paged) != STATUS_OK)
        return PAGE_BROKEN;
    uint64_t count = export->written - before;
    export->left -= count;
    if (count < export->page.most && !paged.complete) {
        export->page.after = paged.reached;
        export->page.has_after = true;
    }
    return export->left > 0 && (count == export->page.most || !paged.complete) ? PAGE_MORE
                                                                               : PAGE_LAST;
}

static void write_incident(struct export *export, const struct incident *incident)
{
    struct device_seen seen = {.number = 0};
    struct case_now decided = {.state = CASE_NEW};

    if (!export->is_csv) {
        struct json *json = json_new();
        json_open_object(json, NULL);
        show_incident(json, export->web, incident);
        json_close_object(json);
        write_json(export, json);
        return;
    }
    find_device(export->web, incident->device, &seen);
    if (case_find(export->web->people, seen.device.key, incident->app, &decided) != STATUS_OK)
        decided = (struct case_now){.state = CASE_NEW};
    csv_incident(export->out, incident, &seen, &decided);
}

static enum page write_incidents(struct export *export)
{
    struct incident incident;
    struct summary *summary;
    size_t end = export->id_next + PAGE_INCIDENTS;

    if (web_summary(export->web, &summary) != STATUS_OK)
        return PAGE_BROKEN;
    for (; export->id_next < export->id_count && export->id_next < end; export->id_next++) {
        enum status status = summary_incident(summary, export->ids[export->id_next], &incident);
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status != STATUS_OK)
            return PAGE_BROKEN;
        write_incident(export, &incident);
        export->written++;
    }
    return export->id_next < export->id_count ? PAGE_MORE : PAGE_LAST;
}

/* All of it. */

static const char *heading_of(const struct export *export)
{
    return !export->is_csv ? "[" : export->ids != NULL ? csv_incident_heading : csv_row_heading;
}

/* An answer that ends without its last chunk shows that it was cut. */
static void cut(struct export *export)
{
    connection_close(export->connection);
}

static void write_page(struct export *export)
{
    char *text = NULL;
    size_t length = 0;

    export->out = open_memstream(&text, &length);
    if (export->out == NULL) {
        cut(export);
        return;
    }
    if (!export->begun)
        fputs(heading_of(export), export->out);
    export->begun = true;
    enum page page = export->ids != NULL ? write_incidents(export) : write_rows(export);
    if (page == PAGE_LAST && !export->is_csv)
        fputs("\n]\n", export->out);
    if (fclose(export->out) != 0 || page == PAGE_BROKEN) {
        free(text);
        cut(export);
        return;
    }
    connection_write(export->connection, span_of(text, length));
    free(text);
    if (page == PAGE_LAST) {
        connection_end(export->connection);
        free_export(export);
    } else if (connection_waiting(export->connection) < STREAM_HIGH) {
        make_ready(export, true);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct exports *exports = arg;
    struct export *export = TAILQ_FIRST(&exports->ready);

    if (export != NULL) {
        make_ready(export, false);
        write_page(export);
    }
    set_timer(exports);
}

static bool make_exports(struct web *web)
{
    struct exports *exports = web->exports == NULL ? calloc(1, sizeof *exports) : web->exports;

    if (exports == NULL || web->exports != NULL)
        return exports != NULL;
    TAILQ_INIT(&exports->ready);
    exports->timer = evtimer_new(web->base, on_timer, exports);
    if (exports->timer == NULL) {
        free(exports);
        return false;
    }
    web->exports = exports;
    return true;
}

void exports_close(struct web *web)
{
    if (web->exports == NULL)
        return;
    event_free(web->exports->timer);
    free(web->exports);
    web->exports = NULL;
}

static void begin(struct request *request, struct export *export, const char *what)
{
    struct web *web = request->web;
    char text[NAME_SIZE];

    export->web = web;
    export->connection = request->connection;
    if (!make_exports(web) || web->exports->count >= EXPORTS_MOST) {
        reply_error(request, 503, "busy", "%d exports are under way; try again later",
                    EXPORTS_MOST);
        free(export->ids);
        free(export);
        return;
    }
    snprintf(text, sizeof text, "attachment; filename=\"ponor-%s-%u.%s\"", what,
             clock_date(request->now), export->is_csv ? "csv" : "json");
    reply_header(request, "Content-Disposition", text);
    web->exports->count++;
    if (reply_stream(request, export->is_csv ? "text/csv; charset=utf-8" : "application/json",
                     &stream_events, export))
        make_ready(export, true);
    else
        free_export(export);
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
