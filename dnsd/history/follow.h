/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * follow - one folder of event files as rows, each verified against the line before.
 *
 * Used by history, one per folder. Begins behind a line that was read before, without reading what
 * stands before it again; goes on over rotations, and while files are removed or replaced. Says
 * where a chain is broken, once it has looked twice: a copy that is being made may look broken for
 * a moment. Never writes.
 */
#ifndef HISTORY_FOLLOW_H
#define HISTORY_FOLLOW_H

#include "events/chain.h"
#include "history/line_row.h"

struct follow;

enum { FOLLOW_WHY_SIZE = 256 };

struct follow_from {
    struct chain at;  /* the last line that was read; sequence 0: none */
    clock_us last_at; /* the latest time until there */
    bool is_broken;   /* what comes behind it is a chain of its own, as was said before */
};

struct followed {
    bool is_break; /* else a line */
    struct row row;
    struct chain at;           /* of this line: where to go on */
    uint64_t missing;          /* lines that are not there before it */
    char why[FOLLOW_WHY_SIZE]; /* the break, or what is missing, in words */
};

/* `folder` stays the caller's. */
MUST_USE enum status follow_open(int folder, const struct follow_from *from, struct follow **out);
void follow_close(struct follow *follow);

/* The next line, or a break before it; the same again until it is taken. Texts live until the next
 * call. STATUS_AGAIN: nothing new. STATUS_SYSTEM: it cannot be read, errno tells. */
MUST_USE enum status follow_next(struct follow *follow, clock_us now, struct followed *out);
void follow_take(struct follow *follow);
/* Lines that were left out: no event lines, behind a break that was said. */
uint64_t follow_skipped(const struct follow *follow);

#endif
