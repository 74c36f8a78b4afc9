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

/* Fails, with `why`, when another program listens on an address of the configuration, even one that
 * would share it: a second dnsd would take half of the questions. For a first start. */
MUST_USE enum status listeners_probe(const struct config *config, char why[LISTENER_WHY_SIZE]);

void listeners_close(struct listeners *listeners);

/* Lets packets and connections to these addresses reach the sockets of the first `workers` workers
 * only (in the order of their opening), while others are about to close; 0: the kernel chooses
 * among all. */
void listeners_steer(const struct listeners *listeners, unsigned workers);

#endif
