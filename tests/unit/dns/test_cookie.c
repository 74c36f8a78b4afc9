/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cookie - the vectors of RFC 9018 appendix A, and the borders of time.
 */
#include "dns/cookie.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "texts.h"

static struct hash_key key_from(const char *hex)
{
    uint8_t bytes[16];
    struct hash_key key;
    for (size_t i = 0; i < sizeof bytes; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    memcpy(&key.low, bytes, 8);
    memcpy(&key.high, bytes + 8, 8);
    key.low = le64toh(key.low), key.high = le64toh(key.high);
    return key;
}

static struct edns edns_from(const char *hex)
{
    struct edns edns = {.present = true, .ede = EDE_NONE};
    for (; *hex != 0; hex += 2) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        edns.cookie[edns.cookie_length++] = (uint8_t)byte;
    }
    return edns;
}

/* RFC 9018 A.1 to A.4. */
static const struct vector {
    const char *secret, *client, *asked;
    uint32_t checked;
    enum cookie_state state;
    const char *given;
    uint32_t seconds;
} vectors[] = {
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957", 1559731985,
     COOKIE_CLIENT_ONLY, "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559731985},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100",
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559734385, COOKIE_RENEW,
     "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", 1559734385},
    {"e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203",
     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", 1559727985, COOKIE_GOOD,
     "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e", 1559734700},
    {"dd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8",
     "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741961, COOKIE_GOOD, NULL, 0},
    {"445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8", "22681ab97d52c298",
     1559741961, COOKIE_CLIENT_ONLY, "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
     1559741961},
};

static void standard_vectors(void **state)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct hash_key secret = key_from(v->secret);
        struct address client = address_of(v->client);
        struct edns asked = edns_from(v->asked);
        assert_int_equal(cookie_check(&asked, &client, &secret, v->checked), v->state);
        if (v->given == NULL)
            continue;
        struct edns given = edns_from(v->given);
        uint8_t made[COOKIE_SIZE];
        cookie_make(&asked, &client, &secret, v->seconds, made);
        assert_memory_equal(made, given.cookie, COOKIE_SIZE);
        assert_int_equal(cookie_check(&given, &client, &secret, v->seconds), COOKIE_GOOD);
    }
}

static enum cookie_state state_after(int64_t seconds)
{
    const uint32_t made_at = 0xffffff00; /* the borders hold where the clock wraps */
    struct hash_key secret = {1, 2};
    struct address client = address_of("192.0.2.1");
    struct edns edns = edns_from("0011223344556677");
    cookie_make(&edns, &client, &secret, made_at, edns.cookie);
    edns.cookie_length = COOKIE_SIZE;
    return cookie_check(&edns, &client, &secret, (uint32_t)(made_at + seconds));
}

static void time_borders(void **state)
{
    assert_int_equal(state_after(0), COOKIE_GOOD);
    assert_int_equal(state_after(-300), COOKIE_GOOD);
    assert_int_equal(state_after(-301), COOKIE_BAD);
    assert_int_equal(state_after(1799), COOKIE_GOOD);
    assert_int_equal(state_after(1800), COOKIE_RENEW);
    assert_int_equal(state_after(3600), COOKIE_RENEW);
    assert_int_equal(state_after(3601), COOKIE_BAD);
    assert_int_equal(state_after(0x80000000), COOKIE_BAD);
}

static void every_bit_counts(void **state)
{
    struct hash_key secret = {3, 4}, other = {3, 5};
    struct address client = address_of("2001:db8::1"), stranger = address_of("2001:db8::2");
    struct edns edns = edns_from("0011223344556677");
    assert_int_equal(cookie_check(&edns, &client, &secret, 1000), COOKIE_CLIENT_ONLY);
    cookie_make(&edns, &client, &secret, 1000, edns.cookie);
    edns.cookie_length = COOKIE_SIZE;
    assert_int_equal(cookie_check(&edns, &client, &secret, 1000), COOKIE_GOOD);
    assert_int_equal(cookie_check(&edns, &stranger, &secret, 1000), COOKIE_BAD);
    assert_int_equal(cookie_check(&edns, &client, &other, 1000), COOKIE_BAD);
    for (unsigned bit = 0; bit < COOKIE_SIZE * 8; bit++) {
        edns.cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(cookie_check(&edns, &client, &secret, 1000), COOKIE_BAD);
        edns.cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (unsigned length = 16; length <= COOKIE_MOST; length++) {
        edns.cookie_length = (uint8_t)length;
        assert_int_equal(cookie_check(&edns, &client, &secret, 1000),
                         length == COOKIE_SIZE ? COOKIE_GOOD : COOKIE_BAD);
    }
    edns.cookie_length = 0;
    assert_int_equal(cookie_check(&edns, &client, &secret, 1000), COOKIE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_vectors),
        cmocka_unit_test(time_borders),
        cmocka_unit_test(every_bit_counts),
    };
    return cmocka_run_group_tests_name("dns/cookie", tests, NULL, NULL);
}
