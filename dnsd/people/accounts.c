/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * accounts - who there is, and what admins change about them.
 */
#include "people/accounts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const permission_words[] = {"none", "viewer", "analyst", "admin", NULL};

static const char *const languages[] = {"", "en", "fr"};

static bool text_keep(char *out, size_t size, const char *text)
{
    return (size_t)snprintf(out, size, "%s", text) < size;
}

/* ACCOUNT_COLUMNS, in their order. */
#define ACCOUNT_COLUMNS                                                                            \
    "id, name, permission, disabled, must_change, lost, hash, language, totp, totp_pending,"       \
    " totp_step, created, last_login"

static void row_read(struct sqlite_statement *s, struct account_row *out)
{
    struct account *account = &out->account;
    *out = (struct account_row){
        .id = sqlite_number(s, 0),
        .is_lost = sqlite_number(s, 5) != 0,
        .has_hash = !sqlite_is_null(s, 6),
        .totp_step = (uint64_t)sqlite_number(s, 10),
        .account = {.permission = (uint8_t)sqlite_number(s, 2),
                    .is_disabled = sqlite_number(s, 3) != 0,
                    .must_change = sqlite_number(s, 4) != 0,
                    .has_totp = !sqlite_is_null(s, 8),
                    .created = (clock_us)sqlite_number(s, 11),
                    .last_login = (clock_us)sqlite_number(s, 12)},
    };
    bool fits = text_keep(account->name, sizeof account->name, sqlite_text(s, 1)) &&
                text_keep(account->language, sizeof account->language, sqlite_text(s, 7)) &&
                text_keep(out->hash, sizeof out->hash, sqlite_text(s, 6)) &&
                text_keep(out->totp, sizeof out->totp, sqlite_text(s, 8)) &&
                text_keep(out->totp_pending, sizeof out->totp_pending, sqlite_text(s, 9));
    if (!fits || account->permission > PERMISSION_ADMIN) /* somebody else wrote this */
        account->is_disabled = true;
}

enum status account_find(struct people *people, const char *name, struct account_row *out)
{
    struct sqlite_statement *s =
        query(people, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE name = ?1");
    sqlite_bind_text(s, 1, name);
    enum status status = sqlite_step(s);
    if (status == STATUS_OK)
        row_read(s, out);
    sqlite_reset(s);
    return status;
}

enum status people_named(struct people *people, const char *name, struct account *out)
{
    struct account_row row;
    enum status status = account_find(people, name, &row);
    if (status != STATUS_OK || row.account.is_disabled)
        return status == STATUS_OK ? STATUS_NOT_FOUND : status;
    *out = row.account;
    out->must_change = false;
    return STATUS_OK;
}

bool people_must_change(struct people *people, const char *name)
{
    struct account_row row;
    return account_find(people, name, &row) != STATUS_OK || row.account.must_change;
}

enum status people_accounts(struct people *people,
                            bool (*on)(void *owner, const struct account *account), void *owner)
{
    struct sqlite_statement *s =
        query(people, "SELECT " ACCOUNT_COLUMNS " FROM accounts ORDER BY name");
    enum status status;
    while ((status = sqlite_step(s)) == STATUS_OK) {
        struct account_row row;
        row_read(s, &row);
        row.account.locked_until = trial_locked_until(people, row.account.name);
        row.account.must_change = row.account.must_change || !row.has_hash;
        if (!on(owner, &row.account))
            break;
    }
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status account_end_sessions(struct people *people, int64_t account, const char *keep)
{
    uint8_t digest[CHAIN_SIZE] = {0};
    struct sqlite_statement *s =
        query(people, "DELETE FROM sessions WHERE account = ?1 AND token <> ?2");
    if (keep != NULL)
        token_digest(keep, digest);
    sqlite_bind_number(s, 1, account);
    sqlite_bind_blob(s, 2, span_of(digest, sizeof digest));
    return sqlite_do(s);
}

/* Changes. */

static bool name_may_be(const char *name, char *why)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 ".-_@+");
    if (length == strlen(name) && length > 0 && length < PEOPLE_NAME_SIZE &&
        isalnum((unsigned char)name[0]))
        return true;
    snprintf(why, PEOPLE_WHY_SIZE,
             "An account's name has 1 to %d letters, digits and . - _ @ +, and begins with a "
             "letter or digit.",
             PEOPLE_NAME_SIZE - 1);
    return false;
}

enum status account_named(struct people *people, const char *name, struct account_row *out,
                          char why[PEOPLE_WHY_SIZE])
{
    enum status status = account_find(people, name, out);
    if (status == STATUS_NOT_FOUND)
        snprintf(why, PEOPLE_WHY_SIZE, "There is no account of this name.");
    else if (status != STATUS_OK)
        snprintf(why, PEOPLE_WHY_SIZE, "The accounts cannot be read: %.150s.",
                 sqlite_why(people->db));
    return status;
}

/* Begins what `change_end` ends; says why not. */
static enum status begin(struct people *people, clock_us now, char *why)
{
    enum status status = change_begin(people, now);
    if (status != STATUS_OK)
        snprintf(why, PEOPLE_WHY_SIZE, "Nothing can be changed now: %.150s.",
                 sqlite_why(people->db));
    return status;
}

static enum status may_add(struct people *people, const struct new_account *wanted, char *why)
{
    struct account_row row;
    if (!name_may_be(wanted->name, why) ||
        (wanted->password != NULL && !password_may_be(wanted->password, wanted->name, why)))
        return STATUS_INVALID;
    if (wanted->permission < PERMISSION_VIEWER || wanted->permission > PERMISSION_ADMIN) {
        snprintf(why, PEOPLE_WHY_SIZE, "A permission is viewer, analyst or admin.");
        return STATUS_INVALID;
    }
    if (account_find(people, wanted->name, &row) == STATUS_NOT_FOUND)
        return STATUS_OK;
    snprintf(why, PEOPLE_WHY_SIZE, "There is an account of this name.");
    return STATUS_EXISTS;
}

enum status people_add_begin(struct people *people, const struct new_account *wanted,
                             struct password_job *job, char why[PEOPLE_WHY_SIZE])
{
    *job = (struct password_job){.urgent = true};
    enum status status = may_add(people, wanted, why);
    if (status == STATUS_OK && wanted->password != NULL)
        password_job_make(job, wanted->password);
    return status;
}

enum status people_add_end(struct people *people, const struct by *by,
                           const struct new_account *wanted, const struct password_job *job,
                           char why[PEOPLE_WHY_SIZE])
{
    struct change change = change_of(ACT_ACCOUNT_ADDED, by);
    enum status status = may_add(people, wanted, why);
    if (status == STATUS_OK)
        status = job->status;
    if (status == STATUS_OK)
        status = begin(people, by->now, why);
    if (status != STATUS_OK)
        return status;
    change.about = wanted->name;
    change.permission = (int)wanted->permission;
    change.hash = wanted->password == NULL ? NULL : job->hash;
    return change_end(people, STATUS_OK, &change, why);
}

static bool has_other_admin(struct people *people, int64_t than)
{
    struct sqlite_statement *s =
        query(people, "SELECT count(*) FROM accounts WHERE permission = 3 AND disabled = 0"
                      " AND id <> ?1");
    sqlite_bind_number(s, 1, than);
    bool has = sqlite_step(s) == STATUS_OK && sqlite_number(s, 0) > 0;
    sqlite_reset(s);
    return has;
}

static enum status keep_an_admin(struct people *people, const struct account_row *row, char *why)
{
    if (row->account.permission != PERMISSION_ADMIN || row->account.is_disabled ||
        has_other_admin(people, row->id))
        return STATUS_OK;
    snprintf(why, PEOPLE_WHY_SIZE, "%.64s is the last admin: make another account an admin first.",
             row->account.name);
    return STATUS_REFUSED;
}

enum status people_set_permission(struct people *people, const struct by *by, const char *name,
                                  enum permission permission, char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    struct change change = change_of(ACT_PERMISSION, by);
    enum status status = account_named(people, name, &row, why);
    if (status == STATUS_OK && (permission < PERMISSION_VIEWER || permission > PERMISSION_ADMIN)) {
        snprintf(why, PEOPLE_WHY_SIZE, "A permission is viewer, analyst or admin.");
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK || row.account.permission == permission)
        return status;
    status = keep_an_admin(people, &row, why);
    if (status == STATUS_OK)
        status = begin(people, by->now, why);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    change.permission = (int)permission;
    return change_end(people, STATUS_OK, &change, why);
}

enum status people_set_disabled(struct people *people, const struct by *by, const char *name,
                                bool is_disabled, char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    struct change change = change_of(is_disabled ? ACT_DISABLED : ACT_ENABLED, by);
    enum status status = account_named(people, name, &row, why);
    if (status != STATUS_OK || row.account.is_disabled == is_disabled)
        return status;
    if (is_disabled)
        status = keep_an_admin(people, &row, why);
    if (status == STATUS_OK)
        status = begin(people, by->now, why);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    return change_end(people, STATUS_OK, &change, why);
}

enum status people_set_language(struct people *people, const struct by *by, const char *language,
                                char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    struct change change = change_of(ACT_LANGUAGE, by);
    enum status status = account_named(people, by->name, &row, why);
    bool is_known = false;
    for (size_t i = 0; i < COUNT_OF(languages); i++)
        is_known = is_known || strcmp(language, languages[i]) == 0;
    if (status == STATUS_OK && !is_known) {
        snprintf(why, PEOPLE_WHY_SIZE, "A language is en or fr.");
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK || strcmp(row.account.language, language) == 0)
        return status;
    status = begin(people, by->now, why);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    change.language = language;
    return change_end(people, STATUS_OK, &change, why);
}

/* One's own password. */

bool account_has(const struct account_row *row, const struct password_job *job)
{
    return row->has_hash && strcmp(row->hash, job->known) == 0;
}

/* What came of a trial, for the person. */
static enum status tried(enum status status, char *why)
{
    if (status == STATUS_AGAIN)
        snprintf(why, PEOPLE_WHY_SIZE, "Too many tries: wait, then try again.");
    return status;
}

static enum status old_is_wrong(struct people *people, const struct trial *trial, char *why)
{
    trial_wrong(people, trial, "the old password, for a new one, is wrong");
    snprintf(why, PEOPLE_WHY_SIZE, "The old password is wrong.");
    return STATUS_REFUSED;
}

static enum status old_compare(struct people *people, const struct trial *trial, const char *old,
                               struct password_job *job, char *why)
{
    enum status status = tried(trial_begin(people, trial, &job->urgent), why);
    if (status != STATUS_OK)
        return status;
    if (strlen(old) > PASSWORD_MOST || !trial->row->has_hash)
        return old_is_wrong(people, trial, why);
    password_job_compare(job, trial->row->hash, old);
    return STATUS_OK;
}

enum status people_set_password_begin(struct people *people, const struct by *by,
                                      const struct new_password *wanted, struct password_job *job,
                                      char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    const struct trial trial = {wanted->name, by->from, &row, by->now};

    *job = (struct password_job){.urgent = true};
    enum status status = account_named(people, wanted->name, &row, why);
    if (status != STATUS_OK)
        return status;
    if (!password_may_be(wanted->password, row.account.name, why))
        return STATUS_INVALID;
    if (wanted->old != NULL && strcmp(wanted->old, wanted->password) == 0) {
        snprintf(why, PEOPLE_WHY_SIZE, "The new password is the old one.");
        return STATUS_INVALID;
    }
    if (wanted->old != NULL)
        status = old_compare(people, &trial, wanted->old, job, why);
    if (status == STATUS_OK)
        password_job_make(job, wanted->password);
    return status;
}

enum status people_set_password_end(struct people *people, const struct by *by,
                                    const struct new_password *wanted,
                                    const struct password_job *job, char why[PEOPLE_WHY_SIZE])
{
    struct account_row row;
    const struct trial trial = {wanted->name, by->from, &row, by->now};
    const bool is_own = wanted->old != NULL;
    struct change change = change_of(is_own ? ACT_PASSWORD : ACT_PASSWORD_RESET, by);

    enum status status = account_named(people, wanted->name, &row, why);
    if (status == STATUS_OK && is_own)
        status = tried(trial_end(people, &trial, job), why);
    if (status == STATUS_OK && is_own && (!job->is_right || !account_has(&row, job)))
        status = old_is_wrong(people, &trial, why);
    if (status == STATUS_OK)
        status = job->status;
    if (status == STATUS_OK)
        status = begin(people, by->now, why);
    if (status != STATUS_OK)
        return status;
    change.about = row.account.name;
    change.hash = job->hash;
    status = account_end_sessions(people, row.id, is_own ? by->token : NULL);
    if (status == STATUS_OK)
        status = trial_forget(people, row.account.name);
    return change_end(people, status, &change, why);
}
