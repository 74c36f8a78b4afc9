/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp - one bound UDP socket on the loop, read and written in batches.
 *
 * Used by serve's main. Answers leave from the address that the question came to, also where the
 * socket listens on all addresses. A batch that the kernel does not take is dropped and the clients
 * ask again, as UDP means it. Never parses a message, never waits.
 */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include "serve/server.h"

struct event_base;
struct udp;

/* Takes over `fd`; `socket` is its index among the listening sockets. */
MUST_USE enum status udp_open(struct event_base *base, int fd, uint32_t socket,
                              struct server *server, struct udp **out);
void udp_close(struct udp *udp);

/* Takes the questions that have arrived, and no more; late answers still leave. */
void udp_drain(struct udp *udp);

/* Queues a late answer, and sends all that are queued. */
void udp_reply(struct udp *udp, const struct peer *peer, struct span message);
void udp_flush(struct udp *udp);

#endif
