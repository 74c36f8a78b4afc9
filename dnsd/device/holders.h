/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * holders - who held an address, and when.
 *
 * Used by device.c. For each address a list in order of time, in which no two overlap. Learning of
 * a lease changes nothing before it began. Holds at most `most`; when full, what ended longest ago
 * goes first, counted. Never knows the inventory.
 */
#ifndef DEVICE_HOLDERS_H
#define DEVICE_HOLDERS_H

#include "device/device.h"

static const clock_us HELD_WITHOUT_END = UINT64_MAX;

/* One lease. It may last no time: what another one replaced in the moment of its begin stays, so
 * that reading the same file again is no news. */
struct held {
    struct address address;
    clock_us from, until;
    uint32_t heap_at;
    uint8_t known;        /* enum device_known */
    bool has_mac, is_end; /* is_end: from then on nobody held it */
    uint8_t mac[MAC_SIZE];
    char host[]; /* "": not known */
};

struct holders;
struct holders *holders_new(size_t most);
void holders_free(struct holders *holders);

MUST_USE enum status holders_add(struct holders *holders, const struct lease *lease,
                                 enum device_known known, bool *is_news);
/* NULL: nobody. */
const struct held *holders_find(const struct holders *holders, const struct address *address,
                                clock_us at);
/* Those of one address stand together, in order of time: device.h says what they are good for. */
void holders_each(const struct holders *holders, void (*on)(void *owner, const struct lease *lease),
                  void *owner);
size_t holders_count(const struct holders *holders);
uint64_t holders_dropped(const struct holders *holders);

#endif
