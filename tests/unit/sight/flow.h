/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - one flow of datagrams, and what sight_quic says of each.
 *
 * Used by tests of sight_quic. Never more than one flow at a time.
 */
#ifndef TESTS_SIGHT_FLOW_H
#define TESTS_SIGHT_FLOW_H

#include "packets/packets.h"
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint8_t ids[3][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 8, 7, 6, 5, 4, 3, 2}, {7, 7, 7}};

/* One flow, and what was said of it in its last datagram. */
static struct {
    struct talk talk;
    struct sights *sights;
    void *memory;
    struct sightings out;
    enum heard heard;
    unsigned names; /* sightings since the flow began */
    unsigned notes; /* and how often it was said that a hello has begun: */
    enum why begun; /* as why, at last */
} flow;

static inline void flow_begin(void)
{
    static const struct address address;
    sights_free(flow.sights);
    memset(&flow, 0, sizeof flow);
    flow.sights = sights_new(1, sight_quic.memory_size);
    flow.talk = (struct talk){.transport = IP_UDP,
                              .client = &address,
                              .server = &address,
                              .client_port = 50000,
                              .server_port = 443,
                              .memory = &flow.memory,
                              .sights = flow.sights};
}

static inline void say(enum side from, struct span datagram)
{
    struct talk *talk = &flow.talk;
    talk->from = from;
    talk->said[from] = datagram;
    talk->said[!from] = (struct span){0};
    talk->datagrams[from]++;
    memset(&flow.out, 0, sizeof flow.out);
    flow.heard = sight_quic.look(talk, &flow.out);
    struct sighting *last = &flow.out.list[flow.out.count - (flow.out.count > 0)];
    if (flow.out.count > 0 && !last->has_name && strstr(last->evidence, "part of a hello")) {
        flow.out.count--;
        flow.notes++;
        flow.begun = last->why;
    }
    flow.names += flow.out.count;
}

static inline struct packets_initial initial_at(unsigned id)
{
    return (struct packets_initial){.destination_id = span_of(ids[id], 8), .least = 1200};
}

static inline void say_frames(const struct packets_initial *initial, struct span frames)
{
    static uint8_t bytes[2048];
    struct writer w = writer_over(bytes, sizeof bytes);
    packets_initial(&w, initial, frames);
    say(CLIENT, writer_span(&w));
}

static inline void say_crypto(const struct packets_initial *initial, size_t offset,
                              struct span bytes)
{
    static uint8_t frames[2048];
    struct writer w = writer_over(frames, sizeof frames);
    packets_crypto(&w, offset, bytes);
    say_frames(initial, writer_span(&w));
}

static inline struct span part(struct span whole, size_t from, size_t to)
{
    return span_of(whole.at + from, to - from);
}

/* At least `least` bytes long by an extension before the name, which is the only thing in which two
 * of them differ. Valid until the fourth call after. */
static inline struct span hello_for(const char *name, size_t least)
{
    enum { PADDING = 21, EXTENSION_HEADER = 4 };
    static uint8_t bytes[4][1 << 15], padding[1 << 15] = {0, PADDING};
    static unsigned turn;
    uint8_t *here = bytes[turn++ % COUNT_OF(bytes)];
    struct packets_hello hello = {
        .server_name = name[0] != 0 ? name : NULL, .alpn = "h3", .quic = true};
    struct writer w = writer_over(here, sizeof bytes[0]);
    packets_hello(&w, &hello);
    size_t length = writer_length(&w);
    if (length + EXTENSION_HEADER > least)
        return writer_span(&w);
    store_u16(padding + 2, (uint16_t)(least - length - EXTENSION_HEADER));
    hello.before = span_of(padding, least - length);
    w = writer_over(here, sizeof bytes[0]);
    packets_hello(&w, &hello);
    return writer_span(&w);
}

static inline void assert_name(unsigned i, const char *expected, enum why why)
{
    char text[NAME_TEXT_SIZE];
    assert_true(i < flow.out.count);
    const struct sighting *sighting = &flow.out.list[i];
    assert_int_equal(sighting->spoken, SPOKEN_QUIC);
    assert_int_equal(sighting->seen, SEEN_QUIC);
    assert_int_equal(sighting->why, why);
    assert_int_equal(sighting->has_name, expected != NULL);
    assert_int_not_equal(sighting->evidence[0], 0);
    if (expected != NULL)
        assert_string_equal(name_text(&sighting->name, text), expected);
}

static inline void assert_only(const char *expected, enum why why, enum heard heard)
{
    assert_int_equal(flow.out.count, 1);
    assert_int_equal(flow.heard, heard);
    assert_name(0, expected, why);
}

static inline void assert_nothing(enum heard heard)
{
    assert_int_equal(flow.out.count, 0);
    assert_int_equal(flow.heard, heard);
}

static inline void say_server(uint8_t first, uint32_t version)
{
    uint8_t bytes[64] = {0};
    struct writer w = writer_over(bytes, sizeof bytes);
    write_u8(&w, first);
    write_u32(&w, version);
    packets_id(&w, (struct span){0});
    packets_id(&w, span_of(ids[1], 8));
    if (version == 0)
        write_u32(&w, QUIC_V2);
    else if (first >= 0xf0)
        write_text(&w, "token and a seal of sixteen");
    else
        write_bytes(&w, "\0\5abcde", 7); /* of an Initial; a Handshake packet ends before */
    say(SERVER, writer_span(&w));
}

static inline void say_handshake(void)
{
    say_server(0xe0, QUIC_V1);
}

#endif
