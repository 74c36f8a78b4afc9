/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch - the life of a packet.
 *
 * Used by the inspect role, by `ponor inspect`, by tests, benchmarks and fuzzers: one packet and
 * its time in, sightings judged by the policy out. Pure: no socket, no clock, no file. All memory
 * is reserved at birth within limits.memory. Never stops anything by itself: the order it gives is
 * the caller's to obey.
 */
#ifndef INSPECT_WATCH_H
#define INSPECT_WATCH_H

#include "base/clock.h"
#include "config/config.h"
#include "events/event.h"
#include "inspect/flow.h"
#include "sight/sight.h"
#include "policy/image.h"
#include "process/lane.h"
#include "wire/frame.h"

struct told;

struct watch_limits {
    uint64_t memory;                   /* bytes, of all tables together */
    uint32_t tcp_seconds, udp_seconds; /* a flow silent for so long is over */
};

struct packet {
    enum link link;
    struct span bytes;
    size_t sent; /* on the wire */
    clock_us at;
};

/* How a flow ended for us; for people and tests. One for each flow, and a second one for a flow
 * that was named and turned out ambiguous later. */
struct result {
    struct flow_key key;
    enum side client_is; /* 0: key.address[0] is the client */
    enum ending ending;
    enum why why;
    enum spoken spoken;
    enum seen seen;
    struct name name; /* of ENDING_NAME and ENDING_AMBIGUOUS; length 0 otherwise */
    clock_us began;
    uint32_t packets;
};

struct watch_output {
    void *owner;
    /* Something that policy has a word about, or health; one per flow and reason. */
    void (*on_event)(void *owner, const struct event *event);
    void (*on_result)(void *owner, const struct result *result); /* or NULL */
};

/* About the packet and its flow. Where nobody obeys, the first will do for all. Whoever does shows
 * no more of what was heard, but for the long headers of a client over UDP: on the same ports
 * another connection of QUIC may begin. */
enum watch_order {
    ORDER_PASS,
    ORDER_PASS_SERVER_HEARD, /* what else the server says in this flow changes nothing */
    ORDER_PASS_HEARD,        /* nor does what the client says */
    ORDER_STOP
};

struct watch_counts {
    uint64_t packets, bytes, other, cut, malformed, fragments, flows, judged, named, unnamed,
        ambiguous, events, flows_evicted, gather_refused, flows_now;
};

struct watcher *watcher_new(const struct watch_limits *limits, const struct watch_output *output);
void watcher_free(struct watcher *watcher); /* ends all flows first, without events */

/* From now on this policy decides; it stays the caller's and must outlive the next call. NULL:
 * none. */
void watcher_use(struct watcher *watcher, const struct policy *policy, uint32_t generation);
/* dnsd's table of what it told whom (process/told.h), or NULL; stays the caller's. */
void watcher_told(struct watcher *watcher, const struct told *told);
/* Resolvers that may be asked: dnsd itself and the agency's own. Plain DNS to them is no way
 * around; the prefixes stay the caller's. */
void watcher_resolvers(struct watcher *watcher, const struct prefix *resolvers, size_t count);
/* Whether somebody obeys the orders: then a verdict that blocks is said as done, otherwise as
 * wanted. */
void watcher_enforces(struct watcher *watcher, bool enforces);
/* Whether the firewall leads plain DNS of this family to dnsd (`redirect_dns`): then no order stops
 * it, and its events say `redirect`. */
void watcher_redirects_dns(struct watcher *watcher, bool ipv4, bool ipv6);
/* What becomes of a flow to an address that dnsd told for a name of which lists speak. */
void watcher_told_names(struct watcher *watcher, enum told_names told_names);

/* A flow once heard, or once stopped, stays so under every later policy: only what is still
 * listened to, and what begins, is judged by the new one. */
enum watch_order watch_packet(struct watcher *watcher, const struct packet *packet);
/* What the ORDER_STOP that watch_packet() gave last is about; nothing else may be asked. Gives
 * whether it is news: the first of its flow, and then, while the flow goes on all the same, ever
 * more rarely. For those who cannot hold a flow's packets back. */
bool watch_stop(const struct watcher *watcher, struct stop *out);
/* Time passes without packets: flows end. */
void watch_tick(struct watcher *watcher, clock_us now);
/* All flows end, as at the end of a file. */
void watch_finish(struct watcher *watcher);
struct watch_counts watch_counts(const struct watcher *watcher);

#endif
