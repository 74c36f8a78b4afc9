/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_dnsmasq - dnsmasq.leases: when it ends, MAC, address, host name, client.
 *
 * Behind a line `duid ...` stand leases of DHCPv6: when it ends, IAID (behind a T for a temporary
 * address), address, host name, DUID. 0 is a lease without an end. It is not said when a lease
 * began: at the latest now; and of one that ended nothing can be learned.
 */
#include "device/text.h"

/* Below, it is a length: dnsmasq was built for machines without a clock. */
static const uint64_t TIME_LEAST = 100000000;

/* NULL: read; else what is wrong. */
static const char *read_words(struct span line, clock_us now, struct lease *lease)
{
    struct span ends, who, address, host, client = {0};
    uint64_t seconds;
    if (!text_cut(&line, ' ', &ends) || !text_cut(&line, ' ', &who) ||
        !text_cut(&line, ' ', &address) || !text_cut(&line, ' ', &host))
        return "a lease is: when it ends, MAC, address, host name, client";
    (void)text_cut(&line, ' ', &client);
    if (!text_number(ends, &seconds) || !seconds_us(seconds, &lease->until))
        return "when it ends is no number of seconds since 1970";
    if (seconds != 0 && seconds < TIME_LEAST)
        return "when it ends is a length, not a time: this dnsmasq was built for machines without "
               "a clock, and its file does not say who had which address when";
    if (!text_address(address, &lease->address))
        return "the third word is no address";
    lease->from = now;
    if (address_is_ipv4(&lease->address)) {
        /* Hardware other than Ethernet has its type before it, as 06-. */
        lease->has_mac = text_mac(who, lease->mac);
        if (!lease->has_mac && (who.length < 4 || who.at[2] != '-'))
            return "the second word is no MAC";
    } else {
        lease->has_mac = text_duid_mac(client, lease->mac);
    }
    if (!text_is(host, "*"))
        text_host(host, lease->host);
    return NULL;
}

static void dnsmasq_read(struct span text, clock_us now,
                         void (*on)(void *owner, const struct lease *lease), void *owner,
                         struct leases_read *out)
{
    struct lines lines = {.rest = text};
    struct span line;
    *out = (struct leases_read){0};
    while (text_line(&lines, &line)) {
        struct lease lease = {.known = DEVICE_LEASE};
        if (line.length == 0 || (line.length > 5 && memcmp(line.at, "duid ", 5) == 0))
            continue;
        const char *why = read_words(line, now, &lease);
        if (why != NULL) {
            leases_bad(out, lines.number, "%s", why);
        } else if (lease.until == 0 || lease.until > now) {
            out->leases++;
            on(owner, &lease);
        }
    }
}

const struct lease_format lease_dnsmasq = {"dnsmasq", dnsmasq_read};
