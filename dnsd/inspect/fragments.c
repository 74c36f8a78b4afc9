/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fragments - a place for each datagram that is under way, with a bit for every eight bytes.
 */
#include "inspect/fragments.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { DATAGRAM_MOST = 65535, UNIT = 8, UNITS = 8192, PLACES_MOST = 1024 };

/* Compared and hashed as bytes. */
struct key {
    struct address source, destination;
    uint32_t vlan, id;
    uint8_t protocol, tunnel, is_ipv6, fill;
};

struct place {
    struct key key;
    uint32_t total, units; /* bytes, once the last fragment came, else 0; units that are there */
    uint32_t reach;        /* where the one that reaches farthest ends */
    uint8_t protocol;      /* that of the first fragment */
    uint8_t there[UNITS / 8];
    uint8_t bytes[UNITS * UNIT];
};

/* What is looked at of every place, apart from it: all of them lie in few pages. */
struct head {
    uint64_t hash;
    clock_ms begun;
    bool used, over; /* over: whole, or contradicted; another fragment begins another datagram */
    bool doubtful;   /* one of this number was contradicted: so may be what comes next */
};

struct fragments {
    struct head heads[PLACES_MOST];
    struct place *places; /* mapped: pages become real when written */
    size_t most;
    struct hash_key key;
    struct fragments_counts counts;
};

struct fragments *fragments_new(size_t budget, const struct hash_key *key)
{
    struct fragments *f = calloc(1, sizeof *f);

    if (f == NULL)
        return NULL;
    f->key = *key;
    f->most = budget / sizeof(struct place);
    if (f->most > PLACES_MOST)
        f->most = PLACES_MOST;
    if (f->most == 0)
        f->most = 1;
    f->places = mmap(NULL, f->most * sizeof(struct place), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (f->places == MAP_FAILED) {
        free(f);
        return NULL;
    }
    return f;
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL)
        return;
    munmap(fragments->places, fragments->most * sizeof(struct place));
    free(fragments);
}

static struct place *begin(struct fragments *f, size_t index, const struct key *key, uint64_t hash,
                           clock_ms now)
{
    struct head *head = &f->heads[index];
    struct place *place = &f->places[index];
    bool is_lost = head->used && !head->over;

    f->counts.evicted += is_lost && now - head->begun <= FRAGMENTS_WAIT_MS;
    f->counts.timed_out += is_lost && now - head->begun > FRAGMENTS_WAIT_MS;
    bool is_same = head->over && now - head->begun <= FRAGMENTS_WAIT_MS &&
                   memcmp(&place->key, key, sizeof *key) == 0;
    *head = (struct head){
        .hash = hash, .begun = now, .used = true, .doubtful = is_same && head->doubtful};
    place->key = *key;
    place->total = place->units = place->reach = 0;
    memset(place->there, 0, sizeof place->there);
    return place;
}

/* Who goes first: whatever holds no datagram any more, then the one begun longest ago. */
static clock_ms order_of(const struct head *head)
{
    return head->used && !head->over ? head->begun + 1 : 0;
}

/* The datagram's place, or a new one. */
static struct place *find(struct fragments *f, const struct key *key, clock_ms now)
{
    uint64_t hash = hash_bytes(&f->key, key, sizeof *key);
    size_t oldest = 0;

    for (size_t i = 0; i < f->most; i++) {
        const struct head *head = &f->heads[i];
        if (head->used && head->hash == hash && memcmp(&f->places[i].key, key, sizeof *key) == 0) {
            if (head->over || now - head->begun > FRAGMENTS_WAIT_MS)
                return begin(f, i, key, hash, now);
            return &f->places[i];
        }
        if (order_of(head) < order_of(&f->heads[oldest]))
            oldest = i;
        if (!head->used)
            break; /* places fill from the first; the ones behind were never used */
    }
    return begin(f, oldest, key, hash, now);
}

static bool is_there(const struct place *place, size_t unit)
{
    return place->there[unit / 8] >> unit % 8 & 1;
}

/* Puts bytes in; false when they contradict what is there. */
static bool fill(struct place *place, const struct fragment *fragment)
{
    size_t first = fragment->offset / UNIT;
    size_t units = (fragment->bytes.length + UNIT - 1) / UNIT, known = 0;

    for (size_t i = 0; i < units; i++) {
        size_t at = i * UNIT, length = fragment->bytes.length - at;
        uint8_t *to = place->bytes + (first + i) * UNIT;
        if (length > UNIT)
            length = UNIT;
        if (!is_there(place, first + i)) {
            memcpy(to, fragment->bytes.at + at, length);
        } else {
            known++;
            if (memcmp(to, fragment->bytes.at + at, length) != 0)
                return false;
        }
    }
    /* RFC 8200 4.5: only a whole repetition is no overlap. */
    if (fragment->is_ipv6 && known != 0 && known != units)
        return false;
    for (size_t i = first; i < first + units; i++) {
        place->units += !is_there(place, i);
        place->there[i / 8] |= (uint8_t)(1u << i % 8);
    }
    return true;
}

static bool is_sound(const struct fragment *fragment)
{
    return !fragment->cut && fragment->bytes.length > 0 &&
           fragment->offset + fragment->bytes.length <= DATAGRAM_MOST &&
           (!fragment->more || fragment->bytes.length % UNIT == 0);
}

bool fragments_put(struct fragments *fragments, const struct fragment *fragment, clock_ms now,
                   struct span *whole, struct fragment *joined)
{
    struct key key = {.source = fragment->source,
                      .destination = fragment->destination,
                      .vlan = fragment->vlan,
                      .id = fragment->id,
                      .protocol = fragment->is_ipv6 ? 0 : fragment->protocol,
                      .tunnel = fragment->tunnel,
                      .is_ipv6 = fragment->is_ipv6};

    if (!is_sound(fragment))
        return false;
    struct place *place = find(fragments, &key, now);
    struct head *head = &fragments->heads[place - fragments->places];
    uint32_t end = (uint32_t)(fragment->offset + fragment->bytes.length);
    /* No second end, and nothing behind the end, whichever of the two came first. */
    bool contradicts =
        (place->total != 0 && (fragment->more ? end > place->total : end != place->total)) ||
        (!fragment->more && end < place->reach);
    if (!fragment->more && !contradicts)
        place->total = end;
    if (end > place->reach)
        place->reach = end;
    if (contradicts || !fill(place, fragment)) {
        fragments->counts.overlaps++;
        head->over = head->doubtful = true;
        return false;
    }
    if (fragment->offset == 0)
        place->protocol = fragment->protocol; /* of the first counts, RFC 8200 4.5 */
    if (place->total == 0 || place->units != (place->total + UNIT - 1) / UNIT)
        return false;
    *joined = *fragment;
    if (fragment->is_ipv6)
        joined->protocol = place->protocol;
    joined->doubtful = head->doubtful;
    *whole = span_of(place->bytes, place->total);
    head->doubtful = false;
    head->over = true; /* the number may be used again at once */
    fragments->counts.joined++;
    return true;
}

struct fragments_counts fragments_counts(const struct fragments *fragments)
{
    return fragments->counts;
}
