/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * audit - lines as they are written, what was changed in them, and rows made again from them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glob.h>
#include <sys/stat.h>

#include "desk.h"
#include "events/digest.h"

static struct desk desk;
static struct session session;

static int start(void **state)
{
    desk_new(&desk);
    desk_add(&desk, "jane", PERMISSION_ANALYST);
    return 0;
}

static int end(void **state)
{
    desk_end(&desk);
    return 0;
}

static enum status verify(uint64_t *lines)
{
    struct audit_verified v;
    enum status status = audit_verify(desk.folder, &v, desk.why);
    *lines = v.lines;
    return status;
}

static void assert_whole(uint64_t expected)
{
    uint64_t lines;
    enum status status = verify(&lines);
    if (status != STATUS_OK)
        print_message("%s\n", desk.why);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(lines, expected);
}

static void a_line_says_who_what_and_whence(void **state)
{
    const char *text = strstr(desk_read(&desk, "audit.jsonl"), "\n") + 1;
    char expected[1024];
    uint8_t hash[CHAIN_SIZE];
    char hex[CHAIN_HEX + 1] = "";
    struct writer w = writer_over(hex, CHAIN_HEX);
    char *first = desk_read(&desk, "audit.jsonl");
    *strchr(first, '\n') = 0;
    digest_sha256(span_text(first), hash);
    chain_hex_write(&w, hash);
    snprintf(expected, sizeof expected,
             "{\"@timestamp\":\"2027-01-15T08:00:00.000000Z\",\"ecs\":{\"version\":\"8.11.0\"},"
             "\"event\":{\"kind\":\"event\",\"category\":[\"iam\"],\"type\":[\"creation\"],"
             "\"action\":\"account-added\",\"module\":\"ponor\",\"dataset\":\"ponor.audit\","
             "\"sequence\":2},\"observer\":{\"vendor\":\"Ponor\",\"product\":\"consoled\","
             "\"version\":\"%s\"},\"user\":{\"name\":\"admin\",\"target\":{\"name\":\"jane\"}},"
             "\"source\":{\"ip\":\"192.0.2.10\"},\"ponor\":{\"sequence\":2,"
             "\"permission\":\"analyst\",\"chain\":\"%s\"}}\n",
             PONOR_VERSION, hex);
    assert_string_equal(text, expected);
}

struct told {
    unsigned count;
    uint64_t last;
    char actions[512];
};

static bool on_line(void *owner, const struct audit_line *line)
{
    struct told *told = owner;
    size_t at = strlen(told->actions);
    assert_true(told->last == 0 || line->sequence + 1 == told->last);
    told->last = line->sequence;
    told->count++;
    snprintf(told->actions + at, sizeof told->actions - at, "%s(%s) ", line->action, line->about);
    assert_true(line->raw[0] == '{');
    return told->count < 3;
}

static void lines_are_read_latest_first(void **state)
{
    struct told told = {0};
    const struct by by = desk_by(&desk, "admin");
    assert_int_equal(people_set_language(desk.people, &by, "fr", desk.why), STATUS_OK);
    assert_int_equal(people_set_disabled(desk.people, &by, "jane", true, desk.why), STATUS_OK);
    assert_int_equal(audit_lines(desk.people, 0, on_line, &told), STATUS_OK);
    assert_string_equal(told.actions,
                        "account-disabled(jane) language-changed(admin) account-added(jane) ");
    uint64_t before = told.last;
    told = (struct told){0};
    assert_int_equal(audit_lines(desk.people, before, on_line, &told), STATUS_OK);
    assert_string_equal(told.actions, "admin-made(admin) ");
    assert_whole(4);
}

/* Changes the text at `from` into `to`, of the same length, and verifies. */
static void assert_found(const char *from, const char *to, const char *expected)
{
    uint64_t lines;
    char *text = desk_read(&desk, "audit.jsonl");
    char *at = strstr(text, from);
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    desk_write(&desk, "audit.jsonl", text, "w");
    assert_int_equal(verify(&lines), STATUS_CORRUPT);
    if (strstr(desk.why, expected) == NULL)
        print_message("%s\n", desk.why);
    assert_non_null(strstr(desk.why, expected));
    at = strstr(text, to);
    memcpy(at, from, strlen(from));
    desk_write(&desk, "audit.jsonl", text, "w");
}

static void whatever_is_changed_is_found(void **state)
{
    const struct by by = desk_by(&desk, "admin");
    assert_int_equal(people_set_language(desk.people, &by, "fr", desk.why), STATUS_OK);
    assert_whole(3);
    assert_found("\"analyst\"", "\"admin\"  ", "audit.jsonl:3: the line before it was changed");
    assert_found("\"fr\"", "\"en\"", "audit.jsonl:3: this line was changed");
    assert_found("\"sequence\":2}", "\"sequence\":4}", "line 4 where 2 must stand");
    assert_found("{\"@timestamp", "X\"@timestamp", "audit.jsonl:2: the line before it was changed");
    assert_found("\"}}\n", "\"]]\n", "audit.jsonl:1: this is no line of ours");
    assert_whole(3);
    char *text = desk_read(&desk, "audit.jsonl");
    strchr(strchr(text, '\n') + 1, '\n')[1] = 0;
    desk_write(&desk, "audit.jsonl", text, "w");
    uint64_t lines;
    assert_int_equal(verify(&lines), STATUS_CORRUPT);
    assert_non_null(strstr(desk.why, "cut off"));
}

static void lines_alone_are_verified_too(void **state)
{
    struct audit_verified v;
    desk_close(&desk);
    assert_int_equal(audit_verify(desk.folder, &v, desk.why), STATUS_OK);
    assert_true(v.has_known_end);
    desk_lose_rows(&desk);
    assert_int_equal(audit_verify(desk.folder, &v, desk.why), STATUS_OK);
    assert_false(v.has_known_end);
    assert_int_equal(v.lines, 2);
    assert_int_equal(v.last, 2);
    char *text = desk_read(&desk, "audit.jsonl"), *second = strchr(text, '\n') + 1;
    uint8_t hash[CHAIN_SIZE];
    digest_sha256(span_of(second, strlen(second) - 1), hash);
    assert_memory_equal(hash, v.hash, sizeof hash);
    desk_remove(&desk, "audit.jsonl");
    assert_int_equal(audit_verify(desk.folder, &v, desk.why), STATUS_NOT_FOUND);
    assert_non_null(strstr(desk.why, "audit.jsonl"));
}

/* A statement that is left open would keep the WAL growing for as long as the program runs. */
static void the_wal_stays_small(void **state)
{
    struct stat info;
    const struct by by = desk_by(&desk, "admin");
    uint64_t lines;
    desk_close(&desk);
    desk_open(&desk); /* as after a restart */
    for (int i = 0; i < 600; i++) {
        assert_int_equal(people_set_language(desk.people, &by, i % 2 ? "en" : "fr", desk.why),
                         STATUS_OK);
        if (i == 300)
            assert_int_equal(audit_is_whole(desk.people, &lines, desk.why), STATUS_OK);
    }
    assert_int_equal(stat(desk_path(&desk, "people.sqlite-wal"), &info), 0);
    assert_in_range(info.st_size, 1, 6 << 20);
}

static void a_cut_end_stays_visible(void **state)
{
    uint64_t lines;
    desk_close(&desk);
    char *text = desk_read(&desk, "audit.jsonl");
    *(strchr(text, '\n') + 1) = 0;
    desk_write(&desk, "audit.jsonl", text, "w");
    desk_open(&desk);
    text = desk_read(&desk, "audit.jsonl");
    assert_non_null(strstr(text, "audit-chain-broken"));
    assert_non_null(strstr(text, "the last one here is 1, people.sqlite knows 2"));
    assert_int_equal(verify(&lines), STATUS_CORRUPT);
    desk_add(&desk, "late", PERMISSION_VIEWER);
    assert_int_equal(verify(&lines), STATUS_CORRUPT);
}

static void half_a_line_is_moved_aside(void **state)
{
    glob_t found;
    struct stat info;
    desk_close(&desk);
    desk_write(&desk, "audit.jsonl", "{\"@timestamp\":\"2027", "a");
    desk_open(&desk);
    assert_whole(3);
    assert_non_null(strstr(desk_read(&desk, "audit.jsonl"), "19 bytes of half a line"));
    assert_int_equal(glob(desk_path(&desk, "audit-torn-*.part"), 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    assert_int_equal(stat(found.gl_pathv[0], &info), 0);
    assert_int_equal(info.st_size, 19);
    globfree(&found);
}

static void case_of(clock_us last, int state, const char *note)
{
    const struct by by = desk_by(&desk, "jane");
    const struct case_change change = {.state = state, .assignee = "jane", .note = note};
    assert_int_equal(
        case_change(desk.people, &by, "mac:02:00:00:00:00:01", "WeChat", last, &change, desk.why),
        STATUS_OK);
}

static void lost_rows_are_made_again(void **state)
{
    struct case_now now;
    struct account account;
    const struct by by = desk_by(&desk, "admin");
    char again[FIRST_PASSWORD_SIZE];
    case_of(5 * SECOND, CASE_CLOSED, "d\xc3\xa9j\xc3\xa0 vu, \"quoted\"\n\x01");
    desk_add(&desk, "gone", PERMISSION_ADMIN);
    assert_int_equal(people_set_disabled(desk.people, &by, "gone", true, desk.why), STATUS_OK);
    desk_close(&desk);
    desk_lose_rows(&desk);
    desk_open(&desk);
    assert_whole(6);
    assert_non_null(strstr(desk_read(&desk, "audit.jsonl"), "made again from 5 lines"));
    assert_int_equal(case_find(desk.people, "mac:02:00:00:00:00:01", "WeChat", &now), STATUS_OK);
    assert_int_equal(now.state, CASE_CLOSED);
    assert_int_equal(now.seen_until, 5 * SECOND);
    assert_int_equal(now.notes, 1);
    assert_string_equal(now.assignee, "jane");
    assert_int_equal(people_named(desk.people, "jane", &account), STATUS_OK);
    assert_int_equal(account.permission, PERMISSION_ANALYST);
    assert_int_equal(people_named(desk.people, "gone", &account), STATUS_NOT_FOUND);
    /* No password came back; the admin has a new one. */
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_REFUSED);
    assert_int_equal(desk_first(&desk, again), STATUS_OK);
    assert_int_equal(desk_login(&desk, "admin", desk.first, NULL, &session), STATUS_REFUSED);
    assert_int_equal(desk_login(&desk, "admin", again, NULL, &session), STATUS_OK);
    assert_int_equal(people_set_password(desk.people, &by, "jane", NULL, PASSWORD, desk.why),
                     STATUS_OK);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    assert_int_equal(desk_first(&desk, again), STATUS_EXISTS);
}

/* Rows as they were before the last changes: what a power failure between line and row leaves. */
static void rows_keep(bool back)
{
    char command[256];
    snprintf(command, sizeof command, back ? "cp %s/kept %s" : "cp %s/people.sqlite %s/kept",
             desk.folder, back ? desk_path(&desk, "people.sqlite") : desk.folder);
    assert_int_equal(system(command), 0); /* lint: a folder of our own */
}

static void rows_follow_their_lines_after_a_crash(void **state)
{
    struct case_now now;
    const struct by by = desk_by(&desk, "admin");
    desk_close(&desk);
    rows_keep(false);
    desk_open(&desk);
    case_of(5 * SECOND, CASE_ACKNOWLEDGED, "mine");
    assert_int_equal(people_set_permission(desk.people, &by, "jane", PERMISSION_ADMIN, desk.why),
                     STATUS_OK);
    assert_int_equal(
        people_set_password(desk.people, &by, "jane", NULL, "another good one 7", desk.why),
        STATUS_OK);
    desk_close(&desk);
    rows_keep(true);
    desk_open(&desk);
    assert_whole(6);
    assert_int_equal(case_find(desk.people, "mac:02:00:00:00:00:01", "WeChat", &now), STATUS_OK);
    assert_int_equal(now.state, CASE_ACKNOWLEDGED);
    assert_int_equal(desk_login(&desk, "jane", PASSWORD, NULL, &session), STATUS_OK);
    assert_int_equal(session.account.permission, PERMISSION_ADMIN);
    const char *text = desk_read(&desk, "audit.jsonl");
    assert_non_null(strstr(text, "\"change-lost\""));
    assert_non_null(strstr(text, "before what line 5 says was kept"));
    desk_close(&desk);
    desk_open(&desk); /* once is enough */
    assert_whole(7);
}

static void one_writes_and_others_read(void **state)
{
    struct people *other;
    struct case_now now;
    const struct by by = desk_by(&desk, "jane");
    const struct case_change change = {.state = CASE_CLOSED};
    assert_int_equal(people_open(desk.folder, &desk_limits, desk.now, desk.why, &other),
                     STATUS_AGAIN);
    assert_non_null(strstr(desk.why, "another consoled"));
    assert_int_equal(people_open(desk.folder, NULL, desk.now, desk.why, &other), STATUS_OK);
    case_of(1, CASE_CLOSED, NULL);
    assert_int_equal(case_find(other, "mac:02:00:00:00:00:01", "WeChat", &now), STATUS_OK);
    assert_int_equal(now.state, CASE_CLOSED);
    assert_int_not_equal(case_change(other, &by, "x", "y", 1, &change, desk.why), STATUS_OK);
    people_close(other);
    case_of(1, CASE_NEW, NULL); /* the lock is still held, the rows still ours */
    assert_whole(4);
}

static void files_are_nobody_elses(void **state)
{
    static const char *const files[] = {"people.sqlite", "audit.jsonl", "people.sqlite-wal"};
    struct stat info;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        assert_int_equal(stat(desk_path(&desk, files[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_says_who_what_and_whence, start, end),
        cmocka_unit_test_setup_teardown(lines_are_read_latest_first, start, end),
        cmocka_unit_test_setup_teardown(whatever_is_changed_is_found, start, end),
        cmocka_unit_test_setup_teardown(lines_alone_are_verified_too, start, end),
        cmocka_unit_test_setup_teardown(the_wal_stays_small, start, end),
        cmocka_unit_test_setup_teardown(a_cut_end_stays_visible, start, end),
        cmocka_unit_test_setup_teardown(half_a_line_is_moved_aside, start, end),
        cmocka_unit_test_setup_teardown(lost_rows_are_made_again, start, end),
        cmocka_unit_test_setup_teardown(rows_follow_their_lines_after_a_crash, start, end),
        cmocka_unit_test_setup_teardown(one_writes_and_others_read, start, end),
        cmocka_unit_test_setup_teardown(files_are_nobody_elses, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
