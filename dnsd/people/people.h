/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * people - who may look at the console, and what they decided: accounts, sessions, cases.
 *
 * Used by web. Keeps people.sqlite and, before that, audit.jsonl: every change is first a line
 * there, chained as event lines are, then a row; people.sqlite without the line does not happen,
 * and cases are rebuilt from the lines when people.sqlite is gone (accounts too, with the hashes of
 * their passwords). Passwords are kept as argon2id (libsodium), session tokens and reset codes as
 * hashes. `now` is an argument. Never knows HTTP.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct people;

enum permission { PERMISSION_NONE, PERMISSION_VIEWER, PERMISSION_ANALYST, PERMISSION_ADMIN };
extern const char *const permission_words[]; /* "none", "viewer", "analyst", "admin", NULL */

enum {
    PEOPLE_NAME_SIZE = 64,
    PEOPLE_WHY_SIZE = 256,
    PASSWORD_LEAST = 12,
    PASSWORD_MOST = 256,
    TOKEN_SIZE = 44, /* base64url of 32 random bytes, and a zero */
    NOTE_MOST = 4000,
    TOTP_SECRET_SIZE = 33, /* base32 of 20 bytes, and a zero */
    FIRST_PASSWORD_SIZE = 32
};

struct account {
    char name[PEOPLE_NAME_SIZE];
    uint8_t permission;                      /* enum permission */
    bool has_totp, is_disabled, must_change; /* password before anything else */
    char language[8];                        /* "en", "fr", or "" */
    clock_us created, last_login, locked_until;
};

struct session {
    struct account account;
    char token[TOKEN_SIZE]; /* for the cookie; only people_login() fills it */
    char csrf[TOKEN_SIZE];
    clock_us ends;
};

/* How long a session lives without use, and at most; how many wrong passwords lock, how long. */
struct people_limits {
    clock_us idle_us, total_us, lock_us;
    uint32_t wrong_most;
};

MUST_USE enum status people_open(const char *folder, const struct people_limits *limits,
                                 clock_us now, char why[PEOPLE_WHY_SIZE], struct people **out);
void people_close(struct people *people);
/* When there is no account at all: makes `admin` with a random password that must be changed.
 * STATUS_EXISTS: there are accounts. */
MUST_USE enum status people_first(struct people *people, clock_us now,
                                  char password[FIRST_PASSWORD_SIZE]);

/* `from`: the client's address, for audit. STATUS_REFUSED: name, password or code is wrong (which
 * one is never said, and an unknown name costs the same time); STATUS_AGAIN: locked out, or too
 * many tries from everywhere; STATUS_INVALID: name and password are right, a code is needed. */
MUST_USE enum status people_login(struct people *people, const char *name, const char *password,
                                  const char *code, const char *from, clock_us now,
                                  struct session *out);
/* STATUS_NOT_FOUND: no such session, or it has ended. Moves its idle end on. */
MUST_USE enum status people_session(struct people *people, const char *token, clock_us now,
                                    struct session *out);
void people_logout(struct people *people, const char *token, const char *from, clock_us now);
/* Somebody whom a client certificate or a proxy names: by account name. STATUS_NOT_FOUND. */
MUST_USE enum status people_named(struct people *people, const char *name, struct account *out);

/* Changes. `by`: the account that does it. STATUS_INVALID: `why` says what is wrong and what to do,
 * for the person; STATUS_REFUSED: the last admin cannot be taken away. */
struct by {
    const char *name, *from; /* account; address */
    clock_us now;
};
MUST_USE enum status people_add(struct people *people, const struct by *by, const char *name,
                                const char *password, enum permission permission,
                                char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_set_permission(struct people *people, const struct by *by,
                                           const char *name, enum permission permission,
                                           char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_set_disabled(struct people *people, const struct by *by,
                                         const char *name, bool is_disabled,
                                         char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_set_language(struct people *people, const struct by *by,
                                         const char *language, char why[PEOPLE_WHY_SIZE]);
/* Own password: `old` must be right. An admin's reset of another's: `old` NULL, must_change set.
 * Ends all other sessions of that account. */
MUST_USE enum status people_set_password(struct people *people, const struct by *by,
                                         const char *name, const char *old, const char *password,
                                         char why[PEOPLE_WHY_SIZE]);
/* TOTP (RFC 6238: SHA-1, 30 s, 6 digits, one step either side, each code once). Begin gives a
 * secret; it holds once confirmed with a code. Off: by oneself with a code, or by an admin (NULL).
 */
MUST_USE enum status people_totp_begin(struct people *people, const struct by *by,
                                       char secret[TOTP_SECRET_SIZE]);
MUST_USE enum status people_totp_confirm(struct people *people, const struct by *by,
                                         const char *code, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_totp_off(struct people *people, const struct by *by, const char *name,
                                     const char *code, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_accounts(struct people *people,
                                     bool (*on)(void *owner, const struct account *account),
                                     void *owner);
uint32_t people_session_count(struct people *people, clock_us now);

#endif
