/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - what consoled's control socket obeys.
 *
 * Used by the parent, for `ponor status`, `ponor counters` and their like.
 */
#ifndef CONSOLE_ORDERS_H
#define CONSOLE_ORDERS_H

#include "service/socket.h"

extern const struct order consoled_orders[];

#endif
