/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * leases - the formats, as the configuration numbers them.
 */
#include "device/leases.h"
#include "config/config.h"

const struct lease_format *const lease_formats[] = {
    [LEASE_KEA] = &lease_kea,
    [LEASE_ISC] = &lease_isc,
    [LEASE_DNSMASQ] = &lease_dnsmasq,
    NULL,
};
