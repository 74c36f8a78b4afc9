/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - the file, its transactions, and the small tables.
 */
#include "store/summary_parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static_assert((int)STORE_WHY_SIZE >= (int)SQLITE_WHY_SIZE, "what SQLite says fits");

enum { SCHEMA_VERSION = 2, PATH_SIZE = CONFIG_PATH_SIZE + 32 };

/* Times are microseconds since 1970. evidence, ways, days and names of an incident are blobs:
 * summary_incidents.c says how. `settled` only grows, so that a commit writes. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS schema (version INTEGER NOT NULL,"
    " settled INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO schema (version) SELECT 2 WHERE NOT EXISTS (SELECT 1 FROM schema);"
    "CREATE TABLE IF NOT EXISTS sources (number INTEGER PRIMARY KEY, folder TEXT NOT NULL,"
    " gateway TEXT NOT NULL, program TEXT NOT NULL, sequence INTEGER NOT NULL,"
    " hash BLOB NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,"
    " read_at INTEGER NOT NULL, lines INTEGER NOT NULL, breaks INTEGER NOT NULL,"
    " missing INTEGER NOT NULL, lost INTEGER NOT NULL, sampled INTEGER NOT NULL,"
    " broken TEXT NOT NULL, broken_at INTEGER NOT NULL, is_past INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS health (gateway TEXT NOT NULL, program TEXT NOT NULL,"
    " dropped INTEGER NOT NULL, flows_full INTEGER NOT NULL, gather_full INTEGER NOT NULL,"
    " events_lost INTEGER NOT NULL, blind_us INTEGER NOT NULL, restarts INTEGER NOT NULL,"
    " last_at INTEGER NOT NULL, last_bad_at INTEGER NOT NULL, last_bad TEXT NOT NULL,"
    " PRIMARY KEY (gateway, program)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS hits (list TEXT NOT NULL, rule TEXT NOT NULL,"
    " rows INTEGER NOT NULL, stopped INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, PRIMARY KEY (list, rule)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS devices (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " known INTEGER NOT NULL, mac BLOB, host TEXT NOT NULL, tag TEXT NOT NULL,"
    " owner TEXT NOT NULL, grp TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " latest TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS devices_last ON devices (last);"
    "CREATE TABLE IF NOT EXISTS addresses (device INTEGER NOT NULL, address TEXT NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, rows INTEGER NOT NULL,"
    " PRIMARY KEY (device, address)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS incidents (id INTEGER PRIMARY KEY, device INTEGER NOT NULL,"
    " app TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, stopped INTEGER NOT NULL, unresolved INTEGER NOT NULL,"
    " built_in INTEGER NOT NULL, decided_at INTEGER NOT NULL, evidence BLOB NOT NULL,"
    " ways BLOB NOT NULL, days BLOB NOT NULL, installed_days BLOB NOT NULL,"
    " names BLOB NOT NULL, list TEXT NOT NULL, rule TEXT NOT NULL, source TEXT NOT NULL,"
    " authority TEXT NOT NULL, ticket TEXT NOT NULL, grp TEXT NOT NULL,"
    " gateway TEXT NOT NULL, UNIQUE (device, app));"
    "CREATE INDEX IF NOT EXISTS incidents_last ON incidents (last)";

#define SOURCE_COLUMNS                                                                             \
    "number, folder, gateway, program, sequence, hash, first_at, last_at, read_at, lines, "        \
    "breaks, missing, lost, sampled, broken, broken_at, is_past"
#define HEALTH_COLUMNS                                                                             \
    "gateway, program, dropped, flows_full, gather_full, events_lost, blind_us, restarts, "        \
    "last_at, last_bad_at, last_bad"
#define DEVICE_COLUMNS                                                                             \
    "number, key, known, mac, host, tag, owner, grp, first, last, latest, "                        \
    "(SELECT count(*) FROM incidents WHERE device = number), "                                     \
    "(SELECT total(attempts) FROM incidents WHERE device = number), "                              \
    "(SELECT total(stopped) FROM incidents WHERE device = number)"
#define INCIDENT_COLUMNS                                                                           \
    "id, device, app, first, last, attempts, stopped, unresolved, built_in, decided_at, "          \
    "evidence, ways, days, installed_days, names, list, rule, source, authority, ticket, grp, "    \
    "gateway"
#define LATEST_INCIDENT                                                                            \
    "SET first = ?4, last = ?5, attempts = ?6, stopped = ?7, unresolved = ?8, built_in = ?9, "     \
    "decided_at = ?10, evidence = ?11, ways = ?12, days = ?13, installed_days = ?14, "             \
    "names = ?15, list = ?16, rule = ?17, source = ?18, authority = ?19, ticket = ?20, "           \
    "grp = ?21, gateway = ?22"

/* What an inventory or a lease does not say now does not erase what one said before; of two that
 * say something the one of the later event holds, whichever is read first. */
static const char *const texts[SUMMARY_STATEMENTS] = {
    [ASK_SCHEMA_VERSION] = "SELECT version FROM schema",
    [ASK_DATA_VERSION] = "PRAGMA data_version",
    [SETTLE] = "UPDATE schema SET settled = settled + 1",
    [ASK_SOURCES] = "SELECT " SOURCE_COLUMNS " FROM sources ORDER BY number",
    [KEEP_SOURCE] = "INSERT OR REPLACE INTO sources (" SOURCE_COLUMNS ") VALUES "
                    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [ASK_HEALTH] = "SELECT " HEALTH_COLUMNS " FROM health ORDER BY gateway, program",
    [ADD_HEALTH] =
        "INSERT INTO health (" HEALTH_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?) "
        "ON CONFLICT DO UPDATE SET dropped = dropped + ?3, flows_full = flows_full + ?4, "
        "gather_full = gather_full + ?5, events_lost = events_lost + ?6, "
        "blind_us = blind_us + ?7, restarts = restarts + ?8, last_at = max(last_at, ?9), "
        "last_bad = iif(?10 >= last_bad_at AND ?11 <> '', ?11, last_bad), "
        "last_bad_at = max(last_bad_at, ?10)",
    [ASK_HITS] = "SELECT list, rule, rows, stopped, first, last FROM hits "
                 "WHERE ?1 IS NULL OR list = ?1 ORDER BY list, rule",
    [ADD_HITS] = "INSERT INTO hits (list, rule, rows, stopped, first, last) VALUES (?,?,?,?,?,?) "
                 "ON CONFLICT DO UPDATE SET rows = rows + ?3, stopped = stopped + ?4, "
                 "first = min(first, ?5), last = max(last, ?6)",
    [KEEP_DEVICE] =
        "INSERT INTO devices (key, known, mac, host, tag, owner, grp, first, last, latest) "
        "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) ON CONFLICT (key) DO UPDATE SET "
        "known = max(known, ?2), "
        "mac = iif(?3 IS NULL OR (?9 < last AND mac IS NOT NULL), mac, ?3), "
        "host = iif(?4 = '' OR (?9 < last AND host <> ''), host, ?4), "
        "tag = iif(?5 = '' OR (?9 < last AND tag <> ''), tag, ?5), "
        "owner = iif(?6 = '' OR (?9 < last AND owner <> ''), owner, ?6), "
        "grp = iif(?7 = '' OR (?9 < last AND grp <> ''), grp, ?7), "
        "latest = iif(?9 >= last AND ?10 <> '', ?10, latest), "
        "first = iif(?8 = 0 OR (first > 0 AND first < ?8), first, ?8), last = max(last, ?9) "
        "RETURNING number",
    [KEEP_ADDRESS] = "INSERT INTO addresses (device, address, first, last, rows) "
                     "VALUES (?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET first = min(first, ?3), "
                     "last = max(last, ?4), rows = rows + ?5",
    [ASK_DEVICE] = "SELECT " DEVICE_COLUMNS " FROM devices WHERE number = ?1",
    [ASK_DEVICES] =
        "SELECT " DEVICE_COLUMNS " FROM devices WHERE ?1 IS NULL "
        "OR key LIKE ?1 ESCAPE '\\' OR host LIKE ?1 ESCAPE '\\' OR owner LIKE ?1 ESCAPE '\\' "
        "OR tag LIKE ?1 ESCAPE '\\' OR EXISTS (SELECT 1 FROM addresses "
        "WHERE device = number AND address LIKE ?1 ESCAPE '\\') "
        "ORDER BY last DESC, number DESC LIMIT -1 OFFSET ?2",
    [ASK_ADDRESSES] = "SELECT address, first, last, rows FROM addresses WHERE device = ?1 "
                      "ORDER BY last DESC, address",
    [NEW_INCIDENT] = "INSERT INTO incidents (" INCIDENT_COLUMNS ") VALUES "
                     "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
                     "ON CONFLICT (device, app) DO UPDATE " LATEST_INCIDENT " RETURNING id",
    [KEEP_INCIDENT] = "UPDATE incidents " LATEST_INCIDENT " WHERE id = ?1 RETURNING id",
    [ASK_INCIDENT] = "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE id = ?1",
    [ASK_INCIDENT_OF] = "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE device = ?1 AND app = ?2",
    [ASK_INCIDENTS] =
        "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE last >= ?1 ORDER BY last DESC, id DESC",
    [ASK_INCIDENTS_OF] = "SELECT " INCIDENT_COLUMNS " FROM incidents WHERE device = ?2 "
                         "AND last >= ?1 ORDER BY last DESC, id DESC",
};

struct sqlite_statement *summary_statement(struct summary *summary, enum summary_statement which)
{
    if (summary->statement[which] == NULL)
        summary->statement[which] = sqlite_prepare(summary->db, texts[which]);
    return summary->statement[which];
}

void summary_text(struct sqlite_statement *s, int column, char *out, size_t size)
{
    snprintf(out, size, "%s", sqlite_text(s, column));
}

/* A reader may come between the making of the file and that of its tables. */
static enum status check_version(struct summary *summary, const char *path,
                                 char why[STORE_WHY_SIZE])
{
    struct sqlite_statement *s = summary_statement(summary, ASK_SCHEMA_VERSION);
    enum status status = s == NULL ? STATUS_NOT_FOUND : sqlite_step(s);
    int64_t version = status == STATUS_OK ? sqlite_number(s, 0) : 0;

    if (s != NULL)
        sqlite_reset(s);
    if (status == STATUS_NOT_FOUND) {
        snprintf(why, STORE_WHY_SIZE, "%.200s has nothing in it yet", path);
        return STATUS_AGAIN;
    }
    if (status == STATUS_OK && version != SCHEMA_VERSION) {
        snprintf(why, STORE_WHY_SIZE,
                 "%.100s is of another version (%d; this is %d): stop consoled and delete all in "
                 "its folder but leases.log; it is made again from the event files",
                 path, (int)version, SCHEMA_VERSION);
        return STATUS_UNSUPPORTED;
    }
    if (status != STATUS_OK)
        snprintf(why, STORE_WHY_SIZE, "%.150s: %.90s", path, sqlite_why(summary->db));
    return status;
}

enum status summary_open(const char *folder, bool writes, char why[STORE_WHY_SIZE],
                         struct summary **out)
{
    char path[PATH_SIZE];
    struct summary *summary = calloc(1, sizeof *summary);

    if (summary == NULL) {
        snprintf(why, STORE_WHY_SIZE, "out of memory");
        return STATUS_NO_MEMORY;
    }
    summary->writes = writes;
    snprintf(path, sizeof path, "%s/summary.sqlite", folder);
    enum status status = sqlite_open(path, writes ? SQLITE_FOR_WRITING : SQLITE_FOR_READING, schema,
                                     why, &summary->db);
    if (status == STATUS_OK)
        status = check_version(summary, path, why);
    if (status == STATUS_CORRUPT)
        snprintf(why, STORE_WHY_SIZE,
                 "%.100s is damaged: stop consoled and delete all in its folder but leases.log; it "
                 "is made again from the event files",
                 path);
    if (status != STATUS_OK) {
        summary_close(summary);
        return status;
    }
    *out = summary;
    return STATUS_OK;
}

void summary_close(struct summary *summary)
{
    if (summary == NULL)
        return;
    for (int i = 0; i < SUMMARY_STATEMENTS; i++)
        sqlite_free(summary->statement[i]);
    sqlite_close(summary->db);
    free(summary);
}

const char *summary_why(struct summary *summary)
{
    return sqlite_why(summary->db);
}

enum status summary_begin(struct summary *summary)
{
    return sqlite_run(summary->db, summary->writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

enum status summary_commit(struct summary *summary)
{
    enum status status = sqlite_run(summary->db, "COMMIT");

    if (status == STATUS_OK)
        summary->commits++;
    return status;
}

enum status summary_settle(struct summary *summary)
{
    struct sqlite_statement *s = summary_statement(summary, SETTLE);
    enum status status = s == NULL ? STATUS_SYSTEM : STATUS_OK;

    if (!summary->has_new_numbers)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = sqlite_run(summary->db, "PRAGMA synchronous=FULL");
    if (status == STATUS_OK)
        status = sqlite_do(s);
    if (status == STATUS_OK)
        status = sqlite_run(summary->db, "PRAGMA synchronous=NORMAL");
    summary->has_new_numbers = status != STATUS_OK;
    return status;
}

void summary_rollback(struct summary *summary)
{
    enum status status = sqlite_run(summary->db, "ROLLBACK");

    (void)status; /* whoever rolls back has failed already */
}

uint64_t summary_version(struct summary *summary)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_DATA_VERSION);
    uint64_t others = 0;

    if (s != NULL && sqlite_step(s) == STATUS_OK)
        others = (uint64_t)sqlite_number(s, 0);
    if (s != NULL)
        sqlite_reset(s);
    return others + summary->commits;
}

enum status summary_keep_source(struct summary *summary, struct log_source *source)
{
    struct binder b = {.s = summary_statement(summary, KEEP_SOURCE)};

    if (b.s == NULL)
        return STATUS_SYSTEM;
    if (source->number == 0)
        sqlite_bind_null(b.s, ++b.at);
    else
        bind_number(&b, source->number);
    bind_text(&b, source->folder);
    bind_text(&b, source->gateway);
    bind_text(&b, source->program);
    bind_number(&b, source->sequence);
    bind_blob(&b, span_of(source->hash, sizeof source->hash));
    bind_number(&b, source->first_at);
    bind_number(&b, source->last_at);
    bind_number(&b, source->read_at);
    bind_number(&b, source->lines);
    bind_number(&b, source->breaks);
    bind_number(&b, source->missing);
    bind_number(&b, source->lost);
    bind_number(&b, source->sampled);
    bind_text(&b, source->broken);
    bind_number(&b, source->broken_at);
    bind_number(&b, source->is_past);
    enum status status = sqlite_do(b.s);
    if (status == STATUS_OK && source->number == 0) {
        source->number = (uint32_t)sqlite_last_id(summary->db);
        summary->has_new_numbers = true;
    }
    return status;
}

static void source_take(struct sqlite_statement *s, struct log_source *out)
{
    struct binder b = {.s = s};

    *out = (struct log_source){0};
    out->number = (uint32_t)take_number(&b);
    take_text(&b, out->folder, sizeof out->folder);
    take_text(&b, out->gateway, sizeof out->gateway);
    take_text(&b, out->program, sizeof out->program);
    out->sequence = take_number(&b);
    struct span hash = sqlite_bytes(s, b.at++);
    if (hash.length == sizeof out->hash)
        memcpy(out->hash, hash.at, sizeof out->hash);
    out->first_at = take_number(&b);
    out->last_at = take_number(&b);
    out->read_at = take_number(&b);
    out->lines = take_number(&b);
    out->breaks = take_number(&b);
    out->missing = take_number(&b);
    out->lost = take_number(&b);
    out->sampled = take_number(&b);
    take_text(&b, out->broken, sizeof out->broken);
    out->broken_at = take_number(&b);
    out->is_past = take_number(&b) != 0;
}

enum status summary_sources(struct summary *summary,
                            bool (*on)(void *owner, const struct log_source *source), void *owner)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_SOURCES);
    enum status status;
    struct log_source source;

    if (s == NULL)
        return STATUS_SYSTEM;
    while ((status = sqlite_step(s)) == STATUS_OK) {
        source_take(s, &source);
        if (!on(owner, &source))
            break;
    }
    return summary_ended(s, status);
}

enum status summary_add_health(struct summary *summary, const struct health *more)
{
    struct binder b = {.s = summary_statement(summary, ADD_HEALTH)};

    if (b.s == NULL)
        return STATUS_SYSTEM;
    bind_text(&b, more->gateway);
    bind_text(&b, more->program);
    bind_number(&b, more->dropped);
    bind_number(&b, more->flows_full);
    bind_number(&b, more->gather_full);
    bind_number(&b, more->events_lost);
    bind_number(&b, more->blind_us);
    bind_number(&b, more->restarts);
    bind_number(&b, more->last_at);
    bind_number(&b, more->last_bad_at);
    bind_text(&b, more->last_bad);
    return sqlite_do(b.s);
}

static void health_take(struct sqlite_statement *s, struct health *out)
{
    struct binder b = {.s = s};

    take_text(&b, out->gateway, sizeof out->gateway);
    take_text(&b, out->program, sizeof out->program);
    out->dropped = take_number(&b);
    out->flows_full = take_number(&b);
    out->gather_full = take_number(&b);
    out->events_lost = take_number(&b);
    out->blind_us = take_number(&b);
    out->restarts = take_number(&b);
    out->last_at = take_number(&b);
    out->last_bad_at = take_number(&b);
    take_text(&b, out->last_bad, sizeof out->last_bad);
}

enum status summary_health(struct summary *summary,
                           bool (*on)(void *owner, const struct health *health), void *owner)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_HEALTH);
    enum status status;
    struct health health;

    if (s == NULL)
        return STATUS_SYSTEM;
    while ((status = sqlite_step(s)) == STATUS_OK) {
        health_take(s, &health);
        if (!on(owner, &health))
            break;
    }
    return summary_ended(s, status);
}

enum status summary_add_hits(struct summary *summary, const struct rule_hits *more)
{
    struct binder b = {.s = summary_statement(summary, ADD_HITS)};

    if (b.s == NULL)
        return STATUS_SYSTEM;
    bind_text(&b, more->list);
    bind_text(&b, more->rule);
    bind_number(&b, more->rows);
    bind_number(&b, more->stopped);
    bind_number(&b, more->first);
    bind_number(&b, more->last);
    return sqlite_do(b.s);
}

enum status summary_hits(struct summary *summary, const char *list,
                         bool (*on)(void *owner, const struct rule_hits *hits), void *owner)
{
    struct binder b = {.s = summary_statement(summary, ASK_HITS)};
    enum status status;

    if (b.s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_text(b.s, 1, list);
    while ((status = sqlite_step(b.s)) == STATUS_OK) {
        struct rule_hits hits;
        b.at = 0;
        take_text(&b, hits.list, sizeof hits.list);
        take_text(&b, hits.rule, sizeof hits.rule);
        hits.rows = take_number(&b);
        hits.stopped = take_number(&b);
        hits.first = take_number(&b);
        hits.last = take_number(&b);
        if (!on(owner, &hits))
            break;
    }
    return summary_ended(b.s, status);
}
