/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * native - rows of a batch as one block of ClickHouse's Native format.
 *
 * Used by feed. Rows wait as RowBinary, one behind the other; when a connection breaks between two
 * of them, a server takes those before as all there are. A block of columns begins with how many
 * rows it has: broken off anywhere, it is an error, and nothing is inserted. The same rows give the
 * same bytes. Never asks a server.
 */
#ifndef CLICKHOUSE_NATIVE_H
#define CLICKHOUSE_NATIVE_H

#include "base/span.h"
#include "base/status.h"

#include <stdint.h>

struct native; /* memory that is used again */
struct native *native_new(void);
void native_free(struct native *native);

/* `rows` of all columns (columns.h); the block lives until the next call. STATUS_CORRUPT: they are
 * not `count` whole rows. */
MUST_USE enum status native_block(struct native *native, struct span rows, uint32_t count,
                                  struct span *out);

#endif
