/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lane - orders from one inspect to gate.
 *
 * Used by the parent (lane_make), by inspect, which reads every packet and may do nothing else, and
 * by gate, which may change the network and reads no packet. A ring in shared memory and a bell
 * (eventfd), kept by the parent, so that the successor of either finds what waits. In mode inline
 * there is an order for each packet, in the order of packets; in mode tap only for flows to be
 * stopped. Gate trusts no order further than its struct says: what it holds is bounded, expires,
 * and is never one of ours (gate/holder.h).
 */
#ifndef PROCESS_LANE_H
#define PROCESS_LANE_H

#include "base/address.h"
#include "base/clock.h"
#include "base/status.h"
#include "policy/verdict.h"

enum { LANE_SLOTS = 1024, LANES_MOST = 128 };

enum lane_word {
    LANE_PASS,              /* this packet; show me the next */
    LANE_PASS_SERVER_HEARD, /* and nothing more of what the server says in this flow */
    LANE_PASS_HEARD,        /* and nothing more of this flow at all */
    LANE_STOP,              /* neither this packet nor any other of this flow */
    LANE_WORDS
};

/* What is kept from whom beyond the one flow. */
enum hold {
    HOLD_FLOW,        /* nothing: the server may be everybody's */
    HOLD_PAIR,        /* this client from this server's port: it spoke a banned protocol */
    HOLD_DESTINATION, /* every client that the rule holds for: the address is on a list */
    HOLD_COUNT
};

/* A flow to be stopped; all that a reset needs, and all that is told about it afterwards. */
struct stop {
    struct address client, server;
    uint16_t client_port, server_port;
    uint8_t transport;   /* IP_TCP or IP_UDP of wire/frame.h */
    uint8_t from_server; /* bool: who sent the packet */
    uint8_t hold;        /* enum hold */
    uint8_t evidence;    /* enum evidence */
    uint8_t seen;        /* enum seen */
    uint8_t protocol;    /* enum protocol */
    uint16_t list;       /* of the image of that generation */
    uint32_t rule;       /* for policy_rule(); RULE_NONE: the group is strict */
    uint32_t generation;
    uint32_t sequence, acknowledgement, length; /* TCP: of the packet; length with SYN and FIN */
};

struct lane_order {
    uint32_t id, mark; /* of the packet, the kernel's; id 0: of none (mode tap) */
    uint32_t word;     /* enum lane_word */
    struct stop stop;  /* of LANE_STOP */
};

/* What the parent keeps of a lane: descriptors of gifts. -1: none. */
struct lane_files {
    int orders, bell;
};

MUST_USE enum status lane_make(struct lane_files *out);
void lane_close_files(struct lane_files *files);

struct lane;

/* Takes over nothing. NULL: one of the files is none of ours. */
struct lane *lane_open(const struct lane_files *files);
void lane_close(struct lane *lane);

/* Inspect's side. Whoever looks for room first loses no order. */
bool lane_has_room(const struct lane *lane);
bool lane_put_order(struct lane *lane, const struct lane_order *order);
/* Behind a batch: gate wakes up. */
void lane_ring(struct lane *lane);

/* Gate's side: what to wait on, and how to make it silent again. */
int lane_bell(const struct lane *lane);
void lane_hush(struct lane *lane);
bool lane_take_order(struct lane *lane, struct lane_order *out);

#endif
