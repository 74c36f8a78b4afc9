/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sessions - when they end, how many there are, and that no token is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk.h"
#include "people/sessions.h"

static struct desk desk;
static struct session session;

static int start(void **state)
{
    desk_new(&desk);
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    return 0;
}

static int end(void **state)
{
    desk_end(&desk);
    return 0;
}

static enum status look(const char *token)
{
    struct session now;
    return people_session(desk.people, token, desk.now, &now);
}

static void it_ends_when_it_is_idle(void **state)
{
    struct session now;
    desk.now += 1799 * SECOND;
    assert_int_equal(people_session(desk.people, session.token, desk.now, &now), STATUS_OK);
    assert_int_equal(now.ends, desk.now + 1800 * SECOND);
    desk.now += 1799 * SECOND;
    assert_int_equal(look(session.token), STATUS_OK);
    desk.now += 1800 * SECOND;
    assert_int_equal(look(session.token), STATUS_NOT_FOUND);
    assert_int_equal(people_session_count(desk.people, desk.now), 0);
}

static void it_ends_after_its_whole_time(void **state)
{
    struct session now;
    clock_us made = desk.now;
    while (desk.now + 600 * SECOND < made + 36000 * SECOND) {
        desk.now += 600 * SECOND;
        assert_int_equal(people_session(desk.people, session.token, desk.now, &now), STATUS_OK);
    }
    assert_int_equal(now.ends, made + 36000 * SECOND);
    desk.now = made + 36000 * SECOND;
    assert_int_equal(look(session.token), STATUS_NOT_FOUND);
}

static void it_outlives_a_restart_and_ends_with_logout(void **state)
{
    struct session now;
    desk_close(&desk);
    desk_open(&desk);
    assert_int_equal(people_session(desk.people, session.token, desk.now, &now), STATUS_OK);
    assert_string_equal(now.csrf, session.csrf);
    assert_string_equal(now.token, session.token);
    assert_string_not_equal(now.csrf, now.token);
    people_logout(desk.people, session.token, HERE, desk.now);
    assert_int_equal(look(session.token), STATUS_NOT_FOUND);
    assert_non_null(strstr(desk_read(&desk, "audit.jsonl"), "\"logout\""));
}

static void other_tokens_are_none(void **state)
{
    char token[TOKEN_SIZE];
    assert_int_equal(look(""), STATUS_NOT_FOUND);
    assert_int_equal(look("short"), STATUS_NOT_FOUND);
    memcpy(token, session.token, sizeof token);
    token[10] = token[10] == 'A' ? 'B' : 'A';
    assert_int_equal(look(token), STATUS_NOT_FOUND);
}

static void no_token_and_no_password_is_kept(void **state)
{
    static const char *const files[] = {"people.sqlite", "people.sqlite-wal", "audit.jsonl"};
    static char bytes[FILE_MOST];
    char token[TOKEN_SIZE], password[] = "four words not together";
    memcpy(token, session.token, sizeof token);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        FILE *file = fopen(desk_path(&desk, files[i]), "r");
        assert_non_null(file);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        assert_null(memmem(bytes, length, token, TOKEN_SIZE - 1));
        assert_null(memmem(bytes, length, session.csrf, TOKEN_SIZE - 1));
        assert_null(memmem(bytes, length, password, strlen(password)));
        assert_true(i == 2 || memmem(bytes, length, "$argon2id$", 10) != NULL || i == 0);
        if (i == 2)
            assert_null(memmem(bytes, length, "argon2", 6));
    }
}

static void there_are_only_so_many(void **state)
{
    struct session first = session, now;
    for (int i = 0; i < SESSIONS_OF_ACCOUNT; i++) {
        assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &now), STATUS_OK);
        assert_int_equal(look(i + 1 < SESSIONS_OF_ACCOUNT ? first.token : now.token), STATUS_OK);
        desk.now += 200 * SECOND * (i == 0);
    }
    assert_int_equal(people_session_count(desk.people, desk.now), SESSIONS_OF_ACCOUNT);
}

static void a_new_password_ends_the_others(void **state)
{
    struct session other;
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &other), STATUS_OK);
    desk.now += 8 * SECOND;
    struct by by = desk_by(&desk, "jane");
    by.token = session.token;
    assert_int_equal(
        people_set_password(desk.people, &by, "jane", PASSWORD, "another good one 7", desk.why),
        STATUS_OK);
    assert_int_equal(look(session.token), STATUS_OK);
    assert_int_equal(look(other.token), STATUS_NOT_FOUND);
}

static void a_csrf_token_without_session_is_the_accounts(void **state)
{
    char a[TOKEN_SIZE], b[TOKEN_SIZE];
    people_csrf(desk.people, "jane", a);
    people_csrf(desk.people, "admin", b);
    assert_string_not_equal(a, b);
    desk_close(&desk);
    desk_open(&desk);
    people_csrf(desk.people, "jane", b);
    assert_string_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_ends_when_it_is_idle, start, end),
        cmocka_unit_test_setup_teardown(it_ends_after_its_whole_time, start, end),
        cmocka_unit_test_setup_teardown(it_outlives_a_restart_and_ends_with_logout, start, end),
        cmocka_unit_test_setup_teardown(other_tokens_are_none, start, end),
        cmocka_unit_test_setup_teardown(no_token_and_no_password_is_kept, start, end),
        cmocka_unit_test_setup_teardown(there_are_only_so_many, start, end),
        cmocka_unit_test_setup_teardown(a_new_password_ends_the_others, start, end),
        cmocka_unit_test_setup_teardown(a_csrf_token_without_session_is_the_accounts, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
