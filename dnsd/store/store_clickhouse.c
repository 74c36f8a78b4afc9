/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_clickhouse - rows in ClickHouse: written through a spool (clickhouse/feed.h), read here.
 *
 * The rows that are read are those of the history that the spool belongs to: when the folder was
 * deleted and history is made again, rows of before are seen no more and go with their days.
 *
 * A page is asked for in windows of time, newest first or oldest first, each four times as long as
 * the one before: the first rows come fast, and what the patience cuts is known to the microsecond.
 */
#include "base/log.h"
#include "clickhouse/columns.h"
#include "clickhouse/feed.h"
#include "clickhouse/spool.h"
#include "store/clickhouse_where.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ASK_MS = 60000, /* where nobody says how patient one is */
    FACTS_MS = 2000,
    ANSWER_MOST = 256 << 20,
    ROWS_AT_ONCE = 2048,
    WINDOW_GROWS = 4
};
static const clock_us DAY_US = UINT64_C(86400000000), WINDOW_MOST = UINT64_C(32) * 86400000000;
static const clock_us NEVER = INT64_MAX; /* later than any row */

struct clickhouse_store {
    const struct store_kind *kind;
    struct config_store options;
    struct feed *feed;     /* NULL: who only reads */
    struct remote *server; /* to read */
    char said[STORE_WHY_SIZE];
    char statement[SERVER_STATEMENT_SIZE];
    char columns[COLUMNS_TEXT_SIZE];
};

static struct clickhouse_store *of(struct store *store)
{
    return (struct clickhouse_store *)store;
}

static void close_store(struct store *store)
{
    feed_close(of(store)->feed);
    remote_free(of(store)->server);
    free(store);
}

static enum status open_store(const struct config_store *options, bool writes,
                              char why[STORE_WHY_SIZE], struct store **out)
{
    struct clickhouse_store *s = calloc(1, sizeof *s);
    uint64_t history;

    static_assert((int)STORE_WHY_SIZE == (int)SERVER_WHY_SIZE, "one text for both");
    snprintf(why, STORE_WHY_SIZE, "out of memory");
    if (s == NULL)
        return STATUS_NO_MEMORY;
    s->kind = &store_clickhouse;
    s->options = *options;
    enum status status = remote_new(&s->options, why, &s->server);
    if (status == STATUS_OK && writes)
        status = feed_open(&s->options, why, &s->feed);
    if (status == STATUS_OK && !writes) {
        status = spool_whose(options->folder, &history);
        if (status != STATUS_OK)
            snprintf(why, STORE_WHY_SIZE, "%.150s/spool: %s", options->folder,
                     status == STATUS_AGAIN ? "consoled's ingest has written nothing yet"
                                            : status_text(status));
    }
    if (status != STATUS_OK) {
        close_store((struct store *)s);
        return status;
    }
    why[0] = 0;
    *out = (struct store *)s;
    return STATUS_OK;
}

static enum status put(struct store *store, const struct row *row)
{
    return of(store)->feed == NULL ? STATUS_REFUSED : feed_put(of(store)->feed, row);
}

static enum status commit(struct store *store)
{
    return of(store)->feed == NULL ? STATUS_REFUSED : feed_commit(of(store)->feed);
}

static void tend(struct store *store, clock_us now)
{
    if (of(store)->feed != NULL)
        feed_tend(of(store)->feed, now);
}

/* Asking. */

/* The statement in `w`. STATUS_NOT_FOUND: there is no table yet. STATUS_TOO_LONG: patience.
 * STATUS_AGAIN: the database cannot be read now. */
static enum status ask(struct clickhouse_store *s, struct writer *w, clock_ms patience,
                       struct span *out)
{
    write_text(w, " FORMAT RowBinary");
    const struct server_ask question = {
        .statement = statement_end(w), .patience_ms = patience, .most = ANSWER_MOST};
    if (w->failed)
        return STATUS_INVALID;
    enum status status = remote_answer(s->server, &question, out);
    if (status == STATUS_OK)
        s->said[0] = 0;
    if (status == STATUS_OK || status == STATUS_TOO_LONG || status == STATUS_NOT_FOUND ||
        status == STATUS_NO_MEMORY)
        return status;
    if (strcmp(s->said, remote_why(s->server)) != 0)
        log_warning("clickhouse: %s", remote_why(s->server));
    snprintf(s->said, sizeof s->said, "%s", remote_why(s->server));
    return STATUS_AGAIN;
}

static struct writer begin(struct clickhouse_store *s, const char *select)
{
    struct writer w = writer_over(s->statement, sizeof s->statement);
    write_text(&w, "SELECT ");
    write_text(&w, select);
    return w;
}

/* " FROM `ponor`.`events` WHERE history = 17 AND ": of which rows at all. */
static enum status write_from(struct clickhouse_store *s, struct writer *w)
{
    char text[CONFIG_WORD_SIZE + 64];
    uint64_t history = 0;
    enum status status = spool_whose(s->options.folder, &history);

    snprintf(text, sizeof text, " FROM `%s`.`events` WHERE history = %" PRIu64 " AND ",
             s->options.database, history);
    write_text(w, text);
    return status;
}

/* What all servers know of their files. */
static void write_from_parts(struct clickhouse_store *s, struct writer *w)
{
    const bool is_cluster = s->options.cluster[0] != 0;

    write_text(w, is_cluster ? " FROM cluster(" : " FROM system.parts");
    if (is_cluster) {
        quote(w, span_text(s->options.cluster));
        write_text(w, ", system.parts)");
    }
    write_text(w, " WHERE active AND database = ");
    quote(w, span_text(s->options.database));
    write_text(w, is_cluster ? " AND table = 'events_local'" : " AND table = 'events'");
}

struct days {
    clock_us from, until; /* all rows are in between */
    bool are_none;
};

static enum status days_there(struct clickhouse_store *s, clock_ms patience, struct days *out)
{
    struct writer w = begin(s, "toUInt64(toUInt16(min(min_date))), "
                               "toUInt64(toUInt16(max(max_date))), count()");
    struct span answer;

    write_from_parts(s, &w);
    enum status status = ask(s, &w, patience, &answer);
    if (status != STATUS_OK)
        return status;
    struct cursor c = cursor_of(answer);
    uint64_t first = rowbinary_u64(&c), last = rowbinary_u64(&c);
    out->are_none = rowbinary_u64(&c) == 0 || c.failed;
    out->from = first * DAY_US;
    out->until = last >= COLUMNS_DAY_MOST ? NEVER : (last + 1) * DAY_US;
    return STATUS_OK;
}

/* Pages. */

struct paging {
    struct clickhouse_store *store;
    const struct store_filter *filter;
    const struct store_page *page;
    store_on_row on_row;
    void *owner;
    struct store_paged *out;
    clock_us low, high; /* what is still to be looked at */
    clock_us window;
    bool has_after, is_begun, is_enough;
    struct store_place after;
    uint32_t left;
    clock_ms end; /* of the patience */
};

static clock_ms patience_left(const struct paging *p)
{
    clock_ms now = clock_now();
    return now >= p->end ? 0 : p->end - now;
}

/* Rows of low <= at < high behind `after`, the first of them. */
static enum status ask_rows(struct paging *p, clock_us low, clock_us high, uint32_t most,
                            struct span *out)
{
    struct clickhouse_store *s = p->store;

    columns_to_read(p->page->with_raw, s->columns);
    struct writer w = begin(s, s->columns);
    enum status status = write_from(s, &w);
    if (status != STATUS_OK)
        return status;
    where_time(&w, low, high);
    where_words(&w, p->filter);
    where_rest(&w, p->filter);
    if (p->has_after)
        where_after(&w, &p->after, p->page->oldest_first);
    write_text(&w, p->page->oldest_first ? " ORDER BY at, source, sequence LIMIT "
                                         : " ORDER BY at DESC, source DESC, sequence DESC LIMIT ");
    write_number(&w, most);
    return ask(s, &w, patience_left(p), out);
}

static enum status give_rows(struct paging *p, struct span answer, uint32_t *given)
{
    struct cursor c = cursor_of(answer);
    struct row row;

    while (!p->is_enough && columns_read(&c, &row)) {
        p->after = (struct store_place){row.at, row.source, row.sequence};
        p->has_after = true;
        p->out->reached = p->after;
        (*given)++;
        p->left--;
        p->is_enough = !p->on_row(p->owner, &row);
    }
    return c.failed ? STATUS_CORRUPT : STATUS_OK;
}

/* One question; `low` or `high` moves to where the next one begins. */
static enum status look(struct paging *p)
{
    const bool up = p->page->oldest_first;
    const uint32_t most = p->left < ROWS_AT_ONCE ? p->left : ROWS_AT_ONCE;
    const clock_us length = p->high - p->low < p->window ? p->high - p->low : p->window;
    const clock_us low = up ? p->low : p->high - length, high = up ? p->low + length : p->high;
    struct span answer;
    uint32_t given = 0;

    enum status status = ask_rows(p, low, high, most, &answer);
    if (status == STATUS_OK)
        status = give_rows(p, answer, &given);
    if (status != STATUS_OK || p->is_enough)
        return status;
    if (given == most) { /* there may be more in this window */
        if (up)
            p->low = p->after.at;
        else
            p->high = p->after.at + 1;
        return STATUS_OK;
    }
    if (up)
        p->low = high;
    else
        p->high = low;
    p->window = p->window * WINDOW_GROWS < WINDOW_MOST ? p->window * WINDOW_GROWS : WINDOW_MOST;
    return STATUS_OK;
}

/* The place before which all was looked at. */
static void cut(struct paging *p)
{
    if (p->page->oldest_first)
        p->out->reached = p->low == 0 ? (struct store_place){0}
                                      : (struct store_place){p->low - 1, UINT32_MAX, UINT64_MAX};
    else
        p->out->reached = (struct store_place){p->high, 0, 0};
    if (p->has_after && p->after.at >= p->low && p->after.at < p->high)
        p->out->reached = p->after;
}

static enum status look_at_all(struct paging *p)
{
    while (p->low < p->high) {
        if (p->left == 0 || p->is_enough)
            return STATUS_OK;
        enum status status = patience_left(p) == 0 ? STATUS_TOO_LONG : look(p);
        if (status == STATUS_TOO_LONG && p->is_begun) {
            cut(p);
            return STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
        p->is_begun = true;
    }
    p->out->complete = !p->is_enough;
    return STATUS_OK;
}

/* What the filter, the place and the days that there are leave of all time. */
static void narrow(struct paging *p, const struct days *days)
{
    const struct store_filter *f = p->filter;

    p->low = f->from > days->from ? f->from : days->from;
    p->high = f->until != 0 && f->until < days->until ? f->until : days->until;
    if (p->has_after && p->page->oldest_first && p->after.at > p->low)
        p->low = p->after.at;
    if (p->has_after && !p->page->oldest_first && p->after.at < p->high)
        p->high = p->after.at + 1;
}

static enum status page(struct store *store, const struct store_filter *filter,
                        const struct store_page *wanted, store_on_row on_row, void *owner,
                        struct store_paged *out)
{
    struct paging p = {.store = of(store),
                       .filter = filter,
                       .page = wanted,
                       .on_row = on_row,
                       .owner = owner,
                       .out = out,
                       .window = STORE_HOUR_US,
                       .has_after = wanted->has_after,
                       .after = wanted->after,
                       .left = wanted->most,
                       .end =
                           clock_now() + (wanted->patience_ms == 0 ? ASK_MS : wanted->patience_ms)};
    struct days days = {0};

    *out = (struct store_paged){.reached = wanted->after};
    enum status status = days_there(p.store, patience_left(&p), &days);
    if (status == STATUS_OK && days.are_none)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK) {
        narrow(&p, &days);
        status = look_at_all(&p);
    }
    out->complete |= status == STATUS_NOT_FOUND;
    if (status == STATUS_TOO_LONG) /* who asks again would come no further */
        return STATUS_AGAIN;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status find(struct store *store, const struct store_place *place, store_on_row on_row,
                        void *owner)
{
    struct clickhouse_store *s = of(store);
    struct span answer;
    struct row row;

    columns_to_read(true, s->columns);
    struct writer w = begin(s, s->columns);
    enum status status = write_from(s, &w);
    if (status != STATUS_OK)
        return status;
    where_time(&w, place->at, place->at + 1);
    write_text(&w, " AND source = ");
    write_number(&w, place->source);
    write_text(&w, " AND sequence = ");
    write_number(&w, place->sequence);
    write_text(&w, " LIMIT 1");
    status = ask(s, &w, ASK_MS, &answer);
    if (status != STATUS_OK)
        return status;
    struct cursor c = cursor_of(answer);
    if (!columns_read(&c, &row))
        return c.failed ? STATUS_CORRUPT : STATUS_NOT_FOUND;
    (void)on_row(owner, &row);
    return STATUS_OK;
}

/* Counts. */

static enum status give_counts(struct span answer, store_on_count on_count, void *owner)
{
    struct cursor c = cursor_of(answer);
    bool more = true;

    while (more && cursor_more(&c)) {
        struct store_count count = {.at = rowbinary_u64(&c)};
        struct span text = rowbinary_text(&c);
        count.rows = rowbinary_u64(&c);
        count.stopped = rowbinary_u64(&c);
        if (c.failed)
            return STATUS_CORRUPT;
        char *word = strndup(text.length == 0 ? "" : (const char *)text.at, text.length);
        if (word == NULL)
            return STATUS_NO_MEMORY;
        count.word = word;
        more = on_count(owner, &count);
        free(word);
    }
    return STATUS_OK;
}

static void write_bucket(struct writer *w, enum word by, clock_us bucket_us)
{
    if (bucket_us == 0) {
        write_text(w, "toUInt64(0)");
    } else {
        write_text(w, "at - at % ");
        write_number(w, bucket_us);
    }
    write_text(w, " AS bucket, ");
    if (by == WORD_COUNT) {
        write_text(w, "''");
    } else {
        write_text(w, "`");
        write_text(w, word_names[by]);
        write_text(w, "`");
    }
    write_text(w, " AS word, count() AS found, sum(stopped)");
}

/* Whole hours, as a store with roll-ups can tell them. */
static enum status counts(struct store *store, const struct store_filter *filter, enum word by,
                          clock_us bucket_us, store_on_count on_count, void *owner)
{
    struct clickhouse_store *s = of(store);
    const clock_us until = (filter->until + STORE_HOUR_US - 1) / STORE_HOUR_US * STORE_HOUR_US;
    struct span answer;

    if (bucket_us % STORE_HOUR_US != 0 || by > WORD_COUNT)
        return STATUS_INVALID;
    struct writer w = begin(s, "");
    write_bucket(&w, by, bucket_us);
    enum status status = write_from(s, &w);
    if (status != STATUS_OK)
        return status;
    where_time(&w, filter->from - filter->from % STORE_HOUR_US, until);
    where_words(&w, filter);
    write_text(&w, " GROUP BY bucket, word ORDER BY bucket, found DESC, word");
    status = ask(s, &w, ASK_MS, &answer);
    if (status == STATUS_OK)
        status = give_counts(answer, on_count, owner);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status ask_facts(struct clickhouse_store *s, struct store_facts *out)
{
    struct span answer;
    struct writer w = begin(s, "min(at), max(at), count()");

    enum status status = write_from(s, &w);
    write_text(&w, "1");
    if (status == STATUS_OK)
        status = ask(s, &w, FACTS_MS, &answer);
    if (status != STATUS_OK)
        return status;
    struct cursor c = cursor_of(answer);
    out->first = rowbinary_u64(&c);
    out->last = rowbinary_u64(&c);
    out->rows = rowbinary_u64(&c);
    w = begin(s, "sum(bytes_on_disk)");
    write_from_parts(s, &w);
    status = ask(s, &w, FACTS_MS, &answer);
    c = cursor_of(answer);
    if (status == STATUS_OK)
        out->bytes = rowbinary_u64(&c);
    return status;
}

static enum status facts(struct store *store, struct store_facts *out)
{
    struct clickhouse_store *s = of(store);
    struct spool_sight sight;

    *out = (struct store_facts){0};
    enum status status = spool_look(s->options.folder, &sight);
    if (status != STATUS_OK)
        return status == STATUS_AGAIN ? STATUS_OK : status;
    out->waiting = sight.waiting;
    snprintf(out->why, sizeof out->why, "%s", sight.why);
    status = ask_facts(s, out);
    if (status == STATUS_AGAIN && out->why[0] == 0)
        snprintf(out->why, sizeof out->why, "%s", s->said);
    if (status == STATUS_TOO_LONG)
        snprintf(out->why, sizeof out->why, "the database is slow: it did not count its rows");
    return STATUS_OK;
}

const struct store_kind store_clickhouse = {
    .name = "clickhouse",
    .open = open_store,
    .close = close_store,
    .put = put,
    .commit = commit,
    .tend = tend,
    .page = page,
    .counts = counts,
    .find = find,
    .facts = facts,
};
