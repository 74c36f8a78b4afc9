/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * setup - struct config into limits and resolvers.
 */
#include "inspect/setup.h"

enum { WHOLE_ADDRESS = 128 };

struct watcher *setup_watcher(const struct config *config, const struct watch_output *output,
                              struct prefix resolvers[SETUP_RESOLVERS_MOST])
{
    const struct watch_limits limits = {config->inspectd.memory, config->inspectd.tcp_idle_seconds,
                                        config->inspectd.udp_idle_seconds};
    struct watcher *watcher = watcher_new(&limits, output);
    size_t count = 0;

    if (watcher == NULL)
        return NULL;
    for (uint32_t i = 0; i < config->inspectd.resolver_count; i++)
        resolvers[count++] = config->inspectd.resolvers[i];
    for (uint32_t i = 0; i < config->dnsd.listen_count; i++)
        resolvers[count++] = (struct prefix){config->dnsd.listen[i].address, WHOLE_ADDRESS};
    watcher_resolvers(watcher, resolvers, count);
    watcher_told_names(watcher, config->inspectd.gate.told_names);
    return watcher;
}

void setup_mode(const struct config *config, struct watcher *watcher)
{
    const bool obeyed = config->inspectd.mode != INSPECT_WATCH;
    const bool leads = obeyed && config->inspectd.gate.redirect_dns != 0;

    watcher_enforces(watcher, obeyed);
    watcher_redirects_dns(watcher, leads && config_led_to(config, false) != NULL,
                          leads && config_led_to(config, true) != NULL);
}
