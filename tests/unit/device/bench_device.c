/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many answers a second devices_find() gives with 100,000 leases and 100,000 devices of an
 * inventory: at least 1,000,000 are promised. Run by hand.
 */
#include "device/device.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEASES = 100000, CALLS = 5000000 };

static struct address numbered(uint32_t n)
{
    const uint8_t bytes[4] = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    struct address address = {{0}};
    (void)address_from_bytes(span_of(bytes, sizeof bytes), &address);
    return address;
}

static double seconds_since(uint64_t start)
{
    return (double)(clock_ns() - start) / 1e9;
}

int main(void)
{
    struct devices *devices = devices_new(LEASES * 2);
    if (devices == NULL)
        return 1;
    uint64_t start = clock_ns();
    for (uint32_t i = 0; i < LEASES; i++) {
        struct lease lease = {.address = numbered(i),
                              .has_mac = true,
                              .from = 1000,
                              .until = 1000000,
                              .host = "laptop"};
        bool is_news;
        memcpy(lease.mac, &i, sizeof i);
        lease.mac[5] = 2;
        if (devices_add_lease(devices, &lease, DEVICE_LEASE, &is_news) != STATUS_OK || !is_news)
            return 1;
    }
    printf("leases taken in: %.0f a second\n", LEASES / seconds_since(start));
    start = clock_ns();
    devices_begin_inventory(devices);
    for (uint32_t i = 0; i < LEASES; i += 2) {
        struct asset asset = {.has_mac = true, .owner = "j.doe", .group = "staff"};
        memcpy(asset.mac, &i, sizeof i);
        asset.mac[5] = 2;
        snprintf(asset.tag, sizeof asset.tag, "A-%u", i);
        if (devices_add_asset(devices, &asset) != STATUS_OK)
            return 1;
    }
    devices_end_inventory(devices);
    printf("devices of an inventory taken in: %.0f a second\n", LEASES / 2 / seconds_since(start));
    start = clock_ns();
    uint64_t known = 0;
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct address address = numbered((uint32_t)(i * UINT64_C(2654435761) % LEASES));
        struct device device;
        devices_find(devices, &address, 2000, NULL, &device);
        known += device.known != DEVICE_UNKNOWN;
    }
    printf("answers: %.0f a second, %llu of %d known\n", CALLS / seconds_since(start),
           (unsigned long long)known, CALLS);
    devices_free(devices);
    return known == CALLS ? 0 : 1;
}
