/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * totp - the numbers of RFC 4226 and RFC 6238, and what is let through.
 */
#include "people/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct span rfc_key = {(const uint8_t *)"12345678901234567890", 20};

static void counters_of_rfc_4226(void **state)
{
    static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314,
                                     254676, 287922, 162583, 399871, 520489};
    for (uint64_t i = 0; i < COUNT_OF(codes); i++)
        assert_int_equal(totp_code(rfc_key, i, 6), codes[i]);
}

static void times_of_rfc_6238(void **state)
{
    static const struct {
        uint64_t seconds;
        uint32_t code;
    } rows[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(totp_code(rfc_key, rows[i].seconds / 30, 8), rows[i].code);
}

static void secrets_are_base32_and_back(void **state)
{
    char secret[TOTP_SECRET_SIZE];
    uint8_t key[TOTP_KEY_SIZE];
    totp_secret(rfc_key.at, secret);
    assert_string_equal(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_true(totp_key(secret, key));
    assert_memory_equal(key, rfc_key.at, sizeof key);
    secret[3] = '1';
    assert_false(totp_key(secret, key));
    assert_false(totp_key("GEZDGNBV", key));
}

static bool is_right(const char *code, uint64_t seconds, uint64_t used)
{
    uint64_t step;
    return totp_is_right("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", code, seconds * 1000000, used, &step);
}

static void one_step_either_side_and_each_once(void **state)
{
    /* 287082 is the code of step 1: 30 to 59 seconds. */
    assert_false(is_right("287082", 120, 0));
    assert_true(is_right("287082", 89, 0));
    assert_true(is_right("287 082", 30, 0));
    assert_true(is_right("287082", 29, 0));
    assert_true(is_right("287082", 59, 0));
    assert_false(is_right("287082", 59, 1));
    assert_false(is_right("287082", 89, 2));
    assert_false(is_right("287083", 59, 0));
    assert_false(is_right("28708", 59, 0));
    assert_false(is_right("2870822", 59, 0));
    assert_false(is_right("28708x", 59, 0));
    assert_false(is_right("", 59, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_of_rfc_4226),
        cmocka_unit_test(times_of_rfc_6238),
        cmocka_unit_test(secrets_are_base32_and_back),
        cmocka_unit_test(one_step_either_side_and_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
