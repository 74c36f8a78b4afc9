/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port - the UDP sockets by which servers are asked.
 *
 * Used by forward.c. Each server has a few sockets, each bound to a random port and connected, so
 * that the kernel drops what comes from elsewhere and tells of ICMP errors. A socket is opened when
 * first needed and replaced after a while; the one before stays open for answers that are still on
 * their way. The questions of one turn of the loop leave by one socket of each server, in one
 * system call. Never looks into a datagram.
 */
#ifndef RESOLVE_PORT_H
#define RESOLVE_PORT_H

#include "base/clock.h"
#include "config/config.h"
#include "resolve/query.h"

struct event_base;
struct ports;

enum {
    PORT_NONE = 0xffff,
    PORT_LIFE_MS = 30000,   /* a socket is replaced after so long, */
    PORT_USES_MOST = 20000, /* or so many questions, */
    PORT_WRONG_MOST = 16,   /* or, at once, so many datagrams that answer nothing */
    PORT_SOCKETS_MOST = 64  /* of one server */
};

struct ports_server {
    struct endpoint endpoint;
    uint32_t sockets;
};

struct ports_events {
    /* `cut`: it was longer than EDNS_UDP_SIZE. The bytes may be written to until this returns. */
    void (*on_datagram)(void *owner, uint16_t port, uint8_t *bytes, size_t length, bool cut);
    /* The network said that what this port sent will not arrive. */
    void (*on_unreachable)(void *owner, uint16_t port);
};

/* `keep_ms`: how long a replaced socket waits for answers. NULL when out of memory. */
struct ports *ports_new(struct event_base *base, const struct ports_server *servers, unsigned count,
                        clock_ms keep_ms, const struct ports_events *events, void *owner);
void ports_free(struct ports *ports);

/* The port by which this server is asked in this turn; PORT_NONE when the network has no way there.
 */
uint16_t ports_pick(struct ports *ports, unsigned server, clock_ms now);
/* Queues a datagram; it leaves at the end of the turn. */
void ports_send(struct ports *ports, uint16_t port, uint16_t id, const struct query *query);

unsigned ports_server_of(const struct ports *ports, uint16_t port);

/* A datagram came that answers nothing; true when that was one too many: the port was replaced, and
 * what it asked is better asked by another way. */
bool ports_note_wrong(struct ports *ports, uint16_t port, clock_ms now);

/* Replaces what is old. Call every second or so. */
void ports_tick(struct ports *ports, clock_ms now);

#endif
