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
    assert_false(got.cut);
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
        {.link = LINK_ETHERNET, .trailer = 9},        {.link = LINK_ETHERNET, .pppoe = true},
        {.link = LINK_ETHERNET, .labels = 3},         {.link = LINK_COOKED, .tcp_options = 40},
        {.link = LINK_COOKED2, .ip_options = 40},     {.link = LINK_RAW, .extensions = 31},
        {.link = LINK_LOOPBACK, .gre_flags = 0xb000},
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        for (unsigned how = 0; how < 2 * TUNNEL_COUNT; how++) {
            struct segment s = sample(how & 1);
            s.tunnel = (uint8_t)(how / 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_and_wrapping),
        cmocka_unit_test(tags_are_read),
        cmocka_unit_test(lengths_that_contradict_are_malformed),
        cmocka_unit_test(a_length_of_nought_means_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
