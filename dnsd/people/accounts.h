/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * accounts - the rows of accounts, with what nobody else may see of them.
 *
 * Used by people's own files.
 */
#ifndef PEOPLE_ACCOUNTS_H
#define PEOPLE_ACCOUNTS_H

#include "people/database.h"
#include "people/password.h"
#include "people/totp.h"

struct account_row {
    struct account account;
    int64_t id;
    bool has_hash, is_lost;
    char hash[PASSWORD_HASH_SIZE];
    char totp[TOTP_SECRET_SIZE], totp_pending[TOTP_SECRET_SIZE]; /* "": none */
    uint64_t totp_step;                                          /* of the last code used */
};

/* Letter case does not matter. STATUS_NOT_FOUND. */
MUST_USE enum status account_find(struct people *people, const char *name, struct account_row *out);
/* Ends the sessions of an account but that of `keep` (a token, or NULL). Within a change. */
MUST_USE enum status account_end_sessions(struct people *people, int64_t account, const char *keep);

/* For a change: `why` says what is wrong. */
MUST_USE enum status account_named(struct people *people, const char *name, struct account_row *out,
                                   char why[PEOPLE_WHY_SIZE]);
/* Whether what the job compared is its password still. */
bool account_has(const struct account_row *row, const struct password_job *job);

/* login.c: what keeps guessing slow. Each password or code that is checked begins with this:
 * STATUS_AGAIN: not now. `row` NULL: a name that is not known. */
struct trial {
    const char *name, *from;
    const struct account_row *row;
    clock_us now;
};
MUST_USE enum status trial_begin(struct people *people, const struct trial *trial,
                                 bool *is_known_source);
/* The slow part is over. STATUS_AGAIN: others of this name, which were checked meanwhile, locked
 * it, so nobody may hear what came of this one. */
MUST_USE enum status trial_end(struct people *people, const struct trial *trial,
                               const struct password_job *job);
/* It was wrong, of whatever `reason` says; a line is written, and perhaps the account locked. */
void trial_wrong(struct people *people, const struct trial *trial, const char *reason);
/* Somebody who logged in from there: remembered, within a change. */
MUST_USE enum status trial_right(struct people *people, const struct trial *trial);
/* No lock of this name holds any more, within a change. */
MUST_USE enum status trial_forget(struct people *people, const char *name);
/* Until when its latest lock holds; 0: none. */
clock_us trial_locked_until(struct people *people, const char *name);

#endif
