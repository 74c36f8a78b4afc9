/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cases - states, reopening, steps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk.h"

#define DEVICE "mac:02:00:00:00:00:01"

static struct desk desk;

static int start(void **state)
{
    desk_new(&desk);
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    desk_add(&desk, "victor", PERMISSION_VIEWER);
    return 0;
}

static int end(void **state)
{
    desk_end(&desk);
    return 0;
}

static enum status change(int state, const char *assignee, const char *note, clock_us last)
{
    const struct by by = desk_by(&desk, "jane");
    const struct case_change wanted = {.state = state, .assignee = assignee, .note = note};
    desk.now += SECOND;
    return case_change(desk.people, &by, DEVICE, "WeChat", last, &wanted, desk.why);
}

static struct case_now find(void)
{
    struct case_now now;
    assert_int_equal(case_find(desk.people, DEVICE, "WeChat", &now), STATUS_OK);
    return now;
}

static void new_evidence_reopens(void **state)
{
    static const struct {
        enum case_state set, then;
    } rows[] = {{CASE_NEW, CASE_NEW},
                {CASE_ACKNOWLEDGED, CASE_ACKNOWLEDGED},
                {CASE_CLOSED, CASE_NEW},
                {CASE_FALSE_POSITIVE, CASE_NEW}};
    bool reopened;
    struct case_now now = find();
    assert_int_equal(case_effective(&now, 100, &reopened), CASE_NEW);
    assert_false(reopened);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(change((int)rows[i].set, NULL, NULL, 100 * SECOND), STATUS_OK);
        now = find();
        assert_int_equal(case_effective(&now, 100 * SECOND, &reopened), rows[i].set);
        assert_false(reopened);
        assert_int_equal(case_effective(&now, 100 * SECOND + 1, &reopened), rows[i].then);
        assert_int_equal(reopened, rows[i].set != rows[i].then);
    }
    /* A note alone is no new look at the evidence. */
    assert_int_equal(change(-1, NULL, "seen again", 200 * SECOND), STATUS_OK);
    now = find();
    assert_int_equal(case_effective(&now, 200 * SECOND, &reopened), CASE_NEW);
    assert_int_equal(change(CASE_CLOSED, NULL, NULL, 200 * SECOND), STATUS_OK);
    now = find();
    assert_int_equal(case_effective(&now, 200 * SECOND, &reopened), CASE_CLOSED);
}

static void what_cannot_be_is_said(void **state)
{
    char note[NOTE_MOST + 2];
    memset(note, 'x', sizeof note);
    note[NOTE_MOST + 1] = 0;
    assert_int_equal(change(-1, NULL, NULL, 1), STATUS_INVALID);
    assert_int_equal(change(CASE_STATES, NULL, NULL, 1), STATUS_INVALID);
    assert_int_equal(change(-1, "nobody", NULL, 1), STATUS_INVALID);
    assert_int_equal(change(-1, "victor", NULL, 1), STATUS_INVALID);
    assert_int_equal(change(-1, NULL, "", 1), STATUS_INVALID);
    assert_int_equal(change(-1, NULL, note, 1), STATUS_INVALID);
    assert_true(strlen(desk.why) > 0);
    assert_int_equal(find().notes, 0);
    note[NOTE_MOST] = 0;
    memset(note, 1, NOTE_MOST); /* the longest line that there can be */
    assert_int_equal(change(-1, NULL, note, 1), STATUS_OK);
    assert_int_equal(find().notes, 1);
}

struct steps {
    unsigned count;
    char text[256];
};

static bool on_step(void *owner, const struct case_step *step)
{
    struct steps *steps = owner;
    size_t at = strlen(steps->text);
    snprintf(steps->text + at, sizeof steps->text - at, "%s:%s:%s:%s ", step->by,
             step->state < 0 ? "-" : case_state_words[step->state],
             step->assignee == NULL ? "-" : step->assignee, step->note == NULL ? "-" : step->note);
    steps->count++;
    return true;
}

static void steps_are_told_in_order(void **state)
{
    struct steps steps = {0};
    assert_int_equal(change(CASE_ACKNOWLEDGED, "JANE", NULL, 1), STATUS_OK);
    assert_int_equal(change(-1, NULL, "one", 1), STATUS_OK);
    assert_int_equal(change(CASE_CLOSED, "", "two", 1), STATUS_OK);
    assert_int_equal(case_steps(desk.people, DEVICE, "WeChat", on_step, &steps), STATUS_OK);
    assert_string_equal(steps.text, "jane:acknowledged:jane:- jane:-:-:one jane:closed::two ");
    assert_string_equal(find().assignee, "");
    steps = (struct steps){0};
    assert_int_equal(case_steps(desk.people, DEVICE, "TikTok", on_step, &steps), STATUS_OK);
    assert_int_equal(steps.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_evidence_reopens, start, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_said, start, end),
        cmocka_unit_test_setup_teardown(steps_are_told_in_order, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
