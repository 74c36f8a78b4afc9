/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compiled - a list of the fuzzer's bytes, compiled; what compiles must open.
 *
 * Used by the fuzzers of policy.
 */
#ifndef TESTS_FUZZ_COMPILED_H
#define TESTS_FUZZ_COMPILED_H

#include "fuzz.h"

#include "policy/compile.h"
#include "policy/decide.h"
#include "policy/image.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* NULL when the list was refused; then at least one error says why. */
static inline struct policy *compiled(const char *format, const uint8_t *data, size_t size)
{
    struct prefix everybody = {0};
    uint16_t asked[] = {0};
    struct list_source list = {.id = ""};
    struct group_source group = {
        .id = "all", .clients = &everybody, .client_count = 1, .lists = asked, .list_count = 1};
    struct policy_source source = {.config_file = "fuzz",
                                   .lists = &list,
                                   .list_count = 1,
                                   .groups = &group,
                                   .group_count = 1,
                                   .today = 20261124};
    struct problems *problems = problems_new();
    struct policy *policy = NULL;
    int file = memfd_create("list", MFD_CLOEXEC), image = memfd_create("image", MFD_CLOEXEC);
    assert(problems != NULL && file >= 0 && image >= 0);
    assert(write(file, data, size) == (ssize_t)size);
    snprintf(list.file, sizeof list.file, "/proc/self/fd/%d", file);
    snprintf(list.format, sizeof list.format, "%s", format);
    snprintf(list.id, sizeof list.id, "%s", strcmp(format, "yaml") == 0 ? "" : "fuzz");
    enum status status = policy_compile(&source, NULL, image, problems);
    assert(status == STATUS_OK || status == STATUS_INVALID);
    assert((status == STATUS_INVALID) == (problems->errors > 0));
    if (status == STATUS_OK)
        assert(policy_open(image, &policy) == STATUS_OK);
    problems_free(problems);
    close(file);
    close(image);
    return policy;
}

/* Asks for a name; whatever speaks is read in words. */
static inline void ask_name(const struct policy *policy, const char *text)
{
    struct name name;
    struct rule_view rule;
    struct said said[LISTS_MOST];
    unsigned count;
    if (name_parse(text, &name) != STATUS_OK)
        return;
    const struct subject subject = {.name = &name};
    struct verdict v = decide(policy, &subject);
    assert(v.rule == decide_aloud(policy, &subject, said, &count).rule);
    assert(v.action < ACTION_COUNT);
    if (v.rule != RULE_NONE)
        policy_rule(policy, v.rule, &rule);
}

#endif
