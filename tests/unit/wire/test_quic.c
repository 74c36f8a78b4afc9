/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic - the vectors of RFC 9001 A and RFC 9369 A, and headers and frames that lie.
 */
#include "wire/quic_stream.h"

#include "packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const uint8_t id[8] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
static const uint8_t server_id[8] = {0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5};

static const char client_frame[] =
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000041301"
    "1302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007"
    "000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f5"
    "0f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00"
    "024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f0"
    "3e51570806048000ffff";

static const char server_frames[] =
    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a12"
    "00130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a00"
    "2b00020304";

/* What the RFCs print of a version; draft-29 prints the keys as its appendix A.1. */
static const struct vector {
    uint32_t version;
    const char *client_key, *client_iv, *client_header, *server_key, *server_iv, *server_header;
    const char *client_begins, *client_ends, *server_packet, *retry;
} vectors[] = {
    {QUIC_V1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
     "9f50449e04a0e810283a1e9933adedd2", "cf3a5331653c364c88f0f379b6067e37",
     "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314",
     "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
     "e221af44860018ab0856972e194cd934",
     "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780"
     "b"
     "b38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb1"
     "9"
     "fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee",
     "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba"},
    {QUIC_V2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
     "45b95e15235d6f45a6b19cbcb0294ba9", "82db637861d55e1d011f19ea71d5d2a7",
     "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a",
     "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
     "a18b2faa745b6fe189cf772a9f84cbfc",
     "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf872"
     "6"
     "3017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698"
     "0"
     "75b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140",
     "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6"},
    {QUIC_DRAFT_29, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f",
     "9ddd12c994c0698b89374a9c077a3077", "149d0b1662ab871fbe63c49b5e655a5d",
     "bab2b12a4c76016ace47856d", "c0c499a65a60024a18a250974ea01dfa", NULL, NULL, NULL, NULL},
};

static size_t hex_read(const char *text, uint8_t *out)
{
    size_t length = 0;
    for (unsigned byte; sscanf(text + 2 * length, "%2x", &byte) == 1; length++)
        out[length] = (uint8_t)byte;
    return length;
}

static void assert_hex(const void *bytes, size_t length, const char *text)
{
    uint8_t expected[256];
    assert_int_equal(hex_read(text, expected), length);
    assert_memory_equal(bytes, expected, length);
}

static void assert_keys(const struct quic_keys *keys, const char *key, const char *iv,
                        const char *header)
{
    assert_hex(keys->key, sizeof keys->key, key);
    assert_hex(keys->iv, sizeof keys->iv, iv);
    assert_hex(keys->header, sizeof keys->header, header);
}

static struct quic_keys keys_of(uint32_t version, enum quic_side side)
{
    struct quic_keys keys;
    assert_int_equal(quic_initial_keys(version, span_of(id, sizeof id), side, &keys), STATUS_OK);
    return keys;
}

static void keys_are_those_of_the_standards(void **state)
{
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT_OF(vectors); i++) {
            const struct vector *v = &vectors[i];
            struct quic_keys client = keys_of(v->version, QUIC_CLIENT);
            struct quic_keys server = keys_of(v->version, QUIC_SERVER);
            assert_keys(&client, v->client_key, v->client_iv, v->client_header);
            assert_keys(&server, v->server_key, v->server_iv, v->server_header);
        }
    struct quic_keys keys;
    assert_int_equal(quic_initial_keys(0, span_of(id, 8), QUIC_CLIENT, &keys), STATUS_UNSUPPORTED);
    assert_int_equal(quic_initial_keys(2, span_of(id, 8), QUIC_CLIENT, &keys), STATUS_UNSUPPORTED);
    assert_int_equal(quic_initial_keys(QUIC_V1, (struct span){0}, QUIC_CLIENT, &keys), STATUS_OK);
}

/* The client's first packet of RFC 9001 A.2 and RFC 9369 A.2. */
static struct span client_packet(uint32_t version, uint8_t *out)
{
    uint8_t frame[256];
    size_t length = hex_read(client_frame, frame);
    const struct packets_initial initial = {
        .version = version, .destination_id = span_of(id, sizeof id), .number = 2, .least = 1200};
    struct writer w = writer_over(out, 1200);
    packets_initial(&w, &initial, span_of(frame, length));
    assert_int_equal(writer_length(&w), 1200);
    return writer_span(&w);
}

static void assert_client_frames(struct span frames)
{
    uint8_t frame[256];
    (void)hex_read(client_frame, frame);
    uint64_t offset = 99;
    struct span bytes;
    assert_int_equal(frames.length, 1162);
    struct cursor c = cursor_of(frames);
    assert_true(quic_next_crypto(&c, &offset, &bytes));
    assert_int_equal(offset, 0);
    assert_int_equal(bytes.length, 241);
    assert_memory_equal(bytes.at, frame + 4, 241);
    assert_false(quic_next_crypto(&c, &offset, &bytes));
    assert_false(c.failed);
}

static void the_first_packet_of_a_client_opens(void **state)
{
    uint8_t bytes[1200], out[1200];
    for (size_t i = 0; i < 2; i++) {
        const struct vector *v = &vectors[i];
        struct span whole = client_packet(v->version, bytes);
        assert_hex(whole.at, 38, v->client_begins);
        assert_hex(whole.at + 1184, 16, v->client_ends);
        struct quic_packet packet;
        struct cursor c = cursor_of(whole);
        assert_true(quic_next(&c, &packet));
        assert_int_equal(packet.kind, QUIC_INITIAL);
        assert_int_equal(packet.version, v->version);
        assert_true(span_equal(packet.destination_id, span_of(id, sizeof id)));
        assert_int_equal(packet.source_id.length, 0);
        assert_int_equal(packet.token.length, 0);
        assert_int_equal(packet.number_at, 18);
        assert_true(packet.whole.at == whole.at && packet.whole.length == 1200);
        assert_false(quic_next(&c, &packet));
        struct quic_keys keys = keys_of(v->version, QUIC_CLIENT);
        struct span frames;
        assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_OK);
        assert_client_frames(frames);
        keys = keys_of(v->version, QUIC_SERVER);
        assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_MALFORMED);
        assert_int_equal(frames.length, 0);
    }
}

static void the_first_packet_of_a_server_opens(void **state)
{
    uint8_t bytes[256], out[256];
    for (size_t i = 0; i < 2; i++) {
        const struct vector *v = &vectors[i];
        struct cursor c = cursor_over(bytes, hex_read(v->server_packet, bytes));
        struct quic_packet packet;
        assert_true(quic_next(&c, &packet));
        assert_int_equal(packet.kind, QUIC_INITIAL);
        assert_int_equal(packet.destination_id.length, 0);
        assert_true(span_equal(packet.source_id, span_of(server_id, sizeof server_id)));
        struct quic_keys keys = keys_of(v->version, QUIC_SERVER);
        struct span frames, crypto;
        assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_OK);
        assert_hex(frames.at, frames.length, server_frames);
        uint64_t offset;
        c = cursor_of(frames);
        assert_true(quic_next_crypto(&c, &offset, &crypto)); /* behind an ACK */
        assert_int_equal(crypto.length, 0x5a);
        assert_int_equal(crypto.at[0], 2);
    }
}

static void a_retry_gives_its_token(void **state)
{
    uint8_t bytes[64];
    for (size_t i = 0; i < 2; i++) {
        size_t length = hex_read(vectors[i].retry, bytes);
        struct cursor c = cursor_over(bytes, length);
        struct quic_packet packet;
        assert_true(quic_next(&c, &packet));
        assert_int_equal(packet.kind, QUIC_RETRY);
        assert_true(span_equal(packet.token, span_text("token")));
        assert_true(span_equal(packet.source_id, span_of(server_id, sizeof server_id)));
        assert_false(quic_next(&c, &packet));
        for (size_t cut = 0; cut < length - 5; cut++) { /* shorter ones have no room for the seal */
            c = cursor_over(bytes, cut);
            assert_false(quic_next(&c, &packet));
        }
    }
}

static void versions_are_told_apart(void **state)
{
    static const uint8_t negotiation[] = {0x80, 0, 0, 0, 0,    1,    7,    0,
                                          0,    0, 0, 1, 0x6b, 0x33, 0x43, 0xcf};
    struct quic_packet packet;
    struct cursor c = cursor_over(negotiation, sizeof negotiation);
    assert_true(quic_next(&c, &packet));
    assert_int_equal(packet.kind, QUIC_NEGOTIATION);
    assert_int_equal(packet.destination_id.length, 1);
    assert_int_equal(packet.whole.length, sizeof negotiation);
    for (size_t cut = 0; cut < sizeof negotiation; cut++) {
        c = cursor_over(negotiation, cut);
        assert_int_equal(quic_next(&c, &packet), cut == 12);
    }
    static const uint8_t unknown[] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 2, 8, 9, 1, 7, 1, 2, 3};
    c = cursor_over(unknown, sizeof unknown);
    assert_true(quic_next(&c, &packet));
    assert_int_equal(packet.kind, QUIC_UNKNOWN);
    assert_int_equal(packet.version, 0x1a2a3a4a);
    assert_int_equal(packet.source_id.at[0], 7);
    assert_int_equal(packet.whole.length, sizeof unknown);
    assert_false(quic_next(&c, &packet));
    assert_true(quic_version_is_known(QUIC_V1) && quic_version_is_known(QUIC_V2));
    assert_true(quic_version_is_known(QUIC_DRAFT_29) && !quic_version_is_known(0xff00001c));
    assert_true(quic_version_is_known(QUIC_V2_DRAFT));
}

static void datagrams_hold_several(void **state)
{
    static const uint8_t rest[] = {0xd0, 0, 0, 0, 1, 0, 0, 2, 9,    9, 0xe0, 0,
                                   0,    0, 1, 1, 5, 0, 1, 9, 0x41, 1, 2,    3};
    uint8_t bytes[1200 + sizeof rest];
    (void)client_packet(QUIC_V1, bytes);
    memcpy(bytes + 1200, rest, sizeof rest);
    struct cursor c = cursor_over(bytes, sizeof bytes);
    struct quic_packet packet;
    assert_true(quic_next(&c, &packet) && packet.kind == QUIC_INITIAL);
    assert_true(quic_next(&c, &packet) && packet.kind == QUIC_ZERO_RTT);
    assert_int_equal(packet.whole.length, 10);
    assert_true(quic_next(&c, &packet) && packet.kind == QUIC_HANDSHAKE);
    assert_int_equal(packet.destination_id.at[0], 5);
    assert_false(quic_next(&c, &packet)); /* a short header */
    assert_false(c.failed);
    assert_int_equal(cursor_left(&c), 4);
}

static void what_is_cut_or_changed_does_not_open(void **state)
{
    uint8_t bytes[1200], out[1200];
    struct span whole = client_packet(QUIC_V1, bytes), frames;
    struct quic_keys keys = keys_of(QUIC_V1, QUIC_CLIENT);
    struct quic_packet packet;
    for (size_t cut = 0; cut < whole.length; cut++) {
        struct cursor c = cursor_over(bytes, cut);
        assert_false(quic_next(&c, &packet));
    }
    for (size_t bit = 0; bit < whole.length * 8; bit += bit < 400 ? 1 : 37) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct cursor c = cursor_of(whole);
        if (quic_next(&c, &packet))
            assert_int_not_equal(quic_open(&packet, &keys, out, &frames), STATUS_OK);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    struct cursor c = cursor_of(whole);
    assert_true(quic_next(&c, &packet));
    assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_OK);
    packet.whole.length = packet.number_at + 19;
    assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_MALFORMED);
    packet.number_at = 1201;
    assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_MALFORMED);
}

static void numbers_of_every_size_open(void **state)
{
    for (unsigned size = 1; size <= 4; size++) {
        uint8_t bytes[256], out[256];
        const struct packets_initial initial = {.version = QUIC_V2,
                                                .destination_id = span_of(id, sizeof id),
                                                .source_id = span_of(server_id, 3),
                                                .token = span_text("a token"),
                                                .number = 0xa1b2c3d4u >> 8 * (4 - size),
                                                .number_size = (uint8_t)size};
        struct writer w = writer_over(bytes, sizeof bytes);
        packets_initial(&w, &initial, span_of("\6\0\2hi", 5));
        struct cursor c = cursor_of(writer_span(&w));
        struct quic_packet packet;
        struct span frames;
        assert_true(quic_next(&c, &packet));
        assert_true(span_equal(packet.token, span_text("a token")));
        struct quic_keys keys = keys_of(QUIC_V2, QUIC_CLIENT);
        assert_int_equal(quic_open(&packet, &keys, out, &frames), STATUS_OK);
        assert_true(span_equal(frames, span_of("\6\0\2hi", 5)));
    }
}

static unsigned crypto_count(const char *text, bool *failed)
{
    uint8_t bytes[256];
    struct cursor c = cursor_over(bytes, hex_read(text, bytes));
    uint64_t offset;
    struct span crypto;
    unsigned count = 0;
    while (quic_next_crypto(&c, &offset, &crypto))
        count++;
    *failed = c.failed;
    return count;
}

static void frames_that_may_stand_there_are_passed_over(void **state)
{
    static const struct {
        const char *frames;
        unsigned count;
        bool failed;
    } cases[] = {
        {"", 0, false},
        {"000000", 0, false},
        {"01000601014101060002abcd", 2, false},
        {"0205000203010203040601024142", 1, false}, /* ACK with two more ranges */
        {"03050000010102030600015a", 1, false},     /* with ECN */
        {"1c0a0602414206000141", 1, false},         /* CLOSE with a reason */
        {"4006000141", 1, false},                   /* a type longer than need be */
        {"060000", 1, false},
        {"0600014108000141", 1, true}, /* STREAM */
        {"1d000006000141", 0, true},   /* CLOSE of an application */
        {"07000141", 0, true},         /* NEW_TOKEN */
        {"0600024100", 1, false},
        {"06000241", 0, true},
        {"06c00000000000000001", 0, true},
        {"0600ffffffffffffffff41", 0, true},
        {"0200ffffffffffffffffff00000000", 0, true}, /* ranges without end */
        {"1c0000ffffffffffffffff", 0, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool failed;
        assert_int_equal(crypto_count(cases[i].frames, &failed), cases[i].count);
        assert_int_equal(failed, cases[i].failed);
    }
}

static struct quic_stream stream;

static void add(size_t offset, const char *text)
{
    quic_stream_add(&stream, offset, span_text(text));
}

static void streams_grow_in_any_order(void **state)
{
    uint8_t source[HELLO_MOST];
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t piece = 1; piece <= 300; piece += 13) {
        size_t count = (HELLO_MOST + piece - 1) / piece;
        memset(&stream, 0, sizeof stream);
        for (size_t i = count; i > 0; i--) { /* from the end, with overlaps */
            size_t at = (i - 1) * piece, length = piece + 70;
            if (length > HELLO_MOST - at)
                length = HELLO_MOST - at;
            assert_int_equal(stream.whole, 0);
            quic_stream_add(&stream, at, span_of(source + at, length));
        }
        assert_int_equal(stream.whole, HELLO_MOST);
        assert_memory_equal(stream.bytes, source, HELLO_MOST);
        assert_int_equal(stream.other_length, 0);
    }
}

static void the_first_copy_counts_and_the_other_is_kept(void **state)
{
    uint8_t out[32];
    memset(&stream, 0, sizeof stream);
    add(0, "good.ex");
    add(4, "");
    add(10, "tail");
    assert_int_equal(stream.whole, 7);
    add(3, "d.example.ta");
    assert_int_equal(stream.whole, 15);
    assert_int_equal(stream.other_at, 10);
    assert_int_equal(stream.other_length, 5);
    assert_memory_equal(stream.bytes, "good.examptaila", 15);
    assert_true(quic_stream_other(&stream, 15, out));
    assert_memory_equal(out, "good.example.ta", 15);
    assert_false(quic_stream_other(&stream, stream.other_at, out));

    quic_stream_clear(&stream);
    assert_int_equal(stream.whole, 0);
    add(0, "good.example");
    add(0, "evil.example");
    assert_true(quic_stream_other(&stream, 12, out));
    assert_memory_equal(out, "evil.example", 12);
    add(0, "evil");
    assert_true(quic_stream_other(&stream, 12, out)); /* the same again */
    add(0, "ugly");
    assert_false(quic_stream_other(&stream, 12, out)); /* a third copy */
    assert_memory_equal(stream.bytes, "good.example", 12);
}

static void streams_end_where_room_does(void **state)
{
    memset(&stream, 0, sizeof stream);
    add(HELLO_MOST - 2, "abc");
    add(HELLO_MOST, "abc");
    quic_stream_add(&stream, UINT64_MAX, span_text("abc"));
    quic_stream_add(&stream, (uint64_t)1 << 32, span_text("abc"));
    assert_int_equal(stream.whole, 0);
    assert_memory_equal(stream.bytes + HELLO_MOST - 2, "ab", 2);
    uint8_t many[2 * QUIC_OTHER_MOST] = {0};
    quic_stream_add(&stream, 0, span_of(many, sizeof many));
    memset(many, 1, sizeof many);
    quic_stream_add(&stream, 0, span_of(many, sizeof many));
    uint8_t out[2 * QUIC_OTHER_MOST];
    assert_false(quic_stream_other(&stream, sizeof many, out)); /* more than is kept */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_standards),
        cmocka_unit_test(the_first_packet_of_a_client_opens),
        cmocka_unit_test(the_first_packet_of_a_server_opens),
        cmocka_unit_test(a_retry_gives_its_token),
        cmocka_unit_test(versions_are_told_apart),
        cmocka_unit_test(datagrams_hold_several),
        cmocka_unit_test(what_is_cut_or_changed_does_not_open),
        cmocka_unit_test(numbers_of_every_size_open),
        cmocka_unit_test(frames_that_may_stand_there_are_passed_over),
        cmocka_unit_test(streams_grow_in_any_order),
        cmocka_unit_test(the_first_copy_counts_and_the_other_is_kept),
        cmocka_unit_test(streams_end_where_room_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
