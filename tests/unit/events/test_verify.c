/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verify - each thing that can be done to a folder is found, and where.
 */
#include "events/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/line.h"
#include "folder.h"
#include "sample.h"

enum { PER_FILE = 4, FILES = 3, LINES = PER_FILE * FILES };

static struct folder folder;
static struct policy *policy;
static char said[4096];
static char names[FILES][FILE_NAME_SIZE];

static void on_finding(void *owner, const char *file, uint64_t line, const char *text)
{
    size_t length = strlen(said);
    snprintf(said + length, sizeof said - length, "%s:%d: %s\n", file, (int)line, text);
}

static uint64_t findings(void)
{
    struct verified verified;
    said[0] = 0;
    assert_int_equal(verify_folder(folder.fd, on_finding, NULL, &verified), STATUS_OK);
    return verified.findings;
}

/* The place and the words of the only finding. */
static void assert_found(const char *name, unsigned line, const char *words)
{
    char place[FILE_NAME_SIZE + 16];
    findings();
    snprintf(place, sizeof place, "%s:%u: ", name, line);
    if (strncmp(said, place, strlen(place)) != 0 || strstr(said, words) == NULL)
        fail_msg("not found at %s: %s; found: %s", place, words, said);
}

/* Three files of four lines, two of them full, and a head that knows the last line. */
static int make(void **state)
{
    static uint8_t buffer[PER_FILE * LINE_MOST];
    struct line_writer *lines = line_writer_new("gw", "dnsd", "0");
    struct chain chain = {0};
    int head;

    policy = sample_policy();
    folder = folder_make();
    for (int f = 0; f < FILES; f++) {
        struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
        struct writer w = writer_over(buffer, sizeof buffer);
        event.at += (clock_us)f * 3600000000;
        files_name(event.at, chain.sequence + 1, names[f]);
        for (int i = 0; i < PER_FILE; i++, event.at += 1000)
            line_write(lines, &event, policy, ++chain.sequence, (uint64_t)i, chain.hash, &w);
        if (f == FILES - 1)
            memcpy(names[f], FILES_CURRENT, sizeof FILES_CURRENT);
        folder_write(&folder, names[f], buffer, writer_length(&w));
    }
    assert_int_equal(chain_head_open(folder.fd, &head), STATUS_OK);
    assert_int_equal(chain_head_write(head, &chain), STATUS_OK);
    close(head);
    line_writer_free(lines);
    return 0;
}

static int drop(void **state)
{
    folder_remove(&folder);
    policy_close(policy);
    return 0;
}

/* The lines of a file as starts; the last one is the end. */
static char *split(const char *name, char *starts[PER_FILE + 1], size_t *length)
{
    char *bytes = folder_read(&folder, name, length);
    starts[0] = bytes;
    for (int i = 0; i < PER_FILE; i++)
        starts[i + 1] = strchr(starts[i], '\n') + 1;
    return bytes;
}

static void untouched_is_fine(void **state)
{
    struct verified verified;
    assert_int_equal(verify_folder(folder.fd, on_finding, NULL, &verified), STATUS_OK);
    assert_int_equal(verified.findings, 0);
    assert_int_equal(verified.lines, LINES);
    assert_int_equal(verified.files, FILES);
    assert_int_equal(verified.first, 1);
    assert_int_equal(verified.end.sequence, LINES);
    assert_int_equal(verified.lost, FILES * (0 + 1 + 2 + 3));
}

/* One byte of every line in turn, every 97th byte of it. */
static void edited_byte_is_found(void **state)
{
    for (int f = 0; f < FILES; f++) {
        size_t length;
        char *bytes = folder_read(&folder, names[f], &length);
        for (size_t at = f; at < length; at += 97) {
            char before = bytes[at];
            if (before == '\n')
                continue;
            bytes[at] = before == '7' ? '8' : '7';
            folder_write(&folder, names[f], bytes, length);
            if (findings() == 0)
                fail_msg("a change of byte %zu of %s was not found", at, names[f]);
            bytes[at] = before;
        }
        folder_write(&folder, names[f], bytes, length);
        free(bytes);
    }
    assert_int_equal(findings(), 0);
}

static void edited_client_is_named(void **state)
{
    size_t length;
    char *bytes = folder_read(&folder, names[1], &length);
    char *client = strstr(strchr(bytes, '\n'), "10.20.2.3"); /* in line 2 */
    client[8] = '4';
    folder_write(&folder, names[1], bytes, length);
    assert_found(names[1], 2, "this line was changed");
    free(bytes);
}

static void edited_last_line_is_found_by_the_head(void **state)
{
    size_t length;
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    char *last = memrchr(bytes, '{', length);
    while (strncmp(last, "{\"@time", 7) != 0)
        last = memrchr(bytes, '{', (size_t)(last - bytes));
    strstr(last, "10.20.2.3")[8] = '4';
    folder_write(&folder, FILES_CURRENT, bytes, length);
    assert_found(FILES_CURRENT, PER_FILE, "this line was changed: blocked.head");
    free(bytes);
}

static void deleted_line_is_found(void **state)
{
    char *starts[PER_FILE + 1];
    size_t length;
    char *bytes = split(names[1], starts, &length);
    memmove(starts[1], starts[2], (size_t)(bytes + length - starts[2]));
    folder_write(&folder, names[1], bytes, length - (size_t)(starts[2] - starts[1]));
    assert_found(names[1], 2, "1 lines are missing before this one: numbers 6 to 6");
    free(bytes);
}

static void swapped_lines_are_found(void **state)
{
    char *starts[PER_FILE + 1], *swapped = NULL;
    size_t length;
    char *bytes = split(names[0], starts, &length);
    swapped = malloc(length);
    size_t second = (size_t)(starts[3] - starts[2]), first = (size_t)(starts[2] - starts[1]);
    memcpy(swapped, bytes, length);
    memcpy(swapped + (starts[1] - bytes), starts[2], second);
    memcpy(swapped + (starts[1] - bytes) + second, starts[1], first);
    folder_write(&folder, names[0], swapped, length);
    assert_found(names[0], 2, "out of order: number 2 stands after number 3");
    free(swapped);
    free(bytes);
}

static void cut_end_is_found(void **state)
{
    char *starts[PER_FILE + 1];
    size_t length;
    char *bytes = split(FILES_CURRENT, starts, &length);
    folder_write(&folder, FILES_CURRENT, bytes, (size_t)(starts[PER_FILE - 1] - bytes));
    assert_found(FILES_CURRENT, PER_FILE - 1, "the end was cut off");
    folder_write(&folder, FILES_CURRENT, bytes, length - 10);
    assert_found(FILES_CURRENT, PER_FILE, "ends in the middle of this line");
    unlinkat(folder.fd, FILES_CURRENT, 0);
    assert_found(names[1], PER_FILE, "the end was cut off");
    free(bytes);
}

static void removed_file_is_found(void **state)
{
    unlinkat(folder.fd, names[1], 0);
    assert_found(FILES_CURRENT, 1, "4 lines are missing before this one: numbers 5 to 8");
}

static void removed_first_file_is_found(void **state)
{
    unlinkat(folder.fd, names[0], 0);
    assert_found("", 0, "lines 1 to 4 are not here");
}

static void removed_everything_is_found(void **state)
{
    for (int f = 0; f < FILES; f++)
        unlinkat(folder.fd, names[f], 0);
    assert_found("", 0, "the end was cut off");
}

static void removed_head_is_found(void **state)
{
    unlinkat(folder.fd, CHAIN_HEAD_FILE, 0);
    assert_found(CHAIN_HEAD_FILE, 0, "missing or damaged");
    folder_write(&folder, CHAIN_HEAD_FILE, "{\"sequence\":12,\"hash\":\"00\"}\n", 28);
    assert_found(CHAIN_HEAD_FILE, 0, "missing or damaged");
}

static void foreign_line_is_found(void **state)
{
    char *starts[PER_FILE + 1];
    size_t length;
    char *bytes = split(names[0], starts, &length);
    starts[1][0] = '\0';
    folder_write(&folder, names[0], bytes, length);
    assert_found(names[0], 2, "this is no line of an event file");
    free(bytes);
}

static void megabytes_without_a_line_are_one_finding(void **state)
{
    size_t length = 3 << 20;
    char *zeros = calloc(1, length);
    folder_write(&folder, FILES_CURRENT, zeros, length);
    assert_found(FILES_CURRENT, 1, "ends in the middle");
    free(zeros);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(untouched_is_fine, make, drop),
        cmocka_unit_test_setup_teardown(edited_byte_is_found, make, drop),
        cmocka_unit_test_setup_teardown(edited_client_is_named, make, drop),
        cmocka_unit_test_setup_teardown(edited_last_line_is_found_by_the_head, make, drop),
        cmocka_unit_test_setup_teardown(deleted_line_is_found, make, drop),
        cmocka_unit_test_setup_teardown(swapped_lines_are_found, make, drop),
        cmocka_unit_test_setup_teardown(cut_end_is_found, make, drop),
        cmocka_unit_test_setup_teardown(removed_file_is_found, make, drop),
        cmocka_unit_test_setup_teardown(removed_first_file_is_found, make, drop),
        cmocka_unit_test_setup_teardown(removed_everything_is_found, make, drop),
        cmocka_unit_test_setup_teardown(removed_head_is_found, make, drop),
        cmocka_unit_test_setup_teardown(foreign_line_is_found, make, drop),
        cmocka_unit_test_setup_teardown(megabytes_without_a_line_are_one_finding, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
