/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_days - what stays after a kill, a full disk, a broken file.
 */
#include "base/log.h"
#include "rows.h"
#include "sqlite/day.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

static struct config_store options;

/* What a folder holds now, all of it in order: how many rows, and whether they are these. */
struct holds {
    const struct made_row *rows;
    size_t count, at;
};

static bool on_held(void *owner, const struct row *row)
{
    struct holds *holds = owner;
    assert_true(holds->at < holds->count);
    assert_true(row_is_same(&holds->rows[holds->at++].row, row, true));
    return true;
}

static void assert_holds(const struct made_row *rows, size_t count)
{
    const struct store_filter none = {0};
    const struct store_page page = {.oldest_first = true, .most = 10000, .with_raw = true};
    struct store_paged paged;
    struct holds holds = {rows, count, 0};
    struct store *store = store_opened(&options, false);
    assert_int_equal(store_page(store, &none, &page, on_held, &holds, &paged), STATUS_OK);
    assert_int_equal(holds.at, count);
    assert_true(paged.complete);
    store_close(store);
}

static bool on_any(void *owner, const struct row *row)
{
    ++*(uint64_t *)owner;
    return true;
}

static int new_folder(void **state)
{
    folder_make(&options);
    return 0;
}

static int old_folder(void **state)
{
    folder_remove(&options);
    return 0;
}

static void what_was_put_is_put_once(void **state)
{
    struct made_row *rows = rows_make(3000, 2 * TEST_DAY);
    struct store *store = store_opened(&options, true);
    for (int times = 0; times < 3; times++) {
        assert_int_equal(rows_put(store, rows, 2500), STATUS_OK);
        assert_int_equal(store_commit(store), STATUS_OK);
    }
    store_close(store);
    store = store_opened(&options, true);
    assert_int_equal(rows_put(store, rows, 3000), STATUS_OK);
    assert_int_equal(rows_put(store, rows, 3000), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    assert_holds(rows, 3000);
    free(rows);
}

static bool on_total(void *owner, const struct store_count *count)
{
    *(uint64_t *)owner += count->rows;
    return true;
}

static uint64_t total(void)
{
    const struct store_filter none = {0};
    struct store *store = store_opened(&options, false);
    uint64_t rows = 0;
    assert_int_equal(store_counts(store, &none, WORD_APP, STORE_HOUR_US, on_total, &rows),
                     STATUS_OK);
    store_close(store);
    return rows;
}

static void what_was_not_committed_is_put_again(void **state)
{
    struct made_row *rows = rows_make(4000, 3 * TEST_DAY);
    size_t kept = 0;

    for (uint64_t random = 1; kept < 4000;) { /* killed in the midst of each batch */
        struct store *store = store_opened(&options, true);
        const size_t more = random_next(&random) % 700 + 1;
        const size_t end = kept + more < 4000 ? kept + more : 4000;
        assert_int_equal(rows_put(store, rows, end), STATUS_OK);
        if (random_next(&random) % 2 == 0) {
            assert_int_equal(store_commit(store), STATUS_OK);
            kept = end;
            assert_int_equal(rows_put(store, rows + end, (4000 - end) / 3), STATUS_OK);
        }
        store_close(store);
    }
    assert_holds(rows, 4000);
    assert_int_equal(total(), 4000);
    free(rows);
}

static void break_day(uint32_t day)
{
    char path[DAY_PATH_SIZE];
    FILE *file = fopen(day_path(options.folder, day, path), "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        fprintf(file, "no database %d", i);
    fclose(file);
}

static void a_broken_day_is_left_alone(void **state)
{
    struct made_row *rows = rows_make(3000, 3 * TEST_DAY);
    const struct store_filter none = {0};
    const struct store_page page = {.most = 10000};
    struct store_paged paged;
    struct store_facts facts;
    uint64_t bytes, after, inode;
    char path[DAY_PATH_SIZE];

    struct store *store = store_opened(&options, true);
    assert_int_equal(rows_put(store, rows, 2900), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    const uint32_t day = day_of(TEST_BEGIN) + 1;
    break_day(day);
    assert_true(day_file_facts(options.folder, day, &bytes, &inode));

    store = store_opened(&options, false);
    struct holds holds = {rows, 1000, 0};
    const struct store_filter first = {.until = TEST_BEGIN + 2 * TEST_DAY};
    const struct store_page oldest = {.oldest_first = true, .most = 10000, .with_raw = true};
    assert_int_equal(store_page(store, &first, &oldest, on_held, &holds, &paged), STATUS_OK);
    assert_int_equal(holds.at, 1000);
    assert_int_equal(store_facts(store, &facts), STATUS_OK);
    assert_non_null(strstr(facts.why, "day-20261125.sqlite"));
    assert_int_equal(facts.rows, 1900);
    store_close(store);

    store = store_opened(&options, true);
    assert_int_equal(store_put(store, &rows[1500].row), STATUS_CORRUPT);
    assert_int_equal(store_put(store, &rows[2950].row), STATUS_OK); /* others go on */
    assert_int_equal(store_commit(store), STATUS_OK);
    store_close(store);
    assert_true(day_file_facts(options.folder, day, &after, &inode));
    assert_int_equal(bytes, after);
    assert_int_equal(unlink(day_path(options.folder, day, path)), 0);
    store = store_opened(&options, false);
    uint64_t total_rows = 0;
    assert_int_equal(store_page(store, &none, &page, on_any, &total_rows, &paged), STATUS_OK);
    assert_int_equal(total_rows, 1901);
    store_close(store);
    free(rows);
}

/* More names below one, and clients in a prefix, than are listed before a search. */
static void very_many_names_are_found(void **state)
{
    enum { COUNT = 25000 };
    const struct store_filter names = {.name = "Many.example"};
    struct store_filter clients = {.has_client = true, .client = {.bits = 96}};
    const struct store_page page = {.most = 2 * COUNT};
    struct store_paged paged;
    struct made_row *rows = rows_make(COUNT, TEST_DAY);
    struct store *store = store_opened(&options, true);
    uint64_t seen = 0;

    clients.client.base = (struct address){{[10] = 0xff, [11] = 0xff}};
    for (uint32_t i = 0; i < COUNT; i++) {
        char name[40];
        snprintf(name, sizeof name, "n%u.%s.example", i, i % 5 == 0 ? "few" : "many");
        rows[i].row.name = span_text(name);
        rows[i].row.has_client = true;
        rows[i].row.client = clients.client.base;
        rows[i].row.client.bytes[10] = i % 7 == 0 ? 0 : 0xff;
        rows[i].row.client.bytes[13] = (uint8_t)(i >> 16);
        rows[i].row.client.bytes[14] = (uint8_t)(i >> 8);
        rows[i].row.client.bytes[15] = (uint8_t)i;
        assert_int_equal(store_put(store, &rows[i].row), STATUS_OK);
    }
    assert_int_equal(store_commit(store), STATUS_OK);
    assert_int_equal(store_page(store, &names, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, COUNT - COUNT / 5);
    seen = 0;
    assert_int_equal(store_page(store, &clients, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, COUNT - (COUNT + 6) / 7);
    store_close(store);
    free(rows);
}

/* Days come and go under a reader, and somebody builds the folder anew. */
static void a_reader_sees_what_is_there(void **state)
{
    struct made_row *rows = rows_make(300, 3 * TEST_DAY);
    const struct store_filter none = {0};
    const struct store_page page = {.most = 1000};
    struct store_paged paged;
    uint64_t seen = 0;
    char why[STORE_WHY_SIZE];
    struct store *reader;

    assert_int_equal(store_open(&options, false, why, &reader), STATUS_AGAIN);
    struct store *store = store_opened(&options, true);
    assert_int_equal(rows_put(store, rows, 100), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    reader = store_opened(&options, false);
    assert_int_equal(store_page(reader, &none, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, 100);
    assert_int_equal(rows_put(store, rows, 300), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    seen = 0;
    assert_int_equal(store_page(reader, &none, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, 300);
    assert_int_equal(store_put(reader, &rows[0].row), STATUS_REFUSED);
    store_close(store);

    folder_remove(&options);
    seen = 0;
    assert_int_equal(store_page(reader, &none, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, 0);
    store = store_opened(&options, true);
    assert_int_equal(rows_put(store, rows, 150), STATUS_OK);
    assert_int_equal(store_commit(store), STATUS_OK);
    assert_int_equal(store_page(reader, &none, &page, on_any, &seen, &paged), STATUS_OK);
    assert_int_equal(seen, 150);
    store_close(store);
    store_close(reader);
    free(rows);
}

/* Every commit on a disk that fills up: nothing is half kept, and all is kept once there is room.
 */
static void a_full_disk_loses_nothing(void **state)
{
    enum { COUNT = 60000, BATCH = 700 };
    char path[CONFIG_PATH_SIZE + 16];
    size_t kept = 0;
    unsigned full = 0;

    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", options.folder, "tmpfs", 0, "size=6m") != 0)
        skip();
    struct made_row *rows = rows_make(COUNT, 2 * TEST_DAY);
    snprintf(path, sizeof path, "%s/ballast", options.folder);
    FILE *ballast = fopen(path, "w");
    assert_non_null(ballast);
    for (int i = 0; i < 5 << 20; i++)
        fputc(i, ballast);
    fclose(ballast);
    struct store *store = store_opened(&options, true);
    while (kept < COUNT && full < 50) {
        const size_t end = kept + BATCH < COUNT ? kept + BATCH : COUNT;
        enum status status = STATUS_OK;
        for (size_t i = kept; i < end && status == STATUS_OK; i++)
            status = store_put(store, &rows[i].row);
        const enum status put = status;
        status = store_commit(store);
        if (put == STATUS_OK && status == STATUS_OK) {
            kept = end;
            continue;
        }
        assert_true(put == STATUS_OK || put == STATUS_AGAIN);
        assert_int_equal(status, STATUS_AGAIN);
        if (++full == 5) { /* now somebody makes room */
            unlink(path);
            assert_int_equal(mount("none", options.folder, NULL, MS_REMOUNT, "size=64m"), 0);
        }
    }
    store_close(store);
    assert_int_equal(full, 5);
    assert_int_equal(kept, COUNT);
    assert_int_equal(total(), COUNT);
    free(rows);
    umount2(options.folder, MNT_DETACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_put_is_put_once, new_folder, old_folder),
        cmocka_unit_test_setup_teardown(what_was_not_committed_is_put_again, new_folder,
                                        old_folder),
        cmocka_unit_test_setup_teardown(a_broken_day_is_left_alone, new_folder, old_folder),
        cmocka_unit_test_setup_teardown(a_reader_sees_what_is_there, new_folder, old_folder),
        cmocka_unit_test_setup_teardown(very_many_names_are_found, new_folder, old_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, new_folder, old_folder),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
