/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * roots - the servers that recursion begins with.
 *
 * Used by recurse.c, to know whether anybody is there, whether IPv6 leads anywhere, and whether it
 * must ask the loopback. The servers it really asks are libunbound's business. Never resolves.
 */
#ifndef RESOLVE_ROOTS_H
#define RESOLVE_ROOTS_H

#include "config/config.h"

enum { ROOTS_MOST = 64 };

struct roots {
    unsigned count;
    struct endpoint servers[ROOTS_MOST]; /* those behind the limit are left out */
};

/* `recurse_via`, else the addresses in the hints file, else some root servers that are known well.
 * STATUS_NOT_FOUND when the file cannot be read or names no address. */
MUST_USE enum status roots_find(const struct config *config, struct roots *out);

/* The addresses in text like named.root: every word that is one, comments left out. */
void roots_read_line(struct roots *roots, char *line);

#endif
