/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log - levels, one line a call, and that nobody can forge one.
 */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char said[8192];
static int kept, reader;

static void listen_in(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    reader = ends[0];
}

static const char *what_was_said(void)
{
    dup2(kept, STDERR_FILENO); /* closes the last writing end */
    close(kept);
    size_t length = 0;
    for (ssize_t got; (got = read(reader, said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)got;
    close(reader);
    said[length] = 0;
    return said;
}

static int plain(void **state)
{
    unsetenv("JOURNAL_STREAM");
    log_open("dnsd serve 1", LOG_LEVEL_INFO);
    return 0;
}

static void lines(void **state)
{
    listen_in();
    log_error("no %s", "way");
    log_warning("mind %d", 7);
    log_info("started");
    log_debug("detail");
    assert_string_equal(what_was_said(), "dnsd serve 1: error: no way\n"
                                         "dnsd serve 1: warning: mind 7\n"
                                         "dnsd serve 1: started\n");
}

static void levels(void **state)
{
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(log_current_level(), LOG_LEVEL_ERROR);
    listen_in();
    log_warning("not said");
    log_error("said");
    assert_string_equal(what_was_said(), "dnsd serve 1: error: said\n");
    log_set_level(LOG_LEVEL_DEBUG);
    listen_in();
    log_debug("detail");
    assert_string_equal(what_was_said(), "dnsd serve 1: detail\n");
    static const char *const words[] = {"error", "warning", "info", "debug"};
    for (int i = 0; i < 4; i++)
        assert_string_equal(log_level_words[i], words[i]);
    assert_null(log_level_words[4]);
}

static void hostile_bytes_are_escaped(void **state)
{
    listen_in();
    log_info("%s", "a\ndnsd: error: forged\r\033[2J\x7f\x80\xff");
    assert_string_equal(what_was_said(), "dnsd serve 1: a\\x0adnsd: error: forged\\x0d\\x1b[2J"
                                         "\\x7f\\x80\\xff\n");
}

static void long_lines_are_cut(void **state)
{
    static char text[5000];
    for (int byte = 0; byte < 2; byte++) {
        memset(text, byte == 0 ? 'x' : '\n', sizeof text - 1);
        listen_in();
        log_error("%s", text);
        const char *line = what_was_said();
        assert_in_range(strlen(line), 900, 2048);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    }
}

static void systemd_levels(void **state)
{
    setenv("JOURNAL_STREAM", "8:1", 1);
    log_open("dnsd", LOG_LEVEL_DEBUG);
    listen_in();
    log_error("a");
    log_warning("b");
    log_info("c");
    log_debug("d");
    assert_string_equal(what_was_said(), "<3>dnsd: error: a\n<4>dnsd: warning: b\n"
                                         "<6>dnsd: c\n<7>dnsd: d\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lines, plain),
        cmocka_unit_test_setup(levels, plain),
        cmocka_unit_test_setup(hostile_bytes_are_escaped, plain),
        cmocka_unit_test_setup(long_lines_are_cut, plain),
        cmocka_unit_test_setup(systemd_levels, plain),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
