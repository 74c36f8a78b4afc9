/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * local - names that never leave the house.
 *
 * Used by the path before policy and cache. Special names (RFC 6761, 6762, 7686, 8375, 9462, 9476),
 * reverse names of internal addresses (RFC 6303, 7793), and what CHAOS asks about us. A stub zone
 * of the configuration beats all of these. ANY is answered small (RFC 8482).
 * `use-application-dns.net` is policy: the list encrypted-dns has it.
 */
#ifndef SERVE_LOCAL_H
#define SERVE_LOCAL_H

#include "serve/query.h"

struct local;

struct local *local_new(void);
void local_free(struct local *local);

/* Step: answers names of ours, and classes other than IN. */
enum next local_name(struct query *q);
/* Step, behind the decision: a blocked name is blocked for ANY as well. */
enum next local_any(struct query *q);

#endif
