/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cookie - client cookie, then version, reserved, timestamp and hash (RFC 9018 4).
 */
#include "dns/cookie.h"

#include <endian.h>

enum {
    VERSION = 1,
    VERSION_AT = 8,
    TIME_AT = 12,
    HASH_AT = 16,
    LIFE = 3600,
    RENEW_AFTER = 1800,
    AHEAD = 300
};

/* The hash over what stands before it, and the client's address in its own family. */
static uint64_t cookie_hash(const uint8_t *cookie, const struct address *client,
                            const struct hash_key *secret)
{
    uint8_t input[HASH_AT + 16];
    size_t skipped = address_is_ipv4(client) ? 12 : 0;
    memcpy(input, cookie, HASH_AT);
    memcpy(input + HASH_AT, client->bytes + skipped, 16 - skipped);
    return hash_siphash24(secret, input, HASH_AT + 16 - skipped);
}

enum cookie_state cookie_check(const struct edns *edns, const struct address *client,
                               const struct hash_key *secret, uint32_t seconds)
{
    if (edns->cookie_length == 0)
        return COOKIE_NONE;
    if (edns->cookie_length == COOKIE_CLIENT_SIZE)
        return COOKIE_CLIENT_ONLY;
    if (edns->cookie_length != COOKIE_SIZE || edns->cookie[VERSION_AT] != VERSION)
        return COOKIE_BAD;
    uint64_t hash;
    memcpy(&hash, edns->cookie + HASH_AT, sizeof hash);
    if (le64toh(hash) != cookie_hash(edns->cookie, client, secret))
        return COOKIE_BAD;
    int32_t age = (int32_t)(seconds - load_u32(edns->cookie + TIME_AT)); /* RFC 1982 */
    if (age > LIFE || age < -AHEAD)
        return COOKIE_BAD;
    return age >= RENEW_AFTER ? COOKIE_RENEW : COOKIE_GOOD;
}

void cookie_make(const struct edns *edns, const struct address *client,
                 const struct hash_key *secret, uint32_t seconds, uint8_t out[COOKIE_SIZE])
{
    memset(out, 0, COOKIE_SIZE);
    memcpy(out, edns->cookie, COOKIE_CLIENT_SIZE);
    out[VERSION_AT] = VERSION;
    store_u32(out + TIME_AT, seconds);
    uint64_t hash = htole64(cookie_hash(out, client, secret));
    memcpy(out + HASH_AT, &hash, sizeof hash);
}
