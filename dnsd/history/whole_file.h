/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * whole_file - a file that others write, as one text.
 *
 * Used by known and lease_log. Read, not mapped: who cuts the file off meanwhile must not end us.
 */
#ifndef HISTORY_WHOLE_FILE_H
#define HISTORY_WHOLE_FILE_H

#include "base/status.h"

#include <stddef.h>

/* The caller frees `text`, also after a failure. STATUS_TOO_LONG: more than a GiB. STATUS_SYSTEM:
 * errno tells. */
MUST_USE enum status whole_file_read(int fd, char **text, size_t *length);

#endif
