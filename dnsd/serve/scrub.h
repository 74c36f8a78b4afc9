/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scrub - what resolve said becomes what is kept.
 *
 * Used by lookup, once per answer. Kept are, and only these: the chain of CNAMEs (and DNAMEs) from
 * the question on, in its order; the records of the type asked for at its end; the SOA of a
 * negative answer; with DO also the signatures of these, and NSEC and NSEC3. Nothing of the
 * additional section. Taken out: internal addresses of public names (rebinding), what review cannot
 * read, and `ech` where the variant says so. Never keeps an answer to another question; never looks
 * at policy.
 */
#ifndef SERVE_SCRUB_H
#define SERVE_SCRUB_H

#include "config/config.h"
#include "process/message.h"
#include "serve/cache.h"

struct scrub_notes {
    unsigned rebinding; /* records taken out for that */
};

/* Fills `out` (KEPT_ROOM bytes): an answer with its end of life (now: not to be cached), or, for
 * everything that is none, a SERVFAIL with `failed` set. Other codes than NOERROR, NXDOMAIN and
 * YXDOMAIN become SERVFAIL too. Bogus data passes to those who asked with CD. */
void scrub_answer(const struct config *config, const struct question_key *key,
                  const struct message_answer *answer, struct span message, clock_ms now,
                  struct kept *out, struct scrub_notes *notes);

/* A SERVFAIL; the caller sets its end of life. */
void scrub_failure(const struct question_key *key, uint16_t ede, const char *why, clock_ms now,
                   struct kept *out);

/* A name that stands in the message being written: `written` bytes from `at` on, then the root or a
 * pointer. */
struct landmark {
    const struct name *name;
    size_t at, written;
};

/* The data of a record of `message` with every compressed name written out, or, where RFC 1035 lets
 * it be, as a pointer into the landmark (NULL: none). */
void scrub_write_data(struct writer *w, struct span message, const struct record *record,
                      const struct landmark *near);

#endif
