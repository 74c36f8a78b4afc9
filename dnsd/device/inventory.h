/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inventory - the agency's list of its devices: YAML or CSV, by the file's name.
 *
 * Used by history. YAML: a list `devices:` of mappings; CSV: a heading line. Both know address,
 * mac, host, tag, owner, group; CSV may have further columns, which are left out. An error names
 * file, line and column and what to do; a file with an error changes nothing.
 */
#ifndef DEVICE_INVENTORY_H
#define DEVICE_INVENTORY_H

#include "device/device.h"
#include "yaml/problems.h"

enum { INVENTORY_MOST = 1000000 };

/* Into devices_begin/add/end. STATUS_INVALID: see problems, and the inventory before holds. */
MUST_USE enum status inventory_read(const char *file, struct devices *devices,
                                    struct problems *problems);
/* The same of a text; `file` is the name in messages, and says by its end which form it is. */
MUST_USE enum status inventory_read_text(struct span text, const char *file,
                                         struct devices *devices, struct problems *problems);

#endif
