/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reply - flags, limits and options of what goes out.
 */
#include "world.h"

static const char nobody[] = "10.9.0.1";

static void flags_come_back(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, 0, LINES("www.example 60 IN A 192.0.2.1"));
    assert_int_equal(w->reply.flags, FLAG_QR | FLAG_RD | FLAG_RA);
    assert_int_equal(w->reply.id, 0xabcd);
    world_resolve(w, nobody, "www.example", TYPE_A, ASK_CD, LINES("www.example 60 IN A 192.0.2.1"));
    assert_int_equal(w->reply.flags, FLAG_QR | FLAG_RD | FLAG_RA | FLAG_CD);
}

static void ad_for_those_who_understand_it(void **state)
{
    static const struct {
        unsigned flags;
        bool ad;
    } rows[] = {{0, false}, {ASK_AD, true}, {ASK_DO, true}, {ASK_DO | ASK_AD, true}};
    struct world *w = *state;
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, 0), FATE_WAITING);
    world_answer_as(w, 0, OUTCOME_ANSWER, true, LINES("www.example 60 IN A 192.0.2.1"));
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_DO), FATE_WAITING);
    world_answer_as(w, 1, OUTCOME_ANSWER, true, LINES("www.example 60 IN A 192.0.2.1"));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, rows[i].flags),
                         FATE_ANSWERED);
        assert_int_equal((w->reply.flags & FLAG_AD) != 0, rows[i].ad);
        assert_int_equal(w->reply.edns.wants_dnssec, (rows[i].flags & ASK_DO) != 0);
    }
}

static void no_opt_without_opt(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, ASK_NO_EDNS,
                  LINES("www.example 60 IN A 192.0.2.1"));
    assert_false(w->reply.edns.present);
    assert_int_equal(world_query(w, "10.1.0.5", "sink.example", TYPE_A, ASK_NO_EDNS),
                     FATE_ANSWERED);
    assert_false(w->reply.edns.present);
}

/* An answer of `count` addresses, 16 bytes each. */
static void resolve_large(struct world *w, const char *name, unsigned count)
{
    static char lines[300][64];
    const char *pointers[301] = {0};
    for (unsigned i = 0; i < count; i++) {
        snprintf(lines[i], sizeof lines[i], "%s 60 IN A 192.0.2.%u", name, i % 250);
        pointers[i] = lines[i];
    }
    world_resolve(w, nobody, name, TYPE_A, ASK_TCP, pointers);
    world_expect(w, RCODE_NOERROR, count, EDE_NONE);
}

static void what_does_not_fit_is_cut_to_the_question(void **state)
{
    struct world *w = *state;
    resolve_large(w, "big.example", 200);
    assert_int_equal(world_query(w, nobody, "big.example", TYPE_A, 0), FATE_ANSWERED);
    assert_true(w->reply.flags & FLAG_TC);
    world_expect(w, RCODE_NOERROR, 0, EDE_NONE);
    assert_true(w->reply.edns.present);
    assert_int_equal(w->counters.value[COUNT_TRUNCATED], 1);

    resolve_large(w, "mid.example", 60); /* 989 bytes: not for a client without EDNS */
    assert_int_equal(world_query(w, nobody, "mid.example", TYPE_A, 0), FATE_ANSWERED);
    assert_false(w->reply.flags & FLAG_TC);
    assert_int_equal(world_query(w, nobody, "mid.example", TYPE_A, ASK_NO_EDNS), FATE_ANSWERED);
    assert_true(w->reply.flags & FLAG_TC);
    assert_int_equal(w->length, 29);
}

/* Around the limit every size is either whole or cut, and never too long. */
static void the_limit_is_exact(void **state)
{
    struct world *w = *state;
    for (unsigned count = 70; count < 80; count++) {
        char name[32];
        snprintf(name, sizeof name, "n%u.example", count);
        resolve_large(w, name, count);
        size_t whole = 12 + 17 + 16 * (size_t)count + 11;
        assert_int_equal(w->length, whole);
        assert_int_equal(world_query(w, nobody, name, TYPE_A, 0), FATE_ANSWERED);
        assert_int_equal((w->reply.flags & FLAG_TC) != 0, whole > EDNS_UDP_SIZE);
        assert_true(w->length <= EDNS_UDP_SIZE);
        world_query(w, nobody, name, TYPE_A, ASK_COOKIE); /* which always has its place */
        assert_int_equal(w->reply.edns.cookie_length, COOKIE_SIZE);
        assert_true(w->length <= EDNS_UDP_SIZE);
    }
}

static void padding_on_streams_only(void **state)
{
    struct world *w = *state;
    world_resolve(w, nobody, "www.example", TYPE_A, ASK_PADDING,
                  LINES("www.example 60 IN A 192.0.2.1"));
    assert_true(w->length < 100);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_PADDING | ASK_TCP),
                     FATE_ANSWERED);
    assert_int_equal(w->length, 468);
    assert_int_equal(world_query(w, nobody, "www.example", TYPE_A, ASK_TCP), FATE_ANSWERED);
    assert_true(w->length < 100);
}

static size_t with_option(uint8_t *out, uint16_t option)
{
    size_t length = world_question(out, "www.example", TYPE_A, 0);
    store_u16(out + length - 2, 4);
    store_u16(out + length, option);
    store_u16(out + length + 2, 0);
    return length + 4;
}

static bool holds(const struct world *w, const char *bytes, size_t length)
{
    return memmem(w->bytes, w->length, bytes, length) != NULL;
}

static void nsid_and_keepalive_when_asked(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    world_resolve(w, nobody, "www.example", TYPE_A, 0, LINES("www.example 60 IN A 192.0.2.1"));
    size_t length = with_option(bytes, EDNS_OPTION_NSID);
    world_send(w, nobody, span_of(bytes, length), false);
    assert_false(holds(w, "\0\3\0\4", 4));
    memcpy(w->config.dnsd.server_id, "gw-1", 5);
    world_send(w, nobody, span_of(bytes, length), false);
    assert_true(holds(w, "\0\3\0\4gw-1", 8));

    length = with_option(bytes, EDNS_OPTION_KEEPALIVE);
    world_send(w, nobody, span_of(bytes, length), false);
    assert_false(holds(w, "\0\13\0\2", 4));
    world_send(w, nobody, span_of(bytes, length), true);
    assert_true(holds(w, "\0\13\0\2\0\144", 6)); /* 10 seconds */
}

static void ede_carries_the_words(void **state)
{
    struct world *w = *state;
    world_query(w, "10.1.0.5", "sink.example", TYPE_A, 0);
    assert_true(holds(w, "Banned apps", 11));
    assert_true(holds(w, "SEC-1", 5));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(flags_come_back),
        TEST(ad_for_those_who_understand_it),
        TEST(no_opt_without_opt),
        TEST(what_does_not_fit_is_cut_to_the_question),
        TEST(the_limit_is_exact),
        TEST(padding_on_streams_only),
        TEST(nsid_and_keepalive_when_asked),
        TEST(ede_carries_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
