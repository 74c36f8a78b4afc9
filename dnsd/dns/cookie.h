/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cookie - DNS server cookies (RFC 7873, RFC 9018): version 1, SipHash-2-4, timestamped.
 *
 * Used by admit (has this address spoken to us before?) and by answers. Never keeps state.
 */
#ifndef DNS_COOKIE_H
#define DNS_COOKIE_H

#include "base/address.h"
#include "base/hash.h"
#include "dns/edns.h"

enum { COOKIE_SIZE = 24 };

enum cookie_state { COOKIE_NONE, COOKIE_CLIENT_ONLY, COOKIE_BAD, COOKIE_GOOD, COOKIE_RENEW };

/* RFC 9018 4.3: within the past hour and at most five minutes ahead is GOOD; from half an hour on
 * RENEW (good, hand out a new one). `seconds` is Unix time. */
enum cookie_state cookie_check(const struct edns *edns, const struct address *client,
                               const struct hash_key *secret, uint32_t seconds);

/* The 24 bytes to send back: the client's 8 and our 16. */
void cookie_make(const struct edns *edns, const struct address *client,
                 const struct hash_key *secret, uint32_t seconds, uint8_t out[COOKIE_SIZE]);

#endif
