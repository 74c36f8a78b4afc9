/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight_http - what requests say, one after another, through proxies, and in disguise.
 */
#include "inspect/gather.h"
#include "sight/sight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct sightings out;
static struct address server;

static enum heard look_span(struct span client, struct span answer, bool complete)
{
    struct talk talk = {.transport = IP_TCP, .server = &server, .server_port = 80};
    talk.said[CLIENT] = client;
    talk.said[SERVER] = answer;
    talk.complete[CLIENT] = complete;
    out = (struct sightings){0};
    return sight_http.look(&talk, &out);
}

static enum heard look(const char *client)
{
    return look_span(span_text(client), (struct span){0}, false);
}

/* One sighting; `name` NULL: whatever it says there. */
static void is(unsigned place, enum seen seen, enum protocol protocol, const char *name,
               enum why why)
{
    struct name expected;
    assert_true(place < out.count);
    const struct sighting *s = &out.list[place];
    assert_int_equal(s->seen, seen);
    assert_int_equal(s->protocol, protocol);
    assert_int_equal(s->why, why);
    if (name == NULL)
        return;
    assert_int_equal(name_parse(name, &expected), STATUS_OK);
    assert_true(s->has_name && name_equal(&s->name, &expected));
}

static void one_name(void **state)
{
    assert_int_equal(look("GET /x HTTP/1.1\r\nHost: H.example:80\r\n\r\n"), HEARD_MORE);
    assert_int_equal(out.count, 1);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
    assert_int_equal(out.list[0].spoken, SPOKEN_HTTP);
    assert_string_equal(out.list[0].evidence, "GET /x");
    look("GET / HTTP/1.0\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_NOT_SAID);
    look("GET / HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_ADDRESS);
    look("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_INVALID_NAME);
    look("GET / HTTP/1.1\r\nHost: h.example\r\nUser-Agent: x MicroMessenger/8\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
    assert_string_equal(out.list[0].evidence, "GET /, agent x MicroMessenger/8");
}

static void bit_by_bit(void **state)
{
    const char *text = "POST /x HTTP/1.1\r\nHost: h.example\r\nContent-Length: 2\r\n\r\nab";
    size_t line = strlen("POST /x HTTP/1.1\r\n"), head = strlen(text) - 2;
    for (size_t length = 0; length <= strlen(text); length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact, text, length);
        assert_int_equal(look_span(span_of(exact, length), (struct span){0}, false),
                         length < line ? HEARD_PERHAPS : HEARD_MORE);
        assert_int_equal(out.count, length >= head);
        assert_int_equal(look_span(span_of(exact, length), (struct span){0}, true),
                         length < line ? HEARD_NOT_MINE : HEARD_DONE);
        free(exact);
    }
    assert_int_equal(look("EHLO mail.example\r\n"), HEARD_NOT_MINE);
    assert_int_equal(look("\x16\x03\x01"), HEARD_NOT_MINE);
}

static void one_after_another(void **state)
{
    const char *text = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 40\r\n\r\n"
                       "GET / HTTP/1.1\r\nHost: never.example\r\n\r\n+"
                       "POST / HTTP/1.1\r\nHost: b.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3;x=y\r\nGET\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
                       "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n\r\n"
                       "GET / HTTP/1.1\r\nHost: c.example\r\n\r\n";
    for (size_t length = 0; length < strlen(text); length++)
        assert_int_not_equal(look_span(span_of(text, length), (struct span){0}, false),
                             HEARD_NOT_MINE);
    assert_int_equal(look(text), HEARD_MORE);
    assert_int_equal(out.count, 3);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    is(1, SEEN_HTTP, PROTOCOL_NONE, "b.example", WHY_NONE);
    is(2, SEEN_HTTP, PROTOCOL_NONE, "c.example", WHY_NONE);
    assert_int_equal(look_span(span_text(text), (struct span){0}, true), HEARD_DONE);
    /* An upgrade: what follows is something else. */
    assert_int_equal(look("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n\x81\x85"), HEARD_DONE);
    assert_int_equal(out.count, 1);
    assert_int_equal(look("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
                     HEARD_DONE);
}

static void bodies_are_waited_for(void **state)
{
    const char *head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n0123456789abcdef";
    assert_int_equal(look(head), HEARD_MORE);
    assert_int_equal(out.want, strlen(head) - 16 + 1000);
    assert_int_equal(look("POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n0123456789abcdef"),
                     HEARD_DONE); /* the next request is out of sight */
    assert_int_equal(look("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\nx"),
                     HEARD_MORE);
}

static void too_many_names(void **state)
{
    char text[2000];
    size_t length = 0;
    for (unsigned i = 0; i < 20; i++)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   "GET / HTTP/1.1\r\nHost: h%u.example\r\n\r\n", i);
    assert_int_equal(look(text), HEARD_MORE);
    assert_int_equal(out.count, SIGHTINGS_MOST);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h0.example", WHY_NONE);
    is(SIGHTINGS_MOST - 1, SEEN_HTTP, PROTOCOL_NONE, "h19.example", WHY_SECOND_NAME);
}

static void heads_without_end(void **state)
{
    static char text[GATHER_MOST];
    memset(text, 'x', sizeof text);
    memcpy(text, "GET / HTTP/1.1\r\nHost: h.example\r\nCookie: ", 41);
    assert_int_equal(look_span(span_of(text, sizeof text), (struct span){0}, true), HEARD_DONE);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
    memcpy(text, "GET / HTTP/1.1\r\nCookie: h.example; ", 35);
    assert_int_equal(look_span(span_of(text, sizeof text), (struct span){0}, true), HEARD_DONE);
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_TOO_LONG);
    assert_int_equal(look_span(span_of(text, 1000), (struct span){0}, true), HEARD_DONE);
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_UNFINISHED);
}

static void two_names(void **state)
{
    look("GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n");
    assert_int_equal(out.count, 2);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    is(1, SEEN_HTTP, PROTOCOL_NONE, "b.example", WHY_SECOND_NAME);
    look("GET http://a.example/ HTTP/1.1\r\nHost: b.example:80\r\n\r\n");
    assert_int_equal(out.count, 3);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    is(1, SEEN_PROXY, PROTOCOL_HTTP_PROXY, "a.example", WHY_NONE);
    is(2, SEEN_HTTP, PROTOCOL_NONE, "b.example", WHY_SECOND_NAME);
    look("GET http://a.example:80/ HTTP/1.1\r\nHost: A.example\r\n\r\n");
    assert_int_equal(out.count, 2);
    look("GET / HTTP/1.1\r\nHost: 10.0.0.172\r\nX-Online-Host: a.example\r\n\r\n");
    assert_int_equal(out.count, 2);
    is(1, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    look("GET / HTTP/1.1\r\nHost: b.example\r\nX-Online-Host: a.example\r\n\r\n");
    is(1, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_SECOND_NAME);
}

static void proxies(void **state)
{
    assert_int_equal(address_parse("192.0.2.9", &server), STATUS_OK);
    look("GET http://192.0.2.9/x HTTP/1.1\r\nHost: 192.0.2.9\r\n\r\n"); /* the server itself */
    assert_int_equal(out.count, 1);
    look("GET http://192.0.2.8/x HTTP/1.1\r\nHost: 192.0.2.8\r\n\r\n");
    assert_int_equal(out.count, 2);
    is(1, SEEN_PROXY, PROTOCOL_HTTP_PROXY, NULL, WHY_ADDRESS);
    assert_int_equal(out.list[1].way, DETOUR_PROXY);

    assert_int_equal(look("CONNECT t.example:443 HTTP/1.1\r\nHost: t.example:443\r\n\r\n"),
                     HEARD_MORE);
    assert_int_equal(out.count, 1);
    is(0, SEEN_PROXY, PROTOCOL_HTTP_PROXY, "t.example", WHY_NONE);
    assert_string_equal(out.list[0].evidence, "CONNECT t.example:443");
    const char *through = "CONNECT t.example:80 HTTP/1.1\r\n\r\n"
                          "GET / HTTP/1.1\r\nHost: inner.example\r\n\r\n";
    assert_int_equal(look(through), HEARD_MORE);
    assert_int_equal(out.count, 2);
    is(1, SEEN_HTTP, PROTOCOL_NONE, "inner.example", WHY_NONE);
    assert_int_equal(look("CONNECT t.example:80 HTTP/1.1\r\n\r\n"
                          "CONNECT t.example:80 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n"
                          "GET / HTTP/1.1\r\nHost: inner.example\r\n\r\n"),
                     HEARD_MORE); /* refused, and asked again */
    assert_int_equal(out.count, 2);
    is(1, SEEN_HTTP, PROTOCOL_NONE, "inner.example", WHY_NONE);
    const char *strange = "CONNECT t.example:80 HTTP/1.1\r\n\r\n\xff\xff\xff\xff\xff\xff";
    assert_int_equal(look_span(span_text(strange), (struct span){0}, true), HEARD_DONE);
    assert_int_equal(out.count, 1);
    assert_int_equal(
        look_span(span_text(through), span_text("HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 4"), true),
        HEARD_DONE);
}

/* The twelve bytes with which mmtls begins, in chunks and at once. */
static void short_link(void **state)
{
    static const char body[] = "\x16\xf1\x04\x00\xa1\x00\x00\x00\x9d\x01\x04\xf1";
    char text[400];
    int head = snprintf(text, sizeof text,
                        "POST http://192.0.2.9/mmtls/00ab12cd HTTP/1.1\r\nHost: "
                        "short.weixin.qq.com\r\nUpgrade: mmtls\r\nUser-Agent: MicroMessenger "
                        "Client\r\nContent-Length: 166\r\n\r\n");
    memcpy(text + head, body, 12);
    for (int have = 0; have <= 12; have++) {
        struct span said = span_of(text, (size_t)(head + have));
        assert_int_equal(look_span(said, (struct span){0}, false), HEARD_MORE);
        is(0, SEEN_HTTP, have < 12 ? PROTOCOL_NONE : PROTOCOL_MMTLS, NULL, WHY_ADDRESS);
        assert_int_equal(out.list[0].spoken, have < 12 ? SPOKEN_HTTP : SPOKEN_MMTLS);
        assert_int_equal(look_span(said, (struct span){0}, true), HEARD_DONE);
        is(0, SEEN_HTTP, have < 12 ? PROTOCOL_MMTLS_TUNNEL : PROTOCOL_MMTLS, NULL, WHY_ADDRESS);
    }
    is(1, SEEN_HTTP, PROTOCOL_MMTLS, "short.weixin.qq.com", WHY_SECOND_NAME);
    assert_non_null(
        strstr(out.list[0].evidence, "mmtls hello in POST http://192.0.2.9/mmtls/00ab"));
    text[head] = 'x'; /* decided by its first byte */
    look_span(span_of(text, (size_t)head + 1), (struct span){0}, false);
    is(0, SEEN_HTTP, PROTOCOL_MMTLS_TUNNEL, NULL, WHY_ADDRESS);

    static const char chunked[] = "POST /upload HTTP/1.1\r\nHost: h.example\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n5\r\n\x16\xf1\x04\x00\xa1\r\na1\r\n\x00\x00\x00"
                                  "\x9d\x01\x04\xf1";
    look_span(span_of(chunked, sizeof chunked - 1), (struct span){0}, false);
    is(0, SEEN_HTTP, PROTOCOL_MMTLS, "h.example", WHY_NONE);
}

static void what_is_no_tunnel(void **state)
{
    look("POST /mmtls/00ab12cd HTTP/1.1\r\nHost: h.example\r\nContent-Length: 1\r\n\r\nx");
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE); /* one sign of three */
    look("GET / HTTP/1.1\r\nHost: h.example\r\nUser-Agent: MicroMessenger Client\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
    look("POST /mmtls/00ab12cd HTTP/1.1\r\nHost: h.example\r\nUpgrade: mmtls\r\n"
         "Content-Length: 1\r\n\r\nx");
    is(0, SEEN_HTTP, PROTOCOL_MMTLS_TUNNEL, "h.example", WHY_NONE);
}

static void older_interfaces(void **state)
{
    look("POST http://h.example/cgi-bin/micromsg-bin/auth HTTP/1.1\r\nHost: h.example\r\n"
         "User-Agent: MicroMessenger Client\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_MMTLS, "h.example", WHY_NONE);
    assert_non_null(strstr(out.list[0].evidence, "legacy path"));
    look("GET /cgi-bin/micromsg-bin/auth HTTP/1.1\r\nHost: h.example\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
}

static void name_services(void **state)
{
    static const struct {
        const char *target, *asked; /* NULL: none is said */
    } cases[] = {
        {"/cgi-bin/micromsg-bin/newgetdns?uin=0&scene=1", NULL},
        {"/cgi-bin/default/getdns", NULL},
        {"/d?dn=www.wechat.com.&ip=1.2.3.4", "www.wechat.com"},
        {"/d?ttl=1&dn=a%2Eexample,b.example", "a.example"},
        {"/d?dn=0123456789abcdef0123456789abcdef&id=7&alg=des", NULL},
        {"/191607/d?host=a.example", "a.example"},
        {"/1/sign_d?x=&host=a.example&t=1", "a.example"},
        {"/resolve?name=a.example&type=1", "a.example"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[300];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 119.29.29.98\r\n\r\n",
                 cases[i].target);
        assert_int_equal(look(text), HEARD_MORE);
        assert_int_equal(out.count, cases[i].asked == NULL ? 1 : 2);
        is(0, SEEN_HTTP, PROTOCOL_HTTPDNS, NULL, WHY_ADDRESS);
        assert_int_equal(out.list[0].way, DETOUR_HTTPDNS);
        if (cases[i].asked != NULL)
            is(1, SEEN_DNS, PROTOCOL_HTTPDNS, cases[i].asked, WHY_NONE);
    }
    static const char *const others[] = {
        "/d?dn=",
        "/d?dn=hello",
        "/d",
        "/d/?dn=a.b",
        "/x/d?host=a.b",
        "/d?xdn=a.b",
        "/12x/d?host=a.b",
        "//d?host=a.b",
        "/resolve?name=a.b",
        "/d?dn=0123456789abcdef",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        char text[300];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h.example\r\n\r\n", others[i]);
        look(text);
        assert_int_equal(out.count, 1);
        is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
    }
}

static void dns_over_http(void **state)
{
    look("GET /dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB HTTP/1.1\r\n"
         "Host: h.example\r\n\r\n");
    assert_int_equal(out.count, 2);
    is(0, SEEN_HTTP, PROTOCOL_DOH, "h.example", WHY_NONE);
    is(1, SEEN_DNS, PROTOCOL_DOH, "www.example.com", WHY_NONE);
    assert_int_equal(out.list[1].type, 1);
    assert_int_equal(out.list[1].way, DETOUR_DOH);
    static const char post[] = "POST /anything HTTP/1.1\r\nHost: h.example\r\nContent-Type: "
                               "application/dns-message\r\nContent-Length: 21\r\n\r\n"
                               "\0\0\1\0\0\1\0\0\0\0\0\0\1a\1b\0\0\34\0\1";
    look_span(span_of(post, sizeof post - 1), (struct span){0}, false);
    is(1, SEEN_DNS, PROTOCOL_DOH, "a.b", WHY_NONE);
    assert_int_equal(out.list[1].type, 28);
    look("GET /x/dns-query?name=a.example HTTP/1.1\r\nHost: h.example\r\n\r\n");
    is(1, SEEN_DNS, PROTOCOL_DOH, "a.example", WHY_NONE);
    look("GET /dns-queryx HTTP/1.1\r\nHost: h.example\r\n\r\n");
    is(0, SEEN_HTTP, PROTOCOL_NONE, "h.example", WHY_NONE);
}

static void http2(void **state)
{
    const char *text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (size_t length = 0; length < strlen(text); length++) {
        assert_int_equal(look_span(span_of(text, length), (struct span){0}, false), HEARD_PERHAPS);
        assert_int_equal(out.count, 0);
    }
    assert_int_equal(look(text), HEARD_MORE);
    assert_int_equal(out.want, strlen(text) + 9);
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_NOT_SAID);
    assert_int_equal(out.list[0].spoken, SPOKEN_HTTP2);
}

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HEADERS "\1\4\0\0\0\1" /* type, END_HEADERS, stream */

/* What each request of a stream says; RFC 7541 A has the numbers of names. */
static void names_in_http2(void **state)
{
    static const char many[] = PREFACE "\0\0\x0e" HEADERS "\x82\x86\x84\x41\x09"
                                       "a.example" /* which is 62 from here on */
                                       "\0\0\x11" HEADERS "\x82\x86\xbe\x04\x0c"
                                       "/d?dn=b.test"
                                       "\0\0\x18" HEADERS "\x02\x07"
                                       "CONNECT\x01\x0d"
                                       "c.example:443"
                                       "\0\0\1" HEADERS "\xbf"; /* 63, which is nothing */
    struct span all = span_of(many, sizeof many - 1);
    size_t first = strlen(PREFACE) + 9 + 14;
    assert_int_equal(look_span(span_of(many, first), (struct span){0}, false), HEARD_MORE);
    assert_int_equal(out.count, 1);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    assert_int_equal(out.list[0].spoken, SPOKEN_HTTP2);
    assert_string_equal(out.list[0].evidence, "GET /");
    assert_int_equal(look_span(span_of(many, all.length - 10), (struct span){0}, false),
                     HEARD_MORE);
    assert_int_equal(out.count, 4);
    is(1, SEEN_HTTP, PROTOCOL_HTTPDNS, "a.example", WHY_NONE);
    is(2, SEEN_DNS, PROTOCOL_HTTPDNS, "b.test", WHY_NONE);
    is(3, SEEN_PROXY, PROTOCOL_HTTP_PROXY, "c.example", WHY_NONE);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(out.list[i].spoken, SPOKEN_HTTP2);
    assert_int_equal(look_span(all, (struct span){0}, false), HEARD_DONE);
    assert_int_equal(out.count, 5);
    is(4, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_MALFORMED);
}

/* No more will come; or what comes next is out of sight. */
static void http2_that_ends(void **state)
{
    static const char begun[] = PREFACE "\0\x40\0" HEADERS "\x82\x86\x84\x01\x09"
                                        "a.example";
    static const char body[] = PREFACE "\0\x40\0\0\0\0\0\0\1some of a body";
    struct span said = span_of(begun, sizeof begun - 1);
    assert_int_equal(look_span(said, (struct span){0}, false), HEARD_MORE);
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_NOT_SAID);
    assert_int_equal(look_span(said, (struct span){0}, true), HEARD_DONE);
    assert_int_equal(out.count, 1);
    is(0, SEEN_HTTP, PROTOCOL_NONE, "a.example", WHY_NONE);
    assert_int_equal(look_span(span_of(begun, said.length - 4), (struct span){0}, true),
                     HEARD_DONE);
    is(0, SEEN_HTTP, PROTOCOL_NONE, NULL, WHY_UNFINISHED);
    assert_int_equal(look_span(span_of(body, sizeof body - 1), (struct span){0}, false),
                     HEARD_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name),          cmocka_unit_test(bit_by_bit),
        cmocka_unit_test(one_after_another), cmocka_unit_test(bodies_are_waited_for),
        cmocka_unit_test(too_many_names),    cmocka_unit_test(heads_without_end),
        cmocka_unit_test(two_names),         cmocka_unit_test(proxies),
        cmocka_unit_test(short_link),        cmocka_unit_test(what_is_no_tunnel),
        cmocka_unit_test(older_interfaces),  cmocka_unit_test(name_services),
        cmocka_unit_test(dns_over_http),     cmocka_unit_test(http2),
        cmocka_unit_test(names_in_http2),    cmocka_unit_test(http2_that_ends),
    };
    return cmocka_run_group_tests_name("inspect/sight_http", tests, NULL, NULL);
}
