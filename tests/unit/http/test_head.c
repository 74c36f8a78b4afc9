/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves http/head.c: what is a request, and what is none.
 */
#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct head head;

static enum status reads(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1); /* so that a sanitizer sees a byte too many */
    memcpy(copy, text, length);
    enum status status = head_read(span_of(copy, length), &head);
    free(copy);
    return status;
}

static void says(struct span text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.at, expected, text.length);
}

static void a_browser(void **state)
{
    static const char text[] =
        "POST /api/login?a=b%20c&d HTTP/1.1\r\nHost: 127.0.0.1:8053\r\nContent-Length: 12\r\n"
        "X-Thing:  two words\t \r\nEmpty:\r\nExpect: 100-Continue\r\n\r\n{\"name\": 1}!";
    bool twice;
    assert_int_equal(head_read(span_text(text), &head), STATUS_OK);
    assert_int_equal(head.method, METHOD_POST);
    says(head.path, "/api/login");
    says(head.query, "a=b%20c&d");
    assert_int_equal(head.body, 12);
    assert_string_equal(text + head.length, "{\"name\": 1}!");
    assert_true(head.keep && head.expects_continue && !head.is_old);
    says(head_value(&head, "x-thing", &twice), "two words");
    assert_false(twice);
    assert_non_null(head_value(&head, "empty", NULL).at);
    assert_null(head_value(&head, "missing", NULL).at);
}

static void what_comes_behind(void **state)
{
    assert_int_equal(reads("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n"),
                     STATUS_OK);
    assert_false(head.keep);
    assert_int_equal(reads("GET / HTTP/1.0\r\n\r\n"), STATUS_OK);
    assert_true(head.is_old && !head.keep);
    assert_int_equal(reads("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), STATUS_OK);
    assert_true(head.keep);
    assert_int_equal(
        reads("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nConnection: close\r\n\r\n"),
        STATUS_OK);
    assert_false(head.keep);
    assert_int_equal(reads("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"),
                     STATUS_OK);
    assert_false(head.keep);
    assert_int_equal(reads("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET"), STATUS_OK);
    assert_int_equal(head.length, strlen("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
}

static void half_of_it(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t length = 0; length + 1 < sizeof text; length++)
        assert_int_equal(head_read(span_of(text, length), &head), STATUS_AGAIN);
    assert_int_equal(reads("PUT / HTTP/1.1\r\nHost: a\r\n\r\n"), STATUS_OK);
    assert_int_equal(head.method, 0);
}

static void what_could_be_read_in_two_ways(void **state)
{
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nb: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nb\x01: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nb: \x7f\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "G\"T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (reads(texts[i]) != STATUS_MALFORMED)
            fail_msg("was taken: %s", texts[i]);
}

/* A zero byte ends no text of C's here. */
static void a_zero_byte(void **state)
{
    static const char text[] = "GET /?a HTTP/1.1\r\nHost: a\r\nb: c?d\r\n\r\n";
    char copy[sizeof text];
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        memcpy(copy, text, sizeof text);
        copy[i] = 0;
        assert_int_not_equal(head_read(span_of(copy, sizeof text - 1), &head), STATUS_OK);
    }
}

static void hosts(void **state)
{
    static const char *const texts[] = {"127.0.0.1:8053", "[::1]:8053", "a-b_c.example", "a%20b:1"};
    char text[128];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", texts[i]);
        assert_int_equal(reads(text), STATUS_OK);
    }
}

/* A transfer coding is refused whatever stands beside it: no length can be read otherwise then. */
static void what_we_do_not_speak(void **state)
{
    static const char *const more[] = {"Transfer-Encoding: chunked",
                                       "Transfer-Encoding:", "transfer-encoding: identity",
                                       "Transfer-Encoding: chunked\r\nContent-Length: 3",
                                       "Content-Length: 3\r\nTransfer-Encoding: xchunked"};
    char text[128];
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", more[i]);
        assert_int_equal(reads(text), STATUS_UNSUPPORTED);
    }
    assert_int_equal(reads("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), STATUS_UNSUPPORTED);
}

static void too_much(void **state)
{
    char *text = malloc(HEAD_MOST + 64);
    int length = snprintf(text, 64, "GET / HTTP/1.1\r\nHost: a\r\nLong: ");
    memset(text + length, 'a', HEAD_MOST);
    assert_int_equal(head_read(span_of(text, HEAD_MOST + 9), &head), STATUS_TOO_LONG);
    assert_int_equal(head_read(span_of(text, HEAD_MOST), &head), STATUS_AGAIN);
    size_t at = (size_t)snprintf(text, 64, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < HEADERS_MOST; i++)
        at += (size_t)snprintf(text + at, 16, "h%d: x\r\n", i);
    at += (size_t)snprintf(text + at, 16, "\r\n");
    assert_int_equal(head_read(span_of(text, at), &head), STATUS_TOO_LONG);
    free(text);
}

static void decoding(void **state)
{
    char out[8];
    assert_true(head_decode(span_text("a%2Fb+c"), false, out, sizeof out));
    assert_string_equal(out, "a/b+c");
    assert_true(head_decode(span_text("a+b"), true, out, sizeof out));
    assert_string_equal(out, "a b");
    static const char *const wrong[] = {"%", "%2", "%zz", "%00", "a\0b", "12345678"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (i != 4)
            assert_false(head_decode(span_text(wrong[i]), false, out, sizeof out));
    assert_true(head_decode(span_text("1234567"), false, out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser),
        cmocka_unit_test(what_comes_behind),
        cmocka_unit_test(half_of_it),
        cmocka_unit_test(what_could_be_read_in_two_ways),
        cmocka_unit_test(a_zero_byte),
        cmocka_unit_test(hosts),
        cmocka_unit_test(what_we_do_not_speak),
        cmocka_unit_test(too_much),
        cmocka_unit_test(decoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
