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

struct judge {
    const struct policy *policy; /* NULL: none yet; everything passes */
    uint32_t generation;
    bool enforces;
    struct resolved *resolved;
    struct watch_output output;
    uint64_t events;
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

/* The flow's destination, at its first packet. */
enum watch_order judge_address(struct judge *judge, const struct place *place);
enum watch_order judge_sighting(struct judge *judge, const struct place *place,
                                const struct sighting *sighting);

#endif
