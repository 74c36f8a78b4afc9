/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_words - the numbers of words in the file of a day; new words are given one.
 *
 * Used by day_write, for each text of each row. Remembers at most WORDS_MOST words and WORDS_BYTES
 * of their text; when full it forgets all, and the file is asked again.
 */
#ifndef SQLITE_DAY_WORDS_H
#define SQLITE_DAY_WORDS_H

#include "sqlite/block.h"
#include "sqlite/sqlite.h"

enum { WORDS_MOST = 1 << 16, WORDS_BYTES = 8 << 20 };

struct day_words;
struct day_words *day_words_new(struct sqlite *db); /* NULL: see sqlite_why() */
void day_words_free(struct day_words *words);

/* 0: the text is empty. */
MUST_USE enum status day_words_number(struct day_words *words, enum text kind, struct span text,
                                      uint32_t *out);

#endif
