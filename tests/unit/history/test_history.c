/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history, sources, fold, known - files in, rows and incidents out; twice the same.
 */
#include "history/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "said.h"

static struct world *world;
static struct history *history;

static int make_of(unsigned gateways)
{
    world = world_make(gateways);
    return 0;
}

static int make(void **state)
{
    return make_of(2);
}

static int make_four(void **state)
{
    return make_of(4);
}

static int drop(void **state)
{
    history_close(history);
    history = NULL;
    world_free(world);
    return 0;
}

static void begin(void)
{
    history_close(history);
    history = world_history(world);
}

/* What `find` looks for, and what it found. */
struct sought {
    const char *app, *key;
    struct summary *summary;
    struct incident found;
    unsigned count;
};

static bool on_incident(void *owner, const struct incident *incident)
{
    struct sought *sought = owner;
    struct device_seen seen;
    assert_int_equal(summary_device(sought->summary, incident->device, &seen), STATUS_OK);
    if (strcmp(incident->app, sought->app) == 0 &&
        (sought->key == NULL || strcmp(seen.device.key, sought->key) == 0)) {
        sought->found = *incident;
        sought->count++;
    }
    return true;
}

/* The incidents of this app, and of this device where a key is given. */
static unsigned incidents(const char *app, const char *key, struct incident *out)
{
    struct sought sought = {.app = app, .key = key};
    char why[STORE_WHY_SIZE];
    assert_int_equal(
        summary_open(world->config->consoled.store.folder, false, why, &sought.summary), STATUS_OK);
    assert_int_equal(summary_incidents(sought.summary, 0, 0, on_incident, &sought), STATUS_OK);
    summary_close(sought.summary);
    if (out != NULL)
        *out = sought.found;
    return sought.count;
}

static bool on_count(void *owner, const struct store_count *count)
{
    *(uint64_t *)owner += count->rows;
    return true;
}

static uint64_t rows(void)
{
    const struct store_filter all = {.from = 0};
    char why[STORE_WHY_SIZE];
    struct store *store;
    uint64_t sum = 0;
    assert_int_equal(store_open(&world->config->consoled.store, false, why, &store), STATUS_OK);
    assert_int_equal(store_counts(store, &all, WORD_COUNT, 0, on_count, &sum), STATUS_OK);
    store_close(store);
    return sum;
}

static void every_line_is_a_row(void **state)
{
    gateway_notice(world, 0, "record-started");
    gateway_write(world, 0, 300);
    gateway_write(world, 1, 200);
    begin();
    assert_int_equal(history_run(history), 501);
    assert_int_equal(rows(), 501);
    gateway_rotate(&world->gateway[0]);
    gateway_write(world, 0, 100);
    assert_int_equal(history_run(history), 100);
    begin();
    assert_int_equal(history_run(history), 0);
    gateway_write(world, 1, 1);
    assert_int_equal(history_run(history), 1);
    assert_int_equal(rows(), 602);
    assert_int_equal(history_counts(history).breaks, 0);
}

static void many_folders_have_their_share(void **state)
{
    uint64_t lines;
    for (unsigned i = 0; i < 4; i++)
        gateway_write(world, i, 10000);
    begin();
    assert_int_equal(history_step(history, world_now(), &lines), STATUS_OK);
    assert_int_equal(lines, 8192);
    gateway_write(world, 3, 1);
    assert_int_equal(history_run(history), 40001 - 8192);
    assert_int_equal(rows(), 40001);
}

static void a_new_history_says_the_same(void **state)
{
    const char *folder = world->config->consoled.store.folder;
    for (unsigned i = 0; i < 3; i++) {
        gateway_write(world, 0, 400);
        gateway_write(world, 1, 300);
        if (i == 0)
            begin();
        history_run(history);
        gateway_rotate(&world->gateway[i % 2]);
    }
    history_close(history);
    history = NULL;
    char *first = world_said(world);
    remove_tree(folder);
    begin();
    history_run(history);
    history_close(history);
    history = NULL;
    char *second = world_said(world);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "incident address:10.20."));
    free(first);
    free(second);
}

static char *said_by_new_history(void)
{
    history_close(history);
    history = NULL;
    remove_tree(world->config->consoled.store.folder);
    begin();
    history_run(history);
    history_close(history);
    history = NULL;
    return said_without_sources(world);
}

/* Gateways see the same devices, on days and in hours of their own; another order of folders is
 * another order of lines, and so is a gateway that comes when all others were read. */
static void gateways_in_any_order(void **state)
{
    char(*events)[CONFIG_PATH_SIZE] = world->config->consoled.events;
    char kept[CONFIG_PATH_SIZE];
    world->clients = 6;
    world->pace = 60000000;
    for (unsigned i = 0; i < 4; i++) {
        world->gateway[i].at -= (clock_us)i * 40 * 3600 * 1000000;
        gateway_write(world, i, 400);
    }
    char *first = said_by_new_history();
    for (unsigned i = 0; i < 2; i++) {
        memcpy(kept, events[i], sizeof kept);
        memcpy(events[i], events[3 - i], sizeof kept);
        memcpy(events[3 - i], kept, sizeof kept);
    }
    char *second = said_by_new_history();
    assert_string_equal(first, second);
    remove_tree(world->config->consoled.store.folder);
    for (unsigned count = 1; count <= 4; count++) {
        world->config->consoled.events_count = count;
        begin();
        history_run(history);
    }
    history_close(history);
    history = NULL;
    free(second);
    second = said_without_sources(world);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "incident address:10.20."));
    free(first);
    free(second);
}

/* A gateway's clock is set back over midnight, and forward again; so is ours. */
static void clocks_jump(void **state)
{
    const clock_us day = UINT64_C(86400) * 1000000, now = world_now();
    const int64_t jumps[] = {-2, 5, -4, 1};
    uint64_t lines, all = 0;
    world->clients = 5;
    begin();
    for (size_t i = 0; i < COUNT_OF(jumps); i++) {
        gateway_write(world, 0, 100);
        gateway_write(world, 1, 100);
        world->gateway[0].at += (clock_us)(jumps[i] * (int64_t)day);
        for (unsigned step = 0; step < 4; step++) {
            assert_int_equal(history_step(history, now - i * day, &lines), STATUS_OK);
            all += lines;
        }
    }
    assert_int_equal(all, 800);
    assert_int_equal(history_counts(history).breaks, 0);
    assert_int_equal(rows(), 800);
    char *first = said_without_sources(world), *second = said_by_new_history();
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void a_break_is_an_incident(void **state)
{
    struct incident incident;
    gateway_write(world, 0, 10);
    begin();
    history_run(history);
    gateway_flush(&world->gateway[0], "gone\n", 5);
    gateway_write(world, 0, 10);
    history_run(history);
    assert_int_equal(history_counts(history).breaks, 1);
    assert_int_equal(incidents("Chain of events", "gateway:gw-00", &incident), 1);
    assert_int_equal(incident.attempts, 1);
    assert_int_equal(incident.ways[WAY_INTEGRITY], 1);
    assert_string_equal(incident.gateway, "gw-00");
    assert_non_null(strstr(incident.names[0], "no event line"));
    assert_int_equal(rows(), 20);
    begin();
    history_run(history);
    assert_int_equal(history_counts(history).breaks, 0);
    assert_int_equal(incidents("Chain of events", NULL, &incident), 1);
    assert_int_equal(incident.attempts, 1);
    char *said = world_said(world);
    assert_non_null(strstr(said, "source 1 /events-0 gw-00 dnsd: 10 "));
    assert_non_null(strstr(said, " past 1\n"));
    assert_non_null(strstr(said, "source 2 /events-0 gw-00 dnsd: 20 "));
    free(said);
}

/* The break is kept and nothing behind it was read yet. */
static void a_break_is_said_once(void **state)
{
    struct incident incident;
    uint64_t lines;
    gateway_write(world, 0, 10);
    gateway_flush(&world->gateway[0], "gone\n", 5);
    gateway_write(world, 0, 10);
    begin();
    assert_int_equal(history_step(history, world_now(), &lines), STATUS_OK);
    assert_int_equal(lines, 10);
    begin();
    assert_int_equal(history_run(history), 10);
    assert_int_equal(history_counts(history).breaks, 0);
    assert_int_equal(incidents("Chain of events", NULL, &incident), 1);
    assert_int_equal(incident.attempts, 1);
    assert_int_equal(rows(), 20);
}

static void a_folder_that_comes_later(void **state)
{
    struct gateway *gateway = &world->gateway[0];
    char other[WORLD_PATH + 8];
    uint64_t lines;
    gateway_write(world, 0, 10);
    gateway_write(world, 1, 5);
    snprintf(other, sizeof other, "%s.away", gateway->path);
    assert_int_equal(rename(gateway->path, other), 0);
    begin();
    assert_int_equal(history_run(history), 5);
    assert_int_equal(rename(other, gateway->path), 0);
    assert_int_equal(history_step(history, world_now() + 2000000, &lines), STATUS_OK);
    assert_int_equal(lines, 10);
}

static void write_file(const char *name, const char *text)
{
    char path[2 * WORLD_PATH];
    snprintf(path, sizeof path, "%s/%s", world->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* All clients are one: its device is the lease's until that ends. */
static void devices_are_those_of_the_time(void **state)
{
    struct config_leases *leases = &world->config->consoled.leases[0];
    struct incident incident;
    char text[512];
    unsigned from = SAMPLE_AT_SECONDS - 3600, until = SAMPLE_AT_SECONDS + 3600;

    world->clients = 1;
    world->config->consoled.lease_count = 1;
    leases->format = LEASE_KEA;
    snprintf(leases->file, sizeof leases->file, "%s/leases.csv", world->path);
    snprintf(text, sizeof text,
             "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,"
             "state,user_context\n10.20.0.0,02:42:0a:14:02:03,,%u,%u,1,0,0,phone,0,\n",
             until - from, until);
    write_file("leases.csv", text);
    gateway_write(world, 0, 100);
    world->gateway[0].at = (clock_us)(until + 60) * 1000000;
    gateway_write(world, 0, 50);
    begin();
    assert_int_equal(history_run(history), 150);
    assert_int_equal(incidents("WeChat", "mac:02:42:0a:14:02:03", &incident), 1);
    uint64_t before = incident.attempts;
    assert_int_equal(incidents("WeChat", "address:10.20.0.0", &incident), 1);
    assert_true(before > 50 && incident.attempts > 20 && incident.attempts < 45);
    /* The server forgets; we do not. */
    write_file("leases.csv", "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,"
                             "fqdn_rev,hostname,state,user_context\n");
    begin();
    world->gateway[1].at = (clock_us)(until - 60) * 1000000;
    gateway_write(world, 1, 1);
    assert_int_equal(history_run(history), 1);
    assert_int_equal(incidents("WeChat", "mac:02:42:0a:14:02:03", &incident) +
                         incidents("bare", "mac:02:42:0a:14:02:03", NULL),
                     2);
}

static void an_inventory_gives_names(void **state)
{
    struct config *config = world->config;
    snprintf(config->consoled.inventory, sizeof config->consoled.inventory, "%s/inventory.csv",
             world->path);
    write_file("inventory.csv", "address,tag,owner\n10.20.0.0,A-1234,somebody\n");
    world->clients = 1;
    gateway_write(world, 0, 20);
    begin();
    history_run(history);
    assert_int_equal(incidents("WeChat", "asset:A-1234", NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_is_a_row, make, drop),
        cmocka_unit_test_setup_teardown(many_folders_have_their_share, make_four, drop),
        cmocka_unit_test_setup_teardown(a_new_history_says_the_same, make, drop),
        cmocka_unit_test_setup_teardown(gateways_in_any_order, make_four, drop),
        cmocka_unit_test_setup_teardown(clocks_jump, make, drop),
        cmocka_unit_test_setup_teardown(a_break_is_an_incident, make, drop),
        cmocka_unit_test_setup_teardown(a_break_is_said_once, make, drop),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_later, make, drop),
        cmocka_unit_test_setup_teardown(devices_are_those_of_the_time, make, drop),
        cmocka_unit_test_setup_teardown(an_inventory_gives_names, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
