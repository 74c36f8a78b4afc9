/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watch - 
 */
#include "inspect/watch.h"
