/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fold - what rows add up to: incidents, devices, hits of rules, health; in memory until kept.
 *
 * Used by history. What was touched is written into the summary by fold_keep(), in the transaction
 * that also says how far was read. It remembers what the summary says of up to twice FOLD_MOST
 * incidents and as many devices; behind that it forgets all. Never begins a transaction but for a
 * new device, whose number rows need before.
 */
#ifndef HISTORY_FOLD_H
#define HISTORY_FOLD_H

#include "store/summary.h"

enum { FOLD_MOST = 16384 };

struct fold;
struct fold *fold_new(struct summary *summary);
void fold_free(struct fold *fold);

/* Its number in the summary, for a row with this address and time; made and kept at once when it is
 * new. */
MUST_USE enum status fold_device(struct fold *fold, const struct device *device,
                                 const struct address *address, clock_us at, uint64_t *number);
/* Counts a row, whose device fold_device() gave last (0: none). */
MUST_USE enum status fold_row(struct fold *fold, const struct row *row);
/* No further row may be counted before fold_keep(). */
bool fold_is_full(const struct fold *fold);
/* A break in the chain of a gateway, as a row of its incident; inside a transaction. */
MUST_USE enum status fold_break(struct fold *fold, struct row *row);
/* Writes what was touched, inside a transaction. */
MUST_USE enum status fold_keep(struct fold *fold);
/* New devices since it was made. */
uint64_t fold_devices(const struct fold *fold);

#endif
