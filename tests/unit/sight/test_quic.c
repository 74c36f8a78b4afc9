/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_quic - the name is found however the hello is cut, shuffled and begun again; and never
 * without a word when somebody says two of them.
 */
#include "sight/sight.h"

#include "packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PIECES = 6 };

static const uint8_t ids[3][8] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 8, 7, 6, 5, 4, 3, 2}, {7, 7, 7}};

/* One flow, and what was said of it in its last datagram. */
static struct {
    struct talk talk;
    struct sights *sights;
    void *memory;
    struct sightings out;
    enum heard heard;
    unsigned names; /* sightings since the flow began */
    unsigned notes; /* and how often it was said that a hello has begun: */
    enum why begun; /* as why, at last */
} flow;

static void flow_begin(void)
{
    static const struct address address;
    sights_free(flow.sights);
    memset(&flow, 0, sizeof flow);
    flow.sights = sights_new(1, sight_quic.memory_size);
    flow.talk = (struct talk){.transport = IP_UDP,
                              .client = &address,
                              .server = &address,
                              .client_port = 50000,
                              .server_port = 443,
                              .memory = &flow.memory,
                              .sights = flow.sights};
}

static void say(enum side from, struct span datagram)
{
    struct talk *talk = &flow.talk;
    talk->from = from;
    talk->said[from] = datagram;
    talk->said[!from] = (struct span){0};
    talk->datagrams[from]++;
    memset(&flow.out, 0, sizeof flow.out);
    flow.heard = sight_quic.look(talk, &flow.out);
    struct sighting *last = &flow.out.list[flow.out.count - (flow.out.count > 0)];
    if (flow.out.count > 0 && !last->has_name && strstr(last->evidence, "part of a hello")) {
        flow.out.count--;
        flow.notes++;
        flow.begun = last->why;
    }
    flow.names += flow.out.count;
}

static struct packets_initial initial_at(unsigned id)
{
    return (struct packets_initial){.destination_id = span_of(ids[id], 8), .least = 1200};
}

static void say_frames(const struct packets_initial *initial, struct span frames)
{
    static uint8_t bytes[2048];
    struct writer w = writer_over(bytes, sizeof bytes);
    packets_initial(&w, initial, frames);
    say(CLIENT, writer_span(&w));
}

static void say_crypto(const struct packets_initial *initial, size_t offset, struct span bytes)
{
    static uint8_t frames[2048];
    struct writer w = writer_over(frames, sizeof frames);
    packets_crypto(&w, offset, bytes);
    say_frames(initial, writer_span(&w));
}

static struct span part(struct span whole, size_t from, size_t to)
{
    return span_of(whole.at + from, to - from);
}

/* At least `least` bytes long by an extension before the name, which is the only thing in which two
 * of them differ. Valid until the fourth call after. */
static struct span hello_for(const char *name, size_t least)
{
    enum { PADDING = 21, EXTENSION_HEADER = 4 };
    static uint8_t bytes[4][1 << 15], padding[1 << 15] = {0, PADDING};
    static unsigned turn;
    uint8_t *here = bytes[turn++ % COUNT_OF(bytes)];
    struct packets_hello hello = {
        .server_name = name[0] != 0 ? name : NULL, .alpn = "h3", .quic = true};
    struct writer w = writer_over(here, sizeof bytes[0]);
    packets_hello(&w, &hello);
    size_t length = writer_length(&w);
    if (length + EXTENSION_HEADER > least)
        return writer_span(&w);
    store_u16(padding + 2, (uint16_t)(least - length - EXTENSION_HEADER));
    hello.before = span_of(padding, least - length);
    w = writer_over(here, sizeof bytes[0]);
    packets_hello(&w, &hello);
    return writer_span(&w);
}

static void assert_name(unsigned i, const char *expected, enum why why)
{
    char text[NAME_TEXT_SIZE];
    assert_true(i < flow.out.count);
    const struct sighting *sighting = &flow.out.list[i];
    assert_int_equal(sighting->spoken, SPOKEN_QUIC);
    assert_int_equal(sighting->seen, SEEN_QUIC);
    assert_int_equal(sighting->why, why);
    assert_int_equal(sighting->has_name, expected != NULL);
    assert_int_not_equal(sighting->evidence[0], 0);
    if (expected != NULL)
        assert_string_equal(name_text(&sighting->name, text), expected);
}

static void assert_only(const char *expected, enum why why, enum heard heard)
{
    assert_int_equal(flow.out.count, 1);
    assert_int_equal(flow.heard, heard);
    assert_name(0, expected, why);
}

static void assert_nothing(enum heard heard)
{
    assert_int_equal(flow.out.count, 0);
    assert_int_equal(flow.heard, heard);
}

static void say_server(uint8_t first, uint32_t version)
{
    uint8_t bytes[64] = {0};
    struct writer w = writer_over(bytes, sizeof bytes);
    write_u8(&w, first);
    write_u32(&w, version);
    packets_id(&w, (struct span){0});
    packets_id(&w, span_of(ids[1], 8));
    if (version == 0)
        write_u32(&w, QUIC_V2);
    else if (first >= 0xf0)
        write_text(&w, "token and a seal of sixteen");
    else
        write_bytes(&w, "\0\5abcde", 7); /* of an Initial; a Handshake packet ends before */
    say(SERVER, writer_span(&w));
}

static void say_handshake(void)
{
    say_server(0xe0, QUIC_V1);
}

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
        assert_int_equal(sighting->way, WAY_NONE);
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
    assert_int_equal(flow.out.list[0].way, WAY_DOQ);
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
        cmocka_unit_test(keys_stay_when_ids_change),
        cmocka_unit_test(what_does_not_open_is_sealed),
        cmocka_unit_test(others_are_not_robbed),
        cmocka_unit_test(a_missed_beginning_is_said),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(what_has_begun_is_said_once),
        cmocka_unit_test(without_memory_one_datagram_is_read),
        cmocka_unit_test(what_has_no_name_says_why),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sights_free(flow.sights);
    return failed;
}
