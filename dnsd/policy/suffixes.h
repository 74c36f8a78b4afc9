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

static inline uint64_t suffix_load(const uint8_t *at, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, at, length);
    return word;
}

/* Takes one more label in; `at` is its length byte. */
static inline uint64_t suffix_add(uint64_t hash, const struct hash_key *key, const uint8_t *at)
{
    size_t length = 1u + at[0];
    for (; length > 8; length -= 8, at += 8)
        hash = suffix_fold(hash ^ suffix_load(at, 8), key->low | 1);
    uint64_t word = length == 8   ? suffix_load(at, 8)
                    : length >= 4 ? suffix_load(at, 4) | suffix_load(at + length - 4, 4) << 32
                    : length >= 2 ? suffix_load(at, 2) | (uint64_t)at[length - 1] << 16
                                  : at[0];
    return suffix_fold(hash ^ word, key->high | 1);
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
        out->hash[n] = suffix_add(out->hash[n - 1], key, name->wire + out->start[n]);
}

#endif
