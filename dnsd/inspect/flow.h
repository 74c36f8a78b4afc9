/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - the conversations now open on the wire.
 *
 * Used by watch.c, once per packet. Finds or makes the flow of a packet by its 5-tuple, VLAN and
 * tunnel, both directions as one; forgets the one silent longest when the table is full, and counts
 * it. Never reads payload, never decides, never allocates after flows_new().
 */
#ifndef INSPECT_FLOW_H
#define INSPECT_FLOW_H

#include "base/clock.h"
#include "base/hash.h"
#include "wire/frame.h"

/* The lower (address, port) first. Compared and hashed as bytes: no gaps, all of it set. */
struct flow_key {
    struct address address[2];
    uint16_t port[2];
    uint32_t vlan;
    uint16_t transport; /* IP_TCP, IP_UDP */
    uint16_t tunnel;    /* enum tunnel */
};

enum { FLOW_RULES_MOST = 4 };

struct flow {
    struct flow_key key;
    uint32_t chain, newer, older; /* flow.c's own */
    uint32_t since;               /* begun: milliseconds of the watcher's clock, modulo 2^32 */
    uint32_t last;                /* last packet: seconds of it */
    uint32_t next[2];             /* TCP: the sequence number each side sends next, once known */
    uint8_t client;               /* which of the two of the key is the client */
    uint8_t state;                /* watch.c's */
    uint16_t marks;               /* watch.c's */
    uint8_t spoken;               /* enum spoken */
    uint8_t why;                  /* enum why: the first reason for having no name */
    uint16_t candidates;          /* recognisers that may still know it, a bit each */
    uint16_t packets[2];          /* seen from each side, until UINT16_MAX */
    uint16_t group;               /* of the client */
    uint16_t want;                /* TCP: bytes of the client before another look can say more;
                                     UDP: datagrams of the client before listening began anew */
    uint32_t generation;          /* of the policy that `group` is from */
    uint32_t named;               /* a hash of the first name sighted; 0: none */
    uint32_t
        told[FLOW_RULES_MOST]; /* what has been reported: a hash of rule and reason; 0: empty */
    union {
        struct gather *said[2]; /* TCP: what each side said, while it is gathered */
        void *memory;           /* UDP: of the recogniser that owns the flow */
    };
};

struct flows;

/* Room for `most` flows (memory: flows_bytes_each()), claimed here and becoming real when used.
 * `on_end` hears of each that is forgotten, for whatever reason, before its memory is used again.
 */
struct flows *flows_new(size_t most, const struct hash_key *key,
                        void (*on_end)(void *owner, struct flow *flow, bool evicted), void *owner);
void flows_free(struct flows *flows); /* on_end is called for each */

/* What one flow costs, its share of the index included: at most 512. */
size_t flows_bytes_each(void);

/* The flow of a segment, which becomes the youngest; made (zeroed but for key, since and last,
 * *is_new true) when there is none, the oldest making room. *from: which of the key's two sent the
 * segment. */
struct flow *flows_find(struct flows *flows, const struct segment *segment, clock_ms now,
                        bool *is_new, unsigned *from);
void flows_end(struct flows *flows, struct flow *flow);
/* Ends flows silent for longer than `tcp_seconds` or `udp_seconds`; at most `most` in one call. */
unsigned flows_expire(struct flows *flows, clock_ms now, unsigned tcp_seconds, unsigned udp_seconds,
                      unsigned most);

size_t flows_count(const struct flows *flows);
uint64_t flows_evicted(const struct flows *flows);

#endif
