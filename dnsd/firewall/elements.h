/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * elements - puts elements into the sets that have timeouts, and takes them out.
 *
 * Used by gate. libnftnl over one libmnl socket; what is put between elements_open() and
 * elements_send() goes to the kernel as one batch (of 128 at most: more goes earlier). Adding what
 * is there begins its time anew, on kernels before 6.12 too. A batch that the kernel refuses is
 * sent again element by element. Waits a second at most for an answer; of the ruleset it reads only
 * whether our table is there.
 */
#ifndef FIREWALL_ELEMENTS_H
#define FIREWALL_ELEMENTS_H

#include "process/lane.h"

struct elements;

/* STATUS_SYSTEM: no socket. Needs CAP_NET_ADMIN, also later. */
MUST_USE enum status elements_open(struct elements **out);
void elements_close(struct elements *elements);

/* Both only gather. The element is the one that `stop->hold` says (HOLD_FLOW: the flow set). */
void elements_add(struct elements *elements, const struct stop *stop, uint32_t seconds);
void elements_remove(struct elements *elements, const struct stop *stop);
/* STATUS_NOT_FOUND: there is no table; STATUS_SYSTEM with errno otherwise. An element to remove
 * that is not there is no failure. */
MUST_USE enum status elements_send(struct elements *elements);

/* False: the kernel says that there is no table. */
bool elements_have_table(struct elements *elements);

#endif
