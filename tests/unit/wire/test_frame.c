/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_frame - every wrapping gives the same segment, and what ends too early is told apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packets/packets.h"

static uint8_t buffer[4096];

static struct span frame_of(const struct packets_shape *shape, const struct segment *segment)
{
    struct writer w = writer_over(buffer, sizeof buffer);
    packets_frame(&w, shape, segment);
    assert_false(w.failed);
    return writer_span(&w);
}

static struct segment sample(bool ipv6)
{
    struct segment s = ipv6 ? packets_segment("2001:db8:1::3", 40000, "2001:db8::1", 443)
                            : packets_segment("10.1.2.3", 40000, "192.0.2.1", 443);
    s.sequence = UINT32_MAX;
    s.acknowledgement = 0x01020304;
    s.payload = span_text("said");
    return s;
}

static void assert_reads(const struct packets_shape *shape, const struct segment *expected)
{
    struct segment got = {0};
    struct fragment fragment;
    struct span frame = frame_of(shape, expected);
    assert_int_equal(frame_read(shape->link, frame, frame.length, &got, &fragment), FRAME_SEGMENT);
    assert_true(address_equal(&got.source, &expected->source));
    assert_true(address_equal(&got.destination, &expected->destination));
    assert_int_equal(got.source_port, expected->source_port);
    assert_int_equal(got.destination_port, expected->destination_port);
    assert_int_equal(got.transport, expected->transport);
    assert_int_equal(got.tunnel, expected->tunnel);
    assert_int_equal(got.vlan, expected->vlan);
    assert_true(span_equal(got.payload, expected->payload));
    assert_int_equal(got.sent, got.payload.length);
    assert_false(got.cut);
    bool is_tcp = expected->transport == IP_TCP;
    assert_int_equal(got.tcp_flags, is_tcp ? expected->tcp_flags : 0);
    assert_int_equal(got.sequence, is_tcp ? expected->sequence : 0);
    assert_int_equal(got.acknowledgement, is_tcp ? expected->acknowledgement : 0);
}

/* Whatever is missing behind, it is cut where it was sent, and otherwise malformed or padding. */
static void assert_ends(const struct packets_shape *shape, const struct segment *segment)
{
    struct segment got;
    struct fragment fragment;
    struct span frame = frame_of(shape, segment);
    for (size_t length = 0; length < frame.length - shape->trailer; length++) {
        uint8_t *exact = test_malloc(length + 1);
        memcpy(exact, frame.at, length);
        struct span part = span_of(exact, length);
        enum frame cut = frame_read(shape->link, part, frame.length, &got, &fragment);
        assert_true(cut == FRAME_CUT || (cut == FRAME_SEGMENT && got.cut) ||
                    segment->tunnel == TUNNEL_VXLAN);
        enum frame is = frame_read(shape->link, part, length, &got, &fragment);
        assert_true(is == FRAME_MALFORMED || segment->tunnel == TUNNEL_VXLAN);
        test_free(exact);
    }
}

static void every_link_and_wrapping(void **state)
{
    static const struct packets_shape shapes[] = {
        {.link = LINK_ETHERNET, .trailer = 9},
        {.link = LINK_ETHERNET, .pppoe = true},
        {.link = LINK_ETHERNET, .labels = 3},
        {.link = LINK_COOKED, .tcp_options = 40},
        {.link = LINK_COOKED2, .ip_options = 40},
        {.link = LINK_RAW, .extensions = 31},
        {.link = LINK_LOOPBACK, .gre_flags = 0xb000},
        {.link = LINK_COOKED2, .pppoe = true, .labels = 2},
        {.link = LINK_ETHERNET, .outer_ipv6 = true},
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        for (unsigned how = 0; how < 4 * TUNNEL_COUNT; how++) {
            struct segment s = sample(how & 1);
            s.transport = how & 2 ? IP_UDP : IP_TCP;
            s.tunnel = (uint8_t)(how / 4);
            assert_reads(&shapes[i], &s);
            assert_ends(&shapes[i], &s);
        }
    }
}

static void tags_are_read(void **state)
{
    const struct packets_shape shape = {.link = LINK_ETHERNET};
    struct segment s = sample(false);
    s.vlan = 4094u << 12 | 7;
    assert_reads(&shape, &s);
    s.vlan = 5u << 12;
    assert_reads(&shape, &s);
}

static void lengths_that_contradict_are_malformed(void **state)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct segment s = sample(false), got;
    struct fragment fragment;
    struct span frame = frame_of(&shape, &s);
    static const struct {
        uint8_t at, value;
    } wrong[] = {{0, 0x44}, {0, 0x15}, {3, 19}, {3, 200}, {32, 0x40}, {32, 0xf0}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint8_t before = buffer[wrong[i].at];
        buffer[wrong[i].at] = wrong[i].value;
        assert_int_equal(frame_read(LINK_RAW, frame, frame.length, &got, &fragment),
                         FRAME_MALFORMED);
        buffer[wrong[i].at] = before;
    }
    assert_int_equal(frame_read(LINK_COUNT, frame, frame.length, &got, &fragment), FRAME_OTHER);
}

/* A network card that cuts packets itself leaves the length 0. */
static void a_length_of_nought_means_all(void **state)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct segment s = sample(false), got;
    struct fragment fragment;
    struct span frame = frame_of(&shape, &s);
    buffer[2] = buffer[3] = 0;
    assert_int_equal(frame_read(LINK_RAW, frame, frame.length, &got, &fragment), FRAME_SEGMENT);
    assert_true(span_equal(got.payload, s.payload));
}

/* `most` bytes of a transport at a time, each read from a frame of its own; joined again by hand.
 */
static void assert_fragments(const struct packets_shape *shape, const struct segment *s,
                             size_t most)
{
    static uint8_t whole[2048], joined[2048];
    struct writer w = writer_over(whole, sizeof whole);
    struct fragment got = {0};
    struct segment segment;
    packets_transport(&w, shape, s);
    size_t length = writer_length(&w);
    for (size_t at = 0; at < length; at += most) {
        size_t part = length - at < most ? length - at : most;
        const struct fragment made = {.source = s->source,
                                      .destination = s->destination,
                                      .vlan = s->vlan,
                                      .id = 0xfffe,
                                      .protocol = s->transport,
                                      .tunnel = s->tunnel,
                                      .more = at + part < length,
                                      .offset = (uint16_t)at,
                                      .bytes = span_of(whole + at, part)};
        struct writer frame = writer_over(buffer, sizeof buffer);
        packets_fragment(&frame, shape, &made);
        struct span bytes = writer_span(&frame);
        assert_int_equal(frame_read(shape->link, bytes, bytes.length, &segment, &got),
                         FRAME_FRAGMENT);
        assert_true(address_equal(&got.source, &made.source));
        assert_true(address_equal(&got.destination, &made.destination));
        assert_true(got.vlan == made.vlan && got.id == made.id && got.protocol == made.protocol);
        assert_true(got.tunnel == made.tunnel && got.more == made.more && !got.cut);
        assert_int_equal(got.is_ipv6, !address_is_ipv4(&s->source));
        assert_int_equal(got.offset, at);
        assert_true(span_equal(got.bytes, made.bytes));
        memcpy(joined + at, got.bytes.at, part);
        assert_int_equal(frame_read(shape->link,
                                    span_of(bytes.at, bytes.length - shape->trailer - 1),
                                    bytes.length, &segment, &got),
                         FRAME_FRAGMENT);
        assert_true(got.cut && got.bytes.length == part - 1);
    }
    assert_int_equal(frame_read_joined(&got, span_of(joined, length), &segment), FRAME_SEGMENT);
    assert_true(address_equal(&segment.source, &s->source) && segment.vlan == s->vlan);
    assert_true(segment.tunnel == s->tunnel && segment.source_port == s->source_port);
    assert_true(span_equal(segment.payload, s->payload));
    assert_int_equal(frame_read_joined(&got, span_of(joined, 7), &segment), FRAME_MALFORMED);
}

static void fragments_are_told(void **state)
{
    static const uint8_t payload[900] = {1, 2, 3};
    static const struct packets_shape shapes[] = {
        {.link = LINK_ETHERNET, .trailer = 5},
        {.link = LINK_RAW, .ip_options = 12, .extensions = 3}};
    for (unsigned how = 0; how < 4 * TUNNEL_COUNT; how++) {
        struct segment s = sample(how & 1);
        s.payload = span_of(payload, sizeof payload);
        s.transport = how & 2 ? IP_UDP : IP_TCP;
        s.tunnel = (uint8_t)(how / 4);
        s.vlan = 0;
        assert_fragments(&shapes[1], &s, 8);
        assert_fragments(&shapes[1], &s, 512);
        s.vlan = 9u << 12;
        assert_fragments(&shapes[0], &s, 256);
    }
}

/* What was joined is no fragment again, and may be a tunnel. */
static void joined_is_read_once(void **state)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct fragment joined = {.is_ipv6 = true, .protocol = 44};
    struct segment s = sample(false), got;
    static const uint8_t again[16] = {IP_UDP, 0, 0, 1};
    assert_int_equal(frame_read_joined(&joined, span_of(again, 16), &got), FRAME_MALFORMED);
    struct span frame = frame_of(&shape, &s);
    joined = (struct fragment){.protocol = 4};
    assert_int_equal(frame_read_joined(&joined, frame, &got), FRAME_SEGMENT);
    assert_int_equal(got.tunnel, TUNNEL_IP);
    assert_true(address_equal(&got.source, &s.source));
    buffer[6] = 0x20;
    assert_int_equal(frame_read_joined(&joined, frame, &got), FRAME_MALFORMED);
}

static enum frame raw_with(const struct segment *s, size_t at, uint8_t value)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct segment got;
    struct fragment fragment;
    struct span frame = frame_of(&shape, s);
    buffer[at] = value;
    return frame_read(LINK_RAW, frame, frame.length, &got, &fragment);
}

static void one_tunnel_is_opened(void **state)
{
    struct segment s = sample(false);
    s.tunnel = TUNNEL_IP;
    assert_int_equal(raw_with(&s, 29, 47), FRAME_OTHER);
    assert_int_equal(raw_with(&s, 29, 4), FRAME_OTHER);
    assert_int_equal(raw_with(&s, 9, 89), FRAME_OTHER); /* OSPF */
    s.tunnel = TUNNEL_GRE;
    assert_int_equal(raw_with(&s, 21, 1), FRAME_OTHER);    /* PPTP */
    assert_int_equal(raw_with(&s, 20, 0x40), FRAME_OTHER); /* source routes */
    assert_int_equal(raw_with(&s, 22, 0x88), FRAME_OTHER);
}

/* A datagram to the port of VXLAN is that datagram, unless it holds a frame that can be read. */
static void not_all_is_vxlan(void **state)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct segment s = sample(false), got;
    struct fragment fragment;
    s.tunnel = TUNNEL_VXLAN;
    struct span frame = frame_of(&shape, &s);
    buffer[28] = 0; /* no network is named */
    assert_int_equal(frame_read(LINK_RAW, frame, frame.length, &got, &fragment), FRAME_SEGMENT);
    assert_true(got.tunnel == TUNNEL_NONE && got.destination_port == 4789);
    assert_ptr_equal(got.payload.at, buffer + 28);
    buffer[28] = 8;
    buffer[36 + 12] = 0x86; /* not IP */
    assert_int_equal(frame_read(LINK_RAW, frame, frame.length, &got, &fragment), FRAME_SEGMENT);
    assert_true(got.tunnel == TUNNEL_NONE && got.transport == IP_UDP);
}

static void addresses_of_ipv4_are_none_of_ipv6(void **state)
{
    const struct packets_shape shape = {.link = LINK_RAW};
    struct segment s = sample(true), got;
    struct fragment fragment;
    for (unsigned at = 8; at <= 24; at += 16) {
        struct span frame = frame_of(&shape, &s);
        memset(buffer + at, 0, 10);
        memset(buffer + at + 10, 0xff, 2);
        assert_int_equal(frame_read(LINK_RAW, frame, frame.length, &got, &fragment),
                         FRAME_MALFORMED);
    }
}

/* Families as every system numbers them, in both byte orders. */
static void loopback_of_any_machine(void **state)
{
    static const uint8_t families[] = {2, 10, 24, 28, 30};
    const struct packets_shape shape = {.link = LINK_LOOPBACK};
    struct segment s = sample(true), got;
    struct fragment fragment;
    struct span frame = frame_of(&shape, &s);
    for (unsigned i = 0; i < 2 * COUNT_OF(families); i++) {
        memset(buffer, 0, 4);
        buffer[i & 1 ? 3 : 0] = families[i / 2];
        assert_int_equal(frame_read(LINK_LOOPBACK, frame, frame.length, &got, &fragment),
                         FRAME_SEGMENT);
    }
    buffer[3] = 7;
    assert_int_equal(frame_read(LINK_LOOPBACK, frame, frame.length, &got, &fragment), FRAME_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_and_wrapping),
        cmocka_unit_test(tags_are_read),
        cmocka_unit_test(lengths_that_contradict_are_malformed),
        cmocka_unit_test(a_length_of_nought_means_all),
        cmocka_unit_test(fragments_are_told),
        cmocka_unit_test(joined_is_read_once),
        cmocka_unit_test(one_tunnel_is_opened),
        cmocka_unit_test(not_all_is_vxlan),
        cmocka_unit_test(addresses_of_ipv4_are_none_of_ipv6),
        cmocka_unit_test(loopback_of_any_machine),
    };
    return cmocka_run_group_tests_name("wire/frame", tests, NULL, NULL);
}
