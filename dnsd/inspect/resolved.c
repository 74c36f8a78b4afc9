/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolved - a table of pairs, and one of the clients that they are of.
 */
#include "inspect/resolved.h"

#include "base/table.h"
#include "process/told.h"

#include <stdlib.h>

enum {
    TTL_MOST = 7 * 86400, /* RFC 8767 4 */
    TTL_SIGN = 1u << 31,  /* RFC 2181 8: such a TTL is 0 */
    PAIRS_OF_A_CLIENT = 4 /* at least so many on the average, or clients go first */
};

struct pair_key {
    struct address client, address;
};

struct pair {
    struct address client;
    clock_ms until;
    uint8_t length; /* of name: 0: not known */
    uint8_t name[TOLD_NAME_MOST];
};

struct client {
    clock_ms lost; /* until then one of those that had to go would have counted */
};

struct resolved {
    struct table *pairs, *clients;
    const struct told *told;
};

static clock_ms end_of(const struct pair *pair)
{
    return pair->until + (clock_ms)RESOLVED_GRACE_S * 1000;
}

static void on_pair_evicted(void *owner, void *value)
{
    const struct resolved *resolved = owner;
    const struct pair *pair = value;
    struct client *client = table_find(resolved->clients, &pair->client);
    if (client != NULL && client->lost < end_of(pair))
        client->lost = end_of(pair);
}

struct resolved *resolved_new(size_t most)
{
    struct resolved *resolved = calloc(1, sizeof *resolved);
    if (resolved == NULL)
        return NULL;
    resolved->pairs =
        table_new(most, sizeof(struct pair_key), sizeof(struct pair), on_pair_evicted, resolved);
    resolved->clients = table_new(most / PAIRS_OF_A_CLIENT + 1, sizeof(struct address),
                                  sizeof(struct client), NULL, NULL);
    if (resolved->pairs != NULL && resolved->clients != NULL)
        return resolved;
    resolved_free(resolved);
    return NULL;
}

void resolved_free(struct resolved *resolved)
{
    if (resolved == NULL)
        return;
    table_free(resolved->pairs);
    table_free(resolved->clients);
    free(resolved);
}

void resolved_use(struct resolved *resolved, const struct told *told)
{
    resolved->told = told;
}

void resolved_learn(struct resolved *resolved, const struct address *client,
                    const struct address *address, const struct name *name, uint32_t ttl,
                    clock_ms now)
{
    const struct pair_key key = {*client, *address};
    struct name kept;
    bool is_new;
    uint32_t seconds = ttl >= TTL_SIGN ? 0 : ttl < TTL_MOST ? ttl : (uint32_t)TTL_MOST;
    clock_ms until = now + (clock_ms)seconds * 1000;

    (void)table_claim(resolved->clients, client, &is_new);
    struct pair *pair = table_claim(resolved->pairs, &key, &is_new);
    pair->client = *client;
    if (pair->until < until)
        pair->until = until;
    told_name(name, &kept);
    if (kept.length == 0)
        return;
    pair->length = kept.length;
    memcpy(pair->name, kept.wire, kept.length);
}

static void pair_name(const struct pair *pair, struct name *out)
{
    struct cursor c = cursor_over(pair->name, pair->length);
    if (name_read(&c, (struct span){0}, out) != STATUS_OK)
        *out = (struct name){0};
}

static bool told_holds(const struct resolved *resolved, const struct pair_key *key, clock_ms now,
                       struct name *name)
{
    struct name found;
    uint32_t until;
    if (!told_read(resolved->told, &key->client, &key->address, &found, &until) ||
        ((clock_ms)until + RESOLVED_GRACE_S) * 1000 < now)
        return false;
    if (name != NULL)
        *name = found;
    return true;
}

/* Whether dnsd may have told it and has forgotten. */
static bool told_may_have_held(const struct resolved *resolved, const struct pair_key *key,
                               clock_ms now)
{
    clock_ms seconds = now / 1000;
    return told_lost(resolved->told, &key->client, &key->address,
                     seconds > RESOLVED_GRACE_S ? (uint32_t)(seconds - RESOLVED_GRACE_S) : 0);
}

enum resolved_by_us resolved_ask(struct resolved *resolved, const struct address *client,
                                 const struct address *address, clock_ms now, struct name *name,
                                 bool *by_dnsd)
{
    const struct pair_key key = {*client, *address};
    bool is_new;
    *by_dnsd = false;
    if (name != NULL)
        *name = (struct name){0};
    const struct pair *pair = table_find(resolved->pairs, &key);
    if (pair != NULL && now <= end_of(pair)) {
        if (name != NULL && pair->length > 0)
            pair_name(pair, name);
        return RESOLVED_YES;
    }
    if (resolved->told != NULL && told_holds(resolved, &key, now, name)) {
        (void)table_claim(resolved->clients, client, &is_new);
        *by_dnsd = true;
        return RESOLVED_YES;
    }
    const struct client *known = table_find(resolved->clients, client);
    if (known == NULL || now < known->lost ||
        (resolved->told != NULL && told_may_have_held(resolved, &key, now)))
        return RESOLVED_UNKNOWN;
    return RESOLVED_NO;
}
