/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * follow - files to lines, each against the one before.
 */
#include "history/follow.h"

#include "events/digest.h"
#include "history/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOVES_MOST = 8 };

/* What looks broken is looked at again for so long, unless its file was still for SETTLED_US. */
static const clock_us DOUBT_US = 3000000, SETTLED_US = 60000000;

struct follow {
    int folder, fd; /* fd -1: the place is not known */
    char file[FILE_NAME_SIZE];
    uint64_t inode;
    struct chain at; /* of the last line taken */
    clock_us last_at;
    bool is_broken;  /* the next line of ours begins a chain, whatever it says */
    bool before_all; /* the next line is the folder's first, and not behind ours */
    clock_us doubted;
    uint64_t skipped;
    struct {
        bool is_break, with_line, to_end; /* what goes with it: the line, the rest of the file */
        struct span line;
        struct chain at;
        clock_us time;
    } given;
    struct row_reader *reader;
    struct lines lines;
};

enum status follow_open(int folder, const struct follow_from *from, struct follow **out)
{
    struct follow *follow = calloc(1, sizeof *follow);
    struct row_reader *reader = row_reader_new();
    if (follow == NULL || reader == NULL) {
        free(follow);
        row_reader_free(reader);
        return STATUS_NO_MEMORY;
    }
    follow->folder = folder;
    follow->fd = -1;
    follow->at = from->at;
    follow->last_at = from->last_at;
    follow->is_broken = from->is_broken;
    follow->reader = reader;
    *out = follow;
    return STATUS_OK;
}

static void leave_file(struct follow *follow)
{
    if (follow->fd >= 0)
        close(follow->fd);
    follow->fd = -1;
}

void follow_close(struct follow *follow)
{
    if (follow == NULL)
        return;
    leave_file(follow);
    row_reader_free(follow->reader);
    free(follow);
}

uint64_t follow_skipped(const struct follow *follow)
{
    return follow->skipped;
}

__attribute__((format(printf, 2, 3))) static void say(struct followed *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->why, sizeof out->why, format, arguments);
    va_end(arguments);
}

/* A break is given only when it stays one: until then the place is looked for again, and there is
 * nothing new. */
static enum status give_break(struct follow *follow, clock_us now, struct followed *out)
{
    struct stat file;
    bool is_settled =
        fstat(follow->fd, &file) == 0 && (clock_us)file.st_mtim.tv_sec * 1000000 + SETTLED_US < now;

    out->is_break = follow->given.is_break = true;
    if (is_settled || (follow->doubted != 0 && now >= follow->doubted + DOUBT_US))
        return STATUS_OK;
    if (follow->doubted == 0 || follow->doubted > now)
        follow->doubted = now;
    leave_file(follow);
    return STATUS_AGAIN;
}

static enum status find_place(struct follow *follow, clock_us now, struct followed *out)
{
    struct place place;
    uint64_t last = follow->at.sequence;
    enum status status = place_find(follow->folder, &follow->at, follow->last_at, follow->reader,
                                    &follow->lines, &place);
    if (status != STATUS_OK)
        return status;
    if (place.found == PLACE_NOTHING)
        return STATUS_AGAIN;
    follow->fd = place.fd;
    follow->inode = place.file.inode;
    memcpy(follow->file, place.file.name, sizeof follow->file);
    follow->before_all = place.found == PLACE_BEFORE_ALL;
    if (place.found == PLACE_BEHIND || place.found == PLACE_BEFORE_ALL || follow->is_broken)
        return STATUS_OK;
    if (place.found == PLACE_CHANGED)
        say(out, "line %" PRIu64 " was changed after it was read", last);
    else if (place.found == PLACE_CUT)
        say(out, "line %" PRIu64 " was read and is gone, while older lines are there", last);
    else
        say(out, "another chain stands in the folder; the former one was read up to line %" PRIu64,
            last);
    return give_break(follow, now, out);
}

/* Files. */

static enum status enter_file(struct follow *follow, const struct event_file *file)
{
    struct stat status;
    int fd = openat(follow->folder, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STATUS_AGAIN : STATUS_SYSTEM; /* renamed just now */
    if (fstat(fd, &status) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    leave_file(follow);
    follow->fd = fd;
    follow->inode = (uint64_t)status.st_ino;
    memcpy(follow->file, file->name, sizeof follow->file);
    lines_begin(&follow->lines, fd, 0);
    return STATUS_OK;
}

/* Whether ours is still the file that is written, and nothing else happened. */
static bool is_current(const struct follow *follow, uint64_t *size)
{
    struct stat file;
    if (fstatat(follow->folder, FILES_CURRENT, &file, AT_SYMLINK_NOFOLLOW) != 0 ||
        (uint64_t)file.st_ino != follow->inode)
        return false;
    *size = (uint64_t)file.st_size;
    return true;
}

static enum status after_end(struct follow *follow, const struct files *files, clock_us now,
                             struct followed *out)
{
    struct stat file;
    size_t i = 0;

    while (i < files->count && files->list[i].inode != follow->inode)
        i++;
    if (fstat(follow->fd, &file) != 0)
        return STATUS_SYSTEM;
    struct span line;
    enum status more = lines_peek(&follow->lines, &line); /* written before the rotation */
    if (more != STATUS_AGAIN)
        return more;
    if (i == files->count) {
        leave_file(follow);
        return STATUS_OK;
    }
    if (i + 1 == files->count)
        return STATUS_AGAIN;
    if ((uint64_t)file.st_size > follow->lines.offset && !follow->is_broken) {
        say(out, "%s ends in the middle of a line, behind line %" PRIu64, files->list[i].name,
            follow->at.sequence);
        follow->given.to_end = true;
        return give_break(follow, now, out);
    }
    follow->before_all = false;
    return enter_file(follow, &files->list[i + 1]);
}

/* STATUS_OK: there may be more now, or a break was found. */
static enum status at_end(struct follow *follow, clock_us now, struct followed *out)
{
    struct files files;
    uint64_t size = 0;

    if (is_current(follow, &size)) {
        if (size >= follow->lines.offset)
            return STATUS_AGAIN;
        leave_file(follow); /* it was cut */
        return STATUS_OK;
    }
    enum status status = files_list(follow->folder, &files);
    if (status == STATUS_OK)
        status = after_end(follow, &files, now, out);
    files_free(&files);
    return status;
}

/* Lines. */

static void say_sequence(const struct follow *follow, uint64_t sequence, struct followed *out)
{
    uint64_t expected = follow->at.sequence + 1;
    if (sequence > expected && follow->before_all)
        say(out, "lines %" PRIu64 " to %" PRIu64 " were removed before they were read", expected,
            sequence - 1);
    else if (sequence > expected)
        say(out, "lines %" PRIu64 " to %" PRIu64 " are missing", expected, sequence - 1);
    else if (sequence == 1)
        say(out, "another chain begins; the former one was read up to line %" PRIu64, expected - 1);
    else
        say(out, "line %" PRIu64 " stands behind line %" PRIu64, sequence, expected - 1);
}

static bool names_ours(const struct follow *follow, struct span chain)
{
    uint8_t said[CHAIN_SIZE];
    return chain_hex_read(chain, said) && memcmp(said, follow->at.hash, CHAIN_SIZE) == 0;
}

/* True when the line goes on from ours, or need not; else `why` says what is wrong. */
static bool judge(const struct follow *follow, struct span chain, struct followed *out)
{
    uint64_t sequence = out->row.sequence, last = follow->at.sequence;

    if (follow->is_broken)
        return true;
    if (sequence > last + 1) {
        out->missing = sequence - last - 1;
        say_sequence(follow, sequence, out);
        return follow->before_all;
    }
    if (sequence != last + 1) {
        say_sequence(follow, sequence, out);
        return false;
    }
    if (names_ours(follow, chain))
        return true;
    if (last == 0)
        say(out, "line 1 is chained to a line before it");
    else
        say(out, "line %" PRIu64 " was changed: the next one is chained to another text", last);
    return false;
}

/* What the line that stands next is; STATUS_AGAIN with `*skip`: it is to be left out. */
static enum status line_give(struct follow *follow, struct span line, clock_us now,
                             struct followed *out, bool *skip)
{
    struct span chain;
    bool is_ours = row_read(follow->reader, line, &out->row, &chain) == STATUS_OK;

    follow->given.line = line;
    follow->given.with_line = true;
    *skip = !is_ours && follow->is_broken;
    if (*skip)
        return STATUS_AGAIN;
    if (!is_ours) {
        say(out, "behind line %" PRIu64 " stands what is no event line", follow->at.sequence);
        return give_break(follow, now, out);
    }
    if (!judge(follow, chain, out)) {
        follow->given.with_line = false;
        return give_break(follow, now, out);
    }
    follow->doubted = 0;
    out->at.sequence = out->row.sequence;
    digest_sha256(line, out->at.hash);
    follow->given.at = out->at;
    follow->given.time = out->row.at;
    return STATUS_OK;
}

enum status follow_next(struct follow *follow, clock_us now, struct followed *out)
{
    unsigned moves = 0;

    if (follow->given.is_break) /* it was not taken */
        leave_file(follow);
    memset(&follow->given, 0, sizeof follow->given);
    *out = (struct followed){.is_break = false};
    while (moves < MOVES_MOST) {
        struct span line;
        enum status status = STATUS_OK;
        bool skip = false;
        if (follow->fd < 0)
            status = find_place(follow, now, out);
        if (status != STATUS_OK || out->is_break)
            return status;
        status = lines_peek(&follow->lines, &line);
        if (status == STATUS_OK) {
            status = line_give(follow, line, now, out, &skip);
            if (!skip)
                return status;
            follow->skipped++;
            lines_take(&follow->lines, line);
            continue;
        }
        if (status == STATUS_AGAIN)
            status = at_end(follow, now, out);
        if (status != STATUS_OK || out->is_break)
            return status;
        moves++;
    }
    return STATUS_AGAIN;
}

void follow_take(struct follow *follow)
{
    if (follow->given.with_line)
        lines_take(&follow->lines, follow->given.line);
    if (follow->given.is_break) {
        follow->is_broken = true;
        follow->skipped += follow->given.with_line;
        if (follow->given.to_end)
            lines_begin(&follow->lines, follow->fd, (uint64_t)lseek(follow->fd, 0, SEEK_END));
    } else {
        follow->is_broken = follow->before_all = false;
        follow->at = follow->given.at;
        if (follow->given.time > follow->last_at)
            follow->last_at = follow->given.time;
    }
    memset(&follow->given, 0, sizeof follow->given);
}
