/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * name - limits, escapes, compression, and what a hostile name must not do.
 */
#include "base/writer.h"
#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)

static struct name parsed(const char *text)
{
    struct name name;
    assert_int_equal(name_parse(text, &name), STATUS_OK);
    assert_true(name_is_sound(&name));
    return name;
}

static void assert_text(const struct name *name, const char *expected)
{
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(name, text), expected);
}

/* Reads at `at` in `message`; gives where the cursor stands afterwards, or -1. */
static int read_at(struct span message, size_t at, struct name *out)
{
    struct cursor c = cursor_over(message.at + at, message.length - at);
    if (name_read(&c, message, out) != STATUS_OK) {
        assert_true(c.failed);
        return -1;
    }
    assert_true(name_is_sound(out));
    return (int)(c.at - message.at);
}

static void text_round_trips(void **state)
{
    static const char *const texts[] = {
        ".",
        "com",
        "www.example.com",
        "_sip._tcp.example",
        "a\\.b.example",
        "x\\\\y",
        "quo\\\"te",
        "a\\000b",
        "\\255\\128.x",
        "space\\032.x",
        "\\@.\\$\\;\\(\\)",
        "xn--bcher-kva.example",
        "*.example",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct name name = parsed(texts[i]);
        assert_text(&name, texts[i]);
    }
    struct name name = parsed("WWW.Example.COM.");
    assert_text(&name, "www.example.com");
    assert_int_equal(name.labels, 3);
    assert_int_equal(name.length, 17);
    name = parsed("\\065\\a.x");
    assert_text(&name, "aa.x");
}

static void bad_text_is_refused(void **state)
{
    static const char *const texts[] = {
        "",     "..",    ".a",     "a..b",   "a..",    "a b",   "a\tb",  "m\xc3\xbcll", "a\\",
        "a\\2", "a\\25", "a\\256", "a\\999", "a\\25x", "a\\ b", "a\x7f", "\n",
    };
    struct name name;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(name_parse(texts[i], &name), STATUS_MALFORMED);
}

static void labels_end_at_63(void **state)
{
    char text[70];
    struct name name;
    memset(text, 'a', sizeof text);
    text[63] = 0;
    assert_int_equal(name_parse(text, &name), STATUS_OK);
    assert_int_equal(name.length, 65);
    text[63] = 'a', text[64] = 0;
    assert_int_equal(name_parse(text, &name), STATUS_MALFORMED);
}

/* 63.63.63.last: 193 bytes, then 1 + last, then the root. */
static size_t long_wire(uint8_t *to, uint8_t last)
{
    uint8_t *start = to;
    const uint8_t lengths[] = {63, 63, 63, last};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        *to++ = lengths[i];
        memset(to, 'X', lengths[i]);
        to += lengths[i];
    }
    *to++ = 0;
    return (size_t)(to - start);
}

static void names_end_at_255(void **state)
{
    uint8_t wire[300];
    char text[NAME_TEXT_SIZE];
    struct name name, again;

    assert_int_equal(long_wire(wire, 61), 255);
    assert_int_equal(read_at(span_of(wire, 255), 0, &name), 255);
    assert_int_equal(name.length, 255);
    assert_int_equal(strspn(name_text(&name, text), "x."), 253);
    assert_int_equal(name_parse(text, &again), STATUS_OK);
    assert_true(name_equal(&name, &again));

    assert_int_equal(long_wire(wire, 62), 256);
    assert_int_equal(read_at(span_of(wire, 256), 0, &name), -1);
    text[253] = 'x', text[254] = 0;
    assert_int_equal(name_parse(text, &again), STATUS_MALFORMED);
}

static void labels_end_at_127(void **state)
{
    uint8_t wire[260];
    struct name name;
    for (size_t i = 0; i < 256; i += 2)
        wire[i] = 1, wire[i + 1] = 'a';
    wire[254] = 0;
    assert_int_equal(read_at(span_of(wire, 255), 0, &name), 255);
    assert_int_equal(name.labels, 127);
    wire[254] = 1, wire[256] = 0;
    assert_int_equal(read_at(span_of(wire, 257), 0, &name), -1);
}

static void longest_text_fits(void **state)
{
    uint8_t wire[300];
    char text[NAME_TEXT_SIZE];
    struct name name, again;
    size_t length = long_wire(wire, 61);
    for (size_t i = 0; i < length; i++)
        if (wire[i] == 'X')
            wire[i] = 0xff;
    assert_int_equal(read_at(span_of(wire, length), 0, &name), 255);
    assert_int_equal(strlen(name_text(&name, text)), 250 * 4 + 3);
    assert_int_equal(name_parse(text, &again), STATUS_OK);
    assert_true(name_equal(&name, &again));
}

static void every_byte_is_folded_alone(void **state)
{
    for (unsigned length = 1; length <= 63; length += 5) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t wire[65];
            struct name name;
            wire[0] = (uint8_t)length;
            memset(wire + 1, (int)byte, length);
            wire[1 + length] = 0;
            assert_int_equal(read_at(span_of(wire, length + 2), 0, &name), length + 2);
            uint8_t expected = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : (uint8_t)byte;
            assert_int_equal(name_lower((uint8_t)byte), expected);
            for (unsigned i = 1; i <= length; i++)
                assert_int_equal(name.wire[i], expected);
        }
    }
    /* Neighbours do not carry into each other, in every pair. */
    for (unsigned pair = 0; pair < 65536; pair++) {
        uint8_t wire[10] = {8, 'A', (uint8_t)(pair >> 8), (uint8_t)pair, 'Z', '[', '@', 'z', 0x80};
        struct name name;
        assert_int_equal(read_at(span_of(wire, 10), 0, &name), 10);
        for (unsigned i = 1; i <= 8; i++)
            assert_int_equal(name.wire[i], name_lower(wire[i]));
    }
}

static const char header[] = "\0\0\0\0\0\0\0\0\0\0\0";

static void pointers_lead_back(void **state)
{
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof bytes);
    struct name name;
    write_bytes(&w, header, 12);
    write_bytes(&w, "\3WWW\7example\0", 13); /* 12..24 */
    write_bytes(&w, "\1a\xc0\x10", 4);       /* 25: a.example */
    write_bytes(&w, "\1b\xc0\x19", 4);       /* 29: b.a.example */
    write_bytes(&w, "\xc0\x1d", 2);          /* 33: a pointer to a name that ends in one */
    struct span message = writer_span(&w);
    assert_int_equal(read_at(message, 33, &name), 35);
    assert_text(&name, "b.a.example");
    assert_int_equal(name.labels, 3);
    assert_int_equal(read_at(message, 25, &name), 29);
    assert_text(&name, "a.example");
    struct cursor c = cursor_over(message.at + 25, 4);
    assert_int_equal(name_read(&c, (struct span){0}, &name), STATUS_MALFORMED);
}

static void hostile_pointers_are_refused(void **state)
{
    const struct span names[] = {
        BYTES("\xc0\x0c"),                                      /* itself */
        BYTES("\1a\xc0\x0c"),                                   /* its own beginning */
        BYTES("\xc0\x0e\0"),                                    /* forward */
        BYTES("\xc0\x0d\0"),                                    /* into itself */
        BYTES("\xc0\x00"),                                      /* the header */
        BYTES("\xc0\x0b"),                                      /* the last byte of the header */
        BYTES("\xff\xff"),                                      /* outside */
        BYTES("\xc0"),                                          /* half a pointer */
        BYTES("\x40\0"),      BYTES("\x80\0"), BYTES("\xbf\0"), /* no such label kinds */
        BYTES("\1"),          BYTES("\1a"),    BYTES("\77abc"), BYTES(""),
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        uint8_t bytes[64];
        struct name name;
        memset(bytes, 0, 12);
        memcpy(bytes + 12, names[i].at, names[i].length);
        assert_int_equal(read_at(span_of(bytes, 12 + names[i].length), 12, &name), -1);
    }
}

static void two_pointers_do_not_chase_each_other(void **state)
{
    uint8_t bytes[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 14, 0xc0, 12};
    struct name name;
    assert_int_equal(read_at(span_of(bytes, sizeof bytes), 12, &name), -1);
    assert_int_equal(read_at(span_of(bytes, sizeof bytes), 14, &name), -1);
}

static void a_pointed_name_ends_before_its_pointer(void **state)
{
    /* The label at 12 would swallow the pointer at 14 that leads to it. */
    uint8_t bytes[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 0xc0, 12, 0};
    struct name name;
    assert_int_equal(read_at(span_of(bytes, sizeof bytes), 14, &name), -1);
    assert_int_equal(read_at(span_of(bytes, sizeof bytes), 12, &name), 17);
}

static void jumps_are_counted(void **state)
{
    uint8_t bytes[12 + 1 + 2 * 200] = {0};
    struct name name;
    for (unsigned i = 0; i < 200; i++)
        store_u16(bytes + 13 + 2 * i, (uint16_t)(0xc000 | (i == 0 ? 12 : 11 + 2 * i)));
    struct span message = span_of(bytes, sizeof bytes);
    assert_int_equal(read_at(message, 13 + 2 * 126, &name), 13 + 2 * 127);
    assert_text(&name, ".");
    assert_int_equal(read_at(message, 13 + 2 * 127, &name), -1);
}

static void compression_does_not_pass_255(void **state)
{
    uint8_t bytes[400] = {0};
    struct name name;
    size_t length = 12 + long_wire(bytes + 12, 59); /* 253 bytes */
    memcpy(bytes + length, "\1a\xc0\x0c", 4);
    assert_int_equal(read_at(span_of(bytes, length + 4), length, &name), length + 4);
    assert_int_equal(name.length, 255);
    memcpy(bytes + length, "\2aa\xc0\x0c", 5);
    assert_int_equal(read_at(span_of(bytes, length + 5), length, &name), -1);
}

static void pointers_outside_the_message_are_refused(void **state)
{
    /* The cursor stands on a copy: the pointer's place says nothing about the message. */
    uint8_t message[64] = {0}, copy[] = {0xc0, 12};
    struct cursor c = cursor_over(copy, sizeof copy);
    struct name name;
    if (name_read(&c, span_of(message, sizeof message), &name) == STATUS_OK)
        fail_msg("a pointer outside the message was followed");
}

static void skipping_stops_where_reading_does(void **state)
{
    const struct span names[] = {BYTES("\0x"), BYTES("\1a\0x"), BYTES("\1a\xc0\x00x")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct cursor c = cursor_of(names[i]);
        name_skip(&c);
        assert_false(c.failed);
        assert_int_equal(cursor_left(&c), 1);
    }
    const struct span broken[] = {BYTES(""), BYTES("\2a"), BYTES("\x40"), BYTES("\xc0")};
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct cursor c = cursor_of(broken[i]);
        name_skip(&c);
        assert_true(c.failed);
    }
}

static void unsound_names_are_found(void **state)
{
    struct name good = parsed("www.example"), bad;
    assert_true(name_is_sound(&good));
    bad = good, bad.labels = 3;
    assert_false(name_is_sound(&bad));
    bad = good, bad.length++;
    bad.wire[bad.length - 1] = 0;
    assert_false(name_is_sound(&bad));
    bad = good, bad.length--;
    assert_false(name_is_sound(&bad));
    bad = good, bad.length = 0;
    assert_false(name_is_sound(&bad));
    bad = good, bad.wire[1] = 'W';
    assert_false(name_is_sound(&bad));
    bad = good, bad.wire[0] = 0xc0;
    assert_false(name_is_sound(&bad));
    bad = good, bad.wire[4] = 255;
    assert_false(name_is_sound(&bad));
}

static void suffixes_and_zones(void **state)
{
    struct name name = parsed("a.b.example"), root = parsed("."), zone = parsed("b.example");
    struct name trap = parsed("xb.example"), other;
    assert_true(name_is_below(&name, &zone));
    assert_true(name_is_below(&name, &root));
    assert_true(name_is_below(&name, &name));
    assert_true(name_is_below(&root, &root));
    assert_false(name_is_below(&zone, &name));
    assert_false(name_is_below(&trap, &zone));
    name_suffix(&name, 1, &other);
    assert_true(name_equal(&other, &zone));
    name_suffix(&name, 3, &other);
    assert_true(name_equal(&other, &root));
    name_suffix(&name, 1, &name); /* in place */
    assert_true(name_equal(&name, &zone));
    assert_true(name_is_sound(&name));
    /* One label "a.b" is not two labels. */
    struct name dotted = parsed("a\\.b.example");
    assert_false(name_is_below(&dotted, &zone));
}

static void joining(void **state)
{
    struct name parent = parsed("example"), out;
    assert_int_equal(name_join(BYTES("*"), &parent, &out), STATUS_OK);
    assert_text(&out, "*.example");
    assert_int_equal(name_join(BYTES("WWW"), &out, &out), STATUS_OK);
    assert_text(&out, "www.*.example");
    assert_true(name_is_sound(&out));
    assert_int_equal(name_join(BYTES(""), &parent, &out), STATUS_TOO_LONG);

    uint8_t wire[300];
    struct name longest;
    size_t length = long_wire(wire, 59);
    assert_int_equal(read_at(span_of(wire, length), 0, &longest), 253);
    assert_int_equal(name_join(BYTES("ab"), &longest, &out), STATUS_TOO_LONG);
    assert_int_equal(name_join(BYTES("a"), &longest, &out), STATUS_OK);
    assert_int_equal(out.length, 255);
}

static void dname_substitution(void **state)
{
    struct name name = parsed("a.b.old.example"), from = parsed("old.example"), out;
    struct name to = parsed("new.test"), root = parsed(".");
    assert_int_equal(name_replace_suffix(&name, &from, &to, &out), STATUS_OK);
    assert_text(&out, "a.b.new.test");
    assert_int_equal(name_replace_suffix(&name, &from, &root, &out), STATUS_OK);
    assert_text(&out, "a.b");
    assert_true(name_is_sound(&out));
    assert_int_equal(name_replace_suffix(&to, &from, &root, &out), STATUS_NOT_FOUND);
    assert_int_equal(name_replace_suffix(&root, &from, &root, &out), STATUS_NOT_FOUND);

    uint8_t wire[300];
    struct name longest;
    size_t length = long_wire(wire, 61);
    assert_int_equal(read_at(span_of(wire, length), 0, &longest), 255);
    assert_int_equal(name_replace_suffix(&name, &from, &longest, &out), STATUS_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(labels_end_at_63),
        cmocka_unit_test(names_end_at_255),
        cmocka_unit_test(labels_end_at_127),
        cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(every_byte_is_folded_alone),
        cmocka_unit_test(pointers_lead_back),
        cmocka_unit_test(hostile_pointers_are_refused),
        cmocka_unit_test(two_pointers_do_not_chase_each_other),
        cmocka_unit_test(a_pointed_name_ends_before_its_pointer),
        cmocka_unit_test(jumps_are_counted),
        cmocka_unit_test(compression_does_not_pass_255),
        cmocka_unit_test(pointers_outside_the_message_are_refused),
        cmocka_unit_test(skipping_stops_where_reading_does),
        cmocka_unit_test(unsound_names_are_found),
        cmocka_unit_test(suffixes_and_zones),
        cmocka_unit_test(joining),
        cmocka_unit_test(dname_substitution),
    };
    return cmocka_run_group_tests_name("dns/name", tests, NULL, NULL);
}
