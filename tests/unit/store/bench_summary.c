/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_summary - how long the summary takes with 20,000 devices and 30,000 incidents.
 */
#include "store/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DEVICES = 20000, INCIDENTS = 30000, BATCH = 1000 };

static const clock_us NOON = UINT64_C(1795521600) * 1000000;

static void say(const char *what, uint64_t from, unsigned count)
{
    uint64_t taken = clock_ns() - from;
    printf("%-34s %8.2f us each, %8.2f ms\n", what, (double)taken / count / 1e3,
           (double)taken / 1e6);
}

static void commit_some(struct summary *summary, unsigned i)
{
    if (i % BATCH != 0)
        return;
    assert_int_equal(summary_commit(summary), STATUS_OK);
    assert_int_equal(summary_begin(summary), STATUS_OK);
}

static void keep_devices(struct summary *summary, const char *what)
{
    uint64_t from = clock_ns();
    for (unsigned i = 1; i <= DEVICES; i++) {
        struct device device = {.known = DEVICE_LEASE};
        const struct device_address seen = {.first = NOON + i,
                                            .last = NOON + i,
                                            .rows = 1,
                                            .address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
                                                         10, 20, (uint8_t)(i >> 8), (uint8_t)i}}};
        uint64_t number;
        snprintf(device.key, sizeof device.key, "mac:02:42:0a:14:%02x:%02x", i >> 8, i & 0xff);
        snprintf(device.host, sizeof device.host, "phone-%u", i);
        assert_int_equal(summary_keep_device(summary, &device, &seen, &number), STATUS_OK);
        commit_some(summary, i);
    }
    say(what, from, DEVICES);
}

static void keep_incidents(struct summary *summary, const char *what, unsigned round)
{
    static uint64_t ids[INCIDENTS + 1];
    uint64_t from = clock_ns();
    for (unsigned i = 1; i <= INCIDENTS; i++) {
        struct incident incident = {.id = ids[i],
                                    .device = i % DEVICES + 1,
                                    .first = NOON,
                                    .last = NOON + (uint64_t)(i * 7919 + round) % 1000003,
                                    .attempts = i,
                                    .evidence = {[EVIDENCE_INSTALLED] = i},
                                    .ways = {[WAY_DNS] = i, [WAY_TLS] = 1}};
        snprintf(incident.app, sizeof incident.app, "App %u", i / DEVICES);
        snprintf(incident.authority, sizeof incident.authority, "%s",
                 "Treasury Board of Canada Secretariat, notice of 2023-10-30");
        for (int n = 0; n < INCIDENT_NAMES; n++)
            snprintf(incident.names[n], INCIDENT_TEXT_SIZE, "szshort%d.weixin.qq.com", n);
        assert_int_equal(summary_keep_incident(summary, &incident), STATUS_OK);
        ids[i] = incident.id;
        commit_some(summary, i);
    }
    say(what, from, INCIDENTS);
}

static bool on_incident(void *owner, const struct incident *incident)
{
    *(unsigned *)owner += 1;
    return true;
}

static bool on_device(void *owner, const struct device_seen *seen)
{
    return ++*(unsigned *)owner < 100;
}

static void read_all(struct summary *summary)
{
    unsigned count = 0;
    uint64_t from = clock_ns();
    assert_int_equal(summary_incidents(summary, 0, 0, on_incident, &count), STATUS_OK);
    assert_int_equal(count, INCIDENTS);
    say("all incidents", from, count);
    count = 0;
    from = clock_ns();
    assert_int_equal(summary_devices(summary, NULL, 0, on_device, &count), STATUS_OK);
    say("100 devices", from, count);
    count = 0;
    from = clock_ns();
    assert_int_equal(summary_devices(summary, "phone-19999", 0, on_device, &count), STATUS_OK);
    say("one device by text", from, 1);
    from = clock_ns();
    for (unsigned i = 0; i < 1000; i++)
        (void)summary_version(summary);
    say("version", from, 1000);
}

int main(void)
{
    char folder[] = "/tmp/ponor-bench-XXXXXX", why[STORE_WHY_SIZE];
    struct summary *summary;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(summary_open(folder, true, why, &summary), STATUS_OK);
    assert_int_equal(summary_begin(summary), STATUS_OK);
    keep_devices(summary, "new devices");
    keep_devices(summary, "the same devices");
    keep_incidents(summary, "new incidents", 1);
    keep_incidents(summary, "the same incidents", 500009);
    assert_int_equal(summary_commit(summary), STATUS_OK);
    read_all(summary);
    summary_close(summary);
    printf("left behind: %s\n", folder);
    return 0;
}
