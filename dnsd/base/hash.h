/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hash - keyed hashes: SipHash-2-4 where a standard asks for it, SipHash-1-3 for our tables.
 *
 * Used by tables that strangers can fill, and by DNS cookies (RFC 9018). Without the key nobody can
 * choose inputs that meet in one slot. Never a checksum against tampering: that is SHA-256.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

struct hash_key {
    uint64_t low, high;
};

uint64_t hash_siphash24(const struct hash_key *key, const void *bytes, size_t length);
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t length);

#endif
