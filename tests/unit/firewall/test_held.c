/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What held.h promises: one entry for one key, its end moved; limits in all and a minute; nobody
 * protected; an end for every one, in order; a successor goes on; half an entry and a liar's file
 * harm nobody.
 */
#include "firewall/held.h"

#include "wire/frame.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../base/texts.h"

#define SECONDS(n) ((clock_us)(n)*1000 * 1000)

static const clock_us start = SECONDS(1764000000);
static const struct held_limits limits = {.most = 64, .per_minute = 1000, .seconds = 300};

/* As held.c lays the file out: a page, then sequence and entry, slot by slot. */
enum { HEADER = 4096, SLOT = 8 + sizeof(struct held_entry) };

struct place {
    int fd;
    struct held *writer, *reader;
};

static struct place open_place(uint32_t most)
{
    struct place p;
    assert_int_equal(held_make(most, &p.fd), STATUS_OK);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    assert_int_equal(held_open(p.fd, false, &p.reader), STATUS_OK);
    return p;
}

static void close_place(struct place *p)
{
    held_close(p->writer);
    held_close(p->reader);
    close(p->fd);
}

static struct held_entry entry_of(enum hold hold, const char *client, const char *server,
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

static enum held_answer put(struct held *held, const struct held_entry *entry, clock_us now)
{
    return held_put(held, &limits, NULL, 0, entry, now);
}

static enum held_answer put_numbered(struct held *held, const struct held_limits *with,
                                     uint16_t number, clock_us now)
{
    const struct held_entry entry = entry_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1", number);
    return held_put(held, with, NULL, 0, &entry, now);
}

struct seen_entries {
    unsigned count;
    struct held_entry last;
};

static void on_entry(void *owner, const struct held_entry *entry)
{
    struct seen_entries *seen = owner;
    seen->count++;
    seen->last = *entry;
}

static struct seen_entries look(const struct held *held, clock_us now)
{
    struct seen_entries seen = {0};
    held_each(held, now, on_entry, &seen);
    return seen;
}

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
        now += (number >> 24) * 1000;
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

static void a_successor_goes_on(void **state)
{
    struct place p = open_place(64);
    struct held_entry out;

    for (uint16_t i = 0; i < 10; i++)
        assert_int_equal(put_numbered(p.writer, &limits, i, start + SECONDS(10 - i)), HELD_NEW);
    held_close(p.writer);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    assert_int_equal(put_numbered(p.writer, &limits, 4, start + SECONDS(20)), HELD_AGAIN);
    assert_int_equal(held_counts(p.writer, start).held, 10);
    assert_int_equal(held_counts(p.writer, start).now, 10);
    assert_true(held_take(p.writer, NULL, start + SECONDS(400), &out));
    assert_int_equal(out.stop.client_port, 9); /* the first to end */
    close_place(&p);
}

/* A writer that died in an entry; texts without an end; numbers that are none. */
static void a_bad_slot_is_passed_over(void **state)
{
    struct place p = open_place(64);
    uint8_t *bytes = mmap(NULL, HEADER + 64 * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    struct held_entry *const first = (void *)(bytes + HEADER + 8), keep;

    assert_int_equal(put_numbered(p.writer, &limits, 1, start), HELD_NEW);
    assert_int_equal(put_numbered(p.writer, &limits, 2, start), HELD_NEW);
    assert_int_equal(first->stop.client_port, 1);
    keep = *first;
    bytes[HEADER] |= 1;
    assert_int_equal(look(p.reader, start).count, 1);
    bytes[HEADER] &= 0xfe;
    memset(first->app, 'a', sizeof first->app);
    memset(first->rule, 'r', sizeof first->rule);
    memset(first->ticket, 't', sizeof first->ticket);
    held_close(p.writer);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    const struct address client = address_of("10.0.0.1");
    struct held_entry out;
    assert_true(held_take(p.writer, &client, start, &out));
    assert_int_equal(strlen(out.app), sizeof out.app - 1);
    assert_int_equal(strlen(out.rule), sizeof out.rule - 1);
    assert_int_equal(strlen(out.ticket), sizeof out.ticket - 1);
    *first = keep;
    first->stop.hold = HOLD_COUNT;
    assert_int_equal(look(p.reader, start).count, 1);
    *first = keep;
    first->stop.protocol = PROTOCOL_COUNT;
    assert_int_equal(look(p.reader, start).count, 1);
    *first = keep;
    bytes[HEADER] |= 1;
    held_close(p.writer);
    assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
    assert_int_equal(held_counts(p.reader, start).now, 1);
    assert_int_equal(put_numbered(p.writer, &limits, 1, start), HELD_NEW);
    assert_int_equal(look(p.reader, start).count, 2);
    munmap(bytes, HEADER + 64 * SLOT);
    close_place(&p);
}

static void a_hostile_table_harms_nobody(void **state)
{
    struct place p = open_place(64);
    uint8_t *bytes = mmap(NULL, HEADER + 64 * SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    struct held_entry out;
    uint32_t number = 7;

    for (unsigned round = 0; round < 50; round++) {
        for (size_t i = 16; i < HEADER + 64 * SLOT; i++) {
            number = number * 1664525 + 1013904223;
            bytes[i] = round % 2 == 0 ? (uint8_t)(number >> 24) : (uint8_t)(number >> 24 & 1);
        }
        held_close(p.writer);
        assert_int_equal(held_open(p.fd, true, &p.writer), STATUS_OK);
        (void)look(p.reader, start);
        (void)held_counts(p.reader, start);
        for (uint16_t i = 0; i < 100; i++)
            (void)put_numbered(p.writer, &limits, i, start + SECONDS(i));
        while (held_take(p.writer, NULL, UINT64_MAX, &out))
            ;
        assert_int_equal(held_counts(p.writer, 0).now, 0);
        assert_int_equal(put_numbered(p.writer, &limits, 1, start + SECONDS(9999)), HELD_NEW);
    }
    munmap(bytes, HEADER + 64 * SLOT);
    close_place(&p);
}

static void on_whole_entry(void *owner, const struct held_entry *entry)
{
    unsigned *broken = owner;
    const char letter = entry->app[0];
    *broken += entry->stop.sequence != (uint32_t)letter || entry->rule[0] != letter ||
               entry->ticket[sizeof entry->ticket - 2] != letter;
}

/* Somebody writes one slot over and over: what is read is what was written at one time. */
static void half_an_entry_is_never_seen(void **state)
{
    struct place p = open_place(16);
    unsigned broken = 0;
    int code;

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (unsigned i = 0; i < 300000; i++) {
            struct held_entry entry = entry_of(HOLD_FLOW, "10.0.0.1", "192.0.2.1", 1);
            const char letter = (char)('a' + i % 26);
            entry.stop.sequence = (uint32_t)letter;
            memset(entry.app, letter, sizeof entry.app);
            memset(entry.rule, letter, sizeof entry.rule);
            memset(entry.ticket, letter, sizeof entry.ticket);
            if (put(p.writer, &entry, start) > HELD_AGAIN)
                _exit(1);
        }
        _exit(0);
    }
    while (waitpid(child, &code, WNOHANG) == 0)
        held_each(p.reader, start, on_whole_entry, &broken);
    assert_int_equal(code, 0);
    assert_int_equal(broken, 0);
    assert_int_equal(look(p.reader, start).last.times, 300000);
    close_place(&p);
}

static int file_of(const void *header, size_t length, off_t size, bool sealed)
{
    int fd = memfd_create("held", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(pwrite(fd, header, length, 0), length);
    if (sealed)
        assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
    return fd;
}

static void another_file_is_refused(void **state)
{
    uint8_t good[64], bad[64];
    const off_t size = HEADER + 64 * SLOT;
    struct held *held;
    int fd;

    assert_int_equal(held_make(0, &fd), STATUS_INVALID);
    assert_int_equal(held_make(UINT32_MAX, &fd), STATUS_INVALID);
    assert_int_equal(held_make(64, &fd), STATUS_OK);
    assert_int_equal(pread(fd, good, sizeof good, 0), sizeof good);
    close(fd);
    const struct {
        size_t broken; /* which byte of the header; 64: none */
        off_t size;
        bool sealed;
        enum status expected;
    } cases[] = {
        {64, size, true, STATUS_OK},          {64, size, false, STATUS_CORRUPT},
        {64, size - 1, true, STATUS_CORRUPT}, {64, size + 1, true, STATUS_CORRUPT},
        {64, HEADER, true, STATUS_CORRUPT},   {0, size, true, STATUS_CORRUPT},
        {4, size, true, STATUS_CORRUPT},      {8, size, true, STATUS_CORRUPT},
        {11, size, true, STATUS_CORRUPT},     {12, size, true, STATUS_CORRUPT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memcpy(bad, good, sizeof bad);
        if (cases[i].broken < sizeof bad)
            bad[cases[i].broken] ^= 0xff;
        fd = file_of(bad, sizeof bad, cases[i].size, cases[i].sealed);
        enum status status = held_open(fd, i % 2 == 0, &held);
        assert_int_equal(status, cases[i].expected);
        if (status == STATUS_OK)
            held_close(held);
        close(fd);
    }
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(held_open(pipes[0], false, &held), STATUS_CORRUPT);
    close(pipes[0]);
    close(pipes[1]);
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
        cmocka_unit_test(a_successor_goes_on),
        cmocka_unit_test(a_bad_slot_is_passed_over),
        cmocka_unit_test(a_hostile_table_harms_nobody),
        cmocka_unit_test(half_an_entry_is_never_seen),
        cmocka_unit_test(another_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
