/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ja4 - 
 */
#include "wire/ja4.h"
