/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * setup - struct config into limits and resolvers.
 */
#include "inspect/setup.h"

enum { WHOLE_ADDRESS = 128, LOOPBACK_NET = 127 };

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

/* As firewall/draft.h finds who gets plain DNS: not by loopback, and not by a link's own address.
 */
static bool is_reachable(const struct address *address)
{
    static const struct address loopback = {{[15] = 1}};
    if (address_is_ipv4(address))
        return address->bytes[12] != LOOPBACK_NET;
    return !address_equal(address, &loopback) &&
           !(address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80);
}

void setup_mode(const struct config *config, struct watcher *watcher)
{
    const bool obeyed = config->inspectd.mode != INSPECT_WATCH;
    bool leads[2] = {false, false};

    for (uint32_t i = 0; i < config->dnsd.listen_count; i++) {
        const struct address *address = &config->dnsd.listen[i].address;
        if (obeyed && config->inspectd.gate.redirect_dns && is_reachable(address))
            leads[!address_is_ipv4(address)] = true;
    }
    watcher_enforces(watcher, obeyed);
    watcher_redirects_dns(watcher, leads[0], leads[1]);
}
