/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - the one nftables table, `inet ponor`, as text for nft -f: from policy and configuration.
 *
 * Used by `ponor firewall`, by the firewall role of inspectd, and by tests. Loading the text twice
 * is loading it once; it names no other table. Pure: writes to a stream, asks the policy, and
 * never the kernel.
 *
 *   prerouting, before NAT    plain DNS from inside to others      -> the queue
 *   prerouting, NAT           the same                             -> dnsd
 *   forward                   stopped flows -> reset; heard flows pass; all else -> the queue
 *   forward, behind it        what holds when nobody judges: port 853, addresses on lists, and the
 *                             sets that gate fills
 */
#ifndef FIREWALL_TABLE_H
#define FIREWALL_TABLE_H

#include "config/config.h"
#include "policy/image.h"

#include <stdio.h>

#define FIREWALL_TABLE "ponor"
/* The chain that holds the queue rule and nothing else. */
#define FIREWALL_LOOK "look"

/* Sets with timeouts that gate fills; the name for IPv4 ends in 4, for IPv6 in 6:
 *   flow          client . client port . server . server port . transport
 *   pair          client . server . transport . server port
 *   destination   server */
#define FIREWALL_FLOW        "flow"
#define FIREWALL_PAIR        "pair"
#define FIREWALL_DESTINATION "destination"

/* `native_queue`: the kernel has nft's own queue statement, so the rule stands in the text;
 * otherwise the chain stays empty (or drops, where `bypass: closed`) and kernel.h puts the rule
 * there. STATUS_UNSUPPORTED: the name of an interface has a byte that nft cannot read;
 * STATUS_SYSTEM: the stream failed, errno tells; STATUS_NO_MEMORY. */
MUST_USE enum status table_write(const struct config *config, const struct policy *policy,
                                 bool native_queue, FILE *out);

#endif
