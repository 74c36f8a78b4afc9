/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue_rule - the rule that queues packets, for kernels without nft's own queue statement.
 *
 * Used by kernel.c alone. The rule is the one of `iptables-nft -j NFQUEUE`, in a chain of nft's.
 */
#ifndef FIREWALL_QUEUE_RULE_H
#define FIREWALL_QUEUE_RULE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct queue_rule {
    uint16_t first, count; /* queues; a flow stays in one of them */
    bool bypass;           /* with nobody at the queue packets pass */
};

/* Puts it in front of all rules of the chain (family inet). STATUS_SYSTEM: errno tells. */
MUST_USE enum status queue_rule_add(const char *table, const char *chain,
                                    const struct queue_rule *rule);
/* Whether this kernel has it: tries in a table that nobody sees. STATUS_SYSTEM: errno tells. */
MUST_USE enum status queue_rule_try(const char *table, const struct queue_rule *rule);

#endif
