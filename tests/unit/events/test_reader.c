/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reader, files - lines come in order over the borders of files, also while these are renamed.
 */
#include "events/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "events/line.h"
#include "folder.h"
#include "sample.h"

#include <time.h>

static struct folder folder;
static struct policy *policy;
static struct line_writer *lines;
static struct chain chain;
static uint8_t buffer[4 * LINE_MOST];

static int make(void **state)
{
    folder = folder_make();
    policy = sample_policy();
    lines = line_writer_new("gw", "dnsd", "0");
    chain = (struct chain){0};
    return 0;
}

static int drop(void **state)
{
    line_writer_free(lines);
    policy_close(policy);
    folder_remove(&folder);
    return 0;
}

static clock_us hour(unsigned n)
{
    return ((clock_us)SAMPLE_AT_SECONDS + 3600 * n) * 1000000;
}

/* Appends one line to the current file. */
static void append(const char *client, unsigned at_hour)
{
    struct event event = sample_event(policy, client, "weixin.qq.com");
    struct writer w = writer_over(buffer, sizeof buffer);
    event.at = hour(at_hour);
    line_write(lines, &event, policy, ++chain.sequence, 0, chain.hash, &w);
    int fd = openat(folder.fd, FILES_CURRENT, O_WRONLY | O_APPEND | O_CREAT, 0600);
    assert_int_equal(write(fd, buffer, writer_length(&w)), (ssize_t)writer_length(&w));
    close(fd);
}

static void rotate(unsigned at_hour, uint64_t first)
{
    char name[FILE_NAME_SIZE];
    files_name(hour(at_hour), first, name);
    assert_int_equal(renameat(folder.fd, FILES_CURRENT, folder.fd, name), 0);
}

static void assert_next(struct reader *reader, uint64_t sequence, uint64_t line)
{
    struct entry entry;
    assert_int_equal(reader_next(reader, false, &entry), STATUS_OK);
    assert_true(entry.sound);
    assert_int_equal(entry.sequence, sequence);
    assert_int_equal(entry.line, line);
}

static void assert_end(struct reader *reader)
{
    struct entry entry;
    assert_int_equal(reader_next(reader, false, &entry), STATUS_AGAIN);
}

static void fields_come_back(void **state)
{
    struct reader *reader;
    struct entry entry;
    append("10.20.2.3", 0);
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    assert_int_equal(reader_next(reader, false, &entry), STATUS_OK);
    assert_int_equal(entry.at, hour(0));
    assert_string_equal(entry.file, FILES_CURRENT);
    assert_string_equal(entry.client, "10.20.2.3");
    assert_string_equal(entry.action, "dns-sinkhole");
    assert_string_equal(entry.app, "WeChat");
    assert_string_equal(entry.evidence, "installed");
    assert_string_equal(entry.name, "weixin.qq.com");
    assert_string_equal(entry.type, "A");
    assert_string_equal(entry.list, "wechat");
    assert_string_equal(entry.rule, "wechat:14");
    assert_string_equal(entry.ticket, "SEC-2023-0117");
    assert_string_equal(entry.matched, "");
    assert_false(entry.notice);
    reader_close(reader);
}

/* Appends a line of the inspector. */
static void append_wire(const struct event *event)
{
    struct writer w = writer_over(buffer, sizeof buffer);
    line_write(lines, event, policy, ++chain.sequence, 0, chain.hash, &w);
    int fd = openat(folder.fd, FILES_CURRENT, O_WRONLY | O_APPEND | O_CREAT, 0600);
    assert_int_equal(write(fd, buffer, writer_length(&w)), (ssize_t)writer_length(&w));
    close(fd);
}

static void fields_of_the_wire_come_back(void **state)
{
    struct reader *reader;
    struct entry entry;
    struct event event = sample_event(policy, "10.20.2.3", "weixin.qq.com");
    event.kind = EVENT_WIRE;
    event.seen = SEEN_TLS;
    event.server = address_of("2001:db8::7");
    event.server_port = 8443;
    event.wire = (struct wire){.spoken = SPOKEN_TLS, .ending = ENDING_NAME};
    append_wire(&event);
    event.question = (struct name){.length = 1};
    event.seen = SEEN_PACKET;
    append_wire(&event);
    event.kind = EVENT_HEALTH;
    event.wire = (struct wire){.health = HEALTH_DROPPED, .count = 12};
    append_wire(&event);

    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    assert_int_equal(reader_next(reader, false, &entry), STATUS_OK);
    assert_true(entry.sound && entry.wire && !entry.notice);
    assert_string_equal(entry.action, "flow-sinkhole");
    assert_string_equal(entry.name, "weixin.qq.com");
    assert_string_equal(entry.seen, "tls");
    assert_string_equal(entry.protocol, "tls");
    assert_string_equal(entry.server, "2001:db8::7");
    assert_int_equal(entry.port, 8443);
    assert_string_equal(entry.rule, "wechat:14");
    assert_int_equal(reader_next(reader, false, &entry), STATUS_OK);
    assert_string_equal(entry.name, "2001:db8::7");
    assert_string_equal(entry.seen, "packet");
    assert_int_equal(reader_next(reader, false, &entry), STATUS_OK);
    assert_true(entry.sound && entry.notice && !entry.wire);
    assert_string_equal(entry.action, "packets-dropped");
    assert_non_null(strstr(entry.reason, "12 packets were dropped"));
    assert_string_equal(entry.name, "");
    reader_close(reader);
}

static void follows_over_rotations(void **state)
{
    struct reader *reader;
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    assert_end(reader);
    append("10.20.2.3", 0);
    assert_next(reader, 1, 1);
    assert_end(reader);
    append("10.20.2.3", 1); /* written after our look, before the rotation */
    rotate(0, 1);
    append("10.20.2.3", 2);
    assert_next(reader, 2, 2);
    assert_next(reader, 3, 1);
    assert_end(reader);
    rotate(2, 3);
    assert_end(reader);
    append("10.20.2.3", 3);
    rotate(3, 4);
    append("10.20.2.3", 4);
    assert_next(reader, 4, 1);
    assert_next(reader, 5, 1);
    assert_end(reader);
    reader_close(reader);
}

static void goes_on_when_its_file_is_removed(void **state)
{
    struct reader *reader;
    char name[FILE_NAME_SIZE];
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    append("10.20.2.3", 0);
    assert_next(reader, 1, 1);
    files_name(hour(0), 1, name);
    rotate(0, 1);
    unlinkat(folder.fd, name, 0);
    append("10.20.2.3", 1);
    rotate(1, 2);
    append("10.20.2.3", 2);
    assert_next(reader, 2, 1);
    assert_next(reader, 3, 1);
    reader_close(reader);
}

static void half_a_line_waits_for_the_rest(void **state)
{
    struct reader *reader;
    struct entry entry;
    size_t length;
    append("10.20.2.3", 0);
    append("10.20.2.3", 0);
    char *bytes = folder_read(&folder, FILES_CURRENT, &length);
    folder_write(&folder, FILES_CURRENT, bytes, length - 5);
    assert_int_equal(reader_open(folder.fd, 0, &reader), STATUS_OK);
    assert_next(reader, 1, 1);
    assert_end(reader);
    int fd = openat(folder.fd, FILES_CURRENT, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, bytes + length - 5, 5), 5);
    close(fd);
    assert_next(reader, 2, 2);
    fd = openat(folder.fd, FILES_CURRENT, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"half", 6), 6);
    close(fd);
    assert_end(reader);
    assert_int_equal(reader_next(reader, true, &entry), STATUS_OK);
    assert_false(entry.whole);
    assert_false(entry.sound);
    reader_close(reader);
    free(bytes);
}

static void files_before_since_are_left_out(void **state)
{
    struct reader *reader;
    for (unsigned i = 0; i < 4; i++) {
        append("10.20.2.3", i);
        if (i < 3)
            rotate(i, i + 1);
    }
    assert_int_equal(reader_open(folder.fd, hour(1) + 1, &reader), STATUS_OK);
    assert_next(reader, 2, 1); /* its lines may be as late as the next file's first */
    assert_next(reader, 3, 1);
    assert_next(reader, 4, 1);
    reader_close(reader);
}

static void files_are_in_order_of_their_numbers(void **state)
{
    static const char *const present[] = {
        "blocked-20261124T040000Z-000000009.jsonl",  "blocked-20261124T050000Z-000000002.jsonl",
        "blocked-20261124T030000Z-1234567890.jsonl", FILES_CURRENT,
        "blocked-20261124T030000Z-9.jsonl",          "blocked-20261124T030000Z-000000001.jsonl.gz",
        "blocked-20261399T030000Z-000000003.jsonl",  "notes.txt"};
    struct files files;
    for (size_t i = 0; i < COUNT_OF(present); i++)
        folder_write(&folder, present[i], "x", 1);
    assert_int_equal(mkdirat(folder.fd, "blocked-20261124T030000Z-000000004.jsonl", 0700), 0);
    assert_int_equal(files_list(folder.fd, &files), STATUS_OK);
    assert_int_equal(files.count, 4);
    assert_int_equal(files.list[0].first, 2);
    assert_int_equal(files.list[1].first, 9);
    assert_int_equal(files.list[2].first, 1234567890);
    assert_string_equal(files.list[3].name, FILES_CURRENT);
    assert_int_equal(files.list[1].at, hour(1));
    files_free(&files);
    unlinkat(folder.fd, "blocked-20261124T030000Z-000000004.jsonl", AT_REMOVEDIR);
}

static void filters_choose(void **state)
{
    struct wanted wanted = {.app = "wechat"};
    struct entry entry = {.client = "10.20.2.3", .app = "WeChat", .list = "tencent", .at = 50};
    assert_true(reader_matches(&entry, &wanted));
    wanted.list = "wechat";
    assert_false(reader_matches(&entry, &wanted));
    wanted = (struct wanted){.has_client = true};
    wanted.client = prefix_of("10.20.0.0/16");
    assert_true(reader_matches(&entry, &wanted));
    entry.client = "10.21.0.1";
    assert_false(reader_matches(&entry, &wanted));
    entry.client = "";
    assert_false(reader_matches(&entry, &wanted));
    wanted = (struct wanted){.since = 51};
    assert_false(reader_matches(&entry, &wanted));
}

static void times_are_read(void **state)
{
    clock_us at;
    assert_true(reader_time("2026-11-24T03:00:00.000007Z", &at));
    assert_int_equal(at, hour(0) + 7);
    assert_true(reader_time("2026-11-24T03:00", &at));
    assert_int_equal(at, hour(0));
    assert_true(reader_time("2026-11-24", &at));
    assert_int_equal(at, hour(0) - (clock_us)3 * 3600 * 1000000);
    assert_false(reader_time("2026-13-24", &at));
    assert_false(reader_time("yesterday", &at));
    assert_false(reader_time("2026-11-24 or so", &at));
    assert_false(reader_time("", &at));
}

static void stamps_are_read_as_times_are(void **state)
{
    static const char *const broken[] = {"2026-11-24T03:00:00.123456",
                                         "2026-11-24T03:00:00.12345Z",
                                         "2026-13-24T03:00:00.123456Z",
                                         "2026-00-24T03:00:00.123456Z",
                                         "2026-11-32T03:00:00.123456Z",
                                         "2026-11-24T24:00:00.123456Z",
                                         "2026-11-24T03:60:00.123456Z",
                                         "2026-11-24 03:00:00.123456Z",
                                         "2026-11-24T03:00:00.12x456Z",
                                         "1026-11-24T03:00:00.123456Z",
                                         ""};
    clock_us day = (clock_us)86400 * 1000000, at, stamped;
    struct tm utc;
    char text[64];

    for (clock_us time = 951696000000000 + 123456; time < 951696000000000 + 4000 * day;
         time += day) {
        time_t seconds = (time_t)(time / 1000000);
        assert_non_null(gmtime_r(&seconds, &utc));
        assert_true(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.123456Z", &utc) > 0);
        assert_true(reader_stamp(span_text(text), &stamped));
        assert_true(reader_time(text, &at));
        assert_int_equal(stamped, at);
        assert_int_equal(stamped, time);
    }
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_false(reader_stamp(span_text(broken[i]), &stamped));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_come_back, make, drop),
        cmocka_unit_test_setup_teardown(fields_of_the_wire_come_back, make, drop),
        cmocka_unit_test_setup_teardown(follows_over_rotations, make, drop),
        cmocka_unit_test_setup_teardown(goes_on_when_its_file_is_removed, make, drop),
        cmocka_unit_test_setup_teardown(half_a_line_waits_for_the_rest, make, drop),
        cmocka_unit_test_setup_teardown(files_before_since_are_left_out, make, drop),
        cmocka_unit_test_setup_teardown(files_are_in_order_of_their_numbers, make, drop),
        cmocka_unit_test(filters_choose),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(stamps_are_read_as_times_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
