/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * held_place - a table of what is held with a writer and a reader, as tests use it. Comes behind
 * cmocka.h.
 */
#ifndef TESTS_FIREWALL_HELD_PLACE_H
#define TESTS_FIREWALL_HELD_PLACE_H

#include "firewall/held.h"
#include "wire/frame.h"

#include <stdio.h>
#include <unistd.h>

#include "../base/texts.h"

#define SECONDS(n) ((clock_us)(n)*1000 * 1000)

static const clock_us start = SECONDS(1764000000);
static const struct held_limits limits = {.most = 64, .per_minute = 1000, .seconds = 300};

struct place {
    int fd;
    struct held *writer, *reader;
};

static inline struct place open_place(uint32_t most)
{
    struct place p;
    assert_int_equal(held_make(most, &p.fd), STATUS_OK);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    assert_int_equal(held_open(p.fd, false, &p.reader), STATUS_OK);
    return p;
}

static inline void close_place(struct place *p)
{
    held_close(p->writer);
    held_close(p->reader);
    close(p->fd);
}

static inline struct held_entry entry_of(enum hold hold, const char *client, const char *server,
                                         uint16_t client_port)
{
    struct held_entry entry = {.stop = {.client = address_of(client),
                                        .server = address_of(server),
                                        .client_port = client_port,
                                        .server_port = 443,
                                        .transport = IP_TCP,
                                        .hold = (uint8_t)hold,
                                        .evidence = EVIDENCE_INSTALLED,
                                        .seen = SEEN_TLS,
                                        .rule = 7},
                               .app = "WeChat",
                               .rule = "domain: wechat.com",
                               .ticket = "SEC-1"};
    return entry;
}

static inline enum held_answer put(struct held *held, const struct held_entry *entry, clock_us now)
{
    return held_put(held, &limits, NULL, 0, entry, now);
}

static inline enum held_answer put_numbered(struct held *held, const struct held_limits *with,
                                            uint16_t number, clock_us now)
{
    const struct held_entry entry = entry_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1", number);
    return held_put(held, with, NULL, 0, &entry, now);
}

struct seen_entries {
    unsigned count;
    struct held_entry last;
};

static inline void on_entry(void *owner, const struct held_entry *entry)
{
    struct seen_entries *seen = owner;
    seen->count++;
    seen->last = *entry;
}

static inline struct seen_entries look(const struct held *held, clock_us now)
{
    struct seen_entries seen = {0};
    held_each(held, now, on_entry, &seen);
    return seen;
}

#endif
