/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather - 
 */
#include "inspect/gather.h"
