/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ranges - the addresses of one family cut where an answer may change, with the answer for each
 * piece.
 *
 * Used by table.c: an interval set of nftables has no longest prefix, so the brain is asked once
 * for each piece between two borders, and neighbours with one answer become one range. So what the
 * kernel matches is what decide() says, exactly. Pure.
 */
#ifndef FIREWALL_RANGES_H
#define FIREWALL_RANGES_H

#include "base/address.h"
#include "base/status.h"

struct range {
    struct address first, last;
    uint32_t answer;
};

/* Borders are where prefixes (of either family; the others are passed over) begin and end. `ask` is
 * called with the first address of each piece; pieces with the answer RANGE_NOTHING are left out.
 * The ranges are in order and disjoint; the caller frees *out. */
enum { RANGE_NOTHING = 0 };
MUST_USE enum status ranges_make(const struct prefix *prefixes, size_t count, bool ipv6,
                                 uint32_t (*ask)(void *owner, const struct address *address),
                                 void *owner, struct range **out, size_t *out_count);

enum { RANGE_TEXT_SIZE = 2 * ADDRESS_TEXT_SIZE };
/* As nft reads and shows it: an address, a prefix, or first-last. Returns `out`. */
const char *range_text(const struct range *range, char out[RANGE_TEXT_SIZE]);

#endif
