/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kernel - loads the table into the kernel, and takes it out.
 *
 * Used by `ponor firewall` and by the firewall role. Runs nft (nftables) for the text: the only
 * program we run. A kernel without nft's own queue statement gets the rule as iptables-nft would
 * write it, through libnftnl, into the same table; which of the two is found by trying, in a table
 * that goes away again. Needs CAP_NET_ADMIN. Touches no other table.
 */
#ifndef FIREWALL_KERNEL_H
#define FIREWALL_KERNEL_H

#include "config/config.h"
#include "policy/image.h"

enum { KERNEL_WHY_SIZE = 512 };

enum queue_kind { QUEUE_NONE, QUEUE_NATIVE, QUEUE_COMPAT };

/* Which kind of queue rule this kernel takes; QUEUE_NONE: `why` says what it said. */
enum queue_kind kernel_queue_kind(char why[KERNEL_WHY_SIZE]);

/* Loads it in one transaction; the table that was there is replaced, its sets begin empty. On
 * failure `why` says what nft or the kernel said and what to do, and the table before is still
 * there. *kind (or NULL): how packets are queued. */
MUST_USE enum status kernel_load(const struct config *config, const struct policy *policy,
                                 enum queue_kind *kind, char why[KERNEL_WHY_SIZE]);
/* STATUS_NOT_FOUND: there is none. */
MUST_USE enum status kernel_remove(char why[KERNEL_WHY_SIZE]);
/* What nft lists of the table, counters and all, without the elements of its sets, to a file.
 * STATUS_NOT_FOUND: there is none. */
MUST_USE enum status kernel_list(int output, char why[KERNEL_WHY_SIZE]);
/* Whether the table is there. */
bool kernel_has_table(void);

#endif
