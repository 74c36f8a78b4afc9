/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - a look into the store once a second, for what each reader was not given yet.
 *
 * What does not fit into one look is given by the next ones; who is far behind hears how many rows
 * were left out. An id of an event is the text of a place (tail_place.h): who comes back with it
 * gets what came meanwhile, when that is not much.
 */
#include "web/tail.h"

#include "web/request.h"
#include "view/tail_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
    ROWS_A_LOOK = 200,  /* to one reader */
    PAGE_ROWS = 5000,   /* read for that */
    COUNT_ROWS = 50000, /* before more are left out */
    BEHIND_ROWS = 1000, /* that wait for who is behind, or comes back; if there are more, all of */
    BEHIND_LOOKS = 5,   /* them are left out, when so many looks did not reach the end */
    PATIENCE_MS = 60,   /* for one reader */
    COUNT_MS = 200,
    TICK_MS = 150,   /* for all of them together */
    NEWS_MS = 18000, /* after which no row comes that the summary has counted */
    COMMENT_TICKS = 15,
    SPOOL_USUAL = 2, /* batches on their way */
    HEAD_SIZE = 128
};

/* A row on its way to one reader. */
struct pending {
    struct store_place place;
    struct json *json;
};

struct tail {
    TAILQ_ENTRY(tail) link;
    struct web *web;
    struct connection *connection;
    struct query query; /* the filter's texts */
    struct store_filter filter;
    char token[TOKEN_SIZE]; /* "": who needs no session */
    struct tail_place place;
    bool has_after; /* the look before did not reach the end: */
    struct store_place after;
    unsigned behind; /* looks that did not */
    unsigned ticks;
    bool was_cut; /* rows were left out; how many of them is in `skipped` */
    uint64_t skipped;
};

/* Of one look. */
struct look {
    struct tail *tail;
    struct store_place last;
    struct pending rows[ROWS_A_LOOK];
    size_t count, bytes;
    bool is_full;
};

struct tails {
    TAILQ_HEAD(tail_list, tail) all;
    unsigned count;
    struct tail_clocks clocks;
    uint64_t version; /* of the summary that the clocks are from */
    clock_ms news;    /* when it changed */
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

/* Rows. */

static int by_number(const void *a, const void *b)
{
    const struct store_place *x = &((const struct pending *)a)->place;
    const struct store_place *y = &((const struct pending *)b)->place;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void send_id(struct tail *tail)
{
    char text[TAIL_ID_SIZE];

    say(tail, "id: ");
    say(tail, tail_place_text(&tail->place, text));
    say(tail, "\n");
}

static void send_row(struct tail *tail, struct pending *row)
{
    struct span text = json_written(row->json);

    tail_place_give(&tail->place, row->place.source, row->place.sequence);
    if (text.length > 0) {
        send_id(tail);
        say(tail, "event: row\ndata: ");
        connection_write(tail->connection, text);
        say(tail, "\n\n");
    }
    json_free(row->json);
    row->json = NULL;
}

/* By time; but those of one source by their numbers, so that an id says what was given. */
static void send_rows(struct look *look)
{
    struct pending sorted[ROWS_A_LOOK];

    memcpy(sorted, look->rows, look->count * sizeof *sorted);
    if (look->count > 0)
        qsort(sorted, look->count, sizeof *sorted, by_number);
    for (size_t i = 0; i < look->count; i++)
        for (size_t j = 0; j < look->count; j++)
            if (sorted[j].json != NULL && sorted[j].place.source == look->rows[i].place.source) {
                send_row(look->tail, &sorted[j]);
                break;
            }
}

static void send_skipped(struct tail *tail)
{
    char text[HEAD_SIZE];

    if (!tail->was_cut || connection_waiting(tail->connection) > STREAM_HIGH)
        return;
    send_id(tail);
    snprintf(text, sizeof text, "event: skipped\ndata: {\"count\":%" PRIu64 "}\n\n", tail->skipped);
    say(tail, text);
    tail->skipped = 0;
    tail->was_cut = false;
}

static struct json *json_of(struct tail *tail, const struct row *row)
{
    struct json *json = json_new();

    json_open_object(json, NULL);
    show_row(json, tail->web, row);
    json_close_object(json);
    return json;
}

static bool on_row(void *owner, const struct row *row)
{
    struct look *look = owner;
    struct tail *tail = look->tail;
    const struct store_place place = {row->at, row->source, row->sequence};

    if (tail_place_is_new(&tail->place, row->source, row->sequence, false)) {
        if (look->count == ROWS_A_LOOK || look->bytes > STREAM_HIGH) {
            look->is_full = true;
            return false;
        }
        tail_place_is_new(&tail->place, row->source, row->sequence, true);
        struct json *json = json_of(tail, row);
        look->bytes += json_written(json).length;
        look->rows[look->count].place = place;
        look->rows[look->count].json = json;
        look->count += json != NULL;
    }
    look->last = place;
    return true;
}

static bool on_missed(void *owner, const struct row *row)
{
    struct look *look = owner;
    look->count += tail_place_is_new(&look->tail->place, row->source, row->sequence, false);
    return true;
}

/* From where the page before ended, or where rows may be new. */
static enum status read_page(struct look *look, struct store *store, struct store_page *page,
                             store_on_row on, struct store_paged *paged)
{
    struct tail *tail = look->tail;
    struct store_filter filter = tail->filter;
    clock_us from =
        tail_place_from(&tail->place, &tail->web->tails->clocks, clock_wall(), clock_now());

    if (from > filter.from)
        filter.from = from;
    page->has_after = tail->has_after;
    page->after = tail->after;
    page->oldest_first = true;
    return store_page(store, &filter, page, on, look, paged);
}

/* What waits for who is behind, or came back: too much is left out, and what is not live any more
 * when it cannot even be counted. */
static void count_missed(struct tail *tail, struct store *store)
{
    struct store_page page = {.most = COUNT_ROWS, .patience_ms = COUNT_MS};
    struct store_paged paged = {.complete = false};
    struct look look = {.tail = tail};
    clock_us at = tail->has_after ? tail->after.at
                                  : tail_place_from(&tail->place, &tail->web->tails->clocks,
                                                    clock_wall(), clock_now());

    tail->behind = 0;
    enum status status = read_page(&look, store, &page, on_missed, &paged);
    bool is_live = at + TAIL_LATE_US > clock_wall();
    if (status != STATUS_OK || (look.count <= BEHIND_ROWS && (paged.complete || is_live)))
        return;
    tail->skipped += look.count;
    tail->was_cut = true;
    tail->has_after = false;
    tail->after = (struct store_place){0};
    tail_place_now(&tail->place, &tail->web->tails->clocks);
}

/* To the end, or as far as patience and the reader go. */
static void look(struct tail *tail, struct store *store)
{
    const struct tail_clocks *clocks = &tail->web->tails->clocks;
    struct store_page page = {.most = PAGE_ROWS, .patience_ms = PATIENCE_MS};
    struct store_paged paged = {.complete = false};
    struct look look = {.tail = tail, .last = tail->after};

    tail_place_meet(&tail->place, clocks, clock_wall());
    if (tail->behind >= BEHIND_LOOKS)
        count_missed(tail, store);
    send_skipped(tail);
    if (connection_waiting(tail->connection) > STREAM_LOW) {
        tail->behind++;
        return;
    }
    enum status status = read_page(&look, store, &page, on_row, &paged);
    send_rows(&look);
    if (status != STATUS_OK) {
        tail->has_after = look.last.at != 0;
        tail->after = look.last;
        return;
    }
    if (paged.complete)
        tail_place_reached(&tail->place, clocks);
    tail->has_after = !paged.complete;
    tail->after = paged.complete ? (struct store_place){0}
                  : look.is_full ? look.last
                                 : paged.reached;
    tail->behind = paged.complete ? 0 : tail->behind + 1;
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
    if (connection_waiting(tail->connection) == 0) {
        send_id(tail);
        say(tail, ": here\n\n");
    }
    return true;
}

static bool on_source(void *owner, const struct log_source *source)
{
    tail_clocks_add(owner, source, clock_wall(), clock_now());
    return true;
}

/* False: there is no history now. */
static bool read_clocks(struct web *web, struct store **store)
{
    struct tails *tails = web->tails;
    struct store_facts facts = {.waiting = 0};
    struct summary *summary;
    struct tail *tail;

    if (web_summary(web, &summary) != STATUS_OK || web_store(web, store) != STATUS_OK)
        return false;
    uint64_t version = summary_version(summary);
    bool is_other = tails->clocks.history != web->history.file;
    if (is_other)
        tails->clocks = (struct tail_clocks){.history = web->history.file};
    else if (tails->version == version)
        return true;
    if (store_kinds[web->config->consoled.store.choice] != &store_sqlite &&
        store_facts(*store, &facts) != STATUS_OK)
        facts.waiting = UINT64_MAX;
    tail_clocks_begin(&tails->clocks);
    if (summary_sources(summary, on_source, &tails->clocks) != STATUS_OK)
        return false;
    tail_clocks_end(&tails->clocks, clock_now(), facts.waiting > SPOOL_USUAL);
    tails->news = clock_now();
    tails->version = version;
    if (is_other)
        TAILQ_FOREACH(tail, &tails->all, link)
    tail_place_now(&tail->place, &tails->clocks);
    return true;
}

void tails_tick(struct web *web)
{
    clock_ms until = clock_now() + TICK_MS;
    struct tail *tail, *next;
    struct store *store;

    if (web->tails == NULL || web->tails->count == 0)
        return;
    for (tail = TAILQ_FIRST(&web->tails->all); tail != NULL; tail = next) {
        next = TAILQ_NEXT(tail, link);
        tick(tail);
    }
    if (web->tails->count == 0 || !read_clocks(web, &store))
        return;
    bool has_news = clock_now() - web->tails->news < NEWS_MS;
    for (unsigned i = web->tails->count; i > 0 && clock_now() < until; i--) {
        tail = TAILQ_FIRST(&web->tails->all);
        TAILQ_REMOVE(&web->tails->all, tail, link);
        TAILQ_INSERT_TAIL(&web->tails->all, tail, link);
        if (has_news || tail->behind != 0 || tail->was_cut)
            look(tail, store);
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

/* From the place that the browser says it was at; else from now on. */
static void begin(struct tail *tail, struct store *store)
{
    struct span id = head_value(connection_head(tail->connection), "Last-Event-ID", NULL);
    const char *after = query_value(&tail->query, "after");
    const struct tail_clocks *clocks = &tail->web->tails->clocks;

    if (id.length == 0 && after != NULL)
        id = span_text(after);
    bool came_back = id.length > 0 && tail_place_read(&tail->place, id);
    if (came_back && tail->place.history == clocks->history) {
        tail_place_meet(&tail->place, clocks, clock_wall());
        count_missed(tail, store);
    } else {
        tail->was_cut = came_back;
        tail_place_now(&tail->place, clocks);
    }
}

static void start(struct request *request, struct tail *tail, struct store *store)
{
    static const struct stream_events events = {on_room, on_gone};
    struct tails *tails = request->web->tails;

    TAILQ_INSERT_TAIL(&tails->all, tail, link);
    if (tails->count++ == 0)
        tails->clocks.history = 0; /* the clocks stood still */
    if (!read_clocks(request->web, &store)) {
        free_tail(tail);
        reply_error(request, 503, "history", "the history cannot be read now; try again");
        return;
    }
    begin(tail, store);
    if (!reply_stream(request, "text/event-stream", &events, tail)) {
        free_tail(tail);
        return;
    }
    say(tail, "retry: 3000\n");
    send_id(tail);
    say(tail, ": here\n\n");
    look(tail, store);
}

static void run_tail(struct request *request)
{
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
    if (query_read(connection_head(request->connection)->query, &tail->query, why) &&
        filter_read(&tail->query, request->now, 0, &tail->filter, why)) {
        start(request, tail, store);
        return;
    }
    free(tail);
    reply_filter(request, why);
}

const struct route tail_routes[] = {
    {METHOD_GET, "/api/tail", PERMISSION_VIEWER, run_tail, false},
    {.path = NULL},
};
