/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_fields - any bytes as a line of JSON: what is given stands in the line or in the room, and
 * is UTF-8.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "events/fields.h"

static const char *const paths[] = {"a", "b.c", "b", "event.sequence", "event.type", "ponor.chain"};

static bool is_inside(struct span text, const uint8_t *start, size_t size)
{
    return text.length <= size && text.at >= start && text.at + text.length <= start + size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields_wanted *wanted;
    struct field found[COUNT_OF(paths)];
    bool twice;

    if (wanted == NULL)
        wanted = fields_wanted_new(paths, COUNT_OF(paths));
    assert(wanted != NULL);
    uint8_t *room = malloc(size > 0 ? size : 1);
    assert(room != NULL);
    if (fields_read(wanted, span_of(data, size), room, found, &twice) == STATUS_OK) {
        for (size_t i = 0; i < COUNT_OF(paths); i++) {
            if (found[i].kind == FIELD_NONE)
                continue;
            assert(is_inside(found[i].text, data, size) || is_inside(found[i].text, room, size));
            assert(found[i].number == 0 || found[i].kind == FIELD_NUMBER);
            if (found[i].kind == FIELD_OBJECT)
                assert(found[i].text.at[0] == '{');
        }
    }
    free(room);
    return 0;
}
