/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * refusal: a permission names its user, everything else is strerror().
 */
#include "base/refusal.h"

#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void permission_names_the_user(void **state)
{
    char text[REFUSAL_TEXT_SIZE], expected[REFUSAL_TEXT_SIZE];
    const struct passwd *me = getpwuid(geteuid());
    if (me == NULL)
        skip();
    snprintf(expected, sizeof expected, "Permission denied for user %s", me->pw_name);
    assert_string_equal(refusal_text(EACCES, text), expected);
    assert_string_equal(refusal_user(text), me->pw_name);
}

static void other_errors_are_as_the_system_says(void **state)
{
    char text[REFUSAL_TEXT_SIZE];
    assert_string_equal(refusal_text(ENOENT, text), strerror(ENOENT));
    assert_string_equal(refusal_text(EADDRINUSE, text), strerror(EADDRINUSE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permission_names_the_user),
        cmocka_unit_test(other_errors_are_as_the_system_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
