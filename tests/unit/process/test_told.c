/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What told.h promises: what was told is read, by whoever maps it; the oldest makes room; a file of
 * another shape is replaced; half an entry is never seen, whoever dies or lies; a file that is cut
 * off ends nobody who reads.
 */
#include "process/told.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../base/texts.h"
#include "../dns/texts.h"

/* As told.c lays the file out. */
enum { HEADER = 4096, SLOT = 128, ENTRY_AT = 12, NAME_AT = 53 };

struct place {
    char folder[64], path[96];
    int fd;
    struct told *writer, *reader;
    uint8_t *bytes; /* the file itself */
    size_t size;
};

static struct place open_place(size_t slots)
{
    struct place p = {.folder = "/tmp/told-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.path, sizeof p.path, "%s/told", p.folder);
    assert_int_equal(told_make(p.path, slots, &p.fd), STATUS_OK);
    assert_int_equal(told_open(p.fd, true, &p.writer), STATUS_OK);
    int fd = open(p.path, O_RDONLY);
    assert_int_equal(told_open(fd, false, &p.reader), STATUS_OK);
    close(fd);
    p.size = HEADER + slots * SLOT;
    p.bytes = mmap(NULL, p.size, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
    assert_ptr_not_equal(p.bytes, MAP_FAILED);
    return p;
}

static void close_place(struct place *p)
{
    munmap(p->bytes, p->size);
    told_close(p->writer);
    told_close(p->reader);
    close(p->fd);
    unlink(p->path);
    assert_int_equal(rmdir(p->folder), 0); /* nothing else is left in it */
}

static struct address numbered(unsigned number)
{
    struct address address = address_of("2001:db8::");
    memcpy(address.bytes + 12, &number, sizeof number);
    return address;
}

static void write_pair(struct told *told, unsigned client, unsigned address, const char *name,
                       uint32_t until)
{
    const struct address c = numbered(client), a = numbered(address);
    const struct name n = name_of(name);
    told_write(told, &c, &a, &n, until);
}

static bool read_pair(const struct told *told, unsigned client, unsigned address, struct name *name,
                      uint32_t *until)
{
    const struct address c = numbered(client), a = numbered(address);
    return told_read(told, &c, &a, name, until);
}

static void expect_name(const struct name *name, const char *expected)
{
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(name, text), expected);
}

static void what_was_told_is_read(void **state)
{
    struct place p = open_place(64);
    struct name name;
    uint32_t until = 0;
    struct stat file;

    assert_false(read_pair(p.reader, 1, 2, &name, &until));
    write_pair(p.writer, 1, 2, "www.example", 1000);
    assert_true(read_pair(p.reader, 1, 2, &name, &until));
    assert_int_equal(until, 1000);
    expect_name(&name, "www.example");
    assert_true(read_pair(p.reader, 1, 2, NULL, &until));
    assert_false(read_pair(p.reader, 2, 1, &name, &until));
    assert_false(read_pair(p.reader, 1, 3, &name, &until));

    write_pair(p.writer, 1, 2, "other.example", 500); /* the newer name, the later end */
    assert_true(read_pair(p.reader, 1, 2, &name, &until));
    assert_int_equal(until, 1000);
    expect_name(&name, "other.example");
    write_pair(p.writer, 1, 2, "other.example", 2000);
    assert_true(read_pair(p.reader, 1, 2, &name, &until));
    assert_int_equal(until, 2000);

    assert_int_equal(fstat(p.fd, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0640);
    close_place(&p);
}

static void the_same_again_writes_nothing(void **state)
{
    struct place p = open_place(4);
    uint8_t before[4 * SLOT];
    write_pair(p.writer, 1, 2, "www.example", 1000);
    memcpy(before, p.bytes + HEADER, sizeof before);
    write_pair(p.writer, 1, 2, "www.example", 1000);
    write_pair(p.writer, 1, 2, "www.example", 1001);
    write_pair(p.writer, 1, 2, "www.example", 10);
    write_pair(p.writer, 1, 2, "www.example", 0);
    assert_memory_equal(before, p.bytes + HEADER, sizeof before);
    close_place(&p);
}

static void long_names_keep_their_end(void **state)
{
    static const struct {
        const char *name, *kept;
    } rows[] = {
        {".", "."},
        /* 76 bytes on the wire */
        {"a23456789012345678901234567890123456789012345678901234567890.x2345678901.x",
         "a23456789012345678901234567890123456789012345678901234567890.x2345678901.x"},
        {"b.a23456789012345678901234567890123456789012345678901234567890.x2345678901.x",
         "a23456789012345678901234567890123456789012345678901234567890.x2345678901.x"},
        {"a23456789012345678901234567890123456789012345678901234567890.x2345678901.xx",
         "x2345678901.xx"},
    };
    struct place p = open_place(64);
    struct name name = name_of(rows[1].name);
    assert_int_equal(name.length, TOLD_NAME_MOST);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        uint32_t until;
        write_pair(p.writer, i, 2, rows[i].name, 1000);
        assert_true(read_pair(p.reader, i, 2, &name, &until));
        expect_name(&name, rows[i].kept);
    }
    const struct name none = {0};
    told_name(&none, &name);
    assert_int_equal(name.length, 0);
    close_place(&p);
}

static void who_ends_first_makes_room_and_it_shows(void **state)
{
    struct place p = open_place(4); /* one bucket */
    const struct address c = numbered(1), a = numbered(99);
    uint32_t until;
    for (unsigned i = 0; i < 4; i++)
        write_pair(p.writer, 1, i, "www.example", 1000 + (i == 2 ? 0 : 10 * (i + 1)));
    assert_false(told_lost(p.reader, &c, &a, 0));
    write_pair(p.writer, 1, 7, "www.example", 5000);
    assert_false(read_pair(p.reader, 1, 2, NULL, &until)); /* 2 ended at 1000 */
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(read_pair(p.reader, 1, i, NULL, &until), i != 2);
    assert_true(read_pair(p.reader, 1, 7, NULL, &until));
    assert_true(told_lost(p.reader, &c, &a, 999));
    assert_false(told_lost(p.reader, &c, &a, 1000)); /* it held no longer then anyway */
    close_place(&p);
}

static void a_file_of_the_same_shape_is_taken_over(void **state)
{
    struct place p = open_place(64);
    struct told *writer, *reader;
    struct stat one, other;
    uint32_t until;
    int fd;
    write_pair(p.writer, 1, 2, "www.example", 1000);

    assert_int_equal(told_make(p.path, 64, &fd), STATUS_OK);
    assert_int_equal(told_open(fd, true, &writer), STATUS_OK);
    assert_int_equal(told_open(fd, false, &reader), STATUS_OK);
    assert_true(read_pair(reader, 1, 2, NULL, &until));
    write_pair(writer, 3, 4, "www.example", 1000);
    assert_true(read_pair(p.reader, 3, 4, NULL, &until));
    told_close(writer);
    told_close(reader);
    close(fd);

    assert_int_equal(told_make(p.path, 128, &fd), STATUS_OK); /* another shape: another file */
    assert_int_equal(told_open(fd, false, &reader), STATUS_OK);
    assert_false(read_pair(reader, 1, 2, NULL, &until));
    assert_true(read_pair(p.reader, 1, 2, NULL, &until)); /* who has the old one keeps it whole */
    assert_int_equal(fstat(fd, &one), 0);
    assert_int_equal(fstat(p.fd, &other), 0);
    assert_int_not_equal(one.st_ino, other.st_ino);
    told_close(reader);
    close(fd);
    close_place(&p);
}

static void what_is_no_table_is_replaced_or_refused(void **state)
{
    struct place p = open_place(64);
    struct told *told;
    int fd;
    char link[128];
    assert_int_equal(told_make(p.path, 0, &fd), STATUS_INVALID);
    assert_int_equal(told_make(p.path, 2, &fd), STATUS_INVALID);
    assert_int_equal(told_make(p.path, 100, &fd), STATUS_INVALID);
    assert_int_equal(told_make(p.path, (size_t)1 << 25, &fd), STATUS_INVALID);
    assert_int_equal(told_make("/nowhere/at/all", 64, &fd), STATUS_SYSTEM);

    assert_int_equal(ftruncate(p.fd, HEADER + 63 * SLOT), 0);
    assert_int_equal(told_open(p.fd, false, &told), STATUS_CORRUPT);
    assert_int_equal(ftruncate(p.fd, HEADER + 64 * SLOT), 0);
    assert_int_equal(told_open(p.fd, false, &told), STATUS_OK);
    told_close(told);
    p.bytes[0] ^= 1;
    assert_int_equal(told_open(p.fd, false, &told), STATUS_CORRUPT);
    assert_int_equal(told_open(-1, false, &told), STATUS_CORRUPT);
    assert_int_equal(told_make(p.path, 64, &fd), STATUS_OK);
    assert_int_equal(told_open(fd, true, &told), STATUS_OK);
    told_close(told);
    close(fd);

    /* A link in its place is not followed. */
    snprintf(link, sizeof link, "%s/aim", p.folder);
    assert_int_equal(rename(p.path, link), 0);
    assert_int_equal(symlink(link, p.path), 0);
    assert_int_equal(told_make(p.path, 64, &fd), STATUS_OK);
    close(fd);
    struct stat file;
    assert_int_equal(lstat(p.path, &file), 0);
    assert_true(S_ISREG(file.st_mode));
    unlink(link);
    told_close(NULL);
    close_place(&p);
}

static void a_file_cut_off_ends_no_reader(void **state)
{
    struct place p = open_place(64);
    const struct address c = numbered(1), a = numbered(2);
    uint32_t until;
    write_pair(p.writer, 1, 2, "www.example", 1000);
    assert_true(read_pair(p.reader, 1, 2, NULL, &until));
    assert_false(told_lost(p.reader, &c, &a, 0));
    for (off_t left = HEADER; left >= 0; left -= HEADER) {
        assert_int_equal(ftruncate(p.fd, left), 0);
        assert_false(read_pair(p.reader, 1, 2, NULL, &until));
        assert_true(told_lost(p.reader, &c, &a, 0));
    }
    assert_int_equal(ftruncate(p.fd, (off_t)p.size), 0);
    assert_false(read_pair(p.reader, 1, 2, NULL, &until));
    write_pair(p.writer, 1, 2, "www.example", 1000);
    assert_true(read_pair(p.reader, 1, 2, NULL, &until));
    close_place(&p);
}

/* One who died in the middle of each slot: first nothing can be written, later all of it again. */
static void a_dead_writer_is_overcome(void **state)
{
    struct place p = open_place(4);
    const struct address c = numbered(1), a = numbered(2);
    uint32_t until, sequence;
    for (unsigned i = 0; i < 4; i++) {
        memcpy(&sequence, p.bytes + HEADER + (size_t)i * SLOT, sizeof sequence);
        sequence++;
        memcpy(p.bytes + HEADER + (size_t)i * SLOT, &sequence, sizeof sequence);
    }
    write_pair(p.writer, 1, 2, "www.example", 1000);
    assert_false(read_pair(p.reader, 1, 2, NULL, &until));
    assert_true(told_lost(p.reader, &c, &a, UINT32_MAX));
    unsigned tries = 1;
    for (; tries < 1000 && !read_pair(p.reader, 1, 2, NULL, &until); tries++)
        write_pair(p.writer, 1, 2, "www.example", 1000);
    assert_in_range(tries, 10, 200);
    for (unsigned i = 0; i < 200; i++)
        for (unsigned n = 3; n < 6; n++)
            write_pair(p.writer, 1, n, "www.example", 1000);
    for (unsigned n = 2; n < 6; n++)
        assert_true(read_pair(p.reader, 1, n, NULL, &until));
    close_place(&p);
}

/* Bytes that no writer of ours left: never an entry, and the place is used again. */
static void a_liar_is_not_believed(void **state)
{
    struct place p = open_place(4);
    const size_t used = NAME_AT - ENTRY_AT + sizeof "\3www\7example" - 1;
    const struct address c = numbered(1), a = numbered(2);
    struct name name;
    uint32_t until;
    srandom(5);
    for (unsigned round = 0; round < 2000; round++) {
        write_pair(p.writer, 1, 2, "www.example", 1000 + 2 * round);
        assert_true(read_pair(p.reader, 1, 2, &name, &until));
        for (unsigned slot = 0; slot < 4; slot++)
            p.bytes[HEADER + slot * SLOT + ENTRY_AT + (size_t)random() % used] ^=
                (uint8_t)(1 + random() % 255);
        if (read_pair(p.reader, 1, 2, &name, &until))
            fail_msg("round %u: a changed entry was read", round);
        assert_true(told_lost(p.reader, &c, &a, UINT32_MAX));
        memset(p.bytes + HEADER, 0, (size_t)4 * SLOT);
    }
    memset(p.bytes + HEADER, 0xff, (size_t)4 * SLOT); /* all odd, all full */
    assert_false(read_pair(p.reader, 1, 2, &name, &until));
    memset(p.bytes + HEADER, 0xfe, (size_t)4 * SLOT);
    assert_false(read_pair(p.reader, 1, 2, &name, &until));
    close_place(&p);
}

enum { WRITERS = 3, PAIRS = 6, ROUNDS = 60000 };

/* The name says who wrote it and the end: an entry of two writers shows. */
static void write_much(struct told *told, unsigned writer)
{
    char text[32];
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        snprintf(text, sizeof text, "w%u.p%u.r%u", writer, i % PAIRS, i);
        write_pair(told, 1, i % PAIRS, text, i);
    }
}

static void several_write_and_nobody_reads_half(void **state)
{
    struct place p = open_place(4);
    pid_t writers[WRITERS];
    unsigned seen = 0;
    for (unsigned w = 0; w < WRITERS; w++) {
        writers[w] = fork();
        if (writers[w] == 0) {
            write_much(p.writer, w);
            _exit(0);
        }
    }
    /* One is killed in the middle of it. */
    for (unsigned i = 0; i < 400000; i++) {
        struct name name;
        uint32_t until;
        char text[NAME_TEXT_SIZE];
        unsigned writer, pair, round;
        if (i == 100000)
            kill(writers[0], SIGKILL);
        if (!read_pair(p.reader, 1, i % PAIRS, &name, &until))
            continue;
        seen++;
        assert_int_equal(sscanf(name_text(&name, text), "w%u.p%u.r%u", &writer, &pair, &round), 3);
        assert_int_equal(pair, i % PAIRS);
        assert_in_range(round, 1, until);
    }
    for (unsigned w = 0; w < WRITERS; w++)
        assert_int_equal(waitpid(writers[w], NULL, 0), writers[w]);
    assert_true(seen > 0);
    /* And all places still take what is told. */
    for (unsigned i = 0; i < 300; i++)
        for (unsigned n = 10; n < 14; n++)
            write_pair(p.writer, 2, n, "after.example", ROUNDS + 1000);
    uint32_t until;
    for (unsigned n = 10; n < 14; n++)
        assert_true(read_pair(p.reader, 2, n, NULL, &until));
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_is_read),
        cmocka_unit_test(the_same_again_writes_nothing),
        cmocka_unit_test(long_names_keep_their_end),
        cmocka_unit_test(who_ends_first_makes_room_and_it_shows),
        cmocka_unit_test(a_file_of_the_same_shape_is_taken_over),
        cmocka_unit_test(what_is_no_table_is_replaced_or_refused),
        cmocka_unit_test(a_file_cut_off_ends_no_reader),
        cmocka_unit_test(a_dead_writer_is_overcome),
        cmocka_unit_test(a_liar_is_not_believed),
        cmocka_unit_test(several_write_and_nobody_reads_half),
    };
    return cmocka_run_group_tests_name("process/told", tests, NULL, NULL);
}
