/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listen - what a flow said is shown to recognisers; what they say becomes results and verdicts.
 *
 * Used by watch.c, for every packet that adds something. Never reads a byte itself.
 */
#ifndef INSPECT_LISTEN_H
#define INSPECT_LISTEN_H

#include "inspect/watcher.h"

/* Shows step->talk to those that may still know it. */
void listen_to(struct watcher *watcher, struct step *step);

/* All that matters of a flow is known, or never will be; `why`, if it has no name. */
void listen_end(struct watcher *watcher, struct flow *flow, enum why why);
/* Why a flow that says no more has no name. */
enum why listen_why(const struct flow *flow);
/* Tells the owner how a flow ended; `sighting` may be NULL. */
void listen_result(struct watcher *watcher, struct flow *flow, enum ending ending, enum why why,
                   const struct sighting *sighting);
/* Gives back what was gathered. */
void listen_stop(struct watcher *watcher, struct flow *flow);

#endif
