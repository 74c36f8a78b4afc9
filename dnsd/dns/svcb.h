/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * svcb - the data of SVCB and HTTPS records (RFC 9460): target, hints, and the `ech` parameter.
 *
 * Used by review. Never resolves a target.
 */
#ifndef DNS_SVCB_H
#define DNS_SVCB_H

#include "base/address.h"
#include "base/writer.h"
#include "dns/name.h"

/* clang-format off */
enum { SVCB_ALPN = 1, SVCB_NO_DEFAULT_ALPN = 2, SVCB_PORT = 3, SVCB_IPV4HINT = 4, SVCB_ECH = 5,
       SVCB_IPV6HINT = 6, SVCB_MANDATORY = 0 };
/* clang-format on */

struct svcb {
    uint16_t priority;      /* 0: alias form */
    struct name target;     /* the root: the owner itself (service form) or nothing (alias) */
    struct span parameters; /* checked: keys rise, lengths fit, hints are whole addresses */
    bool has_ech;
};

MUST_USE enum status svcb_read(struct span data, struct svcb *out);

/* The hinted addresses, one by one: `*place` starts at 0; false when there are no more. */
bool svcb_next_hint(const struct svcb *svcb, size_t *place, struct address *out);

/* Writes the same record data without `ech` (also taken out of `mandatory`). */
void svcb_write_without_ech(struct writer *w, const struct svcb *svcb);

#endif
