/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * registered - the part of a name that somebody registered: qq.com of szshort.weixin.qq.com.
 *
 * Used by line. By the public suffix list that libpsl carries inside; opens no file. Names that
 * were asked before are remembered: the search costs more than the rest of a line.
 */
#ifndef EVENTS_REGISTERED_H
#define EVENTS_REGISTERED_H

#include "dns/name.h"

struct registered;

struct registered *registered_new(void);
void registered_free(struct registered *registered);

/* False for a public suffix itself, the root, and names that are no host names. */
bool registered_find(struct registered *registered, const struct name *name, struct name *out);

#endif
