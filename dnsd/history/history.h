/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * history - event folders on one side, store and summary on the other: what the ingest role does,
 * as a call.
 *
 * Used by ingest, in steps, and by `ponor incidents` and `ponor report` where consoled never ran.
 * Reads lines in order, verifies each chain on the way in, attributes each line to a device at its
 * own time, folds incidents. Killed at any moment and begun again, every line counts once. Never
 * writes in an event folder, never asks a network.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "config/config.h"
#include "store/store.h"
#include "store/summary.h"

struct history;

struct history_counts {
    uint64_t lines, rows, batches, breaks, missing, skipped; /* since it was opened */
    uint64_t devices, leases, bad_leases;
};

/* `config`: its `consoled` section. `folders`: descriptors of consoled.events in their order (-1:
 * not there now; history looks again by its path). Both stay the caller's. */
MUST_USE enum status history_open(const struct config *config, const int *folders,
                                  char why[STORE_WHY_SIZE], struct history **out);
void history_close(struct history *history);

/* Takes what is there, at most one batch; `*lines`: how many (0: nothing new). STATUS_AGAIN: the
 * store has no room now, nothing was lost. */
MUST_USE enum status history_step(struct history *history, clock_us now, uint64_t *lines);
struct history_counts history_counts(const struct history *history);

#endif
