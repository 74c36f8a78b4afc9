/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What neighbours.h promises, in a network namespace of its own: those that are there become
 * leases, those that are not do not.
 */
#include "device/neighbours.h"

#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/texts.h"

enum { MOST = 16 };
static struct lease leases[MOST];
static size_t count;

static void on_lease(void *owner, const struct lease *lease)
{
    assert_ptr_equal(owner, leases);
    assert_true(count < MOST);
    leases[count++] = *lease;
}

/* `ip` with its words; false: it failed. */
static bool ip(const char *const words[])
{
    const pid_t child = fork();
    int ended = 1;
    if (child == 0) {
        execvp("ip", (char *const *)(uintptr_t)words);
        _exit(127);
    }
    return child > 0 && waitpid(child, &ended, 0) == child && ended == 0;
}
#define IP(...) ip((const char *const[]){"ip", __VA_ARGS__, NULL})

static const struct lease *lease_of(const char *address)
{
    const struct address of = address_of(address);
    for (size_t i = 0; i < count; i++)
        if (address_equal(&leases[i].address, &of))
            return &leases[i];
    return NULL;
}

static void test_neighbours(void **state)
{
    char mac[MAC_TEXT_SIZE];
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
        skip();
    assert_int_equal(neighbours_read(100, 50, on_lease, leases), STATUS_OK);
    assert_int_equal(count, 0);
    if (!IP("link", "add", "one", "type", "veth", "peer", "name", "two") ||
        !IP("addr", "add", "10.77.0.1/24", "dev", "one") || !IP("link", "set", "one", "up") ||
        !IP("link", "set", "two", "up"))
        skip();
    assert_true(IP("neigh", "add", "10.77.0.2", "lladdr", "02:00:00:00:00:02", "dev", "one", "nud",
                   "reachable"));
    assert_true(IP("neigh", "add", "2001:db8::3", "lladdr", "02:00:00:00:00:03", "dev", "one",
                   "nud", "stale"));
    assert_true(IP("neigh", "add", "10.77.0.4", "lladdr", "02:00:00:00:00:04", "dev", "one", "nud",
                   "permanent"));
    assert_true(IP("neigh", "add", "10.77.0.5", "lladdr", "02:00:00:00:00:05", "dev", "one", "nud",
                   "failed"));
    assert_true(IP("neigh", "add", "10.77.0.6", "lladdr", "02:00:00:00:00:06", "dev", "one", "nud",
                   "noarp"));
    assert_true(IP("neigh", "add", "proxy", "10.77.0.7", "dev", "one"));
    assert_int_equal(neighbours_read(100, 50, on_lease, leases), STATUS_OK);
    assert_int_equal(count, 3);
    assert_non_null(lease_of("10.77.0.2"));
    assert_non_null(lease_of("10.77.0.4"));
    const struct lease *third = lease_of("2001:db8::3");
    assert_non_null(third);
    assert_true(third->has_mac);
    assert_string_equal(mac_text(third->mac, mac), "02:00:00:00:00:03");
    assert_int_equal(third->from, 100);
    assert_int_equal(third->until, 150);
    assert_int_equal(third->known, DEVICE_NEIGHBOUR);
}

static void on_one(void *owner, const struct lease *lease)
{
    ++*(uint64_t *)owner;
}

/* More than one answer of the kernel fits. */
static void test_many(void **state)
{
    enum { MANY = 2000 };
    char line[128], file[] = "/tmp/neighbours-XXXXXX";
    if (geteuid() != 0 || if_nametoindex("one") == 0)
        skip();
    const int fd = mkstemp(file);
    assert_true(fd >= 0);
    for (int i = 0; i < MANY; i++) {
        const int length =
            snprintf(line, sizeof line,
                     "neigh replace 10.78.%d.%d lladdr 02:00:00:01:%02x:%02x dev one "
                     "nud permanent\n",
                     i >> 8, i & 255, i >> 8, i & 255);
        assert_int_equal(write(fd, line, (size_t)length), length);
    }
    close(fd);
    const bool is_done = IP("-batch", file);
    unlink(file);
    assert_true(is_done);
    uint64_t seen = 0;
    assert_int_equal(neighbours_read(100, 50, on_one, &seen), STATUS_OK);
    assert_int_equal(seen, MANY + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
