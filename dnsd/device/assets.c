/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assets - an array, and an index by MAC and one by prefix over it.
 */
#include "device/assets.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/random.h"

#include <stdlib.h>

enum { TEXTS_MOST = 1 << 29, SLOTS_LEAST = 1024, BITS_MOST = 128 };

/* Open addressing, linear, at most half full. */
struct slot {
    uint32_t number; /* of an asset, plus 1; 0: empty */
    uint32_t mark;   /* of its hash: what has another is not looked at */
};
struct slots {
    struct slot *list;
    size_t size, count;
};

struct assets {
    struct hash_key key;
    struct arena texts;
    struct asset_kept *list;
    size_t count, room;
    struct slots by_mac, by_prefix;
    uint32_t of_bits[BITS_MOST + 1]; /* how many prefixes have so many bits */
};

struct assets *assets_new(void)
{
    struct assets *assets = calloc(1, sizeof *assets);
    if (assets == NULL || arena_open(&assets->texts, TEXTS_MOST) != STATUS_OK) {
        free(assets);
        return NULL;
    }
    random_bytes(&assets->key, sizeof assets->key);
    return assets;
}

void assets_free(struct assets *assets)
{
    if (assets == NULL)
        return;
    arena_close(&assets->texts);
    free(assets->by_mac.list);
    free(assets->by_prefix.list);
    free(assets->list);
    free(assets);
}

static uint64_t hash_mac(const struct assets *assets, const uint8_t *mac)
{
    return hash_bytes(&assets->key, mac, MAC_SIZE);
}

static uint64_t hash_prefix(const struct assets *assets, const struct prefix *prefix)
{
    uint8_t bytes[sizeof prefix->base + 1];
    memcpy(bytes, &prefix->base, sizeof prefix->base);
    bytes[sizeof prefix->base] = prefix->bits;
    return hash_bytes(&assets->key, bytes, sizeof bytes);
}

static uint32_t mark_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The next of the assets whose hash may be this one; `at` begins as the hash. NULL: no more. */
static struct asset_kept *next_of(const struct assets *assets, const struct slots *slots,
                                  uint64_t hash, size_t *at)
{
    while (slots->count > 0) {
        const struct slot *slot = &slots->list[(*at)++ & (slots->size - 1)];
        if (slot->number == 0)
            return NULL;
        if (slot->mark == mark_of(hash))
            return &assets->list[slot->number - 1];
    }
    return NULL;
}

static struct asset_kept *find_mac(const struct assets *assets, const uint8_t *mac)
{
    const uint64_t hash = hash_mac(assets, mac);
    size_t at = hash;
    struct asset_kept *kept = next_of(assets, &assets->by_mac, hash, &at);
    while (kept != NULL && memcmp(kept->mac, mac, MAC_SIZE) != 0)
        kept = next_of(assets, &assets->by_mac, hash, &at);
    return kept;
}

static struct asset_kept *find_prefix(const struct assets *assets, const struct prefix *prefix)
{
    const uint64_t hash = hash_prefix(assets, prefix);
    size_t at = hash;
    struct asset_kept *kept = next_of(assets, &assets->by_prefix, hash, &at);
    while (kept != NULL && (kept->address.bits != prefix->bits ||
                            !address_equal(&kept->address.base, &prefix->base)))
        kept = next_of(assets, &assets->by_prefix, hash, &at);
    return kept;
}

static void slots_put(struct slots *slots, uint64_t hash, uint32_t number)
{
    size_t at = hash;
    while (slots->list[at & (slots->size - 1)].number != 0)
        at++;
    slots->list[at & (slots->size - 1)] = (struct slot){number, mark_of(hash)};
    slots->count++;
}

static uint64_t hash_of(const struct assets *assets, const struct slots *slots, uint32_t number)
{
    const struct asset_kept *kept = &assets->list[number - 1];
    return slots == &assets->by_mac ? hash_mac(assets, kept->mac)
                                    : hash_prefix(assets, &kept->address);
}

static bool slots_have_room(const struct assets *assets, struct slots *slots)
{
    if (2 * slots->count < slots->size)
        return true;
    struct slots grown = {.size = slots->size == 0 ? SLOTS_LEAST : slots->size * 2};
    grown.list = calloc(grown.size, sizeof *grown.list);
    if (grown.list == NULL)
        return false;
    for (size_t i = 0; i < slots->size; i++)
        if (slots->list[i].number != 0)
            slots_put(&grown, hash_of(assets, slots, slots->list[i].number), slots->list[i].number);
    free(slots->list);
    *slots = grown;
    return true;
}

static bool has_room(struct assets *assets)
{
    if (!slots_have_room(assets, &assets->by_mac) || !slots_have_room(assets, &assets->by_prefix))
        return false;
    if (assets->count < assets->room)
        return true;
    size_t room = assets->room == 0 ? SLOTS_LEAST : assets->room * 2;
    struct asset_kept *list = realloc(assets->list, room * sizeof *list);
    if (list == NULL)
        return false;
    assets->list = list;
    assets->room = room;
    return true;
}

static bool same_words(const struct asset_kept *kept, const struct asset *asset)
{
    return strcmp(kept->host, asset->host) == 0 && strcmp(kept->tag, asset->tag) == 0 &&
           strcmp(kept->owner, asset->owner) == 0 && strcmp(kept->group, asset->group) == 0;
}

static const char *keep_text(struct assets *assets, const char *text)
{
    return text[0] == 0 ? "" : arena_copy(&assets->texts, text, strlen(text));
}

enum status assets_add(struct assets *assets, const struct asset *asset)
{
    struct asset_kept *of_mac = asset->has_mac ? find_mac(assets, asset->mac) : NULL;
    struct asset_kept *of_address =
        asset->has_address ? find_prefix(assets, &asset->address) : NULL;
    if (of_mac != NULL && !same_words(of_mac, asset))
        return STATUS_EXISTS;
    if (of_address != NULL && !(of_address->has_mac && asset->has_mac) &&
        !same_words(of_address, asset))
        return STATUS_EXISTS;
    if (!has_room(assets))
        return STATUS_NO_MEMORY;

    struct asset_kept kept = {
        .has_address = asset->has_address,
        .has_mac = asset->has_mac,
        .address = asset->address,
        .host = keep_text(assets, asset->host),
        .tag = keep_text(assets, asset->tag),
        .owner = keep_text(assets, asset->owner),
        .group = keep_text(assets, asset->group),
    };
    if (kept.host == NULL || kept.tag == NULL || kept.owner == NULL || kept.group == NULL)
        return STATUS_TOO_LONG;
    memcpy(kept.mac, asset->mac, MAC_SIZE);
    /* realloc() may have moved what find_prefix() gave. */
    of_address = asset->has_address ? find_prefix(assets, &asset->address) : NULL;
    if (of_address != NULL && !same_words(of_address, asset))
        of_address->is_shared = true;
    const uint32_t number = (uint32_t)assets->count + 1;
    assets->list[assets->count++] = kept;
    if (asset->has_mac && of_mac == NULL)
        slots_put(&assets->by_mac, hash_mac(assets, asset->mac), number);
    if (asset->has_address && of_address == NULL) {
        slots_put(&assets->by_prefix, hash_prefix(assets, &asset->address), number);
        assets->of_bits[asset->address.bits]++;
    }
    return STATUS_OK;
}

const struct asset_kept *assets_find(const struct assets *assets, const uint8_t *mac,
                                     const struct address *address)
{
    const struct asset_kept *found = mac != NULL ? find_mac(assets, mac) : NULL;
    for (int bits = BITS_MOST; found == NULL && bits >= 0; bits--) {
        if (assets->of_bits[bits] == 0)
            continue;
        const struct prefix prefix = {address_mask(address, (unsigned)bits), (uint8_t)bits};
        found = find_prefix(assets, &prefix);
        if (found != NULL && (found->is_shared || (mac != NULL && found->has_mac)))
            found = NULL;
    }
    return found;
}
