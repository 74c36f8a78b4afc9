/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lines - one large buffer, filled by pread().
 */
#include "history/lines.h"

#include <errno.h>
#include <unistd.h>

void lines_begin(struct lines *lines, int fd, uint64_t offset)
{
    lines->fd = fd;
    lines->offset = offset;
    lines->start = lines->end = 0;
}

/* Adds what the file has; STATUS_AGAIN at its end. */
static enum status fill(struct lines *lines)
{
    size_t waiting = lines->end - lines->start;
    ssize_t length;

    if (lines->start > 0) {
        memmove(lines->buffer, lines->buffer + lines->start, waiting);
        lines->start = 0;
        lines->end = waiting;
    }
    do
        length = pread(lines->fd, lines->buffer + waiting, LINES_BUFFER - waiting,
                       (off_t)(lines->offset + waiting));
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return STATUS_SYSTEM;
    lines->end += (size_t)length;
    return length > 0 ? STATUS_OK : STATUS_AGAIN;
}

enum status lines_peek(struct lines *lines, struct span *out)
{
    size_t searched = 0;
    while (true) {
        const uint8_t *at = lines->buffer + lines->start;
        size_t waiting = lines->end - lines->start;
        const uint8_t *newline = memchr(at + searched, '\n', waiting - searched);
        if (newline != NULL || waiting == LINES_BUFFER) {
            *out = span_of(at, newline != NULL ? (size_t)(newline - at) : waiting);
            return STATUS_OK;
        }
        searched = waiting;
        enum status status = fill(lines);
        if (status != STATUS_OK) {
            lines->start = lines->end = 0;
            return status;
        }
    }
}

void lines_take(struct lines *lines, struct span line)
{
    size_t length = line.length + (line.length < LINES_BUFFER);
    lines->start += length;
    lines->offset += length;
}
