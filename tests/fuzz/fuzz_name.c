/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_name - wire to name to text to name, and text to name.
 */
#include "fuzz.h"

#include "dns/name.h"

static void check_name(const struct name *name)
{
    char text[NAME_TEXT_SIZE];
    struct name again;
    assert(name_is_sound(name));
    assert(strlen(name_text(name, text)) < NAME_TEXT_SIZE);
    assert(name_parse(text, &again) == STATUS_OK && name_equal(name, &again));
    assert(name_is_below(name, &again));
    name_suffix(name, name->labels / 2u, &again);
    assert(name_is_sound(&again) && name_is_below(name, &again));
    assert(name_replace_suffix(name, &again, &again, &again) == STATUS_OK);
    assert(name_equal(name, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[2048];
    struct name name;
    size_t start = size > 0 ? data[0] : 0;
    if (start < size) {
        struct cursor c = cursor_over(data + start, size - start), skipped = c;
        name_skip(&skipped);
        if (name_read(&c, span_of(data, size), &name) == STATUS_OK) {
            assert(!skipped.failed && c.at == skipped.at);
            check_name(&name);
        }
    }
    size_t length = size < sizeof text ? size : sizeof text - 1;
    memcpy(text, data, length);
    text[length] = 0;
    if (name_parse(text, &name) == STATUS_OK)
        check_name(&name);
    return 0;
}
