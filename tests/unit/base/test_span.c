/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * span - equality of bytes, also of none.
 */
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void equality(void **state)
{
    char copy[] = "same";
    assert_true(span_equal(span_text("same"), span_of(copy, 4)));
    assert_false(span_equal(span_text("same"), span_of(copy, 3)));
    assert_false(span_equal(span_text("same"), span_text("sane")));
    assert_true(span_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
    assert_false(span_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
    assert_true(span_equal(span_of(NULL, 0), span_text("")));
    assert_int_equal(COUNT_OF(copy), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equality)};
    return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
