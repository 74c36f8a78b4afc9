/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pending - limits, order, ids, and no place lost.
 */
#include "world.h"

#include "serve/pending.h"

static struct cache *keys; /* only makes keys */

static struct question_key key_number(unsigned n)
{
    char text[32];
    struct question_key key;
    snprintf(text, sizeof text, "q%u.example", n);
    struct name name = name_of(text);
    cache_key(keys, &name, TYPE_A, CLASS_IN, 0, &key);
    return key;
}

static uint8_t head[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\1Q\0\0\1\0\1";

/* A query with a mark by which to know it again. */
static struct query query_number(uint16_t n)
{
    struct query q = {.asked = {.id = n}};
    q.asked.bytes = span_of(head, sizeof head - 1);
    q.asked.question_end = sizeof head - 1;
    return q;
}

static void same_question_is_found_until_closed(void **state)
{
    struct pending *p = pending_new(4);
    struct question_key a = key_number(1), b = key_number(2);
    struct inquiry *first = pending_open(p, &a, 10);
    assert_non_null(first);
    assert_ptr_equal(pending_find(p, &a), first);
    assert_null(pending_find(p, &b));
    assert_ptr_equal(pending_by_id(p, first->id), first);
    assert_null(pending_by_id(p, first->id + 1));
    uint32_t id = first->id;
    pending_close(p, first);
    assert_null(pending_find(p, &a));
    assert_null(pending_by_id(p, id));
    struct inquiry *again = pending_open(p, &a, 20);
    assert_int_not_equal(again->id, id); /* an answer to the old one finds nobody */
    assert_null(pending_by_id(p, id));
    pending_free(p);
}

static void questions_are_bounded_and_in_order(void **state)
{
    enum { MOST = 100 };
    struct pending *p = pending_new(MOST);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned n = 0; n < MOST; n++) {
            struct question_key key = key_number(n);
            assert_non_null(pending_open(p, &key, n));
        }
        struct question_key more = key_number(MOST);
        assert_null(pending_open(p, &more, 0));
        assert_int_equal(pending_count(p), MOST);
        for (unsigned n = 1; n < MOST; n += 2) { /* every second one leaves */
            struct question_key key = key_number(n);
            pending_close(p, pending_find(p, &key));
        }
        unsigned n = 0;
        for (struct inquiry *i = pending_oldest(p); i != NULL; i = pending_younger(p, i), n += 2)
            assert_int_equal(i->since, n);
        assert_int_equal(n, MOST);
        while (pending_oldest(p) != NULL)
            pending_close(p, pending_oldest(p));
        assert_int_equal(pending_count(p), 0);
    }
    pending_free(p);
}

static void clients_come_out_as_they_went_in(void **state)
{
    struct pending *p = pending_new(32);
    struct question_key key = key_number(1);
    struct inquiry *i = pending_open(p, &key, 0);
    struct waiter out;
    for (uint16_t n = 0; n < 20; n++) {
        struct query q = query_number(n);
        assert_true(pending_join(p, i, &q));
    }
    uint32_t chain = pending_leave(i);
    assert_int_equal(i->waiting, 0);
    pending_close(p, i);
    for (uint16_t n = 0; n < 20; n++) {
        assert_true(pending_next(p, &chain, &out));
        assert_int_equal(out.query.asked.id, n);
        assert_ptr_equal(out.query.asked.bytes.at, out.head); /* a copy of its own */
        assert_memory_equal(out.head, head, sizeof head - 1);
    }
    assert_false(pending_next(p, &chain, &out));
    pending_free(p);
}

static void clients_are_bounded_for_one_and_for_all(void **state)
{
    enum { MOST = 64 };
    struct pending *p = pending_new(MOST);
    struct question_key keys_of[3] = {key_number(0), key_number(1), key_number(2)};
    struct inquiry *i[3];
    struct query q = query_number(7);
    struct waiter out;
    for (unsigned round = 0; round < 3; round++) { /* places are not lost */
        unsigned joined[3] = {0};
        for (unsigned n = 0; n < 3; n++) {
            i[n] = pending_open(p, &keys_of[n], 0);
            while (pending_join(p, i[n], &q))
                joined[n]++;
        }
        assert_int_equal(joined[0], MOST);
        assert_int_equal(joined[1], MOST);
        assert_int_equal(joined[2], 0);
        for (unsigned n = 0; n < 3; n++) {
            uint32_t chain = pending_leave(i[n]);
            pending_close(p, i[n]);
            while (pending_next(p, &chain, &out))
                joined[n]--;
            assert_int_equal(joined[n], 0);
        }
    }
    pending_free(p);
}

static int begin(void **state)
{
    keys = cache_new(0);
    return keys == NULL;
}

static int end(void **state)
{
    cache_free(keys);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_question_is_found_until_closed),
        cmocka_unit_test(questions_are_bounded_and_in_order),
        cmocka_unit_test(clients_come_out_as_they_went_in),
        cmocka_unit_test(clients_are_bounded_for_one_and_for_all),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
