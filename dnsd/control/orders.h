/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - what dnsd obeys on its control socket, as a table.
 *
 * Used by the parent. Each order is one function from the rest of its line to lines of answer.
 */
#ifndef CONTROL_ORDERS_H
#define CONTROL_ORDERS_H

#include "service/socket.h"

/* Their owner is a struct parent. */
extern const struct order orders[];

#endif
