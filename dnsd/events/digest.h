/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * digest - SHA-256 and SHA-1 of short things, many times a second.
 *
 * Used by line (chain, community id), reader and verify. The algorithms are looked up once. Never
 * used with a key. SHA-1 is what the community id is made of, and protects nothing.
 */
#ifndef EVENTS_DIGEST_H
#define EVENTS_DIGEST_H

#include "base/span.h"

enum { SHA256_SIZE = 32, SHA1_SIZE = 20 };

void digest_sha256(struct span bytes, uint8_t out[SHA256_SIZE]);
void digest_sha1(struct span bytes, uint8_t out[SHA1_SIZE]);

#endif
