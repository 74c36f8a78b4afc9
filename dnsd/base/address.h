/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * address - an IP address, and a prefix of them.
 *
 * Used everywhere an address is kept or compared. IPv4 is held IPv4-mapped (::ffff:a.b.c.d,
 * RFC 4291 2.5.5.2), so that one table and one comparison serve both; texts show it as a.b.c.d.
 * Never resolves a name.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/span.h"
#include "base/status.h"

#include <sys/socket.h>

struct address {
    uint8_t bytes[16];
};

/* All addresses that share the first `bits` bits (0..128; an IPv4 /8 has 104). Other bits are 0. */
struct prefix {
    struct address base;
    uint8_t bits;
};

enum { ADDRESS_TEXT_SIZE = 46, PREFIX_TEXT_SIZE = 50, ENDPOINT_TEXT_SIZE = 56 };

bool address_is_ipv4(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);

/* From the 4 or 16 bytes of an A or AAAA record; false for any other length. */
bool address_from_bytes(struct span bytes, struct address *out);
struct address address_from_sockaddr(const struct sockaddr *from);
uint16_t port_from_sockaddr(const struct sockaddr *from);

/* Fills a sockaddr and gives its length; `family` AF_INET6 keeps IPv4 mapped, AF_UNSPEC chooses. */
socklen_t address_to_sockaddr(const struct address *address, uint16_t port, int family,
                              struct sockaddr_storage *out);

/* "192.0.2.1", "2001:db8::1"; nothing before or behind. */
MUST_USE enum status address_parse(const char *text, struct address *out);
/* "192.0.2.0/24" or an address alone. STATUS_INVALID when bits behind the prefix are set. */
MUST_USE enum status prefix_parse(const char *text, struct prefix *out);
/* "192.0.2.1", "192.0.2.1@5300", "192.0.2.1:5300", "2001:db8::1@53", "[2001:db8::1]:53".
 * Without a port `*port` keeps its value. */
MUST_USE enum status endpoint_parse(const char *text, struct address *out, uint16_t *port);

/* The texts; each returns `out`. */
const char *address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE]);
const char *prefix_text(const struct prefix *prefix, char out[PREFIX_TEXT_SIZE]);
const char *endpoint_text(const struct address *address, uint16_t port,
                          char out[ENDPOINT_TEXT_SIZE]);

bool prefix_holds(const struct prefix *prefix, const struct address *address);
/* The address with all but its first `bits` bits cleared. */
struct address address_mask(const struct address *address, unsigned bits);

/* The IPv4 address that NAT64 reaches as one of 64:ff9b::/96 (RFC 6052 2.1); false for others. */
bool address_behind_nat64(const struct address *address, struct address *out);

/* Loopback, private, link-local, unique-local, unspecified: what a public name must not answer
 * (rebinding), RFC 1918, 3927, 4193, 4291, 6598; and such an address behind NAT64. */
bool address_is_internal(const struct address *address);

#endif
