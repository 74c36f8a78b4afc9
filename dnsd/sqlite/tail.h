/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - a small block as one value: how the rows of the last commits stand in the file of a day.
 *
 * Used by day_write, which lays it out, and by day_read. Trusts no length that stands in a file.
 * Never unpacks anything.
 *
 * In network byte order: u32 length of each column; u32 number of parts; u32 length and u16 first
 * row of each part; then the columns (packer_column) and the parts (packer_lines).
 */
#ifndef SQLITE_TAIL_H
#define SQLITE_TAIL_H

#include "sqlite/block.h"

enum {
    TAIL_HEAD = 4 * (COLUMN_COUNT + 1), /* bytes before what tells of parts */
    TAIL_PART = 4 + 2                   /* bytes that tell of one part */
};

/* All of them: STATUS_CORRUPT: it is no tail. */
MUST_USE enum status tail_column(struct span tail, enum column column, struct span *out);
MUST_USE enum status tail_part(struct span tail, uint32_t part, struct span *out);
/* In which part the line of a row is, and which row begins that part. */
MUST_USE enum status tail_part_of(struct span tail, uint32_t row, uint32_t *part, uint32_t *first);

#endif
