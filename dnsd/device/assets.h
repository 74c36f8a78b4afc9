/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assets - the inventory in memory, found by MAC and by address.
 *
 * Used by device.c; one object is one reading of the inventory. Grows with it, and is freed as a
 * whole. Never knows times: an inventory says what is so, not since when.
 */
#ifndef DEVICE_ASSETS_H
#define DEVICE_ASSETS_H

#include "device/device.h"

struct asset_kept {
    bool has_address, has_mac;
    bool is_shared; /* others with other MACs have the same address: it says nothing alone */
    struct prefix address;
    uint8_t mac[MAC_SIZE];
    const char *host, *tag, *owner, *group;
};

struct assets;
struct assets *assets_new(void);
void assets_free(struct assets *assets);

/* STATUS_EXISTS: its MAC, or its address without a MAC, stands there with other words.
 * STATUS_TOO_LONG: more texts than fit. */
MUST_USE enum status assets_add(struct assets *assets, const struct asset *asset);
/* By MAC (or NULL), else by the longest prefix whose asset does not name another MAC. NULL: none.
 */
const struct asset_kept *assets_find(const struct assets *assets, const uint8_t *mac,
                                     const struct address *address);

#endif
