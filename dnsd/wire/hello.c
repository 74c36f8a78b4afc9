/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hello - 
 */
#include "wire/hello.h"
