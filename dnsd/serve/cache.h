/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cache - what the Internet said lately, as wire bytes, in a fixed number of bytes.
 *
 * Used by lookup. All memory (entries and index) is claimed at birth and is the limit: a ring of
 * entries, and an open-addressed index of eight bytes a slot. New entries go to the ring's head;
 * the oldest leaves at its tail, but one that was asked for since it was written moves to the head
 * once more (CLOCK, at most RESCUES_MOST for one insertion). Never allocates, never parses a
 * message.
 */
#ifndef SERVE_CACHE_H
#define SERVE_CACHE_H

#include "base/clock.h"
#include "base/hash.h"
#include "dns/message.h"

/* Answers to one question that must not be mixed. */
enum variant {
    VARIANT_DNSSEC = 1,    /* DO: with signatures */
    VARIANT_UNCHECKED = 2, /* CD */
    VARIANT_NO_ECH = 4     /* `ech` was taken out of HTTPS and SVCB records */
};

struct question_key {
    uint64_t hash;
    uint16_t length; /* of bytes: name, type, class, variant */
    uint8_t bytes[NAME_MAX_WIRE + 2 + 2 + 1];
};

static inline uint8_t key_variant(const struct question_key *key)
{
    return key->bytes[key->length - 1];
}

/* An answer as it is kept. Behind it: the message (id 0, question in lower case, no OPT), padded to
 * two bytes; the offsets of its TTLs; a text for EDE. */
struct kept {
    uint32_t size;   /* of all in the ring, a multiple of KEPT_ALIGN */
    uint32_t tag;    /* low half of the key's hash */
    uint16_t length; /* of the message */
    uint16_t places; /* how many TTLs */
    uint8_t variant;
    bool live;           /* false: replaced, flushed, or filling the end of the ring */
    bool recent;         /* asked for since it was written or moved */
    uint8_t hits;        /* sticks at 255 */
    uint64_t passed;     /* bit g: review has nothing to say for group g … */
    uint32_t generation; /* … under this policy */
    uint16_t ede, why_length;
    clock_ms stored, expires;
    clock_ms retry_at; /* stale: not asked again before */
    uint16_t question_end;
    uint16_t counts[SECTION_COUNT];
    bool secure, failed; /* validated; an answer that says that there is none */
    bool refreshing;     /* a prefetch is under way */
    uint8_t failures;    /* how often in a row */
    uint8_t bytes[] __attribute__((aligned(2)));
};

enum {
    KEPT_ALIGN = 16,
    KEPT_PLACES_MOST = 6000, /* more records than fit a message */
    KEPT_WHY_MOST = 126,
    KEPT_ROOM = sizeof(struct kept) + MESSAGE_MOST + 1 + KEPT_PLACES_MOST * sizeof(uint16_t) +
                KEPT_WHY_MOST,
    CACHE_LEAST = 65536, /* a cache of fewer bytes keeps nothing */
    RESCUES_MOST = 64
};

static inline struct span kept_message(const struct kept *kept)
{
    return span_of(kept->bytes, kept->length);
}

static inline const uint16_t *kept_places(const struct kept *kept)
{
    return (const uint16_t *)(const void *)(kept->bytes + ((kept->length + 1u) & ~1u));
}

static inline struct span kept_why(const struct kept *kept)
{
    return span_of(kept_places(kept) + kept->places, kept->why_length);
}

struct cache;

/* NULL when there is no memory. */
struct cache *cache_new(uint64_t bytes);
void cache_free(struct cache *cache);

/* The key of a question; the name's lower case makes it one for all spellings. */
void cache_key(const struct cache *cache, const struct name *name, uint16_t type, uint16_t class,
               uint8_t variant, struct question_key *out);

/* What is kept, fresh or not; NULL when nothing is. Stays in place until the next cache_keep(). */
struct kept *cache_find(const struct cache *cache, const struct question_key *key);

/* Copies `made` in, and forgets what was kept for the key. What is larger than an eighth of the
 * ring is not kept. */
void cache_keep(struct cache *cache, const struct question_key *key, const struct kept *made);

/* Forgets everything at and below a name. */
void cache_flush(struct cache *cache, const struct name *below);

struct cache_use {
    uint64_t entries, evicted;
    uint64_t bytes; /* written to, index included */
    uint64_t limit; /* claimed: never more than cache_new() was told */
};
struct cache_use cache_use(const struct cache *cache);

#endif
