/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reload - what changes and what does not, what is refused, and that no question is lost by it.
 */
#include "world.h"

static char text[TEXT_SIZE], why[CLIENT_WHY_SIZE];

static void a_reload_changes_the_policy_alone(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    write_list(w, 2, "other.example");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    assert_non_null(strstr(text, "policy generation 2"));
    assert_int_equal(pid_in(expect_serve(w, "generation 2")), pid);
    kill(w->parent, SIGHUP);
    expect_serve(w, "generation 3");
    world_close(w);
}

static void what_is_wrong_is_named_and_changes_nothing(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    write_list(w, 2, "com");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "one.yaml:12:"));
    assert_non_null(strstr(text, "error"));
    write_list(w, 3, "other.example");
    write_config(w, "bogus: 1\n");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "bogus"));
    write_config(w, "");
    assert_int_equal(order(w, "reload --accept-change nobody", text, why), STATUS_REFUSED);
    assert_non_null(strstr(text, "nobody"));
    assert_int_equal(pid_in(expect_serve(w, "generation 1")), pid);
    assert_int_equal(order(w, "reload --accept-change=one --accept-change one", text, why),
                     STATUS_OK);
    assert_int_equal(order(w, "reload --accept-change", text, why), STATUS_REFUSED);
    assert_int_equal(order(w, "reload --accept-changeXone", text, why), STATUS_REFUSED);
    expect_serve(w, "generation 2");
    world_close(w);
}

static void changed_options_bring_new_processes_without_a_gap(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    for (int i = 0; i < 10; i++)
        assert_string_not_equal(ask_serve(w, "event", 1000), "");
    w->workers = 2;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    /* From here on every question is answered, by old or new. */
    unsigned answered = 0;
    for (int i = 0; i < 200; i++)
        answered += ask_serve(w, "event", 1000)[0] != 0;
    assert_int_equal(answered, 200);
    assert_int_not_equal(pid_in(expect_serve(w, "workers 2")), pid);
    clock_ms begin = clock_now();
    do {
        assert_int_equal(order(w, "status", text, why), STATUS_OK);
    } while (clock_now() - begin < WAIT_MS &&
             (strstr(text, "leaving") != NULL || strstr(text, "record 0") == NULL));
    assert_null(strstr(text, "leaving"));
    assert_non_null(strstr(text, "serve 1"));
    assert_non_null(strstr(text, "record 0"));
    /* No event and no count was lost with the processes that left. */
    do {
        assert_int_equal(order(w, "counters", text, why), STATUS_OK);
    } while (clock_now() - begin < WAIT_MS && strstr(text, "\nevents 210\n") == NULL);
    assert_non_null(strstr(text, "\nevents 210\n"));
    world_close(w);
}

static void fewer_workers_lose_no_question(void **state)
{
    struct world *w = world_open();
    w->workers = 3;
    write_config(w, "");
    start(w);
    expect_serve(w, "workers 3");
    w->workers = 1;
    write_config(w, "");
    pid_t asker = fork();
    if (asker == 0)
        _exit((int)client_ask(w->control, "reload", memfd_create("answer", 0), why));
    unsigned answered = 0, asked = 0, after = 0;
    clock_ms begin = clock_now();
    while (after < 300 && clock_now() - begin < WAIT_MS) {
        /* A new port each time: it may be any worker that is asked. */
        struct sockaddr_storage to;
        socklen_t length = sizeof to;
        assert_int_equal(getpeername(w->udp, (struct sockaddr *)&to, &length), 0);
        close(w->udp);
        w->udp = socket(AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(connect(w->udp, (struct sockaddr *)&to, length), 0);
        const char *line = ask_serve(w, "?", 2000);
        asked++;
        answered += line[0] != 0;
        after += strstr(line, "workers 1") != NULL;
    }
    assert_int_equal(after, 300);
    assert_int_equal(answered, asked);
    int ended;
    assert_int_equal(waitpid(asker, &ended, 0), asker);
    assert_int_equal(ended, 0);
    world_close(w);
}

static void options_that_do_not_work_are_taken_back(void **state)
{
    struct world *w = world_open();
    start(w);
    int pid = pid_in(expect_serve(w, "generation 1"));
    w->pending = 77;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_REFUSED);
    assert_non_null(strstr(why, "do not stay alive"));
    assert_int_equal(pid_in(expect_serve(w, "workers 1")), pid);
    w->pending = 1000;
    write_config(w, "");
    assert_int_equal(order(w, "reload", text, why), STATUS_OK);
    world_close(w);
}

static void reloads_that_meet_are_all_answered(void **state)
{
    enum { MANY = 8 };
    struct world *w = world_open();
    pid_t askers[MANY];
    int ended;
    start(w);
    expect_serve(w, "generation 1");
    for (int i = 0; i < MANY; i++) {
        askers[i] = fork();
        if (askers[i] == 0)
            _exit((int)client_ask(w->control, "reload", memfd_create("answer", 0), why));
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(waitpid(askers[i], &ended, 0), askers[i]);
        assert_int_equal(ended, 0);
    }
    world_close(w);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reload_changes_the_policy_alone),
        cmocka_unit_test(what_is_wrong_is_named_and_changes_nothing),
        cmocka_unit_test(changed_options_bring_new_processes_without_a_gap),
        cmocka_unit_test(fewer_workers_lose_no_question),
        cmocka_unit_test(options_that_do_not_work_are_taken_back),
        cmocka_unit_test(reloads_that_meet_are_all_answered),
    };
    int code;
    if (role_run(argc, argv, roles, "dnsd", &code))
        return code;
    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
