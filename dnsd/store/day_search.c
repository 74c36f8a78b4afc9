/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_search - the best rows so far, and which blocks may have better ones.
 *
 * Blocks overlap in time: they hold rows as they came, from several gateways. They are looked at by
 * the best time that they can have, until no later one can have a better row than those that were
 * found. All rows better than that bound are then known, which is also where to stop when time runs
 * out. What was found is loaded block by block as it is given, so that time can run out there too.
 */
#include "store/day_search.h"

#include "base/clock.h"
#include "store/day_filter.h"

#include <stdlib.h>

struct match {
    struct store_place place;
    uint32_t block; /* in the reader's list */
    uint16_t row;
    bool is_loaded; /* into its place of `rows` */
};

struct finder {
    struct day_reader *reader;
    const struct day_search *search;
    struct day_filter *filter;
    struct day_block *blocks;
    uint32_t block_count, match_count;
    struct match *matches;  /* a heap, worst row first; later in order */
    struct block_row *rows; /* of matches in order */
    struct block_values at, source, sequence;
    uint16_t picked[BLOCK_ROWS]; /* rows of a block; later matches that are of one block */
};

static int place_order(const struct store_place *a, const struct store_place *b)
{
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return 0;
}

static bool comes_before(const struct finder *f, const struct store_place *a,
                         const struct store_place *b)
{
    const int order = place_order(a, b);
    return f->search->oldest_first ? order < 0 : order > 0;
}

/* qsort has no owner: one comparison for each direction. */
static int by_first(const void *a, const void *b)
{
    const struct day_block *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static int by_last(const void *a, const void *b)
{
    const struct day_block *x = a, *y = b;
    return x->last > y->last ? -1 : x->last < y->last;
}

static int by_place(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    return place_order(&x->place, &y->place);
}

static int by_place_down(const void *a, const void *b)
{
    return by_place(b, a);
}

static void sink(struct finder *f, uint32_t at)
{
    const struct match match = f->matches[at];
    for (uint32_t child; (child = 2 * at + 1) < f->match_count; at = child) {
        if (child + 1 < f->match_count &&
            comes_before(f, &f->matches[child].place, &f->matches[child + 1].place))
            child++;
        if (!comes_before(f, &match.place, &f->matches[child].place))
            break;
        f->matches[at] = f->matches[child];
    }
    f->matches[at] = match;
}

static void rise(struct finder *f, uint32_t at)
{
    const struct match match = f->matches[at];
    for (uint32_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!comes_before(f, &f->matches[parent].place, &match.place))
            break;
        f->matches[at] = f->matches[parent];
    }
    f->matches[at] = match;
}

static bool is_full(const struct finder *f)
{
    return f->match_count == f->search->most;
}

static void add_match(struct finder *f, const struct store_place *place, uint32_t block,
                      uint16_t row)
{
    if (!is_full(f)) {
        f->matches[f->match_count] = (struct match){*place, block, row, false};
        rise(f, f->match_count++);
    } else if (comes_before(f, place, &f->matches[0].place)) {
        f->matches[0] = (struct match){*place, block, row, false};
        sink(f, 0);
    }
}

static bool is_wanted(const struct finder *f, const struct store_place *place)
{
    const struct store_filter *filter = f->search->filter;
    if (f->search->only != NULL && place_order(f->search->only, place) != 0)
        return false;
    if (place->at < filter->from || (filter->until != 0 && place->at >= filter->until))
        return false;
    return f->search->after == NULL || comes_before(f, f->search->after, place);
}

static enum status look_into(struct finder *f, uint32_t at)
{
    const struct day_block *block = &f->blocks[at];
    uint32_t count;

    enum status status = day_filter_block(f->filter, block, f->picked, &count);
    if (status != STATUS_OK || count == 0)
        return status;
    status = day_reader_values(f->reader, block, COLUMN_AT, &f->at);
    if (status == STATUS_OK)
        status = day_reader_values(f->reader, block, COLUMN_SOURCE, &f->source);
    if (status == STATUS_OK)
        status = day_reader_values(f->reader, block, COLUMN_SEQUENCE, &f->sequence);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        const uint16_t row = f->picked[i];
        const struct store_place place = {block_value(&f->at, row),
                                          (uint32_t)block_value(&f->source, row),
                                          block_value(&f->sequence, row)};
        if (is_wanted(f, &place))
            add_match(f, &place, at, row);
    }
    return status;
}

/* The best place that a row of this block or a later one can have. */
static struct store_place best_of(const struct finder *f, const struct day_block *block)
{
    if (f->search->oldest_first)
        return (struct store_place){block->first, 0, 0};
    return (struct store_place){block->last, UINT32_MAX, UINT64_MAX};
}

/* Whether `reached` could be said to be `best`, and who asks again would not get this again. */
static bool is_progress(const struct finder *f, const struct store_place *best)
{
    return place_order(
               &(struct store_place){best_of(f, &f->blocks[0]).at, best->source, best->sequence},
               best) != 0 &&
           (f->search->after == NULL || comes_before(f, f->search->after, best));
}

static void give_up_behind(struct finder *f, const struct store_place *best)
{
    while (f->match_count > 0 && comes_before(f, best, &f->matches[0].place)) {
        f->matches[0] = f->matches[--f->match_count];
        if (f->match_count > 0)
            sink(f, 0);
    }
}

/* Looks at blocks until all wanted rows are found. When time runs out, rows behind `reached` are
 * not all known, and are given up. */
static enum status look(struct finder *f, struct day_searched *out)
{
    enum status status = STATUS_OK;

    for (uint32_t i = 0; i < f->block_count && status == STATUS_OK; i++) {
        const struct store_place best = best_of(f, &f->blocks[i]);
        if (is_full(f) && comes_before(f, &f->matches[0].place, &best))
            return STATUS_OK;
        if (f->search->until != 0 && clock_ns() > f->search->until && is_progress(f, &best)) {
            out->ran_out = true;
            out->has_reached = true;
            out->reached = best;
            give_up_behind(f, &best);
            return STATUS_OK;
        }
        status = look_into(f, i);
    }
    return status;
}

/* The values of all columns of match `at`, and of all behind it that are of the same block. */
static enum status load(struct finder *f, uint32_t at)
{
    const struct day_block *block = &f->blocks[f->matches[at].block];
    enum status status = STATUS_OK;
    uint32_t count = 0;

    for (uint32_t i = at; i < f->match_count && count < BLOCK_ROWS; i++) {
        if (f->matches[i].block != f->matches[at].block)
            continue;
        f->matches[i].is_loaded = true;
        f->picked[count++] = (uint16_t)i;
    }
    for (int c = 0; c < COLUMN_COUNT && status == STATUS_OK; c++) {
        status = day_reader_values(f->reader, block, (enum column)c, &f->at);
        for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
            block_fill(&f->rows[f->picked[i]], (enum column)c, &f->at,
                       f->matches[f->picked[i]].row);
    }
    return status;
}

static enum status put_texts(struct finder *f, const struct block_row *from, struct row *to)
{
    struct span text[TEXT_COUNT];
    enum status status = STATUS_OK;

    day_reader_forget_some(f->reader);
    for (int i = 0; i < TEXT_COUNT && status == STATUS_OK; i++)
        status = day_reader_word(f->reader, from->text[i], &text[i]);
    if (status != STATUS_OK)
        return status;
    memcpy(to->word, text, sizeof to->word);
    to->name = text[TEXT_NAME];
    to->has_client = address_from_bytes(text[TEXT_CLIENT], &to->client);
    to->has_server = address_from_bytes(text[TEXT_SERVER], &to->server);
    to->reason = text[TEXT_REASON];
    to->authority = text[TEXT_AUTHORITY];
    to->ticket = text[TEXT_TICKET];
    to->rule_source = text[TEXT_RULE_SOURCE];
    to->mac = text[TEXT_MAC];
    to->interface = text[TEXT_INTERFACE];
    return STATUS_OK;
}

static enum status give(struct finder *f, uint32_t at, bool *is_enough)
{
    const struct block_row *from = &f->rows[at];
    struct row row = {
        .at = from->at,
        .sequence = from->sequence,
        .source = from->source,
        .device = from->device,
        .kind = from->kind,
        .way = from->way,
        .evidence = from->evidence,
        .severity = from->severity,
        .stopped = (from->flags & BLOCK_STOPPED) != 0,
        .allowed = (from->flags & BLOCK_ALLOWED) != 0,
        .unresolved = (from->flags & BLOCK_UNRESOLVED) != 0,
        .client_port = from->client_port,
        .server_port = from->server_port,
        .lost = from->lost,
        .sampled = from->sampled,
        .count = from->count,
        .duration_ns = from->duration_ns,
        .raw = span_of("", 0),
    };
    enum status status = put_texts(f, from, &row);
    if (status == STATUS_OK && f->search->with_raw)
        status = day_reader_line(f->reader, &f->blocks[f->matches[at].block], f->matches[at].row,
                                 &row.raw);
    if (status == STATUS_OK)
        *is_enough = !f->search->on_row(f->search->owner, &row);
    return status;
}

/* At least one: who asks again comes further. */
static enum status give_all(struct finder *f, struct day_searched *out)
{
    enum status status = STATUS_OK;

    if (f->match_count > 0)
        qsort(f->matches, f->match_count, sizeof *f->matches,
              f->search->oldest_first ? by_place : by_place_down);
    for (uint32_t i = 0; i < f->match_count && status == STATUS_OK && !out->is_enough; i++) {
        if (i > 0 && f->search->give_until != 0 && clock_ns() > f->search->give_until) {
            out->ran_out = true;
            out->reached = f->matches[i - 1].place;
            return STATUS_OK;
        }
        if (!f->matches[i].is_loaded)
            status = load(f, i);
        if (status == STATUS_OK)
            status = give(f, i, &out->is_enough);
        if (status != STATUS_OK)
            break;
        out->rows++;
        if (!out->ran_out || out->is_enough) {
            out->reached = f->matches[i].place;
            out->has_reached = true;
        }
    }
    return status;
}

static enum status begin(struct finder *f)
{
    const struct day_search *search = f->search;
    clock_us from = search->filter->from;
    clock_us last = search->filter->until == 0 ? UINT64_MAX : search->filter->until - 1;

    if (search->after != NULL && search->oldest_first && search->after->at > from)
        from = search->after->at;
    if (search->after != NULL && !search->oldest_first && search->after->at < last)
        last = search->after->at;
    if (search->only != NULL)
        from = last = search->only->at;
    enum status status = day_filter_new(f->reader, search->filter, &f->filter);
    if (status == STATUS_OK)
        status = day_reader_blocks(f->reader, from, last, &f->blocks, &f->block_count);
    if (status != STATUS_OK)
        return status;
    if (f->block_count > 0)
        qsort(f->blocks, f->block_count, sizeof *f->blocks,
              search->oldest_first ? by_first : by_last);
    f->matches = calloc(search->most + 1, sizeof *f->matches);
    f->rows = calloc(search->most + 1, sizeof *f->rows);
    return f->matches == NULL || f->rows == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status day_search(struct day_reader *reader, const struct day_search *search,
                       struct day_searched *out)
{
    struct finder *f = calloc(1, sizeof *f);

    *out = (struct day_searched){0};
    if (f == NULL)
        return STATUS_NO_MEMORY;
    f->reader = reader;
    f->search = search;
    enum status status = begin(f);
    if (status == STATUS_OK)
        status = look(f, out);
    if (status == STATUS_OK)
        status = give_all(f, out);
    out->is_whole = !out->ran_out && !out->is_enough && f->match_count < search->most;
    if (status == STATUS_NOT_FOUND) { /* the day has no such word */
        out->is_whole = true;
        status = STATUS_OK;
    }
    day_filter_free(f->filter);
    free(f->matches);
    free(f->rows);
    free(f);
    return status;
}
