/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * follow, place - lines in order over rotations, from any place on; and what is said of files that
 * somebody changed.
 */
#include "history/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world.h"

static struct world *world;
static struct gateway *gateway;
static struct follow *follow;
static struct followed got;

static int make(void **state)
{
    world = world_make(1);
    gateway = &world->gateway[0];
    return 0;
}

static int drop(void **state)
{
    follow_close(follow);
    follow = NULL;
    world_free(world);
    return 0;
}

static void begin(const struct follow_from *from)
{
    static const struct follow_from start;
    follow_close(follow);
    assert_int_equal(follow_open(gateway->folder, from != NULL ? from : &start, &follow),
                     STATUS_OK);
}

static enum status next(void)
{
    enum status status = follow_next(follow, world_now(), &got);
    return status;
}

/* Takes lines with these numbers; where one is then. */
static struct follow_from take(uint64_t first, uint64_t last)
{
    struct follow_from from = {.last_at = 0};
    for (uint64_t i = first; i <= last; i++) {
        assert_int_equal(next(), STATUS_OK);
        assert_false(got.is_break);
        assert_int_equal(got.row.sequence, i);
        assert_int_equal(got.at.sequence, i);
        from.at = got.at;
        from.last_at = got.row.at > from.last_at ? got.row.at : from.last_at;
        follow_take(follow);
    }
    return from;
}

static void assert_end(void)
{
    assert_int_equal(next(), STATUS_AGAIN);
}

static void assert_break(const char *why)
{
    assert_int_equal(next(), STATUS_OK);
    assert_true(got.is_break);
    if (strstr(got.why, why) == NULL)
        fail_msg("\"%s\" says nothing of \"%s\"", got.why, why);
    follow_take(follow);
}

static void current_path(char out[2 * WORLD_PATH])
{
    snprintf(out, (size_t)2 * WORLD_PATH, "%s/%s", gateway->path, FILES_CURRENT);
}

/* The current file as bytes; the caller frees it. */
static char *current_read(size_t *length)
{
    struct stat file;
    int fd = openat(gateway->folder, FILES_CURRENT, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &file), 0);
    char *bytes = malloc((size_t)file.st_size + 1);
    assert_int_equal(read(fd, bytes, (size_t)file.st_size), file.st_size);
    bytes[file.st_size] = 0;
    close(fd);
    *length = (size_t)file.st_size;
    return bytes;
}

static void current_write(const char *bytes, size_t length)
{
    char path[2 * WORLD_PATH];
    current_path(path);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
}

static char *line_at(char *bytes, unsigned n)
{
    while (n-- > 0)
        bytes = strchr(bytes, '\n') + 1;
    return bytes;
}

/* Removes line `n` (from 0) of the current file. */
static void current_without(unsigned n)
{
    size_t length;
    char *bytes = current_read(&length), *from = line_at(bytes, n), *to = line_at(bytes, n + 1);
    memmove(from, to, length - (size_t)(to - bytes));
    current_write(bytes, length - (size_t)(to - from));
    free(bytes);
}

static void current_edit(unsigned n)
{
    size_t length;
    char *bytes = current_read(&length), *at = strstr(line_at(bytes, n), "\"ip\":\"10.20.");
    at[6] = '9';
    current_write(bytes, length);
    free(bytes);
}

static void over_rotations(void **state)
{
    begin(NULL);
    assert_end();
    gateway_write(world, 0, 3);
    take(1, 3);
    assert_end();
    gateway_write(world, 0, 2);
    gateway_rotate(gateway);
    gateway_write(world, 0, 2);
    take(4, 7);
    gateway_rotate(gateway);
    assert_end();
    gateway_write(world, 0, 1);
    take(8, 8);
    assert_end();
}

static void from_any_place(void **state)
{
    struct follow_from from[41];
    for (unsigned file = 0; file < 4; file++) {
        gateway_write(world, 0, 10);
        if (file < 3)
            gateway_rotate(gateway);
    }
    begin(NULL);
    for (uint64_t i = 1; i <= 40; i++)
        from[i] = take(i, i);
    for (uint64_t i = 1; i <= 40; i++) {
        begin(&from[i]);
        if (i < 40)
            take(i + 1, 40);
        assert_end();
    }
}

/* Files larger than what is read from one end to the other. */
static void from_any_place_of_large_files(void **state)
{
    struct follow_from from = {.last_at = 0};
    gateway_write(world, 0, 2000);
    gateway_rotate(gateway);
    gateway_write(world, 0, 2000);
    begin(NULL);
    for (uint64_t at = 0; at + 97 < 4000; at += 97) {
        begin(at == 0 ? NULL : &from);
        from = take(at + 1, at + 97);
    }
}

static void half_a_line_waits(void **state)
{
    size_t length;
    gateway_write(world, 0, 2);
    char *bytes = current_read(&length);
    current_write(bytes, length - 10);
    begin(NULL);
    take(1, 1);
    assert_end();
    current_write(bytes, length);
    take(2, 2);
    free(bytes);
}

/* As record does at its start after a crash. */
static void half_a_line_is_taken_back(void **state)
{
    size_t length;
    gateway_write(world, 0, 2);
    char *bytes = current_read(&length);
    size_t first = (size_t)(line_at(bytes, 1) - bytes);
    current_write(bytes, first + 100);
    begin(NULL);
    take(1, 1);
    assert_end();
    current_write(bytes, first);
    assert_end();
    current_write(bytes, length);
    take(2, 2);
    free(bytes);
}

static void a_copy_that_is_replaced(void **state)
{
    char path[2 * WORLD_PATH], other[2 * WORLD_PATH + 8];
    size_t length;
    gateway_write(world, 0, 5);
    begin(NULL);
    take(1, 5);
    gateway_write(world, 0, 5);
    char *bytes = current_read(&length);
    current_path(path);
    snprintf(other, sizeof other, "%s.new", path);
    int fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes, length), (ssize_t)length);
    close(fd);
    assert_int_equal(rename(other, path), 0);
    free(bytes);
    take(6, 10);
    assert_end();
}

static void files_that_the_quota_removed(void **state)
{
    char name[FILE_NAME_SIZE];
    gateway_write(world, 0, 5);
    begin(NULL);
    struct follow_from from = take(1, 3);
    for (unsigned i = 0; i < 2; i++) {
        files_name(gateway->file_at, gateway->file_first, name);
        gateway_rotate(gateway);
        assert_int_equal(unlinkat(gateway->folder, name, 0), 0);
        gateway_write(world, 0, 5);
    }
    take(4, 5); /* it is still open */
    assert_int_equal(next(), STATUS_OK);
    assert_false(got.is_break);
    assert_int_equal(got.missing, 5);
    assert_non_null(strstr(got.why, "6 to 10"));
    take(11, 15);
    assert_end();
    begin(&from);
    assert_int_equal(next(), STATUS_OK);
    assert_int_equal(got.missing, 7);
    take(11, 15);
    begin(NULL);
    assert_int_equal(next(), STATUS_OK);
    assert_int_equal(got.missing, 10);
    take(11, 15);
}

static void an_edited_line(void **state)
{
    gateway_write(world, 0, 5);
    current_edit(2);
    begin(NULL);
    struct follow_from from = take(1, 3);
    assert_break("line 3 was changed");
    take(4, 5);
    assert_end();
    from.is_broken = true; /* it was said, and a new source was begun */
    begin(&from);
    take(4, 5);
}

static void a_missing_line(void **state)
{
    gateway_write(world, 0, 5);
    current_without(2);
    begin(NULL);
    take(1, 2);
    assert_break("lines 3 to 3 are missing");
    assert_int_equal(got.missing, 1);
    take(4, 5);
}

static void a_missing_file(void **state)
{
    char name[FILE_NAME_SIZE];
    gateway_write(world, 0, 2);
    gateway_rotate(gateway);
    gateway_write(world, 0, 2);
    files_name(gateway->file_at, gateway->file_first, name);
    gateway_rotate(gateway);
    gateway_write(world, 0, 2);
    assert_int_equal(unlinkat(gateway->folder, name, 0), 0);
    begin(NULL);
    take(1, 2);
    assert_break("lines 3 to 4 are missing");
    take(5, 6);
}

static void what_is_no_line(void **state)
{
    gateway_write(world, 0, 2);
    gateway_flush(gateway, "nothing\n{}\n", 11);
    gateway_write(world, 0, 2);
    begin(NULL);
    take(1, 2);
    assert_break("no event line");
    take(3, 4);
    assert_int_equal(follow_skipped(follow), 2);
}

static void a_torn_end_of_a_full_file(void **state)
{
    gateway_write(world, 0, 2);
    gateway_flush(gateway, "{\"@timest", 9);
    gateway_rotate(gateway);
    gateway_write(world, 0, 2);
    begin(NULL);
    take(1, 2);
    assert_break("in the middle of a line");
    take(3, 4);
}

static void another_chain(void **state)
{
    gateway_write(world, 0, 5);
    begin(NULL);
    struct follow_from from = take(1, 5);
    assert_int_equal(unlinkat(gateway->folder, FILES_CURRENT, 0), 0);
    close(gateway->file);
    gateway->file = -1;
    gateway->chain = (struct chain){0};
    gateway_write(world, 0, 2);
    assert_break("another chain stands");
    take(1, 2);
    gateway_write(world, 0, 8); /* it is longer than the former one now */
    begin(&from);
    assert_break("another chain stands");
    take(1, 10);
    from.is_broken = true;
    begin(&from);
    take(1, 10);
}

static void the_last_line_read_changes(void **state)
{
    gateway_write(world, 0, 5);
    begin(NULL);
    struct follow_from from = take(1, 3);
    current_edit(2);
    begin(&from);
    assert_break("line 3 was changed after it was read");
    take(4, 5);
}

static void the_end_is_cut(void **state)
{
    size_t length;
    gateway_write(world, 0, 5);
    char *bytes = current_read(&length);
    begin(NULL);
    struct follow_from from = take(1, 5);
    current_write(bytes, (size_t)(line_at(bytes, 3) - bytes));
    assert_break("line 5 was read and is gone");
    assert_end();
    begin(&from);
    assert_break("line 5 was read and is gone");
    free(bytes);
    gateway_write(world, 0, 2);
    take(6, 7);
}

static void a_doubt_takes_time(void **state)
{
    clock_us now = clock_wall();
    gateway_write(world, 0, 5);
    current_without(2);
    begin(NULL);
    take(1, 2);
    assert_int_equal(follow_next(follow, now, &got), STATUS_AGAIN);
    assert_int_equal(follow_next(follow, now + 1000000, &got), STATUS_AGAIN);
    assert_int_equal(follow_next(follow, now + 4000000, &got), STATUS_OK);
    assert_true(got.is_break);
    assert_int_equal(follow_next(follow, now + 4000000, &got), STATUS_OK); /* not taken yet */
    assert_true(got.is_break);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(over_rotations, make, drop),
        cmocka_unit_test_setup_teardown(from_any_place, make, drop),
        cmocka_unit_test_setup_teardown(from_any_place_of_large_files, make, drop),
        cmocka_unit_test_setup_teardown(half_a_line_waits, make, drop),
        cmocka_unit_test_setup_teardown(half_a_line_is_taken_back, make, drop),
        cmocka_unit_test_setup_teardown(a_copy_that_is_replaced, make, drop),
        cmocka_unit_test_setup_teardown(files_that_the_quota_removed, make, drop),
        cmocka_unit_test_setup_teardown(an_edited_line, make, drop),
        cmocka_unit_test_setup_teardown(a_missing_line, make, drop),
        cmocka_unit_test_setup_teardown(a_missing_file, make, drop),
        cmocka_unit_test_setup_teardown(what_is_no_line, make, drop),
        cmocka_unit_test_setup_teardown(a_torn_end_of_a_full_file, make, drop),
        cmocka_unit_test_setup_teardown(another_chain, make, drop),
        cmocka_unit_test_setup_teardown(the_last_line_read_changes, make, drop),
        cmocka_unit_test_setup_teardown(the_end_is_cut, make, drop),
        cmocka_unit_test_setup_teardown(a_doubt_takes_time, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
