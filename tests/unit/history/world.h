/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * world - gateways that write real event files, a history over them, and all that it says.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "events/files.h"
#include "events/line.h"
#include "history/history.h"

#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../events/sample.h"

enum { WORLD_BUFFER = 1 << 20, WORLD_PATH = 128, GATEWAYS_MOST = 4 };

struct gateway {
    char path[WORLD_PATH];
    int folder, file;
    bool is_wire;
    struct line_writer *lines;
    struct chain chain;
    clock_us at, file_at;
    uint64_t file_first, seed;
};

struct world {
    char path[WORLD_PATH / 2];
    struct config *config;
    struct policy *policy;
    struct gateway gateway[GATEWAYS_MOST];
    unsigned count, clients;
    clock_us pace; /* between two events of a gateway: at most 20 times it */
    uint8_t *buffer;
};

static inline void gateway_open(struct world *world, unsigned n)
{
    struct gateway *gateway = &world->gateway[n];
    char name[32];

    *gateway = (struct gateway){.file = -1, .is_wire = n % 2 == 1, .seed = n + 1};
    snprintf(gateway->path, sizeof gateway->path, "%s/events-%u", world->path, n);
    assert_int_equal(mkdir(gateway->path, 0700), 0);
    gateway->folder = open(gateway->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(gateway->folder >= 0);
    snprintf(name, sizeof name, "gw-%02u", n / 2);
    gateway->lines = line_writer_new(name, gateway->is_wire ? "inspectd" : "dnsd", "0.1.0");
    assert_non_null(gateway->lines);
    gateway->at = (clock_us)SAMPLE_AT_SECONDS * 1000000 + n;
    memcpy(world->config->consoled.events[n], gateway->path, strlen(gateway->path) + 1);
}

static inline struct world *world_make(unsigned gateways)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    strcpy(world->path, "/tmp/ponor-test-XXXXXX"); /* lint: a text of our own, which fits */
    assert_non_null(mkdtemp(world->path));
    world->config = calloc(1, sizeof *world->config);
    world->buffer = malloc(WORLD_BUFFER);
    assert_true(world->config != NULL && world->buffer != NULL);
    world->policy = sample_policy();
    world->count = world->config->consoled.events_count = gateways;
    world->clients = 500;
    world->pace = 1000;
    for (unsigned i = 0; i < gateways; i++)
        gateway_open(world, i);
    struct config_store *store = &world->config->consoled.store;
    snprintf(store->folder, sizeof store->folder, "%s/history", world->path);
    store->choice = STORE_SQLITE;
    store->keep_days = 36500;
    return world;
}

static inline int world_unlink(const char *path, const struct stat *file, int type, struct FTW *at)
{
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    nftw(path, world_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void world_free(struct world *world)
{
    for (unsigned i = 0; i < world->count; i++) {
        struct gateway *gateway = &world->gateway[i];
        line_writer_free(gateway->lines);
        close(gateway->folder);
        if (gateway->file >= 0)
            close(gateway->file);
    }
    remove_tree(world->path);
    policy_close(world->policy);
    free(world->buffer);
    free(world->config);
    free(world);
}

static inline uint32_t gateway_below(struct gateway *gateway, uint32_t limit)
{
    gateway->seed = gateway->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((gateway->seed >> 32) * limit >> 32);
}

static inline void event_of_wire(struct gateway *gateway, struct event *event)
{
    event->kind = EVENT_WIRE;
    event->seen = SEEN_TLS;
    event->server = address_of("203.0.113.9");
    event->server_port = 443;
    event->transport = TRANSPORT_TCP;
    event->wire.spoken = SPOKEN_TLS;
    event->wire.ending = ENDING_NAME;
    event->wire.resolved = gateway_below(gateway, 4) == 0 ? RESOLVED_NO : RESOLVED_YES;
    if (gateway_below(gateway, 200) == 0) {
        event->kind = EVENT_HEALTH;
        event->wire = (struct wire){.health = HEALTH_DROPPED, .count = 7, .evidence = "eth1"};
    }
}

/* What a day brings, by the gateway's own seed: always the same. */
static inline struct event gateway_event(struct world *world, struct gateway *gateway)
{
    static const char *const names[] = {"short.weixin.qq.com",   "long.weixin.qq.com",
                                        "szshort.weixin.qq.com", "extshort.weixin.qq.com",
                                        "dldir1.qq.com",         "pay.weixin.qq.com",
                                        "dns.example",           "doh.example"};
    uint32_t who = gateway_below(gateway, world->clients);
    char client[32];
    snprintf(client, sizeof client, "10.20.%u.%u", who >> 8, who & 255);
    struct event event =
        sample_event(world->policy, client, names[gateway_below(gateway, COUNT_OF(names))]);
    event.client_port = (uint16_t)(1024 + gateway_below(gateway, 60000));
    event.id = (uint16_t)gateway_below(gateway, 65536);
    if (gateway->is_wire)
        event_of_wire(gateway, &event);
    gateway->at += world->pace * (1 + gateway_below(gateway, 20));
    event.at = gateway->at;
    return event;
}

static inline void gateway_flush(struct gateway *gateway, const void *bytes, size_t length)
{
    if (gateway->file < 0) {
        gateway->file =
            openat(gateway->folder, FILES_CURRENT, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        assert_true(gateway->file >= 0);
    }
    assert_int_equal(write(gateway->file, bytes, length), (ssize_t)length);
}

static inline void gateway_write(struct world *world, unsigned n, uint64_t count)
{
    struct gateway *gateway = &world->gateway[n];
    struct writer w = writer_over(world->buffer, WORLD_BUFFER);
    while (count-- > 0) {
        struct event event = gateway_event(world, gateway);
        if (gateway->file_first == 0) {
            gateway->file_first = gateway->chain.sequence + 1;
            gateway->file_at = event.at;
        }
        line_write(gateway->lines, &event, world->policy, ++gateway->chain.sequence, 0,
                   gateway->chain.hash, &w);
        if (writer_room(&w) < 2 * LINE_MOST || count == 0) {
            gateway_flush(gateway, w.start, writer_length(&w));
            w = writer_over(world->buffer, WORLD_BUFFER);
        }
    }
}

static inline void gateway_notice(struct world *world, unsigned n, const char *action)
{
    struct gateway *gateway = &world->gateway[n];
    const struct notice notice = {.action = action, .reason = "as a test wants"};
    struct writer w = writer_over(world->buffer, WORLD_BUFFER);
    gateway->at += 1000;
    if (gateway->file_first == 0) {
        gateway->file_first = gateway->chain.sequence + 1;
        gateway->file_at = gateway->at;
    }
    line_write_notice(gateway->lines, gateway->at, &notice, ++gateway->chain.sequence, 0,
                      gateway->chain.hash, &w);
    gateway_flush(gateway, w.start, writer_length(&w));
}

static inline void gateway_rotate(struct gateway *gateway)
{
    char name[FILE_NAME_SIZE];
    if (gateway->file < 0)
        return;
    files_name(gateway->file_at, gateway->file_first, name);
    assert_int_equal(renameat(gateway->folder, FILES_CURRENT, gateway->folder, name), 0);
    close(gateway->file);
    gateway->file = -1;
    gateway->file_first = 0;
}

/* Long after all that is in the files: what looks broken is broken. */
static inline clock_us world_now(void)
{
    return clock_wall() + UINT64_C(3600) * 1000000;
}

static inline struct history *world_history(const struct world *world)
{
    struct history *history;
    char why[STORE_WHY_SIZE] = "";
    enum status status = history_open(world->config, NULL, why, &history);
    if (status != STATUS_OK)
        fail_msg("history cannot be opened: %s", why);
    return history;
}

/* Steps until nothing is new. */
static inline uint64_t history_run(struct history *history)
{
    uint64_t all = 0, lines = 1;
    unsigned idle = 0;
    while (idle < 3) {
        assert_int_equal(history_step(history, world_now(), &lines), STATUS_OK);
        all += lines;
        idle = lines == 0 ? idle + 1 : 0; /* a break ends a batch without a line */
    }
    return all;
}

#endif
