/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * suffixes - a keyed hash of every suffix of a name, in one pass from the right.
 *
 * Used by build, guard and decide, which must agree on it. A hit is always verified against bytes,
 * so a collision costs time and never a verdict. Never part of an interface: the key and the hash
 * live and die with an image.
 */
#ifndef POLICY_SUFFIXES_H
#define POLICY_SUFFIXES_H

#include "base/hash.h"
#include "dns/name.h"

#include <endian.h>

/* The suffix of n labels starts at wire[start[n]] and hashes to hash[n]; n is 1..labels. */
struct suffixes {
    uint64_t hash[NAME_MAX_LABELS + 1];
    uint8_t start[NAME_MAX_LABELS + 1];
};

/* Both halves of the product of 128 bits, folded (as wyhash does). */
static inline uint64_t suffix_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The `length` bytes of a name from `at` (0 or less: none; 8 or more: 8) as a number. Loads 8 where
 * they are inside the struct, whatever they hold, and masks. */
static inline uint64_t suffix_word(const struct name *name, unsigned at, int length)
{
    uint64_t word = 0;
    if (at + 8 <= NAME_MAX_WIRE)
        memcpy(&word, name->wire + at, 8);
    else if (at < NAME_MAX_WIRE)
        memcpy(&word, name->wire + at, NAME_MAX_WIRE - at);
    word = le64toh(word);
    return length >= 8 ? word : length <= 0 ? 0 : word & (~UINT64_C(0) >> (64 - 8 * length));
}

/* Takes one more label in; `at` is where its length byte stands. Most labels have at most 15
 * letters, and cost one multiplication and no branch that depends on them. */
static inline uint64_t suffix_add(uint64_t hash, const struct hash_key *key,
                                  const struct name *name, unsigned at)
{
    int length = 1 + name->wire[at];
    do {
        hash = suffix_fold(hash ^ key->low ^ suffix_word(name, at, length),
                           key->high ^ suffix_word(name, at + 8, length - 8));
        at += 16;
        length -= 16;
    } while (length > 0);
    return hash;
}

static inline void suffixes_start(const struct name *name, struct suffixes *out)
{
    unsigned at = 0;
    for (unsigned n = name->labels; n > 0; n--) {
        out->start[n] = (uint8_t)at;
        at += 1u + name->wire[at];
    }
}

static inline void suffixes_of(const struct name *name, const struct hash_key *key,
                               struct suffixes *out)
{
    suffixes_start(name, out);
    out->hash[0] = key->low;
    for (unsigned n = 1; n <= name->labels; n++)
        out->hash[n] = suffix_add(out->hash[n - 1], key, name, out->start[n]);
}

#endif
