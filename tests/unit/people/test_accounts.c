/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * accounts - the first admin, who may be what, passwords and codes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk.h"

static struct desk desk;
static struct session session;

static int start(void **state)
{
    desk_new(&desk);
    return 0;
}

static int end(void **state)
{
    desk_end(&desk);
    return 0;
}

static void first_password_must_be_changed(void **state)
{
    char again[FIRST_PASSWORD_SIZE];
    assert_int_equal(desk_first(&desk, again), STATUS_EXISTS);
    assert_int_equal(strlen(desk.first), 23);
    assert_int_equal(desk_login(&desk, "admin", desk.first, NULL, &session), STATUS_OK);
    assert_true(session.account.must_change);
    assert_int_equal(session.account.permission, PERMISSION_ADMIN);

    struct by by = desk_by(&desk, "admin");
    by.token = session.token;
    assert_int_equal(people_set_password(desk.people, &by, "admin", "no", PASSWORD, desk.why),
                     STATUS_REFUSED);
    assert_int_equal(people_set_password(desk.people, &by, "admin", desk.first, PASSWORD, desk.why),
                     STATUS_OK);
    assert_int_equal(people_session(desk.people, session.token, desk.now, &session), STATUS_OK);
    assert_false(session.account.must_change);
    assert_int_equal(desk_login(&desk, "admin", desk.first, NULL, &session), STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "Admin", PASSWORD, NULL, &session), STATUS_OK);
    assert_string_equal(session.account.name, "admin");
}

static bool keep_nothing(void *owner, const char *password)
{
    return false;
}

/* Killed, or out of disk, before anybody could read the password: it is made again. */
static void no_first_password_holds_that_nobody_knows(void **state)
{
    char again[FIRST_PASSWORD_SIZE];
    desk_write(&desk, "rescue", "", "w");
    assert_int_equal(people_first(desk.people, desk.now, keep_nothing, NULL), STATUS_SYSTEM);
    assert_int_equal(desk_login(&desk, "admin", desk.first, NULL, &session), STATUS_OK);
    assert_int_equal(desk_first(&desk, again), STATUS_OK);
    assert_int_equal(desk_login(&desk, "admin", desk.first, NULL, &session), STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "admin", again, NULL, &session), STATUS_OK);
}

static void rescue_is_a_file(void **state)
{
    char again[FIRST_PASSWORD_SIZE];
    const struct by by = desk_by(&desk, "admin");
    desk_add(&desk, "boss", PERMISSION_ADMIN);
    assert_int_equal(people_set_disabled(desk.people, &by, "admin", true, desk.why), STATUS_OK);
    assert_int_equal(desk_first(&desk, again), STATUS_EXISTS);
    desk_write(&desk, "rescue", "", "w");
    assert_int_equal(desk_first(&desk, again), STATUS_OK);
    assert_int_equal(desk_login(&desk, "admin", again, NULL, &session), STATUS_OK);
    assert_int_equal(access(desk_path(&desk, "rescue"), F_OK), -1);
    assert_int_equal(desk_first(&desk, again), STATUS_EXISTS);
}

static enum status add(const char *name, const char *password, enum permission permission)
{
    const struct by by = desk_by(&desk, "admin");
    return people_add(desk.people, &by, name, password, permission, desk.why);
}

static void names_and_passwords_have_rules(void **state)
{
    static const char *const names[] = {"", ".a", "a b", "a/b", "a\"", "\xc3\xa9", "a\nb"};
    static const char *const passwords[] = {"",
                                            "elevenchars",
                                            "aaaaaaaaaaaaaa",
                                            "abababababababab",
                                            "123456789012",
                                            "abcdefghijklmn",
                                            "my.jane.secret.1"};
    char text[PASSWORD_MOST + 2];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(add(names[i], PASSWORD, PERMISSION_VIEWER), STATUS_INVALID);
    for (size_t i = 0; i < COUNT_OF(passwords); i++)
        assert_int_equal(add("Jane", passwords[i], PERMISSION_VIEWER), STATUS_INVALID);
    snprintf(text, sizeof text, "%0257d", 7);
    assert_int_equal(add("jane", text, PERMISSION_VIEWER), STATUS_INVALID);
    snprintf(text, sizeof text, "a%063d", 7);
    assert_int_equal(add(text, PASSWORD, PERMISSION_VIEWER), STATUS_INVALID);
    assert_int_equal(add("jane", PASSWORD, PERMISSION_NONE), STATUS_INVALID);
    assert_int_equal(add("jane.doe@agency.example", PASSWORD, PERMISSION_VIEWER), STATUS_OK);
    assert_int_equal(add("JANE.doe@agency.example", PASSWORD, PERMISSION_VIEWER), STATUS_EXISTS);
    assert_true(strlen(desk.why) > 0);
}

static void the_last_admin_stays(void **state)
{
    const struct by by = desk_by(&desk, "admin");
    assert_int_equal(people_set_permission(desk.people, &by, "admin", PERMISSION_VIEWER, desk.why),
                     STATUS_REFUSED);
    assert_int_equal(people_set_disabled(desk.people, &by, "admin", true, desk.why),
                     STATUS_REFUSED);
    desk_add(&desk, "other", PERMISSION_ADMIN);
    assert_int_equal(people_set_disabled(desk.people, &by, "other", true, desk.why), STATUS_OK);
    assert_int_equal(people_set_disabled(desk.people, &by, "admin", true, desk.why),
                     STATUS_REFUSED);
    assert_int_equal(people_set_disabled(desk.people, &by, "other", false, desk.why), STATUS_OK);
    assert_int_equal(people_set_permission(desk.people, &by, "admin", PERMISSION_VIEWER, desk.why),
                     STATUS_OK);
    assert_int_equal(people_set_permission(desk.people, &by, "nobody", PERMISSION_ADMIN, desk.why),
                     STATUS_NOT_FOUND);
}

static void who_is_disabled_is_out_at_once(void **state)
{
    struct account account;
    const struct by by = desk_by(&desk, "admin");
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    assert_int_equal(people_named(desk.people, "jane", &account), STATUS_OK);
    assert_int_equal(people_set_disabled(desk.people, &by, "jane", true, desk.why), STATUS_OK);
    assert_int_equal(people_session(desk.people, session.token, desk.now, &session),
                     STATUS_NOT_FOUND);
    assert_int_equal(people_named(desk.people, "jane", &account), STATUS_NOT_FOUND);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_REFUSED);
    assert_int_equal(people_set_disabled(desk.people, &by, "jane", false, desk.why), STATUS_OK);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
}

static void a_permission_holds_at_once(void **state)
{
    const struct by by = desk_by(&desk, "admin");
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    assert_int_equal(people_set_permission(desk.people, &by, "JANE", PERMISSION_VIEWER, desk.why),
                     STATUS_OK);
    assert_int_equal(people_session(desk.people, session.token, desk.now, &session), STATUS_OK);
    assert_int_equal(session.account.permission, PERMISSION_VIEWER);
}

static void languages_are_those_there_are(void **state)
{
    struct account account;
    const struct by by = desk_by(&desk, "admin");
    assert_int_equal(people_set_language(desk.people, &by, "de", desk.why), STATUS_INVALID);
    assert_int_equal(people_set_language(desk.people, &by, "fr", desk.why), STATUS_OK);
    assert_int_equal(people_named(desk.people, "admin", &account), STATUS_OK);
    assert_string_equal(account.language, "fr");
}

static void no_password_lets_in_without_one(void **state)
{
    struct account account;
    assert_int_equal(add("proxy.user", NULL, PERMISSION_ANALYST), STATUS_OK);
    assert_int_equal(people_named(desk.people, "proxy.user", &account), STATUS_OK);
    assert_false(account.must_change);
    assert_int_equal(desk_login(&desk, "proxy.user", "", NULL, &session), STATUS_REFUSED);
}

static void code_at(const char *secret, clock_us now, char out[7])
{
    uint8_t key[TOTP_KEY_SIZE];
    assert_true(totp_key(secret, key));
    snprintf(out, 7, "%06u", totp_code(span_of(key, sizeof key), now / TOTP_STEP_US, 6) % 1000000);
}

static void codes_are_asked_for_and_hold_once(void **state)
{
    char secret[TOTP_SECRET_SIZE], code[7];
    struct by by = desk_by(&desk, "jane");
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    assert_int_equal(people_totp_confirm(desk.people, &by, "123456", desk.why), STATUS_INVALID);
    assert_int_equal(people_totp_begin(desk.people, &by, secret), STATUS_OK);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK); /* not yet */
    by = desk_by(&desk, "jane");
    code_at(secret, desk.now, code);
    code[5] = code[5] == '0' ? '1' : '0';
    assert_int_equal(people_totp_confirm(desk.people, &by, code, desk.why), STATUS_INVALID);
    code_at(secret, desk.now, code);
    assert_int_equal(people_totp_confirm(desk.people, &by, code, desk.why), STATUS_OK);
    assert_int_equal(people_totp_begin(desk.people, &by, secret), STATUS_EXISTS);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_INVALID);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, code, &session), STATUS_REFUSED);
    desk.now += 60 * SECOND;
    code_at(secret, desk.now + 8 * SECOND, code);
    assert_int_equal(desk_login(&desk, "jane", "wrong wrong wrong", code, &session),
                     STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, code, &session), STATUS_OK);
    assert_true(session.account.has_totp);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, code, &session), STATUS_REFUSED);

    by = desk_by(&desk, "jane");
    assert_int_equal(people_totp_off(desk.people, &by, "jane", code, desk.why), STATUS_INVALID);
    by = desk_by(&desk, "admin");
    assert_int_equal(people_totp_off(desk.people, &by, "jane", NULL, desk.why), STATUS_OK);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
}

static void an_admins_reset_ends_sessions_and_locks(void **state)
{
    const struct by by = desk_by(&desk, "admin");
    struct session other;
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_login(&desk, "jane", "not it, not it", NULL, &other), STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &other), STATUS_AGAIN);
    assert_int_equal(
        people_set_password(desk.people, &by, "jane", NULL, "another good one 7", desk.why),
        STATUS_OK);
    assert_int_equal(people_session(desk.people, session.token, desk.now, &session),
                     STATUS_NOT_FOUND);
    assert_int_equal(desk_login(&desk, "jane", "another good one 7", NULL, &other), STATUS_OK);
    assert_true(other.account.must_change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_password_must_be_changed, start, end),
        cmocka_unit_test_setup_teardown(no_first_password_holds_that_nobody_knows, start, end),
        cmocka_unit_test_setup_teardown(rescue_is_a_file, start, end),
        cmocka_unit_test_setup_teardown(names_and_passwords_have_rules, start, end),
        cmocka_unit_test_setup_teardown(the_last_admin_stays, start, end),
        cmocka_unit_test_setup_teardown(who_is_disabled_is_out_at_once, start, end),
        cmocka_unit_test_setup_teardown(a_permission_holds_at_once, start, end),
        cmocka_unit_test_setup_teardown(languages_are_those_there_are, start, end),
        cmocka_unit_test_setup_teardown(no_password_lets_in_without_one, start, end),
        cmocka_unit_test_setup_teardown(codes_are_asked_for_and_hold_once, start, end),
        cmocka_unit_test_setup_teardown(an_admins_reset_ends_sessions_and_locks, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
