/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What device.h promises: who had an address at a time; a later lease changes nothing before it
 * began, in whatever order files are read; what the inventory names; bounded, the oldest goes.
 */
#include "device/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../base/texts.h"

static struct lease lease_of(const char *address, const char *mac, const char *host, clock_us from,
                             clock_us until)
{
    struct lease lease = {.address = address_of(address), .from = from, .until = until};
    lease.has_mac = mac != NULL;
    if (mac != NULL)
        assert_true(mac_parse(mac, lease.mac));
    snprintf(lease.host, sizeof lease.host, "%s", host);
    return lease;
}

static bool add(struct devices *devices, const char *address, const char *mac, const char *host,
                clock_us from, clock_us until)
{
    const struct lease lease = lease_of(address, mac, host, from, until);
    bool is_news;
    assert_int_equal(devices_add_lease(devices, &lease, DEVICE_LEASE, &is_news), STATUS_OK);
    return is_news;
}

static struct device found(const struct devices *devices, const char *address, clock_us at)
{
    const struct address of = address_of(address);
    struct device device;
    devices_find(devices, &of, at, NULL, &device);
    return device;
}

static void expect(const struct devices *devices, const char *address, clock_us at, const char *key)
{
    assert_string_equal(found(devices, address, at).key, key);
}

#define A     "10.20.2.3"
#define MAC_1 "02:00:00:00:00:01"
#define MAC_2 "02:00:00:00:00:02"

static void test_mac(void **state)
{
    uint8_t mac[MAC_SIZE];
    char text[MAC_TEXT_SIZE];
    static const char *const good[] = {"02:42:0a:14:02:03", "02-42-0A-14-02-03", "02420a140203"};
    static const char *const bad[] = {"",
                                      "02",
                                      "02:42:0a:14:02",
                                      "02:42:0a:14:02:03:04",
                                      "02:42-0a:14:02:03",
                                      "02:42:0a:14:02:0g",
                                      "02420a14020",
                                      "02420a1402033",
                                      "2:42:a:14:2:3",
                                      " 02:42:0a:14:02:03"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_true(mac_parse(good[i], mac));
        assert_string_equal(mac_text(mac, text), "02:42:0a:14:02:03");
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(mac_parse(bad[i], mac));
}

static void test_at_its_time(void **state)
{
    struct devices *devices = devices_new(100);
    expect(devices, A, 150, "address:" A);
    assert_int_equal(found(devices, A, 150).known, DEVICE_UNKNOWN);
    uint64_t version = devices_version(devices);
    assert_true(add(devices, A, MAC_1, "one", 100, 200));
    assert_true(devices_version(devices) > version);
    version = devices_version(devices);
    assert_false(add(devices, A, MAC_1, "one", 100, 200));
    assert_int_equal(devices_version(devices), version);
    expect(devices, A, 99, "address:" A);
    expect(devices, A, 100, "mac:" MAC_1);
    expect(devices, A, 199, "mac:" MAC_1);
    expect(devices, A, 200, "address:" A);
    assert_int_equal(found(devices, A, 100).known, DEVICE_LEASE);
    assert_string_equal(found(devices, A, 100).host, "one");
    expect(devices, "2001:db8::1", 150, "address:2001:db8::1");
    assert_true(add(devices, "2001:db8::1", MAC_2, "", 100, 0));
    expect(devices, "2001:db8::1", UINT64_C(1) << 62, "mac:" MAC_2);
    devices_free(devices);
}

static void test_another_ends_it(void **state)
{
    struct devices *devices = devices_new(100);
    assert_true(add(devices, A, MAC_1, "one", 100, 200));
    assert_true(add(devices, A, MAC_2, "two", 150, 300));
    expect(devices, A, 149, "mac:" MAC_1);
    expect(devices, A, 150, "mac:" MAC_2);
    expect(devices, A, 250, "mac:" MAC_2);
    /* Read again, it is no news; and one from before is cut where others begin. */
    assert_false(add(devices, A, MAC_1, "one", 100, 200));
    assert_false(add(devices, A, MAC_2, "two", 150, 300));
    assert_true(add(devices, A, MAC_2, "two", 50, 1000));
    expect(devices, A, 99, "mac:" MAC_2);
    expect(devices, A, 100, "mac:" MAC_1);
    expect(devices, A, 999, "address:" A);
    /* In the moment of its begin: the later one holds, read twice or not. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(add(devices, "10.0.0.1", MAC_1, "", 100, 200), i == 0);
        assert_int_equal(add(devices, "10.0.0.1", MAC_2, "", 100, 200), i == 0);
        expect(devices, "10.0.0.1", 100, "mac:" MAC_2);
    }
    devices_free(devices);
}

static void test_longer(void **state)
{
    struct devices *devices = devices_new(100);
    assert_true(add(devices, A, MAC_1, "one", 100, 200));
    assert_true(add(devices, A, MAC_1, "one", 150, 250));
    assert_true(add(devices, A, MAC_1, "", 250, 300)); /* it meets */
    assert_int_equal(devices_lease_count(devices), 1);
    assert_string_equal(found(devices, A, 299).host, "one");
    assert_true(add(devices, A, MAC_1, "one", 400, 500));
    assert_int_equal(devices_lease_count(devices), 2);
    expect(devices, A, 350, "address:" A);
    assert_true(add(devices, A, MAC_1, "one", 300, 400));
    assert_int_equal(devices_lease_count(devices), 1);
    /* A name that was not known before is not known for the time before. */
    assert_true(add(devices, A, MAC_1, "new", 450, 600));
    assert_string_equal(found(devices, A, 449).host, "one");
    assert_string_equal(found(devices, A, 450).host, "new");
    devices_free(devices);
}

static void test_nobody_from_then_on(void **state)
{
    struct devices *devices = devices_new(100);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(add(devices, A, MAC_1, "one", 100, 1000), i == 0);
        assert_int_equal(add(devices, A, NULL, "", 600, 600), i == 0);
        assert_int_equal(add(devices, A, MAC_2, "two", 600, 1600), i == 0);
        assert_int_equal(add(devices, A, NULL, "", 1700, 1700), i == 0);
    }
    expect(devices, A, 599, "mac:" MAC_1);
    expect(devices, A, 600, "mac:" MAC_2);
    expect(devices, A, 1600, "address:" A);
    assert_false(add(devices, A, MAC_1, "x", 200, 100)); /* ends before it begins: nothing */
    devices_free(devices);
}

static void put(struct devices *devices, const char *address, const char *mac, const char *host,
                const char *tag, enum status status)
{
    struct asset asset = {.has_address = address != NULL, .has_mac = mac != NULL, .owner = "j.doe"};
    if (address != NULL)
        asset.address = prefix_of(address);
    if (mac != NULL)
        assert_true(mac_parse(mac, asset.mac));
    snprintf(asset.host, sizeof asset.host, "%s", host);
    snprintf(asset.tag, sizeof asset.tag, "%s", tag);
    assert_int_equal(devices_add_asset(devices, &asset), status);
}

static void test_inventory(void **state)
{
    struct devices *devices = devices_new(100);
    assert_true(add(devices, A, MAC_1, "one", 100, 200));
    assert_true(add(devices, "10.20.2.4", "02:00:00:00:00:09", "nine", 100, 200));
    devices_begin_inventory(devices);
    put(devices, NULL, MAC_1, "", "A-1", STATUS_OK);
    put(devices, "10.20.0.0/16", NULL, "", "NET", STATUS_OK);
    put(devices, "10.20.2.4", "02:00:00:00:00:04", "four", "A-4", STATUS_OK);
    put(devices, "10.20.2.8/29", NULL, "printers", "", STATUS_OK);
    put(devices, NULL, MAC_1, "", "A-2", STATUS_EXISTS);
    put(devices, "10.20.0.0/16", NULL, "", "OTHER", STATUS_EXISTS);
    put(devices, NULL, NULL, "x", "x", STATUS_INVALID);
    expect(devices, A, 150, "mac:" MAC_1); /* not before the end */
    devices_end_inventory(devices);

    expect(devices, A, 150, "asset:A-1");
    struct device device = found(devices, A, 150);
    assert_int_equal(device.known, DEVICE_INVENTORY);
    assert_string_equal(device.host, "one"); /* of the lease: the inventory has none */
    assert_string_equal(device.owner, "j.doe");
    expect(devices, A, 250, "asset:NET"); /* by its prefix */
    /* The lease says another MAC than the inventory: then it is not that device. */
    expect(devices, "10.20.2.4", 150, "asset:NET");
    expect(devices, "10.20.2.4", 250, "asset:A-4");
    assert_true(found(devices, "10.20.2.4", 250).has_mac);
    expect(devices, "10.20.2.9", 150, "address:10.20.2.8/29");
    expect(devices, "10.21.2.9", 150, "address:10.21.2.9");

    const struct address of = address_of(A);
    const uint8_t mac[MAC_SIZE] = {2, 0, 0, 0, 0, 4}, none[MAC_SIZE] = {0};
    devices_find(devices, &of, 150, mac, &device);
    assert_string_equal(device.key, "asset:A-4");
    devices_find(devices, &of, 150, none, &device);
    assert_string_equal(device.key, "asset:A-1");

    devices_begin_inventory(devices); /* replaced as a whole */
    put(devices, "10.20.2.4", "02:00:00:00:00:04", "four", "A-4", STATUS_OK);
    put(devices, "10.20.2.4", "02:00:00:00:00:05", "five", "A-5", STATUS_OK);
    devices_end_inventory(devices);
    expect(devices, A, 150, "mac:" MAC_1);
    expect(devices, "10.20.2.4", 250, "address:10.20.2.4"); /* two claim it: unknown */
    devices_free(devices);
}

static void test_event_mac(void **state)
{
    struct devices *devices = devices_new(100);
    const struct address of = address_of(A);
    const uint8_t one[MAC_SIZE] = {2, 0, 0, 0, 0, 1}, two[MAC_SIZE] = {2, 0, 0, 0, 0, 2};
    struct device device;
    assert_true(add(devices, A, MAC_1, "one", 100, 200));
    devices_find(devices, &of, 150, one, &device);
    assert_int_equal(device.known, DEVICE_EVENT);
    assert_string_equal(device.host, "one");
    devices_find(devices, &of, 150, two, &device);
    assert_string_equal(device.key, "mac:" MAC_2);
    assert_string_equal(device.host, "");
    devices_free(devices);
}

static void test_full(void **state)
{
    struct devices *devices = devices_new(3);
    assert_true(add(devices, "10.0.0.1", MAC_1, "", 100, 500));
    assert_true(add(devices, "10.0.0.2", MAC_1, "", 100, 200));
    assert_true(add(devices, "10.0.0.3", MAC_1, "", 100, 0));
    assert_true(add(devices, "10.0.0.4", MAC_1, "", 100, 300)); /* 10.0.0.2 ended first */
    assert_int_equal(devices_lease_count(devices), 3);
    assert_int_equal(devices_dropped(devices), 1);
    expect(devices, "10.0.0.2", 150, "address:10.0.0.2");
    expect(devices, "10.0.0.1", 150, "mac:" MAC_1);
    assert_false(add(devices, "10.0.0.2", MAC_1, "", 100, 200)); /* and would go first again */
    assert_int_equal(devices_lease_count(devices), 3);
    assert_true(add(devices, "10.0.0.1", MAC_1, "", 400, 900));
    assert_true(add(devices, "10.0.0.5", MAC_1, "", 100, 800));
    expect(devices, "10.0.0.4", 150, "address:10.0.0.4");
    expect(devices, "10.0.0.1", 850, "mac:" MAC_1);
    devices_free(devices);
}

/* Random leases, files of them read in any order and again and again. */
enum { FILES = 4, OF_A_FILE = 12, TIMES = 120, ADDRESSES = 2, ROUNDS = 400, SLOW_ROUNDS = 60 };

static struct lease random_lease(void)
{
    static const char *const addresses[ADDRESSES] = {A, "2001:db8::7"};
    static const char *const hosts[] = {"", "", "one", "two"};
    char mac[MAC_TEXT_SIZE];
    snprintf(mac, sizeof mac, "02:00:00:00:00:%02x", (unsigned)rand() % 3);
    const clock_us from = 1 + (clock_us)rand() % (TIMES - 1);
    const clock_us until = rand() % 10 == 0 ? 0 : from + (clock_us)rand() % 40;
    return lease_of(addresses[rand() % ADDRESSES], rand() % 8 == 0 ? NULL : mac, hosts[rand() % 4],
                    from, until);
}

static void answers(const struct devices *devices, struct device out[ADDRESSES][TIMES])
{
    for (clock_us at = 0; at < TIMES; at++) {
        out[0][at] = found(devices, A, at);
        out[1][at] = found(devices, "2001:db8::7", at);
    }
}

static void test_never_before(void **state)
{
    static struct device before[ADDRESSES][TIMES], after[ADDRESSES][TIMES];
    struct lease files[FILES][OF_A_FILE];
    srand(20261124);
    for (int round = 0; round < SLOW_ROUNDS; round++) {
        struct devices *devices = devices_new(1000);
        for (int i = 0; i < FILES * OF_A_FILE; i++)
            files[i / OF_A_FILE][i % OF_A_FILE] = random_lease();
        answers(devices, before);
        for (int reading = 0; reading < 3 * FILES; reading++) {
            const struct lease *file = files[rand() % FILES];
            for (int i = 0; i < OF_A_FILE; i++) {
                const uint64_t version = devices_version(devices);
                bool is_news;
                assert_int_equal(devices_add_lease(devices, &file[i], DEVICE_LEASE, &is_news),
                                 STATUS_OK);
                answers(devices, after);
                for (int a = 0; a < ADDRESSES; a++)
                    for (clock_us at = 0; at < file[i].from; at++)
                        assert_memory_equal(&before[a][at], &after[a][at], sizeof after[a][at]);
                if (devices_version(devices) == version)
                    assert_memory_equal(before, after, sizeof after);
                memcpy(before, after, sizeof after);
            }
        }
        devices_free(devices);
    }
}

/* The same file read again says nothing new; so nothing is written down twice. */
static void test_again_is_no_news(void **state)
{
    srand(20261125);
    int restless = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct devices *devices = devices_new(1000);
        struct lease file[OF_A_FILE];
        clock_us from = 1;
        for (int i = 0; i < OF_A_FILE; i++) { /* as servers write: in order of time */
            file[i] = random_lease();
            const clock_us length = file[i].until == 0 ? 0 : file[i].until - file[i].from;
            from += (clock_us)rand() % 5;
            file[i].from = from;
            file[i].until = file[i].until == 0 ? 0 : from + length;
        }
        for (int reading = 0; reading < 4; reading++)
            for (int i = 0; i < OF_A_FILE; i++) {
                bool is_news;
                assert_int_equal(devices_add_lease(devices, &file[i], DEVICE_LEASE, &is_news),
                                 STATUS_OK);
                restless += reading >= 2 && is_news;
            }
        devices_free(devices);
    }
    assert_int_equal(restless, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_at_its_time),
        cmocka_unit_test(test_another_ends_it),
        cmocka_unit_test(test_longer),
        cmocka_unit_test(test_nobody_from_then_on),
        cmocka_unit_test(test_inventory),
        cmocka_unit_test(test_event_mac),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_never_before),
        cmocka_unit_test(test_again_is_no_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
