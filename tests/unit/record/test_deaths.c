/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * deaths - a record process that is killed at any moment loses no event and writes none twice.
 */
#include "record/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "events/reader.h"
#include "events/verify.h"
#include "process/ring.h"
#include "../events/folder.h"
#include "../events/sample.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum {
    SLOTS = 256,
    RINGS = 2,
    DEATHS = 120,
    LIFE_MOST_US = 8000,
    EVENTS_MOST = 1 << 20,
    DISK_MOST = 300 * 1024, /* what a disk that is nearly full still takes */
    ROTATE_BYTES = 4 << 20
};

static struct folder folder;
static int fds[RINGS];
static struct ring *rings[RINGS];
static struct event event;
static uint32_t produced;

static void pause_us(long us)
{
    const struct timespec pause = {0, us * 1000};
    nanosleep(&pause, NULL);
}

static struct recorder *recorder_begin(void)
{
    static const struct journal_limits limits = {.rotate_bytes = ROTATE_BYTES};
    struct recorder *recorder;
    if (recorder_new(folder.fd, &limits, "gw", PROGRAM_DNSD, clock_wall(), &recorder) != STATUS_OK)
        return NULL;
    for (uint32_t i = 0; i < RINGS; i++)
        if (recorder_add_ring(recorder, fds[i], i, clock_wall()) != STATUS_OK)
            return NULL;
    recorder_add_policy(recorder, sample_policy(), 1);
    recorder_notice(recorder, clock_wall(), "record-started", "once more");
    return recorder;
}

/* A child that records until it is killed; `disk` 0: with no limit. */
static pid_t record_in_child(unsigned disk)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct stat current = {0};
    (void)fstatat(folder.fd, FILES_CURRENT, &current, 0);
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    const struct rlimit limit = {(rlim_t)current.st_size + disk, RLIM_INFINITY};
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sigaction(SIGXFSZ, &ignore, NULL);
    log_set_level(LOG_LEVEL_ERROR);
    fclose(stderr);
    if (disk != 0)
        setrlimit(RLIMIT_FSIZE, &limit);
    struct recorder *recorder = recorder_begin();
    while (recorder != NULL) {
        if (recorder_poll(recorder, clock_wall()) == 0)
            pause_us(50);
    }
    _exit(1);
}

/* The next numbers into both rings, as many as they take. */
static void produce(void)
{
    char text[64];
    while (produced < EVENTS_MOST) {
        snprintf(text, sizeof text, "n%u.qq.com", produced);
        event.question = name_of(text);
        event.at = clock_wall();
        if (!ring_put(rings[produced % RINGS], &event, event_length(&event)))
            return;
        produced++;
    }
}

static void live_and_die(unsigned number)
{
    pid_t child = record_in_child(number % 3 == 0 ? 0 : 1 + (unsigned)rand() % DISK_MOST);
    assert_true(child > 0);
    for (long us = rand() % LIFE_MOST_US; us > 0; us -= 200) {
        produce();
        pause_us(us < 200 ? us : 200);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* How often each number stands in the files; gives how many stand there not once. */
static unsigned wrong_counts(void)
{
    uint8_t *seen = calloc(EVENTS_MOST, 1);
    struct reader *reader;
    struct entry entry;
    unsigned number, wrong = 0;
    assert_non_null(seen);
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    while (reader_next(reader, true, &entry) == STATUS_OK)
        if (sscanf(entry.name, "n%u.", &number) == 1 && number < EVENTS_MOST &&
            seen[number] < UINT8_MAX)
            seen[number]++;
    reader_close(reader);
    for (number = 0; number < EVENTS_MOST; number++) {
        if (seen[number] == (number < produced))
            continue;
        if (wrong++ < 10)
            print_message("# event %u of %u: %u lines\n", number, produced, seen[number]);
    }
    free(seen);
    return wrong;
}

static void each_event_is_one_line(void **state)
{
    struct verified verified;
    for (unsigned i = 0; i < DEATHS; i++)
        live_and_die(i);
    struct recorder *last = recorder_begin();
    assert_non_null(last);
    recorder_free(last, clock_wall());
    assert_true(produced > DEATHS);
    assert_int_equal(wrong_counts(), 0);
    assert_int_equal(verify_folder(folder.fd, NULL, NULL, &verified), STATUS_OK);
    assert_int_equal(verified.findings, 0);
    assert_int_equal(verified.lost, 0);
    print_message("# %u events, %u deaths\n", produced, DEATHS);
}

static int make(void **state)
{
    folder = folder_make();
    struct policy *policy = sample_policy();
    event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    policy_close(policy);
    for (size_t i = 0; i < RINGS; i++) {
        assert_int_equal(ring_make(SLOTS, EVENT_DNS_SIZE, &fds[i]), STATUS_OK);
        assert_int_equal(ring_open(fds[i], EVENT_DNS_SIZE, &rings[i]), STATUS_OK);
    }
    return 0;
}

static int drop(void **state)
{
    for (size_t i = 0; i < RINGS; i++) {
        ring_close(rings[i]);
        close(fds[i]);
    }
    folder_remove(&folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_event_is_one_line, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
