/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - heads as they should be, as lenient servers take them, and what is none.
 */
#include "wire/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void says(struct span s, const char *text)
{
    if (!span_equal(s, span_text(text)))
        fail_msg("`%.*s` is not `%s`", (int)s.length, (const char *)s.at, text);
}

static struct http_head head_of(const char *text)
{
    struct http_head head;
    assert_int_equal(http_read(span_text(text), &head), STATUS_OK);
    return head;
}

static void as_it_should_be(void **state)
{
    const char *text = "POST /a/b?c=d HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: x y\r\n"
                       "Upgrade: mmtls\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
                       "X-Online-Host: other.example\r\n\r\nbody";
    struct http_head h = head_of(text);
    says(h.method, "POST");
    says(h.target, "/a/b?c=d");
    says(h.path, "/a/b?c=d");
    says(h.authority, "");
    says(h.host, "www.example.com:8080");
    says(h.user_agent, "x y");
    says(h.upgrade, "mmtls");
    says(h.content_type, "text/plain");
    says(h.online_host, "other.example");
    assert_int_equal(h.content_length, 12);
    assert_int_equal(h.length, strlen(text) - 4);
    assert_false(h.second_host || h.chunked);
}

/* However short the beginning: more may come, until the head is there. */
static void byte_by_byte(void **state)
{
    const char *text = "\r\nGET http://a.example/x HTTP/1.0\r\nX: y\r\n Host: z\r\nHost: b\r\n\r\n";
    struct http_head h;
    for (size_t length = 0; length < strlen(text); length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact, text, length);
        assert_int_equal(http_read(span_of(exact, length), &h), STATUS_AGAIN);
        assert_int_equal(h.target.length > 0, length >= 35);
        free(exact);
    }
    h = head_of(text);
    says(h.authority, "a.example");
    says(h.host, "b");
}

static void targets(void **state)
{
    static const struct {
        const char *target, *authority, *path;
    } cases[] = {
        {"http://h.example/p?q", "h.example", "/p?q"},
        {"HTTP://h.example", "h.example", ""},
        {"http://u:p@h.example:81?q=/x", "u:p@h.example:81", "/x"},
        {"https://[2001:db8::1]:443/", "[2001:db8::1]:443", "/"},
        {"/redirect?to=http://h.example/", "", "/redirect?to=http://h.example/"},
        {"*", "", ""},
        {"/a b", "", "/a b"},
        {"://h/", "", "//h/"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n\r\n", cases[i].target);
        struct http_head h = head_of(text);
        says(h.target, cases[i].target);
        says(h.authority, cases[i].authority);
        says(h.path, cases[i].path);
    }
    struct http_head h = head_of("CONNECT h.example:443 HTTP/1.1\r\nHost: i\r\n\r\n");
    says(h.authority, "h.example:443");
    says(h.path, "");
    h = head_of("GET /old\r\n");
    says(h.path, "/old");
    assert_int_equal(h.length, 10);
}

/* What a strict reader refuses, and a server in the field takes. */
static void lenient(void **state)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\nHost: h.example\n\n",
        "GET  \t / \t HTTP/1.1 \r\nHOST:h.example\r\n\r\n",
        "get / http/1.1\r\nhost : h.example \t\r\n\r\n",
        "\r\n\n\r\nGET / HTTP/1.1\r\nno colon\r\nHost:\th.example\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n h.example\r\n\r\n",
        "GET / HTTP/1.9x\r\nHost: h.example\r\nhost: H.EXAMPLE\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\r\n Host: other\r\nHost: h.example\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct http_head h = head_of(heads[i]);
        says(h.host, "h.example");
        assert_false(h.second_host);
        assert_int_equal(h.length, strlen(heads[i]));
    }
}

static void two_hosts(void **state)
{
    struct http_head h = head_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nHost: a\r\n\r\n");
    says(h.host, "a");
    assert_true(h.second_host);
    says(h.other_host, "b");
    h = head_of("GET / HTTP/1.1\r\nHost:\r\nHost: b\r\n\r\n");
    says(h.host, "");
    assert_true(h.second_host);
    says(h.other_host, "b");
}

static void lengths(void **state)
{
    static const struct {
        const char *value;
        uint64_t length;
    } cases[] = {
        {"0", 0},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551616", UINT64_MAX},
        {"99999999999999999999999", UINT64_MAX},
        {"7, 7", 7},
        {"-1", 0},
        {"x", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[200];
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nContent-Length: %s\r\n\r\n", cases[i].value);
        assert_true(head_of(text).content_length == cases[i].length);
    }
    assert_true(head_of("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n").chunked);
}

static void none(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"\x16\x03\x01", 3},
        {"\x00", 1},
        {" GET / HTTP/1.1\r\n", 17},
        {"GET\0/ HTTP/1.1\r\n", 16},
        {"EHLO mail.example\r\n", 19},
        {"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 32},
        {"GET READY\r\n", 11},
        {"GET / SIP/2.0\r\n\r\n", 17},
        {"PRI * HTTP/2.0\r\n\r\n", 18},
        {"GET / HTTP/2.0\r\n\r\n", 18},
        {"GET /\x01 HTTP/1.1\r\n", 17},
        {"<?xml version='1.0'?>", 21},
        {"abcdefghijabcdefghijabcdefghijabc", 33},
    };
    struct http_head h;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (http_read(span_of(cases[i].bytes, cases[i].length), &h) != STATUS_MALFORMED)
            fail_msg("case %zu was taken", i);
}

static void prefaces(void **state)
{
    const char *text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n????";
    for (size_t length = 0; length < strlen(text); length++)
        assert_int_equal(http2_preface(span_of(text, length)),
                         length < 24 ? STATUS_AGAIN : STATUS_OK);
    assert_int_equal(http2_preface(span_text("PRI * HTTP/2.1")), STATUS_MALFORMED);
    assert_int_equal(http2_preface(span_text("POST")), STATUS_MALFORMED);
}

static void hosts(void **state)
{
    static const struct {
        const char *authority, *host;
        uint16_t port;
    } cases[] = {
        {"h.example", "h.example", 7},
        {"h.example:443", "h.example", 443},
        {"h.example:", "h.example", 7},
        {"h.example:65536", "h.example", 7},
        {"h.example:x", "h.example", 7},
        {" u@v:p@h.example:1 ", "h.example", 1},
        {"192.0.2.1:80", "192.0.2.1", 80},
        {"[2001:db8::1]:80", "[2001:db8::1]", 80},
        {"[2001:db8::1]", "[2001:db8::1]", 7},
        {"2001:db8::1", "2001:db8::1", 7},
        {"fe80::1%eth0", "fe80::1%eth0", 7},
        {"[2001:db8::1", "[2001:db8::1", 7},
        {"a b", "", 7},
        {"a/b", "", 7},
        {"a,b", "", 7},
        {":80", "", 80},
        {"", "", 7},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint16_t port = 7;
        says(http_host(span_text(cases[i].authority), &port), cases[i].host);
        assert_int_equal(port, cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_it_should_be),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(targets),
        cmocka_unit_test(lenient),
        cmocka_unit_test(two_hosts),
        cmocka_unit_test(lengths),
        cmocka_unit_test(none),
        cmocka_unit_test(prefaces),
        cmocka_unit_test(hosts),
    };
    return cmocka_run_group_tests_name("wire/http", tests, NULL, NULL);
}
