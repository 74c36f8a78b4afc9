/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - a look into the store once a second, from a little before the last row on.
 *
 * Sources write in their own time: a row can come after one that is later. So the last seconds are
 * read again each time, and of each source only what lies behind its last number is new.
 */
#include "web/tail.h"

#include "web/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
    SOURCES_MOST = 192,
    ROWS_A_TICK = 200, /* to one reader */
    PAGE_ROWS = 5000,  /* at a time */
    PATIENCE_MS = 60,  /* for one reader */
    TICK_MS = 150,     /* for all of them together */
    BEHIND_TICKS = 3,  /* before what is far behind is left out */
    COMMENT_TICKS = 15,
    HEAD_SIZE = 128
};

static const clock_us OVERLAP_US = UINT64_C(10000000);

struct seen_source {
    uint32_t source;
    uint64_t sequence;
};

struct tail {
    TAILQ_ENTRY(tail) link;
    struct web *web;
    struct connection *connection;
    struct query query; /* the filter's texts */
    struct store_filter filter;
    char token[TOKEN_SIZE]; /* "": who needs no session */
    clock_us newest;        /* time of the latest row that was seen */
    struct seen_source seen[SOURCES_MOST];
    size_t seen_count;
    uint64_t version; /* of the summary, when last looked */
    unsigned ticks, behind;
    /* of the look under way */
    bool is_first;
    unsigned sent;
    uint64_t skipped;
};

struct tails {
    TAILQ_HEAD(tail_list, tail) all;
    unsigned count;
};

unsigned tails_count(const struct web *web)
{
    return web->tails == NULL ? 0 : web->tails->count;
}

static void free_tail(struct tail *tail)
{
    TAILQ_REMOVE(&tail->web->tails->all, tail, link);
    tail->web->tails->count--;
    free(tail);
}

static void on_gone(void *owner)
{
    free_tail(owner);
}

static void on_room(void *owner)
{
}

static void say(struct tail *tail, const char *text)
{
    connection_write(tail->connection, span_text(text));
}

static void end(struct tail *tail)
{
    connection_end(tail->connection);
    free_tail(tail);
}

/* Whether a row is behind the last one of its source. */
static bool is_new(struct tail *tail, const struct row *row)
{
    for (size_t i = 0; i < tail->seen_count; i++)
        if (tail->seen[i].source == row->source) {
            bool is_later = row->sequence > tail->seen[i].sequence;
            if (is_later)
                tail->seen[i].sequence = row->sequence;
            return is_later;
        }
    if (tail->seen_count == SOURCES_MOST)
        return false;
    tail->seen[tail->seen_count++] = (struct seen_source){row->source, row->sequence};
    return true;
}

static void send_row(struct tail *tail, const struct row *row)
{
    struct json *json = json_new();
    char head[HEAD_SIZE];

    json_open_object(json, NULL);
    show_row(json, tail->web, row);
    json_close_object(json);
    snprintf(head, sizeof head,
             "id: %" PRIu64 ".%" PRIu32 ".%" PRIu64 "\nevent: row\ndata: ", row->at, row->source,
             row->sequence);
    say(tail, head);
    connection_write(tail->connection, json_written(json));
    say(tail, "\n\n");
    json_free(json);
}

static bool on_row(void *owner, const struct row *row)
{
    struct tail *tail = owner;

    if (row->at > tail->newest)
        tail->newest = row->at;
    if (!is_new(tail, row) || tail->is_first)
        return true;
    if (tail->sent >= ROWS_A_TICK || connection_waiting(tail->connection) > STREAM_LOW) {
        tail->skipped++;
        return true;
    }
    tail->sent++;
    send_row(tail, row);
    return true;
}

static void send_skipped(struct tail *tail)
{
    char text[HEAD_SIZE];

    if (tail->skipped == 0 || connection_waiting(tail->connection) > STREAM_HIGH)
        return;
    snprintf(text, sizeof text, "event: skipped\ndata: {\"count\":%" PRIu64 "}\n\n", tail->skipped);
    say(tail, text);
    tail->skipped = 0;
}

static bool on_newest(void *owner, const struct row *row)
{
    *(clock_us *)owner = row->at;
    return false;
}

/* The time of the latest row there is. */
static clock_us find_newest(struct store *store)
{
    const struct store_filter all = {.from = 0};
    const struct store_page page = {.most = 1, .patience_ms = PATIENCE_MS};
    struct store_paged paged;
    clock_us at = 0;

    if (store_page(store, &all, &page, on_newest, &at, &paged) != STATUS_OK)
        return 0;
    return at;
}

/* From where rows may be new, to the end or as far as patience goes. */
static void look(struct tail *tail, struct store *store)
{
    struct store_filter filter = tail->filter;
    const struct store_page page = {
        .oldest_first = true, .most = PAGE_ROWS, .patience_ms = PATIENCE_MS};
    struct store_paged paged = {.complete = true};
    clock_us from = tail->newest > OVERLAP_US ? tail->newest - OVERLAP_US : 0;

    tail->sent = 0;
    if (from > filter.from)
        filter.from = from;
    if (store_page(store, &filter, &page, on_row, tail, &paged) != STATUS_OK)
        return;
    tail->behind = paged.complete ? 0 : tail->behind + 1;
    if (!paged.complete && paged.reached.at > tail->newest)
        tail->newest = paged.reached.at;
    if (tail->behind > BEHIND_TICKS) {
        clock_us newest = find_newest(store);
        if (newest > tail->newest)
            tail->newest = newest;
        tail->skipped++; /* at least */
        tail->behind = 0;
    }
    send_skipped(tail);
}

/* False: it has ended. */
static bool tick(struct tail *tail)
{
    struct session session;

    if (++tail->ticks % COMMENT_TICKS != 0)
        return true;
    if (tail->token[0] != 0 &&
        people_session(tail->web->people, tail->token, clock_wall(), &session) != STATUS_OK) {
        end(tail);
        return false;
    }
    if (connection_waiting(tail->connection) == 0)
        say(tail, ": here\n\n");
    return true;
}

void tails_tick(struct web *web)
{
    clock_ms until = clock_now() + TICK_MS;
    struct tail *tail, *next;
    struct summary *summary;
    struct store *store;

    if (web->tails == NULL)
        return;
    for (tail = TAILQ_FIRST(&web->tails->all); tail != NULL; tail = next) {
        next = TAILQ_NEXT(tail, link);
        tick(tail);
    }
    if (web->tails->count == 0 || web_summary(web, &summary) != STATUS_OK ||
        web_store(web, &store) != STATUS_OK)
        return;
    uint64_t version = summary_version(summary);
    for (unsigned i = web->tails->count; i > 0 && clock_now() < until; i--) {
        tail = TAILQ_FIRST(&web->tails->all);
        TAILQ_REMOVE(&web->tails->all, tail, link);
        TAILQ_INSERT_TAIL(&web->tails->all, tail, link);
        if (tail->version != version || tail->behind > 0)
            look(tail, store);
        tail->version = version;
    }
}

void tails_close(struct web *web)
{
    if (web->tails == NULL)
        return;
    while (!TAILQ_EMPTY(&web->tails->all))
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): end() took the one before out of the list
        end(TAILQ_FIRST(&web->tails->all));
    free(web->tails);
    web->tails = NULL;
}

/* What is there already is not new. */
static void begin(struct tail *tail, struct store *store)
{
    tail->newest = find_newest(store);
    tail->is_first = true;
    look(tail, store);
    tail->is_first = false;
    tail->skipped = 0;
    tail->behind = 0;
}

static bool make_list(struct web *web)
{
    if (web->tails != NULL)
        return true;
    web->tails = calloc(1, sizeof *web->tails);
    if (web->tails == NULL)
        return false;
    TAILQ_INIT(&web->tails->all);
    return true;
}

static void run_tail(struct request *request)
{
    static const struct stream_events events = {on_room, on_gone};
    struct web *web = request->web;
    char why[FILTER_WHY_SIZE];
    struct store *store;

    if (tails_count(web) >= TAILS_MOST) {
        reply_error(request, 503, "busy", "%d live tails are open already", TAILS_MOST);
        return;
    }
    if (!web_need_store(request, &store))
        return;
    struct tail *tail = make_list(web) ? calloc(1, sizeof *tail) : NULL;
    if (tail == NULL) {
        reply_error(request, 503, "busy", "out of memory");
        return;
    }
    tail->web = web;
    tail->connection = request->connection;
    snprintf(tail->token, sizeof tail->token, "%s", request->session.token);
    if (!query_read(connection_head(request->connection)->query, &tail->query, why) ||
        !filter_read(&tail->query, request->now, 0, &tail->filter, why)) {
        free(tail);
        reply_filter(request, why);
        return;
    }
    TAILQ_INSERT_TAIL(&web->tails->all, tail, link);
    web->tails->count++;
    begin(tail, store);
    if (!reply_stream(request, "text/event-stream", &events, tail))
        free_tail(tail);
    else
        say(tail, "retry: 3000\n: here\n\n");
}

const struct route tail_routes[] = {
    {METHOD_GET, "/api/tail", PERMISSION_VIEWER, run_tail, false},
    {.path = NULL},
};
