/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * frame - 
 */
#include "wire/frame.h"
