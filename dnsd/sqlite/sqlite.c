/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sqlite - all that knows sqlite3.h.
 */
#include "sqlite/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Readers of history are of the writer's group, and note in the file's `-shm` where they read. */
enum { BUSY_MS = 5000, FILE_MODE = 0660 };

struct sqlite {
    sqlite3 *db;
};

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
        return STATUS_OK;
    case SQLITE_DONE:
        return STATUS_NOT_FOUND;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STATUS_AGAIN;
    case SQLITE_FULL:
        return STATUS_TOO_LONG;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STATUS_CORRUPT;
    case SQLITE_CONSTRAINT:
        return STATUS_EXISTS;
    default:
        return STATUS_SYSTEM;
    }
}

static enum status set_up(struct sqlite *db, enum sqlite_use use, const char *schema)
{
    sqlite3_extended_result_codes(db->db, 1);
    sqlite3_busy_timeout(db->db, BUSY_MS);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    enum status status = STATUS_OK;
    if (use == SQLITE_FOR_BLOBS)
        status = sqlite_run(db, "PRAGMA page_size=8192");
    if (status == STATUS_OK && use != SQLITE_FOR_READING)
        status = sqlite_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                                "PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=67108864");
    if (status == STATUS_OK && use == SQLITE_FOR_READING)
        status = sqlite_run(db, "PRAGMA query_only=ON");
    if (status == STATUS_OK && use != SQLITE_FOR_READING)
        status = sqlite_run(db, schema);
    if (status == STATUS_OK && use == SQLITE_FOR_READING) /* whether it is a database at all */
        status = sqlite_run(db, "SELECT count(*) FROM sqlite_master");
    return status;
}

/* SQLite would make it with mode 0644; `-wal` and `-shm` get the mode of the file. */
static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return; /* it is there, or sqlite3_open_v2() says why not */
    (void)!fchmod(fd, FILE_MODE);
    close(fd);
}

/* Readers open it for writing too: in WAL mode they note where they read. `query_only` keeps them
 * from anything else. */
enum status sqlite_open(const char *path, enum sqlite_use use, const char *schema,
                        char why[SQLITE_WHY_SIZE], struct sqlite **out)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                      (use != SQLITE_FOR_READING ? SQLITE_OPEN_CREATE : 0);
    struct sqlite *db = calloc(1, sizeof *db);

    snprintf(why, SQLITE_WHY_SIZE, "out of memory");
    if (db == NULL)
        return STATUS_NO_MEMORY;
    if (use == SQLITE_FOR_READING && access(path, F_OK) != 0) {
        snprintf(why, SQLITE_WHY_SIZE, "%.200s is not there", path);
        free(db);
        return STATUS_AGAIN;
    }
    if (use != SQLITE_FOR_READING)
        make_file(path);
    int code = sqlite3_open_v2(path, &db->db, flags, NULL);
    enum status status = status_of(code);
    if (status == STATUS_OK)
        status = set_up(db, use, schema);
    if (status != STATUS_OK) {
        snprintf(why, SQLITE_WHY_SIZE, "%.150s: %.90s", path, sqlite_why(db));
        sqlite_close(db);
        return status;
    }
    *out = db;
    return STATUS_OK;
}

void sqlite_close(struct sqlite *db)
{
    if (db == NULL)
        return;
    sqlite3_close(db->db);
    free(db);
}

enum status sqlite_run(struct sqlite *db, const char *text)
{
    return status_of(sqlite3_exec(db->db, text, NULL, NULL, NULL));
}

const char *sqlite_why(struct sqlite *db)
{
    return db->db == NULL ? "out of memory" : sqlite3_errmsg(db->db);
}

int64_t sqlite_last_id(struct sqlite *db)
{
    return sqlite3_last_insert_rowid(db->db);
}

int64_t sqlite_changes(struct sqlite *db)
{
    return sqlite3_changes64(db->db);
}

/* A statement of ours is SQLite's own, under another name. */
static sqlite3_stmt *of(struct sqlite_statement *s)
{
    return (sqlite3_stmt *)s;
}

struct sqlite_statement *sqlite_prepare(struct sqlite *db, const char *text)
{
    sqlite3_stmt *made = NULL;
    if (sqlite3_prepare_v3(db->db, text, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL) != SQLITE_OK)
        return NULL;
    return (struct sqlite_statement *)made;
}

void sqlite_free(struct sqlite_statement *statement)
{
    sqlite3_finalize(of(statement));
}

void sqlite_bind_number(struct sqlite_statement *s, int at, int64_t value)
{
    sqlite3_bind_int64(of(s), at, value);
}

void sqlite_bind_text(struct sqlite_statement *s, int at, const char *text)
{
    sqlite3_bind_text(of(s), at, text, -1, SQLITE_STATIC);
}

void sqlite_bind_blob(struct sqlite_statement *s, int at, struct span bytes)
{
    sqlite3_bind_blob(of(s), at, bytes.length == 0 ? (const void *)"" : bytes.at, (int)bytes.length,
                      SQLITE_STATIC);
}

void sqlite_bind_null(struct sqlite_statement *s, int at)
{
    sqlite3_bind_null(of(s), at);
}

enum status sqlite_step(struct sqlite_statement *s)
{
    return status_of(sqlite3_step(of(s)));
}

void sqlite_reset(struct sqlite_statement *s)
{
    sqlite3_reset(of(s));
}

enum status sqlite_do(struct sqlite_statement *s)
{
    enum status status = sqlite_step(s);
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

int64_t sqlite_number(struct sqlite_statement *s, int column)
{
    return sqlite3_column_int64(of(s), column);
}

const char *sqlite_text(struct sqlite_statement *s, int column)
{
    const unsigned char *text = sqlite3_column_text(of(s), column);
    return text == NULL ? "" : (const char *)text;
}

struct span sqlite_bytes(struct sqlite_statement *s, int column)
{
    const void *at = sqlite3_column_blob(of(s), column);
    return span_of(at, (size_t)sqlite3_column_bytes(of(s), column));
}

bool sqlite_is_null(struct sqlite_statement *s, int column)
{
    return sqlite3_column_type(of(s), column) == SQLITE_NULL;
}
