/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hash - SipHash (Aumasson and Bernstein, 2012), both strengths from one body.
 */
#include "base/hash.h"

#include <endian.h>

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

static inline uint64_t siphash(const struct hash_key *key, const uint8_t *at, size_t length,
                               int rounds, int last_rounds)
{
    uint64_t v[4] = {key->low ^ 0x736f6d6570736575, key->high ^ 0x646f72616e646f6d,
                     key->low ^ 0x6c7967656e657261, key->high ^ 0x7465646279746573};
    uint64_t last = (uint64_t)length << 56;
    size_t left = length;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word = le64toh(word);
        v[3] ^= word;
        for (int i = 0; i < rounds; i++)
            sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; i < left; i++)
        last |= (uint64_t)at[i] << (8 * i);
    v[3] ^= last;
    for (int i = 0; i < rounds; i++)
        sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < last_rounds; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_siphash24(const struct hash_key *key, const void *bytes, size_t length)
{
    return siphash(key, bytes, length, 2, 4);
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length)
{
    return siphash(key, bytes, length, 1, 3);
}
