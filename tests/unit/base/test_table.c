/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - who goes first, and a long comparison with a model that is too simple to be wrong.
 */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct gone {
    unsigned values[64], count;
};

static void on_evict(void *owner, void *value)
{
    struct gone *gone = owner;
    memcpy(&gone->values[gone->count++ % 64], value, sizeof(unsigned));
}

static unsigned *claim(struct table *t, unsigned key, bool *is_new)
{
    return table_claim(t, &key, is_new);
}

static unsigned *find(struct table *t, unsigned key)
{
    return table_find(t, &key);
}

static void the_silent_one_goes(void **state)
{
    struct gone gone = {0};
    bool is_new;
    struct table *t = table_new(4, sizeof(unsigned), sizeof(unsigned), on_evict, &gone);
    assert_null(table_oldest(t));
    for (unsigned key = 0; key < 4; key++) {
        unsigned *value = claim(t, key, &is_new);
        assert_true(is_new);
        assert_int_equal(*value, 0);
        *value = 100 + key;
    }
    assert_int_equal(*(unsigned *)table_oldest(t), 100);
    assert_int_equal(*find(t, 0), 100);           /* 0 speaks */
    assert_int_equal(*claim(t, 1, &is_new), 101); /* 1 speaks */
    assert_false(is_new);
    assert_int_equal(*(unsigned *)table_oldest(t), 102);
    assert_int_equal(table_evicted(t), 0);

    *claim(t, 7, &is_new) = 107; /* 2 goes */
    *claim(t, 8, &is_new) = 108; /* 3 goes */
    *claim(t, 9, &is_new) = 109; /* 0 goes */
    assert_int_equal(table_evicted(t), 3);
    assert_int_equal(table_count(t), 4);
    assert_int_equal(gone.count, 3);
    assert_int_equal(gone.values[0], 102);
    assert_int_equal(gone.values[1], 103);
    assert_int_equal(gone.values[2], 100);
    assert_null(find(t, 2));
    assert_int_equal(*find(t, 1), 101);
    table_free(t);
}

static void removed_is_not_evicted(void **state)
{
    struct gone gone = {0};
    bool is_new;
    struct table *t = table_new(2, sizeof(unsigned), sizeof(unsigned), on_evict, &gone);
    *claim(t, 1, &is_new) = 1;
    *claim(t, 2, &is_new) = 2;
    table_remove(t, find(t, 1));
    assert_int_equal(table_count(t), 1);
    assert_null(find(t, 1));
    assert_int_equal(*claim(t, 3, &is_new), 0); /* zeroed, though the place was used */
    assert_true(is_new);
    assert_int_equal(gone.count, 0);
    table_remove(t, table_oldest(t));
    table_remove(t, table_oldest(t));
    assert_null(table_oldest(t));
    assert_int_equal(table_count(t), 0);
    table_free(t);
}

static void values_stay_in_place_and_aligned(void **state)
{
    bool is_new;
    struct table *t = table_new(100, 3, 24, NULL, NULL);
    void *places[100];
    for (unsigned i = 0; i < 100; i++) {
        uint8_t key[3] = {(uint8_t)i, 1, 2};
        places[i] = table_claim(t, key, &is_new);
        assert_int_equal((uintptr_t)places[i] % 8, 0);
        memset(places[i], (int)i, 24);
    }
    for (unsigned i = 0; i < 100; i++) {
        uint8_t key[3] = {(uint8_t)i, 1, 2}, expected[24];
        memset(expected, (int)i, 24);
        assert_ptr_equal(table_find(t, key), places[i]);
        assert_memory_equal(places[i], expected, 24);
        key[2] = 3;
        assert_null(table_find(t, key));
    }
    table_free(t);
}

/* The model: keys in the order of their last use, oldest first. */
struct model {
    unsigned keys[16], count;
};

static bool model_forget(struct model *m, unsigned key)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->keys[i] != key)
            continue;
        memmove(m->keys + i, m->keys + i + 1, (m->count - i - 1) * sizeof *m->keys);
        m->count--;
        return true;
    }
    return false;
}

static void like_the_model(void **state)
{
    enum { MOST = 16 };
    struct model m = {0};
    struct table *t = table_new(MOST, sizeof(unsigned), sizeof(unsigned), NULL, NULL);
    uint64_t evicted = 0;
    srand(1);
    for (int step = 0; step < 200000; step++) {
        unsigned key = (unsigned)rand() % 40, *value;
        bool known, is_new;
        switch (rand() % 4) {
        case 0:
            value = find(t, key);
            assert_int_equal(value != NULL, known = model_forget(&m, key));
            if (known)
                m.keys[m.count++] = key;
            break;
        case 1:
            value = find(t, key);
            if (model_forget(&m, key))
                table_remove(t, value);
            break;
        default:
            known = model_forget(&m, key);
            if (!known && m.count == MOST) {
                model_forget(&m, m.keys[0]);
                evicted++;
            }
            m.keys[m.count++] = key;
            value = claim(t, key, &is_new);
            assert_int_equal(is_new, !known);
            assert_int_equal(*value, is_new ? 0 : key + 1);
            *value = key + 1;
        }
        assert_int_equal(table_count(t), m.count);
        assert_int_equal(table_evicted(t), evicted);
        unsigned *oldest = table_oldest(t);
        assert_int_equal(oldest == NULL ? 0 : *oldest, m.count == 0 ? 0 : m.keys[0] + 1);
    }
    table_free(t);
    table_free(NULL);
    assert_null(table_new(0, 4, 4, NULL, NULL));
    assert_null(table_new(UINT32_MAX, 4, 4, NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_silent_one_goes),
        cmocka_unit_test(removed_is_not_evicted),
        cmocka_unit_test(values_stay_in_place_and_aligned),
        cmocka_unit_test(like_the_model),
    };
    return cmocka_run_group_tests_name("base/table", tests, NULL, NULL);
}
