/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - which backend, and its functions.
 */
#include "store/store.h"

#include <stdio.h>

struct store {
    const struct store_kind *kind;
};

const struct store_kind *const store_kinds[] = {
    [STORE_SQLITE] = &store_sqlite,
    [STORE_CLICKHOUSE] = &store_clickhouse,
};

enum status store_open(const struct config_store *options, bool writes, char why[STORE_WHY_SIZE],
                       struct store **out)
{
    why[0] = 0;
    if (options->choice >= COUNT_OF(store_kinds) || store_kinds[options->choice] == NULL) {
        snprintf(why, STORE_WHY_SIZE, "this build knows no such store: set `store: sqlite`");
        return STATUS_UNSUPPORTED;
    }
    return store_kinds[options->choice]->open(options, writes, why, out);
}

void store_close(struct store *store)
{
    if (store != NULL)
        store->kind->close(store);
}

enum status store_put(struct store *store, const struct row *row)
{
    return store->kind->put(store, row);
}

enum status store_commit(struct store *store)
{
    return store->kind->commit(store);
}

void store_tend(struct store *store, clock_us now)
{
    store->kind->tend(store, now);
}

enum status store_page(struct store *store, const struct store_filter *filter,
                       const struct store_page *page, store_on_row on_row, void *owner,
                       struct store_paged *out)
{
    return store->kind->page(store, filter, page, on_row, owner, out);
}

enum status store_counts(struct store *store, const struct store_filter *filter, enum word by,
                         clock_us bucket_us, store_on_count on_count, void *owner)
{
    return store->kind->counts(store, filter, by, bucket_us, on_count, owner);
}

enum status store_find(struct store *store, const struct store_place *place, store_on_row on_row,
                       void *owner)
{
    return store->kind->find(store, place, on_row, owner);
}

enum status store_facts(struct store *store, struct store_facts *out)
{
    return store->kind->facts(store, out);
}
