/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * order - what a packet's way through the watcher means for the rest of its flow.
 *
 * Used by watch.c behind the last step, and by whoever finds a reason to stop a flow. Never decides
 * whether to stop one: that is judge.h's.
 */
#ifndef INSPECT_ORDER_H
#define INSPECT_ORDER_H

#include "inspect/watcher.h"

/* Takes over what judge.h ordered; the first reason of a flow stays. */
void order_take(struct watcher *watcher, struct flow *flow, enum watch_order order);

enum watch_order order_for(struct watcher *watcher, const struct step *step);

#endif
