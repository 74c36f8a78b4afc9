/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves yaml/problems: order, escaping, the limit, the hints.
 */
#include "yaml/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* What problems_print() writes. */
static void print(const struct problems *problems, char *out, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    problems_print(problems, fileno(file));
    rewind(file);
    size_t length = fread(out, 1, size - 1, file);
    out[length] = 0;
    fclose(file);
}

static void test_order(void **state)
{
    struct problems *p = problems_new();
    char text[2000];
    problem_error(p, "b.yaml", 1, 1, "sixth");
    problem_error(p, "a.yaml", 9, 2, "fifth");
    problem_warning(p, "a.yaml", 9, 1, "third");
    problem_error(p, "a.yaml", 9, 1, "fourth");
    problem_error(p, "a.yaml", 2, 7, "second");
    problem_error(p, "a.yaml", 0, 0, "first, %d", 1);
    print(p, text, sizeof text);
    assert_string_equal(text, "a.yaml: error: first, 1\n"
                              "a.yaml:2:7: error: second\n"
                              "a.yaml:9:1: warning: third\n"
                              "a.yaml:9:1: error: fourth\n"
                              "a.yaml:9:2: error: fifth\n"
                              "b.yaml:1:1: error: sixth\n");
    assert_int_equal(p->errors, 5);
    assert_int_equal(p->warnings, 1);
    problems_free(p);
}

static void test_limit(void **state)
{
    struct problems *p = problems_new();
    static char text[PROBLEMS_MOST * 100];
    for (unsigned i = 0; i < PROBLEMS_MOST + 7; i++)
        problem_error(p, "a", i + 1, 1, "x");
    assert_int_equal(p->count, PROBLEMS_MOST);
    assert_int_equal(p->errors, PROBLEMS_MOST + 7);
    print(p, text, sizeof text);
    assert_non_null(strstr(text, "a:200:1: error: x\nand 7 more problems, not listed\n"));
    problems_free(p);
}

/* A list must not steer the terminal of the person who checks it. */
static void test_hostile_text(void **state)
{
    struct problems *p = problems_new();
    char text[2000], *much = malloc(5000);
    problem_error(p, "a\n", 1, 1, "%s", "\x1b[2J\r\n caf\xc3\xa9 \xc2\x9b 1\x7f");
    print(p, text, sizeof text);
    assert_string_equal(text, "a?:1:1: error: ?[2J?? caf\xc3\xa9 ?? 1?\n");
    memset(much, 'x', 4999);
    much[4999] = 0;
    problem_error(p, much, 2, 1, "%s", much);
    assert_int_equal(strlen(p->list[1].file), PROBLEM_FILE - 1);
    assert_int_equal(strlen(p->list[1].text), PROBLEM_TEXT - 1);
    free(much);
    problems_free(p);
}

static void test_hints(void **state)
{
    static const char *const words[] = {"domain",   "name", "address", "action",
                                        "evidence", "id",   NULL};
    assert_string_equal(problem_hint("domian", words), "domain");
    assert_string_equal(problem_hint("domains", words), "domain");
    assert_string_equal(problem_hint("adress", words), "address");
    assert_string_equal(problem_hint("evidnce", words), "evidence");
    assert_string_equal(problem_hint("nmae", words), "name");
    assert_string_equal(problem_hint("action", words), "action");
    assert_null(problem_hint("zzz", words));
    assert_null(problem_hint("", words));
    assert_null(problem_hint("xy", words));
    assert_null(
        problem_hint("a-word-that-is-much-longer-than-any-key-we-will-ever-have-here", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
