/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sessions - rows known by the hash of a token; the CSRF token is made from the token.
 */
#include "people/sessions.h"

#include "base/log.h"

#include <stdio.h>

enum { USED_STEP_US = 60000000, IDLE_PARTS = 16 };

static void csrf_of(const char *token, char out[TOKEN_SIZE])
{
    token_derive(span_text(token), "csrf of session", "", out);
}

static clock_us earlier(clock_us a, clock_us b)
{
    return a < b ? a : b;
}

static enum status forget_ended(struct people *people, clock_us now)
{
    struct sqlite_statement *s =
        query(people, "DELETE FROM sessions WHERE used + ?2 <= ?1 OR made + ?3 <= ?1");
    sqlite_bind_number(s, 1, (int64_t)now);
    sqlite_bind_number(s, 2, (int64_t)people->limits.idle_us);
    sqlite_bind_number(s, 3, (int64_t)people->limits.total_us);
    return sqlite_do(s);
}

/* Makes room for one more. */
static enum status forget_most_idle(struct people *people, int64_t account)
{
    struct sqlite_statement *s =
        query(people, "DELETE FROM sessions WHERE token IN (SELECT token FROM sessions"
                      " WHERE account = ?1 ORDER BY used DESC LIMIT -1 OFFSET ?2)");
    sqlite_bind_number(s, 1, account);
    sqlite_bind_number(s, 2, SESSIONS_OF_ACCOUNT - 1);
    enum status status = sqlite_do(s);
    s = query(people, "DELETE FROM sessions WHERE token IN (SELECT token FROM sessions"
                      " ORDER BY used DESC LIMIT -1 OFFSET ?1)");
    sqlite_bind_number(s, 1, SESSIONS_MOST - 1);
    return status == STATUS_OK ? sqlite_do(s) : status;
}

enum status session_new(struct people *people, const struct account_row *row, clock_us now,
                        struct session *out)
{
    uint8_t digest[CHAIN_SIZE];
    *out = (struct session){.account = row->account};
    token_new(out->token);
    csrf_of(out->token, out->csrf);
    out->ends = now + earlier(people->limits.idle_us, people->limits.total_us);
    enum status status = forget_ended(people, now);
    if (status == STATUS_OK)
        status = forget_most_idle(people, row->id);
    if (status != STATUS_OK)
        return status;
    struct sqlite_statement *s =
        query(people, "INSERT INTO sessions(token, account, made, used) VALUES(?1, ?2, ?3, ?3)");
    token_digest(out->token, digest);
    sqlite_bind_blob(s, 1, span_of(digest, sizeof digest));
    sqlite_bind_number(s, 2, row->id);
    sqlite_bind_number(s, 3, (int64_t)now);
    return sqlite_do(s);
}

/* Not for each request: sixteen times in the time that it may be idle. */
static void move_on(struct people *people, struct span digest, clock_us used, clock_us now)
{
    struct sqlite_statement *s = query(people, "UPDATE sessions SET used = ?2 WHERE token = ?1");
    if (now < used + earlier(USED_STEP_US, people->limits.idle_us / IDLE_PARTS))
        return;
    sqlite_bind_blob(s, 1, digest);
    sqlite_bind_number(s, 2, (int64_t)now);
    if (sqlite_do(s) != STATUS_OK)
        log_warning("%s: a session's use is not noted: %s", people->folder, sqlite_why(people->db));
}

enum status people_session(struct people *people, const char *token, clock_us now,
                           struct session *out)
{
    uint8_t digest[CHAIN_SIZE];
    struct account_row row;
    char name[PEOPLE_NAME_SIZE];

    if (strlen(token) != TOKEN_SIZE - 1)
        return STATUS_NOT_FOUND;
    token_digest(token, digest);
    struct sqlite_statement *s =
        query(people, "SELECT made, used, name FROM sessions JOIN accounts ON id = account"
                      " WHERE token = ?1");
    sqlite_bind_blob(s, 1, span_of(digest, sizeof digest));
    enum status status = sqlite_step(s);
    clock_us made = 0, used = 0;
    if (status == STATUS_OK) {
        made = (clock_us)sqlite_number(s, 0);
        used = (clock_us)sqlite_number(s, 1);
        snprintf(name, sizeof name, "%s", sqlite_text(s, 2));
    }
    sqlite_reset(s);
    if (status == STATUS_OK &&
        (now >= used + people->limits.idle_us || now >= made + people->limits.total_us))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = account_find(people, name, &row);
    if (status == STATUS_OK && row.account.is_disabled)
        status = STATUS_NOT_FOUND;
    if (status != STATUS_OK)
        return status;
    move_on(people, span_of(digest, sizeof digest), used, now);
    *out = (struct session){.account = row.account};
    snprintf(out->token, sizeof out->token, "%s", token);
    csrf_of(token, out->csrf);
    out->ends = earlier(now + people->limits.idle_us, made + people->limits.total_us);
    return STATUS_OK;
}

void people_logout(struct people *people, const char *token, const char *from, clock_us now)
{
    uint8_t digest[CHAIN_SIZE];
    struct session session;
    if (people_session(people, token, now, &session) != STATUS_OK ||
        change_begin(people, now) != STATUS_OK)
        return;
    const struct by by = {session.account.name, from, now, token};
    const struct change change = change_of(ACT_LOGOUT, &by);
    struct sqlite_statement *s = query(people, "DELETE FROM sessions WHERE token = ?1");
    token_digest(token, digest);
    sqlite_bind_blob(s, 1, span_of(digest, sizeof digest));
    enum status status = sqlite_do(s);
    status = change_end(people, status, &change, NULL);
    if (status == STATUS_OK)
        return;
    /* Nobody stays logged in because a line could not be written. */
    if (sqlite_do(s) != STATUS_OK)
        log_error("%s: a session cannot be ended: %s", people->folder, sqlite_why(people->db));
}

void people_csrf(struct people *people, const char *name, char out[TOKEN_SIZE])
{
    token_derive(span_of(people->key, sizeof people->key), "csrf of account", name, out);
}

uint32_t people_session_count(struct people *people, clock_us now)
{
    if (!people->only_reads && forget_ended(people, now) != STATUS_OK)
        log_warning("%s: sessions that ended are not forgotten: %s", people->folder,
                    sqlite_why(people->db));
    struct sqlite_statement *s = query(people, "SELECT count(*) FROM sessions");
    uint32_t count = sqlite_step(s) == STATUS_OK ? (uint32_t)sqlite_number(s, 0) : 0;
    sqlite_reset(s);
    return count;
}
