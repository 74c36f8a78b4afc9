/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * worker - jobs in their order, urgent ones first; full, ended, and never in the giver's way.
 */
#include "people/password.h"
#include "people/worker.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct worker *worker;
static sem_t begun, go;

/* Stands still until the test lets it go on. */
static void slow_run(struct password_job *job)
{
    sem_post(&begun);
    sem_wait(&go);
    snprintf(job->hash, sizeof job->hash, "hash of %.20s", job->wanted);
}

static int start_slow(void **state)
{
    sem_init(&begun, 0, 0);
    sem_init(&go, 0, 0);
    worker = worker_new(slow_run);
    return worker == NULL;
}

static int start_real(void **state)
{
    worker = worker_new(password_job_run);
    return worker == NULL || password_ready() != STATUS_OK;
}

static int end(void **state)
{
    for (int i = 0; i < WORKER_JOBS; i++)
        sem_post(&go);
    worker_free(worker);
    return 0;
}

static enum status give(const char *wanted, bool urgent)
{
    struct password_job job = {.urgent = urgent};
    password_job_make(&job, wanted);
    return worker_give(worker, &job, (void *)(uintptr_t)wanted);
}

/* Waits for the next one that is done. */
static const char *take(struct password_job *job)
{
    struct pollfd bell = {.fd = worker_bell(worker), .events = POLLIN};
    void *owner;
    while (!worker_take(worker, job, &owner))
        assert_int_equal(poll(&bell, 1, -1), 1);
    return owner;
}

static void urgent_ones_come_first(void **state)
{
    static const char *const order[] = {"one", "four", "five", "two", "three"};
    struct password_job job;
    void *owner;

    assert_int_equal(give("one", false), STATUS_OK);
    sem_wait(&begun); /* it is under way: none of the others is before it */
    assert_int_equal(give("two", false), STATUS_OK);
    assert_int_equal(give("three", false), STATUS_OK);
    assert_int_equal(give("four", true), STATUS_OK);
    assert_int_equal(give("five", true), STATUS_OK);
    assert_false(worker_take(worker, &job, &owner));
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        char expected[32];
        sem_post(&go);
        assert_string_equal(take(&job), order[i]);
        snprintf(expected, sizeof expected, "hash of %s", order[i]);
        assert_string_equal(job.hash, expected);
    }
    assert_false(worker_take(worker, &job, &owner));
}

static void a_full_one_says_so_at_once(void **state)
{
    struct password_job job;
    for (int i = 0; i < WORKER_JOBS; i++)
        assert_int_equal(give("one", i % 2), STATUS_OK);
    assert_int_equal(give("more", true), STATUS_AGAIN);
    sem_post(&go);
    /* Its place is free when it was taken, and not before. */
    take(&job);
    assert_int_equal(give("more", true), STATUS_OK);
    assert_int_equal(give("more", true), STATUS_AGAIN);
}

/* The one under way is done to its end; those that wait need not be. */
static void an_end_waits_for_the_one_under_way(void **state)
{
    int count = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(give("one", false), STATUS_OK);
    sem_wait(&begun);
    for (int i = 0; i < 5; i++)
        sem_post(&go);
    worker_free(worker);
    worker = NULL;
    int left = 0;
    sem_getvalue(&begun, &count);
    sem_getvalue(&go, &left);
    assert_int_equal(count + 1, 5 - left); /* as many as were begun have ended */
}

static void a_signal_is_not_its(void **state)
{
    struct password_job job;
    sigset_t usr1, pending;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);
    assert_int_equal(give("one", false), STATUS_OK);
    sem_wait(&begun);
    assert_int_equal(kill(getpid(), SIGUSR1), 0); /* would end us where a thread takes it */
    sem_post(&go);
    take(&job);
    assert_int_equal(sigpending(&pending), 0);
    assert_true(sigismember(&pending, SIGUSR1));
    const struct timespec none = {0};
    assert_int_equal(sigtimedwait(&usr1, NULL, &none), SIGUSR1);
}

static void passwords_are_compared_and_made(void **state)
{
    struct password_job job = {0}, made;
    password_job_make(&job, "four words not together");
    assert_int_equal(worker_give(worker, &job, NULL), STATUS_OK);
    take(&made);
    assert_int_equal(made.status, STATUS_OK);
    assert_int_equal(strncmp(made.hash, "$argon2id$", 10), 0);
    assert_true(made.spent > 0);

    for (int i = 0; i < 2; i++) {
        job = (struct password_job){0};
        password_job_compare(&job, made.hash, i == 0 ? "four words not together" : "others");
        password_job_make(&job, "another good one 7");
        assert_int_equal(worker_give(worker, &job, NULL), STATUS_OK);
        take(&job);
        assert_int_equal(job.is_right, i == 0);
        assert_int_equal(job.hash[0] != 0, i == 0); /* a wrong one changes nothing */
    }
    job = (struct password_job){0};
    assert_int_equal(worker_give(worker, &job, NULL), STATUS_OK);
    take(&job);
    assert_false(job.is_right);
    assert_int_equal(job.hash[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(urgent_ones_come_first, start_slow, end),
        cmocka_unit_test_setup_teardown(a_full_one_says_so_at_once, start_slow, end),
        cmocka_unit_test_setup_teardown(an_end_waits_for_the_one_under_way, start_slow, end),
        cmocka_unit_test_setup_teardown(a_signal_is_not_its, start_slow, end),
        cmocka_unit_test_setup_teardown(passwords_are_compared_and_made, start_real, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
