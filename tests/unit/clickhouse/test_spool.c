/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_spool - what was committed is there once, whenever the writer is killed.
 */
#include "clickhouse/spool.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAY = 20781, ROW_SIZE = 24, PATH_SIZE = 128 };

static char folder[64];

static int make_folder(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/test_spool_XXXXXX");
    return mkdtemp(folder) == NULL;
}

static void spool_path(char out[PATH_SIZE], const char *name)
{
    snprintf(out, PATH_SIZE, "%s/spool/%s", folder, name);
}

static int remove_folder(void **state)
{
    char path[PATH_SIZE + 256];
    snprintf(path, sizeof path, "%s/spool", folder);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof path, "%s/spool/%s", folder, entry->d_name);
        unlink(path);
    }
    if (dir != NULL)
        closedir(dir);
    snprintf(path, sizeof path, "%s/spool", folder);
    rmdir(path);
    return rmdir(folder);
}

static struct spool *open_spool(uint64_t most)
{
    char why[SPOOL_WHY_SIZE] = "";
    struct spool *spool = NULL;
    if (spool_open(folder, most, why, &spool) != STATUS_OK)
        fail_msg("%s", why);
    return spool;
}

/* A row says where it is from. */
static enum status put(struct spool *spool, uint32_t source, uint64_t sequence, uint16_t day)
{
    char row[ROW_SIZE + 9];
    snprintf(row, sizeof row, "%08x %015llx", source, (unsigned long long)sequence);
    return spool_put(spool, source, sequence, day, span_of(row, ROW_SIZE));
}

static void put_all(struct spool *spool, uint32_t source, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i <= last; i++)
        assert_int_equal(put(spool, source, i, DAY), STATUS_OK);
}

/* Every row of the oldest batch: its number in front, in order; gives how many. */
static uint32_t take(struct spool *spool, struct spool_batch *batch)
{
    char why[SPOOL_WHY_SIZE];
    struct span rows;
    uint32_t count = 0;

    assert_int_equal(spool_oldest(spool, batch, why), STATUS_OK);
    for (uint32_t i = 0; i < batch->part_count; i++) {
        assert_int_equal(spool_part(spool, batch, i, &rows), STATUS_OK);
        assert_int_equal(rows.length, batch->parts[i].rows * (8 + ROW_SIZE));
        for (uint32_t j = 0; j < batch->parts[i].rows; j++) {
            const uint8_t *row = rows.at + j * (8 + ROW_SIZE);
            for (unsigned byte = 0; byte < 8; byte++)
                assert_int_equal(row[byte], batch->number >> (8 * byte) & 0xff);
        }
        count += batch->parts[i].rows;
    }
    return count;
}

static void what_was_put_is_given_out_in_order(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;
    char why[SPOOL_WHY_SIZE];

    put_all(spool, 7, 1, 10);
    assert_int_equal(put(spool, 8, 5, DAY + 1), STATUS_OK);
    assert_int_equal(spool_oldest(spool, &batch, why), STATUS_NOT_FOUND); /* not committed yet */
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(spool_waiting(spool), 1);
    assert_int_equal(take(spool, &batch), 11);
    assert_int_equal(batch.number, 1);
    assert_int_equal(batch.part_count, 2);
    assert_int_equal(batch.parts[0].date, DAY);
    assert_int_equal(batch.parts[1].rows, 1);
    put_all(spool, 7, 11, 12); /* the first was given out: these stand in another */
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, &batch), 11);
    assert_int_equal(spool_sent(spool, 2), STATUS_NOT_FOUND);
    assert_int_equal(spool_sent(spool, 1), STATUS_OK);
    assert_int_equal(take(spool, &batch), 2);
    assert_int_equal(batch.number, 2);
    assert_int_equal(spool_sent(spool, 2), STATUS_OK);
    assert_int_equal(spool_waiting(spool), 0);
    spool_close(spool);
}

static void rows_that_were_committed_are_left_out(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;

    put_all(spool, 1, 1, 100);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    put_all(spool, 1, 101, 150); /* and is killed before it commits them */
    assert_true(spool_has(spool, 1, 150));
    spool_close(spool);

    spool = open_spool(1 << 30);
    assert_true(spool_has(spool, 1, 100) && !spool_has(spool, 1, 101) && !spool_has(spool, 2, 1));
    put_all(spool, 1, 60, 200); /* history begins again before that place, in other batches */
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, &batch), 100);
    assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    assert_int_equal(take(spool, &batch), 100);
    assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    spool_close(spool);

    spool = open_spool(1 << 30); /* no batch is there any more: the state tells */
    put_all(spool, 1, 1, 201);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, &batch), 1);
    assert_int_equal(batch.number, 3);
    spool_close(spool);
}

static void small_batches_that_wait_become_one(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;

    for (uint64_t i = 1; i <= 50; i++) {
        put_all(spool, 1, i, i);
        assert_int_equal(spool_commit(spool), STATUS_OK);
    }
    assert_int_equal(spool_waiting(spool), 1);
    put_all(spool, 1, 51, 52); /* put, and not committed when the batch is given out */
    assert_int_equal(take(spool, &batch), 50);
    put_all(spool, 1, 53, 53);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, &batch), 50);
    assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    assert_int_equal(take(spool, &batch), 3);
    spool_close(spool);
}

/* What a writer before us may have sent does not change. */
static void a_batch_of_before_is_not_added_to(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;

    put_all(spool, 1, 1, 5);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    spool_close(spool);
    spool = open_spool(1 << 30);
    put_all(spool, 1, 6, 8);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(take(spool, &batch), 5);
    spool_close(spool);
}

static void a_full_spool_keeps_what_was_put(void **state)
{
    struct spool *spool = open_spool(SPOOL_SMALL_BYTES * 3);
    struct spool_batch batch;
    uint64_t next = 1, committed = 0, taken = 0;
    enum status status = STATUS_OK;

    while (status == STATUS_OK) {
        for (unsigned i = 0; i < 10000; i++)
            assert_int_equal(put(spool, 1, next++, DAY), STATUS_OK);
        status = spool_commit(spool);
        committed = status == STATUS_OK ? next - 1 : committed;
    }
    assert_int_equal(status, STATUS_AGAIN);
    assert_true(committed > SPOOL_SMALL_BYTES / 32 * 2 &&
                committed < SPOOL_SMALL_BYTES / 32 * 3 + 10000);
    while (spool_waiting(spool) > 1) {
        taken += take(spool, &batch);
        assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    }
    assert_int_equal(spool_commit(spool), STATUS_OK);
    while (spool_waiting(spool) > 0) {
        taken += take(spool, &batch);
        assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    }
    assert_int_equal(taken, next - 1);
    spool_close(spool);
}

static void a_batch_has_limits(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    uint64_t next = 1;

    for (uint16_t day = 0; day < SPOOL_PARTS_MOST; day++)
        assert_int_equal(put(spool, 1, next++, day), STATUS_OK);
    assert_int_equal(put(spool, 1, next, 9999), STATUS_AGAIN);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    struct spool_batch batch;
    take(spool, &batch);
    for (unsigned i = 0; i < SPOOL_BATCH_ROWS; i++)
        assert_int_equal(put(spool, 1, next++, DAY), STATUS_OK);
    assert_int_equal(put(spool, 1, next, DAY), STATUS_AGAIN);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    assert_int_equal(put(spool, 1, next, DAY), STATUS_OK);
    assert_int_equal(put(spool, 1, UINT64_MAX, DAY), STATUS_TOO_LONG);
    spool_close(spool);
}

static void spoil(const char *name, off_t at)
{
    char path[PATH_SIZE];
    uint8_t byte;
    spool_path(path, name);
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void what_a_disk_broke_is_set_aside(void **state)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;
    struct span rows;
    char why[SPOOL_WHY_SIZE] = "", path[PATH_SIZE];

    for (uint64_t i = 1; i <= 3; i++) {
        put_all(spool, 1, i * 10, i * 10 + 5);
        assert_int_equal(spool_commit(spool), STATUS_OK);
        take(spool, &batch); /* so that the next one stands alone */
        spool_close(spool);
        spool = open_spool(1 << 30);
    }
    spoil("00000000000000000001.batch", 20);
    assert_int_equal(spool_oldest(spool, &batch, why), STATUS_CORRUPT);
    assert_non_null(strstr(why, "00000000000000000001.batch.broken"));
    spool_path(path, "00000000000000000001.batch.broken");
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(spool_oldest(spool, &batch, why), STATUS_OK);
    spoil("00000000000000000002.batch", (off_t)batch.bytes - 1);
    assert_int_equal(spool_oldest(spool, &batch, why), STATUS_OK);
    assert_int_equal(spool_part(spool, &batch, 0, &rows), STATUS_CORRUPT);
    spool_set_aside(spool, batch.number, why);
    assert_int_equal(take(spool, &batch), 6);
    assert_int_equal(batch.number, 3);
    spool_close(spool);
    spoil("state", 10);
    assert_int_equal(spool_open(folder, 1 << 30, why, &spool), STATUS_CORRUPT);
    assert_non_null(strstr(why, "delete that history folder"));
}

static void one_writes_and_others_look(void **state)
{
    struct spool_sight sight;
    struct spool *other = NULL;
    struct stat about;
    char why[SPOOL_WHY_SIZE], path[PATH_SIZE];
    uint64_t history = 0;

    assert_int_equal(spool_look(folder, &sight), STATUS_AGAIN);
    assert_int_equal(spool_whose(folder, &history), STATUS_AGAIN);
    struct spool *spool = open_spool(1 << 30);
    assert_int_equal(spool_open(folder, 1 << 30, why, &other), STATUS_EXISTS);
    put_all(spool, 1, 1, 5);
    assert_int_equal(spool_commit(spool), STATUS_OK);
    spool_say(spool, "the server is down");
    assert_int_equal(spool_look(folder, &sight), STATUS_OK);
    assert_int_equal(sight.waiting, 1);
    assert_string_equal(sight.why, "the server is down");
    assert_int_equal(spool_whose(folder, &history), STATUS_OK);
    assert_true(history == spool_history(spool) && history == sight.history && history != 0);
    spool_path(path, "00000000000000000001.batch");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    spool_close(spool);
    spool = open_spool(1 << 30);
    assert_true(spool_history(spool) == history);
    spool_say(spool, "");
    assert_int_equal(spool_look(folder, &sight), STATUS_OK);
    assert_string_equal(sight.why, "");
    spool_close(spool);
}

static volatile unsigned *commits; /* shared with who is killed */

/* Puts from wherever it stands, commits, sends, until it is killed. What it sent it says. */
static void live(int said, unsigned seed)
{
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;
    struct span rows;
    char why[SPOOL_WHY_SIZE];
    uint64_t next = 1;

    for (;;) {
        unsigned count = 1 + (unsigned)rand_r(&seed) % 40;
        for (unsigned i = 0; i < count; i++, next++)
            if (put(spool, 1, next, (uint16_t)(DAY + next % 3)) != STATUS_OK)
                _exit(2);
        if (spool_commit(spool) != STATUS_OK)
            _exit(3);
        (*commits)++;
        if (rand_r(&seed) % 3 != 0 || spool_oldest(spool, &batch, why) != STATUS_OK)
            continue;
        for (uint32_t i = 0; i < batch.part_count; i++) {
            if (spool_part(spool, &batch, i, &rows) != STATUS_OK)
                _exit(4);
            for (uint32_t j = 0; j < batch.parts[i].rows; j++) {
                char line[64];
                int length =
                    snprintf(line, sizeof line, "%llu %.*s\n", (unsigned long long)batch.number,
                             ROW_SIZE, (const char *)rows.at + j * (8 + ROW_SIZE) + 8);
                if (write(said, line, (size_t)length) != length)
                    _exit(5);
            }
        }
        if (spool_sent(spool, batch.number) != STATUS_OK)
            _exit(6);
    }
}

/* The database of this test: rows by batch; a batch that comes again must be the same. */
static uint64_t check_sent(FILE *file, uint8_t *times, uint64_t most)
{
    static uint64_t batch_of[1 << 20];
    unsigned long long number, sequence;
    unsigned source;
    uint64_t last = 0;

    rewind(file);
    memset(batch_of, 0, sizeof batch_of);
    while (fscanf(file, "%llu %x %llx\n", &number, &source, &sequence) == 3) {
        assert_true(sequence < most && sequence < COUNT_OF(batch_of));
        assert_true(batch_of[sequence] == 0 || batch_of[sequence] == number);
        batch_of[sequence] = number;
        times[sequence] = 1;
        last = sequence > last ? sequence : last;
    }
    return last;
}

static void killed_at_any_moment_nothing_is_lost_or_doubled(void **state)
{
    char path[PATH_SIZE];
    static uint8_t times[1 << 20];
    snprintf(path, sizeof path, "%s.sent", folder);
    commits =
        mmap(NULL, sizeof *commits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(commits != MAP_FAILED);
    int said = open(path, O_RDWR | O_CREAT | O_APPEND | O_EXCL, 0600);
    assert_true(said >= 0);

    for (unsigned round = 0; round < 40; round++) {
        pid_t child = fork();
        if (child == 0) {
            live(said, round);
            _exit(0);
        }
        const unsigned before = *commits;
        while (*commits < before + 3 + round % 5)
            usleep(200);
        usleep(round * 997 % 9000);
        kill(child, SIGKILL);
        int ended = 0;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_true(WIFSIGNALED(ended));
    }
    /* What still waits is sent now; then every row up to the last is there, in one batch each. */
    struct spool *spool = open_spool(1 << 30);
    struct spool_batch batch;
    FILE *file = fdopen(said, "r+");
    while (spool_waiting(spool) > 0) {
        struct span rows;
        take(spool, &batch);
        for (uint32_t i = 0; i < batch.part_count; i++) {
            assert_int_equal(spool_part(spool, &batch, i, &rows), STATUS_OK);
            for (uint32_t j = 0; j < batch.parts[i].rows; j++)
                fprintf(file, "%llu %.*s\n", (unsigned long long)batch.number, ROW_SIZE,
                        (const char *)rows.at + j * (8 + ROW_SIZE) + 8);
        }
        assert_int_equal(spool_sent(spool, batch.number), STATUS_OK);
    }
    fflush(file);
    uint64_t last = check_sent(file, times, sizeof times);
    assert_true(last > 100);
    for (uint64_t i = 1; i <= last; i++)
        assert_int_equal(times[i], 1);
    assert_true(spool_has(spool, 1, last) && !spool_has(spool, 1, last + 1));
    spool_close(spool);
    fclose(file);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
        IN_FOLDER(what_was_put_is_given_out_in_order),
        IN_FOLDER(rows_that_were_committed_are_left_out),
        IN_FOLDER(small_batches_that_wait_become_one),
        IN_FOLDER(a_batch_of_before_is_not_added_to),
        IN_FOLDER(a_full_spool_keeps_what_was_put),
        IN_FOLDER(a_batch_has_limits),
        IN_FOLDER(what_a_disk_broke_is_set_aside),
        IN_FOLDER(one_writes_and_others_look),
        IN_FOLDER(killed_at_any_moment_nothing_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
