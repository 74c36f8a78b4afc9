/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_quic - the name is found however the hello is cut, shuffled and begun again; and never
 * without a word when somebody says two of them.
 */
#include "flow.h"

enum { PIECES = 6 };

static void one_initial_is_enough(void **state)
{
    static const uint32_t versions[] = {QUIC_V1, QUIC_V2, QUIC_DRAFT_29};
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        flow_begin();
        struct packets_initial initial = initial_at(0);
        initial.version = versions[i];
        struct span hello = hello_for("www.example.com", 300);
        say_crypto(&initial, 0, hello);
        assert_only("www.example.com", WHY_NONE, HEARD_MORE);
        const struct sighting *sighting = &flow.out.list[0];
        assert_true(sighting->has_hello);
        assert_int_equal(sighting->hello_transport, 'q');
        assert_true(span_equal(sighting->hello.message, hello));
        assert_string_equal(sighting->alpn, "h3");
        assert_int_equal(sighting->way, DETOUR_NONE);
        say_handshake();
        assert_nothing(HEARD_DONE);
    }
}

/* `order` as digits of the factorial base: each number is one permutation. */
static void order_of(unsigned number, unsigned count, unsigned *order)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = number % (i + 1);
        number /= i + 1;
        for (unsigned k = i; k > digit; k--)
            order[k] = order[k - 1];
        order[digit] = i;
    }
}

static void any_order_of_initials_does(void **state)
{
    struct span hello = hello_for("shuffled.example.org", 3001);
    for (unsigned pieces = 1, orders = 1; pieces <= PIECES; pieces++, orders *= pieces) {
        for (unsigned number = 0; number < orders; number++) {
            unsigned order[PIECES];
            order_of(number, pieces, order);
            flow_begin();
            if (pieces < 3)
                hello = hello_for("shuffled.example.org", 1000);
            else if (hello.length < 3000)
                hello = hello_for("shuffled.example.org", 3001);
            for (unsigned i = 0; i < pieces; i++) {
                assert_int_equal(flow.names, 0);
                size_t from = hello.length * order[i] / pieces;
                size_t to = hello.length * (order[i] + 1) / pieces;
                struct packets_initial initial = initial_at(0);
                initial.number = i;
                say_crypto(&initial, from, part(hello, from, to));
                assert_int_equal(flow.heard, HEARD_MORE);
            }
            assert_only("shuffled.example.org", WHY_NONE, HEARD_MORE);
        }
    }
}

static void one_datagram_may_hold_them_all(void **state)
{
    static uint8_t bytes[8192];
    struct span hello = hello_for("coalesced.example", 700);
    for (unsigned number = 0; number < 720; number++) {
        unsigned order[PIECES];
        order_of(number, PIECES, order);
        struct writer w = writer_over(bytes, sizeof bytes);
        for (unsigned i = 0; i < PIECES; i++) {
            uint8_t frames[512];
            struct writer f = writer_over(frames, sizeof frames);
            size_t from = hello.length * order[i] / PIECES;
            packets_crypto(&f, from, part(hello, from, hello.length * (order[i] + 1) / PIECES));
            struct packets_initial initial = initial_at(0);
            initial.least = 0;
            packets_initial(&w, &initial, writer_span(&f));
            if (i == 2) /* 0-RTT between them */
                write_bytes(&w, "\xd0\0\0\0\1\0\0\2ab", 10);
        }
        (void)memset(write_place(&w, 100), 0, 100); /* and padding behind */
        flow_begin();
        say(CLIENT, writer_span(&w));
        assert_only("coalesced.example", WHY_NONE, HEARD_MORE);
    }
}

static void frames_of_one_byte_do(void **state)
{
    static uint8_t frames[8192], bytes[8192];
    struct span hello = hello_for("one.byte.example", 200);
    struct writer f = writer_over(frames, sizeof frames);
    for (size_t i = 0; i < hello.length; i++) { /* 7 has no factor in common with the length */
        size_t at = i * 7 % hello.length, length = at + 3 <= hello.length ? 3 : 1;
        packets_crypto(&f, at, part(hello, at, at + length));
        write_text(&f, "\1"); /* PING */
    }
    assert_int_not_equal(hello.length % 7, 0);
    struct packets_initial initial = initial_at(0);
    struct writer w = writer_over(bytes, sizeof bytes);
    packets_initial(&w, &initial, writer_span(&f));
    flow_begin();
    say(CLIENT, writer_span(&w));
    assert_only("one.byte.example", WHY_NONE, HEARD_MORE);
}

static void say_pieces(struct span hello, size_t piece, bool backwards)
{
    struct packets_initial initial = initial_at(0);
    size_t count = (hello.length + piece - 1) / piece;
    for (size_t i = 0; i < count; i++) {
        size_t from = (backwards ? count - 1 - i : i) * piece;
        size_t to = from + piece < hello.length ? from + piece : hello.length;
        say_crypto(&initial, from, part(hello, from, to));
        if (flow.out.count > 0)
            return;
        assert_int_equal(flow.heard, HEARD_MORE);
    }
}

static void hellos_of_every_size_do(void **state)
{
    flow_begin();
    say_pieces(hello_for("large.example", HELLO_MOST), 1100, false);
    assert_only("large.example", WHY_NONE, HEARD_MORE);
    flow_begin();
    say_pieces(hello_for("large.example", HELLO_MOST), 1100, true);
    assert_only("large.example", WHY_NONE, HEARD_MORE);
    flow_begin();
    say_pieces(hello_for("large.example", HELLO_MOST + 100), 1100, false);
    assert_only(NULL, WHY_TOO_LONG, HEARD_MORE);
    say_handshake();
    assert_nothing(HEARD_DONE);
}

static void other_copies_are_ambiguous(void **state)
{
    struct span good = hello_for("good.example.com", 900);
    struct span evil = hello_for("evil.example.com", 900);
    struct packets_initial initial = initial_at(0);
    flow_begin(); /* before the hello is whole */
    say_crypto(&initial, 300, part(good, 300, good.length));
    say_crypto(&initial, 300, part(evil, 300, evil.length));
    assert_nothing(HEARD_MORE);
    say_crypto(&initial, 0, part(evil, 0, 310));
    assert_int_equal(flow.out.count, 2);
    assert_name(0, "good.example.com", WHY_OVERLAP);
    assert_name(1, "evil.example.com", WHY_OVERLAP);

    flow_begin(); /* after it */
    say_crypto(&initial, 0, good);
    assert_only("good.example.com", WHY_NONE, HEARD_MORE);
    say_crypto(&initial, 0, good);
    assert_nothing(HEARD_MORE);
    say_crypto(&initial, 0, evil);
    assert_only("evil.example.com", WHY_OVERLAP, HEARD_MORE);
    say_crypto(&initial, 0, evil);
    assert_nothing(HEARD_MORE);

    static uint8_t bytes[1200];
    memcpy(bytes, good.at, good.length);
    bytes[20] ^= 1; /* another random, the same name */
    flow_begin();
    say_crypto(&initial, 0, part(good, 0, 500));
    say_crypto(&initial, 0, span_of(bytes, 30));
    say_crypto(&initial, 500, part(good, 500, good.length));
    assert_only("good.example.com", WHY_NONE, HEARD_MORE);

    memset(bytes, 0xff, sizeof bytes); /* nobody can read the other one */
    say_crypto(&initial, 100, span_of(bytes, 700));
    assert_only("good.example.com", WHY_OVERLAP, HEARD_MORE);
}

static void second_hellos_are_ambiguous(void **state)
{
    struct span good = hello_for("good.example.com", 500);
    struct span evil = hello_for("evil.example.com", 500);
    struct packets_initial initial = initial_at(0), other = initial_at(1);
    flow_begin(); /* as behind a HelloRetryRequest */
    say_crypto(&initial, 0, good);
    say_crypto(&initial, good.length, good);
    assert_nothing(HEARD_MORE);
    say_crypto(&initial, 2 * good.length, evil);
    assert_only("evil.example.com", WHY_SECOND_HELLO, HEARD_MORE);

    flow_begin(); /* another connection */
    say_crypto(&initial, 0, good);
    say_crypto(&other, 0, good);
    assert_nothing(HEARD_MORE);
    say_crypto(&other, good.length, evil);
    assert_only("evil.example.com", WHY_SECOND_HELLO, HEARD_MORE);
    say_crypto(&initial, 0, evil);
    assert_only("evil.example.com", WHY_SECOND_HELLO, HEARD_MORE);

    static uint8_t bytes[4096], frames[1024]; /* in one datagram */
    struct writer w = writer_over(bytes, sizeof bytes), f = writer_over(frames, sizeof frames);
    packets_crypto(&f, 0, good);
    packets_initial(&w, &initial, writer_span(&f));
    f = writer_over(frames, sizeof frames);
    packets_crypto(&f, 0, evil);
    packets_initial(&w, &other, writer_span(&f));
    flow_begin();
    say(CLIENT, writer_span(&w));
    assert_int_equal(flow.out.count, 2);
    assert_name(0, "good.example.com", WHY_NONE);
    assert_name(1, "evil.example.com", WHY_SECOND_HELLO);
    assert_false(flow.out.list[0].has_hello); /* its bytes are gone */
    assert_true(flow.out.list[1].has_hello);

    flow_begin(); /* one that was begun, and another one */
    say_crypto(&initial, 0, part(evil, 0, 100));
    say_crypto(&other, 0, good);
    assert_only("good.example.com", WHY_SECOND_HELLO, HEARD_MORE);
}

static void retry_begins_anew(void **state)
{
    struct span hello = hello_for("retried.example", 1500);
    struct packets_initial initial = initial_at(0), again = initial_at(1);
    again.token = span_text("token");
    for (unsigned seen = 0; seen < 2; seen++) { /* with and without the server's side */
        flow_begin();
        say_crypto(&initial, 0, part(hello, 0, 1000));
        if (seen)
            say_server(0xf0, QUIC_V1);
        say_crypto(&again, 1000, part(hello, 1000, hello.length));
        assert_nothing(HEARD_MORE);
        say_crypto(&again, 0, part(hello, 0, 1000));
        assert_only("retried.example", WHY_NONE, HEARD_MORE);
    }
    flow_begin(); /* all of it was said before */
    say_crypto(&initial, 0, part(hello, 0, 1000));
    say_crypto(&initial, 1000, part(hello, 1000, hello.length));
    say_server(0xf0, QUIC_V1);
    say_crypto(&again, 0, part(hello, 0, 1000));
    say_crypto(&again, 1000, part(hello, 1000, hello.length));
    assert_int_equal(flow.names, 1);
    say_handshake();
    assert_nothing(HEARD_DONE);
}

static void negotiation_begins_anew(void **state)
{
    uint8_t bytes[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    struct span hello = hello_for("negotiated.example", 1500);
    struct packets_initial initial = initial_at(0), two = initial_at(0);
    two.version = QUIC_V2;
    flow_begin();
    say(CLIENT, span_of(bytes, sizeof bytes));
    assert_only(NULL, WHY_VERSION, HEARD_MORE);
    assert_non_null(strstr(flow.out.list[0].evidence, "0x1a2a3a4a"));
    say(CLIENT, span_of(bytes, sizeof bytes));
    assert_nothing(HEARD_MORE);
    say_server(0x80, 0);
    assert_nothing(HEARD_MORE);
    say_crypto(&two, 0, hello_for("negotiated.example", 0));
    assert_only("negotiated.example", WHY_NONE, HEARD_MORE);

    static uint8_t changed[2000]; /* the same id under another version, and another random */
    memcpy(changed, hello.at, hello.length);
    changed[10] ^= 0xff;
    flow_begin();
    say_crypto(&initial, 0, part(hello, 0, 1000));
    say_server(0x80, 0);
    say_crypto(&two, 0, span_of(changed, 1000));
    assert_nothing(HEARD_MORE);
    say_crypto(&two, 1000, span_of(changed + 1000, hello.length - 1000));
    assert_only("negotiated.example", WHY_NONE, HEARD_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_initial_is_enough),
        cmocka_unit_test(any_order_of_initials_does),
        cmocka_unit_test(one_datagram_may_hold_them_all),
        cmocka_unit_test(frames_of_one_byte_do),
        cmocka_unit_test(hellos_of_every_size_do),
        cmocka_unit_test(other_copies_are_ambiguous),
        cmocka_unit_test(second_hellos_are_ambiguous),
        cmocka_unit_test(retry_begins_anew),
        cmocka_unit_test(negotiation_begins_anew),
    };
    int failed = cmocka_run_group_tests_name("sight/quic", tests, NULL, NULL);
    sights_free(flow.sights);
    return failed;
}
