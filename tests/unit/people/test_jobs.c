/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jobs - what happens between the begin and the end of a login or of a new password.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk.h"

#define OTHER "another good one 7"

static struct desk desk;
static struct session session;

static int start(void **state)
{
    desk_new(&desk);
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    return 0;
}

static int end(void **state)
{
    desk_end(&desk);
    return 0;
}

static struct credentials login_of(const char *password)
{
    return (struct credentials){"jane", password, NULL, HERE, desk.now};
}

static void begin(const struct credentials *login, struct password_job *job)
{
    assert_int_equal(people_login_begin(desk.people, login, job), STATUS_OK);
    password_job_run(job);
}

/* Guesses that were begun before the lock tell nothing, the right one included. */
static void a_lock_meets_those_under_way(void **state)
{
    struct password_job jobs[8];
    struct credentials wrong = login_of("not it, not it"), right = login_of(PASSWORD);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        assert_int_equal(people_login_begin(desk.people, i == 6 ? &right : &wrong, &jobs[i]),
                         i < 6 ? STATUS_OK : STATUS_AGAIN); /* six at once of an address */
    }
    right.now += 8 * SECOND;
    begin(&right, &jobs[6]);
    for (size_t i = 0; i < 6; i++) {
        password_job_run(&jobs[i]);
        assert_int_equal(people_login_end(desk.people, &wrong, &jobs[i], &session),
                         i < 5 ? STATUS_REFUSED : STATUS_AGAIN);
    }
    assert_int_equal(people_login_end(desk.people, &right, &jobs[6], &session), STATUS_AGAIN);
}

static void an_account_that_is_disabled_meanwhile_stays_out(void **state)
{
    struct password_job job;
    const struct credentials login = login_of(PASSWORD);
    const struct by by = desk_by(&desk, "admin");
    begin(&login, &job);
    assert_int_equal(people_set_disabled(desk.people, &by, "jane", true, desk.why), STATUS_OK);
    assert_int_equal(people_login_end(desk.people, &login, &job, &session), STATUS_REFUSED);
}

static void a_password_that_was_changed_meanwhile_is_none(void **state)
{
    struct password_job job;
    const struct credentials login = login_of(PASSWORD);
    const struct by by = desk_by(&desk, "admin");
    begin(&login, &job);
    assert_int_equal(people_set_password(desk.people, &by, "jane", NULL, OTHER, desk.why),
                     STATUS_OK);
    assert_true(job.is_right);
    assert_int_equal(people_login_end(desk.people, &login, &job, &session), STATUS_REFUSED);
}

static void of_two_new_passwords_the_second_is_too_late(void **state)
{
    struct password_job jobs[2];
    const struct by by = desk_by(&desk, "jane");
    const struct new_password wanted[2] = {{"jane", PASSWORD, OTHER},
                                           {"jane", PASSWORD, "and another one 8"}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            people_set_password_begin(desk.people, &by, &wanted[i], &jobs[i], desk.why), STATUS_OK);
        password_job_run(&jobs[i]);
    }
    assert_int_equal(people_set_password_end(desk.people, &by, &wanted[0], &jobs[0], desk.why),
                     STATUS_OK);
    assert_int_equal(people_set_password_end(desk.people, &by, &wanted[1], &jobs[1], desk.why),
                     STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "jane", OTHER, NULL, &session), STATUS_OK);
}

static void of_two_new_accounts_of_a_name_there_is_one(void **state)
{
    struct password_job jobs[2];
    const struct by by = desk_by(&desk, "admin");
    const struct new_account wanted = {"bob", PASSWORD, PERMISSION_VIEWER};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(people_add_begin(desk.people, &wanted, &jobs[i], desk.why), STATUS_OK);
        password_job_run(&jobs[i]);
    }
    assert_int_equal(people_add_end(desk.people, &by, &wanted, &jobs[0], desk.why), STATUS_OK);
    assert_int_equal(people_add_end(desk.people, &by, &wanted, &jobs[1], desk.why), STATUS_EXISTS);
}

/* A job whose hash could not be made, for want of memory, changes nothing. */
static void without_a_hash_nothing_is_changed(void **state)
{
    struct password_job job;
    const struct by by = desk_by(&desk, "admin");
    const struct new_account wanted = {"bob", PASSWORD, PERMISSION_VIEWER};
    assert_int_equal(people_add_begin(desk.people, &wanted, &job, desk.why), STATUS_OK);
    job.status = STATUS_NO_MEMORY;
    assert_int_equal(people_add_end(desk.people, &by, &wanted, &job, desk.why), STATUS_NO_MEMORY);
    struct account account;
    assert_int_equal(people_named(desk.people, "bob", &account), STATUS_NOT_FOUND);
}

/* Made by an earlier version, with less work. */
static void an_old_hash_is_made_anew(void **state)
{
    static const char old[] = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$";
    struct password_job job;
    struct account_row row;
    struct credentials login = login_of(PASSWORD);
    begin(&login, &job);
    assert_int_equal(job.wanted[0], 0);
    assert_int_equal(people_login_end(desk.people, &login, &job, &session), STATUS_OK);
    assert_true(password_is_old(old));

    desk.now += 8 * SECOND;
    login = login_of(PASSWORD);
    begin(&login, &job);
    password_job_make(&job, PASSWORD);
    password_job_run(&job);
    assert_int_equal(people_login_end(desk.people, &login, &job, &session), STATUS_OK);
    assert_int_equal(account_find(desk.people, "jane", &row), STATUS_OK);
    assert_string_equal(row.hash, job.hash);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lock_meets_those_under_way, start, end),
        cmocka_unit_test_setup_teardown(an_account_that_is_disabled_meanwhile_stays_out, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_password_that_was_changed_meanwhile_is_none, start, end),
        cmocka_unit_test_setup_teardown(of_two_new_passwords_the_second_is_too_late, start, end),
        cmocka_unit_test_setup_teardown(of_two_new_accounts_of_a_name_there_is_one, start, end),
        cmocka_unit_test_setup_teardown(without_a_hash_nothing_is_changed, start, end),
        cmocka_unit_test_setup_teardown(an_old_hash_is_made_anew, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
