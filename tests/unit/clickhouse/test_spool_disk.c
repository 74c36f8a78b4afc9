/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_spool_disk - a disk that is full: what was committed stays, what was put goes in later.
 */
#include "clickhouse/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

enum { DAY = 20781, ROW_SIZE = 100, EACH = 500 };

static char folder[64];

/* A small disk that only this process sees. */
static int make_disk(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/test_spool_disk_XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    *state = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                     mount("none", folder, "tmpfs", 0, "size=2m") == 0
                 ? folder
                 : NULL;
    return 0;
}

static int remove_disk(void **state)
{
    if (*state != NULL)
        umount2(folder, MNT_DETACH);
    return rmdir(folder);
}

static struct spool *open_spool(void)
{
    char why[SPOOL_WHY_SIZE] = "";
    struct spool *spool = NULL;
    if (spool_open(folder, 1 << 30, why, &spool) != STATUS_OK)
        fail_msg("%s", why);
    return spool;
}

static void put(struct spool *spool, uint64_t first, uint64_t count)
{
    char row[ROW_SIZE + 1];
    for (uint64_t i = first; i < first + count; i++) {
        snprintf(row, sizeof row, "%0*llu", ROW_SIZE, (unsigned long long)i);
        assert_int_equal(spool_put(spool, 1, i, DAY, span_of(row, ROW_SIZE)), STATUS_OK);
    }
}

/* The rows of the oldest batch, which begin with `next`; gives what comes behind. */
static uint64_t take(struct spool *spool, uint64_t next, struct spool_batch *batch)
{
    char why[SPOOL_WHY_SIZE];
    struct span rows;

    assert_int_equal(spool_oldest(spool, batch, why), STATUS_OK);
    assert_int_equal(spool_part(spool, batch, 0, &rows), STATUS_OK);
    for (size_t at = 0; at < rows.length; at += 8 + ROW_SIZE, next++) {
        char number[ROW_SIZE + 1] = "";
        memcpy(number, rows.at + at + 8, ROW_SIZE);
        assert_int_equal(strtoull(number, NULL, 10), next);
    }
    return next;
}

static unsigned files_that_end(const char *end)
{
    char path[96];
    const struct dirent *entry;
    unsigned count = 0;

    snprintf(path, sizeof path, "%s/spool", folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        const size_t length = strlen(entry->d_name);
        count += length >= strlen(end) && strcmp(entry->d_name + length - strlen(end), end) == 0;
    }
    closedir(dir);
    return count;
}

/* Takes all that is left of the disk, to the last byte. */
static void fill_disk(void)
{
    char path[96];
    uint8_t bytes[4096] = {1};

    snprintf(path, sizeof path, "%s/ballast", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    while (write(fd, bytes, sizeof bytes) > 0)
        continue;
    close(fd);
}

static void empty_disk(void)
{
    char path[96];
    snprintf(path, sizeof path, "%s/ballast", folder);
    assert_int_equal(unlink(path), 0);
}

static void a_full_disk_loses_nothing(void **state)
{
    struct spool_batch batch;
    uint64_t put_to = 1, taken = 1;

    if (*state == NULL)
        skip();
    struct spool *spool = open_spool();
    enum status status = STATUS_OK;
    while (status == STATUS_OK) { /* until the spool itself has filled it */
        put(spool, put_to, EACH);
        put_to += EACH;
        status = spool_commit(spool);
        if (status == STATUS_OK && put_to == 1 + EACH) /* the others stand in another batch */
            assert_int_equal(take(spool, 1, &batch), 1 + EACH);
    }
    assert_int_equal(status, STATUS_TOO_LONG);
    assert_true(put_to > 1 + 4 * EACH);
    assert_int_equal(files_that_end(".new"), 0); /* half a batch takes no room */
    while ((status = spool_commit(spool)) == STATUS_TOO_LONG) {
        taken = take(spool, taken, &batch); /* what is sent makes room */
        assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(taken > 1 && taken < put_to);
    spool_close(spool);
    spool = open_spool(); /* and those who are killed find the same */
    while (spool_waiting(spool) > 0) {
        taken = take(spool, taken, &batch);
        assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    }
    assert_int_equal(taken, put_to);
    spool_close(spool);
}

/* Then not even the state can be written: a batch that was sent stays, and is known as such once
 * there is room. */
static void what_was_sent_stays_until_it_can_be_noted(void **state)
{
    struct spool_batch batch;

    if (*state == NULL)
        skip();
    struct spool *spool = open_spool();
    put(spool, 1, EACH);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, 1, &batch), 1 + EACH);
    fill_disk();
    assert_int_equal(spool_sent(spool, batch.number), STATUS_TOO_LONG);
    assert_int_equal(spool_waiting(spool), 1);
    assert_int_equal(take(spool, 1, &batch), 1 + EACH);
    spool_say(spool, "its disk is full"); /* cannot be written, and is no harm */
    empty_disk();
    assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    assert_int_equal(spool_waiting(spool), 0);
    spool_close(spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, make_disk, remove_disk),
        cmocka_unit_test_setup_teardown(what_was_sent_stays_until_it_can_be_noted, make_disk,
                                        remove_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
