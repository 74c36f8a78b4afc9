/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/verdict.c: every word is there, once; and which actions block.
 */
#include "world.h"

static void assert_words(const char *const words[], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_non_null(words[i]);
        for (unsigned other = 0; other < i; other++)
            assert_string_not_equal(words[i], words[other]);
    }
    assert_null(words[count]);
}

static void test_words(void **state)
{
    assert_words(action_words, ACTION_COUNT);
    assert_words(evidence_words, EVIDENCE_COUNT);
    assert_words(protocol_words, PROTOCOL_COUNT);
    assert_words(seen_words, SEEN_COUNT);
}

static void test_blocks(void **state)
{
    for (unsigned i = 0; i < ACTION_COUNT; i++)
        assert_int_equal(action_blocks(i),
                         i != ACTION_PASS && i != ACTION_ALLOW && i != ACTION_OBSERVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
