/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sqlite - a SQLite file and its statements, with errors as our statuses.
 *
 * Used by day files, summary and people; only sqlite.c knows sqlite3.h. Every file is in WAL
 * mode with synchronous=NORMAL, foreign keys, and no extension, no double-quoted strings, no schema
 * it does not trust. Statements are made once and kept. Never shared between processes' forks.
 */
#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

#include "base/span.h"
#include "base/status.h"

enum { SQLITE_WHY_SIZE = 256 };

struct sqlite;
struct sqlite_statement;

enum sqlite_use {
    SQLITE_FOR_READING,
    SQLITE_FOR_WRITING,
    SQLITE_FOR_BLOBS /* writing; a new file has pages of 8 KiB */
};

/* `schema` is run when writing, each time: `CREATE TABLE IF NOT EXISTS …`. STATUS_AGAIN: a reader,
 * and there is no such file; STATUS_CORRUPT: it is none, or broken. */
MUST_USE enum status sqlite_open(const char *path, enum sqlite_use use, const char *schema,
                                 char why[SQLITE_WHY_SIZE], struct sqlite **out);
/* Its statements must be freed before. */
void sqlite_close(struct sqlite *db);

/* One or several statements without parameters: "BEGIN IMMEDIATE", "COMMIT". */
MUST_USE enum status sqlite_run(struct sqlite *db, const char *text);
/* What went wrong last, in words. */
const char *sqlite_why(struct sqlite *db);
int64_t sqlite_last_id(struct sqlite *db);
int64_t sqlite_changes(struct sqlite *db);

/* NULL: out of memory or a mistake in `text`, see sqlite_why(). */
struct sqlite_statement *sqlite_prepare(struct sqlite *db, const char *text);
void sqlite_free(struct sqlite_statement *statement);

/* Parameters count from 1; they stay bound until they are bound anew. A span must live until the
 * statement was reset. */
void sqlite_bind_number(struct sqlite_statement *s, int at, int64_t value);
void sqlite_bind_text(struct sqlite_statement *s, int at, const char *text); /* NULL: null */
void sqlite_bind_blob(struct sqlite_statement *s, int at, struct span bytes);
void sqlite_bind_null(struct sqlite_statement *s, int at);

/* STATUS_OK: a row; STATUS_NOT_FOUND: no further one; STATUS_AGAIN: others hold a lock too long;
 * STATUS_TOO_LONG: the disk is full. */
MUST_USE enum status sqlite_step(struct sqlite_statement *s);
void sqlite_reset(struct sqlite_statement *s);
/* A statement that gives no rows: step and reset; STATUS_OK when it was done. */
MUST_USE enum status sqlite_do(struct sqlite_statement *s);

/* Columns count from 0, and live until the next step or reset. */
int64_t sqlite_number(struct sqlite_statement *s, int column);
const char *sqlite_text(struct sqlite_statement *s, int column); /* null: "" */
struct span sqlite_bytes(struct sqlite_statement *s, int column);
bool sqlite_is_null(struct sqlite_statement *s, int column);

#endif
