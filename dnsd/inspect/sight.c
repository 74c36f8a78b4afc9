/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sight - 
 */
#include "inspect/sight.h"
