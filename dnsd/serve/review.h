/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * review - policy again, on what the Internet said.
 *
 * Used by the path for every answer that goes to a client, cached or new. Asks decide() about every
 * target of a CNAME or DNAME, every address, every target and hint of HTTPS and SVCB. The first
 * blocking word blocks the whole answer. An answer about which a group's lists say nothing is
 * marked, so that the next hit under the same policy costs one comparison. Never changes an answer
 * (`ech` and internal addresses are taken out by scrub, before it is kept).
 */
#ifndef SERVE_REVIEW_H
#define SERVE_REVIEW_H

#include "serve/query.h"

/* Step: sets the verdict, and what it is about, when the answer gives reason to.
 * A question that an exception allowed, or that was redirected, is not reviewed: the admin named
 * it. */
enum next review_answer(struct query *q);

/* Is the record, if of a type that review looks into, of its shape? Others are left out by scrub: a
 * client might be less strict, and find a blocked address in it. RFC 9460 2.2 rejects them, too. */
bool review_can_read(const struct record *record);

#endif
