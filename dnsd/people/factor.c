/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * factor - codes as an account's second factor: begun, confirmed, switched off.
 */
#include "people/accounts.h"

#include "base/random.h"

#include <stdio.h>

enum status people_totp_begin(struct people *people, const struct by *by,
                              char secret[TOTP_SECRET_SIZE])
{
    uint8_t key[TOTP_KEY_SIZE];
    struct account_row row;
    enum status status = account_find(people, by->name, &row);
    if (status == STATUS_OK && row.account.has_totp)
        status = STATUS_EXISTS;
    if (status == STATUS_OK)
        status = change_begin(people, by->now);
    if (status != STATUS_OK)
        return status;
    random_bytes(key, sizeof key);
    totp_secret(key, secret);
    struct sqlite_statement *s =
        query(people, "UPDATE accounts SET totp_pending = ?2 WHERE id = ?1");
    sqlite_bind_number(s, 1, row.id);
    sqlite_bind_text(s, 2, secret);
    return change_end_silent(people, sqlite_do(s));
}

/* Whether the code is right; tries count as those of passwords do. */
static enum status code_is_right(struct people *people, const struct by *by,
                                 const struct account_row *row, const char *secret,
                                 const char *code, uint64_t *step, char *why)
{
    const struct trial trial = {row->account.name, by->from, row, by->now};
    bool is_known;
    enum status status = trial_begin(people, &trial, &is_known);
    if (status == STATUS_AGAIN)
        snprintf(why, PEOPLE_WHY_SIZE, "Too many tries: wait, then try again.");
    if (status != STATUS_OK)
        return status;
    if (totp_is_right(secret, code, by->now, row->totp_step, step))
        return STATUS_OK;
    trial_wrong(people, &trial, "a code, to change codes, is wrong or was used before");
    snprintf(why, PEOPLE_WHY_SIZE,
             "The code is wrong, or was used before. It changes every 30 seconds; both clocks must "
             "be right.");
    return STATUS_INVALID;
}

enum status people_totp_confirm(struct people *people, const struct by *by, const char *code,
                                char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    uint64_t step = 0;
    struct change change = change_of(ACT_TOTP_ON, by);
    enum status status = account_named(people, by->name, &row, why);
    if (status == STATUS_OK && row.totp_pending[0] == 0) {
        snprintf(why, PEOPLE_WHY_SIZE, "Nothing is to be confirmed: begin with a new secret.");
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK)
        status = code_is_right(people, by, &row, row.totp_pending, code, &step, why);
    if (status == STATUS_OK)
        status = change_begin(people, by->now);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    change.secret = row.totp_pending;
    change.step = step;
    return change_end(people, STATUS_OK, &change, why);
}

enum status people_totp_off(struct people *people, const struct by *by, const char *name,
                            const char *code, char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    uint64_t step = 0;
    struct change change = change_of(ACT_TOTP_OFF, by);
    enum status status = account_named(people, name, &row, why);
    if (status != STATUS_OK || !row.account.has_totp)
        return status;
    if (code != NULL)
        status = code_is_right(people, by, &row, row.totp, code, &step, why);
    if (status == STATUS_OK)
        status = change_begin(people, by->now);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    change.step = step != 0 ? step : row.totp_step;
    return change_end(people, STATUS_OK, &change, why);
}
