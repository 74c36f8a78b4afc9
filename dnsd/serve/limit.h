/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limit - who may ask, and how often.
 *
 * Used by the path, first of all. Clients outside the allow list are REFUSED. A token bucket per
 * client prefix bounds what can be sent towards an address that did not prove itself: over the
 * limit every second UDP query gets an empty answer with TC (a real client comes back by TCP), the
 * others none. TCP and a good cookie are proof, and exempt. Remembers a fixed number of prefixes;
 * the one silent longest makes room.
 */
#ifndef SERVE_LIMIT_H
#define SERVE_LIMIT_H

#include "serve/query.h"

struct limit;

struct limit *limit_new(const struct config *config);
void limit_free(struct limit *limit);

/* Step: also sets the cookie's state. */
enum next limit_admit(struct query *q);

#endif
