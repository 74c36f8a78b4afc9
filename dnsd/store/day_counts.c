/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_counts - texts have one number over all days; counts are found by time and that number.
 */
#include "store/day_counts.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = COUNTS_MOST * 2, TEXTS_BYTES = 64 << 20, SQL_SIZE = 512 };

struct counted {
    clock_us at;
    const char *text;
    uint64_t rows, stopped;
};

struct text_slot {
    const char *text; /* NULL: free */
    uint32_t hash;
};

struct day_counts {
    const struct store_filter *filter;
    enum word by;
    clock_us bucket_us;
    struct hash_key key;
    struct arena texts;
    uint32_t text_count, count;
    const char **by_id; /* texts of the day that is added now, by its numbers */
    uint32_t last_id;
    struct counted *latest;
    struct text_slot *text_slots;
    uint32_t *slots; /* 1 + place in `all`; 0: free */
    struct counted *all;
};

struct day_counts *day_counts_new(const struct store_filter *filter, enum word by,
                                  clock_us bucket_us)
{
    struct day_counts *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->filter = filter;
    c->by = by;
    c->bucket_us = bucket_us;
    c->text_slots = calloc(SLOTS, sizeof *c->text_slots);
    c->slots = calloc(SLOTS, sizeof *c->slots);
    c->all = malloc(COUNTS_MOST * sizeof *c->all);
    if (c->text_slots == NULL || c->slots == NULL || c->all == NULL ||
        arena_open(&c->texts, TEXTS_BYTES) != STATUS_OK) {
        day_counts_free(c);
        return NULL;
    }
    random_bytes(&c->key, sizeof c->key);
    return c;
}

void day_counts_free(struct day_counts *c)
{
    if (c == NULL)
        return;
    arena_close(&c->texts);
    free(c->text_slots);
    free(c->slots);
    free(c->all);
    free(c->by_id);
    free(c);
}

/* The one copy of a text; NULL: too many. */
static const char *text_of(struct day_counts *c, struct span text)
{
    const uint32_t hash = (uint32_t)hash_bytes(&c->key, text.at, text.length);
    uint32_t at = hash % SLOTS;
    for (; c->text_slots[at].text != NULL; at = (at + 1) % SLOTS)
        if (c->text_slots[at].hash == hash && span_equal(span_text(c->text_slots[at].text), text))
            return c->text_slots[at].text;
    if (c->text_count == COUNTS_MOST)
        return NULL;
    const char *copy = arena_copy(&c->texts, text.at, text.length);
    if (copy == NULL)
        return NULL;
    c->text_slots[at] = (struct text_slot){copy, hash};
    c->text_count++;
    return copy;
}

static enum status count(struct day_counts *c, clock_us at, const char *text, uint64_t rows,
                         bool stopped)
{
    struct counted *slot = c->latest;
    if (slot == NULL || slot->at != at || slot->text != text) {
        const struct {
            clock_us at;
            const char *text;
        } key = {at, text};
        uint32_t place = (uint32_t)hash_bytes(&c->key, &key, sizeof key) % SLOTS;
        while (c->slots[place] != 0 &&
               (c->all[c->slots[place] - 1].at != at || c->all[c->slots[place] - 1].text != text))
            place = (place + 1) % SLOTS;
        if (c->slots[place] == 0) {
            if (c->count == COUNTS_MOST)
                return STATUS_TOO_LONG;
            c->all[c->count] = (struct counted){.at = at, .text = text};
            c->slots[place] = ++c->count;
        }
        slot = c->latest = &c->all[c->slots[place] - 1];
    }
    slot->rows += rows;
    slot->stopped += stopped ? rows : 0;
    return STATUS_OK;
}

/* The statement, with the numbers of the words that are wanted. STATUS_NOT_FOUND: a word that this
 * day does not have. */
static enum status ask(struct day_counts *c, struct day_reader *reader,
                       struct sqlite_statement **out)
{
    const struct store_filter *f = c->filter;
    char sql[SQL_SIZE];
    uint32_t ids[WORD_COUNT] = {0};
    enum status status = STATUS_OK;

    int length = snprintf(sql, sizeof sql,
                          "SELECT hour, stopped, rows, %s FROM hour"
                          " WHERE hour >= ?1 AND hour < ?2",
                          c->by < WORD_COUNT ? day_hour_columns[c->by] : "0");
    for (int i = 0; i < WORD_COUNT && status == STATUS_OK; i++) {
        if (f->word[i] == NULL)
            continue;
        if (f->word[i][0] != 0)
            status = day_reader_find_word(reader, (enum text)i, span_text(f->word[i]), &ids[i]);
        length += snprintf(sql + length, sizeof sql - (size_t)length, " AND %s = ?%d",
                           day_hour_columns[i], 3 + i);
    }
    if (f->has_stopped)
        snprintf(sql + length, sizeof sql - (size_t)length, " AND stopped = %d", f->stopped);
    if (status != STATUS_OK)
        return status;
    struct sqlite_statement *s = sqlite_prepare(day_reader_db(reader), sql);
    if (s == NULL)
        return STATUS_CORRUPT;
    sqlite_bind_number(s, 1, (int64_t)(f->from / STORE_HOUR_US));
    sqlite_bind_number(s, 2,
                       f->until == 0 ? INT64_MAX
                                     : (int64_t)((f->until + STORE_HOUR_US - 1) / STORE_HOUR_US));
    for (int i = 0; i < WORD_COUNT; i++)
        if (f->word[i] != NULL)
            sqlite_bind_number(s, 3 + i, ids[i]);
    *out = s;
    return STATUS_OK;
}

static enum status text_of_id(struct day_counts *c, struct day_reader *reader, uint32_t id,
                              const char **out)
{
    struct span text;

    if (id > c->last_id)
        return STATUS_CORRUPT;
    if (c->by_id[id] == NULL) {
        day_reader_forget_some(reader);
        const enum status status = day_reader_word(reader, id, &text);
        if (status != STATUS_OK)
            return status;
        c->by_id[id] = text_of(c, text);
    }
    *out = c->by_id[id];
    return *out == NULL ? STATUS_TOO_LONG : STATUS_OK;
}

static enum status add_all(struct day_counts *c, struct day_reader *reader,
                           struct sqlite_statement *s)
{
    const char *text;
    enum status status;

    while ((status = sqlite_step(s)) == STATUS_OK) {
        const clock_us hour = (clock_us)sqlite_number(s, 0) * STORE_HOUR_US;
        const clock_us at = c->bucket_us == 0 ? 0 : hour - hour % c->bucket_us;
        status = text_of_id(c, reader, (uint32_t)sqlite_number(s, 3), &text);
        if (status == STATUS_OK)
            status = count(c, at, text, (uint64_t)sqlite_number(s, 2), sqlite_number(s, 1) != 0);
        if (status != STATUS_OK)
            return status;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status day_counts_add(struct day_counts *c, struct day_reader *reader)
{
    struct sqlite_statement *s;

    free(c->by_id);
    c->by_id = NULL;
    enum status status = day_reader_last_word(reader, &c->last_id);
    if (status != STATUS_OK)
        return status;
    c->by_id = calloc((size_t)c->last_id + 1, sizeof *c->by_id);
    if (c->by_id == NULL)
        return STATUS_NO_MEMORY;
    status = ask(c, reader, &s);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = add_all(c, reader, s);
    sqlite_free(s);
    return status;
}

static int by_order(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->rows != y->rows)
        return x->rows > y->rows ? -1 : 1;
    return strcmp(x->text, y->text);
}

void day_counts_give(struct day_counts *c, store_on_count on_count, void *owner)
{
    if (c->count > 0)
        qsort(c->all, c->count, sizeof *c->all, by_order);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct store_count one = {.at = c->all[i].at,
                                        .word = c->all[i].text,
                                        .rows = c->all[i].rows,
                                        .stopped = c->all[i].stopped};
        if (!on_count(owner, &one))
            return;
    }
}
