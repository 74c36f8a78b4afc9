/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * known - what is known of devices, kept up to date: lease files, inventory, the neighbour table.
 *
 * Used by history. Looks again at most every few seconds, and only into what changed. What
 * is learned of leases lasts (lease_log.h). What cannot be read is said once, and tried again.
 */
#ifndef HISTORY_KNOWN_H
#define HISTORY_KNOWN_H

#include "config/config.h"
#include "device/device.h"

struct known;

MUST_USE enum status known_open(const struct config *config, struct known **out);
void known_close(struct known *known);

void known_look(struct known *known, clock_us now);
const struct devices *known_devices(const struct known *known);
/* Lines of lease files that could not be read. */
uint64_t known_bad(const struct known *known);

#endif
