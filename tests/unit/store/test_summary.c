/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - what is kept comes back, by transactions, to readers beside the writer.
 */
#include "store/summary.h"

#include "sqlite/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const clock_us NOON = UINT64_C(1795521600) * 1000000, HOUR = UINT64_C(3600000000);

struct world {
    char folder[64], why[STORE_WHY_SIZE];
    struct summary *writer;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    memcpy(world->folder, "/tmp/ponor-summary-XXXXXX", sizeof "/tmp/ponor-summary-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_int_equal(summary_open(world->folder, true, world->why, &world->writer), STATUS_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state)
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

static struct summary *reader_of(struct world *world)
{
    struct summary *reader;
    assert_int_equal(summary_open(world->folder, false, world->why, &reader), STATUS_OK);
    return reader;
}

static void begin(struct world *world)
{
    assert_int_equal(summary_begin(world->writer), STATUS_OK);
}

static void commit(struct world *world)
{
    assert_int_equal(summary_commit(world->writer), STATUS_OK);
}

static struct device device_called(const char *key)
{
    struct device device = {.known = DEVICE_LEASE};
    snprintf(device.key, sizeof device.key, "%s", key);
    return device;
}

static struct device_address seen_at(const char *text, clock_us first, clock_us last, uint64_t rows)
{
    struct device_address seen = {.first = first, .last = last, .rows = rows};
    assert_int_equal(address_parse(text, &seen.address), STATUS_OK);
    return seen;
}

static uint64_t keep_device(struct world *world, const char *key, clock_us at)
{
    const struct device device = device_called(key);
    const struct device_address seen = seen_at("10.20.2.3", at, at, 1);
    uint64_t number;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &number), STATUS_OK);
    return number;
}

static struct incident incident_of(uint64_t device, const char *app, clock_us last)
{
    struct incident incident = {
        .device = device, .first = last - HOUR, .last = last, .attempts = 3, .stopped = 2};
    snprintf(incident.app, sizeof incident.app, "%s", app);
    return incident;
}

static uint64_t keep_incident(struct world *world, uint64_t device, const char *app, clock_us last)
{
    struct incident incident = incident_of(device, app, last);
    assert_int_equal(summary_keep_incident(world->writer, &incident), STATUS_OK);
    return incident.id;
}

static bool on_source(void *owner, const struct source *source)
{
    struct source *out = owner;
    out[source->number - 1] = *source;
    return true;
}

static void sources_come_back(void **state)
{
    struct world *world = *state;
    struct source found[2] = {0}, source = {.folder = "/srv/gw-01/events",
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
    struct source other = {.folder = "/srv/gw-02/events"};
    assert_int_equal(summary_keep_source(world->writer, &other), STATUS_OK);
    assert_int_equal(other.number, 2);
    commit(world);
    struct summary *reader = reader_of(world);
    assert_int_equal(summary_sources(reader, on_source, found), STATUS_OK);
    summary_close(reader);
    assert_memory_equal(&found[0], &source, sizeof source);
    assert_string_equal(found[1].folder, "/srv/gw-02/events");
}

static bool on_address(void *owner, const struct device_address *address)
{
    struct device_address *out = owner;
    while (out->rows != 0)
        out++;
    *out = *address;
    return true;
}

static void a_device_gathers_what_is_known(void **state)
{
    struct world *world = *state;
    struct device device = device_called("mac:02:42:0a:14:02:03");
    struct device_address seen = seen_at("10.20.2.3", NOON, NOON + 1, 5), found[4] = {0};
    struct device_seen out;
    uint64_t number, again;

    begin(world);
    assert_int_equal(summary_keep_device(world->writer, &device, NULL, &number), STATUS_OK);
    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_int_equal(out.first, 0);
    memcpy(device.mac, "\x02\x42\x0a\x14\x02\x03", MAC_SIZE);
    device.has_mac = true;
    memcpy(device.host, "phone", 6);
    device.known = DEVICE_INVENTORY;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    assert_int_equal(again, number);
    /* Later, of another address, and less is known. */
    device = device_called("mac:02:42:0a:14:02:03");
    memcpy(device.owner, "J. Tremblay", 12);
    seen = seen_at("2001:db8::7", NOON + HOUR, NOON + HOUR, 2);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    /* Earlier, and late to arrive. */
    seen = seen_at("10.20.2.3", NOON - HOUR, NOON - HOUR, 1);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    seen = (struct device_address){.first = NOON, .last = NOON + 2 * HOUR};
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    keep_incident(world, number, "WeChat", NOON);
    keep_incident(world, number, "TikTok", NOON);
    commit(world);

    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_int_equal(out.first, NOON - HOUR);
    assert_int_equal(out.last, NOON + 2 * HOUR);
    assert_string_equal(out.device.host, "phone");
    assert_string_equal(out.device.owner, "J. Tremblay");
    assert_true(out.device.has_mac);
    assert_memory_equal(out.device.mac, "\x02\x42\x0a\x14\x02\x03", MAC_SIZE);
    assert_int_equal(out.device.known, DEVICE_INVENTORY);
    assert_int_equal(out.incidents, 2);
    assert_int_equal(out.attempts, 6);
    assert_int_equal(out.stopped, 4);
    char text[ADDRESS_TEXT_SIZE];
    assert_string_equal(address_text(&out.latest, text), "2001:db8::7");
    assert_int_equal(summary_device_addresses(world->writer, number, on_address, found), STATUS_OK);
    assert_string_equal(address_text(&found[0].address, text), "2001:db8::7");
    assert_int_equal(found[1].rows, 6);
    assert_int_equal(found[1].first, NOON - HOUR);
    assert_int_equal(found[1].last, NOON + 1);
    assert_int_equal(found[2].rows, 0);
    assert_int_equal(summary_device(world->writer, number + 1, &out), STATUS_NOT_FOUND);
}

struct listed {
    uint64_t number[16];
    uint32_t count, most;
};

static bool on_device(void *owner, const struct device_seen *seen)
{
    struct listed *listed = owner;
    listed->number[listed->count++] = seen->number;
    return listed->most == 0 || listed->count < listed->most;
}

static void assert_devices(struct world *world, const char *text, uint32_t skip, uint32_t most,
                           uint32_t count, uint64_t first)
{
    struct listed listed = {.most = most};
    assert_int_equal(summary_devices(world->writer, text, skip, on_device, &listed), STATUS_OK);
    assert_int_equal(listed.count, count);
    if (count > 0)
        assert_int_equal(listed.number[0], first);
}

static void devices_are_found_by_any_text(void **state)
{
    struct world *world = *state;
    char endless[2000];
    begin(world);
    uint64_t a = keep_device(world, "asset:A-100%", NOON);
    uint64_t b = keep_device(world, "mac:02:42:0a:14:02:99", NOON + 1);
    struct device device = device_called("address:10.9.9.9");
    const struct device_address seen = seen_at("10.9.9.9", NOON + 2, NOON + 2, 1);
    uint64_t c;
    memcpy(device.host, "Poste_7\\x", 10);
    memcpy(device.owner, "\xc3\x89mile", 7);
    memcpy(device.tag, "T-1", 4);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &c), STATUS_OK);
    commit(world);
    assert_devices(world, NULL, 0, 0, 3, c);
    assert_devices(world, NULL, 1, 0, 2, b);
    assert_devices(world, NULL, 0, 2, 2, c);
    assert_devices(world, NULL, 3, 0, 0, 0);
    assert_devices(world, "asset", 0, 0, 1, a);
    assert_devices(world, "100%", 0, 0, 1, a);
    assert_devices(world, "%", 0, 0, 1, a);
    assert_devices(world, "_", 0, 0, 1, c);
    assert_devices(world, "\\", 0, 0, 1, c);
    assert_devices(world, "poste", 0, 0, 1, c);
    assert_devices(world, "\xc3\x89m", 0, 0, 1, c);
    assert_devices(world, "t-1", 0, 0, 1, c);
    assert_devices(world, "10.20.2", 0, 0, 2, b);
    assert_devices(world, "nobody", 0, 0, 0, 0);
    assert_devices(world, "' OR 1=1 --", 0, 0, 0, 0);
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = 0;
    assert_devices(world, endless, 0, 0, 0, 0);
}

static void an_incident_comes_back_whole(void **state)
{
    struct world *world = *state;
    struct incident kept = incident_of(7,
                                       "We\xc2\xad"
                                       "Chat",
                                       NOON),
                    found;
    for (int i = 0; i < EVIDENCE_COUNT; i++)
        kept.evidence[i] = (uint64_t)i << 40;
    for (int i = 0; i < WAY_COUNT; i++)
        kept.ways[i] = i % 2 == 0 ? 0 : (uint64_t)i;
    for (int i = 0; i < INCIDENT_NAMES; i++)
        memset(kept.names[i], 'a' + i, INCIDENT_TEXT_SIZE - 1); /* as long as can be */
    kept.names[3][0] = '\n';
    kept.hours = 1;
    kept.last_hour = 2;
    kept.days = 3;
    kept.last_day = 4;
    kept.unresolved = 5;
    memcpy(kept.list, "l", 2);
    memcpy(kept.rule, "r", 2);
    memcpy(kept.source, "s", 2);
    memcpy(kept.authority, "a", 2);
    memcpy(kept.ticket, "t", 2);
    memcpy(kept.group, "g", 2);
    memcpy(kept.gateway, "w", 2);
    kept.is_changed = true;
    begin(world);
    assert_int_equal(summary_keep_incident(world->writer, &kept), STATUS_OK);
    assert_int_not_equal(kept.id, 0);
    assert_false(kept.is_changed);
    assert_int_equal(summary_incident(world->writer, kept.id, &found), STATUS_OK);
    assert_memory_equal(&found, &kept, sizeof kept);
    /* Under its number, and as who does not know it. */
    kept.attempts++;
    memset(kept.names[7], 0, INCIDENT_TEXT_SIZE);
    assert_int_equal(summary_keep_incident(world->writer, &kept), STATUS_OK);
    assert_int_equal(summary_incident_of(world->writer, 7, kept.app, &found), STATUS_OK);
    assert_memory_equal(&found, &kept, sizeof kept);
    uint64_t id = kept.id;
    kept.id = 0;
    assert_int_equal(summary_keep_incident(world->writer, &kept), STATUS_OK);
    assert_int_equal(kept.id, id);
    commit(world);
    kept.id = id + 1;
    assert_int_equal(summary_keep_incident(world->writer, &kept), STATUS_NOT_FOUND);
    assert_int_equal(summary_incident(world->writer, id + 1, &found), STATUS_NOT_FOUND);
    assert_int_equal(summary_incident_of(world->writer, 7, "wechat", &found), STATUS_NOT_FOUND);
}

static bool on_incident(void *owner, const struct incident *incident)
{
    struct listed *listed = owner;
    listed->number[listed->count++] = incident->id;
    return listed->most == 0 || listed->count < listed->most;
}

static void incidents_come_latest_first(void **state)
{
    struct world *world = *state;
    struct listed all = {.most = 0}, since = {.most = 0}, of_one = {.most = 0}, two = {.most = 2};
    begin(world);
    uint64_t middle = keep_incident(world, 1, "A", NOON);
    uint64_t latest = keep_incident(world, 2, "A", NOON + HOUR);
    uint64_t oldest = keep_incident(world, 1, "B", NOON - HOUR);
    commit(world);
    assert_int_equal(summary_incidents(world->writer, 0, 0, on_incident, &all), STATUS_OK);
    assert_int_equal(all.count, 3);
    assert_int_equal(all.number[0], latest);
    assert_int_equal(all.number[1], middle);
    assert_int_equal(all.number[2], oldest);
    assert_int_equal(summary_incidents(world->writer, NOON, 0, on_incident, &since), STATUS_OK);
    assert_int_equal(since.count, 2);
    assert_int_equal(summary_incidents(world->writer, NOON, 1, on_incident, &of_one), STATUS_OK);
    assert_int_equal(of_one.count, 1);
    assert_int_equal(of_one.number[0], middle);
    assert_int_equal(summary_incidents(world->writer, 0, 0, on_incident, &two), STATUS_OK);
    assert_int_equal(two.count, 2);
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
    assert_non_null(strstr(world->why, "delete it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sources_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_device_gathers_what_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(devices_are_found_by_any_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_incident_comes_back_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(incidents_come_latest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hits_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(health_adds_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_see_what_was_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_others_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
