/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * journal, repair - what stands in the folder after rotation, quota, full disks and crashes.
 */
#include "record/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/reader.h"
#include "events/verify.h"
#include "../events/folder.h"
#include "../events/sample.h"

#include <signal.h>
#include <sys/resource.h>

static struct folder folder;
static struct policy *policy;
static struct line_writer *lines;
static struct journal *journal;
static struct event event;
static clock_us now;
static char said[2048];

static int make(void **state)
{
    folder = folder_make();
    policy = sample_policy();
    lines = line_writer_new("gw", "dnsd", "0");
    event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    now = (clock_us)SAMPLE_AT_SECONDS * 1000000;
    journal = NULL;
    return 0;
}

static void stop(void)
{
    journal_close(journal, now);
    journal = NULL;
}

static int drop(void **state)
{
    stop();
    line_writer_free(lines);
    policy_close(policy);
    folder_remove(&folder);
    return 0;
}

static void start(const struct journal_limits *limits)
{
    static const struct journal_limits none = {0};
    assert_int_equal(journal_open(folder.fd, limits != NULL ? limits : &none, lines, now, &journal),
                     STATUS_OK);
}

/* As after kill -9: nothing is written or synced any more. */
static void crash(void)
{
    free(journal);
    journal = NULL;
}

static void write_lines(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_true(journal_has_room(journal));
        event.at = now;
        journal_event(journal, &event, policy, 0);
    }
    journal_flush(journal, now);
}

static void on_finding(void *owner, const char *file, uint64_t line, const char *text)
{
    size_t length = strlen(said);
    snprintf(said + length, sizeof said - length, "%s:%d: %s\n", file, (int)line, text);
}

static struct verified verified(void)
{
    struct verified out;
    said[0] = 0;
    assert_int_equal(verify_folder(folder.fd, on_finding, NULL, &out), STATUS_OK);
    return out;
}

static void assert_whole(uint64_t count)
{
    struct verified out = verified();
    if (out.findings != 0)
        fail_msg("%s", said);
    assert_int_equal(out.lines, count);
}

/* How many notices of this action there are. */
static unsigned notices(const char *action)
{
    struct reader *reader;
    struct entry entry;
    unsigned count = 0;
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    while (reader_next(reader, true, &entry) == STATUS_OK)
        count += entry.notice && strcmp(entry.action, action) == 0;
    reader_close(reader);
    return count;
}

static void goes_on_after_a_restart(void **state)
{
    start(NULL);
    write_lines(3);
    stop();
    start(NULL);
    write_lines(2);
    stop();
    assert_whole(5);
    assert_int_equal(folder_count(&folder), 1);
}

static void lines_are_there_before_any_sync(void **state)
{
    start(NULL);
    write_lines(3); /* the first are synced at once, so that there is a head */
    assert_true(folder_has(&folder, CHAIN_HEAD_FILE));
    write_lines(2);
    crash();
    start(NULL);
    write_lines(1);
    stop();
    assert_whole(6);
    assert_int_equal(notices("record-chain-broken"), 0);
}

static void a_head_that_is_gone_is_said(void **state)
{
    start(NULL);
    write_lines(1);
    stop();
    assert_int_equal(unlinkat(folder.fd, CHAIN_HEAD_FILE, 0), 0);
    start(NULL);
    stop();
    assert_int_equal(notices("record-chain-broken"), 1);
    assert_whole(2);
}

static void rotates_by_size(void **state)
{
    const struct journal_limits limits = {.rotate_bytes = 5000};
    start(&limits);
    for (int i = 0; i < 20; i++, now += 1000000)
        write_lines(1);
    stop();
    assert_in_range(folder_count(&folder), 4, 6);
    assert_true(folder_has(&folder, "blocked-20261124T030000Z-000000001.jsonl"));
    assert_whole(20);
}

static void rotates_by_time(void **state)
{
    const struct journal_limits limits = {.rotate_seconds = 60};
    start(&limits);
    write_lines(2);
    now += 59 * 1000000;
    write_lines(1);
    assert_int_equal(journal_counts(journal).rotated, 0);
    stop();
    start(&limits); /* the age of a file survives a restart */
    now += 1000000;
    journal_flush(journal, now);
    assert_int_equal(journal_counts(journal).rotated, 1);
    assert_false(folder_has(&folder, FILES_CURRENT));
    now += 600 * 1000000ull;
    journal_flush(journal, now);
    assert_int_equal(journal_counts(journal).rotated, 1); /* nothing is in it */
    write_lines(1);
    assert_true(folder_has(&folder, FILES_CURRENT));
    stop();
    assert_whole(4);
}

static void rotates_by_time_when_the_clock_was_set_back(void **state)
{
    const struct journal_limits limits = {.rotate_seconds = 60};
    start(&limits);
    write_lines(2);
    now -= 3600 * UINT64_C(1000000);
    write_lines(1);
    assert_int_equal(journal_counts(journal).rotated, 1);
    write_lines(2);
    assert_int_equal(journal_counts(journal).rotated, 1);
    stop();
    assert_whole(5);
}

static void rotates_when_told(void **state)
{
    start(NULL);
    write_lines(1);
    journal_rotate(journal, now);
    journal_rotate(journal, now);
    assert_int_equal(journal_counts(journal).rotated, 1);
    write_lines(1);
    now += 2000000;
    journal_flush(journal, now);
    assert_whole(2);
}

static void quota_removes_the_oldest_and_says_so(void **state)
{
    const struct journal_limits limits = {.rotate_bytes = 4000, .quota_bytes = 20000};
    start(&limits);
    for (int i = 0; i < 100; i++, now += 1000000) {
        struct files files;
        uint64_t sum = 0;
        write_lines(1);
        assert_int_equal(files_list(folder.fd, &files), STATUS_OK);
        for (size_t f = 0; f < files.count; f++)
            sum += files.list[f].bytes;
        files_free(&files);
        assert_in_range(sum, 0, limits.quota_bytes + 1400);
    }
    uint64_t removed = journal_counts(journal).removed;
    assert_in_range(removed, 10, 100);
    assert_false(folder_has(&folder, "blocked-20261124T030000Z-000000001.jsonl"));
    stop();
    struct verified out = verified();
    if (out.findings != 0)
        fail_msg("%s", said);
    assert_in_range(out.first, 2, out.end.sequence - 5);
    assert_int_equal(out.end.sequence, 100 + removed);
}

static void removal_by_others_is_not_covered_by_notices(void **state)
{
    const struct journal_limits limits = {.rotate_bytes = 4000, .quota_bytes = 20000};
    struct files files;
    start(&limits);
    for (int i = 0; i < 50; i++, now += 1000000)
        write_lines(1);
    stop();
    assert_int_equal(files_list(folder.fd, &files), STATUS_OK);
    unlinkat(folder.fd, files.list[0].name, 0);
    files_free(&files);
    assert_int_equal(verified().findings, 1);
    assert_non_null(strstr(said, "are not here"));
}

static void half_a_line_is_kept_aside(void **state)
{
    size_t length, kept;
    start(NULL);
    write_lines(3);
    now += 1000000;
    journal_flush(journal, now);
    write_lines(1);
    crash();
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    folder_write(&folder, FILES_CURRENT, bytes, length - 100);
    start(NULL);
    write_lines(1);
    stop();
    assert_whole(5); /* three, the notice, and the one after it */
    assert_int_equal(notices("record-line-torn"), 1);
    assert_int_equal(notices("record-chain-broken"), 0);
    char *torn = folder_read(&folder, "torn-1795489201000000-4.part", &kept);
    const char *last = memrchr(bytes, '\n', length - 100);
    assert_int_equal(kept, length - 100 - (size_t)(last + 1 - bytes));
    assert_memory_equal(torn, last + 1, kept);
    free(torn);
    free(bytes);
}

/* A power failure can leave megabytes of zeros. */
static void zeros_at_the_end_are_kept_aside(void **state)
{
    size_t length, zeros = 300000;
    start(NULL);
    write_lines(2);
    stop();
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    bytes = realloc(bytes, length + zeros);
    memset(bytes + length, 0, zeros);
    folder_write(&folder, FILES_CURRENT, bytes, length + zeros);
    free(bytes);
    start(NULL);
    write_lines(1);
    stop();
    assert_whole(4);
    bytes = folder_read(&folder, "torn-1795489200000000-3.part", &length);
    assert_int_equal(length, zeros);
    free(bytes);
}

/* What is missing stays missing for verify, however often record starts again. */
static void cut_end_is_said_and_stays_visible(void **state)
{
    size_t length;
    start(NULL);
    write_lines(4);
    stop();
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    folder_write(&folder, FILES_CURRENT, bytes,
                 (size_t)((char *)memrchr(bytes, '\n', length - 1) + 1 - bytes));
    free(bytes);
    start(NULL);
    write_lines(1);
    stop();
    assert_int_equal(notices("record-chain-broken"), 1);
    assert_int_equal(verified().findings, 1);
    assert_non_null(strstr(said, "blocked.jsonl:4: 1 lines are missing before this one"));
}

static void edited_last_line_is_said_and_stays_visible(void **state)
{
    size_t length;
    start(NULL);
    write_lines(2);
    stop();
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    *(strstr(strchr(bytes, '\n'), "10.20.2.3") + 8) = '4';
    folder_write(&folder, FILES_CURRENT, bytes, length);
    free(bytes);
    start(NULL);
    write_lines(1);
    stop();
    assert_int_equal(notices("record-chain-broken"), 1);
    assert_int_equal(verified().findings, 1);
    assert_non_null(strstr(said, "blocked.jsonl:2: this line was changed"));
}

static void removed_files_do_not_begin_a_new_chain(void **state)
{
    start(NULL);
    write_lines(4);
    stop();
    unlinkat(folder.fd, FILES_CURRENT, 0);
    start(NULL);
    stop();
    assert_int_equal(verified().findings, 1);
    assert_non_null(strstr(said, "lines 1 to 4 are not here"));
}

static void removed_open_file_is_noticed(void **state)
{
    start(NULL);
    write_lines(2);
    unlinkat(folder.fd, FILES_CURRENT, 0);
    write_lines(1);
    now += 1000000;
    journal_flush(journal, now);
    write_lines(1);
    assert_true(folder_has(&folder, FILES_CURRENT));
    stop();
    assert_int_equal(notices("record-file-vanished"), 1);
    assert_int_equal(verified().findings, 1);
    assert_non_null(strstr(said, "lines 1 to 3 are not here"));
}

static void goes_on_from_a_full_file(void **state)
{
    start(NULL);
    write_lines(4);
    journal_rotate(journal, now);
    stop();
    start(NULL);
    write_lines(1);
    stop();
    assert_whole(5);
    assert_int_equal(folder_count(&folder), 2);
}

/* The file may not grow: lines wait, half a line included, and go on at the very byte. */
static void refused_bytes_are_written_later(void **state)
{
    struct rlimit before, small;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){3000, before.rlim_max};
    start(NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    write_lines(5);
    unsigned waiting = 5;
    while (journal_has_room(journal)) {
        journal_event(journal, &event, policy, 0);
        waiting++;
    }
    journal_flush(journal, now);
    assert_false(journal_has_room(journal));
    assert_int_equal(journal_counts(journal).bytes, 3000);
    now += 90 * 1000000;
    journal_flush(journal, now);
    assert_in_range(journal_counts(journal).errors, 2, 5);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    journal_flush(journal, now);
    assert_true(journal_has_room(journal));
    stop();
    assert_int_equal(notices("record-resumed"), 1);
    assert_whole(waiting + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on_after_a_restart, make, drop),
        cmocka_unit_test_setup_teardown(lines_are_there_before_any_sync, make, drop),
        cmocka_unit_test_setup_teardown(a_head_that_is_gone_is_said, make, drop),
        cmocka_unit_test_setup_teardown(rotates_by_size, make, drop),
        cmocka_unit_test_setup_teardown(rotates_by_time, make, drop),
        cmocka_unit_test_setup_teardown(rotates_by_time_when_the_clock_was_set_back, make, drop),
        cmocka_unit_test_setup_teardown(rotates_when_told, make, drop),
        cmocka_unit_test_setup_teardown(quota_removes_the_oldest_and_says_so, make, drop),
        cmocka_unit_test_setup_teardown(removal_by_others_is_not_covered_by_notices, make, drop),
        cmocka_unit_test_setup_teardown(half_a_line_is_kept_aside, make, drop),
        cmocka_unit_test_setup_teardown(zeros_at_the_end_are_kept_aside, make, drop),
        cmocka_unit_test_setup_teardown(cut_end_is_said_and_stays_visible, make, drop),
        cmocka_unit_test_setup_teardown(edited_last_line_is_said_and_stays_visible, make, drop),
        cmocka_unit_test_setup_teardown(removed_files_do_not_begin_a_new_chain, make, drop),
        cmocka_unit_test_setup_teardown(removed_open_file_is_noticed, make, drop),
        cmocka_unit_test_setup_teardown(goes_on_from_a_full_file, make, drop),
        cmocka_unit_test_setup_teardown(refused_bytes_are_written_later, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
