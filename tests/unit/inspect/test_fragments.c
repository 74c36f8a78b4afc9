/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_fragments - datagrams in every order, twice, overlapping, too many and too late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "inspect/fragments.h"

static const struct hash_key key = {1, 2};
static struct span whole;
static struct fragment joined;

/* Bytes that say where they stand; `flip` makes them others. */
static bool put(struct fragments *f, uint32_t id, unsigned at, unsigned length, bool more,
                uint8_t flip, bool ipv6, clock_ms now)
{
    static uint8_t bytes[65536];
    for (unsigned i = 0; i < length; i++)
        bytes[i] = (uint8_t)((at + i) * 7) ^ flip;
    const struct fragment fragment = {.id = id,
                                      .protocol = IP_UDP,
                                      .is_ipv6 = ipv6,
                                      .more = more,
                                      .offset = (uint16_t)at,
                                      .bytes = span_of(bytes, length)};
    return fragments_put(f, &fragment, now, &whole, &joined);
}

static void assert_whole(size_t length)
{
    assert_int_equal(whole.length, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(whole.at[i], (uint8_t)(i * 7));
}

static void every_order_and_twice(void **state)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct fragments *f = fragments_new(1 << 20, &key);
    for (unsigned order = 0; order < 12; order++) {
        bool is_ipv6 = order >= 6;
        for (unsigned i = 0; i < 3; i++) {
            unsigned which = orders[order % 6][i];
            unsigned length = which == 2 ? 5 : 16;
            if (i < 2)
                assert_false(put(f, 1, which * 16, length, which < 2, 0, is_ipv6, 0));
            assert_int_equal(put(f, 1, which * 16, length, which < 2, 0, is_ipv6, 0), i == 2);
        }
        assert_whole(37);
    }
    assert_int_equal(fragments_counts(f).joined, 12);
    assert_int_equal(fragments_counts(f).overlaps, 0);
    fragments_free(f);
}

static void overlaps(void **state)
{
    struct fragments *f = fragments_new(1 << 20, &key);
    assert_false(put(f, 1, 0, 16, true, 0, false, 0)); /* IPv4, equal: joined */
    assert_true(put(f, 1, 8, 13, false, 0, false, 0));
    assert_whole(21);
    assert_false(put(f, 2, 0, 16, true, 0, true, 0)); /* IPv6: never */
    assert_false(put(f, 2, 8, 13, false, 0, true, 0));
    assert_false(put(f, 3, 0, 16, true, 0, false, 0)); /* IPv4, other bytes */
    assert_false(put(f, 3, 8, 13, false, 1, false, 0));
    assert_int_equal(fragments_counts(f).overlaps, 2);
    assert_false(put(f, 4, 16, 5, false, 0, false, 0)); /* two ends */
    assert_false(put(f, 4, 16, 6, false, 0, false, 0));
    assert_int_equal(fragments_counts(f).overlaps, 3);
    fragments_free(f);
}

/* Else what an older datagram left in the place would be taken for the missing bytes. */
static void nothing_is_behind_the_end(void **state)
{
    struct fragments *f = fragments_new(0, &key);
    for (unsigned order = 0; order < 2; order++) {
        assert_false(put(f, 1, 0, 24, true, 0, false, 0));
        assert_true(put(f, 1, 24, 8, false, 0, false, 0));
        for (unsigned i = 0; i < 2; i++) {
            bool is_end = i == order;
            assert_false(put(f, 1, is_end ? 8 : 16, is_end ? 5 : 8, !is_end, 0, false, 0));
        }
        assert_int_equal(fragments_counts(f).overlaps, order + 1);
        assert_false(put(f, 1, 0, 8, true, 0, false, 0));
        assert_true(put(f, 1, 8, 8, false, 0, false, 0));
        assert_whole(16);
    }
    fragments_free(f);
}

static void limits_of_length(void **state)
{
    struct fragments *f = fragments_new(1 << 20, &key);
    assert_false(put(f, 1, 65528, 8, false, 0, false, 0));
    assert_false(put(f, 1, 0, 12, true, 0, false, 0));
    assert_false(put(f, 1, 0, 0, true, 0, false, 0));
    assert_int_equal(fragments_counts(f).evicted + fragments_counts(f).overlaps, 0);
    assert_false(put(f, 1, 0, 65528, true, 0, false, 0));
    assert_true(put(f, 1, 65528, 7, false, 0, false, 0));
    assert_whole(65535);
    fragments_free(f);
}

static void the_oldest_goes_first(void **state)
{
    struct fragments *f = fragments_new(0, &key); /* one place */
    assert_false(put(f, 1, 0, 8, true, 0, false, 0));
    assert_false(put(f, 2, 0, 8, true, 0, false, 1));
    assert_false(put(f, 1, 8, 8, false, 0, false, 2));
    assert_int_equal(fragments_counts(f).evicted, 2);
    assert_true(put(f, 1, 0, 8, true, 0, false, 3));
    fragments_free(f);
}

/* What is joined leaves room: one that waits is not driven out by many that do not. */
static void the_whole_go_before_the_oldest(void **state)
{
    struct fragments *f = fragments_new(1 << 18, &key);
    assert_false(put(f, 1000, 0, 8, true, 0, false, 0));
    for (unsigned id = 0; id < 100; id++) {
        assert_false(put(f, id, 0, 8, true, 0, false, 1));
        assert_true(put(f, id, 8, 8, false, 0, false, 1));
    }
    assert_true(put(f, 1000, 8, 8, false, 0, false, 2));
    assert_int_equal(fragments_counts(f).evicted, 0);
    assert_int_equal(fragments_counts(f).joined, 101);
    fragments_free(f);
}

/* Ends, VLAN, tunnel and version are part of what a number belongs to; the protocol of IPv6 not. */
static void numbers_belong_to_their_ends(void **state)
{
    static const uint8_t bytes[16];
    struct fragments *f = fragments_new(1 << 20, &key);
    struct fragment first = {.id = 7, .protocol = IP_UDP, .more = true, .bytes = {bytes, 8}};
    assert_false(fragments_put(f, &first, 0, &whole, &joined));
    for (unsigned i = 0; i < 7; i++) {
        struct fragment last = {.id = 7, .protocol = IP_UDP, .offset = 8, .bytes = {bytes, 8}};
        last.source.bytes[15] = i == 0;
        last.destination.bytes[0] = i == 1;
        last.vlan = i == 2;
        last.tunnel = i == 3;
        last.is_ipv6 = i == 4;
        last.id += i == 5;
        last.protocol = i == 6 ? IP_TCP : IP_UDP;
        assert_false(fragments_put(f, &last, 0, &whole, &joined));
    }
    first.is_ipv6 = true;
    first.id = 9;
    assert_false(fragments_put(f, &first, 0, &whole, &joined));
    struct fragment last = {
        .id = 9, .protocol = 60, .is_ipv6 = true, .offset = 8, .bytes = {bytes, 8}};
    assert_true(fragments_put(f, &last, 0, &whole, &joined));
    assert_int_equal(joined.protocol, IP_UDP); /* that of the first */
    last.cut = true;
    assert_false(fragments_put(f, &last, 0, &whole, &joined));
    fragments_free(f);
}

static void nobody_waits_for_ever(void **state)
{
    struct fragments *f = fragments_new(1 << 20, &key);
    assert_false(put(f, 1, 0, 8, true, 0, false, 5));
    assert_false(put(f, 1, 8, 8, false, 0, false, 6 + FRAGMENTS_WAIT_MS));
    assert_int_equal(fragments_counts(f).timed_out, 1);
    assert_true(put(f, 1, 0, 8, true, 0, false, 6 + 2 * FRAGMENTS_WAIT_MS));
    fragments_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_and_twice),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(nothing_is_behind_the_end),
        cmocka_unit_test(limits_of_length),
        cmocka_unit_test(the_oldest_goes_first),
        cmocka_unit_test(the_whole_go_before_the_oldest),
        cmocka_unit_test(numbers_belong_to_their_ends),
        cmocka_unit_test(nobody_waits_for_ever),
    };
    return cmocka_run_group_tests_name("inspect/fragments", tests, NULL, NULL);
}
