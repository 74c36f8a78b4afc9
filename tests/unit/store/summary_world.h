/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_world - a summary in a folder of its own, for each test.
 */
#ifndef TESTS_SUMMARY_WORLD_H
#define TESTS_SUMMARY_WORLD_H

#include "store/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const clock_us NOON = UINT64_C(1795521600) * 1000000, HOUR = UINT64_C(3600000000);

struct world {
    char folder[64], why[STORE_WHY_SIZE];
    struct summary *writer;
};

static inline int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    memcpy(world->folder, "/tmp/ponor-summary-XXXXXX", sizeof "/tmp/ponor-summary-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(summary_open(world->folder, true, world->why, &world->writer), STATUS_OK);
    *state = world;
    return 0;
}

static inline int tear_down(void **state)
{
    static const char *const names[] = {"summary.sqlite", "summary.sqlite-wal",
                                        "summary.sqlite-shm"};
    struct world *world = *state;
    char path[128];
    summary_close(world->writer);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", world->folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(world->folder), 0);
    free(world);
    return 0;
}

static inline struct summary *reader_of(struct world *world)
{
    struct summary *reader;
    assert_int_equal(summary_open(world->folder, false, world->why, &reader), STATUS_OK);
    return reader;
}

static inline void begin(struct world *world)
{
    assert_int_equal(summary_begin(world->writer), STATUS_OK);
}

static inline void commit(struct world *world)
{
    assert_int_equal(summary_commit(world->writer), STATUS_OK);
}

static inline struct device device_called(const char *key)
{
    struct device device = {.known = DEVICE_LEASE};
    snprintf(device.key, sizeof device.key, "%s", key);
    return device;
}

static inline struct device_address seen_at(const char *text, clock_us first, clock_us last,
                                            uint64_t rows)
{
    struct device_address seen = {.first = first, .last = last, .rows = rows};
    assert_int_equal(address_parse(text, &seen.address), STATUS_OK);
    return seen;
}

static inline uint64_t keep_device(struct world *world, const char *key, clock_us at)
{
    const struct device device = device_called(key);
    const struct device_address seen = seen_at("10.20.2.3", at, at, 1);
    uint64_t number;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &number), STATUS_OK);
    return number;
}

static inline struct incident incident_of(uint64_t device, const char *app, clock_us last)
{
    struct incident incident = {
        .device = device, .first = last - HOUR, .last = last, .attempts = 3, .stopped = 2};
    snprintf(incident.app, sizeof incident.app, "%s", app);
    return incident;
}

static inline uint64_t keep_incident(struct world *world, uint64_t device, const char *app,
                                     clock_us last)
{
    struct incident incident = incident_of(device, app, last);
    assert_int_equal(summary_keep_incident(world->writer, &incident), STATUS_OK);
    return incident.id;
}

struct listed {
    uint64_t number[16];
    uint32_t count, most;
};

static inline bool on_incident(void *owner, const struct incident *incident)
{
    struct listed *listed = owner;
    listed->number[listed->count++] = incident->id;
    return listed->most == 0 || listed->count < listed->most;
}

#endif
