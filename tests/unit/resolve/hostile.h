/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hostile - DNS servers on loopback, UDP and TCP, that answer well, late, wrongly or not.
 *
 * Used by test_forward, in its own loop.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "resolve/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <unistd.h>

enum { HELD_MOST = 8, ANSWERS_MOST = 4096, CONNECTIONS_MOST = 32, TCP_NUMBER = 100 };

enum manner {
    GOOD,
    SILENT,
    WRONG_ID_FIRST,
    WRONG_ID_FLOOD,
    WRONG_CASE,
    NO_QUESTION,
    OTHER_PORT,
    CUT,
    OVERSIZE,
    LATE,
    DEAD_ZONE, /* silent about names that begin with "dead" */
    SERVFAIL_EDE,
    REFUSED,
    BROKEN_RECORD,
    AUTHENTIC
};

struct server;

/* What it will say later. */
struct held {
    struct server *server;
    struct sockaddr_in to;
    uint8_t bytes[512];
    size_t length;
    struct event *timer;
};

struct server {
    struct event_base *base;
    uint8_t number; /* its answers are 192.0.2.`number`, by TCP TCP_NUMBER more */
    enum manner udp, tcp;
    int fd;
    struct event *readable;
    struct evconnlistener *listener;
    struct bufferevent *connections[CONNECTIONS_MOST];
    unsigned connection_count, udp_asked, tcp_asked;
    uint16_t ports[ANSWERS_MOST]; /* from where it was asked */
    uint16_t ids[ANSWERS_MOST];
    uint8_t last[512];
    size_t last_length;
    unsigned delay; /* ms, of LATE */
    struct held held[HELD_MOST];
    unsigned held_count;
};

/* Turns a query into its answer: an A record 192.0.2.`last`. Gives the length. */
static size_t make_answer(uint8_t *bytes, size_t length, uint8_t last)
{
    static const uint8_t record[] = {0xc0, 12, 0, TYPE_A, 0,   CLASS_IN, 0, 0,
                                     0,    60, 0, 4,      192, 0,        2};
    size_t opt = length - 11; /* our queries end with an OPT without options */
    store_u16(bytes + 2, FLAG_QR | FLAG_RD | FLAG_RA);
    memmove(bytes + opt + sizeof record + 1, bytes + opt, 11);
    memcpy(bytes + opt, record, sizeof record);
    bytes[opt + sizeof record] = last;
    store_u16(bytes + 6, 1);
    return length + sizeof record + 1;
}

static size_t make_refusal(uint8_t *bytes, size_t length, uint16_t rcode, uint16_t ede)
{
    store_u16(bytes + 2, FLAG_QR | FLAG_RD | FLAG_RA | rcode);
    store_u16(bytes + length - 2, 6);
    store_u16(bytes + length, EDNS_OPTION_EDE);
    store_u16(bytes + length + 2, 2);
    store_u16(bytes + length + 4, ede);
    return length + 6;
}

static void say(struct server *s, const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
    assert_int_equal(sendto(s->fd, bytes, length, 0, (const struct sockaddr *)to, sizeof *to),
                     length);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    const struct held *h = arg;
    say(h->server, &h->to, h->bytes, h->length);
}

static void say_late(struct server *s, const struct sockaddr_in *to, const uint8_t *bytes,
                     size_t length)
{
    const struct timeval delay = clock_timeval(s->delay);
    struct held *h = &s->held[s->held_count++];
    assert_true(s->held_count <= HELD_MOST);
    *h = (struct held){.server = s, .to = *to, .length = length};
    memcpy(h->bytes, bytes, length);
    h->timer = evtimer_new(s->base, on_late, h);
    event_add(h->timer, &delay);
}

static void say_from_elsewhere(const struct sockaddr_in *to, const uint8_t *bytes, size_t length)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)sendto(fd, bytes, length, 0, (const struct sockaddr *)to, sizeof *to);
    close(fd);
}

/* The answer in this manner, for both transports; 0: none. */
static size_t answer_in(enum manner manner, uint8_t *bytes, size_t length, uint8_t last)
{
    switch (manner) {
    case SERVFAIL_EDE:
        return make_refusal(bytes, length, RCODE_SERVFAIL, EDE_DNSSEC_BOGUS);
    case REFUSED:
        return make_refusal(bytes, length, RCODE_REFUSED, EDE_PROHIBITED);
    case CUT:
        store_u16(bytes + 2, FLAG_QR | FLAG_TC);
        return length;
    case OVERSIZE:
        memset(bytes + length, 0, 1400 - length);
        store_u16(bytes + 2, FLAG_QR);
        return 1400;
    case BROKEN_RECORD:
        length = make_answer(bytes, length, last);
        store_u16(bytes + 6, 2);
        return length;
    case AUTHENTIC:
        length = make_answer(bytes, length, last);
        bytes[3] |= FLAG_AD;
        return length;
    case NO_QUESTION:
        store_u16(bytes + 2, FLAG_QR | RCODE_FORMERR);
        memset(bytes + 4, 0, 8);
        return MESSAGE_HEADER;
    case WRONG_CASE:
        length = make_answer(bytes, length, last);
        for (uint8_t *at = bytes + MESSAGE_HEADER; *at != 0; at++)
            *at = name_lower(*at);
        return length;
    case DEAD_ZONE:
        return memcmp(bytes + MESSAGE_HEADER, "\4dead", 5) == 0 ? 0
                                                                : make_answer(bytes, length, last);
    case SILENT:
        return 0;
    default:
        return make_answer(bytes, length, last);
    }
}

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    uint8_t bytes[2048];
    ssize_t got = recvfrom(fd, bytes, 512, 0, (struct sockaddr *)&from, &from_size);
    if (got < 0)
        return;
    s->ports[s->udp_asked % ANSWERS_MOST] = ntohs(from.sin_port);
    s->ids[s->udp_asked++ % ANSWERS_MOST] = load_u16(bytes);
    s->last_length = (size_t)got;
    memcpy(s->last, bytes, s->last_length);
    uint8_t last = s->number;
    size_t length = answer_in(s->udp, bytes, (size_t)got, last);
    if (s->udp == WRONG_ID_FIRST || s->udp == WRONG_ID_FLOOD) {
        for (int i = 0; i < (s->udp == WRONG_ID_FIRST ? 1 : PORT_WRONG_MOST); i++) {
            bytes[length - 12] = 66; /* a forged address */
            bytes[0] ^= (uint8_t)(1 + i);
            say(s, &from, bytes, length);
            bytes[0] ^= (uint8_t)(1 + i);
        }
        bytes[length - 12] = last;
    }
    if (s->udp == WRONG_ID_FLOOD)
        return;
    if (s->udp == OTHER_PORT)
        say_from_elsewhere(&from, bytes, length);
    else if (s->udp == LATE)
        say_late(s, &from, bytes, length);
    else if (length > 0)
        say(s, &from, bytes, length);
}

static void on_tcp_read(struct bufferevent *connection, void *arg)
{
    struct server *s = arg;
    uint8_t bytes[2048], head[2];
    size_t got = bufferevent_read(connection, bytes, sizeof bytes);
    if (got < 2 || got != 2u + load_u16(bytes))
        return;
    s->tcp_asked++;
    size_t length = answer_in(s->tcp, bytes + 2, got - 2, (uint8_t)(TCP_NUMBER + s->number));
    store_u16(head, (uint16_t)length);
    if (length == 0)
        return;
    bufferevent_write(connection, head, 1); /* in two pieces */
    bufferevent_write(connection, head + 1, 1);
    bufferevent_write(connection, bytes + 2, length);
}

static void on_tcp(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                   int size, void *arg)
{
    struct server *s = arg;
    struct bufferevent *connection = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
    assert_in_range(s->connection_count, 0, CONNECTIONS_MOST - 1);
    s->connections[s->connection_count++] = connection;
    bufferevent_setcb(connection, on_tcp_read, NULL, NULL, s);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static struct endpoint server_open(struct server *s, struct event_base *base, uint8_t number)
{
    s->base = base;
    s->number = number;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    struct endpoint e;
    for (s->listener = NULL; s->listener == NULL;) { /* one port free for both */
        at.sin_port = 0;
        s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        assert_int_equal(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
        getsockname(s->fd, (struct sockaddr *)&at, &size);
        s->listener = evconnlistener_new_bind(s->base, on_tcp, s, LEV_OPT_CLOSE_ON_FREE, 8,
                                              (struct sockaddr *)&at, sizeof at);
        if (s->listener == NULL)
            close(s->fd);
    }
    s->readable = event_new(s->base, s->fd, EV_READ | EV_PERSIST, on_udp, s);
    event_add(s->readable, NULL);
    e.address = address_from_sockaddr((struct sockaddr *)&at);
    e.port = ntohs(at.sin_port);
    return e;
}

static void server_close(struct server *s)
{
    if (s->readable == NULL)
        return;
    event_free(s->readable);
    evconnlistener_free(s->listener);
    for (unsigned i = 0; i < s->connection_count; i++)
        bufferevent_free(s->connections[i]);
    for (unsigned i = 0; i < s->held_count; i++)
        event_free(s->held[i].timer);
    close(s->fd);
    s->readable = NULL;
}

#endif
