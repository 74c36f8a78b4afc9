/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lines - whole lines of a file, from a place in it on.
 *
 * Used by place, which looks for one, and by follow. What stands behind the last newline is read
 * again each time, since it may be taken back. Never opens or closes a file.
 */
#ifndef HISTORY_LINES_H
#define HISTORY_LINES_H

#include "base/span.h"
#include "base/status.h"

enum { LINES_BUFFER = 1 << 20 };

struct lines {
    int fd;
    uint64_t offset;   /* in the file, of the next line */
    size_t start, end; /* of what waits in the buffer */
    uint8_t buffer[LINES_BUFFER];
};

/* `offset`: where a line begins. */
void lines_begin(struct lines *lines, int fd, uint64_t offset);
/* The next line without its newline, until it is taken. One that does not fit the buffer comes in
 * pieces. STATUS_AGAIN: no whole one is there. */
MUST_USE enum status lines_peek(struct lines *lines, struct span *out);
void lines_take(struct lines *lines, struct span line);

#endif
