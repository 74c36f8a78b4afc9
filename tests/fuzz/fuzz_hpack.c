/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_hpack - blocks of one table, one behind another: each a byte of length and what it holds.
 */
#include "fuzz.h"

#include "wire/hpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hpack table;
    struct cursor c = cursor_over(data, size), block = c;
    struct hpack_field field;
    unsigned sum = 0;
    hpack_begin(&table);
    while (cursor_more(&c) && !block.failed) {
        size_t length = read_u8(&c), left = cursor_left(&c);
        block = cursor_of(read_span(&c, length < left ? length : left));
        while (hpack_next(&table, &block, &field)) {
            for (size_t i = 0; i < field.name.length; i++)
                sum += field.name.at[i];
            for (size_t i = 0; i < field.value.length; i++)
                sum += field.value.at[i];
        }
        size_t bytes = 0;
        for (unsigned i = 0; i < table.count; i++) {
            unsigned at = (table.newest + HPACK_ENTRIES_MOST - i) % HPACK_ENTRIES_MOST;
            bytes += table.entries[at].name.length + table.entries[at].value.length + 32;
        }
        assert(table.count <= HPACK_ENTRIES_MOST && table.text_length <= HPACK_TEXT_MOST);
        assert(table.size == bytes && (table.size <= table.most || block.failed));
    }
    return sum == UINT32_MAX;
}
