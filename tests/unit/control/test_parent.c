/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - births, deaths, orders, the start with and without a good policy, the end.
 */
#include "world.h"

static char text[TEXT_SIZE], why[CLIENT_WHY_SIZE];

static void starts_serves_and_stops(void **state)
{
    struct world *w = world_open();
    start(w);
    expect_serve(w, "serve 0 pid ");
    assert_non_null(strstr(expect_serve(w, "generation 1"), "channels 1 workers 1"));
    assert_int_equal(order(w, "status", text, why), STATUS_OK);
    assert_non_null(strstr(text, "generation 1"));
    assert_non_null(strstr(text, "One"));
    assert_non_null(strstr(text, "record 0"));
    assert_int_equal(order(w, "counters", text, why), STATUS_OK);
    assert_non_null(strstr(text, "queries "));
    assert_int_equal(order(w, "log debug", text, why), STATUS_OK);
    assert_int_equal(order(w, "log loud", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "flush no..name", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "reload now", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "stop", text, why), STATUS_OK);
    assert_int_equal(wait_for_end(w), 0);
    assert_int_not_equal(access(w->control, F_OK), 0);
    world_close(w);
}

static void a_killed_role_is_back_and_meets_the_others(void **state)
{
    struct world *w = world_open();
    start(w);
    int first = pid_in(expect_serve(w, "serve 0"));
    expect_serve(w, "channels 1");
    clock_ms begin = clock_now();
    kill(first, SIGKILL);
    const char *line = "";
    while (clock_now() - begin < WAIT_MS && (pid_in(line) < 0 || pid_in(line) == first))
        line = ask_serve(w, "?", 20);
    assert_true(clock_now() - begin < WAIT_MS);
    assert_int_not_equal(pid_in(line), first);
    assert_non_null(strstr(line, "channels 1"));
    assert_int_equal(order(w, "status", text, why), STATUS_OK);
    const char *row = strstr(text, "serve 0");
    assert_non_null(row);
    assert_non_null(strstr(row, "1  in service"));
    world_close(w);
}

static void a_level_is_told_to_all_and_to_newborns(void **state)
{
    struct world *w = world_open();
    start(w);
    int first = pid_in(expect_serve(w, "level 0"));
    assert_int_equal(order(w, "log warning", text, why), STATUS_OK);
    assert_int_equal(pid_in(expect_serve(w, "level 1")), first);
    kill(first, SIGKILL);
    clock_ms begin = clock_now();
    while (pid_in(expect_serve(w, "level 1")) == first)
        assert_true(clock_now() - begin < WAIT_MS);
    world_close(w);
}

static void a_bad_policy_at_the_start_leaves_the_old_or_nothing(void **state)
{
    struct world *w = world_open();
    write_list(w, 1, "com");
    start(w);
    assert_int_equal(wait_for_end(w), 1);
    assert_int_not_equal(access(w->control, F_OK), 0);

    write_list(w, 1, "banned.example");
    start(w);
    expect_serve(w, "generation 1");
    kill(w->parent, SIGINT);
    assert_int_equal(wait_for_end(w), 0);

    write_list(w, 2, "com");
    start(w);
    expect_serve(w, "generation 1"); /* with the image of the run before */
    world_close(w);
}

/* The parent of a process; -1 when it is gone. */
static int parent_of(int pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY), parent = -1;
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, line, sizeof line - 1);
    close(fd);
    const char *behind = got > 0 ? strrchr(line, ')') : NULL;
    return behind != NULL && sscanf(behind, ") %*c %d", &parent) == 1 ? parent : -1;
}

static void children_do_not_outlive_a_parent_that_is_killed(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    kill(w->parent, SIGKILL);
    assert_int_equal(wait_for_end(w), -SIGKILL);
    clock_ms begin = clock_now();
    while (kill(pid, 0) == 0 && clock_now() - begin < WAIT_MS) {
        char path[64], line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || read(fd, line, sizeof line - 1) <= 0 || strstr(line, ") Z") != NULL) {
            close(fd);
            break; /* dead, whoever buries it */
        }
        close(fd);
        usleep(2000);
    }
    assert_true(clock_now() - begin < WAIT_MS);
    start(w); /* the path of the dead parent is taken */
    /* Until its last child is gone, one of the dead parent's may still answer. */
    begin = clock_now();
    while (parent_of(pid_in(expect_serve(w, "generation 1"))) != w->parent)
        assert_true(clock_now() - begin < WAIT_MS);
    world_close(w);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_serves_and_stops),
        cmocka_unit_test(a_killed_role_is_back_and_meets_the_others),
        cmocka_unit_test(a_level_is_told_to_all_and_to_newborns),
        cmocka_unit_test(a_bad_policy_at_the_start_leaves_the_old_or_nothing),
        cmocka_unit_test(children_do_not_outlive_a_parent_that_is_killed),
    };
    int code;
    if (role_run(argc, argv, roles, "dnsd", &code))
        return code;
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
