/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fleet - the table of what was told whom: made where the configuration says, kept over a reload,
 * and given to serve.
 */
#include "control/fleet.h"
#include "process/channel.h"
#include "process/told.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../dns/texts.h"

struct world {
    char folder[64], path[96];
    struct config config;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/fleet-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/told", w->folder);
    snprintf(w->config.dnsd.events.folder, CONFIG_PATH_SIZE, "%s", w->folder);
    w->config.dnsd.events.ring_slots = 16;
    w->config.dnsd.workers = w->config.dnsd.resolvers = 1;
    w->config.dnsd.told_slots = 64;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    unlink(w->path);
    assert_int_equal(rmdir(w->folder), 0);
    free(w);
    return 0;
}

static struct fleet *open_fleet(const struct world *w, const struct fleet *before)
{
    char why[LISTENER_WHY_SIZE] = "";
    struct fleet *fleet = NULL;
    if (fleet_new(&w->config, before, why, &fleet) != STATUS_OK)
        fail_msg("%s", why);
    return fleet;
}

static void nothing_without_a_path(void **state)
{
    struct world *w = *state;
    struct fleet *fleet = open_fleet(w, NULL);
    assert_int_equal(fleet->told, -1);
    assert_int_not_equal(access(w->path, F_OK), 0);
    fleet_free(fleet);
}

static void a_table_lives_over_a_reload(void **state)
{
    struct world *w = *state;
    const struct address client = address_of("10.0.0.1"), address = address_of("192.0.2.1");
    const struct name name = name_of("www.example");
    struct told *told;
    uint32_t until;
    snprintf(w->config.dnsd.told, CONFIG_PATH_SIZE, "%s", w->path);
    struct fleet *one = open_fleet(w, NULL);
    assert_int_equal(told_open(one->told, true, &told), STATUS_OK);
    told_write(told, &client, &address, &name, 1000);
    told_close(told);
    struct fleet *two = open_fleet(w, one);
    fleet_free(one);
    assert_int_equal(told_open(two->told, false, &told), STATUS_OK);
    assert_true(told_read(told, &client, &address, NULL, &until));
    told_close(told);
    fleet_free(two);
}

static void what_cannot_be_made_is_said(void **state)
{
    struct world *w = *state;
    char why[LISTENER_WHY_SIZE] = "";
    struct fleet *fleet = NULL;
    snprintf(w->config.dnsd.told, CONFIG_PATH_SIZE, "%s/no/such/folder", w->folder);
    assert_int_equal(fleet_new(&w->config, NULL, why, &fleet), STATUS_SYSTEM);
    assert_non_null(strstr(why, "/no/such/folder: No such file"));
    snprintf(w->config.dnsd.told, CONFIG_PATH_SIZE, "%s", w->path);
    w->config.dnsd.told_slots = 3;
    assert_int_equal(fleet_new(&w->config, NULL, why, &fleet), STATUS_INVALID);
    assert_non_null(strstr(why, w->path));
}

/* A child of nobody: what it would be given arrives at the other end of its channel. */
struct newborn {
    struct event_base *base;
    struct channel *ours, *its;
    unsigned gifts[32];
    struct told *told;
    bool started;
};

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct newborn *n = owner;
    const struct message_gift *gift = parcel_open(parcel, MESSAGE_GIFT, sizeof *gift);
    n->started |= parcel->kind == MESSAGE_START;
    if (gift == NULL)
        return;
    assert_in_range(gift->gift, 0, COUNT_OF(n->gifts) - 1);
    n->gifts[gift->gift]++;
    if (gift->gift == GIFT_TOLD)
        assert_int_equal(told_open(parcel->fd, true, &n->told), STATUS_OK);
    close(parcel->fd);
}

static void on_close(void *owner)
{
}

static void give(struct fleet *fleet, enum post_kind kind, struct newborn *n)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    const struct policy_gift policy = {.image = STDERR_FILENO, .generation = 1};
    int ends[2];
    *n = (struct newborn){.base = event_base_new()};
    assert_int_equal(channel_pair(ends), STATUS_OK);
    n->ours = channel_open(n->base, ends[0], &events, n);
    n->its = channel_open(n->base, ends[1], &events, n);
    struct child child = {.role = "test", .channel = n->ours};
    for (size_t i = 0; i < fleet->post_count; i++)
        if (fleet->posts[i].kind == kind)
            child.place = &fleet->posts[i];
    fleet_give(NULL, &child, &policy, STDERR_FILENO);
    channel_flush(n->ours);
    channel_receive(n->its);
    assert_true(n->started);
    channel_close(n->ours);
    channel_close(n->its);
    event_base_free(n->base);
}

static void serve_gets_it_and_nobody_else(void **state)
{
    struct world *w = *state;
    struct newborn n;
    snprintf(w->config.dnsd.told, CONFIG_PATH_SIZE, "%s", w->path);
    struct fleet *fleet = open_fleet(w, NULL);
    give(fleet, POST_SERVE, &n);
    assert_int_equal(n.gifts[GIFT_TOLD], 1);
    assert_non_null(n.told);
    told_close(n.told);
    give(fleet, POST_RESOLVE, &n);
    assert_int_equal(n.gifts[GIFT_TOLD], 0);
    give(fleet, POST_RECORD, &n);
    assert_int_equal(n.gifts[GIFT_TOLD], 0);
    fleet_free(fleet);
    w->config.dnsd.told[0] = 0;
    fleet = open_fleet(w, NULL);
    give(fleet, POST_SERVE, &n);
    assert_int_equal(n.gifts[GIFT_TOLD], 0);
    assert_int_equal(n.gifts[GIFT_SECRET], 1);
    fleet_free(fleet);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_without_a_path),
        TEST(a_table_lives_over_a_reload),
        TEST(what_cannot_be_made_is_said),
        TEST(serve_gets_it_and_nobody_else),
    };
    return cmocka_run_group_tests_name("control/fleet", tests, NULL, NULL);
}
