/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hints - what a list cannot say: where and how a name was asked for makes it stronger evidence.
 *
 * Used by judge, after the policy has found the rule. A row for each; never blocks anything.
 */
#ifndef INSPECT_HINTS_H
#define INSPECT_HINTS_H

#include "inspect/judge.h"

/* Raises *evidence and gives what to add to what it was recognised by; NULL: nothing to add. */
const char *hints_ask(const struct place *place, const struct sighting *sighting, const char *app,
                      enum evidence *evidence);

#endif
