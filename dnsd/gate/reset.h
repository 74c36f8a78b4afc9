/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reset - tells both sides of a stopped flow that it is over, in the other one's name.
 *
 * Used by gate, through holder.c. A TCP reset whose numbers the receiver takes (RFC 5961 3.2: the
 * very next one), or for UDP the ICMP message that nobody listens. The builder is pure. The sender
 * never waits and answers nothing but what it is told to: what is lost is counted and forgotten,
 * since the next packet of the flow brings the next one.
 */
#ifndef GATE_RESET_H
#define GATE_RESET_H

#include "process/lane.h"

enum reset_to { RESET_CLIENT, RESET_SERVER };

enum { RESET_MOST = 40 + 8 + 40 + 8 }; /* bytes: ICMPv6 with what it quotes */

/* A whole IP packet, beginning with its header, and how long it is. 0: there is none (UDP to the
 * server; not both addresses of one family; another transport).
 * TCP: `stop` is of a packet that its receiver has not got. A packet without an acknowledgement
 * (number 0: a SYN) is answered as a closed port does (RFC 9293 3.10.7.1). */
size_t reset_build(const struct stop *stop, enum reset_to to, uint8_t out[RESET_MOST]);

struct resets;

/* Raw sockets, whose packets carry `mark`. Needs CAP_NET_RAW, and CAP_NET_ADMIN for the mark; no
 * longer afterwards. STATUS_SYSTEM with errno. A kernel without IPv6 is no failure. */
MUST_USE enum status resets_open(uint32_t mark, struct resets **out);
void resets_close(struct resets *resets);

/* False: not sent, which was counted, or there is none to send, which was not. */
bool resets_send(struct resets *resets, const struct stop *stop, enum reset_to to);
/* In mode tap the packet is on its way, and the reset races it: to its receiver one for either end
 * of the race, and one to its sender. True: at least one was sent. */
bool resets_send_tap(struct resets *resets, const struct stop *stop);

struct resets_counts {
    uint64_t sent, failed;
};
struct resets_counts resets_counts(const struct resets *resets);

#endif
