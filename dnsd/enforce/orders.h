/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - what inspectd's control socket understands.
 *
 * Used by the parent.
 */
#ifndef ENFORCE_ORDERS_H
#define ENFORCE_ORDERS_H

#include "service/socket.h"

extern const struct order inspectd_orders[]; /* their owner is a struct inspectd */

#endif
