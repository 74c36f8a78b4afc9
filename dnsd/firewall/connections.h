/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * connections - makes the kernel forget a connection, so that what was offloaded is seen again.
 *
 * Used by gate in mode tap, behind the set (elements.h): first the set, then this.
 * libnetfilter_conntrack.
 */
#ifndef FIREWALL_CONNECTIONS_H
#define FIREWALL_CONNECTIONS_H

#include "process/lane.h"

struct connections;

MUST_USE enum status connections_open(struct connections **out);
void connections_close(struct connections *connections);
/* STATUS_NOT_FOUND: it knows none such. */
MUST_USE enum status connections_forget(struct connections *connections, const struct stop *stop);

#endif
