/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - sources, hits and health come back, by transactions, to readers beside the writer.
 */
#include "store/summary.h"

#include "sqlite/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "summary_world.h"

static bool on_source(void *owner, const struct log_source *source)
{
    struct log_source *out = owner;
    out[source->number - 1] = *source;
    return true;
}

static void sources_come_back(void **state)
{
    struct world *world = *state;
    struct log_source found[2] = {0}, source = {.folder = "/srv/gw-01/events",
                                                .gateway = "gw-01",
                                                .program = "dnsd",
                                                .sequence = UINT64_MAX >> 1,
                                                .hash = {1, 0, 255},
                                                .first_at = NOON,
                                                .last_at = NOON + 1,
                                                .read_at = NOON + 2,
                                                .lines = 3,
                                                .breaks = 4,
                                                .missing = 5,
                                                .lost = 6,
                                                .sampled = 7,
                                                .broken = "line 7 was changed",
                                                .broken_at = NOON + 3,
                                                .is_past = true};
    begin(world);
    assert_int_equal(summary_keep_source(world->writer, &source), STATUS_OK);
    assert_int_equal(source.number, 1);
    source.lines = 33;
    assert_int_equal(summary_keep_source(world->writer, &source), STATUS_OK);
    struct log_source other = {.folder = "/srv/gw-02/events"};
    assert_int_equal(summary_keep_source(world->writer, &other), STATUS_OK);
    assert_int_equal(other.number, 2);
    commit(world);
    struct summary *reader = reader_of(world);
    assert_int_equal(summary_sources(reader, on_source, found), STATUS_OK);
    summary_close(reader);
    assert_memory_equal(&found[0], &source, sizeof source);
    assert_string_equal(found[1].folder, "/srv/gw-02/events");
}

static bool on_hits(void *owner, const struct rule_hits *hits)
{
    struct rule_hits *out = owner;
    while (out->rows != 0)
        out++;
    *out = *hits;
    return true;
}

static void hits_add_up(void **state)
{
    struct world *world = *state;
    struct rule_hits more = {.list = "wechat",
                             .rule = "wechat:14",
                             .rows = 5,
                             .stopped = 4,
                             .first = NOON,
                             .last = NOON + 1},
                     found[4] = {0};
    begin(world);
    assert_int_equal(summary_add_hits(world->writer, &more), STATUS_OK);
    more.first = NOON - 1;
    more.last = NOON;
    assert_int_equal(summary_add_hits(world->writer, &more), STATUS_OK);
    memcpy(more.list, "tiktok", 7);
    assert_int_equal(summary_add_hits(world->writer, &more), STATUS_OK);
    commit(world);
    assert_int_equal(summary_hits(world->writer, "wechat", on_hits, found), STATUS_OK);
    assert_int_equal(found[0].rows, 10);
    assert_int_equal(found[0].stopped, 8);
    assert_int_equal(found[0].first, NOON - 1);
    assert_int_equal(found[0].last, NOON + 1);
    assert_int_equal(found[1].rows, 0);
    memset(found, 0, sizeof found);
    assert_int_equal(summary_hits(world->writer, NULL, on_hits, found), STATUS_OK);
    assert_string_equal(found[0].list, "tiktok");
    assert_string_equal(found[1].list, "wechat");
}

static bool on_health(void *owner, const struct health *health)
{
    *(struct health *)owner = *health;
    return true;
}

static void health_adds_up(void **state)
{
    struct world *world = *state;
    struct health found, more = {.gateway = "gw-01",
                                 .program = "inspectd",
                                 .dropped = 1,
                                 .flows_full = 2,
                                 .gather_full = 3,
                                 .events_lost = 4,
                                 .blind_us = 5,
                                 .restarts = 6,
                                 .last_at = NOON,
                                 .last_bad_at = NOON,
                                 .last_bad = "blind"};
    begin(world);
    assert_int_equal(summary_add_health(world->writer, &more), STATUS_OK);
    more.last_bad_at = NOON - HOUR; /* late */
    memcpy(more.last_bad, "older", 6);
    assert_int_equal(summary_add_health(world->writer, &more), STATUS_OK);
    const struct health fine = {.gateway = "gw-01", .program = "inspectd", .last_at = NOON + HOUR};
    assert_int_equal(summary_add_health(world->writer, &fine), STATUS_OK);
    commit(world);
    assert_int_equal(summary_health(world->writer, on_health, &found), STATUS_OK);
    assert_int_equal(found.dropped, 2);
    assert_int_equal(found.flows_full, 4);
    assert_int_equal(found.gather_full, 6);
    assert_int_equal(found.events_lost, 8);
    assert_int_equal(found.blind_us, 10);
    assert_int_equal(found.restarts, 12);
    assert_int_equal(found.last_at, NOON + HOUR);
    assert_int_equal(found.last_bad_at, NOON);
    assert_string_equal(found.last_bad, "blind");
}

static uint32_t count_incidents(struct summary *summary)
{
    struct listed listed = {.most = 0};
    assert_int_equal(summary_incidents(summary, 0, 0, on_incident, &listed), STATUS_OK);
    return listed.count;
}

static void readers_see_what_was_committed(void **state)
{
    struct world *world = *state;
    struct summary *reader = reader_of(world);
    uint64_t before = summary_version(reader), own = summary_version(world->writer);
    begin(world);
    keep_incident(world, 1, "A", NOON);
    assert_int_equal(count_incidents(reader), 0);
    assert_int_equal(summary_version(reader), before);
    commit(world);
    assert_int_equal(count_incidents(reader), 1);
    assert_int_not_equal(summary_version(reader), before);
    assert_int_not_equal(summary_version(world->writer), own);
    begin(world);
    keep_incident(world, 2, "A", NOON);
    summary_rollback(world->writer);
    assert_int_equal(count_incidents(world->writer), 1);
    /* One moment for a reader that asks for it. */
    assert_int_equal(summary_begin(reader), STATUS_OK);
    assert_int_equal(count_incidents(reader), 1);
    begin(world);
    keep_incident(world, 3, "A", NOON);
    commit(world);
    assert_int_equal(count_incidents(reader), 1);
    assert_int_equal(summary_commit(reader), STATUS_OK);
    assert_int_equal(count_incidents(reader), 2);
    struct incident incident = incident_of(9, "A", NOON);
    assert_int_not_equal(summary_keep_incident(reader, &incident), STATUS_OK);
    summary_close(reader);
}

static void a_file_of_others_is_refused(void **state)
{
    struct world *world = *state;
    struct summary *other;
    struct sqlite *db;
    char path[128];
    assert_int_equal(summary_open("/tmp/ponor-no-such-folder", false, world->why, &other),
                     STATUS_AGAIN);
    summary_close(world->writer);
    world->writer = NULL;
    snprintf(path, sizeof path, "%s/summary.sqlite", world->folder);
    assert_int_equal(
        sqlite_open(path, SQLITE_FOR_WRITING, "UPDATE schema SET version = 99", world->why, &db),
        STATUS_OK);
    sqlite_close(db);
    assert_int_equal(summary_open(world->folder, false, world->why, &other), STATUS_UNSUPPORTED);
    assert_non_null(strstr(world->why, "another version (99"));
    assert_int_equal(sqlite_open(path, SQLITE_FOR_WRITING, "DROP TABLE schema", world->why, &db),
                     STATUS_OK);
    sqlite_close(db);
    assert_int_equal(summary_open(world->folder, false, world->why, &other), STATUS_AGAIN);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%4096s", "this is no database");
    assert_int_equal(fclose(file), 0);
    assert_int_equal(summary_open(world->folder, true, world->why, &other), STATUS_CORRUPT);
    assert_non_null(strstr(world->why, "but leases.log"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sources_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hits_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(health_adds_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_see_what_was_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_others_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
