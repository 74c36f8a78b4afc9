/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * decide - may this client reach this? The brain, complete.
 *
 * Used by serve about questions and answers, by inspect about sightings, by `ponor explain`, and by
 * nobody else's code: there is no second opinion. A pure reading of the mapped image: no
 * allocation, no failure, no clock (exceptions that ended are left out by compile and by
 * policy_expire()).
 *
 * Lists of the client's group are asked in the group's order; the first that has something to say
 * decides, except that `observe` is only noted and the search goes on: where nothing else speaks,
 * the first noted rule is the verdict. Within a list an exception beats a rule, a name beats an
 * address and an address a protocol, and the more specific name or prefix beats the less specific
 * (`name:` beats `domain:` of the same name). An exception is an approval to reach what it names:
 * its list says `allow`, and that ends the search. An exception with `groups:` is there for those
 * alone.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "base/address.h"
#include "dns/name.h"
#include "policy/verdict.h"

struct policy;

struct subject {
    uint16_t group;                    /* from policy_group_of() */
    const struct name *name;           /* or NULL */
    const struct address *destination; /* or NULL */
    enum protocol protocol;            /* or PROTOCOL_NONE */
};

/* The group of a client: longest prefix wins; without one, the group `default` if the configuration
 * has it, else GROUP_NONE, for which decide() passes everything. */
enum { GROUP_NONE = UINT16_MAX };
uint16_t policy_group_of(const struct policy *policy, const struct address *client);

struct verdict decide(const struct policy *policy, const struct subject *subject);

/* The same, and which lists were asked and what each said, for `ponor explain`. */
struct said {
    uint16_t list;
    enum action action; /* ACTION_PASS: nothing */
    uint32_t rule;
};
enum { LISTS_MOST = 256 };
struct verdict decide_aloud(const struct policy *policy, const struct subject *subject,
                            struct said said[LISTS_MOST], unsigned *count);

/* Asks the processor to fetch what decide() on this name will read. For batches. */
void decide_prefetch(const struct policy *policy, const struct name *name);

#endif
