/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blocked - the answer that a verdict asks for.
 *
 * Used by the path after both decisions, on the question and on the answer. Every type of a blocked
 * name is answered alike: what is no address is NODATA, with an SOA so that clients remember it.
 * The EDE carries the list's code and the words of policy/explain. Never decides.
 */
#ifndef SERVE_BLOCKED_H
#define SERVE_BLOCKED_H

#include "serve/query.h"

/* Step: passes on unless the verdict blocks. `truncate` blocks on UDP only; a redirect to a name
 * goes on to "recall", for that name. */
enum next blocked_answer(struct query *q);

#endif
