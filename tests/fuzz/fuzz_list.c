/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_list - a YAML list.
 */
#include "compiled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy = compiled("yaml", data, size);
    if (policy != NULL) {
        ask_name(policy, "www.example.com");
        ask_name(policy, "a.b.c.d.example");
        policy_close(policy);
    }
    return 0;
}
