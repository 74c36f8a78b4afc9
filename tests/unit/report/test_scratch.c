/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scratch - the folder is gone after its program, whatever ended that.
 */
#include "report/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_SIZE = CONFIG_PATH_SIZE + 32, PATIENCE_MS = 60000 };

static char home[] = "/tmp/ponor-test-XXXXXX";

static int set_up(void **state)
{
    assert_non_null(mkdtemp(home));
    return setenv("TMPDIR", home, 1);
}

static int tear_down(void **state)
{
    return rmdir(home); /* nothing is left in it */
}

static void fill(const char *folder)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/below", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/below/file", folder);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink(home, path), 0);
}

static void close_removes_it(void **state)
{
    struct scratch scratch;

    assert_int_equal(scratch_open(&scratch), STATUS_OK);
    assert_int_equal(strncmp(scratch.folder, home, strlen(home)), 0);
    fill(scratch.folder);
    assert_true(scratch_close(&scratch));
    assert_int_equal(access(scratch.folder, F_OK), -1);
    assert_int_equal(access(home, F_OK), 0);
}

static void assert_goes(const char *folder)
{
    const struct timespec pause = {0, 1000000};
    int waited = 0;

    for (; access(folder, F_OK) == 0 && waited < PATIENCE_MS; waited++)
        nanosleep(&pause, NULL);
    assert_in_range(waited, 0, PATIENCE_MS - 1);
}

/* As at a terminal: to the program and to all that are of its group. */
static void whatever_ends_the_program(void **state)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGSEGV, SIGKILL};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char folder[CONFIG_PATH_SIZE] = "";
        int told[2], code;
        assert_int_equal(pipe(told), 0);
        pid_t program = fork();
        assert_true(program >= 0);
        if (program == 0) {
            struct scratch scratch;
            setpgid(0, 0);
            signal(ends[i], SIG_DFL); /* lint: a sanitizer may have taken it */
            if (scratch_open(&scratch) != STATUS_OK)
                _exit(1);
            fill(scratch.folder);
            if (write(told[1], scratch.folder, sizeof scratch.folder) < 0)
                _exit(1);
            for (;;)
                pause();
        }
        close(told[1]);
        assert_int_equal(read(told[0], folder, sizeof folder), sizeof folder);
        assert_int_equal(access(folder, F_OK), 0);
        assert_int_equal(kill(-program, ends[i]), 0);
        assert_int_equal(waitpid(program, &code, 0), program);
        assert_true(WIFSIGNALED(code));
        assert_int_equal(read(told[0], folder + 1, 1), 0); /* the child does not keep it open */
        close(told[0]);
        assert_goes(folder);
    }
}

static void no_place_is_an_error(void **state)
{
    struct scratch scratch;

    assert_int_equal(setenv("TMPDIR", "/nowhere", 1), 0);
    assert_int_equal(scratch_open(&scratch), STATUS_SYSTEM);
    assert_int_equal(setenv("TMPDIR", home, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_removes_it),
        cmocka_unit_test(whatever_ends_the_program),
        cmocka_unit_test(no_place_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
