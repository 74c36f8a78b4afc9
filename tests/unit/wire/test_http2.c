/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http2 - heads in frames of every kind and at every length, and frames that no server reads.
 */
#include "wire/http2.h"

#include "base/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum { DATA, HEADERS, PRIORITY, SETTINGS = 4, CONTINUATION = 9 };
enum { END_HEADERS = 4, PADDED = 8, WITH_PRIORITY = 0x20 };

static uint8_t room[HTTP_HEAD_MOST];
static struct writer w;
static struct http2 reader;
static struct http_head head;
static size_t want;

static void begin(void)
{
    w = writer_over(room, sizeof room);
    write_text(&w, PREFACE);
}

static void add(uint8_t type, uint8_t flags, const void *payload, size_t length)
{
    write_u8(&w, (uint8_t)(length >> 16));
    write_u16(&w, (uint16_t)length);
    write_u8(&w, type);
    write_u8(&w, flags);
    write_u32(&w, 1);
    write_bytes(&w, payload, length);
}

static enum status next(void)
{
    return http2_next(&reader, &head, &want);
}

static enum status first(void)
{
    http2_begin(&reader, writer_span(&w));
    return next();
}

static void assert_head(const char *method, const char *host, const char *path)
{
    assert_true(span_equal(head.method, span_text(method)));
    assert_true(span_equal(head.host, span_text(host)));
    assert_true(span_equal(head.path, span_text(path)));
}

/* GET of this host, whose name is put into the table; and the same again out of it. */
static const char get[] = "\x82\x86\x84\x41\x09"
                          "a.example";
static const char again[] = "\x82\x86\x84\xbe";
enum { GET = sizeof get - 1, AGAIN = sizeof again - 1 };

static void heads_one_after_another(void **state)
{
    begin();
    add(SETTINGS, 0, "", 0);
    add(HEADERS, END_HEADERS, get, GET);
    add(DATA, 0, "body", 4);
    add(HEADERS, END_HEADERS, "\x40\x01x\x01y", 5); /* trailers, which use the table too */
    add(0x55, 0xff, "unknown", 7);
    add(HEADERS, END_HEADERS, "\x82\x86\x05\x02/x\xbf\x5a\x02me\x0f\x2b\x02ok", 16);
    assert_int_equal(first(), STATUS_OK);
    assert_head("GET", "a.example", "/");
    assert_true(span_equal(head.target, span_text("/")));
    assert_int_equal(head.authority.length, 0);
    assert_int_equal(next(), STATUS_OK);
    assert_head("GET", "a.example", "/x");
    assert_true(span_equal(head.user_agent, span_text("ok")));
    assert_int_equal(next(), STATUS_AGAIN);
    assert_int_equal(want, writer_length(&w) + 9);
    assert_false(reader.begun);
}

static void blocks_in_several_frames(void **state)
{
    for (size_t cut = 0; cut <= GET; cut++) {
        for (size_t other = cut; other <= GET; other++) {
            begin();
            add(HEADERS, 0, get, cut);
            add(CONTINUATION, 0, get + cut, other - cut);
            add(CONTINUATION, END_HEADERS, get + other, GET - other);
            add(HEADERS, END_HEADERS, again, AGAIN);
            assert_int_equal(first(), STATUS_OK);
            assert_head("GET", "a.example", "/");
            assert_int_equal(next(), STATUS_OK);
            assert_head("GET", "a.example", "/");
        }
    }
}

static void padding_and_priority(void **state)
{
    char payload[64] = "\x03\x80\0\0\1\x10";
    memcpy(payload + 6, get, GET);
    begin();
    add(HEADERS, END_HEADERS | PADDED | WITH_PRIORITY, payload, 6 + GET + 3);
    assert_int_equal(first(), STATUS_OK);
    assert_head("GET", "a.example", "/");
    begin();
    add(HEADERS, END_HEADERS | PADDED, "\x03zz", 3);
    assert_int_equal(first(), STATUS_MALFORMED);
    begin();
    add(HEADERS, END_HEADERS | WITH_PRIORITY, "\0\0\0\0", 4);
    assert_int_equal(first(), STATUS_MALFORMED);
}

static void at_every_length(void **state)
{
    begin();
    add(SETTINGS, 0, "\0\4\0\0\xff\xff", 6);
    size_t before = writer_length(&w);
    add(HEADERS, END_HEADERS, get, GET);
    size_t whole = writer_length(&w);
    for (size_t length = sizeof PREFACE - 1; length <= whole; length++) {
        uint8_t *exact = malloc(length);
        memcpy(exact, room, length);
        http2_begin(&reader, span_of(exact, length));
        assert_int_equal(next(), length < whole ? STATUS_AGAIN : STATUS_OK);
        assert_true(length == whole || (want > length && want <= whole));
        assert_int_equal(reader.begun && length < whole, length >= before + 9 && length < whole);
        assert_int_equal(head.method.length, length >= before + 10 ? 3 : 0);
        free(exact);
    }
}

static void hosts_that_differ(void **state)
{
    static const char both[] = "\x82\x86\x84\x01\x09"
                               "a.example\x0f\x17\x09" /* host */
                               "b.example";
    begin();
    add(HEADERS, END_HEADERS, both, sizeof both - 1);
    assert_int_equal(first(), STATUS_OK);
    assert_head("GET", "a.example", "/");
    assert_true(head.second_host);
    assert_true(span_equal(head.other_host, span_text("b.example")));
}

static void tunnels(void **state)
{
    static const char connect[] = "\x02\x07"
                                  "CONNECT\x01\x0d"
                                  "a.example:443";
    begin();
    add(HEADERS, END_HEADERS, connect, sizeof connect - 1);
    assert_int_equal(first(), STATUS_OK);
    assert_true(span_equal(head.authority, span_text("a.example:443")));
    assert_true(span_equal(head.target, span_text("a.example:443")));
}

static void what_no_server_reads(void **state)
{
    begin();
    add(HEADERS, 0, get, GET);
    add(DATA, 0, "", 0); /* within a block */
    assert_int_equal(first(), STATUS_MALFORMED);
    begin();
    add(CONTINUATION, END_HEADERS, get, GET);
    assert_int_equal(first(), STATUS_MALFORMED);
    begin();
    add(HEADERS, END_HEADERS, again, AGAIN); /* an entry that is not there */
    assert_int_equal(first(), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_one_after_another), cmocka_unit_test(blocks_in_several_frames),
        cmocka_unit_test(padding_and_priority),    cmocka_unit_test(at_every_length),
        cmocka_unit_test(hosts_that_differ),       cmocka_unit_test(tunnels),
        cmocka_unit_test(what_no_server_reads),
    };
    return cmocka_run_group_tests_name("wire/http2", tests, NULL, NULL);
}
