/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source - where an inspect's packets come from, and where its orders go: one row a mode.
 *
 * Used by main.c. Mode watch: an interface, and nobody obeys. Mode tap: an interface, and gate gets
 * an order for each flow to be stopped. Mode inline: gate's lane, which gets an order for each
 * packet. Never waits, never judges.
 */
#ifndef INSPECT_SOURCE_H
#define INSPECT_SOURCE_H

#include "capture/capture.h"
#include "inspect/watch.h"

struct source;
struct gifts;

/* While the process still may open a capture. On failure `why` says what and what to do. */
MUST_USE enum status source_open(const struct gifts *gifts, unsigned number,
                                 char why[CAPTURE_WHY_SIZE], struct source **out);
void source_close(struct source *source);

/* "eth1", "queue 5300". */
const char *source_place(const struct source *source);
/* What to wait on for reading. */
int source_descriptor(const struct source *source);
/* Shows the watcher what waits, at most one batch. *more: there may be more. */
MUST_USE enum status source_read(struct source *source, struct watcher *watcher, bool *more,
                                 char why[CAPTURE_WHY_SIZE]);
/* What the kernel lost; of a queue gate knows. */
struct capture_counts source_counts(struct source *source);

#endif
