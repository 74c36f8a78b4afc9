/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reply - the last bytes of every answer: from the cache, of our own making, or an error.
 *
 * Used by every step that ends a query. Knows the limits of the transport, and what goes into the
 * OPT: cookie, NSID, keepalive, padding (RFC 8467, streams only), EDE. An answer that does not fit
 * is cut to the question, with TC. Never decides anything.
 */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include "dns/answer.h"
#include "serve/query.h"

/* An answer of our own: begin, records, end. `flags` are FLAG_AD and FLAG_TC or none. */
void reply_begin(struct query *q, struct answer *a, uint16_t rcode, uint16_t flags);
enum next reply_end(struct query *q, struct answer *a, uint16_t ede, struct span ede_text);

/* An answer with no records. */
enum next reply_code(struct query *q, uint16_t rcode, uint16_t ede, const char *ede_text);
/* "Ask again by TCP." */
enum next reply_truncated(struct query *q, uint16_t ede, struct span ede_text);

/* Step: the answer that was found. With a table of what was told, the step "tell" is next. */
enum next reply_found(struct query *q);
/* Step: the inspector learns which addresses the client was given (process/told.h), under the name
 * that it asked for, until the record's end; at most TELL_MOST of one answer. */
enum { TELL_MOST = 8 };
enum next reply_told(struct query *q);
/* Step: the inspector learns as well which addresses an answer held that is blocked for a name in
 * it, under that name: the client may have them from elsewhere. */
enum next reply_withheld(struct query *q);

/* How old an answer is in whole seconds, and what is left of a TTL in it. */
uint32_t reply_ttl(const struct query *q, uint32_t ttl);

#endif
