/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_log - what was learned of leases, a line each, in the history folder: DHCP servers forget.
 *
 * Used by known. Lines are appended, and are on the disk before events are attributed by them. When
 * half of the file or more is no news, what is known is written into another file, which then takes
 * its place: killed at any moment, one of both is there whole. Never decides who a device is.
 */
#ifndef HISTORY_LEASE_LOG_H
#define HISTORY_LEASE_LOG_H

#include "device/device.h"

#define LEASE_LOG_FILE "leases.log"

enum { LEASE_LOG_LEAST = 1 << 20 }; /* a smaller file is not written anew */

struct lease_log;

/* Adds what the file holds to `devices`, which stays the caller's and is what a new file is made
 * of. NULL: out of memory. A file that cannot be read or written is said, and the log then does
 * without. */
struct lease_log *lease_log_open(const char *folder, struct devices *devices, clock_us now);
void lease_log_close(struct lease_log *log);

/* What `devices` has learned just now. */
void lease_log_add(struct lease_log *log, const struct lease *lease, enum device_known known);
/* Writes what was added. */
void lease_log_flush(struct lease_log *log);

#endif
