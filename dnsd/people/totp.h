/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * totp - six digits that change every 30 seconds (RFC 6238 over RFC 4226, SHA-1).
 *
 * Used by factor. Pure: secret and time in, digits out. Never remembers which were used.
 */
#ifndef PEOPLE_TOTP_H
#define PEOPLE_TOTP_H

#include "base/clock.h"
#include "base/span.h"
#include "people/people.h"

enum { TOTP_STEP_US = 30000000, TOTP_KEY_SIZE = 20, TOTP_DIGITS = 6 };

/* RFC 4226 5.3 of a counter; `digits` 6 to 8. */
uint32_t totp_code(struct span key, uint64_t counter, unsigned digits);
void totp_secret(const uint8_t key[TOTP_KEY_SIZE], char out[TOTP_SECRET_SIZE]);
bool totp_key(const char *secret, uint8_t out[TOTP_KEY_SIZE]);
/* Whether `code` (spaces do not count) is right at `now`, one step either side, for a step behind
 * `used`; gives its step. */
bool totp_is_right(const char *secret, const char *code, clock_us now, uint64_t used,
                   uint64_t *step);

#endif
