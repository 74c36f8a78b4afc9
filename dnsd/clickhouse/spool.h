/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool - rows on their way to a database: batches as files in FOLDER/spool, sent in order.
 *
 * Used by feed, which sends them, and by the store. A batch is whole and on the disk once
 * spool_commit() gave STATUS_OK; its content and number never change from the moment it was first
 * given out to be sent, so it can be sent again and be known again. A row whose source and sequence
 * were committed before is left out, whatever became of its batch. One process writes (a lock sees
 * to it), others look. Never more than `most` bytes; never knows what a row means or who takes the
 * batches.
 *
 * Every row is kept behind eight bytes of ours: the number of its batch, little-endian. While
 * nobody sends, rows are added to the newest batch as long as it is small: what is sent later is
 * then a few batches and not one for each commit.
 */
#ifndef CLICKHOUSE_SPOOL_H
#define CLICKHOUSE_SPOOL_H

#include "clickhouse/spool_rows.h"

enum {
    SPOOL_WHY_SIZE = 256,
    SPOOL_SMALL_BYTES = 4 << 20 /* a batch that waits is added to up to this size */
};

struct spool;

/* Makes FOLDER/spool when it is not there. STATUS_EXISTS: another process has it. */
MUST_USE enum status spool_open(const char *folder, uint64_t most, char why[SPOOL_WHY_SIZE],
                                struct spool **out);
void spool_close(struct spool *spool);
/* Tells the rows of this spool from those of all others. */
uint64_t spool_history(const struct spool *spool);

/* `row` is copied; `day` since 1970. STATUS_AGAIN: commit first. */
MUST_USE enum status spool_put(struct spool *spool, uint32_t source, uint64_t sequence,
                               uint16_t day, struct span row);
/* Whether the row would be left out. */
bool spool_has(const struct spool *spool, uint32_t source, uint64_t sequence);
/* STATUS_AGAIN: the spool is full, STATUS_TOO_LONG: the disk is; what was put stays, for the next
 * commit. */
MUST_USE enum status spool_commit(struct spool *spool);

/* The batch to send next. STATUS_NOT_FOUND: none. STATUS_CORRUPT: it was set aside, see `why`. */
MUST_USE enum status spool_oldest(struct spool *spool, struct spool_batch *out,
                                  char why[SPOOL_WHY_SIZE]);
/* Rows of one of its parts; they live until the next call. */
MUST_USE enum status spool_part(struct spool *spool, const struct spool_batch *batch, uint32_t part,
                                struct span *out);
/* The oldest batch is with the database: it is removed, and never sent again. */
MUST_USE enum status spool_sent(struct spool *spool, uint64_t number);
/* The oldest batch cannot be read: it stays on the disk under another name, for who wants to look.
 */
void spool_set_aside(struct spool *spool, uint64_t number, char why[SPOOL_WHY_SIZE]);
uint64_t spool_waiting(const struct spool *spool);
/* Why nothing is sent, for those who look; "": all is well. */
void spool_say(struct spool *spool, const char *why);

/* What those see who do not write. STATUS_AGAIN: there is no spool yet. */
struct spool_sight {
    uint64_t history, waiting;
    char why[SPOOL_WHY_SIZE];
};
MUST_USE enum status spool_look(const char *folder, struct spool_sight *out);
/* The history alone, which costs less. */
MUST_USE enum status spool_whose(const char *folder, uint64_t *history);

#endif
