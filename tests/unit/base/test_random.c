/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * random - every value comes, none is favoured, nothing is handed out twice.
 */
#include "base/random.h"

#include "base/span.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_value_comes(void **state)
{
    bool seen[65536] = {false};
    unsigned count = 0;
    for (int i = 0; i < 1000000; i++)
        seen[random_u16()] = true;
    for (int i = 0; i < 65536; i++)
        count += seen[i];
    assert_true(count > 65500); /* 65535.98 are expected */
}

static void below_stays_below(void **state)
{
    unsigned counts[10] = {0};
    for (int i = 0; i < 100000; i++)
        counts[random_below(10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 9400, 10600); /* six sigma */
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(random_below(1), 0);
        assert_true(random_below(3) < 3);
        assert_true(random_below(UINT32_MAX) < UINT32_MAX);
    }
}

/* 3 << 30 does not divide 2^32: a bare product would give every third value twice as often. */
static void no_value_is_favoured(void **state)
{
    unsigned counts[3] = {0};
    for (int i = 0; i < 300000; i++)
        counts[random_below(UINT32_C(3) << 30) % 3]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], 98500, 101500);
}

static void bytes_differ(void **state)
{
    uint8_t blocks[64][16];
    for (int i = 0; i < 64; i++) /* crosses the border of the 512-byte block */
        random_bytes(blocks[i], sizeof blocks[i]);
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(blocks[i], blocks[j], sizeof blocks[i]);
}

static void any_length(void **state)
{
    static uint8_t bytes[4096];
    static const size_t lengths[] = {0, 1, 511, 512, 513, 4095};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t length = lengths[i], zeros = 0;
        memset(bytes, 0, sizeof bytes);
        bytes[length] = 0x5a;
        random_bytes(bytes, length);
        assert_int_equal(bytes[length], 0x5a);
        for (size_t at = 0; at < length; at++)
            zeros += bytes[at] == 0;
        assert_true(zeros <= 1 + length / 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_comes),    cmocka_unit_test(below_stays_below),
        cmocka_unit_test(no_value_is_favoured), cmocka_unit_test(bytes_differ),
        cmocka_unit_test(any_length),
    };
    return cmocka_run_group_tests_name("base/random", tests, NULL, NULL);
}
