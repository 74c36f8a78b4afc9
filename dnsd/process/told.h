/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * told - what dnsd told whom: (client, address, name, until), in shared memory.
 *
 * Used by serve, which writes it, and by inspect, which reads it. A fixed table; each slot has a
 * sequence counter and each entry a check, so that a reader never takes half an entry and nobody
 * waits. A reader trusts no writer: not even that the file keeps its length. Several serve
 * processes write one table. When full, an entry takes the place of an older one of its
 * bucket: what is missing means "not known", never "not told".
 */
#ifndef PROCESS_TOLD_H
#define PROCESS_TOLD_H

#include "base/address.h"
#include "base/status.h"
#include "dns/name.h"

enum { TOLD_NAME_MOST = 76 }; /* wire bytes; of a longer name, its end from a label on */

struct told;

/* Makes (or takes over, when it has the same shape) the file at `path` for `slots` (a power of two)
 * entries. */
MUST_USE enum status told_make(const char *path, size_t slots, int *fd_out);
/* To write or to read, not both; `fd` stays the caller's. */
MUST_USE enum status told_open(int fd, bool to_write, struct told **out);
void told_close(struct told *told);

/* `until`: seconds since 1970, UTC: the time that packets have. One that is known keeps the later
 * end, and gets the newer name. */
void told_write(struct told *told, const struct address *client, const struct address *address,
                const struct name *name, uint32_t until);
/* False: not known. `name` may be NULL. */
bool told_read(const struct told *told, const struct address *client, const struct address *address,
               struct name *name, uint32_t *until);
/* Whether an entry that held longer than `since` had to go where this one would stand, or what
 * stands there cannot be read: then that it is missing says nothing. */
bool told_lost(const struct told *told, const struct address *client, const struct address *address,
               uint32_t since);

/* As much of a name as is kept; length 0 stays 0. */
void told_name(const struct name *name, struct name *out);

#endif
