/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sets - the sets of the table as text, and which of them there are.
 *
 * Used by table.c, whose chains name them. A set that would be empty is not written, but for those
 * that gate fills.
 */
#ifndef FIREWALL_SETS_H
#define FIREWALL_SETS_H

#include "firewall/draft.h"

#include <stdio.h>

/* How nft writes a family; `digit` ends the names of its sets. */
struct set_family {
    const char *ip, *type;
    char digit;
};
extern const struct set_family set_families[DRAFT_FAMILIES];

struct sets {
    bool has[DRAFT_LISTS][DRAFT_FAMILIES];
    struct {
        bool has_listed[DRAFT_FAMILIES], has_spared[DRAFT_FAMILIES];
    } groups[GROUPS_MOST];
};

/* Sets of interfaces `inside` and `outside`; of draft_ranges() `clients`, `watched`, `led` and
 * `resolvers`, each with a digit; of a group `listed4_ID` and `spared4_ID`. */
MUST_USE enum status sets_write(const struct draft *draft, FILE *out, struct sets *sets);

#endif
