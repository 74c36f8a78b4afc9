/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_block - what may stand in the file of a day; the first byte says which: a packed column, the
 * lines of a part, packed or not, or a tail. What is read lies inside, and a column that was read
 * is packed again as the same.
 */
#include "fuzz.h"

#include "sqlite/tail.h"

#include <string.h>

static struct packer *packer, *other;
static struct block_row rows[BLOCK_ROWS], again[BLOCK_ROWS];
static struct block_values values;

static void check_column(struct span packed, enum column column, uint32_t count)
{
    struct span same;

    if (packer_values(packer, packed, count, column, &values) != STATUS_OK)
        return;
    assert(count > 0 && count <= BLOCK_ROWS);
    for (uint32_t i = 0; i < count; i++)
        block_fill(&rows[i], column, &values, i);
    assert(packer_column(other, rows, count, column, &same) == STATUS_OK);
    assert(packer_values(packer, same, count, column, &values) == STATUS_OK);
    for (uint32_t i = 0; i < count; i++) {
        block_fill(&again[i], column, &values, i);
        const uint8_t *before = (const uint8_t *)&rows[i], *after = (const uint8_t *)&again[i];
        assert(memcmp(before, after, sizeof rows[i]) == 0);
    }
    memset(rows, 0, count * sizeof *rows);
    memset(again, 0, count * sizeof *again);
}

static void check_line(struct span lines, uint32_t first, uint32_t row)
{
    struct span line;
    static volatile uint8_t sum; /* so that a line outside is seen */

    if (block_line(lines, first, row, &line) != STATUS_OK)
        return;
    assert(row >= first && line.at >= lines.at && line.length + 4 <= lines.length);
    for (size_t i = 0; i < line.length; i++)
        sum ^= line.at[i];
    (void)sum;
}

static void check_lines(struct span lines, uint32_t first)
{
    for (uint32_t row = 0; row < 64; row++)
        check_line(lines, first, row);
}

static void check_tail(struct span tail, uint32_t count)
{
    struct span piece, lines;
    uint32_t part, first = 0;

    for (int c = 0; c < COLUMN_COUNT; c++)
        if (tail_column(tail, (enum column)c, &piece) == STATUS_OK)
            check_column(piece, (enum column)c, count);
    for (uint32_t row = 0; row < count && row < 64; row++) {
        if (tail_part_of(tail, row, &part, &first) != STATUS_OK)
            continue;
        assert(first <= row && part < BLOCK_ROWS);
        if (tail_part(tail, part, &piece) == STATUS_OK &&
            packer_unpack_lines(packer, piece, &lines) == STATUS_OK)
            check_line(lines, first, row);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span lines;

    if (packer == NULL) {
        packer = packer_new();
        other = packer_new();
    }
    assert(packer != NULL && other != NULL);
    if (size < 4)
        return 0;
    const uint32_t count = (uint32_t)data[2] << 8 | data[3];
    const struct span rest = span_of(data + 4, size - 4);
    switch (data[0] % 4) {
    case 0:
        check_column(rest, (enum column)(data[1] % COLUMN_COUNT), count);
        break;
    case 1:
        if (packer_unpack_lines(packer, rest, &lines) == STATUS_OK)
            check_lines(lines, data[1]);
        break;
    case 2:
        check_lines(rest, data[1]);
        break;
    default:
        check_tail(rest, count);
    }
    return 0;
}
