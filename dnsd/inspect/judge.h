/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * judge - what the policy says of a sighting, and the event that remembers it.
 *
 * Used by watch.c. One event per flow and reason. Asks policy/decide.h and nobody else; never looks
 * at bytes of a packet.
 */
#ifndef INSPECT_JUDGE_H
#define INSPECT_JUDGE_H

#include "inspect/watch.h"

struct resolved;

/* Why a flow is stopped: what struct stop has of it. */
struct stop_reason {
    uint32_t rule, generation;
    uint16_t list;
    uint8_t hold, evidence, seen, protocol;
};

struct judge {
    const struct policy *policy; /* NULL: none yet; everything passes */
    uint32_t generation;
    bool enforces;
    bool redirects_dns[2]; /* of IPv4, of IPv6 */
    enum told_names told_names;
    struct resolved *resolved;
    const struct prefix *resolvers;
    size_t resolver_count;
    struct watch_output output;
    uint64_t events;
    struct stop_reason reason; /* of the last ORDER_STOP */
};

/* Where something was sighted. */
struct place {
    struct flow *flow;
    const struct address *client, *server;
    uint16_t client_port, server_port;
    uint8_t transport, tunnel; /* IP_TCP or IP_UDP; enum tunnel */
    uint32_t vlan;
    clock_us at;
};

/* Whether a flow of which this is said is ambiguous. */
static inline bool judge_doubts(enum why why)
{
    return why == WHY_OVERLAP || why == WHY_SECOND_HELLO || why == WHY_SECOND_NAME;
}

/* Dnsd itself, or one of the agency's resolvers. */
bool judge_is_ours(const struct judge *judge, const struct address *server);

/* All three give ORDER_PASS or ORDER_STOP. */

/* What a flow's first packet tells: its destination, what dnsd told that for, port 853. */
enum watch_order judge_first(struct judge *judge, const struct place *place);
enum watch_order judge_sighting(struct judge *judge, const struct place *place,
                                const struct sighting *sighting);
/* Every reader has given up on what the client said. */
enum watch_order judge_unresolved(struct judge *judge, const struct place *place, struct span said);

#endif
