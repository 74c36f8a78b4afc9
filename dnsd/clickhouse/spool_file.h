/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool_file - the two kinds of files of a spool: its state, and batches.
 *
 * Used by spool. A file is written whole under another name, brought to the disk and renamed, so it
 * is there whole or not at all. Each carries a checksum against what disks do. Numbers are in
 * network byte order. Never decides what is sent.
 */
#ifndef CLICKHOUSE_SPOOL_FILE_H
#define CLICKHOUSE_SPOOL_FILE_H

#include "base/span.h"
#include "base/status.h"

#include <stdio.h>

enum {
    SPOOL_PARTS_MOST = 64, /* days in a batch */
    SPOOL_SOURCES_MOST = 65536,
    SPOOL_NAME_SIZE = 32
};

/* Sequences below `next` of a source were put. */
struct spool_mark {
    uint32_t source;
    uint64_t next;
};

struct spool_state {
    uint64_t history; /* a random number, made with the spool */
    uint64_t next;    /* number of the next batch: none is given twice */
    uint64_t sent;    /* batches up to this one are with the database */
    struct spool_mark *marks;
    uint32_t mark_count;
};

/* Rows of one day. */
struct spool_part {
    uint16_t date; /* days since 1970 */
    uint32_t rows;
    uint64_t bytes, hash;
};

struct spool_batch {
    uint64_t history, number;
    uint32_t part_count;
    struct spool_part parts[SPOOL_PARTS_MOST];
    uint64_t bytes; /* of the file */
    uint64_t head;  /* bytes before the first part */
};

#define SPOOL_WHY_NAME "why"

/* FOLDER/spool, made when it is not there and `makes`; -1 with errno. */
int spool_folder_open(const char *folder, bool makes);

void spool_file_name(uint64_t number, char out[SPOOL_NAME_SIZE]);
/* The number in a name that spool_file_name() gives; 0: it is none. */
uint64_t spool_file_number(const char *name);

/* STATUS_TOO_LONG: the disk is full. errno holds. */
MUST_USE enum status spool_state_write(int folder, const struct spool_state *state);
/* STATUS_NOT_FOUND, STATUS_CORRUPT. The marks are the caller's to free. */
MUST_USE enum status spool_state_read(int folder, struct spool_state *out);

/* `parts` as in the batch, whose hashes and sizes are filled in here; `marks` those of the rows in
 * it. A batch of this number that is there already is replaced. */
MUST_USE enum status spool_batch_write(int folder, struct spool_batch *batch,
                                       const struct span *parts, const struct spool_mark *marks,
                                       uint32_t mark_count);
/* Also tells each mark of the batch. */
MUST_USE enum status spool_batch_read(int folder, uint64_t number,
                                      enum status (*on_mark)(void *owner,
                                                             const struct spool_mark *mark),
                                      void *owner, struct spool_batch *out);
/* The bytes of a part into `room`, which has as many. */
MUST_USE enum status spool_part_read(int folder, const struct spool_batch *batch, uint32_t part,
                                     void *room);

/* A short text under a name, replaced whole; not brought to the disk. */
void spool_text_write(int folder, const char *name, const char *text);
void spool_text_read(int folder, const char *name, char *out, size_t size);

#endif
