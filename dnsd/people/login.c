/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * login - passwords and codes are checked slowly, seldom, and at the same cost for every name.
 */
#include "people/accounts.h"

#include "base/address.h"
#include "base/log.h"
#include "people/sessions.h"

#include <ctype.h>
#include <stdio.h>

enum {
    SECOND_US = 1000000,
    MINUTE_US = 60 * SECOND_US,
    LINE_US = 10000000, /* a line about a failed login */
    LINE_AHEAD_US = 199 * LINE_US,
    TRIES_MOST = 4096,
    TRIES_FORGOTTEN = 512, /* at a time */
    SOURCES_MOST = 16,     /* of an account */
    LOCK_STEPS = 16,
    SOURCE_SIZE = 64,
    PREFIX_BITS = 64,
};

/* ::1, of whose /64 it is all that there is. */
#define HERE_V6 "::"

static const clock_us HOUR_US = UINT64_C(3600000000);

/* A pace is kept by a time that moves on with each thing that is done, and may lie ahead of now so
 * far. */
struct pace {
    clock_us each, ahead;
    unsigned share; /* a check moves it on by this many times what it took, if that is more */
};
/* Of a processor's time strangers may have a sixth, addresses from which somebody had logged in
 * before a third. */
static const struct pace stranger_pace = {500000, 4500000, 6}, known_pace = {200000, 6000000, 3},
                         source_pace = {1000000, 5000000, 0},
                         line_pace = {LINE_US, LINE_AHEAD_US, 0};

static bool may_take(const struct pace *pace, const clock_us *at, clock_us now)
{
    /* Far ahead: the clock was set back. */
    return *at <= now + pace->ahead || *at > now + 2 * (pace->ahead + MINUTE_US);
}

static void take(const struct pace *pace, clock_us *at, clock_us now)
{
    if (*at < now || !may_take(pace, at, now) || *at > now + pace->ahead)
        *at = now;
    *at += pace->each;
}

/* Who comes from one /64 is one. */
static void source_of(const char *from, char out[SOURCE_SIZE])
{
    struct address address;
    snprintf(out, SOURCE_SIZE, "%s", from == NULL ? "" : from);
    if (address_parse(out, &address) != STATUS_OK)
        return;
    if (!address_is_ipv4(&address))
        address = address_mask(&address, PREFIX_BITS);
    address_text(&address, out);
}

static void name_digest(const char *name, uint8_t out[CHAIN_SIZE])
{
    char lower[PEOPLE_NAME_SIZE] = "";
    for (size_t i = 0; i + 1 < sizeof lower && name[i] != 0; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    token_digest(lower, out);
}

/* Whoever is on this machine, by ssh or at its keyboard, is no stranger: a flood of guesses from
 * outside does not lock the admin out of it. */
static bool is_here(const char *source)
{
    return strncmp(source, "127.", 4) == 0 || strcmp(source, HERE_V6) == 0;
}

/* `account` 0: anybody. */
static bool is_known(struct people *people, const char *source, int64_t account)
{
    if (is_here(source))
        return true;
    struct sqlite_statement *s = query(
        people, "SELECT 1 FROM sources WHERE source = ?1 AND (?2 = 0 OR account = ?2) LIMIT 1");
    sqlite_bind_text(s, 1, source);
    sqlite_bind_number(s, 2, account);
    bool known = sqlite_step(s) == STATUS_OK;
    sqlite_reset(s);
    return known;
}

/* Wrong tries of a name. An address from which its owner logged in before has a count of its own;
 * all strangers share one. So no stranger can lock the owner out there. */
struct tries {
    uint8_t name[CHAIN_SIZE];
    char source[SOURCE_SIZE];
    uint32_t wrong, locks;
    clock_us last, until;
};

static void tries_find(struct people *people, const struct trial *trial, struct tries *out)
{
    struct sqlite_statement *s = query(
        people, "SELECT wrong, locks, last, until FROM tries WHERE name = ?1 AND source = ?2");
    *out = (struct tries){0};
    name_digest(trial->row != NULL ? trial->row->account.name : trial->name, out->name);
    source_of(trial->from, out->source);
    if (!is_here(out->source) &&
        (trial->row == NULL || !is_known(people, out->source, trial->row->id)))
        out->source[0] = 0;
    sqlite_bind_blob(s, 1, span_of(out->name, sizeof out->name));
    sqlite_bind_text(s, 2, out->source);
    if (sqlite_step(s) == STATUS_OK) {
        out->wrong = (uint32_t)sqlite_number(s, 0);
        out->locks = (uint32_t)sqlite_number(s, 1);
        out->last = (clock_us)sqlite_number(s, 2);
        out->until = (clock_us)sqlite_number(s, 3);
    }
    sqlite_reset(s);
    const clock_us memory =
        4 * people->limits.lock_us > HOUR_US ? 4 * people->limits.lock_us : HOUR_US;
    if (trial->now > out->last + memory)
        out->wrong = out->locks = 0;
}

static enum status tries_keep(struct people *people, const struct tries *tries)
{
    struct sqlite_statement *s =
        query(people, "INSERT OR REPLACE INTO tries(name, source, wrong, locks, last, until)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    sqlite_bind_blob(s, 1, span_of(tries->name, sizeof tries->name));
    sqlite_bind_text(s, 2, tries->source);
    sqlite_bind_number(s, 3, tries->wrong);
    sqlite_bind_number(s, 4, tries->locks);
    sqlite_bind_number(s, 5, (int64_t)tries->last);
    sqlite_bind_number(s, 6, (int64_t)tries->until);
    enum status status = sqlite_do(s);
    s = query(people, "DELETE FROM tries WHERE (SELECT count(*) FROM tries) > ?1 AND id IN"
                      " (SELECT id FROM tries ORDER BY until, last LIMIT ?2)");
    sqlite_bind_number(s, 1, TRIES_MOST);
    sqlite_bind_number(s, 2, TRIES_FORGOTTEN);
    return status == STATUS_OK ? sqlite_do(s) : status;
}

static bool is_locked(struct people *people, const struct trial *trial)
{
    struct tries tries;
    tries_find(people, trial, &tries);
    return trial->now < tries.until;
}

enum status trial_begin(struct people *people, const struct trial *trial, bool *is_known_source)
{
    const clock_us now = trial->now;
    char source[SOURCE_SIZE];

    if (is_locked(people, trial))
        return STATUS_AGAIN;
    source_of(trial->from, source);
    bool known = is_known(people, source, 0);
    const struct pace *pace = known ? &known_pace : &stranger_pace;
    clock_us *all = known ? &people->known : &people->strangers;
    clock_us *own = &people->per_source[hash_bytes(&people->source_key, source, strlen(source)) %
                                        SOURCES_LIMITED];
    if (!may_take(pace, all, now) || (!known && !may_take(&source_pace, own, now)))
        return STATUS_AGAIN;
    take(pace, all, now);
    if (!known)
        take(&source_pace, own, now);
    *is_known_source = known;
    return STATUS_OK;
}

enum status trial_end(struct people *people, const struct trial *trial,
                      const struct password_job *job)
{
    const struct pace *pace = job->urgent ? &known_pace : &stranger_pace;
    clock_us *all = job->urgent ? &people->known : &people->strangers, more;
    more = job->spent * pace->share;
    if (more > pace->each)
        *all += more - pace->each;
    return is_locked(people, trial) ? STATUS_AGAIN : STATUS_OK;
}

/* Counts it; true: it locks. */
static bool count_wrong(struct people *people, const struct trial *trial)
{
    const struct people_limits *limits = &people->limits;
    struct tries tries;

    tries_find(people, trial, &tries);
    tries.last = trial->now;
    tries.wrong++;
    bool locks = limits->wrong_most > 0 && tries.wrong >= limits->wrong_most;
    if (locks) {
        clock_us lock = limits->lock_us / LOCK_STEPS;
        if (lock < SECOND_US)
            lock = SECOND_US;
        lock <<= tries.locks < 8 ? tries.locks : 8;
        tries.until = trial->now + (lock < limits->lock_us ? lock : limits->lock_us);
        tries.locks++;
        tries.wrong = limits->wrong_most - 1; /* the next wrong one locks again, longer */
    }
    enum status status = change_begin(people, trial->now);
    if (status == STATUS_OK)
        status = change_end_silent(people, tries_keep(people, &tries));
    if (status != STATUS_OK)
        log_error("%s: a wrong try cannot be counted: %s", people->folder, status_text(status));
    return locks;
}

static void line_write_of(struct people *people, const struct trial *trial, enum act act,
                          const char *reason)
{
    const struct by by = {NULL, trial->from, trial->now, NULL};
    struct change change = change_of(act, &by);
    /* What was typed as an unknown name may be somebody's password. */
    change.by = trial->row != NULL ? trial->row->account.name : NULL;
    change.reason = reason;
    change.count = people->failed_left_out;
    enum status status = change_begin(people, trial->now);
    if (status == STATUS_OK)
        status = change_end(people, STATUS_OK, &change, NULL);
    if (status == STATUS_OK)
        people->failed_left_out = 0;
}

void trial_wrong(struct people *people, const struct trial *trial, const char *reason)
{
    bool locks = count_wrong(people, trial);
    if (!may_take(&line_pace, &people->failed_lines, trial->now)) {
        people->failed_left_out++; /* nobody fills the disk by guessing */
        return;
    }
    take(&line_pace, &people->failed_lines, trial->now);
    line_write_of(people, trial, ACT_LOGIN_FAILED, reason);
    if (locks)
        line_write_of(people, trial, ACT_LOCKED, "too many wrong passwords or codes");
}

enum status trial_right(struct people *people, const struct trial *trial)
{
    struct tries tries;
    char source[SOURCE_SIZE];

    tries_find(people, trial, &tries);
    struct sqlite_statement *s = query(people, "DELETE FROM tries WHERE name = ?1 AND source = ?2");
    sqlite_bind_blob(s, 1, span_of(tries.name, sizeof tries.name));
    sqlite_bind_text(s, 2, tries.source);
    enum status status = sqlite_do(s);
    source_of(trial->from, source);
    s = query(people, "INSERT OR REPLACE INTO sources(source, account, last) VALUES(?1, ?2, ?3)");
    sqlite_bind_text(s, 1, source);
    sqlite_bind_number(s, 2, trial->row->id);
    sqlite_bind_number(s, 3, (int64_t)trial->now);
    if (status == STATUS_OK)
        status = sqlite_do(s);
    s = query(people, "DELETE FROM sources WHERE account = ?1 AND source NOT IN (SELECT source"
                      " FROM sources WHERE account = ?1 ORDER BY last DESC LIMIT ?2)");
    sqlite_bind_number(s, 1, trial->row->id);
    sqlite_bind_number(s, 2, SOURCES_MOST);
    return status == STATUS_OK ? sqlite_do(s) : status;
}

enum status trial_forget(struct people *people, const char *name)
{
    uint8_t digest[CHAIN_SIZE];
    struct sqlite_statement *s = query(people, "DELETE FROM tries WHERE name = ?1");
    name_digest(name, digest);
    sqlite_bind_blob(s, 1, span_of(digest, sizeof digest));
    return sqlite_do(s);
}

clock_us trial_locked_until(struct people *people, const char *name)
{
    uint8_t digest[CHAIN_SIZE];
    struct sqlite_statement *s =
        query(people, "SELECT coalesce(max(until), 0) FROM tries WHERE name = ?1");
    name_digest(name, digest);
    sqlite_bind_blob(s, 1, span_of(digest, sizeof digest));
    clock_us until = sqlite_step(s) == STATUS_OK ? (clock_us)sqlite_number(s, 0) : 0;
    sqlite_reset(s);
    return until;
}

/* Login. */

static enum status hash_renew(struct people *people, int64_t account, const char *hash)
{
    struct sqlite_statement *s = query(people, "UPDATE accounts SET hash = ?2 WHERE id = ?1");
    sqlite_bind_number(s, 1, account);
    sqlite_bind_text(s, 2, hash);
    return sqlite_do(s);
}

static enum status let_in(struct people *people, const struct trial *trial,
                          const struct password_job *job, uint64_t step, struct session *out)
{
    const struct by by = {trial->row->account.name, trial->from, trial->now, NULL};
    const struct change change = change_of(ACT_LOGIN, &by);
    enum status status = change_begin(people, trial->now);
    if (status != STATUS_OK)
        return status;
    status = trial_right(people, trial);
    struct sqlite_statement *s =
        query(people, "UPDATE accounts SET totp_step = max(totp_step, ?2) WHERE id = ?1");
    sqlite_bind_number(s, 1, trial->row->id);
    sqlite_bind_number(s, 2, (int64_t)step);
    if (status == STATUS_OK)
        status = sqlite_do(s);
    if (status == STATUS_OK && job->hash[0] != 0) /* it was an old one */
        status = hash_renew(people, trial->row->id, job->hash);
    if (status == STATUS_OK)
        status = session_new(people, trial->row, trial->now, out);
    status = change_end(people, status, &change, NULL);
    out->account.last_login = trial->now;
    return status;
}

/* `trial->row` becomes NULL when there is no such account. */
static enum status login_find(struct people *people, const struct credentials *login,
                              struct account_row *row, struct trial *trial)
{
    *trial = (struct trial){login->name, login->from, row, login->now};
    enum status status = account_find(people, login->name, row);
    if (status == STATUS_NOT_FOUND)
        trial->row = NULL;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status people_login_begin(struct people *people, const struct credentials *login,
                               struct password_job *job)
{
    struct account_row row;
    struct trial trial;

    *job = (struct password_job){0};
    enum status status = login_find(people, login, &row, &trial);
    if (status == STATUS_OK)
        status = trial_begin(people, &trial, &job->urgent);
    if (status != STATUS_OK)
        return status;
    if (strlen(login->password) > PASSWORD_MOST) {
        trial_wrong(people, &trial, "the password is wrong");
        return STATUS_REFUSED;
    }
    bool has_hash = trial.row != NULL && row.has_hash;
    password_job_compare(job, has_hash ? row.hash : people->unknown, login->password);
    if (has_hash && password_is_old(row.hash))
        password_job_make(job, login->password);
    return STATUS_OK;
}

enum status people_login_end(struct people *people, const struct credentials *login,
                             const struct password_job *job, struct session *out)
{
    struct account_row row;
    struct trial trial;
    uint64_t step = 0;

    enum status status = login_find(people, login, &row, &trial);
    if (status == STATUS_OK)
        status = trial_end(people, &trial, job);
    if (status != STATUS_OK)
        return status;
    const char *wrong = trial.row == NULL                           ? "there is no such account"
                        : !row.has_hash                             ? "the account has no password"
                        : !job->is_right || !account_has(&row, job) ? "the password is wrong"
                        : row.account.is_disabled                   ? "the account is disabled"
                                                                    : NULL;
    if (wrong == NULL && row.account.has_totp && (login->code == NULL || login->code[0] == 0))
        return STATUS_INVALID;
    if (wrong == NULL && row.account.has_totp &&
        !totp_is_right(row.totp, login->code, login->now, row.totp_step, &step))
        wrong = "the code is wrong, or was used before";
    if (wrong != NULL) {
        trial_wrong(people, &trial, wrong);
        return STATUS_REFUSED;
    }
    return let_in(people, &trial, job, step, out);
}
