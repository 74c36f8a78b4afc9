/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * password - passwords as argon2id, tokens as hashes; all that knows libsodium.
 *
 * Used by people's own files. Compares in constant time. Never keeps a password.
 */
#ifndef PEOPLE_PASSWORD_H
#define PEOPLE_PASSWORD_H

#include "base/span.h"
#include "events/chain.h"
#include "people/job.h"

/* First of all, once. */
MUST_USE enum status password_ready(void);
MUST_USE enum status password_hash(const char *password, char out[PASSWORD_HASH_SIZE]);
/* Made with less work than we ask for today. */
bool password_is_old(const char *hash);

/* Whether it may be a password of this account; `why` says what to do. */
bool password_may_be(const char *password, const char *name, char why[PEOPLE_WHY_SIZE]);
void password_first(char out[FIRST_PASSWORD_SIZE]);

/* 32 random bytes. */
void token_new(char out[TOKEN_SIZE]);
/* What is kept of one. */
void token_digest(const char *token, uint8_t out[CHAIN_SIZE]);
/* Another token that nobody can guess who has not `secret`. */
void token_derive(struct span secret, const char *purpose, const char *about, char out[TOKEN_SIZE]);

#endif
