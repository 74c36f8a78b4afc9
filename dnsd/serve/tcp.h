/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcp - DNS over TCP (RFC 7766): pipelining, answers in any order, limits on all that a client
 * holds.
 *
 * Used by serve's main. At most `tcp_connections` in all (when full, the one silent longest goes)
 * and `tcp_per_client` of one address (more are refused). A connection ends when nothing came for
 * `tcp_idle_ms`, when `tcp_total_ms` have passed, or when its client does not read its answers.
 * Never parses a message beyond its length.
 */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "serve/server.h"

struct event_base;
struct tcp;

MUST_USE enum status tcp_new(struct event_base *base, const struct config *config,
                             struct server *server, struct counters *counters, struct tcp **out);
void tcp_free(struct tcp *tcp);

/* Takes over a listening `fd`; `socket` is its index among the listening sockets. */
MUST_USE enum status tcp_listen(struct tcp *tcp, int fd, uint32_t socket);

/* Takes the connections that have arrived, and no more. Questions on their way have half a second;
 * then no more are read, and what waits for an answer gets it. */
void tcp_drain(struct tcp *tcp);

/* A late answer; ignored when its connection is gone. */
void tcp_reply(struct tcp *tcp, const struct peer *peer, struct span message);

#endif
