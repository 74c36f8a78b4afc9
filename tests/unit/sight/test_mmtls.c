/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_mmtls - the hellos of the public capture, byte by byte, and what only looks like them.
 */
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(text) span_of(text, sizeof(text) - 1)

static struct sightings out;

static enum heard look(struct span client, struct span server, bool midstream, bool complete)
{
    struct talk talk = {.transport = IP_TCP, .server_port = 443, .midstream = midstream};
    talk.said[CLIENT] = client;
    talk.said[SERVER] = server;
    talk.complete[CLIENT] = talk.complete[SERVER] = complete;
    out = (struct sightings){0};
    return sight_mmtls.look(&talk, &out);
}

static const struct span nothing = {0};

static void hellos(void **state)
{
    static const char heads[][17] = {
        "\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1\x01\x00\xa8\x2f",
        "\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1\x01\x00\xa8\x0a",
        "\x16\xf1\x04\x01\x6e\x00\x00\x01\x6a\x01\x04\xf1\x02\xc0\x2b\x00",
        "\x19\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1\x01\x00\xa8\x4f",
        "\x16\xf1\x03\x00\xa1\x00\x00\x00\x9d\x01\x03\xf1\x01\x00\xa8\x4f",
    };
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        for (size_t length = 0; length <= 16; length++) {
            uint8_t *exact = malloc(length + 1);
            memcpy(exact, heads[i], length);
            assert_int_equal(look(span_of(exact, length), nothing, false, false),
                             length < 12 ? HEARD_PERHAPS : HEARD_DONE);
            assert_int_equal(out.count, length >= 12);
            assert_int_equal(out.want, length < 12 ? 12 : 0);
            free(exact);
        }
        assert_int_equal(out.list[0].protocol, PROTOCOL_MMTLS);
        assert_int_equal(out.list[0].spoken, SPOKEN_MMTLS);
        assert_int_equal(out.list[0].why, WHY_NOT_SAID);
    }
    assert_string_equal(out.list[0].evidence, "mmtls hello 16f10300a10000009d0103f1");
}

static void every_wrong_byte(void **state)
{
    static const uint8_t hello[12] = {0x16, 0xf1, 4, 0, 0xa1, 0, 0, 0, 0x9d, 1, 4, 0xf1};
    unsigned taken = 0;
    for (unsigned at = 0; at < sizeof hello; at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t bytes[12];
            memcpy(bytes, hello, sizeof bytes);
            bytes[at] = (uint8_t)value;
            taken += look(span_of(bytes, 12), nothing, false, false) == HEARD_DONE;
        }
    }
    /* Each of twelve unchanged; 19 for 16; 03 for 04 twice. */
    assert_int_equal(taken, 12 + 3);
    assert_int_equal(
        look(BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), nothing, false, false),
        HEARD_NOT_MINE);
    assert_int_equal(look(BYTES("\x16\xf1"), nothing, false, true), HEARD_NOT_MINE);
}

static void answers(void **state)
{
    static const char hello[] = "\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1";
    struct span server = BYTES("\x16\xf1\x04\x00\x89\x00\x00\x00\x85\x02\x04\xf1\xc0\x2b\x5a\xa0");
    assert_int_equal(look(BYTES(hello), server, false, false), HEARD_DONE);
    assert_non_null(strstr(out.list[0].evidence, "server hello"));
    struct span alert = BYTES("\x15\xf1\x04\x00\x07\x00\x00\x00\x03\x00\x73\x02");
    assert_int_equal(look(BYTES(hello), alert, false, false), HEARD_DONE);
    assert_non_null(strstr(out.list[0].evidence, "alert"));
    assert_int_equal(look(BYTES(hello), BYTES("HTTP/1.1 400"), false, false), HEARD_DONE);
    assert_null(strstr(out.list[0].evidence, "answered"));
}

static void midstream(void **state)
{
    struct span one = BYTES("\x17\xf1\x04\x00\x02xy"), part = BYTES("\x17\xf1\x04\x00\x02xy\x17");
    struct span two = BYTES("\x17\xf1\x04\x00\x02xy\x15\xf1\x04\x00\x01z");
    struct span wrong = BYTES("\x17\xf1\x04\x00\x02xy\x17\x03\x03");
    assert_int_equal(look(two, nothing, false, false), HEARD_DONE);
    assert_int_equal(out.list[0].protocol, PROTOCOL_MMTLS);
    assert_non_null(strstr(out.list[0].evidence, "mmtls records, midstream"));
    assert_int_equal(look(one, nothing, false, false), HEARD_PERHAPS);
    assert_int_equal(look(part, nothing, false, false), HEARD_PERHAPS);
    assert_int_equal(look(one, nothing, true, false), HEARD_DONE);
    assert_int_equal(look(wrong, BYTES("abc"), true, false), HEARD_NOT_MINE);
    assert_int_equal(look(one, nothing, false, true), HEARD_NOT_MINE);
    assert_int_equal(look(nothing, one, true, false), HEARD_DONE);
    assert_int_equal(look(nothing, one, false, false), HEARD_PERHAPS);
    assert_int_equal(look(BYTES("\x17\xf1\x04\x00\x00"), BYTES("abc"), true, false),
                     HEARD_NOT_MINE);
    assert_int_equal(look(BYTES("\x17\xf1\x04\xff\xff"), BYTES("abc"), true, false),
                     HEARD_NOT_MINE);
    assert_int_equal(look(BYTES("\x17\xf1\x04\x10\x00"), nothing, true, true), HEARD_NOT_MINE);
    assert_int_equal(look(BYTES("abc"), nothing, true, false), HEARD_PERHAPS); /* the server? */
    assert_int_equal(look(BYTES("abc"), BYTES("abc"), true, false), HEARD_NOT_MINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos),
        cmocka_unit_test(every_wrong_byte),
        cmocka_unit_test(answers),
        cmocka_unit_test(midstream),
    };
    return cmocka_run_group_tests_name("inspect/sight_mmtls", tests, NULL, NULL);
}
