/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_incidents - an incident comes back whole, and many in their order.
 */
#include "store/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "summary_world.h"

static void an_incident_comes_back_whole(void **state)
{
    struct world *world = *state;
    static const char app[] = "We\xc2\xad"
                              "Chat";
    static struct incident kept, found;
    kept = incident_of(7, app, NOON);
    for (int i = 0; i < EVIDENCE_COUNT; i++)
        kept.evidence[i] = (uint64_t)i << 40;
    for (int i = 0; i < WAY_COUNT; i++)
        kept.ways[i] = i % 2 == 0 ? 0 : (uint64_t)i;
    for (int i = 0; i < INCIDENT_NAMES; i++)
        memset(kept.names[i], 'a' + i, INCIDENT_TEXT_SIZE - 1); /* as long as can be */
    for (int i = 0; i < INCIDENT_NAMES; i++) {
        kept.name_at[i] = NOON + (clock_us)i;
        kept.name_is_installed[i] = i % 2 == 0;
    }
    kept.names[3][0] = '\n';
    for (uint32_t i = 0; i < INCIDENT_DAYS; i++)
        kept.all.day[kept.all.count++] = (struct incident_day){20000 + i, 1U << (i % 24)};
    kept.installed.count = 1;
    kept.installed.day[0] = (struct incident_day){20001, 0xffffff};
    kept.days = kept.hours = INCIDENT_DAYS;
    kept.installed_days = 1;
    kept.installed_hours = 24;
    kept.unresolved = 5;
    kept.built_in = 4;
    kept.decided_at = NOON - 1;
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
    kept.name_at[7] = 0;
    kept.name_is_installed[7] = false;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_incident_comes_back_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(incidents_come_latest_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
