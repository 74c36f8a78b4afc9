/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather - every order of everything gives the same bytes, and the limit holds.
 */
#include "inspect/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bytewise.h"

enum { LENGTH = 1700, LONG = GATHER_MOST + 3000, PIECE = 2048, FIRST = 1000 };

static uint8_t stream[LONG], changed[LONG];

static int fill(void **state)
{
    for (size_t i = 0; i < LONG; i++) {
        stream[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + 1);
        changed[i] = (uint8_t)(stream[i] ^ 0x80);
    }
    return 0;
}

static struct gather_pool *pool_of(size_t blocks)
{
    return gather_pool_new(blocks * (GATHER_MOST + 16) + 8192);
}

/* Part at..to of `from`; its beginning has sequence number `first`. */
static enum gathered put(struct gather_pool *pool, struct gather *g, uint32_t first,
                         const uint8_t *from, size_t at, size_t to)
{
    return gather_put(pool, g, first + (uint32_t)at, span_of(from + at, to - at), to - at, false);
}

static void assert_bytes(const struct gather *g, const uint8_t *of, size_t length)
{
    assert_int_equal(gather_bytes(g).length, length);
    assert_memory_equal(gather_bytes(g).at, of, length);
}

static void assert_all(struct gather_pool *pool, struct gather *g)
{
    assert_bytes(g, stream, LENGTH);
    assert_int_equal(gather_other(g).length, 0);
    assert_false(gather_has_hole(g));
    assert_false(gather_is_complete(g));
    assert_int_equal(gather_put(pool, g, FIRST + LENGTH, span_of(NULL, 0), 0, true),
                     GATHERED_NOTHING);
    assert_true(gather_is_complete(g));
    assert_int_equal(gather_pool_used(pool), PIECE); /* no bits are left */
    gather_close(pool, g);
    assert_int_equal(gather_pool_used(pool), 0);
}

static void every_split(void **state)
{
    struct gather_pool *pool = pool_of(2);
    for (size_t at = 1; at < LENGTH; at++) {
        struct gather *g = gather_open(pool, NULL, FIRST);
        assert_int_equal(put(pool, g, FIRST, stream, 0, at), GATHERED_MORE);
        assert_bytes(g, stream, at);
        assert_int_equal(put(pool, g, FIRST, stream, at, LENGTH), GATHERED_MORE);
        assert_all(pool, g);

        g = gather_open(pool, NULL, FIRST);
        assert_int_equal(put(pool, g, FIRST, stream, at, LENGTH), GATHERED_NOTHING);
        assert_bytes(g, stream, 0);
        assert_true(gather_has_hole(g));
        assert_int_equal(put(pool, g, FIRST, stream, 0, at), GATHERED_MORE);
        assert_all(pool, g);
    }
    gather_pool_free(pool);
}

/* Puts `count` parts in the order that is the `number`th; cuts has count + 1 places. */
static void put_in_order(struct gather_pool *pool, const size_t *cuts, unsigned count,
                         unsigned number)
{
    unsigned left[8];
    struct gather *g = gather_open(pool, NULL, FIRST);
    for (unsigned i = 0; i < count; i++)
        left[i] = i;
    for (unsigned n = count; n > 0; n--) {
        unsigned pick = number % n, part = left[pick];
        number /= n;
        memmove(left + pick, left + pick + 1, (n - pick - 1) * sizeof *left);
        size_t before = gather_bytes(g).length;
        enum gathered is = put(pool, g, FIRST, stream, cuts[part], cuts[part + 1]);
        assert_int_equal(is, gather_bytes(g).length > before ? GATHERED_MORE : GATHERED_NOTHING);
        assert_memory_equal(gather_bytes(g).at, stream, gather_bytes(g).length);
    }
    assert_all(pool, g);
}

static void every_order(void **state)
{
    static const unsigned orders[] = {1, 1, 2, 6, 24, 120};
    struct gather_pool *pool = pool_of(2);
    for (size_t a = 1; a < LENGTH - 1; a += 11) /* three parts, sampled */
        for (size_t b = a + 1; b < LENGTH; b += 13)
            for (unsigned number = 0; number < 6; number++)
                put_in_order(pool, (size_t[]){0, a, b, LENGTH}, 3, number);
    srand(1);
    for (unsigned count = 1; count <= 5; count++)
        for (unsigned round = 0; round < 40; round++) {
            size_t cuts[6] = {0};
            for (unsigned i = 1; i < count; i++) /* 63 and 64: the borders of words of bits */
                cuts[i] = cuts[i - 1] + 1 +
                          (size_t)(round < 4 ? 62 + (int)round % 2 : rand() % (LENGTH / 5));
            cuts[count] = LENGTH;
            for (unsigned number = 0; number < orders[count]; number++)
                put_in_order(pool, cuts, count, number);
        }
    gather_pool_free(pool);
}

static void one_byte_a_segment(void **state)
{
    struct gather_pool *pool = pool_of(3);
    struct gather *forward = gather_open(pool, NULL, UINT32_MAX - 5),
                  *backward = gather_open(pool, NULL, UINT32_MAX - 5);
    for (size_t i = 0; i < GATHER_MOST; i++) {
        assert_false(gather_is_complete(forward));
        assert_int_equal(put(pool, forward, UINT32_MAX - 5, stream, i, i + 1), GATHERED_MORE);
        assert_int_equal(gather_bytes(forward).length, i + 1);
        size_t at = GATHER_MOST - 1 - i;
        assert_int_equal(put(pool, backward, UINT32_MAX - 5, stream, at, at + 1),
                         at == 0 ? GATHERED_MORE : GATHERED_NOTHING);
        assert_int_equal(gather_bytes(backward).length, at == 0 ? GATHER_MOST : 0);
    }
    assert_true(gather_is_complete(forward) && gather_is_complete(backward));
    assert_bytes(forward, stream, GATHER_MOST);
    assert_bytes(backward, stream, GATHER_MOST);
    assert_int_equal(put(pool, forward, UINT32_MAX - 5, stream, GATHER_MOST, LONG),
                     GATHERED_NOTHING);
    assert_int_equal(put(pool, forward, UINT32_MAX - 5, stream, 0, LONG), GATHERED_NOTHING);
    assert_false(gather_has_hole(forward) || gather_has_hole(backward));
    gather_close(pool, forward);
    gather_close(pool, backward);
    gather_close(pool, NULL);
    assert_int_equal(gather_pool_used(pool), 0);
    gather_pool_free(pool);
}

static void repetitions_are_nothing(void **state)
{
    struct gather_pool *pool = pool_of(2);
    struct gather *g = gather_open(pool, NULL, FIRST);
    put(pool, g, FIRST, stream, 0, 500);
    assert_int_equal(put(pool, g, FIRST, stream, 0, 500), GATHERED_NOTHING);
    assert_int_equal(put(pool, g, FIRST, stream, 100, 200), GATHERED_NOTHING);
    assert_int_equal(put(pool, g, FIRST, stream, 100, 600), GATHERED_MORE);
    assert_bytes(g, stream, 600);
    /* Keep-alive: one byte, or none, in front of what is next; RFC 9293 3.8.4. */
    assert_int_equal(gather_put(pool, g, FIRST - 1, span_text("!"), 1, false), GATHERED_NOTHING);
    assert_int_equal(gather_put(pool, g, FIRST - 1, span_of(NULL, 0), 0, false), GATHERED_NOTHING);
    assert_int_equal(gather_put(pool, g, FIRST - 700, span_of(changed, 700), 700, true),
                     GATHERED_NOTHING);
    assert_int_equal(gather_other(g).length, 0);
    assert_int_equal(gather_put(pool, g, FIRST + 0x80000000, span_of(stream, 9), 9, true),
                     GATHERED_NOTHING);
    assert_int_equal(gather_put(pool, g, FIRST + 0x7fffffffU, span_of(NULL, 0), 0, false),
                     GATHERED_NOTHING);
    assert_false(gather_has_hole(g));
    /* Beyond the window: not kept, but something is missing in front of it. */
    assert_int_equal(put(pool, g, FIRST, stream, GATHER_MOST + 10, LONG), GATHERED_NOTHING);
    assert_true(gather_has_hole(g));
    assert_int_equal(gather_pool_used(pool), PIECE);
    /* Begins before `first` and ends behind what is known. */
    uint8_t around[720];
    memset(around, '!', 20);
    memcpy(around + 20, stream, 700);
    assert_int_equal(gather_put(pool, g, FIRST - 20, span_of(around, 720), 720, false),
                     GATHERED_MORE);
    assert_bytes(g, stream, 700);
    assert_int_equal(gather_other(g).length, 0);
    gather_close(pool, g);
    gather_pool_free(pool);
}

static void the_end_comes_in_any_order(void **state)
{
    struct gather_pool *pool = pool_of(2);
    struct gather *g = gather_open(pool, NULL, FIRST);
    assert_int_equal(gather_put(pool, g, FIRST + 300, span_of(stream + 300, 100), 100, true),
                     GATHERED_NOTHING);
    assert_false(gather_is_complete(g));
    put(pool, g, FIRST, stream, 0, 200);
    assert_false(gather_is_complete(g));
    put(pool, g, FIRST, stream, 200, 300);
    assert_true(gather_is_complete(g));
    assert_bytes(g, stream, 400);
    /* A FIN that lied does not hide what comes behind it. */
    assert_int_equal(put(pool, g, FIRST, stream, 400, 500), GATHERED_MORE);
    assert_bytes(g, stream, 500);
    gather_close(pool, g);

    g = gather_open(pool, NULL, FIRST); /* a connection that says nothing */
    assert_false(gather_is_complete(g));
    gather_put(pool, g, FIRST - 1, span_of(NULL, 0), 0, true);
    assert_false(gather_is_complete(g));
    gather_put(pool, g, FIRST, span_of(NULL, 0), 0, true);
    assert_true(gather_is_complete(g));
    assert_int_equal(gather_bytes(g).length, 0);
    gather_close(pool, g);
    gather_pool_free(pool);
}

static void what_the_capture_cut(void **state)
{
    struct gather_pool *pool = pool_of(2);
    struct gather *g = gather_open(pool, NULL, FIRST);
    assert_int_equal(gather_put(pool, g, FIRST, span_of(stream, 60), 500, true), GATHERED_MORE);
    assert_bytes(g, stream, 60);
    assert_true(gather_has_hole(g));
    assert_false(gather_is_complete(g));
    assert_int_equal(put(pool, g, FIRST, stream, 500, 600), GATHERED_NOTHING);
    assert_int_equal(put(pool, g, FIRST, stream, 0, 510), GATHERED_MORE); /* sent again, whole */
    assert_bytes(g, stream, 600);
    assert_false(gather_has_hole(g));
    assert_true(gather_is_complete(g));
    /* All of it cut, and absurd lengths. */
    assert_int_equal(gather_put(pool, g, FIRST + 600, span_of(NULL, 0), 9, false),
                     GATHERED_NOTHING);
    assert_true(gather_has_hole(g));
    assert_int_equal(gather_put(pool, g, FIRST + 600, span_of(stream + 600, 10), SIZE_MAX, true),
                     GATHERED_MORE);
    assert_int_equal(gather_put(pool, g, FIRST + 610, span_of(stream + 610, 10), 0, false),
                     GATHERED_MORE);
    assert_bytes(g, stream, 620);
    gather_close(pool, g);
    gather_pool_free(pool);
}

static void copies_that_differ(void **state)
{
    struct gather_pool *pool = pool_of(4);
    struct gather *g = gather_open(pool, NULL, FIRST);
    uint8_t second[3000];
    memcpy(second, stream, sizeof second);
    second[150] ^= 1;
    put(pool, g, FIRST, stream, 0, 200);
    assert_int_equal(put(pool, g, FIRST, second, 100, 300), GATHERED_MORE);
    assert_bytes(g, stream, 300);
    assert_int_equal(gather_other(g).length, 300);
    assert_memory_equal(gather_other(g).at, second, 300);
    assert_int_equal(put(pool, g, FIRST, second, 100, 300), GATHERED_NOTHING);
    assert_int_equal(put(pool, g, FIRST, stream, 150, 151), GATHERED_MORE); /* changed back: */
    assert_memory_equal(gather_other(g).at, stream, 300);                   /* still two */
    put(pool, g, FIRST, second, 150, 151);
    assert_int_equal(put(pool, g, FIRST, second, 300, 3000), GATHERED_MORE); /* both grow */
    assert_bytes(g, stream, 3000);
    assert_memory_equal(gather_other(g).at, second, 3000);
    assert_int_equal(gather_pool_used(pool), PIECE + 2 * GATHER_MOST);
    gather_close(pool, g);
    assert_int_equal(gather_pool_used(pool), 0);

    g = gather_open(pool, NULL, FIRST); /* behind a hole: in view when the hole is filled */
    put(pool, g, FIRST, stream, 100, 200);
    assert_int_equal(put(pool, g, FIRST, second, 140, 160), GATHERED_NOTHING);
    put(pool, g, FIRST, stream, 0, 50);
    assert_int_equal(gather_other(g).length, 0);
    put(pool, g, FIRST, stream, 50, 100);
    assert_bytes(g, stream, 200);
    assert_int_equal(gather_other(g).length, 200);
    assert_memory_equal(gather_other(g).at, second, 200);
    gather_close(pool, g);
    gather_pool_free(pool);
}

/* Random parts, overlapping, some cut, some changed, all at once; against one loop over bytes. */
static void random_round(struct gather_pool *pool, unsigned round)
{
    static struct bytewise b;
    size_t most = round % 8 == 0 ? LONG : round % 2 == 0 ? 300 : LENGTH;
    bool lies = round % 3 == 0;
    uint32_t first = round % 5 == 0 ? UINT32_MAX - (uint32_t)(rand() % 300) : (uint32_t)rand();
    struct gather *g = gather_open(pool, NULL, first);
    bytewise_open(&b, first);
    for (unsigned i = 0, parts = 2 + (unsigned)rand() % 14; i < parts; i++) {
        size_t at = (size_t)rand() % most, length = (size_t)rand() % (most / 2);
        length = length < most - at ? length : most - at;
        size_t kept = rand() % 8 == 0 ? (size_t)rand() % (length + 1) : length;
        const uint8_t *from = lies && rand() % 4 == 0 ? changed : stream;
        bool ends = rand() % 16 == 0;
        if (i == 0 && round % 4 == 1)
            at = 0;
        size_t before = gather_bytes(g).length;
        struct span bytes = span_of(from + at, kept);
        enum gathered is = gather_put(pool, g, first + (uint32_t)at, bytes, length, ends);
        bytewise_put(&b, first + (uint32_t)at, bytes, length, ends);
        assert_true(is != GATHERED_FULL && bytewise_agrees(&b, g));
        if (gather_bytes(g).length > before)
            assert_int_equal(is, GATHERED_MORE);
        else if (!lies)
            assert_int_equal(is, GATHERED_NOTHING);
    }
    put(pool, g, first, stream, 0, LONG); /* and at last all of it */
    bytewise_put(&b, first, span_of(stream, LONG), LONG, false);
    assert_true(gather_is_complete(g) && bytewise_agrees(&b, g));
    if (!lies)
        assert_bytes(g, stream, GATHER_MOST);
    gather_close(pool, g);
    assert_int_equal(gather_pool_used(pool), 0);
}

static void like_one_loop_over_bytes(void **state)
{
    struct gather_pool *pool = pool_of(4);
    srand(7);
    for (unsigned round = 0; round < 20000; round++)
        random_round(pool, round);
    gather_pool_free(pool);
}

static void the_limit_holds(void **state)
{
    enum { BLOCKS = 3, SMALL = BLOCKS * GATHER_MOST / PIECE };
    assert_null(gather_pool_new(0));
    assert_null(gather_pool_new(GATHER_MOST));
    struct gather_pool *pool = pool_of(BLOCKS);
    struct gather *all[SMALL];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SMALL; i++) {
            assert_non_null(all[i] = gather_open(pool, NULL, i));
            put(pool, all[i], i, stream, 0, LENGTH);
        }
        assert_int_equal(gather_bytes(all[0]).length, LENGTH);
        assert_null(gather_open(pool, NULL, 1));
        assert_int_equal(put(pool, all[0], 0, stream, LENGTH, 3000), GATHERED_FULL);
        assert_int_equal(put(pool, all[0], 0, changed, 9, 10), GATHERED_FULL);
        assert_int_equal(put(pool, all[0], 0, stream, LENGTH + 9, LENGTH + 10), GATHERED_FULL);
        assert_bytes(all[0], stream, LENGTH);
        assert_int_equal(gather_other(all[0]).length, 0);
        for (unsigned i = 1; i < SMALL; i++)
            gather_close(pool, all[i]);
        assert_int_equal(put(pool, all[0], 0, stream, LENGTH, 3000), GATHERED_MORE);
        assert_bytes(all[0], stream, 3000);
        gather_close(pool, all[0]);
        assert_int_equal(gather_pool_used(pool), 0);
    }
    gather_pool_free(pool);
    gather_pool_free(NULL);
}

static void the_oldest_is_known(void **state)
{
    struct gather_pool *pool = pool_of(2);
    char owners[3];
    struct gather *all[3];
    assert_null(gather_oldest(pool));
    for (unsigned i = 0; i < 3; i++)
        all[i] = gather_open(pool, &owners[i], 0);
    assert_ptr_equal(gather_oldest(pool), &owners[0]);
    put(pool, all[0], 0, stream, 0, 100); /* who says more is not younger for it */
    assert_ptr_equal(gather_oldest(pool), &owners[0]);
    gather_close(pool, all[1]);
    gather_close(pool, all[0]);
    assert_ptr_equal(gather_oldest(pool), &owners[2]);
    gather_close(pool, all[2]);
    assert_null(gather_oldest(pool));
    all[0] = gather_open(pool, &owners[0], 0);
    assert_ptr_equal(gather_oldest(pool), &owners[0]);
    gather_pool_free(pool);
}

static void pieces_come_back_as_buffers(void **state)
{
    struct gather_pool *pool = pool_of(4);
    struct gather *all[24] = {0};
    srand(3);
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)rand() % COUNT_OF(all);
        if (all[i] == NULL) {
            all[i] = gather_open(pool, NULL, i);
            continue;
        }
        if (rand() % 4 == 0) {
            gather_close(pool, all[i]);
            all[i] = NULL;
            continue;
        }
        size_t at = (size_t)rand() % 4000;
        put(pool, all[i], i, rand() % 8 == 0 ? changed : stream, at, at + 50);
        struct span bytes = gather_bytes(all[i]);
        for (size_t k = 0; k < bytes.length; k++)
            assert_true(bytes.at[k] == stream[k] || bytes.at[k] == changed[k]);
        assert_true(gather_pool_used(pool) <= 4 * GATHER_MOST);
    }
    for (unsigned i = 0; i < COUNT_OF(all); i++)
        gather_close(pool, all[i]);
    assert_int_equal(gather_pool_used(pool), 0);
    struct gather *a = gather_open(pool, NULL, 0), *b = gather_open(pool, NULL, 0);
    assert_int_equal(put(pool, a, 0, stream, 0, GATHER_MOST), GATHERED_MORE);
    assert_int_equal(put(pool, b, 0, stream, 0, GATHER_MOST), GATHERED_MORE);
    assert_int_equal(put(pool, b, 0, changed, 0, 100), GATHERED_MORE);
    gather_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split),
        cmocka_unit_test(every_order),
        cmocka_unit_test(one_byte_a_segment),
        cmocka_unit_test(repetitions_are_nothing),
        cmocka_unit_test(the_end_comes_in_any_order),
        cmocka_unit_test(what_the_capture_cut),
        cmocka_unit_test(copies_that_differ),
        cmocka_unit_test(like_one_loop_over_bytes),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(the_oldest_is_known),
        cmocka_unit_test(pieces_come_back_as_buffers),
    };
    return cmocka_run_group_tests_name("inspect/gather", tests, fill, NULL);
}
