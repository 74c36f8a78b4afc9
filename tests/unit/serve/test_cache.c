/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cache - what goes in comes out, nothing is mixed up, and the limit holds under any load.
 */
#include "world.h"

static struct kept *made;

/* An entry that answers `key`: its message is header, question and `extra` bytes of `fill`. */
static void make(const struct question_key *key, size_t extra, uint8_t fill)
{
    *made = (struct kept){.variant = key_variant(key), .ede = EDE_NONE, .expires = 1000};
    made->question_end = (uint16_t)(MESSAGE_HEADER + key->length - 1);
    made->length = (uint16_t)(made->question_end + extra);
    memset(made->bytes, 0, MESSAGE_HEADER);
    memcpy(made->bytes + MESSAGE_HEADER, key->bytes, key->length - 1u);
    memset(made->bytes + made->question_end, fill, extra);
    size_t size = sizeof *made + made->length + 1u;
    made->size = (uint32_t)((size + KEPT_ALIGN - 1) & ~(size_t)(KEPT_ALIGN - 1));
}

static struct question_key key_of(const struct cache *cache, const char *text, uint16_t type,
                                  uint8_t variant)
{
    struct question_key key;
    struct name name = name_of(text);
    cache_key(cache, &name, type, CLASS_IN, variant, &key);
    return key;
}

static void keep(struct cache *cache, const struct question_key *key, size_t extra, uint8_t fill)
{
    make(key, extra, fill);
    cache_keep(cache, key, made);
}

static uint8_t fill_of(const struct kept *kept)
{
    return kept->bytes[kept->question_end];
}

static struct question_key key_number(const struct cache *cache, unsigned n)
{
    char text[64];
    snprintf(text, sizeof text, "host%u.some.example", n);
    return key_of(cache, text, TYPE_A, 0);
}

static void kinds_are_kept_apart(void **state)
{
    struct cache *cache = cache_new(1 << 20);
    static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
    for (uint8_t variant = 0; variant < 8; variant++)
        for (uint8_t t = 0; t < 2; t++) {
            struct question_key key = key_of(cache, "www.example", types[t], variant);
            assert_null(cache_find(cache, &key));
            keep(cache, &key, 10, (uint8_t)(variant * 2 + t));
        }
    for (uint8_t variant = 0; variant < 8; variant++)
        for (uint8_t t = 0; t < 2; t++) {
            struct question_key key = key_of(cache, "www.example", types[t], variant);
            struct kept *kept = cache_find(cache, &key);
            assert_non_null(kept);
            assert_int_equal(fill_of(kept), variant * 2 + t);
        }
    assert_int_equal(cache_use(cache).entries, 16);
    cache_free(cache);
}

static void a_new_answer_replaces_the_old_one(void **state)
{
    struct cache *cache = cache_new(1 << 20);
    struct question_key key = key_number(cache, 1);
    for (uint8_t n = 0; n < 50; n++)
        keep(cache, &key, 10 + n, n);
    assert_int_equal(cache_use(cache).entries, 1);
    assert_int_equal(fill_of(cache_find(cache, &key)), 49);
    cache_free(cache);
}

/* How much of a mapping has become memory. */
static size_t resident(const void *at, size_t length)
{
    size_t pages = (length + 4095) / 4096, count = 0;
    unsigned char *in = calloc(pages, 1);
    assert_int_equal(mincore((void *)((uintptr_t)at & ~(uintptr_t)4095), length, in), 0);
    for (size_t i = 0; i < pages; i++)
        count += in[i] & 1;
    free(in);
    return count * 4096;
}

static void limit_holds_under_random_load(void **state)
{
    static const uint64_t limits[] = {200000, 1 << 20, (4 << 20) + 12345};
    for (size_t l = 0; l < COUNT_OF(limits); l++) {
        struct cache *cache = cache_new(limits[l]);
        assert_true(cache_use(cache).limit <= limits[l]);
        const struct kept *low = NULL, *high = NULL;
        srandom(42);
        for (unsigned i = 0; i < 100000; i++) {
            unsigned n = (unsigned)random() % 30000;
            struct question_key key = key_number(cache, n);
            struct kept *kept = cache_find(cache, &key);
            if (kept != NULL) {
                assert_int_equal(fill_of(kept), (uint8_t)n);
                kept->recent = true;
            }
            if (random() % 4 != 0)
                continue;
            size_t extra = 1 + (size_t)random() % (random() % 50 == 0 ? 20000 : 300);
            keep(cache, &key, extra, (uint8_t)n);
            kept = cache_find(cache, &key);
            assert_true(kept == NULL || fill_of(kept) == (uint8_t)n);
            if (kept != NULL) {
                low = low == NULL || kept < low ? kept : low;
                high = kept > high ? kept : high;
            }
            struct cache_use use = cache_use(cache);
            assert_true(use.bytes <= use.limit && use.limit <= limits[l]);
        }
        assert_true(cache_use(cache).evicted > 0);
        assert_true(cache_use(cache).entries > 100);
        size_t span = (size_t)((const uint8_t *)high - (const uint8_t *)low);
        assert_true(span < limits[l] && resident(low, span) <= limits[l] + 4096);
        cache_free(cache);
    }
}

static void the_silent_leave_and_the_asked_for_stay(void **state)
{
    struct cache *cache = cache_new(1 << 20);
    struct question_key popular[20];
    for (unsigned i = 0; i < COUNT_OF(popular); i++) {
        popular[i] = key_number(cache, 1000000 + i);
        keep(cache, &popular[i], 100, (uint8_t)i);
    }
    for (unsigned n = 0; n < 50000; n++) {
        struct question_key key = key_number(cache, n);
        keep(cache, &key, 100, (uint8_t)n);
        if (n % 100 == 0)
            for (unsigned i = 0; i < COUNT_OF(popular); i++) {
                struct kept *kept = cache_find(cache, &popular[i]);
                assert_non_null(kept);
                assert_int_equal(fill_of(kept), i);
                kept->recent = true;
            }
    }
    struct question_key first = key_number(cache, 0);
    assert_null(cache_find(cache, &first));
    assert_true(cache_use(cache).evicted > 40000);
    cache_free(cache);
}

/* Everything was asked for: an insertion still ends, and finds room. */
static void all_recent_is_no_excuse(void **state)
{
    struct cache *cache = cache_new(200000);
    for (unsigned n = 0; n < 5000; n++) {
        struct question_key key = key_number(cache, n);
        keep(cache, &key, 200, (uint8_t)n);
        struct kept *kept = cache_find(cache, &key);
        assert_non_null(kept);
        kept->recent = true;
    }
    cache_free(cache);
}

/* Entries as small as they can be fill the index before the ring: a look-up must stay short. */
static void the_index_never_fills_up(void **state)
{
    struct cache *cache = cache_new(1 << 20);
    char text[8];
    for (unsigned n = 0; n < 40000; n++) {
        snprintf(text, sizeof text, "%x", n);
        struct question_key key = key_of(cache, text, TYPE_A, 0);
        keep(cache, &key, 1, (uint8_t)n);
    }
    assert_true(cache_use(cache).entries >= 5000);
    assert_true(cache_use(cache).entries <= 8192 * 3 / 4); /* of 8192 slots, one for 128 bytes */
    cache_free(cache);
}

static void too_large_or_too_small(void **state)
{
    struct cache *cache = cache_new(300000);
    struct question_key key = key_number(cache, 1);
    keep(cache, &key, 10, 1);
    assert_non_null(cache_find(cache, &key));
    keep(cache, &key, 60000, 2); /* more than an eighth; the old one is no longer true */
    assert_null(cache_find(cache, &key));
    cache_free(cache);

    cache = cache_new(0);
    assert_non_null(cache);
    keep(cache, &key, 10, 1);
    assert_null(cache_find(cache, &key));
    cache_flush(cache, &(struct name){.length = 1});
    cache_free(cache);
}

static void flush_at_and_below(void **state)
{
    struct cache *cache = cache_new(1 << 20);
    static const char *const names[] = {"example", "a.example", "b.a.example", "aexample", "other"};
    struct name example = name_of("a.example"), root = {.length = 1};
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct question_key key = key_of(cache, names[i], TYPE_A, 0);
        keep(cache, &key, 10, (uint8_t)i);
    }
    cache_flush(cache, &example);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        struct question_key key = key_of(cache, names[i], TYPE_A, 0);
        assert_int_equal(cache_find(cache, &key) == NULL, i == 1 || i == 2);
    }
    cache_flush(cache, &root);
    assert_int_equal(cache_use(cache).entries, 0);
    cache_free(cache);
}

static int begin(void **state)
{
    made = calloc(1, KEPT_ROOM);
    return made == NULL;
}

static int end(void **state)
{
    free(made);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_kept_apart),
        cmocka_unit_test(a_new_answer_replaces_the_old_one),
        cmocka_unit_test(limit_holds_under_random_load),
        cmocka_unit_test(the_silent_leave_and_the_asked_for_stay),
        cmocka_unit_test(all_recent_is_no_excuse),
        cmocka_unit_test(the_index_never_fills_up),
        cmocka_unit_test(too_large_or_too_small),
        cmocka_unit_test(flush_at_and_below),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
