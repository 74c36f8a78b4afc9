/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * neighbours - who is on the wire now, as the kernel knows (rtnetlink RTM_GETNEIGH, by libmnl).
 *
 * Used by history on a gateway. Each entry becomes a lease from now on, for as long as it is seen
 * again. Needs no capability. Never changes the table.
 */
#ifndef DEVICE_NEIGHBOURS_H
#define DEVICE_NEIGHBOURS_H

#include "device/device.h"

/* Those that are reachable, stale, delayed or permanent. The lease lasts `hold_us` from now. */
MUST_USE enum status neighbours_read(clock_us now, clock_us hold_us,
                                     void (*on)(void *owner, const struct lease *lease),
                                     void *owner);

#endif
