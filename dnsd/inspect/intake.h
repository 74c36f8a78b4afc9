/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * intake - where an inspect's packets come from, and where its orders go: one row a mode.
 *
 * Used by main.c. Mode watch: an interface, and nobody obeys. Mode tap: an interface, and gate gets
 * an order for each flow to be stopped. Mode inline: the kernel's queue, and gate gets an order for
 * each packet. Never waits, never judges.
 */
#ifndef INSPECT_INTAKE_H
#define INSPECT_INTAKE_H

#include "capture/capture.h"
#include "inspect/watch.h"

struct intake;
struct gifts;

/* While the process still may open a capture. On failure `why` says what and what to do. */
MUST_USE enum status intake_open(const struct gifts *gifts, unsigned number,
                                 char why[CAPTURE_WHY_SIZE], struct intake **out);
void intake_close(struct intake *intake);

/* "eth1", "queue 5300". */
const char *intake_name(const struct intake *intake);
/* What to wait on for reading. */
int intake_descriptor(const struct intake *intake);
/* Shows the watcher what waits, at most one batch. *more: there may be more. */
MUST_USE enum status intake_read(struct intake *intake, struct watcher *watcher, bool *more,
                                 char why[CAPTURE_WHY_SIZE]);
/* What the kernel lost. */
struct capture_counts intake_counts(struct intake *intake);

#endif
