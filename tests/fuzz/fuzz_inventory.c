/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_inventory - an inventory; its first byte says whether it is CSV or YAML. What has an error
 * changes nothing, and says where it is.
 */
#include "fuzz.h"

#include "device/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct devices *devices = devices_new(4);
    struct problems *problems = problems_new();
    assert(devices != NULL && problems != NULL);
    const uint64_t before = devices_version(devices);
    const char *file = size > 0 && data[0] % 2 == 0 ? "fuzz.csv" : "fuzz.yaml";
    const struct span text = span_behind(span_of(data, size), 1);
    const enum status status = inventory_read_text(text, file, devices, problems);
    assert(status == (problems->errors == 0 ? STATUS_OK : STATUS_INVALID));
    assert((devices_version(devices) != before) == (status == STATUS_OK));
    for (size_t i = 0; i < problems->count; i++)
        assert(problems->list[i].text[0] != 0 &&
               (problems->list[i].line > 0 || problems->list[i].column == 0));
    problems_free(problems);
    devices_free(devices);
    return 0;
}
