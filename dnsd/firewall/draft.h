/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * draft - what the policy says that a packet filter can hold: groups, and addresses as ranges.
 *
 * Used by table.c, which writes it down. Every answer is decide()'s or policy_group_of()'s. Pure.
 */
#ifndef FIREWALL_DRAFT_H
#define FIREWALL_DRAFT_H

#include "config/config.h"
#include "firewall/ranges.h"
#include "policy/image.h"

#include <stdbool.h>

enum draft_family { DRAFT_IPV4, DRAFT_IPV6, DRAFT_FAMILIES };

struct draft_group {
    char name[LIST_ID_SIZE]; /* its id, or a number where nft could not read the id */
    bool enforces;           /* mode: enforce */
    bool blocks_dot, blocks_doq, blocks_dns;
    bool is_led; /* its plain DNS goes to dnsd */
};

struct draft {
    const struct config *config;
    const struct policy *policy;
    bool is_inline; /* packets are queued */
    bool holds;     /* gate fills sets */
    struct draft_group *groups;
    uint32_t group_count;
    const struct endpoint *dnsd[DRAFT_FAMILIES]; /* who gets plain DNS; NULL: nobody can */
    struct prefix *clients, *addresses, *resolvers;
    size_t client_count, address_count, resolver_count;
    struct range *anywhere[DRAFT_FAMILIES]; /* addresses that some group may not reach */
    size_t anywhere_count[DRAFT_FAMILIES];
};

/* Both arguments must outlive it. */
MUST_USE enum status draft_open(const struct config *config, const struct policy *policy,
                                struct draft *out);
void draft_close(struct draft *draft);

enum draft_list {
    DRAFT_CLIENTS,   /* answers: 1 + the group of these clients */
    DRAFT_WATCHED,   /* clients of any group */
    DRAFT_LED,       /* clients of groups that are led */
    DRAFT_RESOLVERS, /* that may be asked, dnsd among them */
    DRAFT_LISTS
};
/* As ranges_make(). */
MUST_USE enum status draft_ranges(const struct draft *draft, enum draft_list list,
                                  enum draft_family family, struct range **out, size_t *count);

/* Servers: LISTED, which the group may not reach; SPARED, which others may not reach and it may. */
enum draft_answer { DRAFT_LISTED = 1, DRAFT_SPARED };
MUST_USE enum status draft_servers(const struct draft *draft, uint16_t group,
                                   enum draft_family family, struct range **out, size_t *count);

#endif
