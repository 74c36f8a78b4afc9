/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * doors - the sockets through which browsers come: TCP addresses, and one unix socket for a proxy.
 *
 * Used by the parent, which gives them to web. Bound once and kept over restarts of web. Never
 * accepts.
 */
#ifndef CONSOLE_DOORS_H
#define CONSOLE_DOORS_H

#include "config/config.h"

enum { DOORS_WHY_SIZE = 256 };

struct doors {
    int tcp[WEB_LISTEN_MOST]; /* at the index of consoled.listen; -1: none */
    int proxy;                /* -1: none */
};

/* On failure nothing stays open, and `why` says what to do. */
MUST_USE enum status doors_open(const struct config *config, char why[DOORS_WHY_SIZE],
                                struct doors *out);
/* Removes the unix socket's path, too, unless `path` is "". */
void doors_close(struct doors *doors, const char *path);

#endif
