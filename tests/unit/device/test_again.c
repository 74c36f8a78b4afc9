/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device - all leases, added to another in their order, are the same knowledge: as they are kept in
 * a file that is written anew.
 */
#include "device/device.h"
#include "device/leases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TURNS = 300, LEASES = 120, ADDRESSES = 3, TEXT = LEASES * LEASE_LINE_MOST, TIMES = 40 };

static const clock_us SECOND = 1000000; /* as servers write it */

static uint64_t seed;

static uint32_t below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 32) * limit >> 32);
}

/* At few times, of few devices: they meet, overlap, replace each other, and end at once. */
static struct lease any_lease(void)
{
    struct lease lease = {.known = (uint8_t)(DEVICE_LEASE + below(2))};
    lease.address.bytes[15] = (uint8_t)below(ADDRESSES);
    lease.has_mac = below(5) > 0;
    lease.mac[5] = lease.has_mac ? (uint8_t)(1 + below(3)) : 0;
    if (below(3) > 0)
        snprintf(lease.host, sizeof lease.host, "host%u", below(2));
    lease.from = (1 + below(TIMES)) * SECOND;
    lease.until = below(8) == 0 ? 0 : lease.from + below(12) * SECOND;
    return lease;
}

static void add(struct devices *devices, const struct lease *lease)
{
    bool is_news;
    assert_int_equal(devices_add_lease(devices, lease, (enum device_known)lease->known, &is_news),
                     STATUS_OK);
}

static void on_lease(void *owner, const struct lease *lease)
{
    lease_write(owner, lease, (enum device_known)lease->known);
}

static void on_read(void *owner, const struct lease *lease)
{
    add(owner, lease);
}

/* As a file; in the order of the table's own hash. */
static struct span text_of(const struct devices *devices, char *room)
{
    struct writer w = writer_over((uint8_t *)room, TEXT);
    devices_leases(devices, on_lease, &w);
    return writer_span(&w);
}

static void assert_same(const struct devices *a, const struct devices *b)
{
    for (uint32_t address = 0; address < ADDRESSES; address++)
        for (clock_us at = 0; at < (TIMES + 20) * SECOND; at += SECOND / 2) {
            const struct address of = {.bytes = {[15] = (uint8_t)address}};
            struct device one, other;
            devices_find(a, &of, at, NULL, &one);
            devices_find(b, &of, at, NULL, &other);
            assert_string_equal(one.key, other.key);
            assert_string_equal(one.host, other.host);
            assert_int_equal(one.known, other.known);
        }
    assert_int_equal(devices_lease_count(a), devices_lease_count(b));
}

static void what_is_known_is_known_again(void **state)
{
    static struct lease leases[LEASES];
    static char room[TEXT];
    struct leases_read result;

    for (uint32_t turn = 0; turn < TURNS; turn++) {
        seed = turn;
        const uint32_t count = 1 + below(LEASES);
        struct devices *known = devices_new(1000), *again = devices_new(1000);
        assert_true(known != NULL && again != NULL);
        for (uint32_t i = 0; i < count; i++) {
            leases[i] = any_lease();
            add(known, &leases[i]);
        }
        lease_own.read(text_of(known, room), TIMES * SECOND, on_read, again, &result);
        assert_int_equal(result.bad, 0);
        assert_same(known, again);
        /* Files of servers are read again at each start, and bring more. */
        for (uint32_t i = 0; i < count; i++) {
            add(known, &leases[i]);
            add(again, &leases[i]);
        }
        assert_same(known, again);
        for (uint32_t i = 0; i < 20; i++) {
            const struct lease more = any_lease();
            add(known, &more);
            add(again, &more);
        }
        assert_same(known, again);
        devices_free(known);
        devices_free(again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_known_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
