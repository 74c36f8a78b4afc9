/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * script - a scene file as lines: what they say, how deep they stand, and where.
 *
 * Used by all of the runner. Lines that are empty or begin with # are left out. What stands deeper
 * below a line is its block. Never knows what a word means.
 */
#ifndef SCENES_SCRIPT_H
#define SCENES_SCRIPT_H

#include "base/clock.h"
#include "base/writer.h"

#include <stdio.h>

struct line {
    unsigned number, indent;
    char *text; /* no blanks around it */
};

struct block {
    const struct line *at;
    size_t count;
};

struct script {
    const char *file;
    char *text;
    struct line *lines;
    size_t count;
};

/* NULL text after a file that cannot be read. */
struct script script_read(const char *file);
void script_free(struct script *script);

/* The lines below `line` that stand deeper; they end before `end`. */
struct block block_below(const struct line *line, const struct line *end);
static inline const struct line *block_end(struct block block)
{
    return block.count > 0 ? block.at + block.count : block.at;
}
struct block script_block(const struct script *script);
/* Goes from one line of a block to the next that is as deep. */
const struct line *line_next(const struct line *line, struct block block);
/* A line of the block, at its own depth, that begins so; NULL when there is none. */
const struct line *block_find(struct block block, const char *begin);
/* Its lines as they stood, with `indent` blanks in front. */
void block_write(struct block block, unsigned indent, FILE *out);

/* A line as words with blanks between. "Two words" is one, and keeps its first quotation mark. */
enum { WORDS_MOST = 32, WORDS_SIZE = 2048 };
struct words {
    unsigned count;
    const char *word[WORDS_MOST];
    char bytes[WORDS_SIZE];
};
bool words_read(const char *text, struct words *out);

/* What stands behind `key=`, or NULL when the word does not begin so. */
const char *word_value(const char *word, const char *key);
bool number_read(const char *text, uint64_t most, uint64_t *out);
/* "200ms", "61s", "5m", "2h", "3d". */
bool duration_read(const char *text, clock_ms *out);
/* Two digits a byte; blanks between bytes, and all behind a semicolon, do not count. */
bool hex_read(const char *text, struct writer *out);
/* `text` with its first % as a number. */
const char *numbered(const char *text, uint64_t number, char *out, size_t size);

#endif
