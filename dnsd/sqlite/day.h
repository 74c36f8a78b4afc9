/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day - one file of the history: the rows of one day (UTC), `day-YYYYMMDD.sqlite`.
 *
 * Used by store_sqlite: the writer's side is day_write.h, the reader's day_read.h; here is what
 * both know. Rows stand in blocks of columns (block.h), those of the last commits in tails: small
 * blocks as one value, which become a block once there are enough. Texts are words with numbers; a
 * name's key is the name backwards, so that a name and all below it are one range. `hour` counts
 * rows by hour and words, `position` is how far each source was put. `PRAGMA user_version` is the
 * format: a file of a newer one is refused and stays as it is. Never knows other days.
 */
#ifndef SQLITE_DAY_H
#define SQLITE_DAY_H

#include "config/config.h"
#include "sqlite/block.h"
#include "sqlite/sqlite.h"

enum {
    DAY_FORMAT = 1, /* any change of what stands in a file is a new one */
    DAY_FILE_SIZE = 24,
    DAY_PATH_SIZE = CONFIG_PATH_SIZE + DAY_FILE_SIZE,
    DAY_KEY_SIZE = 1024
};

static const clock_us DAY_US = UINT64_C(86400000000);

/* Days are counted from 1970-01-01; the last one, 9999-12-31, takes all that is later. */
uint32_t day_of(clock_us at);
clock_us day_begin(uint32_t day);
clock_us day_end(uint32_t day);
/* "day-20261124.sqlite" */
const char *day_file(uint32_t day, char out[DAY_FILE_SIZE]);
bool day_from_file(const char *file, uint32_t *day);
const char *day_path(const char *folder, uint32_t day, char out[DAY_PATH_SIZE]);

struct day_files {
    uint32_t *days; /* in order */
    size_t count;
};
/* The days of a folder; STATUS_SYSTEM: it cannot be read. */
MUST_USE enum status day_files_list(const char *folder, struct day_files *out);
void day_files_free(struct day_files *files);
/* Bytes on disk, and the file's number; false: it is not there. */
bool day_file_facts(const char *folder, uint32_t day, uint64_t *bytes, uint64_t *inode);
/* Takes the file away. */
MUST_USE enum status day_file_remove(const char *folder, uint32_t day);

/* Whether we can read the file. STATUS_UNSUPPORTED: it is of a newer format, `why` says what to do.
 */
MUST_USE enum status day_format_check(struct sqlite *db, const char *path,
                                      char why[SQLITE_WHY_SIZE]);

extern const char day_schema[]; /* of DAY_FORMAT */
/* Columns of `hour`, by enum word. */
extern const char *const day_hour_columns[WORD_COUNT];

/* The key under which a word is found: names backwards and in lower case, others as they are. */
struct span day_key(enum text kind, struct span text, uint8_t room[DAY_KEY_SIZE]);
/* Whether a name is `zone` or below it, as a zone file shows them; letter case aside. */
bool day_name_is_below(struct span name, struct span zone);

/* The place of a column of a block in `part`, and of the n-th part of its lines in `line`. */
static inline int64_t day_part_id(enum column column, int64_t block)
{
    return (int64_t)column << 40 | block;
}

static inline int64_t day_line_id(int64_t block, uint32_t part)
{
    return block << 16 | part;
}

#endif
