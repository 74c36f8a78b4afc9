/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flight - the forwarder's questions under way: which server was asked by which port and id, whose
 * time is over, who is asked next.
 *
 * Used by forward.c, which owns sockets and clock. A flight is asked up to TRIES_MOST times; every
 * try stays open, so that a late answer still counts. Never sends, never answers.
 */
#ifndef RESOLVE_FLIGHT_H
#define RESOLVE_FLIGHT_H

#include "resolve/health.h"
#include "resolve/query.h"
#include "resolve/upstream.h"

enum {
    TRIES_MOST = 4,
    SERVERS_MOST = UPSTREAMS_MOST + STUBS_MOST * STUB_SERVERS_MOST,
    FLIGHTS_MOST = ASKS_MOST + SERVERS_MOST /* one for each ticket, and a probe for each server */
};

struct stream;

/* One datagram that left. */
struct
try {
    uint16_t server, port, id;
    bool open; /* may still be answered */
    clock_ms sent_at;
    uint32_t chain; /* the index of (port, id) */
};

struct flight {
    bool used;
    uint8_t try_count;
    uint16_t first, count;    /* the servers that may be asked */
    uint32_t failed, refused; /* bit n: server first + n was silent; said that it will not */
    uint16_t ede;             /* what a refusal said */
    uint16_t rcode;
    clock_ms deadline;
    uint32_t earlier, later; /* by deadline */
    struct stream *stream;   /* a try by TCP, or NULL */
    uint16_t stream_server;
    struct try tries[TRIES_MOST];
    struct query query;
};

struct flights;

/* Holds FLIGHTS_MOST; a ticket from ASKS_MOST on is forward.c's own: a probe. */
struct flights *flights_new(uint32_t timeout_ms);
void flights_free(struct flights *flights);

struct flight *flights_begin(struct flights *flights, uint32_t ticket, clock_ms now);
void flights_end(struct flights *flights, struct flight *flight);
struct flight *flights_at(struct flights *flights, uint32_t ticket);
uint32_t flights_ticket(const struct flights *flights, const struct flight *flight);

/* The server to ask now, or HEALTH_NOBODY: one that was not tried yet, else one that did not
 * refuse. */
int flight_choose(const struct flight *flight, const struct health *servers);
/* A server to ask beside the one just chosen, or HEALTH_NOBODY. */
int flight_beside(const struct flight *flight, const struct health *servers, int chosen,
                  uint32_t lot);

/* A new try by this port, with an id that nothing else under way on it has. Needs try_count <
 * TRIES_MOST. */
struct try *flights_try(struct flights *flights, struct flight *flight, uint16_t server,
                        uint16_t port, clock_ms now);
/* The try, and its flight, that this port and id belong to; NULL when none. */
struct try *flights_find(struct flights *flights, uint16_t port, uint16_t id, struct flight **out);
/* Ends one try: it was answered, or cannot be any more. */
void flights_close_try(struct flights *flights, struct try *try);
bool flight_has_open_try(const struct flight *flight);

/* A flight that ended may leave open tries behind. The last OWED_MOST of them are remembered, so
 * that an answer that comes after all tells how fast its server is, and is no sign of an attack. */
enum { OWED_MOST = 256 };
struct owed {
    uint16_t port, id, server;
    bool open;
    clock_ms sent_at;
};
bool flights_settle(struct flights *flights, uint16_t port, uint16_t id, struct owed *out);

/* A flight whose time is over, or NULL. flights_extend() begins it anew. */
struct flight *flights_due(struct flights *flights, clock_ms now);
void flights_extend(struct flights *flights, struct flight *flight, clock_ms now);
/* When flights_due() will have the next one; false when nothing is under way. */
bool flights_next(const struct flights *flights, clock_ms *out);

/* The next flight with an open try on this port; `*place` starts at 0; NULL ends. Those given may
 * be changed or ended meanwhile. Looks at all: for when something went wrong. */
struct flight *flights_on_port(struct flights *flights, uint16_t port, uint32_t *place,
                               struct try **out);

#endif
