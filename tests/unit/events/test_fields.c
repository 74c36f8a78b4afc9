/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields - what is JSON, what is none, and what of it is given.
 */
#include "events/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { AT_A, AT_B_C, AT_LIST, AT_B, AT_DEEP, AT_COUNT };
static const char *const paths[AT_COUNT] = {"a", "b.c", "list", "b", "b.d.e.f"};

static struct fields_wanted *wanted;
static struct field found[AT_COUNT];
static bool twice;
static char *line;
static void *room;

static int make(void **state)
{
    wanted = fields_wanted_new(paths, AT_COUNT);
    return wanted == NULL;
}

static int drop(void **state)
{
    fields_wanted_free(wanted);
    free(line);
    free(room);
    line = room = NULL;
    return 0;
}

/* Exactly as long as the text, so that a step too far is seen. */
static enum status read_bytes(const void *bytes, size_t length)
{
    free(line);
    free(room);
    line = malloc(length > 0 ? length : 1);
    room = malloc(length > 0 ? length : 1);
    assert_true(line != NULL && room != NULL);
    memcpy(line, bytes, length);
    return fields_read(wanted, span_of(line, length), room, found, &twice);
}

static enum status read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void assert_text(struct span text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.at, expected, text.length);
}

static void chosen_values_are_found(void **state)
{
    assert_int_equal(
        read_text("{\"x\":{\"a\":1,\"c\":[{\"a\":2}]},\"b\":{\"a\":\"no\",\"c\":\"yes\","
                  "\"d\":{\"e\":{\"f\":false}}},\"list\":[1, {\"a\":3}],\"a\":true}"),
        STATUS_OK);
    assert_int_equal(found[AT_A].kind, FIELD_TRUE);
    assert_int_equal(found[AT_B_C].kind, FIELD_TEXT);
    assert_text(found[AT_B_C].text, "yes");
    assert_int_equal(found[AT_LIST].kind, FIELD_LIST);
    assert_text(found[AT_LIST].text, "[1, {\"a\":3}]");
    assert_int_equal(found[AT_B].kind, FIELD_OBJECT);
    assert_text(found[AT_B].text, "{\"a\":\"no\",\"c\":\"yes\",\"d\":{\"e\":{\"f\":false}}}");
    assert_int_equal(found[AT_DEEP].kind, FIELD_FALSE);
    assert_false(twice);
    assert_int_equal(read_text(" \t\r\n{ } \n"), STATUS_OK);
    assert_int_equal(found[AT_A].kind, FIELD_NONE);
    assert_int_equal(read_text("{\"a\" : null , \"b\" : { \"c\" : 7 } }"), STATUS_OK);
    assert_int_equal(found[AT_A].kind, FIELD_NULL);
    assert_int_equal(found[AT_B_C].number, 7);
}

static void the_first_of_two_holds(void **state)
{
    assert_int_equal(read_text("{\"a\":1,\"a\":2}"), STATUS_OK);
    assert_true(twice);
    assert_int_equal(found[AT_A].number, 1);
    assert_int_equal(read_text("{\"b\":{\"c\":1},\"b\":{\"c\":2}}"), STATUS_OK);
    assert_true(twice);
    assert_int_equal(found[AT_B_C].number, 1);
    assert_text(found[AT_B].text, "{\"c\":1}");
    assert_int_equal(read_text("{\"a\":1,\"\\u0061\":2}"), STATUS_OK);
    assert_true(twice);
    assert_int_equal(read_text("{\"b\":1,\"x\":{\"b\":{\"c\":5}}}"), STATUS_OK);
    assert_false(twice);
    assert_int_equal(found[AT_B_C].kind, FIELD_NONE);
}

static void numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t number;
    } sound[] = {{"0", 0},   {"7", 7},      {"18446744073709551615", UINT64_MAX},
                 {"-7", 0},  {"1.5", 0},    {"18446744073709551616", 0},
                 {"1e3", 0}, {"1E+3", 0},   {"99999999999999999999999", 0},
                 {"-0", 0},  {"0.0e-9", 0}, {"1234567890123456789", 1234567890123456789}};
    static const char *const broken[] = {"01", "-",  "+1",  ".5",   "1.",  "1e",  "1e+", "--1",
                                         "1a", "0x", "1 2", "1.e3", "NaN", "tru", "True"};
    char text[64];
    for (size_t i = 0; i < COUNT_OF(sound); i++) {
        snprintf(text, sizeof text, "{\"a\":%s}", sound[i].text);
        assert_int_equal(read_text(text), STATUS_OK);
        assert_int_equal(found[AT_A].kind, FIELD_NUMBER);
        assert_int_equal(found[AT_A].number, sound[i].number);
        assert_text(found[AT_A].text, sound[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        snprintf(text, sizeof text, "{\"a\":%s}", broken[i]);
        assert_int_equal(read_text(text), STATUS_MALFORMED);
    }
}

static void escapes(void **state)
{
    assert_int_equal(
        read_text("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\tx\",\"b\":{\"c\":\"\\u00e9\\u20AC"
                  "\\ud83d\\ude00!\"}}"),
        STATUS_OK);
    assert_text(found[AT_A].text, "\"\\/\b\f\n\r\tx");
    assert_text(found[AT_B_C].text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!");
    assert_int_equal(read_text("{\"a\":\"x\\u0000y\"}"), STATUS_OK);
    assert_int_equal(found[AT_A].text.length, 3);
    assert_memory_equal(found[AT_A].text.at, "x\0y", 3);
    assert_int_equal(read_text("{\"\\u0061\":\"key\"}"), STATUS_OK);
    assert_text(found[AT_A].text, "key");
    assert_int_equal(read_text("{\"a\":\"long enough to be read by eights, then \\n\"}"),
                     STATUS_OK);
    assert_text(found[AT_A].text, "long enough to be read by eights, then \n");
    static const char *const broken[] = {
        "\\x", "\\u12", "\\u12g4", "\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud800\\ud800",
        "\n",  "\x1f",  "\\"};
    char text[64];
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", broken[i]);
        assert_int_equal(read_text(text), STATUS_MALFORMED);
    }
}

static void only_utf8(void **state)
{
    static const char *const sound[] = {"\xc2\x80",        "\xdf\xbf",     "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",    "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf"};
    static const char *const broken[] = {
        "\x80",
        "\xc1\xbf",
        "\xc3",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xe2\x82",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "12345678\xfe",
        "1234567\xc3(",
    };
    char text[64];
    for (size_t i = 0; i < COUNT_OF(sound); i++) {
        snprintf(text, sizeof text, "{\"a\":\"12%s\"}", sound[i]);
        assert_int_equal(read_text(text), STATUS_OK);
        assert_memory_equal(found[AT_A].text.at + 2, sound[i], strlen(sound[i]));
    }
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        snprintf(text, sizeof text, "{\"a\":\"%s\"}", broken[i]);
        assert_int_equal(read_text(text), STATUS_MALFORMED);
        snprintf(text, sizeof text, "{\"%s\":1}", broken[i]);
        assert_int_equal(read_text(text), STATUS_MALFORMED);
    }
}

static void what_is_no_object(void **state)
{
    static const char *const broken[] = {
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1}}",
        "{\"a\":1}x",
        "{\"a\":1]",
        "{a:1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"",
        "{\"a\":t",
        "{\"a\":-",
        "{} {}",
        "\xef\xbb\xbf{}",
        "{\"a\":{1}}",
    };
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_int_equal(read_text(broken[i]), STATUS_MALFORMED);
    assert_int_equal(read_bytes("{}\0", 3), STATUS_MALFORMED);
    assert_int_equal(read_bytes("{\"a\0b\":1}", 9), STATUS_MALFORMED);
}

static void depth_has_a_limit(void **state)
{
    assert_int_equal(read_text("{\"x\":[[[[[[[1]]]]]]]}"), STATUS_OK);
    assert_int_equal(read_text("{\"x\":[[[[[[[[1]]]]]]]]}"), STATUS_MALFORMED);
    assert_int_equal(read_text("{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{}}}}}}}}"),
                     STATUS_OK);
    assert_int_equal(
        read_text("{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{}}}}}}}}}"),
        STATUS_MALFORMED);
}

static void every_beginning_of_a_line_is_none(void **state)
{
    static const char whole[] =
        "{\"a\":\"x\\u00e9\",\"b\":{\"c\":[true,null,-1.5e+3]},\"list\":[{}]}";
    for (size_t length = 0; length + 1 < sizeof whole; length++)
        assert_int_equal(read_bytes(whole, length), STATUS_MALFORMED);
    assert_int_equal(read_text(whole), STATUS_OK);
}

static void too_many_paths(void **state)
{
    const char *many[FIELDS_MOST + 1];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = "a";
    assert_null(fields_wanted_new(many, COUNT_OF(many)));
    many[0] = "a.";
    assert_null(fields_wanted_new(many, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(chosen_values_are_found, make, drop),
        cmocka_unit_test_setup_teardown(the_first_of_two_holds, make, drop),
        cmocka_unit_test_setup_teardown(numbers, make, drop),
        cmocka_unit_test_setup_teardown(escapes, make, drop),
        cmocka_unit_test_setup_teardown(only_utf8, make, drop),
        cmocka_unit_test_setup_teardown(what_is_no_object, make, drop),
        cmocka_unit_test_setup_teardown(depth_has_a_limit, make, drop),
        cmocka_unit_test_setup_teardown(every_beginning_of_a_line_is_none, make, drop),
        cmocka_unit_test(too_many_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
