/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * read - a folder with a configuration, read into both outputs and what is said of it.
 *
 * Used by tests of config/read.
 */
#ifndef TESTS_CONFIG_READ_H
#define TESTS_CONFIG_READ_H

#include "config/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../dns/texts.h"

static char folder[] = "/tmp/ponor-test-config-XXXXXX", real[200], file[300];
static struct config config;
static struct config_policy *policy;
static const struct policy_source *source;
static char printed[40000];

static inline void put(const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* Files: conf/ponor.yaml, lists/a.yaml, lists/b.hosts, root.key. */
static inline int make_folder(void **state)
{
    char path[400];
    char *found = mkdtemp(folder) != NULL ? realpath(folder, NULL) : NULL;
    if (found == NULL)
        return -1;
    snprintf(real, sizeof real, "%s", found);
    free(found);
    static const char *const folders[] = {"conf", "lists"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        mkdir(path, 0700);
    }
    put("lists/a.yaml", "list: a\n");
    put("lists/b.hosts", "0.0.0.0 b.example\n");
    put("root.key", ". IN DS 20326 8 2 00\n");
    snprintf(file, sizeof file, "%s/conf/ponor.yaml", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    static const char *const names[] = {
        "conf/ponor.yaml", "lists/a.yaml", "lists/b.hosts", "root.key", "conf", "lists", ""};
    char path[400];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return 0;
}

/* Replaces every path of the folder by `DIR`, so that texts can be compared. */
static inline void hide_folder(char *text)
{
    for (char *at; (at = strstr(text, folder)) != NULL;) {
        memcpy(at, "DIR", 3);
        memmove(at + 3, at + strlen(folder), strlen(at + strlen(folder)) + 1);
    }
}

static inline enum status read_string(const char *text)
{
    struct problems *problems = problems_new();
    FILE *out = tmpfile();
    assert_non_null(out);
    put("conf/ponor.yaml", text);
    config_policy_free(policy);
    policy = NULL;
    enum status status = config_read(file, &config, &policy, problems);
    source = status == STATUS_OK ? config_policy_source(policy) : NULL;
    problems_print(problems, fileno(out));
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = 0;
    hide_folder(printed);
    fclose(out);
    assert_int_equal(status == STATUS_OK, problems->errors == 0);
    problems_free(problems);
    return status;
}

static inline int end_test(void **state)
{
    config_policy_free(policy);
    policy = NULL;
    return 0;
}

static inline bool protects_prefix(const char *text)
{
    const struct prefix prefix = prefix_of(text);
    for (size_t i = 0; i < source->protected_prefix_count; i++)
        if (source->protected_prefixes[i].bits == prefix.bits &&
            address_equal(&source->protected_prefixes[i].base, &prefix.base))
            return true;
    return false;
}

#endif
