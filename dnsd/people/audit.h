/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * audit - the file audit.jsonl: lines are appended, each with the hash of the one before, and read.
 *
 * Used by database. A line is on the disk before its rows are. One process writes; half a line at
 * the end is moved into a file of its own. Never changes or removes a whole line.
 */
#ifndef PEOPLE_AUDIT_H
#define PEOPLE_AUDIT_H

#include "people/change.h"

#define AUDIT_FILE "audit.jsonl"

enum { AUDIT_VERSION = 3 };

struct audit;

/* `writes` false: only reads. STATUS_AGAIN: another process writes there; STATUS_NOT_FOUND: only
 * reads, and there is no file. */
MUST_USE enum status audit_open(const char *folder, bool writes, clock_us now,
                                char why[PEOPLE_WHY_SIZE], struct audit **out);
void audit_close(struct audit *audit);

/* Of the last line. */
struct chain audit_end(const struct audit *audit);
/* The next line is chained to this one, whatever stands in the file. */
void audit_go_on_from(struct audit *audit, const struct chain *chain);
/* How many bytes of half a line were moved when it was opened. */
uint64_t audit_torn_bytes(const struct audit *audit);

/* Where a line stands. */
struct audit_place {
    uint64_t sequence, offset, length; /* without the newline */
};
/* On the disk when it returns STATUS_OK; nothing is kept otherwise. */
MUST_USE enum status audit_append(struct audit *audit, const struct change *change,
                                  struct audit_place *out);
/* All lines from `offset` on, where one begins. The callback gives another status than OK to end.
 */
struct audit_visit {
    struct audit_place place; /* sequence 0: it is none of ours */
    uint64_t number;          /* of the line in what was read, from 1 */
    struct span raw;
    uint8_t hash[CHAIN_SIZE]; /* that it carries */
};
MUST_USE enum status audit_walk(struct audit *audit, uint64_t offset,
                                enum status (*on)(void *owner, const struct audit_visit *visit),
                                void *owner);
/* What a visited line says; `out` lives until the next call. */
MUST_USE enum status audit_read(struct audit *audit, const struct audit_visit *visit,
                                struct change_line *out);
/* Changes whenever the file does. */
MUST_USE enum status audit_version(const struct audit *audit, uint64_t version[AUDIT_VERSION]);
/* One line; `out` and `raw` (with a zero behind it) live until the next call. */
MUST_USE enum status audit_at(struct audit *audit, const struct audit_place *place,
                              struct change_line *out, const char **raw);

#endif
