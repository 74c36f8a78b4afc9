/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves firewall/ranges.c: every address lies in the range that has its answer, however prefixes
 * nest and touch.
 */
#include "firewall/ranges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../base/texts.h"

enum { PREFIXES_MOST = 24, ROUNDS = 400, ADDRESSES = 64 };

struct world {
    struct prefix prefixes[PREFIXES_MOST];
    size_t count;
    unsigned asked;
};

/* What the longest prefix says: 0, 1 or 2. */
static uint32_t ask(void *owner, const struct address *address)
{
    struct world *w = owner;
    uint32_t answer = RANGE_NOTHING;
    unsigned longest = 0;

    w->asked++;
    for (size_t i = 0; i < w->count; i++) {
        if (w->prefixes[i].bits >= longest && prefix_holds(&w->prefixes[i], address)) {
            longest = w->prefixes[i].bits;
            answer = (uint32_t)(i % 3);
        }
    }
    return answer;
}

static uint32_t answer_of(const struct range *ranges, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&ranges[i].first, address, sizeof *address) <= 0 &&
            memcmp(&ranges[i].last, address, sizeof *address) >= 0)
            return ranges[i].answer;
    return RANGE_NOTHING;
}

/* The address that many further, wrapping. */
static struct address further(struct address address, int by)
{
    for (size_t i = sizeof address.bytes; i-- > 0 && by != 0;) {
        int sum = address.bytes[i] + by;
        address.bytes[i] = (uint8_t)sum;
        by = sum < 0 ? -1 : sum > 0xff ? 1 : 0;
    }
    return address;
}

/* Few bits differ, so that prefixes nest and touch. */
static struct address random_address(bool ipv6)
{
    struct address address = ipv6 ? address_of("2001:db8::") : address_of("10.0.0.0");
    if (random() % 8 == 0)
        for (size_t i = ipv6 ? 0 : 12; i < sizeof address.bytes; i++)
            address.bytes[i] = (uint8_t)random();
    if (random() % 8 == 0)
        memset(address.bytes + (ipv6 ? 0 : 12), random() % 2 == 0 ? 0 : 0xff, ipv6 ? 16 : 4);
    if (!ipv6)
        memset(address.bytes + 10, 0xff, 2);
    address.bytes[15] = (uint8_t)random();
    return address;
}

static void fill(struct world *w)
{
    *w = (struct world){.count = (size_t)random() % PREFIXES_MOST};
    for (size_t i = 0; i < w->count; i++) {
        const bool ipv6 = random() % 2 == 0;
        const unsigned few = random() % 6 == 0 ? (ipv6 ? 128 : 32) : 9;
        const struct address address = random_address(ipv6);
        w->prefixes[i].bits = (uint8_t)(128 - (unsigned)random() % few);
        w->prefixes[i].base = address_mask(&address, w->prefixes[i].bits);
    }
}

static void check_address(struct world *w, const struct range *ranges, size_t count, bool ipv6,
                          struct address address)
{
    uint32_t expected = address_is_ipv4(&address) == !ipv6 ? ask(w, &address) : RANGE_NOTHING;
    assert_int_equal(answer_of(ranges, count, &address), expected);
}

static void check_family(struct world *w, bool ipv6)
{
    struct range *ranges;
    size_t count;

    w->asked = 0;
    assert_int_equal(ranges_make(w->prefixes, w->count, ipv6, ask, w, &ranges, &count), STATUS_OK);
    assert_true(w->asked <= 2 * w->count + 2);
    for (size_t i = 0; i < count; i++) {
        assert_true(memcmp(&ranges[i].first, &ranges[i].last, sizeof(struct address)) <= 0);
        assert_int_not_equal(ranges[i].answer, RANGE_NOTHING);
        assert_int_equal(address_is_ipv4(&ranges[i].first), !ipv6);
        assert_int_equal(address_is_ipv4(&ranges[i].last), !ipv6);
        if (i == 0)
            continue;
        const struct address next = further(ranges[i - 1].last, 1);
        int order = memcmp(&next, &ranges[i].first, sizeof next);
        assert_true(order < 0 || (order == 0 && ranges[i - 1].answer != ranges[i].answer));
    }
    for (size_t i = 0; i < w->count; i++) {
        struct address last = w->prefixes[i].base;
        for (unsigned bit = w->prefixes[i].bits; bit < 128; bit++)
            last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        for (int by = -1; by <= 1; by++) {
            check_address(w, ranges, count, ipv6, further(w->prefixes[i].base, by));
            check_address(w, ranges, count, ipv6, further(last, by));
        }
    }
    for (unsigned i = 0; i < ADDRESSES; i++)
        check_address(w, ranges, count, ipv6, random_address(i % 2 == 0));
    free(ranges);
}

static void test_every_address(void **state)
{
    struct world w;

    srandom(4);
    for (unsigned round = 0; round < ROUNDS; round++) {
        fill(&w);
        check_family(&w, false);
        check_family(&w, true);
    }
}

static uint32_t ask_always(void *owner, const struct address *address)
{
    return 7;
}

static void test_whole_line(void **state)
{
    struct range *ranges;
    size_t count;
    char text[RANGE_TEXT_SIZE];

    assert_int_equal(ranges_make(NULL, 0, false, ask_always, NULL, &ranges, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(ranges[0].answer, 7);
    assert_string_equal(range_text(&ranges[0], text), "0.0.0.0/0");
    free(ranges);
    assert_int_equal(ranges_make(NULL, 0, true, ask_always, NULL, &ranges, &count), STATUS_OK);
    assert_int_equal(count, 2); /* IPv4 lies between */
    assert_string_equal(range_text(&ranges[0], text), "::-::fffe:ffff:ffff");
    assert_string_equal(range_text(&ranges[1], text),
                        "::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    free(ranges);
}

static void test_texts(void **state)
{
    static const struct {
        const char *first, *last, *text;
    } rows[] = {
        {"10.0.0.1", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.0", "10.0.0.255", "10.0.0.0/24"},
        {"10.0.0.2", "10.0.0.3", "10.0.0.2/31"},
        {"10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2"},
        {"10.0.0.0", "10.0.2.255", "10.0.0.0-10.0.2.255"},
        {"0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
        {"2001:db8::", "2001:db8::ffff", "2001:db8::/112"},
        {"2001:db8::1", "2001:db8::ffff", "2001:db8::1-2001:db8::ffff"},
    };
    char text[RANGE_TEXT_SIZE];

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct range range = {address_of(rows[i].first), address_of(rows[i].last), 1};
        assert_string_equal(range_text(&range, text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_address),
        cmocka_unit_test(test_whole_line),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
