/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webserver - listeners, and how many may be connected.
 *
 * Used by web. Sockets are given, bound and listening already. When all places are taken, whoever
 * has waited longest without a request goes; when all are busy, the new one hears 503. Never knows
 * what a path means.
 */
#ifndef HTTP_WEBSERVER_H
#define HTTP_WEBSERVER_H

#include "http/connection.h"

struct webserver;

/* How long each may take, for browsers. */
extern const struct connection_limits webserver_usual;

struct webserver_events {
    const char *headers; /* lines of every answer, each with its CR LF */
    void (*on_request)(void *owner, struct connection *connection);
};

/* `events` and `limits` must outlive it. NULL without memory. */
struct webserver *webserver_new(struct event_base *base, const struct webserver_events *events,
                                void *owner, const struct connection_limits *limits,
                                uint32_t connections);
void webserver_free(struct webserver *server);

/* Takes over a listening socket. `tls` for DOOR_TLS; it must outlive the server. */
MUST_USE enum status webserver_listen(struct webserver *server, int fd, enum door door,
                                      struct tls *tls);

/* Takes no new ones, closes those without a request, and each of the others after its answer.
 * Gives how many are left. */
uint32_t webserver_drain(struct webserver *server);
uint32_t webserver_connections(const struct webserver *server);
uint64_t webserver_refused(const struct webserver *server); /* so far, for want of a place */

#endif
