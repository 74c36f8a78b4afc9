/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_sqlite - the embedded store: a SQLite file a day, in one folder.
 */
#include "store/days.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

/* Who writes can also read: a second look at its own files. */
struct sqlite_store {
    const struct store_kind *kind;
    struct days_writer *writer;
    struct days_reader *reader;
};

static struct sqlite_store *of(struct store *store)
{
    return (struct sqlite_store *)store;
}

static void close_store(struct store *store)
{
    days_writer_close(of(store)->writer);
    days_reader_close(of(store)->reader);
    free(store);
}

static enum status open_store(const struct config_store *options, bool writes,
                              char why[STORE_WHY_SIZE], struct store **out)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    enum status status = STATUS_OK;

    snprintf(why, STORE_WHY_SIZE, "out of memory");
    if (s == NULL)
        return STATUS_NO_MEMORY;
    s->kind = &store_sqlite;
    if (writes)
        status = days_writer_open(options, why, &s->writer);
    if (status == STATUS_OK)
        status = days_reader_open(options, why, &s->reader);
    if (status == STATUS_AGAIN && writes) /* nothing was written before */
        status = STATUS_OK;
    if (status != STATUS_OK) {
        close_store((struct store *)s);
        return status;
    }
    why[0] = 0;
    *out = (struct store *)s;
    return STATUS_OK;
}

/* A reader writes nothing. */
static enum status put(struct store *store, const struct row *row)
{
    return of(store)->writer == NULL ? STATUS_REFUSED : days_writer_put(of(store)->writer, row);
}

static enum status commit(struct store *store)
{
    return of(store)->writer == NULL ? STATUS_REFUSED : days_writer_commit(of(store)->writer);
}

static void tend(struct store *store, clock_us now)
{
    if (of(store)->writer != NULL)
        days_writer_tend(of(store)->writer, now);
}

static enum status page(struct store *store, const struct store_filter *filter,
                        const struct store_page *wanted, store_on_row on_row, void *owner,
                        struct store_paged *out)
{
    return days_reader_page(of(store)->reader, filter, wanted, on_row, owner, out);
}

static enum status counts(struct store *store, const struct store_filter *filter, enum word by,
                          clock_us bucket_us, store_on_count on_count, void *owner)
{
    return days_reader_counts(of(store)->reader, filter, by, bucket_us, on_count, owner);
}

static enum status find(struct store *store, const struct store_place *place, store_on_row on_row,
                        void *owner)
{
    return days_reader_find(of(store)->reader, place, on_row, owner);
}

static enum status facts(struct store *store, struct store_facts *out)
{
    return days_reader_facts(of(store)->reader, out);
}

const struct store_kind store_sqlite = {
    .name = "sqlite",
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
