/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * feed - one job after another, each one request; what comes next depends on how it ended.
 */
#include "clickhouse/feed.h"

#include "base/log.h"
#include "clickhouse/columns.h"
#include "clickhouse/native.h"
#include "clickhouse/spool.h"
#include "clickhouse/statements.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ASK_MS = 30000,
    CREATE_MS = 60000,
    INSERT_MS = 120000,
    WAIT_FIRST_MS = 1000, /* after a failure; doubled each time */
    WAIT_MOST_MS = 30000,
    CLOSE_MS = 2000,
    FORGET_EVERY_MS = 3600000,
    FORGET_AGAIN_MS = 60000, /* after a failure */
    SAY_MS = 60000,          /* that it is full */
    ANSWER_MOST = 65536,
    QUERY_ID_SIZE = 64,
    DAYS_SIZE = 16384
};
static const uint64_t SPOOL_MOST = UINT64_C(4) << 30;

enum job {
    JOB_NONE,
    JOB_LOOK,    /* are there tables? */
    JOB_CREATE,  /* `step` of them */
    JOB_RUNNING, /* is an INSERT of this part still under way? */
    JOB_COUNT,   /* how many of its rows are there? */
    JOB_INSERT,
    JOB_HEAL,
    JOB_DAYS, /* which are too old? */
    JOB_DROP
};

struct feed {
    const struct config_store *options;
    struct spool *spool;
    struct remote *server;
    struct native *native;
    uint8_t *row;
    size_t row_room;

    enum job job, next; /* under way; to begin */
    bool has_tables, made_tables;
    unsigned step;
    char statement[SERVER_STATEMENT_SIZE], query_id[QUERY_ID_SIZE];

    bool has_batch; /* the oldest one, and its part that is sent next */
    struct spool_batch batch;
    uint32_t part;
    bool unsure;   /* whether the server has parts of it already */
    bool inserted; /* it has this part now; was it there before as well? */

    bool failing;
    uint32_t tries; /* servers, since one answered */
    clock_ms wait_ms, not_before, forget_at, full_at;
    char days[DAYS_SIZE]; /* to be dropped, a text each, "" at the end */
    size_t days_at;
};

enum status feed_open(const struct config_store *options, char why[SERVER_WHY_SIZE],
                      struct feed **out)
{
    uint64_t most = options->keep_bytes != 0 && options->keep_bytes < SPOOL_MOST
                        ? options->keep_bytes
                        : SPOOL_MOST;
    struct feed *feed = calloc(1, sizeof *feed);

    snprintf(why, SERVER_WHY_SIZE, "out of memory");
    if (feed == NULL)
        return STATUS_NO_MEMORY;
    feed->options = options;
    feed->wait_ms = WAIT_FIRST_MS;
    feed->native = native_new();
    enum status status = STATUS_NO_MEMORY;
    if (feed->native != NULL)
        status = remote_new(options, why, &feed->server);
    if (status == STATUS_OK)
        status = spool_open(options->folder, most, why, &feed->spool);
    if (status != STATUS_OK) {
        feed_close(feed);
        return status;
    }
    /* Who was before us may have sent a batch just now, and the server has not begun with it. */
    feed->unsure = spool_waiting(feed->spool) > 0;
    if (feed->unsure)
        feed->not_before = clock_now() + WAIT_FIRST_MS;
    *out = feed;
    return STATUS_OK;
}

enum status feed_put(struct feed *feed, const struct row *row)
{
    if (spool_has(feed->spool, row->source, row->sequence))
        return STATUS_OK;
    size_t size = columns_size(row);
    if (size > feed->row_room) {
        uint8_t *more = realloc(feed->row, size * 2);
        if (more == NULL)
            return STATUS_NO_MEMORY;
        feed->row = more;
        feed->row_room = size * 2;
    }
    struct writer w = writer_over(feed->row, feed->row_room);
    columns_write(&w, spool_history(feed->spool), row);
    return spool_put(feed->spool, row->source, row->sequence, columns_day(row->at),
                     writer_span(&w));
}

enum status feed_commit(struct feed *feed)
{
    const enum status status = spool_commit(feed->spool);
    const clock_ms now = clock_now();

    if (status != STATUS_AGAIN && status != STATUS_TOO_LONG)
        return status;
    if (feed->full_at == 0 || now >= feed->full_at + SAY_MS) {
        log_warning("clickhouse: the %s; no further events are read until then",
                    status == STATUS_AGAIN ? "spool is full: the server must take some of it"
                                           : "disk of the spool is full: make room");
        feed->full_at = now;
    }
    return STATUS_AGAIN;
}

/* Jobs begin. */

static enum status begin(struct feed *feed, enum job job, clock_ms patience, const char *settings,
                         struct span rows)
{
    const struct server_ask ask = {.statement = feed->statement,
                                   .rows = rows,
                                   .query_id = job == JOB_INSERT ? feed->query_id : NULL,
                                   .settings = settings,
                                   .patience_ms = patience,
                                   .most = ANSWER_MOST};
    enum status status = remote_begin(feed->server, &ask);
    if (status == STATUS_OK)
        feed->job = job;
    return status;
}

static enum status begin_insert(struct feed *feed)
{
    struct span rows;
    enum status status = spool_part(feed->spool, &feed->batch, feed->part, &rows);
    if (status == STATUS_OK)
        status = native_block(feed->native, rows, feed->batch.parts[feed->part].rows, &rows);
    if (status != STATUS_OK)
        return status;
    return begin(feed, JOB_INSERT, INSERT_MS,
                 "&insert_distributed_sync=1&max_insert_block_size=1048576&insert_deduplicate=1",
                 rows);
}

static enum status begin_job(struct feed *feed, enum job job, clock_us wall)
{
    struct writer w = writer_over(feed->statement, sizeof feed->statement);
    const struct spool_part *part = &feed->batch.parts[feed->part];
    const uint32_t today = columns_day(wall), kept = feed->options->keep_days;
    const struct span none = {0};

    snprintf(feed->query_id, sizeof feed->query_id, "ponor-%016" PRIx64 "-%" PRIu64 "-%u",
             spool_history(feed->spool), feed->batch.number, part->date);
    switch (job) {
    case JOB_LOOK:
        statement_look(&w, feed->options);
        break;
    case JOB_CREATE:
        (void)statement_create(&w, feed->options, feed->step);
        break;
    case JOB_RUNNING:
        statement_running(&w, feed->query_id);
        break;
    case JOB_COUNT:
        statement_count(&w, feed->options, spool_history(feed->spool), feed->batch.number,
                        part->date);
        break;
    case JOB_INSERT:
        statement_insert(&w, feed->options);
        break;
    case JOB_HEAL:
        statement_heal(&w, feed->options, part->date);
        break;
    case JOB_DAYS:
        statement_days(&w, feed->options, today >= kept ? (uint16_t)(today - kept + 1) : 0);
        break;
    case JOB_DROP:
        statement_drop(&w, feed->options, feed->days + feed->days_at);
        break;
    default:
        return STATUS_INVALID;
    }
    (void)statement_end(&w);
    if (job == JOB_INSERT)
        return begin_insert(feed);
    bool is_order = job == JOB_CREATE || job == JOB_DROP || job == JOB_HEAL;
    return begin(feed, job, is_order ? CREATE_MS : ASK_MS,
                 is_order && feed->options->cluster[0] != 0 ? "&distributed_ddl_task_timeout=20"
                                                            : NULL,
                 none);
}

/* How it goes. */

static void fail(struct feed *feed, clock_ms now, const char *why)
{
    if (!feed->failing)
        log_warning("clickhouse: %s; lines wait in the spool", why);
    feed->failing = true;
    spool_say(feed->spool, why);
    feed->next = JOB_NONE;
    if (++feed->tries < feed->options->server_count && remote_turn(feed->server))
        return;
    if (feed->tries >= feed->options->server_count)
        (void)remote_turn(feed->server);
    feed->tries = 0;
    feed->not_before = now + feed->wait_ms;
    feed->wait_ms = feed->wait_ms * 2 < WAIT_MOST_MS ? feed->wait_ms * 2 : WAIT_MOST_MS;
}

static void spool_failed(struct feed *feed, enum status status)
{
    char why[SPOOL_WHY_SIZE];
    snprintf(why, sizeof why, "the spool: %s",
             status == STATUS_TOO_LONG ? "its disk is full, make room" : status_text(status));
    fail(feed, clock_now(), why);
}

static void fine(struct feed *feed)
{
    if (feed->failing)
        log_info("clickhouse: rows go in again");
    feed->failing = false;
    feed->tries = 0;
    feed->wait_ms = WAIT_FIRST_MS;
    spool_say(feed->spool, "");
}

/* What to do when nothing is under way. */

static bool load_batch(struct feed *feed)
{
    char why[SPOOL_WHY_SIZE];
    enum status status;

    if (feed->has_batch && feed->part < feed->batch.part_count)
        return true;
    if (feed->has_batch) {
        status = spool_sent(feed->spool, feed->batch.number);
        if (status != STATUS_OK) {
            spool_failed(feed, status);
            return false;
        }
        fine(feed);
        feed->has_batch = feed->unsure = false;
    }
    while ((status = spool_oldest(feed->spool, &feed->batch, why)) == STATUS_CORRUPT)
        log_error("clickhouse: %s", why);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        spool_failed(feed, status);
    feed->part = 0;
    feed->has_batch = status == STATUS_OK;
    return feed->has_batch && feed->batch.part_count > 0;
}

static enum job idle_job(struct feed *feed, clock_ms now)
{
    if (!feed->has_tables)
        return JOB_LOOK;
    if (feed->days[feed->days_at] != 0)
        return JOB_DROP;
    if (feed->options->keep_days != 0 && now >= feed->forget_at)
        return JOB_DAYS;
    if (!load_batch(feed))
        return JOB_NONE;
    return feed->unsure && feed->options->cluster[0] == 0 ? JOB_RUNNING : JOB_INSERT;
}

/* How jobs end. */

static void part_done(struct feed *feed)
{
    feed->inserted = false;
    feed->part++;
    (void)load_batch(feed);
}

static void looked(struct feed *feed, uint64_t tables, clock_ms now)
{
    feed->has_tables = tables >= statement_tables(feed->options);
    if (feed->has_tables)
        return;
    if (feed->made_tables) {
        feed->made_tables = false;
        fail(feed, now, "the tables were made, and this server has none: is it in the `cluster`?");
        return;
    }
    feed->step = 0;
    feed->next = JOB_CREATE;
}

static void created(struct feed *feed)
{
    struct writer w = writer_over(feed->statement, sizeof feed->statement);
    feed->made_tables = !statement_create(&w, feed->options, ++feed->step);
    feed->next = feed->made_tables ? JOB_LOOK : JOB_CREATE;
}

static void counted(struct feed *feed, uint64_t there)
{
    const uint32_t rows = feed->batch.parts[feed->part].rows;

    if (there > rows)
        feed->next = JOB_HEAL;
    else if (there == rows || feed->inserted)
        part_done(feed);
    else
        feed->next = JOB_INSERT;
}

static void remember_days(struct feed *feed, struct span answer, clock_ms now)
{
    size_t length = answer.length < DAYS_SIZE - 2 ? answer.length : DAYS_SIZE - 2;

    feed->forget_at = now + FORGET_EVERY_MS;
    memcpy(feed->days, answer.at, length);
    feed->days[length] = feed->days[length + 1] = 0;
    for (size_t i = 0; i < length; i++)
        if (feed->days[i] == '\n')
            feed->days[i] = 0;
    feed->days_at = 0;
}

static void day_gone(struct feed *feed, bool fine)
{
    const char *day = feed->days + feed->days_at;
    if (fine)
        log_info("clickhouse: %s is older than %u days and was dropped", day,
                 feed->options->keep_days);
    else
        log_warning("clickhouse: %s is too old and cannot be dropped: %s", day,
                    remote_why(feed->server));
    feed->days_at += strlen(day) + 1;
}

/* Whether a ClickHouse server can have said this. */
static bool is_answer(enum job job, struct span answer, uint64_t *number)
{
    *number = 0;
    if (job == JOB_LOOK || job == JOB_RUNNING || job == JOB_COUNT)
        return answer_number(answer, number);
    return job != JOB_INSERT || answer.length == 0;
}

static void succeeded(struct feed *feed, enum job job, struct span answer, uint64_t number,
                      clock_ms now)
{
    fine(feed);
    switch (job) {
    case JOB_LOOK:
        looked(feed, number, now);
        break;
    case JOB_CREATE:
        created(feed);
        break;
    case JOB_RUNNING:
        if (number == 0)
            feed->next = JOB_COUNT;
        else
            feed->not_before = now + WAIT_FIRST_MS;
        break;
    case JOB_COUNT:
        counted(feed, number);
        break;
    case JOB_INSERT:
        feed->inserted = true;
        if (feed->unsure && feed->options->cluster[0] == 0)
            feed->next = JOB_RUNNING;
        else
            part_done(feed);
        break;
    case JOB_HEAL:
        part_done(feed);
        break;
    case JOB_DAYS:
        remember_days(feed, answer, now);
        break;
    case JOB_DROP:
        day_gone(feed, true);
        break;
    default:
        break;
    }
}

static void ended(struct feed *feed, enum status status, struct span answer, clock_ms now)
{
    const enum job job = feed->job;
    const char *why = remote_why(feed->server);
    uint64_t number = 0;

    feed->job = JOB_NONE;
    if (status == STATUS_OK && !is_answer(job, answer, &number)) {
        status = STATUS_CLOSED;
        why = "what answers is no ClickHouse server: see `servers` of `clickhouse`";
    }
    /* A replica that is down makes its tables once it is there again. */
    if (status == STATUS_OK || (job == JOB_CREATE && status == STATUS_TOO_LONG)) {
        succeeded(feed, job, answer, number, now);
        return;
    }
    feed->inserted = false;
    if (job == JOB_INSERT)
        feed->unsure = true;
    if (job == JOB_DAYS) /* batches do not wait for it */
        feed->forget_at = now + FORGET_AGAIN_MS;
    if (status == STATUS_NOT_FOUND)
        feed->has_tables = false;
    if (job == JOB_DROP && status == STATUS_REFUSED) {
        day_gone(feed, false);
        return;
    }
    fail(feed, now, why);
}

/* A part that cannot be read, or no memory: the next batch may be better. */
static void cannot_begin(struct feed *feed, enum status status)
{
    char why[SPOOL_WHY_SIZE];

    if (status == STATUS_CORRUPT || status == STATUS_NOT_FOUND) {
        spool_set_aside(feed->spool, feed->batch.number, why);
        log_error("clickhouse: %s", why);
        feed->has_batch = false;
        return;
    }
    spool_failed(feed, status);
}

void feed_tend(struct feed *feed, clock_us wall)
{
    const clock_ms end = clock_now() + FEED_SLICE_MS;
    clock_ms now;

    while ((now = clock_now()) < end) {
        struct span answer = {0};
        if (feed->job == JOB_NONE) {
            if (now < feed->not_before)
                return;
            enum job job = feed->next != JOB_NONE ? feed->next : idle_job(feed, now);
            feed->next = JOB_NONE;
            if (job == JOB_NONE)
                return;
            enum status begun = begin_job(feed, job, wall);
            if (begun != STATUS_OK) {
                cannot_begin(feed, begun);
                continue;
            }
        }
        enum status status = remote_wait(feed->server, end, &answer);
        if (status == STATUS_AGAIN)
            return;
        ended(feed, status, answer, clock_now());
    }
}

/* Saves questions later. */
static void hear_end(struct feed *feed)
{
    struct span answer = {0};
    enum status status = remote_wait(feed->server, clock_now() + CLOSE_MS, &answer);
    if (status != STATUS_AGAIN)
        ended(feed, status, answer, clock_now());
}

void feed_close(struct feed *feed)
{
    if (feed == NULL)
        return;
    if (feed->job == JOB_INSERT)
        hear_end(feed);
    remote_free(feed->server);
    native_free(feed->native);
    spool_close(feed->spool);
    free(feed->row);
    free(feed);
}
