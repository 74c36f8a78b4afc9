/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history - the power fails at any moment, and what was not synced is gone: every line counts once,
 * and rows are of the devices that the summary says.
 */
#include "history/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "power.h"
#include "said.h"

#include <sys/wait.h>

enum { FAILURES = 30, BACKLOG = 500, PORTION = 150, SYNCS_MOST = 3 };

/* True: it failed; false: all was read before. */
static bool step_until_it_fails(const struct world *world, unsigned syncs, unsigned calls)
{
    int how;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) {
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how));
        if (WEXITSTATUS(how) != 0 && WEXITSTATUS(how) != POWER_FAILED)
            fail_msg("the process ended by itself: %d", how);
        return WEXITSTATUS(how) == POWER_FAILED;
    }
    struct history *history;
    char why[STORE_WHY_SIZE];
    uint64_t lines;
    unsigned idle = 0;
    power_begin(syncs, calls);
    if (history_open(world->config, NULL, why, &history) != STATUS_OK)
        _exit(1);
    clock_us start = world_now();
    while (idle < 3) {
        start += 500000;
        if (history_step(history, start, &lines) != STATUS_OK)
            _exit(1);
        idle = lines == 0 ? idle + 1 : 0;
    }
    _exit(0);
}

struct counts {
    uint64_t *rows; /* by the number of the device */
    uint64_t most;
    struct summary *summary;
};

static bool on_row(void *owner, const struct row *row)
{
    struct counts *counts = owner;
    assert_true(row->device < counts->most);
    counts->rows[row->device]++;
    return true;
}

static bool on_address(void *owner, const struct device_address *address)
{
    *(uint64_t *)owner += address->rows;
    return true;
}

static bool on_device(void *owner, const struct device_seen *seen)
{
    const struct counts *counts = owner;
    uint64_t rows = 0;
    assert_true(seen->number < counts->most);
    assert_int_equal(summary_device_addresses(counts->summary, seen->number, on_address, &rows),
                     STATUS_OK);
    if (rows != counts->rows[seen->number])
        fail_msg("%s has %" PRIu64 " rows, and %" PRIu64 " carry its number", seen->device.key,
                 rows, counts->rows[seen->number]);
    return true;
}

static void assert_rows_are_of_their_devices(const struct world *world)
{
    const struct config_store *options = &world->config->consoled.store;
    const struct store_filter all = {.from = 0};
    const struct store_page page = {.most = UINT32_MAX, .patience_ms = 600000};
    struct counts counts = {.most = 65536};
    struct store_paged paged;
    struct store *store;
    char why[STORE_WHY_SIZE];

    counts.rows = calloc(counts.most, sizeof *counts.rows);
    assert_non_null(counts.rows);
    assert_int_equal(summary_open(options->folder, false, why, &counts.summary), STATUS_OK);
    assert_int_equal(store_open(options, false, why, &store), STATUS_OK);
    assert_int_equal(store_page(store, &all, &page, on_row, &counts, &paged), STATUS_OK);
    assert_true(paged.complete);
    assert_int_equal(summary_devices(counts.summary, NULL, 0, on_device, &counts), STATUS_OK);
    store_close(store);
    summary_close(counts.summary);
    free(counts.rows);
}

/* Another order of folders is another order of lines, in which devices become known. */
static void turn_folders(struct world *world)
{
    char(*events)[CONFIG_PATH_SIZE] = world->config->consoled.events, first[CONFIG_PATH_SIZE];
    memcpy(first, events[0], sizeof first);
    memmove(events, events + 1, (world->count - 1) * sizeof *events);
    memcpy(events[world->count - 1], first, sizeof first);
}

static void every_line_counts_once(void **state)
{
    struct world *world = world_make(3);
    struct history *history;
    unsigned failed = 0;

    gateway_write(world, 0, BACKLOG);
    history = world_history(world);
    history_run(history);
    history_close(history);
    for (unsigned i = 0; i < FAILURES; i++) {
        world->clients += 40; /* with each portion come new devices */
        gateway_write(world, i % 3, PORTION);
        turn_folders(world);
        unsigned syncs = 1 + gateway_below(&world->gateway[0], SYNCS_MOST);
        unsigned calls = 1 + gateway_below(&world->gateway[0], i % 3 == 0 ? 300 : 6);
        failed += step_until_it_fails(world, syncs, calls);
    }
    print_message("# %u of %u times the power failed before all was read\n", failed, FAILURES);
    assert_true(failed > FAILURES / 8);
    history = world_history(world);
    history_run(history);
    history_close(history);
    assert_rows_are_of_their_devices(world);
    char *failing = said_without_sources(world);
    remove_tree(world->config->consoled.store.folder);
    history = world_history(world);
    history_run(history);
    history_close(history);
    char *whole = said_without_sources(world);
    assert_string_equal(failing, whole);
    free(failing);
    free(whole);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
