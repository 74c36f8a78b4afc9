/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * apply - the rows that each kind of change stands for.
 */
#include "people/database.h"

typedef enum status apply(struct people *people, const struct change *change, bool again);

/* ?1 is the account; what follows is bound before. STATUS_NOT_FOUND: no such account. */
static enum status account_do(struct people *people, const struct change *change,
                              struct sqlite_statement *s)
{
    sqlite_bind_text(s, 1, change->about);
    enum status status = sqlite_do(s);
    return status == STATUS_OK && sqlite_changes(people->db) == 0 ? STATUS_NOT_FOUND : status;
}

static enum status sessions_end(struct people *people, const char *account)
{
    struct sqlite_statement *s =
        query(people, "DELETE FROM sessions WHERE account = (SELECT id FROM accounts WHERE"
                      " name = ?1)");
    sqlite_bind_text(s, 1, account);
    return sqlite_do(s);
}

static enum status apply_login(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s =
        query(people, "UPDATE accounts SET last_login = ?2 WHERE name = ?1");
    sqlite_bind_text(s, 1, change->by);
    sqlite_bind_number(s, 2, (int64_t)change->at);
    return sqlite_do(s);
}

/* Also an account that is there, or was once: it is an admin now, with this password alone. */
static enum status apply_admin_made(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s = query(
        people, "INSERT INTO accounts(name, permission, hash, must_change, created, lost)"
                " VALUES(?1, 3, ?2, 1, ?3, ?4) ON CONFLICT(name) DO UPDATE SET permission = 3,"
                " disabled = 0, hash = ?2, must_change = 1, lost = ?4, totp = NULL");
    sqlite_bind_text(s, 2, change->hash);
    sqlite_bind_number(s, 3, (int64_t)change->at);
    sqlite_bind_number(s, 4, again);
    enum status status = account_do(people, change, s);
    return status == STATUS_OK ? sessions_end(people, change->about) : status;
}

static enum status apply_account_added(struct people *people, const struct change *change,
                                       bool again)
{
    struct sqlite_statement *s =
        query(people, "INSERT INTO accounts(name, permission, hash, must_change, created, lost)"
                      " VALUES(?1, ?2, ?3, 1, ?4, ?5)");
    sqlite_bind_number(s, 2, change->permission < 0 ? PERMISSION_VIEWER : change->permission);
    sqlite_bind_text(s, 3, change->hash);
    sqlite_bind_number(s, 4, (int64_t)change->at);
    sqlite_bind_number(s, 5, again);
    return account_do(people, change, s);
}

static enum status apply_permission(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s =
        query(people, "UPDATE accounts SET permission = ?2 WHERE name = ?1");
    if (change->permission < 0)
        return STATUS_NOT_FOUND;
    sqlite_bind_number(s, 2, change->permission);
    return account_do(people, change, s);
}

static enum status apply_disabled(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s = query(people, "UPDATE accounts SET disabled = ?2 WHERE name = ?1");
    sqlite_bind_number(s, 2, change->act == ACT_DISABLED);
    enum status status = account_do(people, change, s);
    return status == STATUS_OK && change->act == ACT_DISABLED ? sessions_end(people, change->about)
                                                              : status;
}

/* The caller ends sessions: not always all of them. */
static enum status apply_password(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s =
        query(people, "UPDATE accounts SET hash = ?2, must_change = ?3, lost = 0 WHERE name = ?1");
    if (again)
        return STATUS_OK; /* the hash was never in the line */
    sqlite_bind_text(s, 2, change->hash);
    sqlite_bind_number(s, 3, change->act == ACT_PASSWORD_RESET);
    return account_do(people, change, s);
}

static enum status apply_language(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s = query(people, "UPDATE accounts SET language = ?2 WHERE name = ?1");
    sqlite_bind_text(s, 2, change->language == NULL ? "" : change->language);
    return account_do(people, change, s);
}

static enum status apply_totp(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s =
        query(people,
              "UPDATE accounts SET totp = ?2, totp_pending = NULL, totp_step = ?3 WHERE name = ?1");
    if (again && change->act == ACT_TOTP_ON)
        return STATUS_OK;
    sqlite_bind_text(s, 2, change->secret);
    sqlite_bind_number(s, 3, (int64_t)change->step);
    return account_do(people, change, s);
}

static enum status case_step_keep(struct people *people, const struct change *change)
{
    struct sqlite_statement *s =
        query(people, "INSERT INTO steps(device, app, at, who, state, assignee, note)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    sqlite_bind_text(s, 1, change->device_key);
    sqlite_bind_text(s, 2, change->app);
    sqlite_bind_number(s, 3, (int64_t)change->at);
    sqlite_bind_text(s, 4, change->by == NULL ? "" : change->by);
    if (change->state >= 0)
        sqlite_bind_number(s, 5, change->state);
    else
        sqlite_bind_null(s, 5);
    sqlite_bind_text(s, 6, change->assignee);
    sqlite_bind_text(s, 7, change->note);
    return sqlite_do(s);
}

static enum status apply_case(struct people *people, const struct change *change, bool again)
{
    struct sqlite_statement *s = query(
        people,
        "INSERT INTO cases(device, app, state, assignee, changed, seen_until, notes)"
        " VALUES(?1, ?2, max(?3, 0), coalesce(?4, ''), CASE WHEN ?3 >= 0 THEN ?5 ELSE 0 END,"
        " CASE WHEN ?3 >= 0 THEN ?6 ELSE 0 END, ?7)"
        " ON CONFLICT(device, app) DO UPDATE SET"
        " state = CASE WHEN ?3 >= 0 THEN ?3 ELSE state END, assignee = coalesce(?4, assignee),"
        " changed = CASE WHEN ?3 >= 0 THEN ?5 ELSE changed END,"
        " seen_until = CASE WHEN ?3 >= 0 THEN ?6 ELSE seen_until END, notes = notes + ?7");
    if (change->device_key == NULL || change->app == NULL)
        return STATUS_NOT_FOUND;
    sqlite_bind_text(s, 1, change->device_key);
    sqlite_bind_text(s, 2, change->app);
    sqlite_bind_number(s, 3, change->state);
    sqlite_bind_text(s, 4, change->assignee);
    sqlite_bind_number(s, 5, (int64_t)change->at);
    sqlite_bind_number(s, 6, (int64_t)change->last);
    sqlite_bind_number(s, 7, change->note != NULL);
    enum status status = sqlite_do(s);
    return status == STATUS_OK ? case_step_keep(people, change) : status;
}

/* Without a row here: the line says it all. */
static apply *const applies[ACT_COUNT] = {
    [ACT_LOGIN] = apply_login,
    [ACT_ADMIN_MADE] = apply_admin_made,
    [ACT_ACCOUNT_ADDED] = apply_account_added,
    [ACT_PERMISSION] = apply_permission,
    [ACT_DISABLED] = apply_disabled,
    [ACT_ENABLED] = apply_disabled,
    [ACT_PASSWORD] = apply_password,
    [ACT_PASSWORD_RESET] = apply_password,
    [ACT_LANGUAGE] = apply_language,
    [ACT_TOTP_ON] = apply_totp,
    [ACT_TOTP_OFF] = apply_totp,
    [ACT_CASE_NEW] = apply_case,
    [ACT_CASE_ACKNOWLEDGED] = apply_case,
    [ACT_CASE_CLOSED] = apply_case,
    [ACT_CASE_FALSE_POSITIVE] = apply_case,
    [ACT_CASE_ASSIGNED] = apply_case,
    [ACT_CASE_NOTED] = apply_case,
};

enum status change_apply(struct people *people, const struct change *change, bool again)
{
    apply *const make = applies[change->act];
    return make == NULL ? STATUS_OK : make(people, change, again);
}
