/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Children that live, die at once, do not leave, or work once; and what the supervisor makes of it.
 */
#include "process/birth.h"
#include "process/role.h"
#include "service/supervisor.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void say(uint32_t kind, const void *body, size_t size)
{
    char bytes[64];
    memcpy(bytes, &kind, sizeof kind);
    if (size > 0)
        memcpy(bytes + sizeof kind, body, size);
    if (send(ROLE_CHANNEL, bytes, sizeof kind + size, MSG_NOSIGNAL) < 0)
        _exit(1);
}

/* Serves until it is told to drain or its parent is gone. */
static int live_main(unsigned number)
{
    struct gifts gifts;
    uint32_t kind = 0;
    birth_take(&gifts);
    say(MESSAGE_READY, NULL, 0);
    while (recv(ROLE_CHANNEL, &kind, sizeof kind, 0) > 0 && kind != MESSAGE_DRAIN)
        continue;
    return 0;
}

static int fail_main(unsigned number)
{
    return 3;
}

static int stay_main(unsigned number)
{
    struct gifts gifts;
    birth_take(&gifts);
    say(MESSAGE_READY, NULL, 0);
    while (true)
        pause();
    return 0;
}

static int job_main(unsigned number)
{
    struct message_done done = {.status = 7, .problems = number};
    struct gifts gifts;
    birth_take(&gifts);
    say(MESSAGE_DONE, &done, sizeof done);
    return 0;
}

static const struct role roles[] = {
    {"live", live_main, NULL, 0}, {"fail", fail_main, NULL, 0}, {"stay", stay_main, NULL, 0},
    {"job", job_main, NULL, 0},   {NULL, NULL, NULL, 0},
};

struct world {
    struct event_base *base;
    struct supervisor *supervisor;
    unsigned births, deaths, lasts, readies, done_status, done_problems;
    int ended;
    clock_ms birth_at[64];
};

static void on_birth(void *owner, struct child *child)
{
    struct world *w = owner;
    if (w->births < 64)
        w->birth_at[w->births] = clock_now();
    w->births++;
    supervisor_start(w->supervisor, child, STATUS_OK);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct world *w = owner;
    const struct message_done *done = parcel_open(parcel, MESSAGE_DONE, sizeof *done);
    w->readies += parcel_open(parcel, MESSAGE_READY, 0) != NULL;
    if (done != NULL) {
        w->done_status = done->status;
        w->done_problems = done->problems;
    }
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct world *w = owner;
    w->deaths++;
    w->lasts += is_last;
    w->ended = ended;
}

static const struct supervisor_events events = {on_birth, on_parcel, on_death};

static struct world *world_open(void)
{
    struct world *w = calloc(1, sizeof *w);
    w->base = event_base_new();
    w->supervisor = supervisor_new(w->base, "test", &events, w);
    assert_non_null(w->supervisor);
    return w;
}

static void world_close(struct world *w)
{
    supervisor_free(w->supervisor);
    event_base_free(w->base);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left behind */
    free(w);
}

static void stop(int fd, short what, void *base)
{
    event_base_loopbreak(base);
}

static void run_for(struct world *w, unsigned ms)
{
    const struct timeval wait = clock_timeval(ms);
    struct event *timer = evtimer_new(w->base, stop, w->base);
    event_add(timer, &wait);
    event_base_dispatch(w->base);
    event_free(timer);
}

/* Turns the loop until `*value` is at least `least`, at most 10 s; gives the milliseconds. */
static clock_ms run_until(struct world *w, const unsigned *value, unsigned least)
{
    clock_ms start = clock_now();
    while (*value < least && clock_now() - start < 10000)
        run_for(w, 5);
    assert_true(*value >= least);
    return clock_now() - start;
}

static void waits_longer_each_time(void **state)
{
    assert_int_equal(backoff_delay(0), 0);
    assert_int_equal(backoff_delay(1), 100);
    assert_int_equal(backoff_delay(2), 200);
    assert_int_equal(backoff_delay(49), 4900);
    assert_int_equal(backoff_delay(50), 5000);
    assert_int_equal(backoff_delay(51), 5000);
    assert_int_equal(backoff_delay(UINT32_MAX), 5000);
}

static void a_killed_child_is_back_at_once(void **state)
{
    struct world *w = world_open();
    struct child *child;
    assert_int_equal(supervisor_add(w->supervisor, "live", 4, false, w, &child), STATUS_OK);
    run_until(w, &w->readies, 1);
    assert_true(child->ready);
    pid_t before = child->pid;
    kill(before, SIGKILL);
    run_until(w, &w->readies, 2);
    assert_int_not_equal(child->pid, before);
    assert_int_equal(child->restarts, 1);
    assert_int_equal(child->number, 4);
    assert_ptr_equal(child->place, w);
    assert_int_equal(w->deaths, 1);
    assert_int_equal(w->lasts, 0);
    assert_int_equal(WTERMSIG(w->ended), SIGKILL);
    world_close(w);
}

static void a_child_that_cannot_live_is_held_back(void **state)
{
    struct world *w = world_open();
    struct child *child;
    assert_int_equal(supervisor_add(w->supervisor, "fail", 0, false, w, &child), STATUS_OK);
    run_until(w, &w->births, 5);
    /* At once, then not before 100, 200, 300 ms: what a busy machine adds is no fault. */
    assert_true(w->birth_at[2] - w->birth_at[1] >= 95);
    assert_true(w->birth_at[3] - w->birth_at[2] >= 195);
    assert_true(w->birth_at[4] - w->birth_at[3] >= 295);
    assert_int_equal(WEXITSTATUS(w->ended), 3);
    world_close(w);
}

static void a_drained_child_leaves_for_good(void **state)
{
    struct world *w = world_open();
    struct child *child;
    assert_int_equal(supervisor_add(w->supervisor, "live", 0, false, w, &child), STATUS_OK);
    run_until(w, &w->readies, 1);
    supervisor_drain(w->supervisor, child, 5000);
    assert_true(run_until(w, &w->lasts, 1) < 4900); /* it is not killed */
    assert_int_equal(w->ended, 0);
    assert_int_equal(supervisor_count(w->supervisor), 0);
    run_for(w, 300);
    assert_int_equal(w->births, 1);
    world_close(w);
}

static void who_does_not_leave_is_killed(void **state)
{
    struct world *w = world_open();
    struct child *child;
    assert_int_equal(supervisor_add(w->supervisor, "stay", 0, false, w, &child), STATUS_OK);
    run_until(w, &w->readies, 1);
    supervisor_drain(w->supervisor, child, 150);
    clock_ms took = run_until(w, &w->lasts, 1);
    assert_true(took >= 140);
    assert_int_equal(WTERMSIG(w->ended), SIGKILL);
    world_close(w);
}

static void a_job_is_done_once_and_its_last_words_are_heard(void **state)
{
    struct world *w = world_open();
    struct child *child;
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(supervisor_add(w->supervisor, "job", i, true, w, &child), STATUS_OK);
        run_until(w, &w->lasts, i + 1);
        assert_int_equal(w->done_status, 7);
        assert_int_equal(w->done_problems, i);
    }
    assert_int_equal(w->births, 20);
    assert_int_equal(supervisor_count(w->supervisor), 0);
    world_close(w);
}

static void dismisses_the_living_and_the_waiting(void **state)
{
    struct world *w = world_open();
    struct child *live, *fail;
    assert_int_equal(supervisor_add(w->supervisor, "live", 0, false, w, &live), STATUS_OK);
    assert_int_equal(supervisor_add(w->supervisor, "fail", 0, false, w, &fail), STATUS_OK);
    run_until(w, &w->births, 4);
    run_until(w, &w->deaths, 3);
    assert_int_equal(fail->pid, -1); /* it waits for its next birth */
    supervisor_dismiss(w->supervisor, fail);
    assert_int_equal(supervisor_count(w->supervisor), 1);
    assert_ptr_equal(supervisor_next(w->supervisor, NULL), live);
    assert_null(supervisor_next(w->supervisor, live));
    supervisor_dismiss(w->supervisor, live);
    run_until(w, &w->lasts, 2);
    assert_int_equal(supervisor_count(w->supervisor), 0);
    world_close(w);
}

static void has_a_limit(void **state)
{
    struct world *w = world_open();
    struct child *child;
    unsigned added = 0;
    while (added < CHILDREN_MOST + 1 &&
           supervisor_add(w->supervisor, "unknown", added, true, w, &child) == STATUS_OK)
        added++;
    assert_int_equal(added, CHILDREN_MOST);
    world_close(w);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_longer_each_time),
        cmocka_unit_test(a_killed_child_is_back_at_once),
        cmocka_unit_test(a_child_that_cannot_live_is_held_back),
        cmocka_unit_test(a_drained_child_leaves_for_good),
        cmocka_unit_test(who_does_not_leave_is_killed),
        cmocka_unit_test(a_job_is_done_once_and_its_last_words_are_heard),
        cmocka_unit_test(dismisses_the_living_and_the_waiting),
        cmocka_unit_test(has_a_limit),
    };
    int code;
    if (role_run(argc, argv, roles, "test", &code))
        return code;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
