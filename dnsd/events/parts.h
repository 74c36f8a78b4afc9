/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parts - the pieces of a line that depend only on a rule's class and how it matched, rendered
 * once.
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
    struct span rule;    /* up to the rule's line; this and the next two are empty without one */
    struct span text;    /* from there up to its text */
    struct span place;   /* from there up to its line once more */
    struct span closing; /* the rest of "ponor" that depends on nothing else */
};

struct parts *parts_new(void);
void parts_free(struct parts *parts);

/* `rule` NULL: one that is not known. What is given lives until the next call. */
const struct part *parts_find(struct parts *parts, const struct policy *policy,
                              const struct rule_view *rule, const struct event *event);

void parts_forget(struct parts *parts, const struct policy *policy);

#endif
