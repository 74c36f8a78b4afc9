/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * people - who may look at the console, and what they decided: accounts, sessions, cases.
 *
 * Used by web. Keeps people.sqlite and, before that, audit.jsonl: every change is first a line
 * there, chained as event lines are, then a row; people.sqlite without the line does not happen.
 * When people.sqlite is gone, cases and accounts are made again from the lines, but without
 * passwords and the secrets of codes, which stand in no line: people_first() then makes a new admin
 * password, and the admin one for each account. Passwords are kept as argon2id (libsodium), session
 * tokens as hashes. `now` is an argument. Never knows HTTP.
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
    char token[TOKEN_SIZE]; /* for the cookie */
    char csrf[TOKEN_SIZE];
    clock_us ends;
};

/* How long a session lives without use, and at most; how many wrong passwords lock, and how long
 * at most: a lock is first a sixteenth of it, then longer each time. */
struct people_limits {
    clock_us idle_us, total_us, lock_us;
    uint32_t wrong_most;
};

/* `limits` NULL: only to read, beside another that writes. STATUS_AGAIN: another one writes there;
 * or, to read, there is nothing yet. */
MUST_USE enum status people_open(const char *folder, const struct people_limits *limits,
                                 clock_us now, char why[PEOPLE_WHY_SIZE], struct people **out);
void people_close(struct people *people);
/* To be called once, at the start. Makes `admin` with a random password that must be changed: when
 * there is no account at all; when no admin has a password because people.sqlite was lost; when
 * somebody who may write in the folder asks for it with a file `rescue` there, which is removed.
 * `keep` hears the password before it holds, so that a crash leaves nobody without it; false: it
 * could not. STATUS_EXISTS: none of these. */
MUST_USE enum status people_first(struct people *people, clock_us now,
                                  bool (*keep)(void *owner, const char *password), void *owner);

/* To compare a password, or to make a hash of one, takes 50 to 200 ms: that is a job, which the
 * caller lets another thread do (people/worker.h). So what needs one has a begin, which gives
 * STATUS_OK and a job, or already the answer; and an end, which gets the job when it was done, and
 * looks at everything anew. */
struct password_job;

/* `from`: the client's address, as text. STATUS_REFUSED: name, password or code is wrong (which
 * one is never said, and an unknown name costs the same time); STATUS_AGAIN: locked out, or too
 * many tries from everywhere; STATUS_INVALID: name and password are right, a code is needed. */
struct credentials {
    const char *name, *password, *code, *from; /* code: may be NULL */
    clock_us now;
};
MUST_USE enum status people_login_begin(struct people *people, const struct credentials *login,
                                        struct password_job *job);
MUST_USE enum status people_login_end(struct people *people, const struct credentials *login,
                                      const struct password_job *job, struct session *out);
/* STATUS_NOT_FOUND: no such session, or it has ended. Moves its idle end on. */
MUST_USE enum status people_session(struct people *people, const char *token, clock_us now,
                                    struct session *out);
/* The CSRF token of somebody whom a proxy names, who has no session. */
void people_csrf(struct people *people, const char *name, char out[TOKEN_SIZE]);
void people_logout(struct people *people, const char *token, const char *from, clock_us now);
/* Somebody whom a client certificate or a proxy names: by account name. STATUS_NOT_FOUND: no such
 * account, or it is disabled. Such a person has no password to change. */
MUST_USE enum status people_named(struct people *people, const char *name, struct account *out);
/* Whether the password is still the one that was given; also when it cannot be known. */
bool people_must_change(struct people *people, const char *name);

/* Changes. `by`: the account that does it. STATUS_INVALID, _NOT_FOUND, _EXISTS: `why` says what is
 * wrong and what to do, for the person; STATUS_REFUSED: the last admin cannot be taken away, or the
 * old password is wrong; STATUS_AGAIN: too many tries. */
struct by {
    const char *name, *from; /* account; address */
    clock_us now;
    const char *token; /* of its own session, which stays; NULL: none */
};
/* `password` NULL: it can only be named by a certificate or proxy. */
struct new_account {
    const char *name, *password;
    enum permission permission;
};
MUST_USE enum status people_add_begin(struct people *people, const struct new_account *wanted,
                                      struct password_job *job, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_add_end(struct people *people, const struct by *by,
                                    const struct new_account *wanted,
                                    const struct password_job *job, char why[PEOPLE_WHY_SIZE]);
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
struct new_password {
    const char *name, *old, *password;
};
MUST_USE enum status people_set_password_begin(struct people *people, const struct by *by,
                                               const struct new_password *wanted,
                                               struct password_job *job, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_set_password_end(struct people *people, const struct by *by,
                                             const struct new_password *wanted,
                                             const struct password_job *job,
                                             char why[PEOPLE_WHY_SIZE]);
/* TOTP (RFC 6238: SHA-1, 30 s, 6 digits, one step either side, each code once). Begin gives a
 * secret (STATUS_EXISTS: there is one that holds); it holds once confirmed with a code. Off: by
 * oneself with a code, or by an admin (NULL). */
MUST_USE enum status people_totp_begin(struct people *people, const struct by *by,
                                       char secret[TOTP_SECRET_SIZE]);
MUST_USE enum status people_totp_confirm(struct people *people, const struct by *by,
                                         const char *code, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_totp_off(struct people *people, const struct by *by, const char *name,
                                     const char *code, char why[PEOPLE_WHY_SIZE]);
MUST_USE enum status people_accounts(struct people *people,
                                     bool (*on)(void *owner, const struct account *account),
                                     void *owner);
/* Those that have not ended; forgets those that have. */
uint32_t people_session_count(struct people *people, clock_us now);

#endif
