/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool_file - heads, checksums, and files that are there whole or not at all.
 */
#include "clickhouse/spool_file.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATE_NAME  "state"
#define STATE_MAGIC "PONSTAT1"
#define BATCH_MAGIC "PONBTCH1"

enum {
    MAGIC_SIZE = 8,
    HASH_SIZE = 8,
    MARK_SIZE = 4 + 8,
    PART_SIZE = 2 + 4 + 8 + 8,
    STATE_HEAD = MAGIC_SIZE + 8 + 8 + 8 + 4,
    BATCH_HEAD = MAGIC_SIZE + 8 + 8 + 4 + 4,
    FOLDER_MODE = 02750,
    FILE_MODE = 0640 /* who looks at history is of the writer's group */
};

/* Against what disks do, so the key may be known. */
static const struct hash_key checksum_key = {0x706f6e6f722d7370, 0x6f6f6c2d66696c65};

static uint64_t checksum(struct span bytes)
{
    return hash_bytes(&checksum_key, bytes.at, bytes.length);
}

int spool_folder_open(const char *folder, bool makes)
{
    int above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0)
        return -1;
    bool is_new = makes && mkdirat(above, "spool", FOLDER_MODE) == 0;
    int fd = openat(above, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && is_new)
        (void)!(fchmod(fd, FOLDER_MODE) == 0 && fsync(above) == 0);
    int error = errno;
    close(above);
    errno = error;
    return fd;
}

void spool_file_name(uint64_t number, char out[SPOOL_NAME_SIZE])
{
    snprintf(out, SPOOL_NAME_SIZE, "%020" PRIu64 ".batch", number);
}

uint64_t spool_file_number(const char *name)
{
    char again[SPOOL_NAME_SIZE];
    uint64_t number = strtoull(name, NULL, 10);
    spool_file_name(number, again);
    return strcmp(name, again) == 0 ? number : 0;
}

static enum status status_of_errno(void)
{
    if (errno == ENOSPC || errno == EDQUOT)
        return STATUS_TOO_LONG;
    return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_SYSTEM;
}

static bool write_whole(int fd, const uint8_t *at, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

static bool read_whole(int fd, void *out, size_t length, uint64_t from)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = pread(fd, (uint8_t *)out + done, length - done, (off_t)(from + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* `pieces` become the file `name`, on the disk. */
static enum status file_write(int folder, const char *name, const struct span *pieces, size_t count)
{
    char other[SPOOL_NAME_SIZE + 8];
    snprintf(other, sizeof other, "%s.new", name);
    int fd =
        openat(folder, other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return status_of_errno();
    bool fine = fchmod(fd, FILE_MODE) == 0;
    for (size_t i = 0; fine && i < count; i++)
        fine = write_whole(fd, pieces[i].at, pieces[i].length);
    fine = fine && fsync(fd) == 0;
    int error = errno;
    close(fd);
    errno = error;
    if (fine && renameat(folder, other, folder, name) == 0 && fsync(folder) == 0)
        return STATUS_OK;
    enum status status = status_of_errno();
    error = errno;
    unlinkat(folder, other, 0);
    errno = error;
    return status;
}

static void write_marks(struct writer *w, const struct spool_mark *marks, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        write_u32(w, marks[i].source);
        write_u64(w, marks[i].next);
    }
}

enum status spool_state_write(int folder, const struct spool_state *state)
{
    size_t size = STATE_HEAD + (size_t)state->mark_count * MARK_SIZE + HASH_SIZE;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return STATUS_NO_MEMORY;
    struct writer w = writer_over(bytes, size);
    write_bytes(&w, STATE_MAGIC, MAGIC_SIZE);
    write_u64(&w, state->history);
    write_u64(&w, state->next);
    write_u64(&w, state->sent);
    write_u32(&w, state->mark_count);
    write_marks(&w, state->marks, state->mark_count);
    write_u64(&w, checksum(writer_span(&w)));
    struct span whole = writer_span(&w);
    enum status status = file_write(folder, STATE_NAME, &whole, 1);
    free(bytes);
    return status;
}

/* A file of at most `most` bytes into new memory. */
static enum status file_read(int folder, const char *name, uint64_t most, uint8_t **out,
                             size_t *length)
{
    struct stat about;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return status_of_errno();
    enum status status = STATUS_CORRUPT;
    uint8_t *bytes = NULL;
    if (fstat(fd, &about) != 0) {
        status = STATUS_SYSTEM;
        goto done;
    }
    *length = (uint64_t)about.st_size < most ? (size_t)about.st_size : (size_t)most;
    bytes = malloc(*length + 1);
    if (bytes == NULL) {
        status = STATUS_NO_MEMORY;
        goto done;
    }
    if (read_whole(fd, bytes, *length, 0))
        status = STATUS_OK;
done:
    close(fd);
    if (status == STATUS_OK)
        *out = bytes;
    else
        free(bytes);
    return status;
}

enum status spool_state_read(int folder, struct spool_state *out)
{
    const uint64_t most = STATE_HEAD + (uint64_t)SPOOL_SOURCES_MOST * MARK_SIZE + HASH_SIZE;
    uint8_t *bytes = NULL;
    size_t length = 0;

    *out = (struct spool_state){0};
    enum status status = file_read(folder, STATE_NAME, most, &bytes, &length);
    if (status != STATUS_OK)
        return status;
    struct cursor c = cursor_over(bytes, length);
    struct span magic = read_span(&c, MAGIC_SIZE);
    out->history = read_u64(&c);
    out->next = read_u64(&c);
    out->sent = read_u64(&c);
    out->mark_count = read_u32(&c);
    status = STATUS_CORRUPT;
    if (c.failed || memcmp(magic.at, STATE_MAGIC, MAGIC_SIZE) != 0 ||
        cursor_left(&c) != (uint64_t)out->mark_count * MARK_SIZE + HASH_SIZE)
        goto done;
    out->marks = calloc((size_t)out->mark_count + 1, sizeof *out->marks);
    if (out->marks == NULL) {
        status = STATUS_NO_MEMORY;
        goto done;
    }
    for (uint32_t i = 0; i < out->mark_count; i++) {
        out->marks[i].source = read_u32(&c);
        out->marks[i].next = read_u64(&c);
    }
    if (read_u64(&c) == checksum(span_of(bytes, length - HASH_SIZE)))
        status = STATUS_OK;
done:
    free(bytes);
    if (status != STATUS_OK) {
        free(out->marks);
        *out = (struct spool_state){0};
    }
    return status;
}

static void write_head(struct writer *w, const struct spool_batch *batch,
                       const struct spool_mark *marks, uint32_t mark_count)
{
    write_bytes(w, BATCH_MAGIC, MAGIC_SIZE);
    write_u64(w, batch->history);
    write_u64(w, batch->number);
    write_u32(w, mark_count);
    write_u32(w, batch->part_count);
    write_marks(w, marks, mark_count);
    for (uint32_t i = 0; i < batch->part_count; i++) {
        const struct spool_part *part = &batch->parts[i];
        write_u16(w, part->date);
        write_u32(w, part->rows);
        write_u64(w, part->bytes);
        write_u64(w, part->hash);
    }
    write_u64(w, checksum(writer_span(w)));
}

enum status spool_batch_write(int folder, struct spool_batch *batch, const struct span *parts,
                              const struct spool_mark *marks, uint32_t mark_count)
{
    struct span pieces[1 + SPOOL_PARTS_MOST];
    char name[SPOOL_NAME_SIZE];

    batch->head = BATCH_HEAD + (uint64_t)mark_count * MARK_SIZE +
                  (uint64_t)batch->part_count * PART_SIZE + HASH_SIZE;
    batch->bytes = batch->head;
    for (uint32_t i = 0; i < batch->part_count; i++) {
        pieces[1 + i] = parts[i];
        batch->parts[i].bytes = parts[i].length;
        batch->parts[i].hash = checksum(parts[i]);
        batch->bytes += parts[i].length;
    }
    uint8_t *head = malloc(batch->head);
    if (head == NULL)
        return STATUS_NO_MEMORY;
    struct writer w = writer_over(head, batch->head);
    write_head(&w, batch, marks, mark_count);
    pieces[0] = writer_span(&w);
    spool_file_name(batch->number, name);
    enum status status = file_write(folder, name, pieces, 1 + batch->part_count);
    free(head);
    return status;
}

/* Marks and parts behind the fixed head, all inside `bytes`. */
static enum status read_head(struct span bytes, uint64_t number, struct spool_batch *out,
                             struct span *marks)
{
    struct cursor c = cursor_of(bytes);
    struct span magic = read_span(&c, MAGIC_SIZE);
    out->history = read_u64(&c);
    out->number = read_u64(&c);
    uint32_t mark_count = read_u32(&c);
    out->part_count = read_u32(&c);
    if (c.failed || memcmp(magic.at, BATCH_MAGIC, MAGIC_SIZE) != 0 || out->number != number ||
        mark_count > SPOOL_SOURCES_MOST || out->part_count > SPOOL_PARTS_MOST)
        return STATUS_CORRUPT;
    *marks = read_span(&c, (size_t)mark_count * MARK_SIZE);
    for (uint32_t i = 0; i < out->part_count; i++) {
        struct spool_part *part = &out->parts[i];
        part->date = read_u16(&c);
        part->rows = read_u32(&c);
        part->bytes = read_u64(&c);
        part->hash = read_u64(&c);
    }
    out->head = (uint64_t)(c.at - bytes.at) + HASH_SIZE;
    uint64_t hash = read_u64(&c);
    return !c.failed && hash == checksum(span_of(bytes.at, out->head - HASH_SIZE)) ? STATUS_OK
                                                                                   : STATUS_CORRUPT;
}

static enum status size_of(int folder, const char *name, uint64_t *out)
{
    struct stat about;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return status_of_errno();
    *out = (uint64_t)about.st_size;
    return STATUS_OK;
}

enum status spool_batch_read(int folder, uint64_t number,
                             enum status (*on_mark)(void *owner, const struct spool_mark *mark),
                             void *owner, struct spool_batch *out)
{
    const uint64_t most = BATCH_HEAD + (uint64_t)SPOOL_SOURCES_MOST * MARK_SIZE +
                          (uint64_t)SPOOL_PARTS_MOST * PART_SIZE + HASH_SIZE;
    char name[SPOOL_NAME_SIZE];
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct span marks = {0};

    *out = (struct spool_batch){0};
    spool_file_name(number, name);
    enum status status = size_of(folder, name, &out->bytes);
    if (status == STATUS_OK)
        status = file_read(folder, name, most, &bytes, &length);
    if (status == STATUS_OK)
        status = read_head(span_of(bytes, length), number, out, &marks);
    uint64_t whole = out->head;
    for (uint32_t i = 0; status == STATUS_OK && i < out->part_count; i++)
        whole += out->parts[i].bytes;
    if (status == STATUS_OK && whole != out->bytes)
        status = STATUS_CORRUPT;
    struct cursor c = cursor_of(marks);
    while (status == STATUS_OK && on_mark != NULL && cursor_more(&c)) {
        struct spool_mark mark = {.source = read_u32(&c)};
        mark.next = read_u64(&c);
        status = on_mark(owner, &mark);
    }
    free(bytes);
    return status;
}

enum status spool_part_read(int folder, const struct spool_batch *batch, uint32_t part, void *room)
{
    char name[SPOOL_NAME_SIZE];
    uint64_t from = batch->head;

    for (uint32_t i = 0; i < part; i++)
        from += batch->parts[i].bytes;
    spool_file_name(batch->number, name);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return status_of_errno();
    bool fine = read_whole(fd, room, batch->parts[part].bytes, from);
    close(fd);
    if (!fine || checksum(span_of(room, batch->parts[part].bytes)) != batch->parts[part].hash)
        return STATUS_CORRUPT;
    return STATUS_OK;
}

void spool_text_write(int folder, const char *name, const char *text)
{
    char other[SPOOL_NAME_SIZE + 8];
    snprintf(other, sizeof other, "%s.new", name);
    int fd =
        openat(folder, other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return;
    bool fine = fchmod(fd, FILE_MODE) == 0 && write_whole(fd, (const uint8_t *)text, strlen(text));
    close(fd);
    if (!fine || renameat(folder, other, folder, name) != 0)
        unlinkat(folder, other, 0);
}

void spool_text_read(int folder, const char *name, char *out, size_t size)
{
    out[0] = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    ssize_t got = read(fd, out, size - 1);
    out[got < 0 ? 0 : got] = 0;
    close(fd);
}
