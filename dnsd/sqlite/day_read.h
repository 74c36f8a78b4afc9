/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_read - what stands in the file of a day: its blocks, columns, lines and words.
 *
 * Used by day_search and store_sqlite. Between begin and end all is as it was at the begin,
 * whatever the writer does meanwhile. Remembers words and lines that were read lately, within
 * limits. Never writes.
 */
#ifndef SQLITE_DAY_READ_H
#define SQLITE_DAY_READ_H

#include "sqlite/day.h"

enum { DAY_WORDS_MOST = 20000 }; /* of a set that is asked for by range */

struct day_reader;

/* `packer` stays the caller's. STATUS_AGAIN: no such file, or it was only just made;
 * STATUS_CORRUPT; STATUS_UNSUPPORTED: it is of a newer format. */
MUST_USE enum status day_reader_open(const char *folder, uint32_t day, struct packer *packer,
                                     char why[SQLITE_WHY_SIZE], struct day_reader **out);
void day_reader_close(struct day_reader *reader);
const char *day_reader_why(struct day_reader *reader);
struct sqlite *day_reader_db(struct day_reader *reader);

MUST_USE enum status day_reader_begin(struct day_reader *reader);
void day_reader_end(struct day_reader *reader);

struct day_block {
    int64_t id;
    bool is_tail;
    uint32_t rows;
    clock_us first, last;
};
/* Those that may hold rows of from <= at <= last, in no order; they live until the next call. */
MUST_USE enum status day_reader_blocks(struct day_reader *reader, clock_us from, clock_us last,
                                       struct day_block **out, uint32_t *count);
MUST_USE enum status day_reader_values(struct day_reader *reader, const struct day_block *block,
                                       enum column column, struct block_values *out);
/* The line of one row; lives until the next call. */
MUST_USE enum status day_reader_line(struct day_reader *reader, const struct day_block *block,
                                     uint32_t row, struct span *out);

/* The text of a word; it lives until day_reader_forget_some() or the end. 0 is "". */
MUST_USE enum status day_reader_word(struct day_reader *reader, uint32_t id, struct span *out);
/* To be called now and then, when no text is in use. */
void day_reader_forget_some(struct day_reader *reader);
/* STATUS_NOT_FOUND: the day has no such word. */
MUST_USE enum status day_reader_find_word(struct day_reader *reader, enum text kind,
                                          struct span text, uint32_t *id);
/* All words of a kind whose key is `from` or behind it, and before `until`. STATUS_TOO_LONG: there
 * are more than DAY_WORDS_MOST. */
MUST_USE enum status day_reader_words(struct day_reader *reader, enum text kind, struct span from,
                                      struct span until,
                                      void (*on)(void *owner, uint32_t id, struct span text),
                                      void *owner);
/* Words have numbers up to this one. */
MUST_USE enum status day_reader_last_word(struct day_reader *reader, uint32_t *id);

struct day_facts {
    clock_us first, last; /* 0: no rows */
    uint64_t rows;
};
MUST_USE enum status day_reader_facts(struct day_reader *reader, struct day_facts *out);

#endif
