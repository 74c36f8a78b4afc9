/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connection - one browser's: requests in, one after the other, and answers out at its pace.
 *
 * Used by webserver, which opens them, and by who answers requests. A request is given out whole,
 * and the next one is not read before the answer was taken, so a connection holds one answer at
 * most; of a long one (a stream) as much as STREAM_HIGH. Whoever is silent, or takes nothing, is
 * closed. Never knows what a path means.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "base/address.h"
#include "base/clock.h"
#include "http/head.h"
#include "http/tls.h"

#include <sys/queue.h>

enum { BODY_MOST = 65536, STREAM_HIGH = 262144, STREAM_LOW = 65536 };

enum door {
    DOOR_PLAIN,
    DOOR_TLS,
    DOOR_PROXY /* the unix socket */
};

struct connection;

/* How long. */
struct connection_limits {
    clock_ms idle;   /* until the first byte of a request */
    clock_ms head;   /* from there to the end of its head */
    clock_ms body;   /* from there to the end of its body */
    clock_ms taken;  /* without a byte of an answer being taken */
    clock_ms linger; /* for a client to hear why it was refused */
};

/* What all connections of a server share. */
TAILQ_HEAD(connection_list, connection);
struct connections {
    struct event_base *base;
    const char *headers; /* lines of every answer, each with its CR LF */
    void (*on_request)(void *owner, struct connection *connection);
    void *owner;
    struct connection_limits limits;
    bool leaving; /* every answer is the last of its connection */
    uint32_t count;
    struct connection_list waiting, others; /* waiting for a request: who waits longest is first */
};

/* Takes over `fd`; `from`: who is there, as text. STATUS_NO_MEMORY: it was closed. */
MUST_USE enum status connection_open(struct connections *all, int fd, enum door door,
                                     struct tls *tls, const char *from);
/* At once, without a word. */
void connection_close(struct connection *connection);

/* A request, while it is not answered. */
const struct head *connection_head(const struct connection *connection);
struct span connection_body(const struct connection *connection);
enum door connection_door(const struct connection *connection);
const char *connection_from(const struct connection *connection);
/* The name in the client's certificate, or NULL. */
const char *connection_name(const struct connection *connection);

/* A header of the answer to come. One that could be read as two lines, or does not fit, is left
 * out. */
void connection_header(struct connection *connection, const char *name, const char *value);
/* The whole answer; `type` NULL: without a body. */
void connection_reply(struct connection *connection, int code, const char *type, struct span bytes);

/* The answer comes later. `on_gone`: the client left before it, and no call is possible now. */
void connection_hold(struct connection *connection, void (*on_gone)(void *owner), void *owner);

/* An answer piece by piece. */
struct stream_events {
    void (*on_room)(void *owner); /* soon, and whenever less than STREAM_LOW is waiting */
    void (*on_gone)(void *owner); /* the client left before the end; no call is possible now */
};
/* False: the client wants no body (HEAD) and has its answer. */
bool connection_stream(struct connection *connection, int code, const char *type,
                       const struct stream_events *events, void *owner);
void connection_write(struct connection *connection, struct span bytes);
/* Bytes that wait to be taken: stop for a while at STREAM_HIGH. */
size_t connection_waiting(const struct connection *connection);
void connection_end(struct connection *connection);

#endif
