/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolved - which addresses a client has been told by a DNS answer, and until when.
 *
 * Used by watch.c. Fed by answers seen on the wire; asks dnsd's own table (process/told.h) as well
 * where there is one. Holds at most `most` pairs; when full, the one silent longest goes. An
 * address counts RESOLVED_GRACE_S longer than its TTL, since clients keep connections and caches.
 * `now` is the time of packets (since 1970), as in dnsd's table.
 */
#ifndef INSPECT_RESOLVED_H
#define INSPECT_RESOLVED_H

#include "base/address.h"
#include "base/clock.h"
#include "dns/name.h"
#include "events/wire.h"

enum { RESOLVED_GRACE_S = 3600 };

struct resolved;
struct told;

struct resolved *resolved_new(size_t most);
void resolved_free(struct resolved *resolved);
/* dnsd's table, or NULL; stays the caller's. */
void resolved_use(struct resolved *resolved, const struct told *told);

/* `name` of length 0: not known. */
void resolved_learn(struct resolved *resolved, const struct address *client,
                    const struct address *address, const struct name *name, uint32_t ttl,
                    clock_ms now);
/* RESOLVED_UNKNOWN while nothing was learned yet about any address of this client, or what was had
 * to go: then silence says nothing. `name` (or NULL) gets what the address was given for; length 0
 * when not known. *by_dnsd: that is from dnsd's table, where what it kept from a client stands as
 * well, under the name that blocked the answer. */
enum resolved_by_us resolved_ask(struct resolved *resolved, const struct address *client,
                                 const struct address *address, clock_ms now, struct name *name,
                                 bool *by_dnsd);

#endif
