/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool_rows - the rows of one batch in memory, by day; some are written, further ones are not.
 *
 * Used by spool alone. At most SPOOL_PARTS_MOST days, SPOOL_BATCH_ROWS rows, SPOOL_BATCH_BYTES
 * bytes. Never opens a file.
 */
#ifndef CLICKHOUSE_SPOOL_ROWS_H
#define CLICKHOUSE_SPOOL_ROWS_H

#include "clickhouse/spool_file.h"

enum {
    SPOOL_BATCH_BYTES = 32 << 20, /* then rows must be committed */
    SPOOL_BATCH_ROWS = 1 << 18
};

struct spool_day {
    uint16_t day; /* since 1970 */
    uint32_t rows, written, starts_room;
    uint8_t *at;
    size_t length, room;
    uint32_t *starts; /* of each row in `at` */
};

struct spool_rows {
    struct spool_day days[SPOOL_PARTS_MOST]; /* behind day_count: buffers for further days */
    uint32_t day_count, rows, written;
    size_t bytes;
};

/* The row is copied, behind eight bytes for a number. STATUS_AGAIN: no room. */
MUST_USE enum status spool_rows_put(struct spool_rows *rows, uint16_t day, struct span row);
/* All rows get this number, little-endian, and are parts of the batch. */
void spool_rows_parts(struct spool_rows *rows, uint64_t number, struct spool_batch *batch,
                      struct span parts[SPOOL_PARTS_MOST]);
void spool_rows_written(struct spool_rows *rows);
/* Those that are written go; the others stay. */
void spool_rows_forget(struct spool_rows *rows);
void spool_rows_free(struct spool_rows *rows);

#endif
