/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_socks - requests of all versions, what goes through them, and what only begins like one.
 */
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(text) span_of(text, sizeof(text) - 1)

static struct sightings out;
static const struct span nothing = {0};

static enum heard look_at(struct span client, struct span server, bool complete)
{
    struct talk talk = {.transport = IP_TCP, .server_port = 1080};
    talk.said[CLIENT] = client;
    talk.said[SERVER] = server;
    talk.complete[CLIENT] = complete;
    out = (struct sightings){0};
    return sight_socks.look(&talk, &out);
}

static enum heard look(struct span client, struct span server)
{
    return look_at(client, server, false);
}

static void is_named(const struct sighting *s, const char *name)
{
    struct name expected;
    assert_int_equal(name_parse(name, &expected), STATUS_OK);
    assert_true(s->has_name && name_equal(&s->name, &expected));
    assert_int_equal(s->why, WHY_NONE);
}

static void is_socks(const struct sighting *s)
{
    assert_int_equal(s->spoken, SPOKEN_SOCKS);
    assert_int_equal(s->seen, SEEN_PROXY);
    assert_int_equal(s->protocol, PROTOCOL_SOCKS);
    assert_int_equal(s->way, DETOUR_PROXY);
}

/* Nothing is said before the last byte of the request is there, and then all of it. */
static void byte_by_byte(struct span whole, const char *name, const char *evidence)
{
    for (size_t length = 0; length <= whole.length; length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact, whole.at, length);
        assert_int_equal(look(span_of(exact, length), nothing),
                         length < whole.length ? HEARD_PERHAPS : HEARD_MORE);
        assert_int_equal(out.count, length == whole.length);
        free(exact);
    }
    is_socks(&out.list[0]);
    if (name != NULL)
        is_named(&out.list[0], name);
    else
        assert_true(out.list[0].has_address && out.list[0].why == WHY_ADDRESS);
    assert_string_equal(out.list[0].evidence, evidence);
}

static void version5(void **state)
{
    byte_by_byte(BYTES("\x05\x01\x00\x05\x01\x00\x03\x09h.exampl\x65\x01\xbb"), "h.example",
                 "SOCKS5 CONNECT h.example port 443");
    byte_by_byte(BYTES("\x05\x02\x00\x02\x01\x02me\x03pwd\x05\x01\x00\x03\x03"
                       "a.b\x00\x50"),
                 "a.b", "SOCKS5 CONNECT a.b port 80");
    byte_by_byte(BYTES("\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"), NULL,
                 "SOCKS5 CONNECT 192.0.2.1 port 443");
    byte_by_byte(BYTES("\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00"
                       "\x00\x00\x00\x00\x01\x01\xbb"),
                 NULL, "SOCKS5 CONNECT 2001:db8::1 port 443");
    byte_by_byte(BYTES("\x05\x01\x00\x05\x01\x00\x03\x09"
                       "192.0.2.1\x01\xbb"),
                 NULL, "SOCKS5 CONNECT 192.0.2.1 port 443");
}

static void other_commands(void **state)
{
    assert_int_equal(look(BYTES("\x05\x01\x00\x05\x03\x00\x01\x00\x00\x00\x00\x00\x00"), nothing),
                     HEARD_DONE);
    is_socks(&out.list[0]);
    assert_false(out.list[0].has_address);
    assert_int_equal(out.list[0].why, WHY_NOT_SAID);
    assert_int_equal(look(BYTES("\x05\x01\x00\x05\x03\x00\x03\x03"
                                "a.b\x00\x35"),
                          nothing),
                     HEARD_DONE);
    is_named(&out.list[0], "a.b");
    assert_int_equal(look(BYTES("\x05\x01\x00\x05\xf0\x00\x03\x03"
                                "a.b\x00\x00"),
                          nothing),
                     HEARD_DONE);
    is_named(&out.list[0], "a.b");
}

static void version4(void **state)
{
    byte_by_byte(BYTES("\x04\x01\x01\xbb\xc0\x00\x02\x01me\x00"), NULL,
                 "SOCKS4 CONNECT 192.0.2.1 port 443");
    byte_by_byte(BYTES("\x04\x01\x01\xbb\x00\x00\x00\x01\x00h.example\x00"), "h.example",
                 "SOCKS4a CONNECT h.example port 443");
    struct span answer = BYTES("\x00\x5a\x00\x00\x00\x00\x00\x00");
    struct span more = BYTES("\x04\x01\x01\xbb\xc0\x00\x02\x01\x00GET / HTTP/1.1\r\n\r\n");
    assert_int_equal(look(more, nothing), HEARD_PERHAPS); /* too little to tell */
    assert_int_equal(look(more, answer), HEARD_MORE);
    assert_int_equal(look(more, BYTES("\x05\x00")), HEARD_NOT_MINE);
    assert_int_equal(look_at(more, nothing, true), HEARD_NOT_MINE);
}

static void through_it(void **state)
{
    struct span client = BYTES("\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"
                               "GET / HTTP/1.1\r\nHost: inner.example\r\n\r\n");
    struct span server = BYTES("\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00HTTP/1.1 200");
    for (size_t length = 0; length <= server.length; length++) {
        assert_int_equal(look(client, span_of(server.at, length)), HEARD_MORE);
        assert_int_equal(out.count, 2);
        is_socks(&out.list[0]);
        assert_int_equal(out.list[1].spoken, SPOKEN_HTTP);
        is_named(&out.list[1], "inner.example");
    }
    assert_int_equal(look(BYTES("\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"
                                "\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"
                                "GET / HTTP/1.1\r\nHost: inner.example\r\n\r\n"),
                          nothing),
                     HEARD_DONE); /* two deep: the second target is seen, and no more */
    assert_int_equal(out.count, 2);
}

/* What the proxy answers tells a greeting from anything else that begins with 05. */
static void greetings(void **state)
{
    struct span hello = BYTES("\x05\x02\x00\x80");
    assert_int_equal(look(hello, nothing), HEARD_PERHAPS);
    assert_int_equal(look_at(hello, nothing, true), HEARD_NOT_MINE);
    assert_int_equal(look(hello, BYTES("\x05")), HEARD_PERHAPS);
    assert_int_equal(look(hello, BYTES("\x05\x80")), HEARD_MORE);
    assert_int_equal(out.count, 0);
    assert_int_equal(look(hello, BYTES("\x05\x01")), HEARD_NOT_MINE); /* was not offered */
    assert_int_equal(look_at(hello, BYTES("\x05\xff"), true), HEARD_DONE);
    is_socks(&out.list[0]);
    assert_int_equal(out.list[0].why, WHY_UNFINISHED);
    struct span sealed = BYTES("\x05\x02\x00\x80????????");
    assert_int_equal(look(sealed, nothing), HEARD_NOT_MINE);
    assert_int_equal(look(sealed, BYTES("\x05\x80")), HEARD_DONE);
    assert_int_equal(out.list[0].why, WHY_SEALED);
}

static void not_socks(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"\x06", 1},
        {"\x05\x00", 2},
        {"\x05\x01\x00\x06", 4},
        {"\x05\x01\x00\x05\x09", 5},
        {"\x05\x01\x00\x05\x01\x01", 6},
        {"\x05\x01\x00\x05\x01\x00\x02", 7},
        {"\x04\x03", 2},
        {"\x04\x01\x00\x00\xc0\x00\x02\x01\x00", 9},       /* port 0 */
        {"\x04\x01\x01\xbb\xe0\x00\x02\x01\x00", 9},       /* multicast */
        {"\x04\x01\x01\xbb\x00\x01\x02\x01\x00", 9},       /* 0.1.2.1 */
        {"\x04\x01\x01\xbb\xc0\x00\x02\x01\x01\x00", 10},  /* a user of control bytes */
        {"\x04\x01\x01\xbb\x00\x00\x00\x01\x00.\x00", 11}, /* no name */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (look(span_of(cases[i].bytes, cases[i].length), nothing) != HEARD_NOT_MINE)
            fail_msg("case %zu was taken", i);
    assert_int_equal(look_at(BYTES("\x05\x01"), nothing, true), HEARD_NOT_MINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version5),   cmocka_unit_test(other_commands), cmocka_unit_test(version4),
        cmocka_unit_test(through_it), cmocka_unit_test(greetings),      cmocka_unit_test(not_socks),
    };
    return cmocka_run_group_tests_name("inspect/sight_socks", tests, NULL, NULL);
}
