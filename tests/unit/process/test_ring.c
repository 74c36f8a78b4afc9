/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What ring.h promises: order, fullness, survival of either side, and a liar on the other.
 */
#include "process/ring.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Places in the shared file, as ring.c lays them out. */
enum { MAGIC_AT = 0, RECORD_SIZE_AT = 4, SLOTS_AT = 8, PUT_AT = 64, TAKEN_AT = 128, HEADER = 4096 };

struct record {
    uint64_t number, check, filler[3];
};

static struct record record_of(uint64_t number)
{
    return (struct record){number, ~number, {number, number, number}};
}

static bool take_out(struct ring *ring, struct record *out)
{
    if (!ring_peek(ring, out))
        return false;
    ring_take(ring, 0);
    ring_release(ring);
    return true;
}

static void gives_back_in_order_and_says_full(void **state)
{
    int fd;
    struct ring *put, *take;
    struct record r;
    assert_int_equal(ring_make(8, sizeof r, &fd), STATUS_OK);
    assert_int_equal(ring_open(fd, sizeof r, &put), STATUS_OK);
    assert_int_equal(ring_open(fd, sizeof r, &take), STATUS_OK);
    close(fd);
    assert_false(take_out(take, &r));
    uint64_t next_put = 0, next_take = 0;
    for (unsigned round = 0; round < 100; round++) {
        while (r = record_of(next_put), ring_put(put, &r, sizeof r))
            next_put++;
        assert_int_equal(ring_waiting(take), 8);
        assert_int_equal(next_put - next_take, 8);
        for (unsigned i = 0; i < 1 + round % 8; i++, next_take++) {
            assert_true(take_out(take, &r));
            assert_int_equal(r.number, next_take);
            assert_int_equal(r.check, ~next_take);
        }
    }
    ring_close(put);
    ring_close(take);
    ring_close(NULL);
}

static void outlives_both_sides(void **state)
{
    int fd;
    struct ring *ring;
    struct record r;
    assert_int_equal(ring_make(4, sizeof r, &fd), STATUS_OK);
    for (uint64_t i = 0; i < 3; i++) {
        r = record_of(i);
        assert_int_equal(ring_open(fd, sizeof r, &ring), STATUS_OK);
        assert_true(ring_put(ring, &r, sizeof r));
        ring_close(ring);
    }
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(ring_open(fd, sizeof r, &ring), STATUS_OK);
        assert_true(take_out(ring, &r));
        assert_int_equal(r.number, i);
        ring_close(ring);
    }
    close(fd);
}

static void only_what_was_put_is_copied(void **state)
{
    static const char word[] = "short";
    char out[32];
    int fd;
    struct ring *ring;
    assert_int_equal(ring_make(2, sizeof out, &fd), STATUS_OK);
    assert_int_equal(ring_open(fd, sizeof out, &ring), STATUS_OK);
    memset(out, 'x', sizeof out);
    assert_true(ring_put(ring, word, sizeof word));
    assert_int_equal(ring_peek(ring, out), sizeof word);
    assert_string_equal(out, word);
    assert_int_equal(out[sizeof word], 'x');
    ring_close(ring);
    close(fd);
}

static struct ring *begin_again(int fd, struct ring *before, uint64_t work)
{
    struct ring *ring;
    ring_close(before);
    assert_int_equal(ring_open(fd, sizeof(struct record), &ring), STATUS_OK);
    ring_resume(ring, work);
    return ring;
}

static void take_next(struct ring *ring, uint64_t number, uint64_t work)
{
    struct record r;
    assert_int_equal(ring_peek(ring, &r), sizeof r);
    assert_int_equal(r.number, number);
    ring_take(ring, work);
}

static void what_was_taken_and_not_done_comes_again(void **state)
{
    int fd;
    struct ring *ring = NULL;
    struct record r;
    assert_int_equal(ring_make(8, sizeof r, &fd), STATUS_OK);
    ring = begin_again(fd, ring, 0);
    for (uint64_t i = 0; i < 8; i++) {
        r = record_of(i);
        assert_true(ring_put(ring, &r, sizeof r));
    }
    for (uint64_t i = 0; i < 4; i++)
        take_next(ring, i, 51 + i);
    assert_int_equal(ring_waiting(ring), 8);

    ring = begin_again(fd, ring, 50); /* nothing was done: all come again */
    assert_int_equal(ring_waiting(ring), 8);
    for (uint64_t i = 0; i < 3; i++)
        take_next(ring, i, 52 + i); /* 51 was something else this time */

    ring = begin_again(fd, ring, 53); /* a part was done; what the first said of 3 is void */
    assert_int_equal(ring_waiting(ring), 6);
    ring = begin_again(fd, ring, 99);
    assert_int_equal(ring_waiting(ring), 6);
    take_next(ring, 2, 100);
    ring_release(ring);

    r = record_of(8); /* a slot that was used before is not taken */
    for (unsigned i = 0; i < 3; i++, r = record_of(8 + i))
        assert_true(ring_put(ring, &r, sizeof r));
    ring = begin_again(fd, ring, 1000);
    assert_int_equal(ring_waiting(ring), 8);
    take_next(ring, 3, 1001);
    ring_close(ring);
    close(fd);
}

static void refuses_what_is_no_ring(void **state)
{
    int fd;
    struct ring *ring;
    uint32_t zero = 0;
    uint64_t slots = 1 << 20;
    assert_int_equal(ring_make(0, 8, &fd), STATUS_INVALID);
    assert_int_equal(ring_make(12, 8, &fd), STATUS_INVALID);
    assert_int_equal(ring_make(8, 0, &fd), STATUS_INVALID);
    assert_int_equal(ring_make((size_t)1 << 40, 8, &fd), STATUS_INVALID);

    assert_int_equal(ring_make(8, 16, &fd), STATUS_OK);
    assert_int_equal(ring_open(fd, 8, &ring), STATUS_CORRUPT);
    assert_int_not_equal(ftruncate(fd, 0), 0); /* sealed */
    assert_int_not_equal(ftruncate(fd, 1 << 20), 0);
    assert_int_equal(pwrite(fd, &slots, sizeof slots, SLOTS_AT), sizeof slots);
    assert_int_equal(ring_open(fd, 16, &ring), STATUS_CORRUPT);
    close(fd);

    assert_int_equal(ring_make(8, 16, &fd), STATUS_OK);
    assert_int_equal(pwrite(fd, &zero, sizeof zero, MAGIC_AT), sizeof zero);
    assert_int_equal(ring_open(fd, 16, &ring), STATUS_CORRUPT);
    close(fd);

    fd = memfd_create("unsealed", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, HEADER + 8 * (16 + 16)), 0);
    assert_int_equal(ring_open(fd, 16, &ring), STATUS_CORRUPT);
    close(fd);
    assert_int_equal(ring_open(-1, 16, &ring), STATUS_CORRUPT);
}

static void a_lying_producer_costs_at_most_the_slots(void **state)
{
    static const uint64_t lies[] = {9, 1000, UINT64_MAX, UINT64_MAX / 2, 0};
    int fd;
    struct ring *take;
    struct record r;
    assert_int_equal(ring_make(8, sizeof r, &fd), STATUS_OK);
    assert_int_equal(ring_open(fd, sizeof r, &take), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        uint64_t nonsense = UINT64_MAX - 3;
        assert_int_equal(pwrite(fd, &lies[i], sizeof lies[i], PUT_AT), sizeof lies[i]);
        assert_int_equal(pwrite(fd, &nonsense, sizeof nonsense, TAKEN_AT), sizeof nonsense);
        assert_true(ring_waiting(take) <= 8);
        unsigned taken = 0;
        while (take_out(take, &r))
            taken++;
        assert_true(taken <= 8);
    }
    ring_close(take);
    close(fd);
}

static void a_lying_consumer_gets_no_more_than_the_slots(void **state)
{
    int fd;
    struct ring *put;
    struct record r = record_of(1);
    uint64_t lie = 1000000;
    assert_int_equal(ring_make(8, sizeof r, &fd), STATUS_OK);
    assert_int_equal(ring_open(fd, sizeof r, &put), STATUS_OK);
    for (int i = 0; i < 8; i++)
        assert_true(ring_put(put, &r, sizeof r));
    assert_int_equal(pwrite(fd, &lie, sizeof lie, TAKEN_AT), sizeof lie); /* ahead of us */
    assert_false(ring_put(put, &r, sizeof r));
    ring_close(put);
    close(fd);
}

enum { MANY = 400000 };

static void produce(int fd)
{
    struct ring *ring;
    if (ring_open(fd, sizeof(struct record), &ring) != STATUS_OK)
        _exit(1);
    for (uint64_t i = 0; i < MANY; i++) {
        struct record r = record_of(i);
        while (!ring_put(ring, &r, sizeof r))
            sched_yield();
    }
    _exit(0);
}

static void two_processes_agree_exactly(void **state)
{
    int fd, ended;
    struct ring *ring;
    struct record r;
    assert_int_equal(ring_make(256, sizeof r, &fd), STATUS_OK);
    pid_t child = fork();
    if (child == 0)
        produce(fd);
    assert_int_equal(ring_open(fd, sizeof r, &ring), STATUS_OK);
    uint64_t next = 0, broken = 0;
    while (next < MANY) {
        if (!take_out(ring, &r)) {
            sched_yield();
            continue;
        }
        broken += r.number != next || r.check != ~next || r.filler[2] != next;
        next++;
    }
    assert_int_equal(broken, 0);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    assert_false(take_out(ring, &r));
    assert_int_equal(ring_waiting(ring), 0);
    ring_close(ring);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_in_order_and_says_full),
        cmocka_unit_test(outlives_both_sides),
        cmocka_unit_test(only_what_was_put_is_copied),
        cmocka_unit_test(what_was_taken_and_not_done_comes_again),
        cmocka_unit_test(refuses_what_is_no_ring),
        cmocka_unit_test(a_lying_producer_costs_at_most_the_slots),
        cmocka_unit_test(a_lying_consumer_gets_no_more_than_the_slots),
        cmocka_unit_test(two_processes_agree_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
