/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * led - where plain DNS of clients can be led to.
 */
#include "config/config.h"

enum { LOOPBACK_NET = 127 };

/* Others reach no client: loopback, and link-local, which lacks its interface here. */
static bool is_reachable(const struct address *address)
{
    static const struct address loopback = {{[15] = 1}};

    if (address_is_ipv4(address))
        return address->bytes[12] != LOOPBACK_NET;
    return !address_equal(address, &loopback) &&
           !(address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80);
}

bool endpoint_is_any(const struct endpoint *endpoint)
{
    static const struct address ipv4 = {{[10] = 0xff, [11] = 0xff}}, ipv6;
    return address_equal(&endpoint->address, &ipv4) || address_equal(&endpoint->address, &ipv6);
}

/* One for all addresses is the best: it needs none. */
const struct endpoint *config_led_to(const struct config *config, bool ipv6)
{
    const struct endpoint *found = NULL;

    for (uint32_t i = 0; i < config->dnsd.listen_count; i++) {
        const struct endpoint *here = &config->dnsd.listen[i];
        if (address_is_ipv4(&here->address) == ipv6)
            continue;
        if (endpoint_is_any(here))
            return here;
        if (found == NULL && is_reachable(&here->address))
            found = here;
    }
    return found;
}
