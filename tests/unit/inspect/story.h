/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * story - one conversation after another, shown to a watcher.
 */
#ifndef TESTS_INSPECT_STORY_H
#define TESTS_INSPECT_STORY_H

#include "packets/watched.h"

struct story {
    struct watched *w;
    struct packets_talk talk;
    struct packets_shape shape;
};

/* Before a watcher that nobody obeys. */
static inline struct story story_watched(const char *client, const char *server, uint16_t port)
{
    return (struct story){.w = watched_new(32 << 20),
                          .talk = packets_talk(client, 40000, server, port),
                          .shape = {.link = LINK_ETHERNET}};
}

static inline struct story story_begin(const char *client, const char *server, uint16_t port)
{
    struct story story = story_watched(client, server, port);
    watcher_enforces(story.w->watcher, true);
    return story;
}

/* Other ports, or another server, before the same watcher. */
static inline void story_next(struct story *story, const char *client, const char *server,
                              uint16_t port)
{
    static uint16_t source = 41000;
    story->talk = packets_talk(client, source++, server, port);
}

static inline enum watch_order story_say(struct story *story, unsigned side, uint8_t flags,
                                         struct span payload)
{
    struct segment segment = packets_say(&story->talk, side, flags, payload);
    return watched_segment(story->w, &story->shape, &segment);
}

static inline enum watch_order story_datagram(struct story *story, unsigned side,
                                              struct span payload)
{
    struct segment segment = packets_say_at(&story->talk, side, 0, payload);
    segment.transport = IP_UDP;
    return watched_segment(story->w, &story->shape, &segment);
}

static inline void story_shake_hands(struct story *story)
{
    (void)story_say(story, 0, TCP_SYN, span_of(NULL, 0));
    (void)story_say(story, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    (void)story_say(story, 0, TCP_ACK, span_of(NULL, 0));
}

/* Valid until the fourth call after. */
static inline struct span story_hello(const char *name)
{
    static uint8_t buffer[4][4096];
    static unsigned turn;
    struct writer w = writer_over(buffer[turn++ % 4], sizeof buffer[0]);
    const struct packets_hello hello = {.server_name = name, .alpn = "h2,http/1.1"};
    packets_client_hello(&w, &hello, 1);
    return writer_span(&w);
}

static inline struct span story_question(const char *name)
{
    static uint8_t buffer[512];
    struct writer w = writer_over(buffer, sizeof buffer);
    packets_question(&w, 7, name, 1);
    return writer_span(&w);
}

/* Our resolver tells the client an address. */
static inline void story_answer(struct story *story, const char *client, const char *name,
                                const char *address)
{
    static uint8_t buffer[512];
    struct writer w = writer_over(buffer, sizeof buffer);
    struct address a;
    const struct packets_talk before = story->talk;
    watched_must(address_parse(address, &a) == STATUS_OK, "address");
    const struct packets_answer answer = {
        .id = 7, .type = 1, .ttl = 300, .name = name, .addresses = &a, .count = 1};
    packets_answer(&w, &answer);
    story_next(story, client, "192.0.2.53", 53);
    (void)story_datagram(story, 0, story_question(name));
    (void)story_datagram(story, 1, writer_span(&w));
    story->talk = before;
}

#endif
