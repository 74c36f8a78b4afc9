/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hpack - the examples of RFC 7541 C, and blocks that no peer may write.
 */
#include "wire/hpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct hpack table;

/* Blocks stay where they are: each call has a place of its own. */
static struct span block_of(const char *hex)
{
    static uint8_t places[8][1024];
    static unsigned turn;
    uint8_t *place = places[turn++ % COUNT_OF(places)];
    size_t length = 0;
    for (unsigned byte; sscanf(hex + 2 * length, "%2x", &byte) == 1; length++)
        place[length] = (uint8_t)byte;
    return span_of(place, length);
}

/* The fields of a block, a line each; false when it cannot be read to its end. */
static bool fields_of(struct span block, char *text, size_t room)
{
    struct cursor c = cursor_of(block);
    struct hpack_field field;
    text[0] = 0;
    while (hpack_next(&table, &c, &field)) {
        size_t length = strlen(text);
        snprintf(text + length, room - length, "%.*s: %.*s\n", (int)field.name.length,
                 (const char *)field.name.at, (int)field.value.length,
                 (const char *)field.value.at);
    }
    return !c.failed;
}

struct example {
    const char *block, *fields;
    size_t size, count; /* of the table behind it */
};

static void assert_examples(const struct example *list, size_t count)
{
    char text[1024];
    for (size_t i = 0; i < count; i++) {
        assert_true(fields_of(block_of(list[i].block), text, sizeof text));
        assert_string_equal(text, list[i].fields);
        assert_int_equal(table.size, list[i].size);
        assert_int_equal(table.count, list[i].count);
    }
}

#define FIRST  ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
#define SECOND FIRST "cache-control: no-cache\n"
#define THIRD                                                                                      \
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\n"              \
    "custom-key: custom-value\n"

static void fields_alone(void **state) /* C.2 */
{
    static const struct example list[] = {
        {"400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header\n", 55,
         1},
        {"040c2f73616d706c652f70617468", ":path: /sample/path\n", 0, 0},
        {"100870617373776f726406736563726574", "password: secret\n", 0, 0},
        {"82", ":method: GET\n", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        hpack_begin(&table);
        assert_examples(&list[i], 1);
    }
}

static void requests(void **state) /* C.3 and, in Huffman's code, C.4 */
{
    static const struct example plain[] = {
        {"828684410f7777772e6578616d706c652e636f6d", FIRST, 57, 1},
        {"828684be58086e6f2d6361636865", SECOND, 110, 2},
        {"828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", THIRD, 164, 3},
    };
    static const struct example coded[] = {
        {"828684418cf1e3c2e5f23a6ba0ab90f4ff", FIRST, 57, 1},
        {"828684be5886a8eb10649cbf", SECOND, 110, 2},
        {"828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", THIRD, 164, 3},
    };
    hpack_begin(&table);
    assert_examples(plain, COUNT_OF(plain));
    hpack_begin(&table);
    assert_examples(coded, COUNT_OF(coded));
}

#define DATES(seconds) "date: Mon, 21 Oct 2013 20:13:" seconds " GMT\n"
#define AT_HOME        "location: https://www.example.com\n"

/* C.5 and C.6: in a table of 256 bytes, which a size update says here, entries give way. */
static void entries_give_way(void **state)
{
    static const char last[] = ":status: 200\ncache-control: private\n" DATES("22") AT_HOME
        "content-encoding: gzip\n"
        "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n";
    static const struct example plain[] = {
        {"3fe101", "", 0, 0},
        {"4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d"
         "546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
         ":status: 302\ncache-control: private\n" DATES("21") AT_HOME, 222, 4},
        {"4803333037c1c0bf", ":status: 307\ncache-control: private\n" DATES("21") AT_HOME, 222, 4},
        {"88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6"
         "f"
         "3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b207"
         "6"
         "657273696f6e3d31",
         last, 215, 3},
    };
    static const struct example coded[] = {
        {"3fe101", "", 0, 0},
        {"488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad17186"
         "3c78f0b97c8e9ae82ae43d3",
         ":status: 302\ncache-control: private\n" DATES("21") AT_HOME, 222, 4},
        {"4883640effc1c0bf", ":status: 307\ncache-control: private\n" DATES("21") AT_HOME, 222, 4},
        {"88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335"
         "dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
         last, 215, 3},
    };
    hpack_begin(&table);
    assert_examples(plain, COUNT_OF(plain));
    hpack_begin(&table);
    assert_examples(coded, COUNT_OF(coded));
}

/* All bytes once, from 0 to 255: a block that libnghttp2 reads so too. */
static void every_byte_has_a_code(void **state)
{
    struct hpack_field field;
    struct cursor c = cursor_of(block_of(
        "000178ffc803ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3"
        "fffffa7fffffabffffffdfffffebfffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffff"
        "bfffffcffffffd3fffffd7fffffdbfffffdffffffe3fffffe7fffffebfffffed4fe3f9ffaffcabf1febf"
        "afefe7fdfd2cbb00089969b71d79fb9f7fff20ffbff3ff50ddbd7f061c58f265cd9f469d5af66dddbf87"
        "1e5f9cff7ff7fffc3ff9ffe45fff4719242cb34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7ffbffdfff"
        "fffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5ffffb3fffeb7fffdaffffb7ffff73fffeeffffdefff"
        "febffffbfffffd9ffffdbfffebffffe0ffffeeffffc3ffff8bffff1ffffe4fffee7fffb1ffff97fffd9f"
        "fffcdffff9fffffbffffdafffeeffff4ffffb7fffee7fffe8ffffd3fffdeffffd5fffeeffffbdffffe1f"
        "ffdfffff7fffff5ffffecffff07fff87fffe0ffff17fffedffff87ffff77fffeffffeaffff8bfffe3fff"
        "f93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fffff2ffffa3ffffd9fffff17ffffc7"
        "fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87ffffe7fffffc5ff"
        "ffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdffff4fff"
        "f9ffffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfff"
        "ffb7fffff3fffffe8fffffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffb"
        "bf"));
    hpack_begin(&table);
    assert_true(hpack_next(&table, &c, &field));
    assert_int_equal(field.value.length, 256);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(field.value.at[i], i);
}

static void what_no_peer_may_write(void **state)
{
    static const char *const blocks[] = {
        "80",               /* index 0 */
        "be",               /* an entry of an empty table */
        "ffff",             /* a number without end */
        "ff8080808001",     /* and one that is too long */
        "7f0000",           /* a name of an entry that is not there */
        "40",               /* nothing behind it */
        "400a6375",         /* a name that is cut off */
        "4001780a6375",     /* a value */
        "4001788200",       /* a code cut off by the end of the block */
        "40017884ffffffff", /* the end of a string in it (5.2) */
        "4001788118",       /* an end with other bits than ones */
        "400178821fff",     /* one of a whole byte */
    };
    char text[256];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        hpack_begin(&table);
        assert_false(fields_of(block_of(blocks[i]), text, sizeof text));
        assert_string_equal(text, "");
    }
    hpack_begin(&table);
    assert_true(fields_of(block_of("400178811f"), text, sizeof text)); /* "a" and three ones */
    assert_string_equal(text, "x: a\n");
}

/* A table may be emptied, hold nothing, and hold more than is kept here. */
static void tables_of_every_size(void **state)
{
    char text[256];
    hpack_begin(&table);
    assert_true(fields_of(block_of("400161016240016301642040016501663fe11f"), text, sizeof text));
    assert_string_equal(text, "a: b\nc: d\ne: f\n");
    assert_int_equal(table.count, 0);
    assert_int_equal(table.most, 4096);
    assert_true(fields_of(block_of("4001610162be"), text, sizeof text));
    assert_string_equal(text, "a: b\na: b\n");
    struct span update = block_of("3fe1ffff7f"), add = block_of("4000014100"), oldest;
    assert_true(fields_of(update, text, sizeof text));
    for (unsigned i = 0; i < 2 * HPACK_ENTRIES_MOST; i++)
        assert_true(fields_of(span_of(add.at, 4), text, sizeof text));
    assert_int_equal(table.count, HPACK_ENTRIES_MOST);
    assert_int_equal(table.size, HPACK_ENTRIES_MOST * 33);
    oldest = block_of("ffbe03"); /* 573: 61 and 512 */
    assert_true(fields_of(oldest, text, sizeof text));
    assert_string_equal(text, ": A\n");
    assert_false(fields_of(block_of("ffbf03"), text, sizeof text));
}

static void strings_end_where_room_does(void **state)
{
    static uint8_t block[HPACK_TEXT_MOST];
    char text[256];
    memset(block, 0, sizeof block); /* zeros are "0", of five bits */
    memcpy(block, "\x00\x01x\xff\x81\x7f", 6);
    struct span whole = span_of(block, 6 + 16384); /* 127 + 1 + 127 * 128 */
    hpack_begin(&table);
    struct cursor c = cursor_of(whole);
    struct hpack_field field;
    assert_true(hpack_next(&table, &c, &field) || c.failed);
    for (unsigned i = 0; i < 4 && !c.failed; i++) {
        c = cursor_of(whole);
        (void)hpack_next(&table, &c, &field);
    }
    assert_true(c.failed);
    assert_true(table.text_length <= HPACK_TEXT_MOST);
    assert_false(fields_of(whole, text, sizeof text));
}

static void noise(void **state)
{
    uint8_t bytes[64];
    char text[1 << 14];
    srand(7);
    for (unsigned i = 0; i < 100000; i++) {
        if (i % 3 == 0)
            hpack_begin(&table);
        size_t length = (size_t)rand() % sizeof bytes;
        uint8_t *exact = malloc(length + 1);
        for (size_t n = 0; n < length; n++)
            exact[n] = (uint8_t)(rand() >> 4);
        hpack_begin(&table);
        (void)fields_of(span_of(exact, length), text, sizeof text);
        assert_true(table.count <= HPACK_ENTRIES_MOST && table.size <= table.most);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_alone),
        cmocka_unit_test(requests),
        cmocka_unit_test(entries_give_way),
        cmocka_unit_test(every_byte_has_a_code),
        cmocka_unit_test(what_no_peer_may_write),
        cmocka_unit_test(tables_of_every_size),
        cmocka_unit_test(strings_end_where_room_does),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("wire/hpack", tests, NULL, NULL);
}
