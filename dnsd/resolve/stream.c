/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stream - a bufferevent, two bytes of length before each message.
 */
#include "resolve/stream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>

enum { LENGTH_SIZE = 2 };

struct stream {
    struct bufferevent *connection;
    struct stream_events events;
    uint32_t ticket;
    uint16_t id;
};

static void on_read(struct bufferevent *connection, void *arg)
{
    struct stream *stream = arg;
    struct evbuffer *in = bufferevent_get_input(connection);
    uint8_t head[LENGTH_SIZE];
    if (evbuffer_copyout(in, head, sizeof head) < LENGTH_SIZE)
        return;
    size_t length = load_u16(head);
    if (evbuffer_get_length(in) < LENGTH_SIZE + length) {
        bufferevent_setwatermark(connection, EV_READ, LENGTH_SIZE + length,
                                 LENGTH_SIZE + MESSAGE_MOST);
        return;
    }
    uint8_t *bytes = evbuffer_pullup(in, (ev_ssize_t)(LENGTH_SIZE + length));
    stream->events.on_stream(stream->events.owner, stream->ticket,
                             bytes == NULL ? NULL : bytes + LENGTH_SIZE, length);
}

static void on_change(struct bufferevent *connection, short what, void *arg)
{
    const struct stream *stream = arg;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        stream->events.on_stream(stream->events.owner, stream->ticket, NULL, 0);
}

struct stream *stream_open(struct event_base *base, const struct endpoint *to, uint16_t id,
                           const struct query *query, const struct stream_events *events,
                           uint32_t ticket)
{
    struct sockaddr_storage remote;
    socklen_t size = address_to_sockaddr(&to->address, to->port, AF_UNSPEC, &remote);
    uint8_t head[LENGTH_SIZE + sizeof id];
    struct stream *stream = malloc(sizeof *stream);
    if (stream == NULL)
        return NULL;
    *stream = (struct stream){.events = *events, .ticket = ticket, .id = id};
    /* Deferred: no callback inside a call of ours. */
    stream->connection =
        bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (stream->connection == NULL) {
        free(stream);
        return NULL;
    }
    bufferevent_setcb(stream->connection, on_read, NULL, on_change, stream);
    bufferevent_setwatermark(stream->connection, EV_READ, LENGTH_SIZE, LENGTH_SIZE + MESSAGE_MOST);
    store_u16(head, query->length);
    store_u16(head + LENGTH_SIZE, id);
    if (bufferevent_write(stream->connection, head, sizeof head) != 0 ||
        bufferevent_write(stream->connection, query->bytes + sizeof id,
                          query->length - sizeof id) != 0 ||
        bufferevent_enable(stream->connection, EV_READ | EV_WRITE) != 0 ||
        bufferevent_socket_connect(stream->connection, (const struct sockaddr *)&remote,
                                   (int)size) != 0) {
        stream_close(stream);
        return NULL;
    }
    return stream;
}

void stream_close(struct stream *stream)
{
    bufferevent_free(stream->connection);
    free(stream);
}

uint16_t stream_id(const struct stream *stream)
{
    return stream->id;
}
