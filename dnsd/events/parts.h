/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parts - the pieces of a line that depend only on the rule and how it matched, rendered once.
 *
 * Used by line. Holds at most PARTS_MOST; a piece that meets another's slot takes it. Reads the
 * policy only while it renders, so a policy may be closed after parts_forget().
 */
#ifndef EVENTS_PARTS_H
#define EVENTS_PARTS_H

#include "events/event.h"
#include "policy/image.h"

enum { PARTS_MOST = 4096 };

struct parts;

struct part {
    struct span opening; /* behind the time, up to the sequence number */
    struct span network; /* network.application, or nothing */
    struct span closing; /* "rule" whole, and "ponor" as far as the policy knows it */
};

struct parts *parts_new(void);
void parts_free(struct parts *parts);

/* `policy` NULL: one that is not known any more; the texts of the rule are then left out. What is
 * given lives until the next call. */
const struct part *parts_find(struct parts *parts, const struct policy *policy,
                              const struct event *event);

void parts_forget(struct parts *parts, const struct policy *policy);

#endif
