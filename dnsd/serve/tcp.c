/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcp - connections in a fixed array, looked over by a timer; libevent carries the bytes.
 */
#include "serve/tcp.h"

#include "base/clock.h"
#include "base/table.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    UNREAD_MOST = 256 * 1024, /* answers that a client may leave unread before we stop listening */
    ACCEPTS = 16,             /* connections taken per wake-up */
    SLOT_BITS = 20,           /* of a serial; the bits above count how often the slot was used */
    SWEEP_MS = 250,
    LAST_MS = 500, /* for questions to connections that are about to end */
};

struct connection {
    struct tcp *owner;
    struct bufferevent *stream; /* NULL: free */
    struct peer peer;           /* peer.connection is the serial */
    uint64_t next_serial;
    unsigned waiting; /* questions under way */
    bool ended;       /* the client will send no more */
    clock_ms opened, spoke;
};

struct listener {
    struct tcp *owner;
    struct event *readable;
    int fd;
    uint32_t socket;
};

struct tcp {
    struct event_base *base;
    const struct config *config;
    struct server *server;
    struct counters *counters;
    struct event *sweep;
    struct table *clients; /* struct address -> unsigned: its open connections */
    struct listener listeners[LISTEN_MOST];
    unsigned listener_count;
    clock_ms drain_at; /* 0: nobody asked for it */
    bool draining;
    size_t slots, open;
    struct connection *connections;
    uint8_t reply[MESSAGE_MOST];
};

static void release_client(struct tcp *t, const struct address *client)
{
    unsigned *held = table_find(t->clients, client);
    if (held != NULL && --*held == 0)
        table_remove(t->clients, held);
}

static void close_connection(struct connection *c)
{
    struct tcp *t = c->owner;
    release_client(t, &c->peer.client);
    bufferevent_free(c->stream);
    c->stream = NULL;
    t->open--;
    t->counters->value[COUNT_TCP_OPEN] = t->open;
}

static size_t unread(const struct connection *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->stream));
}

static bool may_answer(const struct connection *c)
{
    return !c->owner->draining && unread(c) < UNREAD_MOST &&
           c->waiting < c->owner->config->dnsd.tcp_pipeline;
}

/* Closes a connection that has nothing left to say or hear; true when it did. */
static bool close_if_finished(struct connection *c)
{
    if ((!c->ended && !c->owner->draining) || c->waiting > 0 || unread(c) > 0)
        return false;
    close_connection(c);
    return true;
}

static void write_reply(struct connection *c, struct span message)
{
    uint8_t prefix[2];
    store_u16(prefix, (uint16_t)message.length);
    bufferevent_write(c->stream, prefix, sizeof prefix);
    bufferevent_write(c->stream, message.at, message.length);
}

/* Answers one question if it stands whole in the input; false when it does not. */
static bool answer_one(struct connection *c, struct evbuffer *input)
{
    struct tcp *t = c->owner;
    struct moment when = {clock_now(), clock_wall()};
    uint8_t prefix[2];

    if (evbuffer_copyout(input, prefix, 2) < 2)
        return false;
    size_t length = load_u16(prefix);
    if (evbuffer_get_length(input) < 2 + length)
        return false;
    const uint8_t *framed = evbuffer_pullup(input, (ev_ssize_t)(2 + length));
    if (framed == NULL)
        return false;
    struct writer reply = writer_over(t->reply, MESSAGE_MOST);
    enum fate fate = server_query(t->server, &c->peer, span_of(framed + 2, length), when, &reply);
    evbuffer_drain(input, 2 + length);
    c->spoke = when.now;
    if (fate == FATE_WAITING)
        c->waiting++;
    else if (fate == FATE_ANSWERED)
        write_reply(c, writer_span(&reply));
    return true;
}

static void answer_input(struct connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->stream);
    while (may_answer(c) && answer_one(c, input))
        ;
    if (may_answer(c) && !c->ended)
        bufferevent_enable(c->stream, EV_READ);
    else
        bufferevent_disable(c->stream, EV_READ);
}

/* There is more to read, an answer was given, or the output ran empty: on with what waited. */
static void on_progress(struct bufferevent *stream, void *arg)
{
    struct connection *c = arg;
    answer_input(c);
    close_if_finished(c);
}

static void on_stream_event(struct bufferevent *stream, short what, void *arg)
{
    struct connection *c = arg;
    if (what & BEV_EVENT_ERROR) {
        close_connection(c);
    } else if (what & BEV_EVENT_EOF) {
        c->ended = true;
        on_progress(stream, c);
    }
}

/* A free slot; when all are taken, that of the connection silent longest. */
static struct connection *claim_slot(struct tcp *t)
{
    struct connection *oldest = &t->connections[0];
    for (size_t i = 0; i < t->slots; i++) {
        struct connection *c = &t->connections[i];
        if (c->stream == NULL)
            return c;
        if (c->spoke < oldest->spoke)
            oldest = c;
    }
    t->counters->value[COUNT_TCP_REFUSED]++;
    close_connection(oldest);
    return oldest;
}

/* Counts one more connection of a client; false when it has enough. */
static bool admit_client(struct tcp *t, const struct address *client)
{
    bool is_new;
    unsigned *held = table_claim(t->clients, client, &is_new);
    if (*held >= t->config->dnsd.tcp_per_client) {
        t->counters->value[COUNT_TCP_REFUSED]++;
        return false;
    }
    (*held)++;
    return true;
}

static void open_connection(const struct listener *l, int fd, const struct sockaddr *from)
{
    struct tcp *t = l->owner;
    struct sockaddr_storage name = {0};
    struct sockaddr *local = (struct sockaddr *)&name;
    socklen_t length = sizeof name;
    struct address client = address_from_sockaddr(from);

    if (getsockname(fd, local, &length) < 0 || !admit_client(t, &client)) {
        close(fd);
        return;
    }
    struct connection *c = claim_slot(t);
    c->stream = bufferevent_socket_new(t->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->stream == NULL) {
        release_client(t, &client);
        close(fd);
        return;
    }
    t->open++;
    c->opened = c->spoke = clock_now();
    c->waiting = 0;
    c->ended = false;
    c->next_serial += (uint64_t)1 << SLOT_BITS;
    c->peer = (struct peer){
        .client = client,
        .server = address_from_sockaddr(local),
        .client_port = port_from_sockaddr(from),
        .server_port = port_from_sockaddr(local),
        .transport = TRANSPORT_TCP,
        .socket = l->socket,
        .connection = c->next_serial,
    };
    bufferevent_setcb(c->stream, on_progress, on_progress, on_stream_event, c);
    bufferevent_setwatermark(c->stream, EV_READ, 0, 2 + MESSAGE_MOST);
    bufferevent_enable(c->stream, EV_READ | EV_WRITE);
    t->counters->value[COUNT_TCP_OPEN] = t->open;
}

/* False when no connection waits any more. */
static bool accept_some(const struct listener *l)
{
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        int one = 1;
        int accepted =
            accept4(l->fd, (struct sockaddr *)&from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0)
            return false;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        open_connection(l, accepted, (const struct sockaddr *)&from);
    }
    return true;
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    accept_some(arg);
}

static void end_reading(struct tcp *t)
{
    t->draining = true;
    for (size_t i = 0; i < t->slots; i++) {
        struct connection *c = &t->connections[i];
        if (c->stream != NULL && !close_if_finished(c))
            bufferevent_disable(c->stream, EV_READ);
    }
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct tcp *t = arg;
    clock_ms now = clock_now();
    for (size_t i = 0; i < t->slots; i++) {
        struct connection *c = &t->connections[i];
        if (c->stream == NULL)
            continue;
        bool idle = c->waiting == 0 && now - c->spoke >= t->config->dnsd.tcp_idle_ms;
        if (idle || now - c->opened >= t->config->dnsd.tcp_total_ms)
            close_connection(c);
    }
    if (t->drain_at != 0 && now >= t->drain_at && !t->draining)
        end_reading(t);
}

enum status tcp_new(struct event_base *base, const struct config *config, struct server *server,
                    struct counters *counters, struct tcp **out)
{
    const struct timeval every = clock_timeval(SWEEP_MS);
    struct tcp *t = calloc(1, sizeof *t);
    if (t == NULL)
        return STATUS_NO_MEMORY;
    t->base = base;
    t->config = config;
    t->server = server;
    t->counters = counters;
    t->slots = config->dnsd.tcp_connections;
    t->connections = calloc(t->slots, sizeof *t->connections);
    t->clients = table_new(t->slots + 1, sizeof(struct address), sizeof(unsigned), NULL, NULL);
    t->sweep = event_new(base, -1, EV_PERSIST, on_sweep, t);
    if (t->connections == NULL || t->clients == NULL || t->sweep == NULL ||
        event_add(t->sweep, &every) < 0) {
        tcp_free(t);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < t->slots; i++) {
        t->connections[i].owner = t;
        t->connections[i].next_serial = i;
    }
    *out = t;
    return STATUS_OK;
}

static void stop_listening(struct tcp *t)
{
    for (unsigned i = 0; i < t->listener_count; i++) {
        event_free(t->listeners[i].readable);
        close(t->listeners[i].fd);
    }
    t->listener_count = 0;
}

void tcp_free(struct tcp *tcp)
{
    if (tcp == NULL)
        return;
    stop_listening(tcp);
    for (size_t i = 0; tcp->connections != NULL && i < tcp->slots; i++)
        if (tcp->connections[i].stream != NULL)
            close_connection(&tcp->connections[i]);
    if (tcp->sweep != NULL)
        event_free(tcp->sweep);
    table_free(tcp->clients);
    free(tcp->connections);
    free(tcp);
}

enum status tcp_listen(struct tcp *tcp, int fd, uint32_t socket)
{
    if (tcp->listener_count == LISTEN_MOST)
        return STATUS_TOO_LONG;
    struct listener *l = &tcp->listeners[tcp->listener_count];
    *l = (struct listener){.owner = tcp, .fd = fd, .socket = socket};
    l->readable = event_new(tcp->base, fd, EV_READ | EV_PERSIST, on_acceptable, l);
    if (l->readable == NULL || event_add(l->readable, NULL) < 0)
        return STATUS_NO_MEMORY;
    tcp->listener_count++;
    return STATUS_OK;
}

void tcp_drain(struct tcp *tcp)
{
    for (unsigned i = 0; i < tcp->listener_count; i++)
        for (size_t n = 0; n < tcp->slots && accept_some(&tcp->listeners[i]); n += ACCEPTS)
            ;
    stop_listening(tcp);
    tcp->drain_at = clock_now() + LAST_MS;
}

void tcp_reply(struct tcp *tcp, const struct peer *peer, struct span message)
{
    size_t slot = peer->connection & (((uint64_t)1 << SLOT_BITS) - 1);
    struct connection *c = slot < tcp->slots ? &tcp->connections[slot] : NULL;
    if (c == NULL || c->stream == NULL || c->peer.connection != peer->connection)
        return;
    if (c->waiting > 0)
        c->waiting--;
    if (message.length > 0 && message.length <= MESSAGE_MOST)
        write_reply(c, message);
    /* Later: the server, which called, must not be called now. */
    bufferevent_trigger(c->stream, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}
