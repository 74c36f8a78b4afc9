/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history - killed 50 times at any moment, every line counts once.
 */
#include "history/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "said.h"

#include <signal.h>
#include <sys/wait.h>

/* What stands there at first, and what comes before each kill. */
#if defined(__SANITIZE_ADDRESS__)
enum { BACKLOG = 4000, PORTION = 200, PER_FILE = 1000 };
#else
enum { BACKLOG = 100000, PORTION = 2000, PER_FILE = 10000 };
#endif
enum { KILLS = 50, PATIENCE_LEAST = 100, PATIENCE_MOST = 3000 };

/* Another process, so that nothing of it is left when it is killed. */
static pid_t step_elsewhere(struct world *world)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    struct history *history;
    char why[STORE_WHY_SIZE];
    uint64_t lines;
    if (history_open(world->config, NULL, why, &history) != STATUS_OK)
        _exit(1);
    /* Twenty times as fast, so that more is kept between two kills. */
    clock_us start = world_now();
    while (history_step(history, start + 20 * (world_now() - start), &lines) == STATUS_OK)
        if (lines == 0)
            usleep(1000);
    _exit(1);
}

static void wait_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static bool add_lines(void *owner, const struct log_source *source)
{
    *(uint64_t *)owner += source->lines;
    return true;
}

static uint64_t lines_kept(const struct world *world)
{
    struct summary *summary;
    char why[STORE_WHY_SIZE];
    uint64_t lines = 0;
    if (summary_open(world->config->consoled.store.folder, false, why, &summary) != STATUS_OK)
        return 0;
    assert_int_equal(summary_sources(summary, add_lines, &lines), STATUS_OK);
    summary_close(summary);
    return lines;
}

static void write_backlog(struct world *world)
{
    for (unsigned made = 0; made < BACKLOG; made += 2 * PER_FILE) {
        for (unsigned i = 0; i < 2; i++) {
            gateway_write(world, i, PER_FILE);
            gateway_rotate(&world->gateway[i]);
        }
    }
}

static void kill_once(struct world *world, unsigned patience)
{
    int how;
    pid_t pid = step_elsewhere(world);
    wait_ms(gateway_below(&world->gateway[0], patience));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    if (!WIFSIGNALED(how)) /* it was not to end by itself */
        fail_msg("the process ended by itself: %d", how);
}

static void every_line_counts_once(void **state)
{
    struct world *world = world_make(2);
    unsigned in_work = 0, with_work_done = 0, patience = 200;
    uint64_t written = BACKLOG, before = 0;

    write_backlog(world);
    for (unsigned i = 0; i < KILLS; i++) {
        if (i > KILLS / 5) {
            gateway_write(world, i % 2, PORTION);
            written += PORTION;
        }
        if (i % 7 == 6)
            gateway_rotate(&world->gateway[i % 2]);
        kill_once(world, patience);
        uint64_t kept = lines_kept(world);
        in_work += kept < written;
        with_work_done += kept > before;
        /* As fast as this machine is today: some of the kills let something be done. */
        if (kept == before && patience < PATIENCE_MOST)
            patience += patience / 4;
        else if (kept == written && patience > PATIENCE_LEAST)
            patience -= patience / 4;
        before = kept;
    }
    print_message("# %u of %u kills came before all was read, behind %u some was\n", in_work, KILLS,
                  with_work_done);
    struct history *history = world_history(world);
    history_run(history);
    history_close(history);
    char *killed = world_said(world);
    remove_tree(world->config->consoled.store.folder);
    history = world_history(world);
    history_run(history);
    history_close(history);
    char *whole = world_said(world);
    assert_string_equal(killed, whole);
    free(killed);
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
