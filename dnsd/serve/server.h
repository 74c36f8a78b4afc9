/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - everything one serve process knows, and its four doors: a query comes in, an answer
 * comes back from resolve, time passes, the policy changes.
 *
 * Used by udp.c, tcp.c and main.c, which own sockets and clock, and by the scene runner of the
 * tests, which plays all of them. Logic only: never touches a descriptor, never reads a clock.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "base/clock.h"
#include "config/config.h"
#include "events/event.h"
#include "policy/image.h"
#include "process/counters.h"
#include "process/message.h"

struct server;
struct told;

struct moment {
    clock_ms now;
    clock_us wall;
};

/* Where a query came from, and where its answer goes. */
struct peer {
    struct address client, server;
    uint16_t client_port, server_port;
    uint8_t transport;   /* enum transport */
    uint32_t scope;      /* of a link-local client address */
    uint32_t socket;     /* index of the listening socket */
    uint64_t connection; /* TCP: serial of the connection, never reused; UDP: 0 */
};

/* What the server does to the world. None of these may call the server. */
struct outlets {
    void *owner;
    /* A late answer; an empty one says that a waiting query ends in silence. The bytes are the
     * server's and live until the call returns. */
    void (*reply)(void *owner, const struct peer *peer, struct span message);
    /* A question for resolve; false when no resolver can take it now. */
    bool (*ask)(void *owner, const struct message_ask *ask);
    /* An event for record; false when it had to be dropped (the server counts it). */
    bool (*record)(void *owner, const struct event *event);
};

struct server_secrets {
    struct hash_key cookie, cookie_before; /* the second stays valid after a change */
};

/* `config` and `counters` stay the caller's, for as long as the server lives. Until the first
 * server_set_policy() nothing is filtered. */
MUST_USE enum status server_new(const struct config *config, const struct server_secrets *secrets,
                                struct counters *counters, const struct outlets *outlets,
                                struct server **out);
void server_free(struct server *server);

/* The policy stays the caller's; the one before may be closed after this returns. */
void server_set_policy(struct server *server, const struct policy *policy, uint32_t generation);

/* Where to write what is told whom (process/told.h), or NULL; stays the caller's. */
void server_set_told(struct server *server, struct told *told);

enum fate {
    FATE_ANSWERED, /* the reply is written */
    FATE_SILENT,   /* nothing will be sent */
    FATE_WAITING   /* outlets.reply will be called */
};

/* One query. `bytes` is used only during the call; `reply` is written for FATE_ANSWERED and holds
 * room for MESSAGE_MOST bytes for TCP, EDNS_UDP_SIZE for UDP. */
enum fate server_query(struct server *server, const struct peer *peer, struct span bytes,
                       struct moment when, struct writer *reply);

/* What resolve said to a question of ours; an id that is not under way any more is ignored. */
void server_answer(struct server *server, const struct message_answer *answer, struct span message,
                   struct moment when);
/* A resolver died: questions it held are asked again once, then failed. */
void server_resolver_lost(struct server *server, struct moment when);

/* Timeouts, stale answers. Call when the returned milliseconds have passed, or earlier. */
unsigned server_tick(struct server *server, struct moment when);

/* Forgets cached answers at and below a name. */
void server_flush(struct server *server, const struct name *below);

#endif
