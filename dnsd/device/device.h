/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device - whose address it was, at the time of an event.
 *
 * Used by history, which asks for each row. Knows leases (from, until), the neighbour table as it
 * was when looked at, and the inventory. A later lease never changes what an earlier time is
 * answered. Unknown is said as unknown: the device of an address that nobody knows is called after
 * the address. Never opens a file (leases.h, inventory.h read texts).
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "base/address.h"
#include "base/clock.h"
#include "base/status.h"

enum { DEVICE_TEXT_SIZE = 128, DEVICE_KEY_SIZE = 160, MAC_SIZE = 6, MAC_TEXT_SIZE = 18 };

/* How it is known who it is. */
enum device_known {
    DEVICE_UNKNOWN,   /* by its address alone */
    DEVICE_LEASE,     /* a DHCP lease held then */
    DEVICE_NEIGHBOUR, /* the neighbour table held it then */
    DEVICE_EVENT,     /* the event itself carries a MAC; it outweighs a lease */
    DEVICE_INVENTORY, /* the inventory names the address, or the MAC that one of the above gave */
    DEVICE_GATEWAY    /* none: a gateway itself, for incidents about its events */
};
extern const char *const device_known_words[]; /* "unknown", "lease", … */

struct device {
    char key[DEVICE_KEY_SIZE]; /* "asset:A-1234", "mac:02:42:0a:14:02:03", "address:10.20.2.3",
                                  "gateway:gw-01" */
    uint8_t known;             /* enum device_known */
    bool has_mac;
    uint8_t mac[MAC_SIZE];
    char host[DEVICE_TEXT_SIZE], tag[DEVICE_TEXT_SIZE], owner[DEVICE_TEXT_SIZE],
        group[DEVICE_TEXT_SIZE]; /* "": not known */
};

struct lease {
    struct address address;
    bool has_mac;
    uint8_t mac[MAC_SIZE];
    char host[DEVICE_TEXT_SIZE];
    clock_us from, until; /* until 0: no end */
    uint8_t known;        /* enum device_known: as its reader found it */
    bool is_kept,
        is_none; /* is_kept: from devices_leases(); is_none: nobody held it from then on */
};

/* A line of the inventory. At least one of address and MAC is there. */
struct asset {
    bool has_address, has_mac;
    struct prefix address; /* one address, or a range that belongs to one device */
    uint8_t mac[MAC_SIZE];
    char host[DEVICE_TEXT_SIZE], tag[DEVICE_TEXT_SIZE], owner[DEVICE_TEXT_SIZE],
        group[DEVICE_TEXT_SIZE];
};

/* All that is known. Holds at most `most` leases; when full, the one that ended longest ago goes
 * first, counted. */
struct devices;
struct devices *devices_new(size_t most);
void devices_free(struct devices *devices);

/* One that is kept stands as it is, if those of its address come in their order. Else: a lease that
 * overlaps one of the same address with another MAC ends that one at its `from`; one
 * with the same MAC that meets it makes it longer. One whose `until` is its `from` says that nobody
 * held the address from then on. `is_news`: something was learned. */
MUST_USE enum status devices_add_lease(struct devices *devices, const struct lease *lease,
                                       enum device_known known, bool *is_news);
/* The inventory is replaced as a whole: begin, add each, end; without end the one before holds.
 * STATUS_EXISTS: its MAC, or its address, is there already and has other words. */
void devices_begin_inventory(struct devices *devices);
MUST_USE enum status devices_add_asset(struct devices *devices, const struct asset *asset);
void devices_end_inventory(struct devices *devices);

/* Whose it was at `at`. `mac` of the event itself, or NULL. Cannot fail: unknown is an answer. */
void devices_find(const struct devices *devices, const struct address *address, clock_us at,
                  const uint8_t *mac, struct device *out);
/* All leases: added to another in this order, they make it answer the same for ever, whatever
 * leases are added to both then. */
void devices_leases(const struct devices *devices,
                    void (*on)(void *owner, const struct lease *lease), void *owner);
/* Changes whenever an answer may have changed: for who remembers answers. */
uint64_t devices_version(const struct devices *devices);
size_t devices_lease_count(const struct devices *devices);
/* Leases that had no room, since devices_new(). */
uint64_t devices_dropped(const struct devices *devices);

/* "02:42:0a:14:02:03"; also with `-` or without separators, any letter case. */
bool mac_parse(const char *text, uint8_t out[MAC_SIZE]);
const char *mac_text(const uint8_t mac[MAC_SIZE], char out[MAC_TEXT_SIZE]);

#endif
