/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * escape - every byte, every name, against another way to the same text.
 */
#include "events/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t buffer[8192];

static const char *of_text(const char *text, size_t most)
{
    struct writer w = writer_over(buffer, sizeof buffer - 1);
    escape_text(&w, text, most);
    *w.at = 0;
    return (char *)buffer;
}

static void every_byte_alone(void **state)
{
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        char expected[8];
        struct writer w = writer_over(buffer, sizeof buffer - 1);
        escape_bytes(&w, span_of(&byte, 1));
        *w.at = 0;
        if (byte == '"' || byte == '\\')
            snprintf(expected, sizeof expected, "\\%c", byte);
        else if (byte >= 0x20 && byte < 0x7f)
            snprintf(expected, sizeof expected, "%c", byte);
        else
            snprintf(expected, sizeof expected, "\\u00%02x", byte);
        assert_string_equal(buffer, expected);
    }
}

static void text_becomes_code_points(void **state)
{
    assert_string_equal(of_text("Tr\xc3\xa9sor", 100), "Tr\\u00e9sor");
    assert_string_equal(of_text("\xe5\xbe\xae\xe4\xbf\xa1", 100), "\\u5fae\\u4fe1");
    assert_string_equal(of_text("\xf0\x9f\x9a\xab", 100), "\\ud83d\\udeab");
    assert_string_equal(of_text("\xe2\x80\xae\"\\\n", 100), "\\u202e\\\"\\\\\\u000a");
}

static void broken_text_becomes_bytes(void **state)
{
    assert_string_equal(of_text("\xc3", 100), "\\u00c3"); /* cut short */
    assert_string_equal(of_text("\xe5\xbe", 100), "\\u00e5\\u00be");
    assert_string_equal(of_text("\xc0\xaf", 100), "\\u00c0\\u00af");            /* overlong */
    assert_string_equal(of_text("\xed\xa0\x80", 100), "\\u00ed\\u00a0\\u0080"); /* surrogate */
    assert_string_equal(of_text("\xf5\x80\x80\x80", 100), "\\u00f5\\u0080\\u0080\\u0080");
    assert_string_equal(of_text("\x80", 100), "\\u0080");
}

static void text_ends_at_a_whole_character(void **state)
{
    assert_string_equal(of_text("abc", 2), "ab");
    assert_string_equal(of_text("a\xc3\xa9z", 6), "a");
    assert_string_equal(of_text("a\xc3\xa9z", 7), "a\\u00e9");
    assert_string_equal(of_text("\xf0\x9f\x9a\xab", 11), "");
}

static void names_are_name_text_escaped(void **state)
{
    srand(7);
    for (int run = 0; run < 20000; run++) {
        struct name name = {.length = 1};
        for (int labels = rand() % 6; labels > 0; labels--) {
            uint8_t label[63];
            size_t length = 1 + (size_t)rand() % (run % 9 == 0 ? 63 : 12);
            for (size_t i = 0; i < length; i++)
                label[i] = (uint8_t)(run % 2 == 0 ? rand() : "a.\\\"();@$z09-_ "[rand() % 15]);
            struct name parent = name;
            assert_int_equal(name_join(span_of(label, length), &parent, &name), STATUS_OK);
            if (name.length > 180)
                break;
        }
        char text[NAME_TEXT_SIZE], expected[4096];
        name_text(&name, text);
        struct writer e = writer_over(expected, sizeof expected);
        escape_bytes(&e, span_text(text));
        struct writer w = writer_over(buffer, sizeof buffer);
        escape_name(&w, &name);
        assert_int_equal(writer_length(&w), writer_length(&e));
        assert_memory_equal(buffer, expected, writer_length(&e));
    }
}

static void numbers_are_decimal(void **state)
{
    static const uint64_t numbers[] = {0, 9, 10, 4294967296, UINT64_MAX};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        char expected[32];
        struct writer w = writer_over(buffer, sizeof buffer - 1);
        escape_number(&w, numbers[i]);
        *w.at = 0;
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)numbers[i]);
        assert_string_equal(buffer, expected);
    }
}

static void full_buffer_fails_and_stays_inside(void **state)
{
    uint8_t small[8] = "1234567";
    struct writer w = writer_over(small, 7);
    escape_bytes(&w, span_of("\x01\x02", 2));
    assert_true(w.failed);
    assert_int_equal(small[7], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_alone),
        cmocka_unit_test(text_becomes_code_points),
        cmocka_unit_test(broken_text_becomes_bytes),
        cmocka_unit_test(text_ends_at_a_whole_character),
        cmocka_unit_test(names_are_name_text_escaped),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(full_buffer_fails_and_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
