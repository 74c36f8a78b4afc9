/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * journal - one buffer, one open file, and the chain that goes through both.
 */
#include "record/journal.h"

#include "base/log.h"
#include "events/files.h"
#include "record/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SYNC_US = 1000000,      /* the disk is asked to keep what it got this often */
    COMPLAIN_US = 60000000, /* how often a disk that refuses is logged */
    REASON_SIZE = 512
};

struct journal {
    int folder, fd, head;
    struct journal_limits limits;
    struct journal_counts counts;
    struct line_writer *lines;
    struct chain chain;   /* of the last line in the buffer */
    struct chain written; /* of the last line of the last batch that was written whole */
    uint64_t size;        /* of the open file */
    uint64_t first;       /* number and time of its first line; 0: none yet */
    clock_us first_at;
    clock_us synced_at, refused_since, complained_at; /* refused_since 0: the disk is fine */
    bool unsynced, removing;
    uint8_t *start;  /* of what waits in `buffer` */
    struct writer w; /* over `buffer` */
    uint8_t buffer[JOURNAL_BUFFER];
};

bool journal_has_room(const struct journal *journal)
{
    /* Two: a notice that follows finds room as well. */
    return writer_room(&journal->w) >= 2 * (size_t)LINE_MOST;
}

static void line_counted(struct journal *journal, clock_us at)
{
    journal->chain.sequence++;
    journal->counts.lines++;
    if (journal->first == 0) {
        journal->first = journal->chain.sequence;
        journal->first_at = at;
    }
}

void journal_event(struct journal *journal, const struct event *event, const struct policy *policy,
                   uint64_t lost)
{
    line_write(journal->lines, event, policy, journal->chain.sequence + 1, lost,
               journal->chain.hash, &journal->w);
    line_counted(journal, event->at);
}

void journal_notice(struct journal *journal, clock_us now, const struct notice *notice)
{
    if (writer_room(&journal->w) < LINE_MOST)
        return; /* the disk refuses for long: the log has it */
    line_write_notice(journal->lines, now, notice, journal->chain.sequence + 1, 0,
                      journal->chain.hash, &journal->w);
    line_counted(journal, now);
}

/* What an operator should know as well. */
static void warn(struct journal *journal, clock_us now, const struct notice *notice)
{
    log_warning("events: %s: %s", notice->action, notice->reason);
    journal_notice(journal, now, notice);
}

static void refused(struct journal *journal, clock_us now, const char *what)
{
    int error = errno;
    journal->counts.errors++;
    if (journal->complained_at == 0 || now < journal->complained_at ||
        now >= journal->complained_at + COMPLAIN_US) {
        log_error("events: cannot %s: %s", what, strerror(error));
        journal->complained_at = now;
    }
}

/* What waits in the buffer has to wait longer. */
static void held_back(struct journal *journal, clock_us now, const char *what)
{
    refused(journal, now, what);
    if (journal->refused_since == 0)
        journal->refused_since = now;
}

/* The disk takes again: says for how long it did not. */
static void recovered(struct journal *journal, clock_us now)
{
    char reason[REASON_SIZE];
    const struct notice notice = {.action = "record-resumed", .reason = reason};
    snprintf(reason, sizeof reason, "nothing could be written for %" PRIu64 " seconds",
             now > journal->refused_since ? (now - journal->refused_since) / 1000000 : 0);
    journal->refused_since = journal->complained_at = 0;
    warn(journal, now, &notice);
}

static bool file_is_open(struct journal *journal, clock_us now)
{
    if (journal->fd < 0)
        journal->fd = openat(journal->folder, FILES_CURRENT,
                             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (journal->fd < 0)
        held_back(journal, now, "open " FILES_CURRENT);
    return journal->fd >= 0;
}

/* One write, or a second for the rest after a short one. What is refused stays where it is. */
static bool buffer_write(struct journal *journal, clock_us now)
{
    if (!file_is_open(journal, now))
        return false;
    while (journal->start < journal->w.at) {
        ssize_t length =
            write(journal->fd, journal->start, (size_t)(journal->w.at - journal->start));
        if (length <= 0) {
            if (length < 0 && errno == EINTR)
                continue;
            held_back(journal, now, "write " FILES_CURRENT);
            return false;
        }
        journal->start += length;
        journal->size += (uint64_t)length;
        journal->counts.bytes += (uint64_t)length;
    }
    journal->start = journal->w.at = journal->buffer;
    journal->written = journal->chain;
    journal->unsynced = true;
    return true;
}

/* First the lines, then the head: it never knows of a line that the disk does not have. */
static void sync_now(struct journal *journal, clock_us now)
{
    journal->synced_at = now;
    if (!journal->unsynced || journal->fd < 0)
        return;
    if (fdatasync(journal->fd) != 0) {
        refused(journal, now, "sync " FILES_CURRENT);
        return;
    }
    journal->unsynced = false;
    if (journal->head < 0 && chain_head_open(journal->folder, &journal->head) != STATUS_OK) {
        refused(journal, now, "open " CHAIN_HEAD_FILE);
        return;
    }
    if (chain_head_write(journal->head, &journal->written) != STATUS_OK)
        refused(journal, now, "write " CHAIN_HEAD_FILE);
}

static void file_remove(struct journal *journal, clock_us now, const struct event_file *file,
                        uint64_t last)
{
    char reason[REASON_SIZE];
    const struct notice notice = {.action = "record-file-removed",
                                  .reason = reason,
                                  .file = file->name,
                                  .first = file->first,
                                  .last = last};
    if (unlinkat(journal->folder, file->name, 0) != 0) {
        refused(journal, now, "remove a file");
        return;
    }
    journal->counts.removed++;
    snprintf(reason, sizeof reason, "%s removed: all files together passed the quota", file->name);
    warn(journal, now, &notice);
}

/* Removes the oldest whole files until the rest, and a full current file, keep to the quota. One
 * notice each needs room; what does not fit now is removed at the next look. */
static void quota_keep(struct journal *journal, clock_us now)
{
    struct files files;
    uint64_t sum = journal->limits.rotate_bytes;
    if (journal->limits.quota_bytes == 0)
        return;
    if (files_list(journal->folder, &files) != STATUS_OK)
        goto done;
    for (size_t i = 0; i < files.count; i++)
        if (files.list[i].first != UINT64_MAX || journal->limits.rotate_bytes == 0)
            sum += files.list[i].bytes;
    journal->removing = false;
    for (size_t i = 0; i < files.count && files.list[i].first != UINT64_MAX; i++) {
        if (sum <= journal->limits.quota_bytes)
            break;
        if (!journal_has_room(journal)) {
            journal->removing = true;
            break;
        }
        uint64_t next = journal->first != 0 ? journal->first : journal->chain.sequence + 1;
        if (i + 1 < files.count && files.list[i + 1].first != UINT64_MAX)
            next = files.list[i + 1].first;
        file_remove(journal, now, &files.list[i], next - 1);
        sum -= files.list[i].bytes;
    }
done:
    files_free(&files);
}

/* Closes the file and gives it its full name. All that waits was written before. */
static void file_rotate(struct journal *journal, clock_us now)
{
    char name[FILE_NAME_SIZE], hex[CHAIN_HEX + 1] = "";
    struct writer w = writer_over(hex, CHAIN_HEX);

    sync_now(journal, now);
    files_name(journal->first_at, journal->first, name);
    if (renameat2(journal->folder, FILES_CURRENT, journal->folder, name, RENAME_NOREPLACE) != 0) {
        refused(journal, now, "rename " FILES_CURRENT);
        return;
    }
    chain_hex_write(&w, journal->written.hash);
    log_info("events: %s is full; line %" PRIu64 " has the hash %s", name,
             journal->written.sequence, hex);
    if (journal->fd >= 0) /* -1: full since before we began */
        close(journal->fd);
    if (fsync(journal->folder) != 0)
        refused(journal, now, "sync the folder");
    journal->fd = -1;
    journal->size = journal->first = 0;
    journal->counts.rotated++;
    journal->removing = true;
}

/* A clock that was set back must not keep a file open until it has caught up. */
static bool rotation_is_due(const struct journal *journal, clock_us now)
{
    const struct journal_limits *l = &journal->limits;
    clock_us age = now > journal->first_at ? now - journal->first_at : journal->first_at - now;
    return journal->first != 0 &&
           ((l->rotate_bytes > 0 && journal->size >= l->rotate_bytes) ||
            (l->rotate_seconds > 0 && age >= (clock_us)l->rotate_seconds * 1000000));
}

/* Somebody removed or renamed the open file: what would go into it could not be found any more. */
static void file_check(struct journal *journal, clock_us now)
{
    const struct notice notice = {
        .action = "record-file-vanished",
        .reason = "the current file was removed or renamed by somebody else; a new one begins"};
    struct stat ours, named;
    if (journal->fd < 0 || fstat(journal->fd, &ours) != 0 ||
        (fstatat(journal->folder, FILES_CURRENT, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev))
        return;
    close(journal->fd);
    journal->fd = -1;
    journal->size = journal->first = 0;
    warn(journal, now, &notice);
}

static void flush(struct journal *journal, clock_us now, bool rotate)
{
    if (journal->start < journal->w.at && !buffer_write(journal, now))
        return;
    if (journal->refused_since != 0) {
        recovered(journal, now);
        if (!buffer_write(journal, now))
            return;
    }
    if (rotation_is_due(journal, now) || (rotate && journal->first != 0))
        file_rotate(journal, now);
    if (journal->removing)
        quota_keep(journal, now);
    if (now >= journal->synced_at + SYNC_US || now < journal->synced_at) {
        sync_now(journal, now);
        file_check(journal, now);
    }
}

/* Says what repair found. */
static void repair_tell(struct journal *journal, clock_us now, const struct repair *repair)
{
    char reason[REASON_SIZE];
    struct notice notice = {.action = "record-chain-broken", .reason = reason};
    if (repair->torn_bytes > 0) {
        const struct notice torn = {
            .action = "record-line-torn", .reason = reason, .file = repair->torn};
        snprintf(reason, sizeof reason, "%" PRIu64 " bytes of half a line were moved to %s",
                 repair->torn_bytes, repair->torn);
        warn(journal, now, &torn);
    }
    if (repair->chain.sequence > repair->found) {
        notice.first = repair->found + 1;
        notice.last = repair->chain.sequence;
        snprintf(reason, sizeof reason,
                 "lines are missing: the last one here is %" PRIu64 ", the head knows %" PRIu64,
                 repair->found, repair->chain.sequence);
    } else if (repair->head_differs) {
        notice.first = notice.last = repair->found;
        snprintf(reason, sizeof reason, "line %" PRIu64 " is not the one that was written",
                 repair->found);
    } else if (repair->head_missing) {
        snprintf(reason, sizeof reason, "there was no sound %s: a cut end would not be seen",
                 CHAIN_HEAD_FILE);
    } else {
        return;
    }
    warn(journal, now, &notice);
}

enum status journal_open(int folder, const struct journal_limits *limits, struct line_writer *lines,
                         clock_us now, struct journal **out)
{
    struct repair repair;
    enum status status = repair_folder(folder, now, &repair);
    if (status != STATUS_OK)
        return status;
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return STATUS_NO_MEMORY;
    journal->folder = folder;
    journal->fd = journal->head = -1;
    journal->limits = *limits;
    journal->lines = lines;
    journal->chain = journal->written = repair.chain;
    journal->size = repair.size;
    journal->first = repair.first;
    journal->first_at = repair.first_at;
    journal->removing = true;
    journal->start = journal->buffer;
    journal->w = writer_over(journal->buffer, sizeof journal->buffer);
    repair_tell(journal, now, &repair);
    *out = journal;
    return STATUS_OK;
}

/* The disk refuses to the last: the log is all that is left to tell. */
static void unwritten_tell(const struct journal *journal)
{
    size_t lines = 0;
    for (const uint8_t *at = journal->start; at < journal->w.at; at++)
        lines += *at == '\n';
    if (lines > 0)
        log_error("events: %zu lines could not be written and end with this process", lines);
}

void journal_close(struct journal *journal, clock_us now)
{
    if (journal == NULL)
        return;
    flush(journal, now, false);
    sync_now(journal, now);
    unwritten_tell(journal);
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->head >= 0)
        close(journal->head);
    free(journal);
}

void journal_flush(struct journal *journal, clock_us now)
{
    flush(journal, now, false);
}

void journal_rotate(struct journal *journal, clock_us now)
{
    flush(journal, now, true);
}

uint64_t journal_last(const struct journal *journal)
{
    return journal->chain.sequence;
}

uint64_t journal_written(const struct journal *journal)
{
    return journal->written.sequence;
}

struct journal_counts journal_counts(const struct journal *journal)
{
    return journal->counts;
}
