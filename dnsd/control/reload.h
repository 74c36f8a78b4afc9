/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reload - from files on disk to a policy and a configuration in service; the start is the first
 * one.
 *
 * Used by the parent. One run at a time: whoever asks while one is under way waits for the next,
 * because the files may have changed since this one read them. A run that fails changes nothing
 * that serves.
 */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "control/parent.h"

MUST_USE enum status reload_new(struct parent *parent, struct reload **out);
void reload_free(struct reload *reload);

/* Asks for a run; `accept` are ids of lists whose max_change does not hold. Gives the run's number,
 * which askers wait for (service/socket.h). */
unsigned reload_ask(struct reload *reload, const char *accept);

/* A child of the fleet that is coming is ready, or died. */
void reload_look(struct reload *reload);
bool reload_is_under_way(const struct reload *reload);

#endif
