/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * database - opening, the order of line and rows, and what is made up for after a crash.
 */
#include "people/database.h"

#include "base/log.h"
#include "events/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* `hash` NULL: no password that would let anybody in. `lost`: there was one. */
static const char database_schema[] =
    "PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, number INTEGER, bytes BLOB)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS accounts(id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE COLLATE NOCASE, permission INTEGER NOT NULL,"
    " disabled INTEGER NOT NULL DEFAULT 0, must_change INTEGER NOT NULL DEFAULT 0,"
    " lost INTEGER NOT NULL DEFAULT 0, hash TEXT, language TEXT NOT NULL DEFAULT '',"
    " totp TEXT, totp_pending TEXT, totp_step INTEGER NOT NULL DEFAULT 0,"
    " created INTEGER NOT NULL, last_login INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS sessions(token BLOB PRIMARY KEY,"
    " account INTEGER NOT NULL REFERENCES accounts(id), made INTEGER NOT NULL,"
    " used INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS sessions_of ON sessions(account, used);"
    "CREATE TABLE IF NOT EXISTS tries(id INTEGER PRIMARY KEY, name BLOB NOT NULL,"
    " source TEXT NOT NULL, wrong INTEGER NOT NULL, locks INTEGER NOT NULL, last INTEGER NOT NULL,"
    " until INTEGER NOT NULL, UNIQUE(name, source));"
    "CREATE TABLE IF NOT EXISTS sources(source TEXT NOT NULL, account INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY(source, account)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS cases(device TEXT NOT NULL, app TEXT NOT NULL,"
    " state INTEGER NOT NULL, assignee TEXT NOT NULL, changed INTEGER NOT NULL,"
    " seen_until INTEGER NOT NULL, notes INTEGER NOT NULL, PRIMARY KEY(device, app)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS steps(sequence INTEGER PRIMARY KEY, device TEXT NOT NULL,"
    " app TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, state INTEGER, assignee TEXT,"
    " note TEXT);"
    "CREATE INDEX IF NOT EXISTS steps_of ON steps(device, app, sequence);"
    "CREATE TABLE IF NOT EXISTS lines(sequence INTEGER PRIMARY KEY, offset INTEGER NOT NULL,"
    " length INTEGER NOT NULL);";

/* Nobody else's to read, whatever the umask is. */
static bool make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

enum status database_open(struct people *people, char why[PEOPLE_WHY_SIZE])
{
    char path[CONFIG_PATH_SIZE + sizeof DATABASE_FILE + 1];
    snprintf(path, sizeof path, "%s/%s", people->folder, DATABASE_FILE);
    if (!people->only_reads && !make_private(path)) {
        snprintf(why, PEOPLE_WHY_SIZE, "%.180s: %s", path, strerror(errno));
        return STATUS_SYSTEM;
    }
    enum status status =
        sqlite_open(path, people->only_reads ? SQLITE_FOR_READING : SQLITE_FOR_WRITING,
                    database_schema, why, &people->db);
    if (status == STATUS_CORRUPT)
        snprintf(why, PEOPLE_WHY_SIZE,
                 "%.100s is broken: move it away, and accounts and cases are made again from %s",
                 path, AUDIT_FILE);
    return status;
}

struct sqlite_statement *query(struct people *people, const char *text)
{
    for (size_t i = 0; i < people->query_count; i++)
        if (people->queries[i].text == text) {
            sqlite_reset(people->queries[i].statement);
            return people->queries[i].statement;
        }
    struct sqlite_statement *made = sqlite_prepare(people->db, text);
    if (made == NULL || people->query_count == QUERIES_MOST) {
        log_error("people.sqlite: %s", sqlite_why(people->db));
        abort(); /* a mistake in a text of ours, or no memory */
    }
    people->queries[people->query_count++] = (struct query){text, made};
    return made;
}

enum status meta_keep(struct people *people, const char *name, uint64_t number, struct span bytes)
{
    struct sqlite_statement *s =
        query(people, "INSERT OR REPLACE INTO meta(name, number, bytes) VALUES(?1, ?2, ?3)");
    sqlite_bind_text(s, 1, name);
    sqlite_bind_number(s, 2, (int64_t)number);
    sqlite_bind_blob(s, 3, bytes);
    return sqlite_do(s);
}

enum status meta_find(struct people *people, const char *name, uint64_t *number,
                      uint8_t bytes[META_SIZE])
{
    struct sqlite_statement *s = query(people, "SELECT number, bytes FROM meta WHERE name = ?1");
    sqlite_bind_text(s, 1, name);
    enum status status = sqlite_step(s);
    if (status == STATUS_OK) {
        const struct span found = sqlite_bytes(s, 1);
        *number = (uint64_t)sqlite_number(s, 0);
        memset(bytes, 0, META_SIZE);
        if (found.length == META_SIZE)
            memcpy(bytes, found.at, META_SIZE);
        else if (found.length != 0)
            status = STATUS_CORRUPT;
    }
    sqlite_reset(s); /* a statement that stays open keeps the WAL from being begun anew */
    return status;
}

/* The rows that stand for a line: where it is, and that rows follow it up to here. */
static enum status line_keep(struct people *people, const struct audit_place *place,
                             const uint8_t hash[CHAIN_SIZE])
{
    struct sqlite_statement *s =
        query(people, "INSERT OR REPLACE INTO lines(sequence, offset, length) VALUES(?1, ?2, ?3)");
    sqlite_bind_number(s, 1, (int64_t)place->sequence);
    sqlite_bind_number(s, 2, (int64_t)place->offset);
    sqlite_bind_number(s, 3, (int64_t)place->length);
    enum status status = sqlite_do(s);
    if (status == STATUS_OK)
        status = meta_keep(people, "end", place->sequence, span_of(hash, CHAIN_SIZE));
    if (status == STATUS_OK)
        status = meta_keep(people, "behind", place->offset + place->length + 1, (struct span){0});
    return status;
}

/* A change. */

enum status change_begin(struct people *people, clock_us now)
{
    if (people->only_reads)
        return STATUS_REFUSED;
    enum status status = people->is_behind ? change_catch_up(people, now) : STATUS_OK;
    return status == STATUS_OK ? sqlite_run(people->db, "BEGIN IMMEDIATE") : status;
}

void change_undo(struct people *people)
{
    enum status status = sqlite_run(people->db, "ROLLBACK");
    if (status != STATUS_OK)
        log_debug("people.sqlite: nothing to take back: %s", sqlite_why(people->db));
}

static enum status told(struct people *people, enum status status, const char *what, char *why)
{
    log_error("%s: %s cannot be written: %s", people->folder, what,
              status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    if (why != NULL)
        snprintf(why, PEOPLE_WHY_SIZE,
                 "Nothing was changed: the console cannot write %s. The log says why.", what);
    return STATUS_SYSTEM;
}

enum status change_end_silent(struct people *people, enum status so_far)
{
    enum status status = so_far == STATUS_OK ? sqlite_run(people->db, "COMMIT") : so_far;
    if (status != STATUS_OK)
        change_undo(people);
    return status;
}

enum status change_end(struct people *people, enum status so_far, const struct change *change,
                       char *why)
{
    struct audit_place place;
    enum status status = so_far;
    if (status == STATUS_OK)
        status = change_apply(people, change, false);
    if (status != STATUS_OK) {
        change_undo(people);
        return so_far != STATUS_OK ? so_far : told(people, status, DATABASE_FILE, why);
    }
    status = audit_append(people->audit, change, &place);
    if (status != STATUS_OK) {
        change_undo(people);
        return told(people, status, AUDIT_FILE, why);
    }
    const struct chain end = audit_end(people->audit);
    status = change_end_silent(people, line_keep(people, &place, end.hash));
    if (status == STATUS_OK)
        return STATUS_OK;
    people->is_behind = true; /* the line holds */
    return told(people, status, DATABASE_FILE, why);
}

/* After a crash: rows for the lines that have none. */

struct catching {
    struct people *people;
    uint64_t from, lines, lost_line; /* from: number of the last line that has rows */
    char lost[PEOPLE_NAME_SIZE];     /* account */
};

static enum status on_line_without_rows(void *owner, const struct audit_visit *visit)
{
    struct catching *c = owner;
    struct change_line line;
    uint8_t hash[CHAIN_SIZE];
    if (visit->place.sequence <= c->from || audit_read(c->people->audit, visit, &line) != STATUS_OK)
        return STATUS_OK;
    const struct change *change = &line.change;
    const enum act act = change->act;
    enum status status = change_apply(c->people, change, true);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_EXISTS)
        return status;
    if (act == ACT_PASSWORD || act == ACT_PASSWORD_RESET || act == ACT_TOTP_ON) {
        c->lost_line = line.sequence;
        snprintf(c->lost, sizeof c->lost, "%s", change->about != NULL ? change->about : "");
    }
    c->lines++;
    digest_sha256(visit->raw, hash);
    return line_keep(c->people, &visit->place, hash);
}

/* A line of the program's own, with its rows. */
enum status change_say(struct people *people, enum act act, clock_us now, const char *about,
                       const char *reason)
{
    const struct by nobody = {.now = now};
    struct change change = change_of(act, &nobody);
    change.about = about;
    change.reason = reason;
    log_warning("%s: %s", people->folder, reason);
    enum status status = change_begin(people, now);
    return status == STATUS_OK ? change_end(people, STATUS_OK, &change, NULL) : status;
}

static enum status caught_up_say(struct people *people, clock_us now, const struct catching *c)
{
    char reason[PEOPLE_WHY_SIZE];
    if (c->from == 0 && c->lines > 0) {
        snprintf(reason, sizeof reason,
                 "there was no %s: accounts and cases were made again from %" PRIu64
                 " lines, without passwords and codes",
                 DATABASE_FILE, c->lines);
        return change_say(people, ACT_REBUILT, now, NULL, reason);
    }
    if (c->lost_line == 0)
        return STATUS_OK;
    snprintf(reason, sizeof reason,
             "the program ended before what line %" PRIu64 " says was kept; what was there "
             "before holds",
             c->lost_line);
    return change_say(people, ACT_LOST, now, c->lost, reason);
}

enum status change_catch_up(struct people *people, clock_us now)
{
    struct catching c = {.people = people};
    uint8_t bytes[META_SIZE];
    uint64_t behind = 0;
    enum status status = meta_find(people, "end", &c.from, bytes);
    if (status == STATUS_OK)
        status = meta_find(people, "behind", &behind, bytes);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    people->is_behind = false;
    if (audit_end(people->audit).sequence <= c.from)
        return STATUS_OK;
    status = change_begin(people, now);
    if (status == STATUS_OK)
        status =
            change_end_silent(people, audit_walk(people->audit, behind, on_line_without_rows, &c));
    if (status == STATUS_OK)
        status = caught_up_say(people, now, &c);
    people->is_behind = status != STATUS_OK;
    return status;
}
