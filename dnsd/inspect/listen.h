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

/* No more can change what is known of a flow: gives back what was gathered, and tells its result if
 * it had none. WHY_NONE: for the reason that the flow itself gives. */
void listen_end(struct watcher *watcher, struct flow *flow, enum why why);
/* The same for a flow whose place is needed or whose time is over. */
void listen_forget(struct watcher *watcher, struct flow *flow, bool evicted);

#endif
