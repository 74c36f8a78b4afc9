/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * setup - a watcher as the configuration wants it.
 *
 * Used by the inspect role and by `ponor inspect`, so that both see alike. Never opens a capture.
 */
#ifndef INSPECT_SETUP_H
#define INSPECT_SETUP_H

#include "config/config.h"
#include "inspect/watch.h"

enum { SETUP_RESOLVERS_MOST = ALLOW_MOST + LISTEN_MOST };

/* NULL: there is no memory for `inspectd: memory`. `resolvers` is filled, and must outlive the
 * watcher: the agency's own, and where dnsd listens. */
struct watcher *setup_watcher(const struct config *config, const struct watch_output *output,
                              struct prefix resolvers[SETUP_RESOLVERS_MOST]);
/* For the role alone: what its mode does about the orders. */
void setup_mode(const struct config *config, struct watcher *watcher);

#endif
