/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * leases - the files in which DHCP servers keep their leases, read as text.
 *
 * Used by history, which maps the file. One const struct per format, a file each: lease_kea.c
 * (memfile CSV, DHCPv4 and DHCPv6), lease_isc.c (dhcpd.leases), lease_dnsmasq.c, lease_own.c (what
 * we learned, a line a lease: kept because servers forget). A line that cannot be read is counted
 * and said once with its number; the others hold. Never opens a file.
 */
#ifndef DEVICE_LEASES_H
#define DEVICE_LEASES_H

#include "base/span.h"
#include "base/writer.h"
#include "device/device.h"

enum { LEASES_WHY_SIZE = 200 };

struct leases_read {
    uint64_t leases, bad;      /* bad: lines or blocks that could not be read */
    uint64_t first_bad;        /* line number of the first of them */
    char why[LEASES_WHY_SIZE]; /* what was wrong with it; "" */
};

struct lease_format {
    const char *name; /* as the configuration says: "kea", "isc", "dnsmasq" */
    /* `now`: for formats that say only when a lease ends, it began at the latest now. A last line
     * without its end is still being written, and left out. `lease->known` is DEVICE_LEASE, or what
     * was written with it. */
    void (*read)(struct span text, clock_us now, void (*on)(void *owner, const struct lease *lease),
                 void *owner, struct leases_read *out);
};

extern const struct lease_format lease_kea, lease_isc, lease_dnsmasq, lease_own;
extern const struct lease_format *const lease_formats[]; /* by enum lease_choice; NULL at the end */

/* A line of our own format, with its newline; at most LEASE_LINE_MOST bytes. */
enum { LEASE_LINE_MOST = 320 };
void lease_write(struct writer *w, const struct lease *lease, enum device_known known);

#endif
