/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - listeners, and how many may be connected.
 *
 * Used by web. Sockets are given, bound and listening already. When all places are taken, whoever
 * has waited longest without a request goes; when all are busy, the new one hears 503. Never knows
 * what a path means.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/connection.h"

struct server;

/* How long each may take, for browsers. */
extern const struct connection_limits server_usual;

struct server_events {
    const char *headers; /* lines of every answer, each with its CR LF */
    void (*on_request)(void *owner, struct connection *connection);
};

/* `events` and `limits` must outlive it. NULL without memory. */
struct server *server_new(struct event_base *base, const struct server_events *events, void *owner,
                          const struct connection_limits *limits, uint32_t connections);
void server_free(struct server *server);

/* Takes over a listening socket. `tls` for DOOR_TLS; it must outlive the server. */
MUST_USE enum status server_listen(struct server *server, int fd, enum door door, struct tls *tls);

/* Takes no new ones, closes those without a request, and each of the others after its answer.
 * Gives how many are left. */
uint32_t server_drain(struct server *server);
uint32_t server_connections(const struct server *server);
uint64_t server_refused(const struct server *server); /* so far, for want of a place */

#endif
