/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail - pieces, one behind the other: the columns, then the parts of the lines.
 */
#include "sqlite/tail.h"

#include "base/writer.h"

static enum status count_parts(struct span tail, uint32_t *out)
{
    if (tail.length < TAIL_HEAD)
        return STATUS_CORRUPT;
    *out = load_u32(tail.at + TAIL_HEAD - 4);
    return *out > BLOCK_ROWS || (tail.length - TAIL_HEAD) / TAIL_PART < *out ? STATUS_CORRUPT
                                                                             : STATUS_OK;
}

static enum status piece(struct span tail, uint32_t at, struct span *out)
{
    const uint8_t *of_parts = tail.at + TAIL_HEAD;
    uint32_t parts;

    if (count_parts(tail, &parts) != STATUS_OK || at >= COLUMN_COUNT + parts)
        return STATUS_CORRUPT;
    size_t begin = TAIL_HEAD + (size_t)parts * TAIL_PART, length = 0;
    for (uint32_t i = 0; i <= at; i++) {
        begin += length;
        length = i < COLUMN_COUNT ? load_u32(tail.at + (size_t)4 * i)
                                  : load_u32(of_parts + (size_t)TAIL_PART * (i - COLUMN_COUNT));
        if (begin > tail.length || length > tail.length - begin)
            return STATUS_CORRUPT;
    }
    *out = span_of(tail.at + begin, length);
    return STATUS_OK;
}

enum status tail_column(struct span tail, enum column column, struct span *out)
{
    return piece(tail, column, out);
}

enum status tail_part(struct span tail, uint32_t part, struct span *out)
{
    return part < BLOCK_ROWS ? piece(tail, COLUMN_COUNT + part, out) : STATUS_CORRUPT;
}

enum status tail_part_of(struct span tail, uint32_t row, uint32_t *part, uint32_t *first)
{
    uint32_t parts;

    if (count_parts(tail, &parts) != STATUS_OK || parts == 0)
        return STATUS_CORRUPT;
    const struct span cuts =
        span_of(tail.at + TAIL_HEAD + 4, (size_t)parts * TAIL_PART - 4); /* first rows */
    return block_part_of(cuts, TAIL_PART, row, part, first);
}
