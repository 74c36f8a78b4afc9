/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * audit - one file, appended to; and the way through it.
 */
#include "people/audit.h"

#include "base/log.h"
#include "events/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW_SIZE = 4 * AUDIT_LINE_MOST };

struct audit {
    int fd;
    uint64_t size, torn; /* size: where the next line goes */
    struct chain end;
    struct audit_place last; /* as it was found when opened */
    struct change_reader *reader;
    const uint8_t *at; /* the line that was taken last, in `window` */
    uint64_t window_at;
    size_t window_length;
    uint8_t window[WINDOW_SIZE + 1];
};

struct chain audit_end(const struct audit *audit)
{
    return audit->end;
}

void audit_go_on_from(struct audit *audit, const struct chain *chain)
{
    audit->end = *chain;
}

uint64_t audit_torn_bytes(const struct audit *audit)
{
    return audit->torn;
}

/* The line at `offset` as `at`; its length without the newline, a zero byte behind it.
 * STATUS_AGAIN: no whole line is left; STATUS_TOO_LONG: longer than ours are. In both cases
 * `*length` is what is there, up to AUDIT_LINE_MOST. */
static enum status line_take(struct audit *audit, uint64_t offset, size_t *length)
{
    uint64_t skip = offset - audit->window_at;
    uint8_t *newline = NULL;
    if (offset >= audit->window_at && skip < audit->window_length)
        newline = memchr(audit->window + skip, '\n', audit->window_length - skip);
    if (newline == NULL) {
        ssize_t got;
        do
            got = pread(audit->fd, audit->window, WINDOW_SIZE, (off_t)offset);
        while (got < 0 && errno == EINTR);
        audit->window_at = offset;
        audit->window_length = got < 0 ? 0 : (size_t)got;
        if (got < 0)
            return STATUS_SYSTEM;
        skip = 0;
        newline = memchr(audit->window, '\n', audit->window_length);
    }
    audit->at = audit->window + skip;
    *length = newline != NULL ? (size_t)(newline - audit->at) : audit->window_length;
    bool is_long = *length >= AUDIT_LINE_MOST;
    if (is_long)
        *length = AUDIT_LINE_MOST;
    else if (newline != NULL)
        *newline = 0;
    return is_long ? STATUS_TOO_LONG : newline != NULL ? STATUS_OK : STATUS_AGAIN;
}

/* Steps over a line that is too long for one of ours. STATUS_AGAIN: it does not end. */
static enum status line_skip(struct audit *audit, uint64_t *offset)
{
    uint64_t at = *offset;
    size_t length;
    enum status status;
    while ((status = line_take(audit, at, &length)) == STATUS_TOO_LONG)
        at += length;
    if (status == STATUS_OK)
        *offset = at + length + 1;
    return status;
}

/* Number and hash from where our lines have them: whether the line is as it was written is for its
 * hash to say, and reading all of it takes five times as long. Inside a text no quote stands alone.
 */
static bool line_glance(struct span raw, uint64_t *sequence, uint8_t hash[CHAIN_SIZE])
{
    static const char number[] = "},\"observer\":", before[] = "\"sequence\":",
                      chain[] = ",\"chain\":\"", end[] = "\"}}";
    const size_t tail = sizeof chain - 1 + CHAIN_HEX + sizeof end - 1;
    if (raw.length < tail)
        return false;
    const uint8_t *at = raw.at + raw.length - tail;
    if (memcmp(at, chain, sizeof chain - 1) != 0 ||
        memcmp(raw.at + raw.length - (sizeof end - 1), end, sizeof end - 1) != 0 ||
        !chain_hex_read(span_of(at + sizeof chain - 1, CHAIN_HEX), hash))
        return false;
    at = memmem(raw.at, raw.length, before, sizeof before - 1);
    if (at == NULL)
        return false;
    char *stop;
    *sequence = strtoull((const char *)at + sizeof before - 1, &stop, 10);
    return *sequence > 0 && strncmp(stop, number, sizeof number - 1) == 0;
}

typedef enum status on_visit(void *owner, const struct audit_visit *visit);

/* `*end`: behind the last whole line. */
static enum status walk(struct audit *audit, uint64_t offset, on_visit *on, void *owner,
                        uint64_t *end)
{
    struct audit_visit visit = {0};
    size_t length = 0;
    enum status status;

    audit->window_length = 0;
    *end = offset;
    while ((status = line_take(audit, *end, &length)) != STATUS_AGAIN) {
        visit.raw = span_of(audit->at, length);
        visit.place = (struct audit_place){0, *end, length};
        visit.number++;
        if (status == STATUS_TOO_LONG) {
            status = line_skip(audit, end);
            if (status == STATUS_AGAIN)
                break;
        } else if (status == STATUS_OK) {
            *end += length + 1;
            if (!line_glance(visit.raw, &visit.place.sequence, visit.hash))
                visit.place.sequence = 0;
        }
        if (status == STATUS_OK)
            status = on(owner, &visit);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status audit_walk(struct audit *audit, uint64_t offset, on_visit *on, void *owner)
{
    uint64_t end;
    return walk(audit, offset, on, owner, &end);
}

enum status audit_read(struct audit *audit, const struct audit_visit *visit,
                       struct change_line *out)
{
    return change_read(audit->reader, visit->raw, out);
}

enum status audit_version(const struct audit *audit, uint64_t version[AUDIT_VERSION])
{
    struct stat info;
    if (fstat(audit->fd, &info) != 0)
        return STATUS_SYSTEM;
    version[0] = (uint64_t)info.st_size;
    version[1] = (uint64_t)info.st_ctim.tv_sec;
    version[2] = (uint64_t)info.st_ctim.tv_nsec;
    return STATUS_OK;
}

enum status audit_at(struct audit *audit, const struct audit_place *place, struct change_line *out,
                     const char **raw)
{
    size_t length;
    audit->window_length = 0; /* the zero bytes in it stand where newlines stood */
    enum status status = line_take(audit, place->offset, &length);
    *raw = (const char *)audit->at;
    if (status == STATUS_OK)
        status = change_read(audit->reader, span_of(audit->at, length), out);
    else if (status != STATUS_SYSTEM)
        status = STATUS_CORRUPT;
    if (status == STATUS_OK && out->sequence != place->sequence)
        status = STATUS_CORRUPT;
    return status;
}

/* Writes behind all that is there, whoever wrote it: nothing is removed. */
static enum status write_behind(struct audit *audit, struct span line)
{
    struct stat info;
    uint8_t last = '\n';
    if (fstat(audit->fd, &info) != 0)
        return STATUS_SYSTEM;
    audit->size = (uint64_t)info.st_size;
    if (audit->size > 0 && pread(audit->fd, &last, 1, (off_t)audit->size - 1) != 1)
        return STATUS_SYSTEM;
    if (last != '\n') { /* a write that was refused in the middle */
        if (pwrite(audit->fd, "\n", 1, (off_t)audit->size) != 1)
            return STATUS_SYSTEM;
        audit->size++;
    }
    ssize_t written = pwrite(audit->fd, line.at, line.length, (off_t)audit->size);
    if (written >= 0 && (size_t)written != line.length)
        errno = ENOSPC;
    if (written >= 0 && (size_t)written == line.length && fdatasync(audit->fd) == 0)
        return STATUS_OK;
    int error = errno;
    if (ftruncate(audit->fd, (off_t)audit->size) != 0) /* our own half line */
        log_error("%s: half a line stays in it: %s", AUDIT_FILE, strerror(errno));
    errno = error;
    return STATUS_SYSTEM;
}

enum status audit_append(struct audit *audit, const struct change *change, struct audit_place *out)
{
    struct writer w = writer_over(audit->window, AUDIT_LINE_MOST);
    audit->window_length = 0;
    change_write(change, audit->end.sequence + 1, audit->end.hash, &w);
    if (w.failed)
        return STATUS_TOO_LONG;
    const size_t length = writer_length(&w);
    enum status status = write_behind(audit, writer_span(&w));
    if (status != STATUS_OK)
        return status;
    *out = (struct audit_place){audit->end.sequence + 1, audit->size, length - 1};
    audit->end.sequence++;
    digest_sha256(span_of(audit->window, length - 1), audit->end.hash);
    audit->size += length;
    return STATUS_OK;
}

/* Opening. */

static enum status on_end(void *owner, const struct audit_visit *visit)
{
    struct audit *audit = owner;
    if (visit->place.sequence != 0) {
        audit->end.sequence = visit->place.sequence;
        audit->last = visit->place;
    }
    return STATUS_OK;
}

/* Moves what stands behind the last newline into a file of its own. */
static bool torn_move(struct audit *audit, const char *folder, uint64_t from, clock_us now)
{
    char name[PATH_MAX];
    size_t length = 0;
    snprintf(name, sizeof name, "%s/audit-torn-%" PRIu64 ".part", folder, now);
    int aside = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (aside < 0)
        return false;
    enum status status;
    uint64_t at = from;
    bool fine = true;
    do {
        status = line_take(audit, at, &length);
        fine = status != STATUS_SYSTEM && write(aside, audit->at, length) == (ssize_t)length;
        at += length;
    } while (fine && status == STATUS_TOO_LONG);
    fine = fine && fsync(aside) == 0 && ftruncate(audit->fd, (off_t)from) == 0;
    close(aside);
    return fine;
}

/* One writer at a time; the lock ends with the process. */
static bool lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static enum status repair(struct audit *audit, const char *folder, clock_us now)
{
    struct stat info;
    enum status status = walk(audit, 0, on_end, audit, &audit->size);
    if (status == STATUS_OK && audit->end.sequence != 0) {
        struct change_line line;
        const char *raw;
        status = audit_at(audit, &audit->last, &line, &raw);
        digest_sha256(span_of(raw, audit->last.length), audit->end.hash);
    }
    if (status != STATUS_OK && status != STATUS_MALFORMED)
        return status;
    if (fstat(audit->fd, &info) != 0)
        return STATUS_SYSTEM;
    if ((uint64_t)info.st_size <= audit->size)
        return STATUS_OK;
    audit->torn = (uint64_t)info.st_size - audit->size;
    return torn_move(audit, folder, audit->size, now) ? STATUS_OK : STATUS_SYSTEM;
}

enum status audit_open(const char *folder, bool writes, clock_us now, char why[PEOPLE_WHY_SIZE],
                       struct audit **out)
{
    char path[PATH_MAX];
    enum status status = STATUS_SYSTEM;
    struct audit *audit = calloc(1, sizeof *audit);
    struct change_reader *reader = change_reader_new();

    snprintf(why, PEOPLE_WHY_SIZE, "out of memory");
    if (audit == NULL || reader == NULL) {
        free(audit);
        change_reader_free(reader);
        return STATUS_NO_MEMORY;
    }
    audit->reader = reader;
    snprintf(path, sizeof path, "%s/%s", folder, AUDIT_FILE);
    audit->fd = open(path, (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (audit->fd < 0 && !writes && errno == ENOENT)
        status = STATUS_NOT_FOUND;
    else if (audit->fd >= 0 && writes && !lock(audit->fd))
        status = STATUS_AGAIN;
    else if (audit->fd >= 0)
        status = writes ? repair(audit, folder, now) : STATUS_OK;
    if (status == STATUS_OK) {
        *out = audit;
        return STATUS_OK;
    }
    snprintf(why, PEOPLE_WHY_SIZE, "%.180s: %s", path,
             status == STATUS_AGAIN    ? "another consoled writes there"
             : status == STATUS_SYSTEM ? strerror(errno)
                                       : status_text(status));
    audit_close(audit);
    return status;
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    if (audit->fd >= 0)
        close(audit->fd);
    change_reader_free(audit->reader);
    free(audit);
}
