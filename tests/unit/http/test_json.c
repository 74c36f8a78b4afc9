/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves http/json.c: sound JSON in pure ASCII, whatever the bytes were.
 */
#include "http/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void is(struct json *json, const char *expected)
{
    struct span text = json_written(json);
    char *copy = strndup((const char *)text.at, text.length);
    assert_string_equal(copy, expected);
    free(copy);
    json_free(json);
}

static void every_kind(void **state)
{
    struct json *json = json_new();
    const struct address address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
    json_open_object(json, NULL);
    json_text(json, "a", "x");
    json_text(json, "b", NULL);
    json_number(json, "c", UINT64_MAX);
    json_signed(json, "d", -5);
    json_decimal(json, "e", 1.5);
    json_decimal(json, "f", (double)INFINITY);
    json_bool(json, "g", true);
    json_open_list(json, "h");
    json_number(json, NULL, 1);
    json_open_object(json, NULL);
    json_close_object(json);
    json_open_list(json, NULL);
    json_close_list(json);
    json_close_list(json);
    json_time(json, "i", UINT64_C(1795489200123456));
    json_time(json, "j", 0);
    json_address(json, "k", &address);
    json_raw(json, "l", span_text("{\"m\":[]}"));
    json_close_object(json);
    is(json, "{\"a\":\"x\",\"b\":null,\"c\":18446744073709551615,\"d\":-5,\"e\":1.5,\"f\":null,"
             "\"g\":true,\"h\":[1,{},[]],\"i\":\"2026-11-24T03:00:00.123456Z\",\"j\":null,"
             "\"k\":\"192.0.2.1\",\"l\":{\"m\":[]}}");
}

static void writes(struct span text, const char *expected)
{
    struct json *json = json_new();
    json_span(json, NULL, text);
    is(json, expected);
}

static void hostile_texts(void **state)
{
    writes(span_text("a\"b\\c</script>&'"), "\"a\\\"b\\\\c\\u003c/script\\u003e\\u0026\\u0027\"");
    writes(span_of("\0\n\t\x7f", 4), "\"\\u0000\\u000a\\u0009\\u007f\"");
    writes(span_text("\xc3\xa9\xe2\x80\xae"), "\"\\u00e9\\u202e\"");
    writes(span_text("\xf0\x9f\x92\xa9"), "\"\\ud83d\\udca9\"");
    writes(span_text("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
    writes(span_text("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"");
    writes(span_text("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
    writes(span_text("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    writes(span_text("\xff\x80z\xe2\x82"), "\"\\ufffd\\ufffdz\\ufffd\\ufffd\"");
    writes(span_of(NULL, 0), "\"\"");
}

static void too_long_is_nothing(void **state)
{
    struct json *json = json_new();
    char *text = calloc(1, JSON_MOST / 4);
    memset(text, 'a', JSON_MOST / 4 - 1);
    json_open_list(json, NULL);
    for (int i = 0; i < 5; i++)
        json_text(json, NULL, text);
    json_close_list(json);
    assert_int_equal(json_written(json).length, 0);
    json_free(json);
    free(text);
    json_text(NULL, "a", "b");
    assert_int_equal(json_written(NULL).length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(too_long_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
