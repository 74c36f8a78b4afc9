/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What held.h promises: one entry for one key, its end moved; limits in all and a minute; nobody
 * protected; an end for every one, in order; an address is released.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "held_place.h"

static void what_is_put_is_read(void **state)
{
    struct place p = open_place(64);
    const struct held_entry entry = entry_of(HOLD_PAIR, "10.0.0.1", "192.0.2.1", 1000);

    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    struct seen_entries seen = look(p.reader, start);
    assert_int_equal(seen.count, 1);
    assert_memory_equal(&seen.last.stop, &entry.stop, sizeof entry.stop);
    assert_string_equal(seen.last.app, "WeChat");
    assert_string_equal(seen.last.rule, "domain: wechat.com");
    assert_string_equal(seen.last.ticket, "SEC-1");
    assert_int_equal(seen.last.since, start);
    assert_int_equal(seen.last.until, start + SECONDS(300));
    assert_int_equal(seen.last.times, 1);
    assert_int_equal(look(p.reader, start + SECONDS(300)).count, 0);
    const struct held_counts counts = held_counts(p.reader, start);
    assert_int_equal(counts.held, 1);
    assert_int_equal(counts.now, 1);
    assert_int_equal(held_counts(p.reader, start + SECONDS(300)).now, 0);
    assert_int_equal(held_counts(p.writer, start + SECONDS(300)).now, 0);
    close_place(&p);
}

static void again_moves_the_end(void **state)
{
    struct place p = open_place(64);
    struct held_entry entry = entry_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1", 1000), out;

    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    snprintf(entry.rule, sizeof entry.rule, "address: 192.0.2.1");
    assert_int_equal(put(p.writer, &entry, start + SECONDS(100)), HELD_AGAIN);
    assert_int_equal(put(p.writer, &entry, start + SECONDS(200)), HELD_AGAIN);
    struct seen_entries seen = look(p.reader, start + SECONDS(499));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.times, 3);
    assert_int_equal(seen.last.since, start);
    assert_int_equal(seen.last.last, start + SECONDS(200));
    assert_string_equal(seen.last.rule, "address: 192.0.2.1");
    assert_false(held_take(p.writer, NULL, start + SECONDS(499), &out));
    /* Its end came, and nobody took it out: it is a new one. */
    assert_int_equal(put(p.writer, &entry, start + SECONDS(500)), HELD_NEW);
    seen = look(p.reader, start + SECONDS(500));
    assert_int_equal(seen.last.times, 1);
    assert_int_equal(seen.last.since, start + SECONDS(500));
    assert_int_equal(held_counts(p.reader, start).held, 2);
    close_place(&p);
}

/* What tells one from another depends on what is held. */
static void the_key_is_what_is_held(void **state)
{
    struct place p = open_place(64);
    struct held_entry entry = entry_of(HOLD_DESTINATION, "10.0.0.1", "192.0.2.1", 1000);

    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry = entry_of(HOLD_DESTINATION, "10.0.0.2", "192.0.2.1", 2000);
    assert_int_equal(put(p.writer, &entry, start), HELD_AGAIN);
    entry.stop.hold = HOLD_PAIR;
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry.stop.client_port = 2001;
    assert_int_equal(put(p.writer, &entry, start), HELD_AGAIN);
    entry.stop.server_port = 80;
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry.stop.transport = IP_UDP;
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry.stop.hold = HOLD_FLOW;
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry.stop.client_port = 2002;
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    entry.stop.hold = HOLD_COUNT;
    assert_int_equal(put(p.writer, &entry, start), HELD_REFUSED);
    entry.stop.hold = HOLD_FLOW;
    entry.stop.client_port = 2003;
    entry.stop.seen = SEEN_COUNT; /* nobody could show it, nor release it */
    assert_int_equal(put(p.writer, &entry, start), HELD_REFUSED);
    assert_int_equal(held_counts(p.reader, start).now, 6);
    close_place(&p);
}

static void the_protected_are_not_held(void **state)
{
    struct place p = open_place(64);
    const struct prefix protected[] = {prefix_of("198.51.100.0/24"), prefix_of("2001:db8:5::/48")};
    const struct {
        const char *client, *server;
        enum held_answer expected;
    } cases[] = {
        {"10.0.0.1", "198.51.100.7", HELD_REFUSED},
        {"198.51.100.7", "192.0.2.1", HELD_REFUSED},
        {"2001:db8:5::1", "2001:db8::1", HELD_REFUSED},
        {"2001:db8::1", "2001:db8:5::1", HELD_REFUSED},
        {"2001:db8::1", "64:ff9b::198.51.100.7", HELD_REFUSED},
        {"10.0.0.1", "198.51.101.7", HELD_NEW},
        {"2001:db8::1", "64:ff9b::198.51.101.7", HELD_NEW},
    };

    for (enum hold hold = 0; hold < HOLD_COUNT; hold++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            const struct held_entry entry = entry_of(hold, cases[i].client, cases[i].server, 1);
            assert_int_equal(
                held_put(p.writer, &limits, protected, COUNT_OF(protected), &entry, start),
                cases[i].expected);
        }
    }
    assert_int_equal(held_counts(p.reader, start).refused, 5 * HOLD_COUNT);
    assert_int_equal(held_counts(p.reader, start).now, 2 * HOLD_COUNT);
    close_place(&p);
}

static void when_full_the_ended_make_room(void **state)
{
    struct place p = open_place(8);
    const struct held_limits fewer = {.most = 5, .per_minute = 1000, .seconds = 60};

    for (uint16_t i = 0; i < 5; i++)
        assert_int_equal(put_numbered(p.writer, &fewer, i, start + SECONDS(i)), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &fewer, 5, start + SECONDS(5)), HELD_FULL);
    assert_int_equal(put_numbered(p.writer, &fewer, 3, start + SECONDS(6)), HELD_AGAIN);
    assert_int_equal(put_numbered(p.writer, &fewer, 5, start + SECONDS(60)), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &fewer, 6, start + SECONDS(60)), HELD_FULL);
    assert_int_equal(put_numbered(p.writer, &limits, 6, start + SECONDS(60)), HELD_NEW);
    assert_int_equal(held_counts(p.reader, start).full, 2);
    /* What the file holds is a limit as well. */
    for (uint16_t i = 7; i < 9; i++)
        assert_int_equal(put_numbered(p.writer, &limits, i, start + SECONDS(60)), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &limits, 9, start + SECONDS(60)), HELD_FULL);
    close_place(&p);
}

static void so_many_new_ones_a_minute(void **state)
{
    struct place p = open_place(1024);
    const struct held_limits slow = {.most = 1024, .per_minute = 60, .seconds = 3600};
    uint16_t number = 0;

    for (; number < 60; number++)
        assert_int_equal(put_numbered(p.writer, &slow, number, start), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &slow, number, start), HELD_FULL);
    assert_int_equal(put_numbered(p.writer, &slow, 0, start), HELD_AGAIN); /* is no new one */
    assert_int_equal(put_numbered(p.writer, &slow, number++, start + SECONDS(1)), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &slow, number, start + SECONDS(1)), HELD_FULL);
    /* A clock that goes back gives nothing away. */
    assert_int_equal(put_numbered(p.writer, &slow, number, start - SECONDS(9999)), HELD_FULL);
    /* Nor does a writer that dies. */
    held_close(p.writer);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    assert_int_equal(put_numbered(p.writer, &slow, number, start - SECONDS(9999)), HELD_FULL);
    unsigned taken = 0;
    while (put_numbered(p.writer, &slow, number, start + SECONDS(9999)) == HELD_NEW) {
        number++;
        taken++;
    }
    assert_int_equal(taken, 60); /* never more at once */
    close_place(&p);
}

/* Against a plain list, over many steps. */
static void ends_come_in_order(void **state)
{
    enum { FLOWS = 400, STEPS = 20000 };
    struct place p = open_place(512);
    struct held_limits some = {.most = 512, .per_minute = 1 << 20};
    clock_us untils[FLOWS] = {0}, now = start;
    struct held_entry out;
    uint32_t number = 1;

    for (unsigned step = 0; step < STEPS; step++) {
        number = number * 1664525 + 1013904223;
        const uint16_t flow = (uint16_t)((number >> 8) % FLOWS);
        some.seconds = 1 + (number >> 20) % 90;
        enum held_answer expected = untils[flow] > now ? HELD_AGAIN : HELD_NEW;
        assert_int_equal(put_numbered(p.writer, &some, flow, now), expected);
        untils[flow] = now + SECONDS(some.seconds);
        now += (clock_us)(number >> 24) * 1000;
        clock_us before = 0;
        while (held_take(p.writer, NULL, now, &out)) {
            assert_int_equal(out.until, untils[out.stop.client_port]);
            assert_true(out.until <= now && out.until >= before);
            before = out.until;
            untils[out.stop.client_port] = 0;
        }
        unsigned left = 0;
        for (unsigned i = 0; step % 100 == 0 && i < FLOWS; i++) {
            assert_true(untils[i] == 0 || untils[i] > now);
            left += untils[i] != 0;
        }
        if (step % 100 == 0) {
            assert_int_equal(held_counts(p.writer, now).now, left);
            assert_int_equal(look(p.reader, now).count, left);
        }
    }
    close_place(&p);
}

static void an_address_is_released(void **state)
{
    struct place p = open_place(64);
    const struct address client = address_of("10.0.0.1"), server = address_of("2001:db8::1"),
                         other = address_of("10.9.9.9");
    struct held_entry entry, out;

    for (uint16_t i = 0; i < 10; i++) {
        entry = entry_of(HOLD_FLOW, i % 2 == 0 ? "10.0.0.1" : "10.0.0.2", "192.0.2.1", i);
        assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    }
    entry = entry_of(HOLD_DESTINATION, "2001:db8::5", "2001:db8::1", 1);
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    assert_false(held_take(p.writer, &other, start, &out));
    unsigned taken = 0;
    for (; held_take(p.writer, &client, start, &out); taken++)
        assert_true(address_equal(&out.stop.client, &client));
    assert_int_equal(taken, 5);
    assert_true(held_take(p.writer, &server, start, &out));
    assert_int_equal(out.stop.hold, HOLD_DESTINATION);
    assert_int_equal(held_counts(p.reader, start).now, 5);
    entry = entry_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1", 0);
    assert_int_equal(put(p.writer, &entry, start), HELD_NEW);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_read),
        cmocka_unit_test(again_moves_the_end),
        cmocka_unit_test(the_key_is_what_is_held),
        cmocka_unit_test(the_protected_are_not_held),
        cmocka_unit_test(when_full_the_ended_make_room),
        cmocka_unit_test(so_many_new_ones_a_minute),
        cmocka_unit_test(ends_come_in_order),
        cmocka_unit_test(an_address_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
