/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * certificate - 
 */
#include "wire/certificate.h"
