/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_devices - what is known of a device, its addresses, and how it is found.
 */
#include "store/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "summary_world.h"

static bool on_address(void *owner, const struct device_address *address)
{
    struct device_address *out = owner;
    while (out->rows != 0)
        out++;
    *out = *address;
    return true;
}

static void a_device_gathers_what_is_known(void **state)
{
    struct world *world = *state;
    struct device device = device_called("mac:02:42:0a:14:02:03");
    struct device_address seen = seen_at("10.20.2.3", NOON, NOON + 1, 5), found[4] = {0};
    struct device_seen out;
    uint64_t number, again;

    begin(world);
    assert_int_equal(summary_keep_device(world->writer, &device, NULL, &number), STATUS_OK);
    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_int_equal(out.first, 0);
    memcpy(device.mac, "\x02\x42\x0a\x14\x02\x03", MAC_SIZE);
    device.has_mac = true;
    memcpy(device.host, "phone", 6);
    device.known = DEVICE_INVENTORY;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    assert_int_equal(again, number);
    /* Later, of another address, and less is known. */
    device = device_called("mac:02:42:0a:14:02:03");
    memcpy(device.owner, "J. Tremblay", 12);
    seen = seen_at("2001:db8::7", NOON + HOUR, NOON + HOUR, 2);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    /* Earlier, and late to arrive. */
    seen = seen_at("10.20.2.3", NOON - HOUR, NOON - HOUR, 1);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    seen = (struct device_address){.first = NOON, .last = NOON + 2 * HOUR};
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &again), STATUS_OK);
    keep_incident(world, number, "WeChat", NOON);
    keep_incident(world, number, "TikTok", NOON);
    commit(world);

    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_int_equal(out.first, NOON - HOUR);
    assert_int_equal(out.last, NOON + 2 * HOUR);
    assert_string_equal(out.device.host, "phone");
    assert_string_equal(out.device.owner, "J. Tremblay");
    assert_true(out.device.has_mac);
    assert_memory_equal(out.device.mac, "\x02\x42\x0a\x14\x02\x03", MAC_SIZE);
    assert_int_equal(out.device.known, DEVICE_INVENTORY);
    assert_int_equal(out.incidents, 2);
    assert_int_equal(out.attempts, 6);
    assert_int_equal(out.stopped, 4);
    char text[ADDRESS_TEXT_SIZE];
    assert_string_equal(address_text(&out.latest, text), "2001:db8::7");
    assert_int_equal(summary_device_addresses(world->writer, number, on_address, found), STATUS_OK);
    assert_string_equal(address_text(&found[0].address, text), "2001:db8::7");
    assert_int_equal(found[1].rows, 6);
    assert_int_equal(found[1].first, NOON - HOUR);
    assert_int_equal(found[1].last, NOON + 1);
    assert_int_equal(found[2].rows, 0);
    assert_int_equal(summary_device(world->writer, number + 1, &out), STATUS_NOT_FOUND);
}

/* Lines of another gateway may come later, and be older. */
static void what_was_known_later_holds(void **state)
{
    struct world *world = *state;
    struct device device = device_called("asset:A-1");
    struct device_address seen = seen_at("10.20.2.3", NOON, NOON, 1);
    struct device_seen out;
    uint64_t number;
    begin(world);
    memcpy(device.host, "new", 4);
    device.has_mac = true;
    device.mac[5] = 2;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &number), STATUS_OK);
    seen = seen_at("10.20.2.3", NOON - HOUR, NOON - HOUR, 1);
    memcpy(device.host, "old", 4);
    memcpy(device.owner, "somebody", 9);
    device.mac[5] = 1;
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &number), STATUS_OK);
    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_string_equal(out.device.host, "new");
    assert_string_equal(out.device.owner, "somebody");
    assert_int_equal(out.device.mac[5], 2);
    seen = seen_at("10.20.2.3", NOON, NOON + HOUR, 1);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &number), STATUS_OK);
    assert_int_equal(summary_device(world->writer, number, &out), STATUS_OK);
    assert_string_equal(out.device.host, "old");
    assert_int_equal(out.device.mac[5], 1);
    commit(world);
}

static bool on_device(void *owner, const struct device_seen *seen)
{
    struct listed *listed = owner;
    listed->number[listed->count++] = seen->number;
    return listed->most == 0 || listed->count < listed->most;
}

static void assert_devices(struct world *world, const char *text, uint32_t skip, uint32_t most,
                           uint32_t count, uint64_t first)
{
    struct listed listed = {.most = most};
    assert_int_equal(summary_devices(world->writer, text, skip, on_device, &listed), STATUS_OK);
    assert_int_equal(listed.count, count);
    if (count > 0)
        assert_int_equal(listed.number[0], first);
}

static void devices_are_found_by_any_text(void **state)
{
    struct world *world = *state;
    char endless[2000];
    begin(world);
    uint64_t a = keep_device(world, "asset:A-100%", NOON);
    uint64_t b = keep_device(world, "mac:02:42:0a:14:02:99", NOON + 1);
    struct device device = device_called("address:10.9.9.9");
    const struct device_address seen = seen_at("10.9.9.9", NOON + 2, NOON + 2, 1);
    uint64_t c;
    memcpy(device.host, "Poste_7\\x", 10);
    memcpy(device.owner, "\xc3\x89mile", 7);
    memcpy(device.tag, "T-1", 4);
    assert_int_equal(summary_keep_device(world->writer, &device, &seen, &c), STATUS_OK);
    commit(world);
    assert_devices(world, NULL, 0, 0, 3, c);
    assert_devices(world, NULL, 1, 0, 2, b);
    assert_devices(world, NULL, 0, 2, 2, c);
    assert_devices(world, NULL, 3, 0, 0, 0);
    assert_devices(world, "asset", 0, 0, 1, a);
    assert_devices(world, "100%", 0, 0, 1, a);
    assert_devices(world, "%", 0, 0, 1, a);
    assert_devices(world, "_", 0, 0, 1, c);
    assert_devices(world, "\\", 0, 0, 1, c);
    assert_devices(world, "poste", 0, 0, 1, c);
    assert_devices(world, "\xc3\x89m", 0, 0, 1, c);
    assert_devices(world, "t-1", 0, 0, 1, c);
    assert_devices(world, "10.20.2", 0, 0, 2, b);
    assert_devices(world, "nobody", 0, 0, 0, 0);
    assert_devices(world, "' OR 1=1 --", 0, 0, 0, 0);
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = 0;
    assert_devices(world, endless, 0, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_gathers_what_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_known_later_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(devices_are_found_by_any_text, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
