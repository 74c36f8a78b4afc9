/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - 
 */
#include "inspect/flow.h"
