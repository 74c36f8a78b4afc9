/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool_rows - a buffer for each day.
 */
#include "clickhouse/spool_rows.h"

#include <stdlib.h>

enum { NUMBER_SIZE = 8, FIRST_ROOM = 4096, FIRST_ROWS = 256 };

static enum status day_claim(struct spool_rows *rows, uint16_t day, struct spool_day **out)
{
    for (uint32_t i = 0; i < rows->day_count; i++) {
        *out = &rows->days[i];
        if ((*out)->day == day)
            return STATUS_OK;
    }
    if (rows->day_count == SPOOL_PARTS_MOST)
        return STATUS_AGAIN;
    *out = &rows->days[rows->day_count++];
    (*out)->day = day;
    (*out)->rows = (*out)->written = 0;
    (*out)->length = 0;
    return STATUS_OK;
}

static enum status day_room(struct spool_day *day, size_t more)
{
    if (day->rows == day->starts_room) {
        uint32_t room = day->starts_room == 0 ? FIRST_ROWS : day->starts_room * 2;
        uint32_t *starts = realloc(day->starts, room * sizeof *starts);
        if (starts == NULL)
            return STATUS_NO_MEMORY;
        day->starts = starts;
        day->starts_room = room;
    }
    if (day->room - day->length < more) {
        size_t room = (day->length + more) * 2 + FIRST_ROOM;
        uint8_t *at = realloc(day->at, room);
        if (at == NULL)
            return STATUS_NO_MEMORY;
        day->at = at;
        day->room = room;
    }
    return STATUS_OK;
}

enum status spool_rows_put(struct spool_rows *rows, uint16_t day, struct span row)
{
    struct spool_day *of;
    const size_t size = NUMBER_SIZE + row.length;

    if (size > SPOOL_BATCH_BYTES)
        return STATUS_TOO_LONG;
    if (rows->bytes + size > SPOOL_BATCH_BYTES || rows->rows == SPOOL_BATCH_ROWS)
        return STATUS_AGAIN;
    enum status status = day_claim(rows, day, &of);
    if (status == STATUS_OK)
        status = day_room(of, size);
    if (status != STATUS_OK)
        return status;
    of->starts[of->rows++] = (uint32_t)of->length;
    memset(of->at + of->length, 0, NUMBER_SIZE);
    memcpy(of->at + of->length + NUMBER_SIZE, row.at, row.length);
    of->length += size;
    rows->bytes += size;
    rows->rows++;
    return STATUS_OK;
}

void spool_rows_parts(struct spool_rows *rows, uint64_t number, struct spool_batch *batch,
                      struct span parts[SPOOL_PARTS_MOST])
{
    batch->part_count = 0;
    for (uint32_t i = 0; i < rows->day_count; i++) {
        struct spool_day *day = &rows->days[i];
        if (day->rows == 0) /* claimed by a row that found no room */
            continue;
        for (uint32_t j = day->written; j < day->rows; j++)
            for (unsigned byte = 0; byte < NUMBER_SIZE; byte++)
                day->at[day->starts[j] + byte] = (uint8_t)(number >> (8 * byte));
        parts[batch->part_count] = span_of(day->at, day->length);
        batch->parts[batch->part_count++] =
            (struct spool_part){.date = day->day, .rows = day->rows};
    }
}

void spool_rows_written(struct spool_rows *rows)
{
    for (uint32_t i = 0; i < rows->day_count; i++)
        rows->days[i].written = rows->days[i].rows;
    rows->written = rows->rows;
}

static void day_forget(struct spool_day *day)
{
    size_t gone = day->written < day->rows ? day->starts[day->written] : day->length;

    if (gone > 0)
        memmove(day->at, day->at + gone, day->length - gone);
    for (uint32_t i = day->written; i < day->rows; i++)
        day->starts[i - day->written] = day->starts[i] - (uint32_t)gone;
    day->length -= gone;
    day->rows -= day->written;
    day->written = 0;
}

void spool_rows_forget(struct spool_rows *rows)
{
    uint32_t kept = 0;

    rows->bytes = 0;
    for (uint32_t i = 0; i < rows->day_count; i++) {
        day_forget(&rows->days[i]);
        rows->bytes += rows->days[i].length;
        if (rows->days[i].rows == 0)
            continue;
        struct spool_day other = rows->days[kept];
        rows->days[kept] = rows->days[i];
        if (kept != i)
            rows->days[i] = other;
        kept++;
    }
    rows->day_count = kept;
    rows->rows -= rows->written;
    rows->written = 0;
}

void spool_rows_free(struct spool_rows *rows)
{
    for (uint32_t i = 0; i < SPOOL_PARTS_MOST; i++) {
        free(rows->days[i].at);
        free(rows->days[i].starts);
    }
}
