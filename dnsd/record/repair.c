/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * repair - reads the newest file from its end.
 */
#include "record/repair.h"

#include "events/digest.h"
#include "events/line.h"
#include "events/reader.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 65536, BACK_MOST = 100000 /* lines that are no lines of ours, stepped over */ };

/* The offset behind the last newline before `end`; 0 without one. */
static bool line_start(int fd, off_t end, off_t *out)
{
    uint8_t block[BLOCK];
    while (end > 0) {
        size_t length = end < BLOCK ? (size_t)end : BLOCK;
        if (pread(fd, block, length, end - (off_t)length) != (ssize_t)length)
            return false;
        const uint8_t *newline = memrchr(block, '\n', length);
        if (newline != NULL) {
            *out = end - (off_t)length + (newline - block) + 1;
            return true;
        }
        end -= (off_t)length;
    }
    *out = 0;
    return true;
}

/* The line between two offsets; `line` lives in `buffer`. False when it is none of ours. */
static bool line_read(int fd, off_t start, off_t end, struct entry_texts *texts,
                      uint8_t buffer[LINE_MOST], struct entry *out)
{
    size_t length = (size_t)(end - start);
    if (length > LINE_MOST || pread(fd, buffer, length, start) != (ssize_t)length)
        return false;
    entry_read(texts, span_of(buffer, length), out);
    return out->sound;
}

/* The chain at the end of a file whose last newline stands before `end`. */
static bool last_line(int fd, off_t end, struct entry_texts *texts, struct chain *out)
{
    uint8_t buffer[LINE_MOST];
    struct entry entry;
    bool hashed = false;
    for (uint64_t back = 0; end > 0 && back < BACK_MOST; back++) {
        off_t start;
        if (!line_start(fd, end - 1, &start))
            return false;
        bool sound = line_read(fd, start, end - 1, texts, buffer, &entry);
        if (!hashed && end - 1 - start <= LINE_MOST)
            digest_sha256(span_of(buffer, (size_t)(end - 1 - start)), out->hash);
        hashed = true;
        if (sound) {
            out->sequence = entry.sequence + back;
            return true;
        }
        end = start;
    }
    return false;
}

/* The first line of the current file says how old it is. */
static void first_line(int fd, struct entry_texts *texts, struct repair *out)
{
    uint8_t buffer[LINE_MOST];
    struct entry entry;
    ssize_t length = pread(fd, buffer, sizeof buffer, 0);
    const uint8_t *newline = length <= 0 ? NULL : memchr(buffer, '\n', (size_t)length);
    if (newline == NULL)
        return;
    entry_read(texts, span_of(buffer, (size_t)(newline - buffer)), &entry);
    if (entry.sound) {
        out->first = entry.sequence;
        out->first_at = entry.at;
    }
}

/* Moves what stands behind the last newline into a file of its own. */
static enum status torn_move(int folder, int fd, off_t end, off_t size, struct repair *out)
{
    uint8_t block[BLOCK];
    enum status status = STATUS_SYSTEM;
    int aside = openat(folder, out->torn, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (aside < 0)
        return STATUS_SYSTEM;
    for (off_t at = end; at < size;) {
        ssize_t length = pread(fd, block, size - at < BLOCK ? (size_t)(size - at) : BLOCK, at);
        if (length <= 0 || write(aside, block, (size_t)length) != length)
            goto done;
        at += length;
    }
    if (fsync(aside) != 0 || ftruncate(fd, end) != 0)
        goto done;
    out->torn_bytes = (uint64_t)(size - end);
    status = STATUS_OK;
done:
    close(aside);
    return status;
}

static enum status file_repair(int folder, const struct event_file *file, clock_us now,
                               struct entry_texts *texts, bool *has_line, struct repair *out)
{
    bool current = file->first == UINT64_MAX;
    struct stat info;
    off_t end;
    enum status status = STATUS_SYSTEM;
    int fd = openat(folder, file->name, (current ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &info) != 0 || !line_start(fd, info.st_size, &end))
        goto done;
    status = STATUS_OK;
    *has_line = last_line(fd, end, texts, &out->chain);
    if (current) {
        snprintf(out->torn, sizeof out->torn, "torn-%" PRIu64 "-%" PRIu64 ".part", now,
                 out->chain.sequence + 1);
        if (end < info.st_size)
            status = torn_move(folder, fd, end, info.st_size, out);
        out->size = (uint64_t)end;
        first_line(fd, texts, out);
    }
done:
    if (fd >= 0)
        close(fd);
    return status;
}

static void head_compare(int folder, bool has_line, struct repair *out)
{
    struct chain head;
    out->found = out->chain.sequence;
    if (chain_head_read(folder, &head) != STATUS_OK) {
        out->head_missing = has_line;
        return;
    }
    out->head_differs =
        head.sequence == out->found && memcmp(head.hash, out->chain.hash, sizeof head.hash) != 0;
    if (head.sequence > out->found || out->head_differs)
        out->chain = head;
}

enum status repair_folder(int folder, clock_us now, struct repair *out)
{
    struct files files;
    bool has_line = false;

    *out = (struct repair){0};
    struct entry_texts *texts = entry_texts_new();
    enum status status = texts == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    enum status listed = files_list(folder, &files);
    if (status == STATUS_OK)
        status = listed;
    for (size_t i = files.count; status == STATUS_OK && i-- > 0 && !has_line;)
        status = file_repair(folder, &files.list[i], now, texts, &has_line, out);
    if (status == STATUS_OK)
        head_compare(folder, has_line, out);
    files_free(&files);
    entry_texts_free(texts);
    return status;
}
