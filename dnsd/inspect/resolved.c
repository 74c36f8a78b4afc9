/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * resolved - 
 */
#include "inspect/resolved.h"
