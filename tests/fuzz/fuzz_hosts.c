/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_hosts - a hosts file, and the same bytes as a list of domains. What a list of domains takes
 * in must be found again.
 */
#include "compiled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy = compiled("hosts", data, size);
    if (policy != NULL)
        ask_name(policy, "www.example.com");
    policy_close(policy);
    policy = compiled("domains", data, size);
    char line[300];
    size_t length = 0;
    for (size_t i = 0; policy != NULL && i <= size; i++) {
        if (i < size && data[i] != '\n') {
            line[length < sizeof line - 1 ? length++ : length] = (char)data[i];
            continue;
        }
        struct name name;
        line[length] = 0;
        length = 0;
        /* Comments and spaces apart, each line is a name. */
        if (line[0] == 0 || strpbrk(line, "# \t\r") != NULL || name_parse(line, &name) != STATUS_OK)
            continue;
        const struct subject subject = {.name = &name};
        assert(decide(policy, &subject).action == ACTION_SINKHOLE);
    }
    policy_close(policy);
    return 0;
}
