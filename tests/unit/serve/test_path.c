/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * path - what is no question is answered as its RFC says, or not at all.
 */
#include "world.h"

static const char staff[] = "10.1.0.5";

#define HEADER(flags, counts) "\xab\xcd" flags counts
#define QUESTION              "\3www\7example\0\0\1\0\1"

static void silence(void **state)
{
    static const uint8_t response[] = HEADER("\x81\x80", "\0\1\0\0\0\0\0\0") QUESTION;
    struct world *w = *state;
    for (size_t length = 0; length < MESSAGE_HEADER; length++)
        assert_int_equal(
            world_send(w, staff, span_of(HEADER("\1\0", "\0\1\0\0\0\0"), length), false),
            FATE_SILENT);
    assert_int_equal(world_send(w, staff, span_of(response, sizeof response - 1), false),
                     FATE_SILENT);
    assert_int_equal(w->counters.value[COUNT_MALFORMED], 13);
    assert_int_equal(w->recorded, 0);
}

static void codes(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint16_t rcode;
    } rows[] = {
#define ROW(text, rcode) {text, sizeof(text) - 1, rcode}
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0"), RCODE_FORMERR),
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\3ww", RCODE_FORMERR),
        ROW(HEADER("\1\0", "\0\0\0\0\0\0\0\0"), RCODE_FORMERR),
        ROW(HEADER("\1\0", "\0\2\0\0\0\0\0\0") QUESTION QUESTION, RCODE_FORMERR),
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") QUESTION "x", RCODE_FORMERR),
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\3\1b\0\300\15\0\1\0\1", RCODE_FORMERR),
        ROW(HEADER("\x08\0", "\0\1\0\0\0\0\0\0") QUESTION, RCODE_NOTIMP), /* IQUERY */
        ROW(HEADER("\x20\0", "\0\1\0\0\0\0\0\0") QUESTION, RCODE_NOTIMP), /* NOTIFY */
        ROW(HEADER("\x28\0", "\0\1\0\0\0\0\0\0") QUESTION, RCODE_NOTIMP), /* UPDATE */
        ROW(HEADER("\x28\0", "\0\1\0\5\0\0\0\0") QUESTION, RCODE_NOTIMP),
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\1") QUESTION "\0\0\51\4\320\0\1\0\0\0\0", RCODE_BADVERS),
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\1") QUESTION "\0\0\51\4\320\0\0\0\0\0\7\0\12\0\3abc",
            RCODE_FORMERR), /* a cookie of 3 bytes */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\374\0\1", RCODE_REFUSED), /* AXFR */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\373\0\1", RCODE_REFUSED), /* IXFR */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\372\0\1", RCODE_NOTIMP),  /* TSIG */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\51\0\1", RCODE_NOTIMP),   /* OPT */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\1\0\377", RCODE_REFUSED), /* class ANY */
        ROW(HEADER("\1\0", "\0\1\0\0\0\0\0\0") "\0\0\1\0\4", RCODE_REFUSED),   /* Hesiod */
        ROW(HEADER("\0\0", "\0\1\0\0\0\0\0\0") QUESTION, RCODE_REFUSED),       /* no RD */
    };
    struct world *w = *state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(world_send(w, staff, span_of(rows[i].bytes, rows[i].length), false),
                         FATE_ANSWERED);
        if (world_rcode(w) != rows[i].rcode)
            fail_msg("row %zu: %u, not %u", i, world_rcode(w), rows[i].rcode);
        assert_int_equal(w->reply.id, 0xabcd);
        assert_int_equal(w->reply.flags & (OPCODE_MASK << OPCODE_SHIFT),
                         (uint8_t)rows[i].bytes[2] << 8 & (OPCODE_MASK << OPCODE_SHIFT));
    }
    assert_int_equal(w->asked, 0);
}

static void blocked_without_rd_is_still_blocked(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_query(w, staff, "sink.example", TYPE_A, ASK_NO_RD), FATE_ANSWERED);
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    assert_int_equal(world_query(w, staff, "www.example", TYPE_A, ASK_NO_RD), FATE_ANSWERED);
    world_expect(w, RCODE_REFUSED, 0, EDE_NOT_AUTHORITATIVE);
}

static void answers_stand_behind_what_the_caller_wrote(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512], buffer[600] = {0};
    struct writer reply = writer_over(buffer, sizeof buffer);
    struct peer peer = {.client = address_of(staff), .transport = TRANSPORT_TCP, .connection = 1};
    size_t length = world_question(bytes, "sink.example", TYPE_A, 0);
    write_u16(&reply, 0xffff); /* a length, as TCP has it */
    assert_int_equal(server_query(w->server, &peer, span_of(bytes, length), w->when, &reply),
                     FATE_ANSWERED);
    world_take(w, span_of(buffer + 2, writer_length(&reply) - 2));
    world_expect(w, RCODE_NOERROR, 1, EDE_BLOCKED);
    assert_int_equal(w->event.flags, w->reply.flags);
}

/* Any bytes: an answer that can be read, a wait, or silence. */
static void noise(void **state)
{
    struct world *w = *state;
    uint8_t bytes[512];
    srandom(7);
    for (unsigned i = 0; i < 200000; i++) {
        size_t length = world_question(bytes, i % 2 ? "sink.example" : "www.nx.example",
                                       i % 3 ? TYPE_A : TYPE_ANY, i % 5 ? ASK_COOKIE : ASK_PADDING);
        for (long n = 1 + random() % 3; n > 0; n--)
            bytes[(size_t)random() % length] = (uint8_t)random();
        if (random() % 8 == 0)
            length = (size_t)random() % length;
        world_send(w, staff, span_of(bytes, length), i % 7 == 0);
        if (i % 1000 == 0) {
            world_wait(w, 5000);
            server_tick(w->server, w->when);
        }
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silence),
        TEST(codes),
        TEST(blocked_without_rd_is_still_blocked),
        TEST(answers_stand_behind_what_the_caller_wrote),
        TEST(noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
