/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - records from text, messages to text.
 */
#include "dns/text.h"

#include "dns/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void records(void **state)
{
    struct text_record r;
    char text[NAME_TEXT_SIZE];
    assert_int_equal(text_record_parse("WWW.Example. 60 IN A 192.0.2.1", &r), STATUS_OK);
    assert_string_equal(name_text(&r.owner, text), "www.example");
    assert_int_equal(r.type, TYPE_A);
    assert_int_equal(r.class, CLASS_IN);
    assert_int_equal(r.ttl, 60);
    assert_int_equal(r.length, 4);
    assert_memory_equal(r.data, "\xc0\0\2\1", 4);

    assert_int_equal(text_record_parse("a. 5 IN MX 10 mail.example.", &r), STATUS_OK);
    assert_int_equal(r.length, 16);
    assert_memory_equal(r.data, "\0\012\4mail\7example\0", 16);
    assert_int_equal(text_record_parse("a. 5 CH TXT \"x y\" z", &r), STATUS_OK);
    assert_int_equal(r.class, CLASS_CH);
    assert_memory_equal(r.data, "\3x y\1z", 6);
    assert_int_equal(text_record_parse("a. 5 IN TYPE4660 \\# 3 010203", &r), STATUS_OK);
    assert_int_equal(r.type, 4660);
    assert_memory_equal(r.data, "\1\2\3", 3);
}

static void what_is_no_record(void **state)
{
    static const char *const lines[] = {"",
                                        "a.",
                                        "; a comment",
                                        "a. 60 IN A",
                                        "a. 60 IN A 192.0.2.256",
                                        "a. 60 IN A 192.0.2.1 192.0.2.2",
                                        "a..b. 60 IN A 192.0.2.1",
                                        "a. 60 IN NOSUCHTYPE x"};
    struct text_record r;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(text_record_parse(lines[i], &r), STATUS_MALFORMED);
}

static void long_records(void **state)
{
    static char line[20000];
    struct text_record r;
    size_t at = (size_t)snprintf(line, sizeof line, "a. 60 IN TXT");
    for (int i = 0; i < 40; i++)
        at += (size_t)snprintf(line + at, sizeof line - at, " %0100d", i);
    assert_int_equal(text_record_parse(line, &r), STATUS_OK);
    assert_int_equal(r.length, 40 * 101);
    at += (size_t)snprintf(line + at, sizeof line - at, " %0100d", 1);
    assert_int_equal(text_record_parse(line, &r), STATUS_TOO_LONG);
}

static void messages(void **state)
{
    static char text[4096];
    uint8_t query[] = "\xab\xcd\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1", buffer[512];
    struct message m;
    struct answer a;
    assert_int_equal(message_read(span_of(query, sizeof query - 1), &m), STATUS_OK);
    answer_begin(&a, buffer, sizeof buffer, &m, RCODE_NOERROR, 0);
    answer_record(&a, SECTION_ANSWER, NULL, TYPE_A, 60, span_of("\xc0\0\2\1", 4));
    struct span bytes = answer_end(&a, NULL);
    assert_int_equal(text_message(bytes, text, sizeof text), STATUS_OK);
    assert_non_null(strstr(text, "www.example.\t60\tIN\tA\t192.0.2.1\n"));
    assert_int_equal(text_message(bytes, text, strlen(text)), STATUS_TOO_LONG);
    assert_int_equal(text_message(bytes, text, 0), STATUS_TOO_LONG);
    assert_int_equal(text_message(span_of(bytes.at, bytes.length - 1), text, sizeof text),
                     STATUS_MALFORMED);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(what_is_no_record),
        cmocka_unit_test(long_records),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests_name("dns/text", tests, NULL, NULL);
}
