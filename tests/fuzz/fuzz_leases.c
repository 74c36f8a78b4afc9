/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_leases - a file of leases; its first byte says in which format. Each lease that was read is
 * written in our own format, and must be read again as the same; and no lease changes whose an
 * address was before it began.
 */
#include "fuzz.h"

#include "device/leases.h"

#include <string.h>

static const struct lease_format *const formats[] = {&lease_kea, &lease_isc, &lease_dnsmasq,
                                                     &lease_own};
static const clock_us NOW = UINT64_C(1764000000000000);

struct seen {
    struct devices *devices;
    uint64_t count;
};

static void on_same(void *owner, const struct lease *again)
{
    const struct lease **lease = owner;
    assert(*lease != NULL && memcmp(*lease, again, sizeof *again) == 0);
    *lease = NULL;
}

static void check_written(const struct lease *lease)
{
    char line[LEASE_LINE_MOST];
    struct writer w = writer_over(line, sizeof line);
    struct leases_read read;
    lease_write(&w, lease, lease->known);
    assert(!w.failed);
    lease_own.read(writer_span(&w), NOW, on_same, &lease, &read);
    assert(lease == NULL && read.leases == 1 && read.bad == 0);
}

static void on_lease(void *owner, const struct lease *lease)
{
    struct seen *seen = owner;
    struct device before, after;
    const clock_us earlier = lease->from > 0 ? lease->from - 1 : 0;
    bool is_news;
    seen->count++;
    assert(memchr(lease->host, 0, sizeof lease->host) != NULL);
    for (const char *at = lease->host; *at != 0; at++)
        assert((uint8_t)*at >= ' ' && *at != 0x7f);
    check_written(lease);
    devices_find(seen->devices, &lease->address, earlier, NULL, &before);
    assert(devices_add_lease(seen->devices, lease, lease->known, &is_news) == STATUS_OK);
    devices_find(seen->devices, &lease->address, earlier, NULL, &after);
    if (lease->from > 0 && devices_dropped(seen->devices) == 0)
        assert(memcmp(&before, &after, sizeof after) == 0);
    assert(devices_add_lease(seen->devices, lease, lease->known, &is_news) == STATUS_OK);
    assert(!is_news);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.devices = devices_new(64)};
    struct leases_read read;
    assert(seen.devices != NULL);
    if (size > 0)
        formats[data[0] % 4]->read(span_of(data + 1, size - 1), NOW, on_lease, &seen, &read);
    assert(size == 0 || (read.leases == seen.count && (read.bad > 0) == (read.why[0] != 0)));
    devices_free(seen.devices);
    return 0;
}
