/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves http/connection.c over a pair of sockets: every request has one answer, in order, and
 * whoever could mean two things by one request is heard no further.
 */
#include "http/connection.h"

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWER_SIZE = 1 << 20, PATIENCE_MS = 30000 };

static struct event_base *base;
static struct connections all;
static char answer[ANSWER_SIZE];
static size_t answered;
static unsigned requests, gone;
static int client;

static void on_room(void *owner)
{
}

static void on_gone(void *owner)
{
    gone++;
}

static const struct stream_events stream_events = {on_room, on_gone};

/* "/stream": one piece, then its end, some time later. Else the method, path and body come back. */
static struct connection *streamed;

static void on_request(void *owner, struct connection *connection)
{
    const struct head *head = connection_head(connection);
    struct span body = connection_body(connection);
    char text[256];

    requests++;
    if (head->path.length == 7 && memcmp(head->path.at, "/stream", 7) == 0) {
        if (connection_stream(connection, 200, "text/plain", &stream_events, NULL))
            streamed = connection;
        return;
    }
    connection_header(connection, "X-Good", "yes");
    connection_header(connection, "X-Bad", "a\r\nSet-Cookie: b");
    snprintf(text, sizeof text, "[%.*s|%.*s]", (int)head->path.length, (const char *)head->path.at,
             (int)body.length, (const char *)body.at);
    connection_reply(connection, 200, "text/plain", span_text(text));
}

static int set_up(void **state)
{
    int fds[2];

    base = event_base_new();
    all = (struct connections){
        .base = base,
        .headers = "X-Every: yes\r\n",
        .on_request = on_request,
        .limits = {.idle = 60000, .head = 60000, .body = 60000, .taken = 60000, .linger = 20}};
    TAILQ_INIT(&all.waiting);
    TAILQ_INIT(&all.others);
    answered = 0;
    requests = gone = 0;
    streamed = NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        return 1;
    client = fds[0];
    return connection_open(&all, fds[1], DOOR_PLAIN, NULL, "192.0.2.1") != STATUS_OK;
}

static int tear_down(void **state)
{
    struct connection_list *lists[] = {&all.waiting, &all.others};

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        while (!TAILQ_EMPTY(lists[i]))
            connection_close(TAILQ_FIRST(lists[i]));
    event_base_loop(base, EVLOOP_NONBLOCK);
    event_base_free(base);
    close(client);
    return 0;
}

static void send_all(const char *text)
{
    assert_int_equal(write(client, text, strlen(text)), strlen(text));
}

/* Lets time pass until the server has closed; or `wanted` is there. */
static void hear(const char *wanted)
{
    clock_ms until = clock_now() + PATIENCE_MS;

    while (clock_now() < until) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        ssize_t length = read(client, answer + answered, sizeof answer - 1 - answered);
        if (length > 0)
            answered += (size_t)length;
        answer[answered] = 0;
        if (length == 0 || (wanted != NULL && strstr(answer, wanted) != NULL))
            return;
        if (length < 0)
            usleep(1000);
    }
    fail_msg("nothing came for %d ms; so far: %s", PATIENCE_MS, answer);
}

static unsigned count(const char *text)
{
    unsigned found = 0;
    for (const char *at = answer; (at = strstr(at, text)) != NULL; at++)
        found++;
    return found;
}

static void one_behind_the_other(void **state)
{
    send_all("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
             "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\nGET /x HTTP/1.1\r\n\r"
             "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /d HTTP/1.1\r\n\r\n");
    hear(NULL);
    assert_int_equal(requests, 3);
    assert_int_equal(count("HTTP/1.1 200 OK"), 3);
    assert_non_null(strstr(strstr(strstr(answer, "[/a|]"), "[/b|GET /x HTTP/1.1\r\n\r]"), "[/c|]"));
    assert_int_equal(count("X-Every: yes\r\n"), 3);
    assert_int_equal(count("X-Good: yes\r\n"), 3);
    assert_null(strstr(answer, "Set-Cookie"));
}

static void byte_by_byte(void **state)
{
    static const char text[] = "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                               "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const char *at = text; *at != 0; at++) {
        assert_int_equal(write(client, at, 1), 1);
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    hear("[/b|]");
    assert_non_null(strstr(answer, "[/a|abc]"));
    assert_int_equal(requests, 2);
}

static void whoever_ends_only_its_own_side_is_answered(void **state)
{
    send_all("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(client, SHUT_WR);
    hear(NULL);
    assert_non_null(strstr(answer, "[/a|]"));
    assert_non_null(strstr(answer, "[/b|]"));
}

static void no_second_request_behind_one_of_two_meanings(void **state)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\n",
         501},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n", 413},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char begin[32];
        if (i > 0)
            set_up(state);
        send_all(cases[i].text);
        send_all("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        hear(NULL);
        snprintf(begin, sizeof begin, "HTTP/1.1 %d ", cases[i].code);
        if (strncmp(answer, begin, strlen(begin)) != 0 || count("\r\nDate: ") != 1 || requests != 0)
            fail_msg("%s was answered: %s", cases[i].text, answer);
        assert_non_null(strstr(answer, "Cache-Control: no-store\r\n"));
        assert_non_null(strstr(answer, "X-Every: yes\r\n"));
        assert_non_null(strstr(answer, "Connection: close\r\n"));
        if (i + 1 < COUNT_OF(cases))
            tear_down(state);
    }
}

static void a_head_has_no_body(void **state)
{
    send_all("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"
             "GET /b HTTP/1.0\r\n\r\n");
    hear(NULL);
    assert_int_equal(requests, 3);
    assert_int_equal(count("Content-Length: 5\r\n"), 2);
    assert_null(strstr(answer, "[/a|]"));
    assert_non_null(strstr(answer, "chunked\r\n\r\nHTTP/1.1 200 OK"));
}

/* The last byte may have been taken long before the end is known. */
static void a_stream_that_ends_with_nothing(void **state)
{
    send_all("GET /stream HTTP/1.0\r\n\r\n");
    hear("\r\n\r\n");
    assert_null(strstr(answer, "chunked"));
    connection_write(streamed, span_text("piece"));
    hear("piece");
    connection_end(streamed);
    hear(NULL);
    assert_int_equal(gone, 0);
}

static void a_stream_in_chunks(void **state)
{
    send_all("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
    hear("\r\n\r\n");
    connection_write(streamed, span_text("piece"));
    hear("\r\n\r\n5\r\npiece\r\n");
    assert_int_equal(requests, 1);
    connection_end(streamed);
    hear("[/behind|]");
    assert_non_null(strstr(answer, "piece\r\n0\r\n\r\nHTTP/1.1 200 OK"));
}

static void who_leaves_ends_the_stream(void **state)
{
    send_all("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    hear("\r\n\r\n");
    shutdown(client, SHUT_RDWR);
    for (int i = 0; i < PATIENCE_MS && gone == 0; i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_int_equal(gone, 1);
    assert_int_equal(all.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(one_behind_the_other),
        CASE(byte_by_byte),
        CASE(whoever_ends_only_its_own_side_is_answered),
        CASE(no_second_request_behind_one_of_two_meanings),
        CASE(a_head_has_no_body),
        CASE(a_stream_that_ends_with_nothing),
        CASE(a_stream_in_chunks),
        CASE(who_leaves_ends_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
