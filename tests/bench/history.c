/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench/history - how fast event files become history: lines a second on one core.
 *
 * Used by `./dev bench history`. Two folders of a gateway, as dnsd and inspectd write them; then
 * one process reads them all into a new history in SQLite. The bar is the project's.
 *
 *     history [LINES]              measures
 *     history LINES FOLDER DAYS    only writes the event files, of the last days, for web.py
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../unit/history/world.h"

#include <sys/resource.h>

enum { LINES = 1000000, PER_FILE = 50000, BAR = 50000 };

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
}

static uint64_t bytes_of(const char *path)
{
    uint64_t bytes = 0;
    struct stat file;
    char name[WORLD_PATH * 3];
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &file) == 0 && S_ISREG(file.st_mode))
            bytes += (uint64_t)file.st_size;
    }
    if (dir != NULL)
        closedir(dir);
    return bytes;
}

static void write_events(struct world *world, uint64_t lines)
{
    for (uint64_t made = 0; made < lines; made += 2 * PER_FILE) {
        for (unsigned i = 0; i < 2; i++) {
            gateway_write(world, i, PER_FILE);
            gateway_rotate(&world->gateway[i]);
        }
    }
}

static int write_only(struct world *world, uint64_t lines, const char *folder, uint64_t days)
{
    const uint64_t day_us = UINT64_C(86400000000), mean = 21; /* twice: (1 + 20) / 2 */

    world->pace = days * day_us * 2 / (lines / 2 * mean);
    for (unsigned i = 0; i < 2; i++)
        world->gateway[i].at = clock_wall() - days * day_us;
    write_events(world, lines);
    const int status = rename(world->path, folder);
    if (status != 0)
        perror(folder);
    world_free(world);
    return status == 0 ? 0 : 1;
}

int main(int argc, char *argv[])
{
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : LINES, lines = 0, all = 0;
    struct world *world = world_make(2);
    world->clients = 5000;
    if (argc == 4 && wanted >= 2)
        return write_only(world, wanted, argv[2], strtoull(argv[3], NULL, 10));
    write_events(world, wanted);
    uint64_t bytes = bytes_of(world->gateway[0].path) + bytes_of(world->gateway[1].path);
    struct history *history = world_history(world);
    uint64_t start = clock_ns();
    double cpu = used(), took;
    do {
        if (history_step(history, clock_wall(), &lines) != STATUS_OK)
            return 1;
        all += lines;
    } while (lines > 0);
    cpu = used() - cpu;
    took = (double)(clock_ns() - start) / 1e9;
    history_close(history);
    printf("history: %llu lines (%llu MB) in %.1f s, %.1f s of a core: %.0f lines a second; "
           "%llu MB on disk\n",
           (unsigned long long)all, (unsigned long long)(bytes >> 20), took, cpu,
           (double)all / took,
           (unsigned long long)(bytes_of(world->config->consoled.store.folder) >> 20));
    world_free(world);
    bool is_enough = all >= wanted && (double)all / cpu >= BAR;
    printf("history: %s: at least %d lines a second of a core\n", is_enough ? "reached" : "MISSED",
           BAR);
    return is_enough ? 0 : 1;
}
