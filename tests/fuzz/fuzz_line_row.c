/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_line_row - any bytes as a line of an event file: texts of a row are no longer than the line,
 * and numbers are what a database holds.
 */
#include "fuzz.h"

#include "history/line_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct row_reader *reader;
    struct span chain;
    struct row row;

    if (reader == NULL)
        reader = row_reader_new();
    assert(reader != NULL);
    if (row_read(reader, span_of(data, size), &row, &chain) != STATUS_OK)
        return 0;
    assert(row.sequence > 0 && row.sequence <= INT64_MAX && row.at > 0);
    assert(row.way < WAY_COUNT && row.evidence < EVIDENCE_COUNT && row.kind <= ROW_HEALTH);
    assert(chain.length == 0 || chain.length == 64);
    assert(row.raw.at == data && row.raw.length == size);
    volatile uint8_t sum = 0; /* so that a text outside is seen */
    for (int i = 0; i < WORD_COUNT; i++) {
        assert(row.word[i].length <= size || i == WORD_WAY);
        for (size_t k = 0; k < row.word[i].length; k++)
            sum ^= row.word[i].at[k];
    }
    const struct span texts[] = {row.name, row.reason,      row.authority, row.ticket,
                                 row.mac,  row.rule_source, row.interface};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert(texts[i].length <= size);
        for (size_t k = 0; k < texts[i].length; k++)
            sum ^= texts[i].at[k];
    }
    return 0;
}
