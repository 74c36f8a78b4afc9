/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_quic - what cannot be read says why, and what is not QUIC is left alone.
 */
#include "flow.h"

static void keys_stay_when_ids_change(void **state)
{
    struct span hello = hello_for("moved.example", 1500);
    struct packets_initial initial = initial_at(0), moved = initial_at(1);
    moved.keys_from = initial.destination_id;
    for (unsigned round = 0; round < 2; round++) { /* RFC 9001 5.2, RFC 9369 4 */
        flow_begin();
        moved.version = round == 0 ? QUIC_V1 : QUIC_V2;
        say_crypto(&initial, 0, part(hello, 0, 1000));
        say_server(0xc0, QUIC_V1);
        say_crypto(&moved, 1000, part(hello, 1000, hello.length));
        assert_only("moved.example", WHY_NONE, HEARD_MORE);
    }
}

static void what_does_not_open_is_sealed(void **state)
{
    struct span hello = hello_for("later.example", 0);
    struct packets_initial initial = initial_at(0), lost = initial_at(1);
    lost.keys_from = initial.destination_id; /* its beginning was not seen */
    flow_begin();
    say_crypto(&lost, 0, hello);
    assert_only(NULL, WHY_SEALED, HEARD_MORE);
    say_crypto(&lost, 0, hello);
    assert_nothing(HEARD_MORE);
    struct packets_initial reused = initial_at(2);
    say_crypto(&reused, 0, hello);
    assert_only("later.example", WHY_NONE, HEARD_MORE);

    initial.server = true; /* the other side's keys */
    flow_begin();
    say_crypto(&initial, 0, hello);
    assert_only(NULL, WHY_SEALED, HEARD_MORE);
}

static void others_are_not_robbed(void **state)
{
    static const struct {
        char bytes[40];
        size_t length;
    } cases[] = {
        {"", 0},
        {"\x40", 1200}, /* a short header */
        {"\xc0", 1},
        {"\xc0\0\0\0\1", 5},
        {"\x9a\x01\x01\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1", 29}, /* DNS */
        {"\x80\0\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 19},                /* DNS */
        {"\x80\x60\0\1\0\0\0\0\0\0\0\1", 172},                          /* RTP */
        {"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x30\1\0\0", 61},               /* DTLS */
        {"\0\1\0\0\x21\x12\xa4\x42", 20},                               /* STUN */
        {"\xc0\x11\x22\x33\x44\x08"
         "12345678\0",
         1199}, /* no Initial so small */
        {"\xc0\x11\x22\x33\x44\x07"
         "1234567\0",
         1200}, /* no first id so short */
        {"\xc0\x11\x22\x33\x44\x15"
         "123456789012345678901\0",
         1200}, /* none so long */
        {"\x80\x11\x22\x33\x44\x08"
         "12345678\0",
         1200}, /* no fixed bit */
        {"\x80\0\0\0\0\x08"
         "12345678\0\0\0\0\1",
         19}, /* a server's word */
        {"\xf0\0\0\0\1\x08"
         "12345678\0tokentokentokentoken",
         35}, /* another */
    };
    static uint8_t bytes[1200];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, cases[i].bytes, sizeof cases[i].bytes);
        flow_begin();
        say(CLIENT, span_of(bytes, cases[i].length));
        assert_nothing(HEARD_NOT_MINE);
        assert_null(flow.memory); /* and costs nothing */
    }
}

static void a_missed_beginning_is_said(void **state)
{
    flow_begin();
    for (unsigned i = 0; i < 3; i++) {
        say(CLIENT, span_of("\xe0\0\0\0\1\0\0\5abcde", 13));
        assert_nothing(HEARD_PERHAPS);
        say_handshake();
        assert_nothing(HEARD_PERHAPS);
    }
    say(CLIENT, span_of("\xe0\0\0\0\1\0\0\5abcde", 13));
    assert_only(NULL, WHY_MIDSTREAM, HEARD_DONE);

    flow_begin(); /* 0-RTT may overtake the Initial */
    say(CLIENT, span_of("\xd0\0\0\0\1\0\0\5abcde", 13));
    assert_nothing(HEARD_PERHAPS);
    struct packets_initial initial = initial_at(0);
    say_crypto(&initial, 0, hello_for("early.example", 0));
    assert_only("early.example", WHY_NONE, HEARD_MORE);
}

static void what_is_missing_is_said(void **state)
{
    struct span hello = hello_for("hole.example", 1500);
    struct packets_initial initial = initial_at(0);
    flow_begin();
    say_crypto(&initial, 500, part(hello, 500, hello.length));
    say_handshake();
    assert_nothing(HEARD_MORE);
    say(CLIENT, span_of("\x40 1-RTT", 7));
    assert_only(NULL, WHY_HOLE, HEARD_DONE);

    assert_int_equal(flow.notes, 1);

    flow_begin(); /* forever */
    for (unsigned i = 1; i < 64; i++) {
        say_crypto(&initial, 500, part(hello, 500, hello.length));
        assert_nothing(HEARD_MORE);
    }
    say_crypto(&initial, 500, part(hello, 500, hello.length));
    assert_only(NULL, WHY_HOLE, HEARD_DONE);

    static uint8_t frames[1100], bytes[1300];
    struct writer f = writer_over(frames, sizeof frames), w = writer_over(bytes, sizeof bytes);
    packets_crypto(&f, 0, part(hello, 0, 900));
    packets_initial(&w, &initial, writer_span(&f));
    for (size_t cut = 5; cut < 1200; cut += 239) {
        flow_begin();
        flow.talk.cut = true;
        say(CLIENT, part(writer_span(&w), 0, cut));
        assert_only(NULL, WHY_CUT, HEARD_MORE);
        say(CLIENT, part(writer_span(&w), 0, cut));
        assert_nothing(HEARD_MORE);
    }
}

/* Should nothing more come, that is what the flow ends with. */
static void what_has_begun_is_said_once(void **state)
{
    struct span hello = hello_for("begun.example", 1500);
    struct packets_initial initial = initial_at(0);
    for (unsigned later = 0; later < 2; later++) {
        flow_begin();
        say_crypto(&initial, later ? 800 : 0, part(hello, later ? 800 : 0, later ? 900 : 700));
        assert_nothing(HEARD_MORE);
        assert_int_equal(flow.notes, 1);
        assert_int_equal(flow.begun, later ? WHY_HOLE : WHY_NONE);
        say_crypto(&initial, 900, part(hello, 900, 1000));
        assert_int_equal(flow.notes, 1);
    }
    flow_begin();
    say_frames(&initial, span_text("\1")); /* PING alone */
    say_crypto(&initial, 0, hello);
    assert_only("begun.example", WHY_NONE, HEARD_MORE);
    assert_int_equal(flow.notes, 0);
}

static void without_memory_one_datagram_is_read(void **state)
{
    struct span hello = hello_for("poor.example", 1500);
    struct packets_initial initial = initial_at(0);
    flow_begin();
    flow.talk.memory = NULL;
    say_crypto(&initial, 0, hello_for("poor.example", 0));
    assert_only("poor.example", WHY_NONE, HEARD_DONE);
    flow_begin();
    flow.talk.memory = NULL;
    say_crypto(&initial, 0, part(hello, 0, 1000));
    assert_only(NULL, WHY_NO_ROOM, HEARD_DONE);
    say_crypto(&initial, 1000, part(hello, 1000, hello.length));
    assert_only(NULL, WHY_NO_ROOM, HEARD_DONE);
}

static void what_has_no_name_says_why(void **state)
{
    struct packets_initial initial = initial_at(0);
    flow_begin();
    say_crypto(&initial, 0, hello_for("", 0));
    assert_only(NULL, WHY_NOT_SAID, HEARD_MORE);
    say_handshake();
    assert_nothing(HEARD_DONE);
    flow_begin();
    say_crypto(&initial, 0, hello_for("192.0.2.7", 0));
    assert_only(NULL, WHY_ADDRESS, HEARD_MORE);
    flow_begin();
    say_crypto(&initial, 0, hello_for("no name", 0));
    assert_only(NULL, WHY_INVALID_NAME, HEARD_MORE);
    flow_begin();
    say_crypto(&initial, 0, span_text("\2\0\0\4this is no ClientHello"));
    assert_only(NULL, WHY_MALFORMED, HEARD_MORE);
    say_crypto(&initial, 30, span_text("more"));
    assert_nothing(HEARD_MORE);
    flow_begin();
    flow.talk.server_port = 853;
    say_crypto(&initial, 0, hello_for("dns.example", 0));
    assert_only("dns.example", WHY_NONE, HEARD_MORE);
    assert_int_equal(flow.out.list[0].way, DETOUR_DOQ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_stay_when_ids_change),
        cmocka_unit_test(what_does_not_open_is_sealed),
        cmocka_unit_test(others_are_not_robbed),
        cmocka_unit_test(a_missed_beginning_is_said),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(what_has_begun_is_said_once),
        cmocka_unit_test(without_memory_one_datagram_is_read),
        cmocka_unit_test(what_has_no_name_says_why),
    };
    int failed = cmocka_run_group_tests_name("sight/quic_doubt", tests, NULL, NULL);
    sights_free(flow.sights);
    return failed;
}
