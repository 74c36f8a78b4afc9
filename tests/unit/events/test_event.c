/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - what another process may send, and what not.
 */
#include "events/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../dns/texts.h"

static struct event good(void)
{
    return (struct event){.verdict = {.rule = RULE_NONE, .noted = RULE_NONE},
                          .type = 1,
                          .class = 1,
                          .question = name_of("www.example")};
}

static void good_is_sound(void **state)
{
    struct event event = good();
    assert_true(event_is_sound(&event));
    event.matched_name = event.question;
    assert_true(event_is_sound(&event));
}

static void words_out_of_range_are_not(void **state)
{
    struct event event = good();
    event.verdict.action = ACTION_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.action = (enum action) - 1;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.wanted = ACTION_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.verdict.evidence = EVIDENCE_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.seen = SEEN_COUNT;
    assert_false(event_is_sound(&event));
    event = good();
    event.transport = TRANSPORT_TCP + 1;
    assert_false(event_is_sound(&event));
}

static void broken_names_are_not(void **state)
{
    struct event event = good();
    event.question.length = 0;
    assert_false(event_is_sound(&event));
    event = good();
    event.question.wire[0] = 200;
    assert_false(event_is_sound(&event));
    event = good();
    event.question.wire[1] = 'W';
    assert_false(event_is_sound(&event));
    event = good();
    event.question.labels = 3;
    assert_false(event_is_sound(&event));
    event = good();
    event.matched_name.labels = 1;
    assert_false(event_is_sound(&event));
}

static void numbers_that_no_reader_can_hold_are_not(void **state)
{
    struct event event = good();
    event.lost_before = UINT64_C(1) << 53;
    assert_false(event_is_sound(&event));
    event = good();
    event.sampled_before = UINT64_MAX;
    assert_false(event_is_sound(&event));
    event = good();
    event.at = UINT64_MAX;
    assert_false(event_is_sound(&event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_is_sound),
        cmocka_unit_test(words_out_of_range_are_not),
        cmocka_unit_test(broken_names_are_not),
        cmocka_unit_test(numbers_that_no_reader_can_hold_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
