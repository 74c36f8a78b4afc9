/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool - a batch in memory, a queue of files, and what was put from where.
 *
 * What makes it exact: a batch appears by one rename together with the marks of its sources, and
 * goes only after the state, which has those marks too, was renamed into its place. Killed at any
 * moment, the marks of the state and of the batches there are those of the rows that are safe.
 */
#include "clickhouse/spool.h"

#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { BLOCK = 4096 };

struct mark {
    uint32_t source;
    uint64_t put, kept, begun; /* the next sequence: in memory, on the disk, before this batch */
};

struct waiting {
    uint64_t number, bytes;
};

struct spool {
    int folder;
    uint64_t history, next, sent, most;
    struct mark *marks; /* by source */
    uint32_t mark_count, mark_room;
    struct waiting *queue; /* oldest first, from queue_head on */
    size_t queue_head, queue_end, queue_room;
    uint64_t queue_bytes;

    struct spool_rows rows; /* what was put; some may stand in batch `number` */
    uint64_t number;        /* 0: none of them */
    bool given_out;         /* to be sent: it may not change any more */

    uint8_t *sending;
    size_t sending_room;
    char said[SPOOL_WHY_SIZE];
};

/* Marks. */

static uint32_t mark_place(const struct spool *spool, uint32_t source)
{
    uint32_t low = 0, high = spool->mark_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (spool->marks[middle].source < source)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status mark_claim(struct spool *spool, uint32_t source, struct mark **out)
{
    uint32_t at = mark_place(spool, source);

    if (at == spool->mark_count || spool->marks[at].source != source) {
        if (spool->mark_count == SPOOL_SOURCES_MOST)
            return STATUS_TOO_LONG;
        if (spool->mark_count == spool->mark_room) {
            uint32_t room = spool->mark_room == 0 ? 64 : spool->mark_room * 2;
            struct mark *marks = realloc(spool->marks, room * sizeof *marks);
            if (marks == NULL)
                return STATUS_NO_MEMORY;
            spool->marks = marks;
            spool->mark_room = room;
        }
        memmove(&spool->marks[at + 1], &spool->marks[at],
                (spool->mark_count - at) * sizeof *spool->marks);
        spool->marks[at] = (struct mark){.source = source};
        spool->mark_count++;
    }
    *out = &spool->marks[at];
    return STATUS_OK;
}

static enum status on_kept(void *owner, const struct spool_mark *kept)
{
    struct mark *mark;
    enum status status = mark_claim(owner, kept->source, &mark);
    if (status == STATUS_OK && kept->next > mark->kept)
        mark->put = mark->kept = mark->begun = kept->next;
    return status;
}

bool spool_has(const struct spool *spool, uint32_t source, uint64_t sequence)
{
    uint32_t at = mark_place(spool, source);
    return at < spool->mark_count && spool->marks[at].source == source &&
           sequence < spool->marks[at].put;
}

static enum status state_write(const struct spool *spool)
{
    struct spool_state state = {.history = spool->history,
                                .next = spool->next,
                                .sent = spool->sent,
                                .mark_count = spool->mark_count};
    state.marks = calloc((size_t)spool->mark_count + 1, sizeof *state.marks);
    if (state.marks == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < spool->mark_count; i++)
        state.marks[i] = (struct spool_mark){spool->marks[i].source, spool->marks[i].kept};
    enum status status = spool_state_write(spool->folder, &state);
    free(state.marks);
    return status;
}

/* The queue. */

static enum status queue_add(struct spool *spool, uint64_t number, uint64_t bytes)
{
    if (spool->queue == NULL || spool->queue_end == spool->queue_room) {
        size_t count = spool->queue_end - spool->queue_head;
        size_t room = count * 2 + 64;
        struct waiting *queue = calloc(room, sizeof *queue);
        if (queue == NULL)
            return STATUS_NO_MEMORY;
        if (spool->queue != NULL)
            memcpy(queue, &spool->queue[spool->queue_head], count * sizeof *queue);
        free(spool->queue);
        spool->queue = queue;
        spool->queue_room = room;
        spool->queue_head = 0;
        spool->queue_end = count;
    }
    spool->queue[spool->queue_end++] = (struct waiting){number, bytes};
    spool->queue_bytes += bytes;
    return STATUS_OK;
}

static void queue_drop(struct spool *spool)
{
    spool->queue_bytes -= spool->queue[spool->queue_head++].bytes;
}

static int compare(const void *a, const void *b)
{
    const struct waiting *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

uint64_t spool_waiting(const struct spool *spool)
{
    return spool->queue_end - spool->queue_head;
}

/* What a file takes on a disk. */
static uint64_t on_disk(uint64_t bytes)
{
    return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* The batch in memory. */

static bool may_grow(const struct spool *spool)
{
    return spool->number != 0 && !spool->given_out && spool->rows.bytes < SPOOL_SMALL_BYTES;
}

/* What is written stands in its file; what is not begins the next batch. */
static void forget_written(struct spool *spool)
{
    spool_rows_forget(&spool->rows);
    spool->number = 0;
    spool->given_out = false;
    for (uint32_t i = 0; i < spool->mark_count; i++)
        spool->marks[i].begun = spool->marks[i].kept;
}

enum status spool_put(struct spool *spool, uint32_t source, uint64_t sequence, uint16_t day,
                      struct span row)
{
    struct mark *mark;

    if (sequence == UINT64_MAX)
        return STATUS_TOO_LONG;
    enum status status = mark_claim(spool, source, &mark);
    if (status != STATUS_OK || sequence < mark->put)
        return status;
    if (spool->rows.written > 0 && !may_grow(spool))
        forget_written(spool);
    status = spool_rows_put(&spool->rows, day, row);
    if (status == STATUS_OK)
        mark->put = sequence + 1;
    return status;
}

static enum status batch_write(struct spool *spool, uint64_t number, struct spool_batch *batch)
{
    struct span parts[SPOOL_PARTS_MOST];
    uint32_t count = 0;

    *batch = (struct spool_batch){.history = spool->history, .number = number};
    spool_rows_parts(&spool->rows, number, batch, parts);
    struct spool_mark *marks = calloc((size_t)spool->mark_count + 1, sizeof *marks);
    if (marks == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < spool->mark_count; i++) {
        const struct mark *mark = &spool->marks[i];
        if (mark->put > mark->begun)
            marks[count++] = (struct spool_mark){mark->source, mark->put};
    }
    enum status status = spool_batch_write(spool->folder, batch, parts, marks, count);
    free(marks);
    return status;
}

enum status spool_commit(struct spool *spool)
{
    struct spool_batch batch;

    if (spool->rows.rows == spool->rows.written)
        return STATUS_OK;
    if (spool->rows.written > 0 && !may_grow(spool))
        forget_written(spool);
    struct waiting *before = spool->number == 0 ? NULL : &spool->queue[spool->queue_end - 1];
    uint64_t number = before == NULL ? spool->next : before->number;
    uint64_t others = spool->queue_bytes - (before == NULL ? 0 : before->bytes);
    if (others > 0 && others + on_disk(spool->rows.bytes) > spool->most)
        return STATUS_AGAIN;
    if (before == NULL && queue_add(spool, number, 0) != STATUS_OK)
        return STATUS_NO_MEMORY;
    enum status status = batch_write(spool, number, &batch);
    struct waiting *place = &spool->queue[spool->queue_end - 1];
    if (status != STATUS_OK) {
        if (before == NULL)
            spool->queue_end--;
        return status;
    }
    spool->queue_bytes = others + on_disk(batch.bytes);
    place->bytes = on_disk(batch.bytes);
    spool->number = number;
    if (before == NULL)
        spool->next++;
    spool_rows_written(&spool->rows);
    for (uint32_t i = 0; i < spool->mark_count; i++)
        spool->marks[i].kept = spool->marks[i].put;
    return STATUS_OK;
}

/* Sending. */

void spool_set_aside(struct spool *spool, uint64_t number, char why[SPOOL_WHY_SIZE])
{
    char name[SPOOL_NAME_SIZE], other[SPOOL_NAME_SIZE + 8];

    spool_file_name(number, name);
    snprintf(other, sizeof other, "%s.broken", name);
    (void)!renameat(spool->folder, name, spool->folder, other);
    if (spool_waiting(spool) > 0 && spool->queue[spool->queue_head].number == number)
        queue_drop(spool);
    snprintf(why, SPOOL_WHY_SIZE,
             "spool/%s cannot be read and is set aside: its rows are missing in the database, and "
             "come back when the history folder is deleted and made again",
             other);
}

enum status spool_oldest(struct spool *spool, struct spool_batch *out, char why[SPOOL_WHY_SIZE])
{
    if (spool_waiting(spool) == 0)
        return STATUS_NOT_FOUND;
    uint64_t number = spool->queue[spool->queue_head].number;
    if (number == spool->number)
        spool->given_out = true;
    enum status status = spool_batch_read(spool->folder, number, NULL, NULL, out);
    if (status == STATUS_OK && out->history != spool->history)
        status = STATUS_CORRUPT;
    if (status == STATUS_CORRUPT || status == STATUS_NOT_FOUND) {
        spool_set_aside(spool, number, why);
        return STATUS_CORRUPT;
    }
    return status;
}

enum status spool_part(struct spool *spool, const struct spool_batch *batch, uint32_t part,
                       struct span *out)
{
    size_t size = batch->parts[part].bytes;
    if (size > spool->sending_room) {
        uint8_t *sending = realloc(spool->sending, size);
        if (sending == NULL)
            return STATUS_NO_MEMORY;
        spool->sending = sending;
        spool->sending_room = size;
    }
    enum status status = spool_part_read(spool->folder, batch, part, spool->sending);
    *out = span_of(spool->sending, size);
    return status;
}

enum status spool_sent(struct spool *spool, uint64_t number)
{
    char name[SPOOL_NAME_SIZE];

    if (spool_waiting(spool) == 0 || spool->queue[spool->queue_head].number != number)
        return STATUS_NOT_FOUND;
    uint64_t before = spool->sent;
    spool->sent = number;
    enum status status = state_write(spool);
    if (status != STATUS_OK) {
        spool->sent = before;
        return status;
    }
    queue_drop(spool);
    spool_file_name(number, name);
    unlinkat(spool->folder, name, 0);
    return STATUS_OK;
}

void spool_say(struct spool *spool, const char *why)
{
    if (strcmp(spool->said, why) == 0)
        return;
    snprintf(spool->said, sizeof spool->said, "%s", why);
    spool_text_write(spool->folder, SPOOL_WHY_NAME, spool->said);
}

/* Opening. */

static enum status batch_found(struct spool *spool, uint64_t number)
{
    struct spool_batch batch;
    char name[SPOOL_NAME_SIZE];

    if (number <= spool->sent) { /* killed before it was removed */
        spool_file_name(number, name);
        unlinkat(spool->folder, name, 0);
        return STATUS_OK;
    }
    enum status status = spool_batch_read(spool->folder, number, on_kept, spool, &batch);
    if (status != STATUS_OK && status != STATUS_CORRUPT)
        return status;
    if (number >= spool->next)
        spool->next = number + 1;
    return queue_add(spool, number, on_disk(batch.bytes));
}

static enum status folder_read(struct spool *spool)
{
    const struct dirent *entry;
    enum status status = STATUS_OK;
    int fd = openat(spool->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return STATUS_SYSTEM;
    }
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL) {
        uint64_t number = spool_file_number(entry->d_name);
        size_t length = strlen(entry->d_name);
        if (number != 0)
            status = batch_found(spool, number);
        else if (length > 4 && strcmp(entry->d_name + length - 4, ".new") == 0)
            unlinkat(spool->folder, entry->d_name, 0);
    }
    closedir(dir);
    if (spool_waiting(spool) > 1)
        qsort(&spool->queue[spool->queue_head], spool_waiting(spool), sizeof *spool->queue,
              compare);
    return status;
}

static enum status state_begin(struct spool *spool)
{
    struct spool_state state;
    enum status status = spool_state_read(spool->folder, &state);

    if (status == STATUS_OK) {
        spool->history = state.history;
        spool->next = state.next;
        spool->sent = state.sent;
        for (uint32_t i = 0; status == STATUS_OK && i < state.mark_count; i++)
            status = on_kept(spool, &state.marks[i]);
        free(state.marks);
        return status == STATUS_OK ? folder_read(spool) : status;
    }
    if (status != STATUS_NOT_FOUND)
        return status;
    spool->next = 1;
    do
        random_bytes(&spool->history, sizeof spool->history);
    while (spool->history == 0);
    status = folder_read(spool);
    if (status == STATUS_OK && spool_waiting(spool) > 0)
        return STATUS_CORRUPT; /* whose batches are these? */
    return status == STATUS_OK ? state_write(spool) : status;
}

enum status spool_open(const char *folder, uint64_t most, char why[SPOOL_WHY_SIZE],
                       struct spool **out)
{
    struct spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL)
        return STATUS_NO_MEMORY;
    spool->most = most;
    spool->folder = spool_folder_open(folder, true);
    enum status status = spool->folder < 0 ? STATUS_SYSTEM : STATUS_OK;
    if (status == STATUS_OK && flock(spool->folder, LOCK_EX | LOCK_NB) != 0)
        status = errno == EWOULDBLOCK ? STATUS_EXISTS : STATUS_SYSTEM;
    if (status == STATUS_OK)
        status = state_begin(spool);
    if (status == STATUS_OK)
        spool_text_read(spool->folder, SPOOL_WHY_NAME, spool->said, sizeof spool->said);
    if (status == STATUS_OK) {
        *out = spool;
        return STATUS_OK;
    }
    if (status == STATUS_EXISTS)
        snprintf(why, SPOOL_WHY_SIZE, "%.150s/spool: another consoled writes there", folder);
    else if (status == STATUS_CORRUPT)
        snprintf(why, SPOOL_WHY_SIZE,
                 "%.120s/spool/state is broken or missing: delete that history folder, and it is "
                 "made again from the event files",
                 folder);
    else
        snprintf(why, SPOOL_WHY_SIZE, "%.150s/spool: %s", folder,
                 status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
    spool_close(spool);
    return status;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL)
        return;
    if (spool->folder >= 0)
        close(spool->folder);
    spool_rows_free(&spool->rows);
    free(spool->marks);
    free(spool->queue);
    free(spool->sending);
    free(spool);
}

uint64_t spool_history(const struct spool *spool)
{
    return spool->history;
}
