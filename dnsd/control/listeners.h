/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * listeners - the bound sockets of a configuration, one set for each serve process.
 *
 * Used by fleet. The parent binds, because it alone may; serve gets copies. A new configuration
 * keeps the sockets of addresses that it shares with the old one, so that a change of something
 * else loses no packet. Never reads a packet.
 */
#ifndef CONTROL_LISTENERS_H
#define CONTROL_LISTENERS_H

#include "config/config.h"

enum { LISTENER_WHY_SIZE = 256 };

struct listeners {
    int udp[LISTEN_MOST], tcp[LISTEN_MOST]; /* at the index of config->dnsd.listen; -1: none */
};

void listeners_clear(struct listeners *listeners);

/* Fills `out`: copies from `before` (or NULL), which served `before_config`, where addresses are
 * the same, new sockets elsewhere. On failure nothing stays open and `why` says which address and
 * why. */
MUST_USE enum status listeners_open(const struct config *config, const struct listeners *before,
                                    const struct config *before_config, char why[LISTENER_WHY_SIZE],
                                    struct listeners *out);
void listeners_close(struct listeners *listeners);

#endif
