/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limit - who may ask, how often, and who is exempt.
 */
#include "world.h"

static const char staff[] = "10.1.0.5";

static void strangers_are_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, "192.0.2.99", "sink.example", TYPE_A, 0), FATE_ANSWERED);
    world_expect(w, RCODE_REFUSED, 0, EDE_PROHIBITED);
    assert_int_equal(world_query(w, "2001:db8::9", "sink.example", TYPE_A, ASK_TCP), FATE_ANSWERED);
    world_expect(w, RCODE_REFUSED, 0, EDE_PROHIBITED);
    assert_int_equal(w->recorded, 0);
}

static void strangers_are_limited_and_get_no_slip(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(world_query(w, "192.0.2.99", "sink.example", TYPE_A, 0),
                         i < 5 ? FATE_ANSWERED : FATE_SILENT);
    world_expect(w, RCODE_REFUSED, 0, EDE_PROHIBITED);
}

static int setup_limited(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    world_config(&w->config);
    w->config.dnsd.rate_per_second = 10;
    w->config.dnsd.rate_burst = 5;
    world_start(w);
    *state = w;
    return 0;
}

/* Uses up the bucket of a prefix. */
static void spend(struct world *w, const char *client)
{
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(world_query(w, client, "nodata.example", TYPE_A, 0), FATE_ANSWERED);
        assert_false(w->reply.flags & FLAG_TC);
    }
}

static void over_the_limit_every_second_is_truncated(void **state)
{
    struct world *w = *state;
    spend(w, staff);
    for (unsigned i = 0; i < 10; i++) {
        enum fate fate = world_query(w, "10.1.0.6", "nodata.example", TYPE_A, 0);
        assert_int_equal(fate, i % 2 == 0 ? FATE_ANSWERED : FATE_SILENT);
        if (fate == FATE_ANSWERED) {
            assert_true(w->reply.flags & FLAG_TC);
            assert_int_equal(w->reply.counts[SECTION_AUTHORITY], 0);
        }
    }
    assert_int_equal(w->counters.value[COUNT_LIMITED], 10);
    spend(w, "10.1.1.1"); /* another prefix */
}

static void tokens_come_back_with_time(void **state)
{
    struct world *w = *state;
    spend(w, staff);
    world_wait(w, 99);
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, 0), FATE_ANSWERED);
    assert_true(w->reply.flags & FLAG_TC);
    world_wait(w, 1);
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, 0), FATE_ANSWERED);
    assert_false(w->reply.flags & FLAG_TC);
    world_wait(w, 3600000);
    spend(w, staff);
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, 0), FATE_SILENT);
}

static void tcp_is_exempt(void **state)
{
    struct world *w = *state;
    spend(w, staff);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, ASK_TCP), FATE_ANSWERED);
}

/* The query with the cookie that the last answer brought. */
static size_t with_cookie(const struct world *w, uint8_t *out)
{
    size_t length = world_question(out, "nodata.example", TYPE_A, ASK_COOKIE);
    memcpy(out + length - 8, w->reply.edns.cookie, COOKIE_SIZE);
    store_u16(out + length - 10, COOKIE_SIZE);
    store_u16(out + length - 14, COOKIE_SIZE + 4);
    return length + COOKIE_SIZE - 8;
}

static void a_good_cookie_is_exempt(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, ASK_COOKIE), FATE_ANSWERED);
    assert_int_equal(w->reply.edns.cookie_length, COOKIE_SIZE);
    assert_memory_equal(w->reply.edns.cookie, "abcdefgh", 8);
    size_t length = with_cookie(w, bytes);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(world_send(w, staff, span_of(bytes, length), false), FATE_ANSWERED);
        assert_false(w->reply.flags & FLAG_TC);
        assert_memory_equal(w->reply.edns.cookie, bytes + length - COOKIE_SIZE, COOKIE_SIZE);
    }
    world_wait(w, 2400 * 1000); /* old, still good: a new one comes */
    assert_int_equal(world_send(w, staff, span_of(bytes, length), false), FATE_ANSWERED);
    assert_memory_not_equal(w->reply.edns.cookie, bytes + length - COOKIE_SIZE, COOKIE_SIZE);
}

static void a_bad_cookie_is_not(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, ASK_COOKIE), FATE_ANSWERED);
    size_t length = with_cookie(w, bytes);
    bytes[length - 1] ^= 1;
    unsigned silent = 0;
    for (unsigned i = 0; i < 20; i++)
        silent += world_send(w, staff, span_of(bytes, length), false) == FATE_SILENT;
    assert_int_equal(silent, 8); /* 4 tokens were left, then every second one of 16 */
    assert_int_equal(w->reply.edns.cookie_length, COOKIE_SIZE);
}

static void another_address_cannot_use_a_cookie(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    assert_int_equal(world_query(w, staff, "nodata.example", TYPE_A, ASK_COOKIE), FATE_ANSWERED);
    size_t length = with_cookie(w, bytes);
    spend(w, "10.1.9.9");
    assert_int_equal(world_send(w, "10.1.9.9", span_of(bytes, length), false), FATE_ANSWERED);
    assert_true(w->reply.flags & FLAG_TC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_limited, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strangers_are_refused, world_setup, world_teardown),
        TEST(strangers_are_limited_and_get_no_slip),
        TEST(over_the_limit_every_second_is_truncated),
        TEST(tokens_come_back_with_time),
        TEST(tcp_is_exempt),
        TEST(a_good_cookie_is_exempt),
        TEST(a_bad_cookie_is_not),
        TEST(another_address_cannot_use_a_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
