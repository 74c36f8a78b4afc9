/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * database - people.sqlite and its lines: how a change becomes a line and rows, or neither.
 *
 * Used by people's own files. Rows and the number of the line they stand for are one transaction,
 * which ends after the line is on the disk. What a crash leaves behind the rows is made again from
 * the lines, but for passwords and secrets: that is said in a line.
 */
#ifndef PEOPLE_DATABASE_H
#define PEOPLE_DATABASE_H

#include "base/hash.h"
#include "config/config.h"
#include "people/audit.h"
#include "sqlite/sqlite.h"

#define DATABASE_FILE "people.sqlite"

enum {
    META_SIZE = 32,
    QUERIES_MOST = 80,
    SOURCES_LIMITED = 512,
    KEY_SIZE = 32,
    HASH_TEXT_SIZE = 128
};

struct query {
    const char *text;
    struct sqlite_statement *statement;
};

struct people {
    struct sqlite *db;
    struct audit *audit;
    struct people_limits limits;
    bool only_reads, is_behind;   /* behind: a line is there, and its rows are not */
    uint8_t key[KEY_SIZE];        /* of CSRF tokens of those who have no session */
    char unknown[HASH_TEXT_SIZE]; /* what the password of an unknown name is compared with */
    /* How far the checks of passwords have used up time, of whom (login.c). */
    clock_us strangers, known, per_source[SOURCES_LIMITED];
    struct hash_key source_key;
    clock_us failed_lines; /* the same for lines about failed logins, */
    uint64_t failed_left_out;
    /* The chain, as it was verified last, and of which version of the file. */
    uint64_t verified[AUDIT_VERSION], verified_lines;
    bool is_whole;
    char broken[PEOPLE_WHY_SIZE];
    char folder[CONFIG_PATH_SIZE];
    size_t query_count;
    struct query queries[QUERIES_MOST];
};

/* STATUS_AGAIN: only to read, and there is none. */
MUST_USE enum status database_open(struct people *people, char why[PEOPLE_WHY_SIZE]);

/* The statement of this text, made once; texts are told apart by their place. */
struct sqlite_statement *query(struct people *people, const char *text);

/* Whether something can be changed now. STATUS_OK begins what change_end() or change_undo() ends.
 */
MUST_USE enum status change_begin(struct people *people, clock_us now);
/* A line of the program's own. */
MUST_USE enum status change_say(struct people *people, enum act act, clock_us now,
                                const char *about, const char *reason);
/* Makes rows for the lines that have none. */
MUST_USE enum status change_catch_up(struct people *people, clock_us now);
void change_undo(struct people *people);
/* `so_far` of what the caller did itself. Rows, the line, the end; or nothing of it, with `why`
 * (may be NULL). */
MUST_USE enum status change_end(struct people *people, enum status so_far,
                                const struct change *change, char *why);
/* The same for what is no line: sessions, tries. */
MUST_USE enum status change_end_silent(struct people *people, enum status so_far);

/* Makes the rows that a change stands for; `again`: from a line, without its secrets. */
MUST_USE enum status change_apply(struct people *people, const struct change *change, bool again);

/* Meta. */
MUST_USE enum status meta_keep(struct people *people, const char *name, uint64_t number,
                               struct span bytes);
/* STATUS_NOT_FOUND; zeros where no bytes were kept. */
MUST_USE enum status meta_find(struct people *people, const char *name, uint64_t *number,
                               uint8_t bytes[META_SIZE]);

#endif
