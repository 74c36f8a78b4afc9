/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counters outlive the process that counts, and each has a word.
 */
#include "process/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void outlive_their_process(void **state)
{
    int fd, ended;
    assert_int_equal(counters_make(&fd), STATUS_OK);
    struct counters *mine = counters_open(fd);
    assert_non_null(mine);
    pid_t child = fork();
    if (child == 0) {
        struct counters *its = counters_open(fd);
        its->value[COUNT_POLICY_SWAPS] = 11;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(mine->value[COUNT_POLICY_SWAPS], 11);
    assert_int_equal(mine->value[COUNT_QUERIES], 0);
    assert_int_not_equal(ftruncate(fd, 0), 0);
    munmap(mine, sizeof *mine);
    close(fd);
}

static void refuse_other_files(void **state)
{
    int fd = memfd_create("other", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, sizeof(struct counters)), 0);
    assert_null(counters_open(fd));
    assert_null(counters_open(-1));
    close(fd);
}

static void each_has_its_own_word(void **state)
{
    for (int i = 0; i < COUNT_COUNT; i++) {
        assert_non_null(counter_words[i]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(counter_words[i], counter_words[j]);
    }
    assert_null(counter_words[COUNT_COUNT]);
    assert_true(counter_is_level(COUNT_PENDING));
    assert_false(counter_is_level(COUNT_QUERIES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlive_their_process),
        cmocka_unit_test(refuse_other_files),
        cmocka_unit_test(each_has_its_own_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
