/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves firewall/table.c and sets.c: the text of a few configurations, kept beside them in
 * tables/. With PONOR_WRITE set the texts are written anew; read them before you keep them.
 */
#include "compile/compile.h"
#include "firewall/table.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = 256 };

/* The text for a configuration in tables/, which the caller frees. */
static char *text_of(const char *name, bool is_native)
{
    char file[PATH_SIZE];
    struct config *config = calloc(1, sizeof *config);
    struct problems *problems = problems_new();
    char *text = NULL;
    size_t length;

    snprintf(file, sizeof file, "tables/%s.yaml", name);
    enum status status = config_read(file, config, NULL, problems);
    problems_print(problems, 2);
    assert_int_equal(status, STATUS_OK);
    struct policy *policy = compile_or_open(file, NULL);
    assert_non_null(policy);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    assert_int_equal(table_write(config, policy, is_native, out), STATUS_OK);
    assert_int_equal(fclose(out), 0);
    policy_close(policy);
    problems_free(problems);
    free(config);
    return text;
}

static char *read_whole(const char *file)
{
    enum { MOST = 1 << 20 };
    char *text = calloc(1, MOST);
    FILE *in = fopen(file, "re");
    if (in == NULL)
        fail_msg("%s: %s", file, strerror(errno));
    assert_true(fread(text, 1, MOST - 1, in) < MOST - 1);
    assert_int_equal(fclose(in), 0);
    return text;
}

/* The number of the first line that differs, from 1 on; 0: none does. */
static unsigned difference(const char *a, const char *b)
{
    unsigned line = 1;
    for (; *a != 0 && *a == *b; a++, b++)
        line += *a == '\n';
    return *a == *b ? 0 : line;
}

static void check_text(const char *name, bool is_native)
{
    char file[PATH_SIZE];
    char *text = text_of(name, is_native);

    snprintf(file, sizeof file, "tables/%s.nft", name);
    if (getenv("PONOR_WRITE") != NULL) {
        FILE *out = fopen(file, "we");
        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    char *expected = read_whole(file);
    unsigned line = difference(text, expected);
    if (line != 0)
        fail_msg("%s: line %u is another; see with PONOR_WRITE=1 and git diff", file, line);
    free(expected);
    free(text);
}

static void test_inline(void **state)
{
    check_text("inline", true);
}

/* Also: the queue rule is left to kernel.c. */
static void test_closed(void **state)
{
    check_text("closed", false);
}

static void test_tap(void **state)
{
    check_text("tap", true);
}

static void test_watch(void **state)
{
    check_text("watch", true);
}

static void test_nothing(void **state)
{
    check_text("nothing", true);
}

/* Each chain that is led to is there, and each set that is asked. */
static void test_nothing_dangles(void **state)
{
    static const char *const names[] = {"inline", "closed", "tap", "watch", "nothing"};
    static const char *const leads[] = {"goto ", "jump ", "@", "vmap @"};
    static const char *const kinds[][2] = {
        {"chain", "chain"}, {"chain", "chain"}, {"set", "map"}, {"map", "map"}};

    for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(leads); i++) {
        const char *lead = leads[i % COUNT_OF(leads)];
        const char *const *kind = kinds[i % COUNT_OF(leads)];
        char *text = text_of(names[i / COUNT_OF(leads)], true);
        for (const char *at = text; (at = strstr(at, lead)) != NULL;) {
            char wanted[PATH_SIZE], other[PATH_SIZE];
            at += strlen(lead);
            int length = (int)strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-");
            if (strncmp(at, "th,", 3) == 0)
                continue;
            snprintf(wanted, sizeof wanted, "    %s %.*s {\n", kind[0], length, at);
            snprintf(other, sizeof other, "    %s %.*s {\n", kind[1], length, at);
            if (strstr(text, wanted) == NULL && strstr(text, other) == NULL)
                fail_msg("%s: there is no %.*s", names[i / COUNT_OF(leads)], length, at);
        }
        free(text);
    }
}

static void test_refusals(void **state)
{
    static const char *const bad[] = {"lan\"0", "lan*", "lan\\0"};
    struct config *config = calloc(1, sizeof *config);
    FILE *full = fopen("/dev/full", "we");

    assert_non_null(full);
    assert_int_equal(config_defaults(config), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        config->inspectd.gate.outside_count = 1;
        snprintf(config->inspectd.gate.outside[0], CONFIG_WORD_SIZE, "%s", bad[i]);
        assert_int_equal(table_write(config, policy_none(), true, full), STATUS_UNSUPPORTED);
    }
    config->inspectd.gate.outside_count = 0;
    assert_int_equal(table_write(config, policy_none(), true, full), STATUS_SYSTEM);
    assert_int_equal(errno, ENOSPC);
    (void)fclose(full);
    free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inline),   cmocka_unit_test(test_closed),
        cmocka_unit_test(test_tap),      cmocka_unit_test(test_watch),
        cmocka_unit_test(test_nothing),  cmocka_unit_test(test_nothing_dangles),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
