/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_wire - what a line says of a flow on the wire, and of the inspector's own sight.
 *
 * Used by line. Every text that a stranger chose is escaped. Never ends an object that it did not
 * begin, but for network, where line leaves off.
 */
#ifndef EVENTS_LINE_WIRE_H
#define EVENTS_LINE_WIRE_H

#include "base/writer.h"
#include "events/event.h"

/* From the end of network up to the rule: vlan, and what was said in the protocol's own fields. */
void line_wire_said(struct writer *w, const struct event *event);
/* Members of "ponor", each with a comma before it. */
void line_wire_facts(struct writer *w, const struct event *event);

/* A sentence on event->wire.health, of which wire.evidence names the interface. */
void line_wire_health(struct writer *w, const struct event *event);
/* The first members of "ponor" of such a line. */
void line_wire_health_facts(struct writer *w, const struct event *event);

#endif
