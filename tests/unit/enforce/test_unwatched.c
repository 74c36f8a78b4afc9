/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long nobody watched: by the age of a file that is touched while somebody does.
 */
#include "enforce/unwatched.h"

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { AGO_S = 90, SLACK_MS = 20000, TOUCHED_MS = 700 };

struct world {
    char folder[64], control[96], file[128];
    struct event_base *base;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    snprintf(w->folder, sizeof w->folder, "/tmp/ponor-unwatched-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->control, sizeof w->control, "%s/c.sock", w->folder);
    snprintf(w->file, sizeof w->file, "%s.alive", w->control);
    w->base = event_base_new();
    assert_non_null(w->base);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    event_base_free(w->base);
    unlink(w->file);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* Begins to watch and stops again; gives what it knew. */
static clock_ms watched_after(struct world *w)
{
    struct unwatched *unwatched;

    assert_int_equal(unwatched_new(w->base, w->control, &unwatched), STATUS_OK);
    clock_ms ms = unwatched_ms(unwatched);
    unwatched_free(unwatched);
    return ms;
}

static void set_age(const char *file, time_t seconds)
{
    const struct timespec at = {.tv_sec = time(NULL) - seconds};
    const struct timespec times[] = {at, at};
    assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
}

static void the_first_one_knows_nothing(void **state)
{
    struct world *w = *state;

    assert_int_equal(watched_after(w), 0);
    assert_int_equal(access(w->file, F_OK), 0);
}

static void the_next_one_knows_when_it_ended(void **state)
{
    struct world *w = *state;

    assert_int_equal(watched_after(w), 0);
    set_age(w->file, AGO_S);
    assert_in_range(watched_after(w), AGO_S * 1000 - 1000, AGO_S * 1000 + SLACK_MS);
    /* It has touched the file itself. */
    assert_in_range(watched_after(w), 0, SLACK_MS);
}

static void a_file_from_tomorrow_says_nothing(void **state)
{
    struct world *w = *state;

    assert_int_equal(watched_after(w), 0);
    set_age(w->file, -86400);
    assert_int_equal(watched_after(w), 0);
}

static void it_is_touched_while_somebody_watches(void **state)
{
    const struct timeval wait = clock_timeval(TOUCHED_MS);
    struct world *w = *state;
    struct unwatched *unwatched;
    struct stat file;

    assert_int_equal(unwatched_new(w->base, w->control, &unwatched), STATUS_OK);
    set_age(w->file, AGO_S);
    event_base_loopexit(w->base, &wait);
    event_base_dispatch(w->base);
    assert_int_equal(stat(w->file, &file), 0);
    assert_in_range(time(NULL) - file.st_mtim.tv_sec, 0, SLACK_MS / 1000);
    unwatched_free(unwatched);
}

static void no_file_is_no_failure(void **state)
{
    struct world *w = *state;
    struct unwatched *unwatched;

    /* Nor is a link followed that somebody has put there. */
    assert_int_equal(symlink("/nonexistent", w->file), 0);
    assert_int_equal(unwatched_new(w->base, w->control, &unwatched), STATUS_OK);
    assert_int_equal(unwatched_ms(unwatched), 0);
    unwatched_free(unwatched);
    assert_int_not_equal(access("/nonexistent", F_OK), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_one_knows_nothing),
        TEST(the_next_one_knows_when_it_ended),
        TEST(a_file_from_tomorrow_says_nothing),
        TEST(it_is_touched_while_somebody_watches),
        TEST(no_file_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
