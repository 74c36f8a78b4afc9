/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * login - locks, their length and whom they do not meet; how many tries a second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "desk.h"

#define ELSEWHERE "203.0.113.66"

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

/* Wrong ones until it is locked; how long, in seconds. */
static uint64_t lock_from(const char *from, unsigned *tries)
{
    enum status status = STATUS_REFUSED;
    for (*tries = 0; *tries < 10 && status == STATUS_REFUSED; (*tries)++)
        status = desk_login_from(&desk, "jane", "not it, not it", NULL, from, &session);
    assert_int_equal(status, STATUS_AGAIN);
    (*tries)--;
    uint64_t seconds = 0;
    for (clock_us was = desk.now; seconds < 2000 && status == STATUS_AGAIN; seconds++)
        status = people_login(desk.people, "jane", "not it, not it", NULL, from,
                              was + seconds * SECOND, &session);
    desk.now += seconds * SECOND;
    return seconds;
}

static void locks_grow_and_have_an_end(void **state)
{
    unsigned tries;
    uint64_t before = lock_from(ELSEWHERE, &tries);
    assert_int_equal(tries, 5);
    assert_in_range(before, 40, 57); /* a sixteenth of 15 minutes, 8 s of them over */
    for (int i = 0; i < 6; i++) {
        uint64_t now = lock_from(ELSEWHERE, &tries);
        assert_int_equal(tries, 0); /* the wrong one that ended the last lock began this one */
        assert_in_range(now, before, 900);
        assert_true(now >= 2 * before - 10 || now > 880);
        before = now;
    }
    assert_in_range(before, 880, 900);
}

static void a_right_password_is_refused_while_locked(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            desk_login_from(&desk, "jane", "not it, not it", NULL, ELSEWHERE, &session),
            STATUS_REFUSED);
    assert_int_equal(desk_login_from(&desk, "jane", PASSWORD, NULL, ELSEWHERE, &session),
                     STATUS_AGAIN);
    desk.now += 60 * SECOND;
    assert_int_equal(desk_login_from(&desk, "jane", PASSWORD, NULL, ELSEWHERE, &session),
                     STATUS_OK);
    for (int i = 0; i < 4; i++) /* the count began anew */
        assert_int_equal(
            desk_login_from(&desk, "jane", "not it, not it", NULL, ELSEWHERE, &session),
            STATUS_REFUSED);
    assert_int_equal(desk_login_from(&desk, "jane", PASSWORD, NULL, ELSEWHERE, &session),
                     STATUS_OK);
}

static void a_strangers_lock_does_not_meet_her_own_desk(void **state)
{
    struct session mine;
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &mine), STATUS_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            desk_login_from(&desk, "jane", "not it, not it", NULL, ELSEWHERE, &session),
            STATUS_REFUSED);
    assert_int_equal(desk_login_from(&desk, "jane", PASSWORD, NULL, ELSEWHERE, &session),
                     STATUS_AGAIN);
    assert_int_equal(people_session(desk.people, mine.token, desk.now, &mine), STATUS_OK);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    /* And her own address is no way to guess for ever. */
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_login(&desk, "jane", "not it, not it", NULL, &session),
                         STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_AGAIN);
}

/* Strangers keep everybody's count locked; whoever is on the machine itself has another. */
static void no_stranger_locks_the_admin_out_of_the_machine(void **state)
{
    static const char *const here[] = {"127.0.0.1", "127.1.2.3", "::1"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(
            desk_login_from(&desk, "admin", "not it, not it", NULL, ELSEWHERE, &session),
            STATUS_REFUSED);
    assert_int_equal(desk_login_from(&desk, "admin", desk.first, NULL, "192.0.2.99", &session),
                     STATUS_AGAIN);
    for (size_t i = 0; i < COUNT_OF(here); i++)
        assert_int_equal(desk_login_from(&desk, "admin", desk.first, NULL, here[i], &session),
                         STATUS_OK);
    /* It is no way to guess for ever, either. */
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_login_from(&desk, "admin", "not it, not it", NULL, here[0], &session),
                         STATUS_REFUSED);
    assert_int_equal(desk_login_from(&desk, "admin", desk.first, NULL, here[0], &session),
                     STATUS_AGAIN);
}

static void a_lock_outlives_a_restart(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_login(&desk, "jane", "not it, not it", NULL, &session),
                         STATUS_REFUSED);
    desk_close(&desk);
    desk_open(&desk);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_AGAIN);
}

static void a_name_that_is_none_behaves_as_one(void **state)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(desk_login(&desk, "nobody", PASSWORD, NULL, &session), STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "NOBODY", PASSWORD, NULL, &session), STATUS_AGAIN);
    assert_null(strstr(desk_read(&desk, "audit.jsonl"), "nobody")); /* it may be a password */
}

/* Processor time of the quickest of some tries, in microseconds (POSIX). */
static uint64_t cost_of(const char *name)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
        if (i % 4 == 3)
            desk.now += 1000 * SECOND;
        const clock_t before = clock();
        assert_int_equal(desk_login(&desk, name, "not it, not it", NULL, &session), STATUS_REFUSED);
        uint64_t spent = (uint64_t)(clock() - before);
        least = spent < least ? spent : least;
        desk.now += 4000 * SECOND; /* far from a lock */
    }
    return least;
}

static void a_name_that_is_none_costs_the_same(void **state)
{
    uint64_t known = cost_of("jane"), unknown = cost_of("nobody");
    print_message("# known %llu us, unknown %llu us\n", (unsigned long long)known,
                  (unsigned long long)unknown);
    assert_true(known > 10000 && unknown > 10000); /* argon2id was there both times */
    assert_true(known < 2 * unknown && unknown < 2 * known);
}

/* Refused without argon2id. */
static char long_one[PASSWORD_MOST + 2];

static unsigned tries_at_once(const char *from, const char *password)
{
    char name[16];
    unsigned count = 0;
    snprintf(long_one, sizeof long_one, "%0257d", 7);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "guess%d", i);
        count += people_login(desk.people, name, password, NULL, from, desk.now, &session) ==
                 STATUS_REFUSED;
    }
    return count;
}

static void tries_a_second_are_bounded(void **state)
{
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    desk.now += 60 * SECOND;
    assert_int_equal(tries_at_once("203.0.113.1", long_one), 6);
    assert_int_equal(tries_at_once("203.0.113.1", long_one), 0);
    assert_int_equal(tries_at_once("203.0.113.2", long_one), 4); /* 10 of strangers in all */
    assert_int_equal(tries_at_once("2001:db8::1", long_one), 0);
    /* Who had logged in before is not kept out by that. */
    assert_int_equal(people_login(desk.people, "jane", PASSWORD, NULL, HERE, desk.now, &session),
                     STATUS_OK);
    desk.now += 10 * SECOND;
    assert_int_equal(tries_at_once("2001:db8::1", long_one), 6);
    assert_int_equal(tries_at_once("2001:db8::2", long_one), 0); /* one /64 is one */
    desk.now -= 3600 * SECOND; /* a clock that is set back keeps nobody out */
    assert_int_equal(tries_at_once("2001:db8:0:1::2", long_one), 6);
}

static void strangers_have_a_sixth_of_a_processor(void **state)
{
    unsigned count = 0, seconds = 0;
    desk.now += 60 * SECOND;
    const clock_t began = clock();
    for (; seconds < 60 && count < 8; seconds++, desk.now += SECOND) {
        char from[32];
        snprintf(from, sizeof from, "203.0.113.%u", seconds);
        count += tries_at_once(from, "not it, not it");
    }
    const uint64_t spent = (uint64_t)(clock() - began);
    print_message("# %u checks, %llu ms, in %u s\n", count, (unsigned long long)spent / 1000,
                  seconds);
    /* What lies ahead is let through at once. */
    assert_true(spent < (seconds * SECOND + 4500000) / 6 + 2 * spent / count);
}

static void failed_lines_are_bounded_and_counted(void **state)
{
    unsigned lines = 0, left_out = 0;
    snprintf(long_one, sizeof long_one, "%0257d", 7);
    for (int i = 0; i < 1000; i++) {
        char name[16], from[32];
        snprintf(name, sizeof name, "guess%d", i);
        snprintf(from, sizeof from, "203.0.113.%d", i % 250);
        desk.now += SECOND / 2;
        assert_int_equal(people_login(desk.people, name, long_one, NULL, from, desk.now, &session),
                         STATUS_REFUSED);
    }
    desk.now += 3600 * SECOND;
    assert_int_equal(desk_login(&desk, "jane", "not it, not it", NULL, &session), STATUS_REFUSED);
    const char *at = desk_read(&desk, "audit.jsonl");
    while ((at = strstr(at, "\"login-failed\"")) != NULL) {
        const char *end = strchr(at, '\n'), *count = strstr(at, "\"left_out\":");
        lines++;
        if (count != NULL && count < end)
            left_out += (unsigned)strtoul(count + strlen("\"left_out\":"), NULL, 10);
        at = end;
    }
    assert_in_range(lines, 200, 260);
    assert_int_equal(lines + left_out, 1001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(locks_grow_and_have_an_end, start, end),
        cmocka_unit_test_setup_teardown(a_right_password_is_refused_while_locked, start, end),
        cmocka_unit_test_setup_teardown(a_strangers_lock_does_not_meet_her_own_desk, start, end),
        cmocka_unit_test_setup_teardown(no_stranger_locks_the_admin_out_of_the_machine, start, end),
        cmocka_unit_test_setup_teardown(a_lock_outlives_a_restart, start, end),
        cmocka_unit_test_setup_teardown(a_name_that_is_none_behaves_as_one, start, end),
        cmocka_unit_test_setup_teardown(a_name_that_is_none_costs_the_same, start, end),
        cmocka_unit_test_setup_teardown(tries_a_second_are_bounded, start, end),
        cmocka_unit_test_setup_teardown(strangers_have_a_sixth_of_a_processor, start, end),
        cmocka_unit_test_setup_teardown(failed_lines_are_bounded_and_counted, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
