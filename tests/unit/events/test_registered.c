/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * registered - the public suffix list's answer, first and remembered.
 */
#include "events/registered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "../dns/texts.h"

static void assert_part(struct registered *registered, const char *text, const char *expected)
{
    const struct name name = name_of(text);
    struct name part;
    char part_text[NAME_TEXT_SIZE] = "";
    for (int again = 0; again < 2; again++) {
        bool found = registered_find(registered, &name, &part);
        assert_int_equal(found, expected != NULL);
        if (found)
            assert_string_equal(name_text(&part, part_text), expected);
    }
}

static void parts_are_those_of_the_list(void **state)
{
    struct registered *registered = registered_new();
    assert_part(registered, "szshort.weixin.qq.com", "qq.com");
    assert_part(registered, "qq.com", "qq.com");
    assert_part(registered, "a.b.example.co.uk", "example.co.uk");
    assert_part(registered, "co.uk", NULL);
    assert_part(registered, "com", NULL);
    assert_part(registered, ".", NULL);
    assert_part(registered, "x\\.y.qq.com", NULL);
    assert_part(registered, "a\\000b.qq.com", NULL);
    registered_free(registered);
}

/* Many more names than are remembered: each still gets its own answer. */
static void names_do_not_take_over_others(void **state)
{
    struct registered *registered = registered_new();
    for (int i = 0; i < 20000; i++) {
        char text[64], expected[64];
        snprintf(text, sizeof text, "www.n%d.%s", i, i % 2 == 0 ? "com" : "co.uk");
        snprintf(expected, sizeof expected, "n%d.%s", i, i % 2 == 0 ? "com" : "co.uk");
        assert_part(registered, text, expected);
    }
    registered_free(registered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_of_the_list),
        cmocka_unit_test(names_do_not_take_over_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
