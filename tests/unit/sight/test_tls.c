/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls - names however they are split; what says none; what is doubtful; what is not TLS.
 */
#include "sight/sight.h"

#include "../wire/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct sightings seen;
static struct talk talk;

/* Both sides so far, to a port. */
static enum heard look(struct span client, struct span server, uint16_t port)
{
    talk = (struct talk){.transport = IP_TCP, .server_port = port};
    talk.said[CLIENT] = client;
    talk.said[SERVER] = server;
    seen = (struct sightings){0};
    return sight_tls.look(&talk, &seen);
}

static enum heard look_at(const struct packets_hello *recipe, uint16_t port)
{
    return look(records_make(hello_make(recipe), 16384), (struct span){0}, port);
}

/* The same again when nothing more will come from one side, or from both. */
static enum heard look_complete(bool client, bool server)
{
    talk.complete[CLIENT] = client;
    talk.complete[SERVER] = server;
    seen = (struct sightings){0};
    return sight_tls.look(&talk, &seen);
}

static void assert_named(unsigned i, const char *name)
{
    char text[NAME_TEXT_SIZE];
    assert_true(i < seen.count && seen.list[i].has_name);
    assert_string_equal(name_text(&seen.list[i].name, text), name);
}

static void assert_unnamed(enum why why)
{
    assert_int_equal(seen.count, 1);
    assert_false(seen.list[0].has_name);
    assert_int_equal(seen.list[0].why, why);
}

static void a_name_with_all_around_it(void **state)
{
    struct packets_hello recipe = {.server_name = "WWW.Example.com", .alpn = "h2"};
    assert_int_equal(look_at(&recipe, 4433), HEARD_DONE);
    assert_int_equal(seen.count, 1);
    assert_named(0, "www.example.com");
    assert_int_equal(seen.list[0].spoken, SPOKEN_TLS);
    assert_int_equal(seen.list[0].seen, SEEN_TLS);
    assert_int_equal(seen.list[0].why, WHY_NONE);
    assert_int_equal(seen.list[0].protocol, PROTOCOL_NONE);
    assert_int_equal(seen.list[0].tls_version, 0x0304);
    assert_string_equal(seen.list[0].alpn, "h2");
    assert_true(seen.list[0].has_hello);
    assert_int_equal(seen.list[0].hello_transport, 't');
    assert_string_equal(seen.list[0].evidence, "ClientHello, SNI WWW.Example.com, ALPN h2");
}

static void however_it_is_split(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com", .padding = 1200};
    struct span whole = hello_make(&recipe);
    for (size_t most = 1; most <= whole.length; most = most * 2 + 1) {
        struct span stream = records_make(whole, most);
        for (size_t length = 0; length < stream.length; length++) {
            enum heard heard = look(span_of(stream.at, length), (struct span){0}, 443);
            assert_int_equal(heard, length < 6 ? HEARD_PERHAPS : HEARD_MORE);
            assert_int_equal(seen.count, 0);
            assert_true(seen.want > length && seen.want <= stream.length);
        }
        assert_int_equal(look(stream, (struct span){0}, 443), HEARD_DONE);
        assert_named(0, "www.example.com");
    }
}

static void names_that_are_none(void **state)
{
    struct packets_hello recipe = {.server_name = "192.0.2.7"};
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_unnamed(WHY_ADDRESS);
    recipe.server_name = "not a name";
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_unnamed(WHY_INVALID_NAME);
    recipe.server_name = "";
    assert_int_equal(look_at(&recipe, 443), HEARD_MORE);
    assert_unnamed(WHY_INVALID_NAME);
    recipe.server_name = NULL;
    assert_int_equal(look_at(&recipe, 443), HEARD_MORE);
    assert_unnamed(WHY_NOT_SAID);
}

static void the_server_says_what_the_client_does_not(void **state)
{
    struct packets_hello recipe = {0};
    struct span hello = records_make(hello_make(&recipe), 16384);
    static uint8_t client[512], server[1 << 12];
    size_t length = hello.length;
    memcpy(client, hello.at, length);
    hello = span_of(client, length);
    struct span der = certificate_make(NULL, "DNS:*.example.com,DNS:example.com");
    struct span flight = records_make(flight_make(0x0303, der), 16384);
    memcpy(server, flight.at, flight.length);
    flight = span_of(server, flight.length);

    assert_int_equal(look(hello, span_of(server, 200), 443), HEARD_MORE);
    assert_unnamed(WHY_NOT_SAID);
    assert_int_equal(look_complete(false, true), HEARD_DONE); /* no more of it will come */
    assert_int_equal(look(hello, flight, 443), HEARD_DONE);
    assert_int_equal(seen.count, 3);
    assert_named(1, "example.com");
    assert_int_equal(seen.list[1].seen, SEEN_CERTIFICATE);

    assert_int_equal(look(hello, records_make(flight_make(0x0304, der), 16384), 443), HEARD_DONE);
    assert_unnamed(WHY_NOT_SAID);
    assert_int_equal(look(hello, span_text("HTTP/1.1 400 Bad"), 443), HEARD_DONE);
    assert_unnamed(WHY_NOT_SAID);
    assert_int_equal(look(hello, span_of("\x15\x03\x03\x00\x02\x02\x28", 7), 443), HEARD_DONE);
    assert_unnamed(WHY_NOT_SAID);
}

static void two_names(void **state)
{
    struct packets_hello recipe = {.before = span_of("\0\0\0\x1a\0\x18\0\0\x09"
                                                     "a.example\0\0\x09"
                                                     "b.example",
                                                     30)};
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_named(0, "a.example");
    assert_int_equal(seen.list[0].why, WHY_SECOND_NAME);
}

/* Two hellos, in records of `most` bytes, with bytes between them. */
static void look_twice(const char *first, const char *second, struct span between, size_t most)
{
    static uint8_t stream[8192];
    struct writer w = writer_over(stream, sizeof stream);
    struct packets_hello recipe = {.server_name = first};
    write_span(&w, records_make(hello_make(&recipe), most));
    write_span(&w, between);
    recipe.server_name = second;
    write_span(&w, records_make(hello_make(&recipe), most));
    assert_false(w.failed);
    (void)look(writer_span(&w), (struct span){0}, 443);
}

static void a_second_hello(void **state)
{
    static const char between[] = "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x02xx";
    for (size_t most = 7; most < 500; most += 31) {
        look_twice("a.example", "b.example", (struct span){0}, most);
        assert_int_equal(seen.count, 2);
        assert_named(0, "a.example");
        assert_int_equal(seen.list[0].why, WHY_NONE);
        assert_named(1, "b.example");
        assert_int_equal(seen.list[1].why, WHY_SECOND_HELLO);
        look_twice("a.example", "a.example", (struct span){0}, most);
        assert_int_equal(seen.count, 1);
        look_twice("a.example", "b.example", span_of(between, sizeof between - 1), most);
        assert_int_equal(seen.count, 2);
        look_twice(NULL, "b.example", (struct span){0}, most);
        assert_int_equal(seen.count, 2);
        assert_named(1, "b.example");
    }
}

static void dns_over_tls(void **state)
{
    struct packets_hello recipe = {.server_name = "dns.example", .alpn = "dot"};
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_int_equal(seen.list[0].protocol, PROTOCOL_DOT);
    assert_int_equal(seen.list[0].way, DETOUR_DOT);
    recipe = (struct packets_hello){0};
    (void)look_at(&recipe, 853);
    assert_int_equal(seen.list[0].protocol, PROTOCOL_DOT);
    recipe.alpn = "dottier";
    (void)look_at(&recipe, 443);
    assert_int_equal(seen.list[0].protocol, PROTOCOL_NONE);

    static const char *const quic[] = {"doq", "doq-i02", "doq-i11"};
    for (size_t i = 0; i < COUNT_OF(quic); i++) {
        struct hello hello;
        size_t wanted = 0;
        recipe.alpn = quic[i];
        assert_int_equal(hello_read(hello_make(&recipe), &hello, &wanted), STATUS_OK);
        seen = (struct sightings){0};
        struct sighting *sighting = sight_hello(&seen, SPOKEN_QUIC, &hello);
        assert_int_equal(sighting->protocol, PROTOCOL_DOQ);
        assert_int_equal(sighting->way, DETOUR_DOQ);
        assert_int_equal(sighting->seen, SEEN_QUIC);
        assert_int_equal(sighting->hello_transport, 'q');
    }
}

static void hidden_names(void **state)
{
    struct packets_hello recipe = {.server_name = "front.example"};
    recipe.ech = 304;
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.list[0].protocol, PROTOCOL_NONE);
    assert_int_equal(seen.list[0].ech, ECH_POSSIBLE);
    assert_named(1, "front.example");
    assert_int_equal(seen.list[1].protocol, PROTOCOL_ECH);
    recipe.ech = 144;
    assert_int_equal(look_at(&recipe, 443), HEARD_DONE);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.list[0].ech, ECH_GREASE);
}

static void what_ends_too_early(void **state)
{
    struct packets_hello recipe = {.server_name = "www.example.com", .padding = 500};
    struct span stream = records_make(hello_make(&recipe), 16384);
    (void)look(span_of(stream.at, 200), (struct span){0}, 443);
    assert_int_equal(look_complete(true, true), HEARD_DONE); /* the name stood in what there is */
    assert_named(0, "www.example.com");
    (void)look(span_of(stream.at, 60), (struct span){0}, 443);
    assert_int_equal(look_complete(true, true), HEARD_DONE);
    assert_unnamed(WHY_UNFINISHED);
    (void)look(span_of(stream.at, 5), (struct span){0}, 443);
    assert_int_equal(look_complete(true, true), HEARD_DONE);
    assert_unnamed(WHY_MALFORMED);

    recipe = (struct packets_hello){.padding = 20000};
    stream = records_make(hello_make(&recipe), 16384);
    (void)look(span_of(stream.at, TALK_MOST), (struct span){0}, 443);
    assert_int_equal(look_complete(true, false), HEARD_DONE);
    assert_unnamed(WHY_TOO_LONG);
}

static enum heard look_bytes(const char *bytes, size_t length)
{
    return look(span_of(bytes, length), (struct span){0}, 443);
}

static void what_is_no_tls(void **state)
{
    assert_int_equal(look_bytes("", 0), HEARD_PERHAPS);
    assert_int_equal(look_bytes("G", 1), HEARD_NOT_MINE);
    assert_int_equal(look_bytes("\x16", 1), HEARD_PERHAPS);
    assert_int_equal(look_bytes("\x16\xf1", 2), HEARD_NOT_MINE);
    assert_int_equal(look_bytes("\x17\x03\x03\x00\x20", 5), HEARD_NOT_MINE);
    assert_int_equal(look_bytes("\x15\x03\x03\x00\x02\x01\x00", 7), HEARD_PERHAPS);
    assert_int_equal(look_complete(true, true), HEARD_NOT_MINE);
    assert_int_equal(look_bytes("\x80\x1c\x00\x01\x01\x00\x00\x01", 8), HEARD_NOT_MINE); /* DNS */
}

static void what_begins_like_tls(void **state)
{
    assert_int_equal(look_bytes("\x16\x03\x01\xff\xff", 5), HEARD_DONE);
    assert_unnamed(WHY_MALFORMED);
    assert_int_equal(look_bytes("\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9), HEARD_DONE);
    assert_unnamed(WHY_MALFORMED);
    assert_int_equal(look_bytes("\x16\x03\x03\x00\x04\x01\x00\x00\x00", 9), HEARD_DONE);
    assert_unnamed(WHY_MALFORMED);
    talk.midstream = true;
    seen = (struct sightings){0};
    assert_int_equal(sight_tls.look(&talk, &seen), HEARD_NOT_MINE);

    /* In the shape of SSL 2: one cipher, a challenge of 16 bytes. */
    static const char ssl2[] = "\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x2f"
                               "sixteen bytes...";
    for (size_t length = 1; length < 11; length++)
        assert_int_equal(look_bytes(ssl2, length), HEARD_PERHAPS);
    assert_int_equal(look_bytes(ssl2, sizeof ssl2 - 1), HEARD_DONE);
    assert_unnamed(WHY_MALFORMED);
    assert_int_equal(seen.list[0].tls_version, 0x0301);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_with_all_around_it),
        cmocka_unit_test(however_it_is_split),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(the_server_says_what_the_client_does_not),
        cmocka_unit_test(two_names),
        cmocka_unit_test(a_second_hello),
        cmocka_unit_test(dns_over_tls),
        cmocka_unit_test(hidden_names),
        cmocka_unit_test(what_ends_too_early),
        cmocka_unit_test(what_is_no_tls),
        cmocka_unit_test(what_begins_like_tls),
    };
    return cmocka_run_group_tests_name("sight/tls", tests, NULL, NULL);
}
