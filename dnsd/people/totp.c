/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * totp - HMAC-SHA-1 by libcrypto, base32 (RFC 4648 6) by hand.
 */
#include "people/totp.h"

#include "base/log.h"
#include "base/writer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { SHA1_LENGTH = 20, BASE32_BITS = 5 };

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

uint32_t totp_code(struct span key, uint64_t counter, unsigned digits)
{
    uint8_t text[8], sum[SHA1_LENGTH];
    struct writer w = writer_over(text, sizeof text);
    uint32_t most = 1;

    write_u64(&w, counter);
    if (HMAC(EVP_sha1(), key.at, (int)key.length, text, sizeof text, sum, NULL) == NULL) {
        log_error("libcrypto has no HMAC-SHA-1: nobody with codes can log in");
        abort();
    }
    for (; digits > 0; digits--)
        most *= 10;
    return (load_u32(sum + (sum[SHA1_LENGTH - 1] & 15)) & 0x7fffffff) % most;
}

void totp_secret(const uint8_t key[TOTP_KEY_SIZE], char out[TOTP_SECRET_SIZE])
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < TOTP_KEY_SIZE; i++) {
        bits = bits << 8 | key[i];
        for (count += 8; count >= BASE32_BITS; count -= BASE32_BITS)
            *out++ = base32[bits >> (count - BASE32_BITS) & 31];
    }
    *out = 0;
}

bool totp_key(const char *secret, uint8_t out[TOTP_KEY_SIZE])
{
    uint32_t bits = 0;
    unsigned count = 0;
    if (strlen(secret) != TOTP_SECRET_SIZE - 1)
        return false;
    for (; *secret != 0; secret++) {
        const char *digit = strchr(base32, *secret);
        if (digit == NULL)
            return false;
        bits = bits << BASE32_BITS | (uint32_t)(digit - base32);
        count += BASE32_BITS;
        if (count >= 8) {
            count -= 8;
            *out++ = (uint8_t)(bits >> count);
        }
    }
    return true;
}

static bool read_digits(const char *text, uint32_t *out)
{
    unsigned count = 0;
    *out = 0;
    for (; *text != 0; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || ++count > TOTP_DIGITS)
            return false;
        *out = *out * 10 + (uint32_t)(*text - '0');
    }
    return count == TOTP_DIGITS;
}

bool totp_is_right(const char *secret, const char *code, clock_us now, uint64_t used,
                   uint64_t *step)
{
    uint8_t key[TOTP_KEY_SIZE];
    const uint64_t here = now / TOTP_STEP_US;
    uint32_t said;
    bool is_right = false;

    if (!totp_key(secret, key) || !read_digits(code, &said))
        return false;
    for (uint64_t at = here == 0 ? 0 : here - 1; at <= here + 1; at++)
        if (totp_code(span_of(key, sizeof key), at, TOTP_DIGITS) == said && at > used &&
            !is_right) {
            is_right = true;
            *step = at;
        }
    return is_right;
}
