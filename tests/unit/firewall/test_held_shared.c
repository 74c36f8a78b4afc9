/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What held.h promises of memory that processes share: a successor goes on; half an entry and a
 * liar's file harm nobody.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "held_place.h"

/* As held.c lays the file out: a page, then sequence and entry, slot by slot. */
enum { HEADER = 4096, SLOT = 8 + sizeof(struct held_entry) };

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
        cmocka_unit_test(a_successor_goes_on),
        cmocka_unit_test(a_bad_slot_is_passed_over),
        cmocka_unit_test(a_hostile_table_harms_nobody),
        cmocka_unit_test(half_an_entry_is_never_seen),
        cmocka_unit_test(another_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
