/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * status - every one has a text of its own.
 */
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void texts(void **state)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        assert_non_null(status_text((enum status)i));
        assert_true(strlen(status_text((enum status)i)) > 3);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(status_text((enum status)i), status_text((enum status)j));
    }
    assert_string_equal(status_text(STATUS_COUNT), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};
    return cmocka_run_group_tests_name("base/status", tests, NULL, NULL);
}
