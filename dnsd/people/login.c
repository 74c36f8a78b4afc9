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
#include <time.h>

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

static const clock_us HOUR_US = UINT64_C(3600000000);

/* A pace is kept by a time that moves on with each thing that is done, and may lie ahead of now so
 * far. */
struct pace {
    clock_us each, ahead;
    unsigned share; /* a check moves it on by this many times what it took, if that is more */
};
/* A check keeps the one process that serves the page busy for its whole time: strangers may have a
 * sixth of it, addresses from which somebody had logged in before a third. */
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

/* What a check takes of strangers is the time that the page waits; of known people, the work. So a
 * machine that is busy with other things does not keep them out. */
static clock_us time_used(const struct people *people)
{
    struct timespec t = {0};
    bool known = people->checking == &people->known;
    clock_gettime(known ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (clock_us)t.tv_sec * SECOND_US + (clock_us)t.tv_nsec / 1000;
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

/* `account` 0: anybody. */
static bool is_known(struct people *people, const char *source, int64_t account)
{
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
    if (trial->row == NULL || !is_known(people, out->source, trial->row->id))
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

enum status trial_begin(struct people *people, const struct trial *trial)
{
    const clock_us now = trial->now;
    char source[SOURCE_SIZE];
    struct tries tries;

    tries_find(people, trial, &tries);
    if (now < tries.until)
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
    people->checking = all;
    people->check_began = time_used(people);
    return STATUS_OK;
}

void trial_checked(struct people *people)
{
    const struct pace *pace = people->checking == &people->known ? &known_pace : &stranger_pace;
    clock_us more = (time_used(people) - people->check_began) * pace->share;
    if (more > pace->each)
        *people->checking += more - pace->each;
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

/* A hash made with less work than today's is made anew. Not being able to is no reason to refuse.
 */
static void rehash(struct people *people, const struct account_row *row, const char *password)
{
    char hash[PASSWORD_HASH_SIZE];
    struct sqlite_statement *s = query(people, "UPDATE accounts SET hash = ?2 WHERE id = ?1");
    if (!password_is_old(row->hash) || password_hash(password, hash) != STATUS_OK)
        return;
    sqlite_bind_number(s, 1, row->id);
    sqlite_bind_text(s, 2, hash);
    if (sqlite_do(s) != STATUS_OK)
        log_warning("%s: a password's hash stays an old one", people->folder);
}

static enum status let_in(struct people *people, const struct trial *trial, const char *password,
                          uint64_t step, struct session *out)
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
    rehash(people, trial->row, password);
    if (status == STATUS_OK)
        status = session_new(people, trial->row, trial->now, out);
    status = change_end(people, status, &change, NULL);
    out->account.last_login = trial->now;
    return status;
}

enum status people_login(struct people *people, const char *name, const char *password,
                         const char *code, const char *from, clock_us now, struct session *out)
{
    struct account_row row;
    uint64_t step = 0;
    struct trial trial = {name, from, &row, now};

    enum status status = account_find(people, name, &row);
    if (status == STATUS_NOT_FOUND)
        trial.row = NULL;
    else if (status != STATUS_OK)
        return status;
    status = trial_begin(people, &trial);
    if (status != STATUS_OK)
        return status;
    bool has_hash = trial.row != NULL && row.has_hash;
    bool is_right = strlen(password) <= PASSWORD_MOST &&
                    password_is(has_hash ? row.hash : people->unknown, password);
    trial_checked(people);
    const char *wrong = trial.row == NULL         ? "there is no such account"
                        : !has_hash               ? "the account has no password"
                        : !is_right               ? "the password is wrong"
                        : row.account.is_disabled ? "the account is disabled"
                                                  : NULL;
    if (wrong == NULL && row.account.has_totp && (code == NULL || code[0] == 0))
        return STATUS_INVALID;
    if (wrong == NULL && row.account.has_totp &&
        !totp_is_right(row.totp, code, now, row.totp_step, &step))
        wrong = "the code is wrong, or was used before";
    if (wrong != NULL) {
        trial_wrong(people, &trial, wrong);
        return STATUS_REFUSED;
    }
    return let_in(people, &trial, password, step, out);
}
