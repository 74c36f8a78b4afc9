/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lease_log - what was learned is known again, from a file that stays small; whoever kills us.
 */
#include "history/lease_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { DEVICES = 400, KILLS = 50, LEASES_MOST = 100000 };

static const clock_us BEGIN = UINT64_C(1795478400) * 1000000, HOUR = UINT64_C(3600000000);

struct desk {
    char folder[64], file[128];
    struct devices *devices;
    struct lease_log *log;
};

static void open_log(struct desk *desk)
{
    desk->devices = devices_new(LEASES_MOST);
    assert_non_null(desk->devices);
    desk->log = lease_log_open(desk->folder, desk->devices, BEGIN);
    assert_non_null(desk->log);
}

static void close_log(struct desk *desk)
{
    lease_log_close(desk->log);
    devices_free(desk->devices);
    desk->log = NULL;
    desk->devices = NULL;
}

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    memcpy(desk->folder, "/tmp/ponor-leases-XXXXXX", sizeof "/tmp/ponor-leases-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->file, sizeof desk->file, "%s/%s", desk->folder, LEASE_LOG_FILE);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    close_log(desk);
    remove_tree(desk->folder);
    free(desk);
    return 0;
}

/* Of this device, for two hours from this one on: each makes the one before longer. */
static struct lease lease_of(uint32_t device, uint32_t hour)
{
    struct lease lease = {.has_mac = true, .known = DEVICE_LEASE, .from = BEGIN + hour * HOUR};
    lease.address.bytes[14] = (uint8_t)(device >> 8);
    lease.address.bytes[15] = (uint8_t)device;
    lease.mac[4] = (uint8_t)(device >> 8);
    lease.mac[5] = (uint8_t)device;
    lease.until = lease.from + 2 * HOUR;
    return lease;
}

static void learn_hour(struct desk *desk, uint32_t hour)
{
    bool is_news;
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct lease lease = lease_of(i, hour);
        assert_int_equal(devices_add_lease(desk->devices, &lease, DEVICE_LEASE, &is_news),
                         STATUS_OK);
        if (is_news)
            lease_log_add(desk->log, &lease, DEVICE_LEASE);
    }
    lease_log_flush(desk->log);
}

/* All devices held their addresses until the end of this hour, and after it nobody did. */
static void assert_known(const struct devices *devices, uint32_t hours)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        const struct lease lease = lease_of(i, 0);
        struct device device;
        devices_find(devices, &lease.address, BEGIN, NULL, &device);
        assert_memory_equal(device.key, "mac:", 4);
        devices_find(devices, &lease.address, BEGIN + hours * HOUR + HOUR / 2, NULL, &device);
        assert_memory_equal(device.key, "mac:", 4);
        devices_find(devices, &lease.address, BEGIN - 1, NULL, &device);
        assert_memory_equal(device.key, "address:", 8);
    }
}

static uint64_t size_of(const char *file)
{
    struct stat facts;
    return stat(file, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

static void the_file_stays_small(void **state)
{
    struct desk *desk = *state;
    enum { HOURS = 200 };
    uint64_t largest = 0;
    open_log(desk);
    for (uint32_t hour = 0; hour < HOURS; hour++) {
        learn_hour(desk, hour);
        const uint64_t size = size_of(desk->file);
        largest = size > largest ? size : largest;
    }
    close_log(desk);
    print_message("# at most %llu bytes\n", (unsigned long long)largest);
    /* 200 hours of 400 leases are more than five times as much. */
    assert_true(largest > LEASE_LOG_LEAST / 2 && largest < LEASE_LOG_LEAST + 65536);
    open_log(desk);
    assert_known(desk->devices, HOURS);
    assert_int_equal(devices_lease_count(desk->devices), DEVICES);
}

static void half_a_line_is_no_lease(void **state)
{
    struct desk *desk = *state;
    open_log(desk);
    learn_hour(desk, 0);
    close_log(desk);
    FILE *file = fopen(desk->file, "a");
    assert_non_null(file);
    fputs("1795478400000000 1795485", file);
    fclose(file);
    const uint64_t size = size_of(desk->file);
    open_log(desk);
    assert_int_equal(size_of(desk->file), size - strlen("1795478400000000 1795485"));
    learn_hour(desk, 1);
    close_log(desk);
    open_log(desk);
    assert_known(desk->devices, 2);
}

/* What cannot be read is not written over by what little is known. */
static void what_cannot_be_read_stays(void **state)
{
    struct desk *desk = *state;
    char other[160];
    snprintf(other, sizeof other, "%s/other", desk->folder);
    open_log(desk);
    learn_hour(desk, 0);
    close_log(desk);
    const uint64_t size = size_of(desk->file);
    assert_int_equal(rename(desk->file, other), 0);
    assert_int_equal(symlink(other, desk->file), 0);
    open_log(desk);
    for (uint32_t hour = 1; hour < 80; hour++)
        learn_hour(desk, hour);
    close_log(desk);
    assert_int_equal(size_of(other), size);
    assert_int_equal(unlink(desk->file), 0);
    assert_int_equal(rename(other, desk->file), 0);
    open_log(desk);
    assert_known(desk->devices, 1);
}

/* A disk that is full, and has room again: all of it is in the file then. */
static void a_full_disk_is_made_up_for(void **state)
{
    struct desk *desk = *state;
    struct rlimit before, small;
    open_log(desk);
    learn_hour(desk, 0);
    const uint64_t size = size_of(desk->file);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = size / 2;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &old), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    learn_hour(desk, 1);
    learn_hour(desk, 2);
    assert_int_equal(size_of(desk->file), size);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(sigaction(SIGXFSZ, &old, NULL), 0);
    lease_log_flush(desk->log);
    struct desk other = *desk;
    open_log(&other); /* as who comes when the first one was killed */
    assert_known(other.devices, 3);
    close_log(&other);
}

/* Says by a byte each hour that is in the file. */
static pid_t learn_elsewhere(struct desk *desk, uint32_t hour, int told)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    open_log(desk);
    for (;; hour++) {
        learn_hour(desk, hour);
        if (write(told, "", 1) != 1)
            _exit(1);
    }
}

static void killed_at_any_moment(void **state)
{
    struct desk *desk = *state;
    uint32_t hours = 0;
    srandom(7);
    for (unsigned i = 0; i < KILLS; i++) {
        int told[2], how;
        char byte[4096];
        ssize_t got;
        assert_int_equal(pipe(told), 0);
        pid_t pid = learn_elsewhere(desk, hours, told[1]);
        close(told[1]);
        const uint32_t until = hours + 1 + (uint32_t)(random() % 30);
        while (hours < until && read(told[0], byte, 1) == 1)
            hours++;
        usleep((useconds_t)(random() % 3000));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFSIGNALED(how));
        while ((got = read(told[0], byte, sizeof byte)) > 0)
            hours += (uint32_t)got;
        close(told[0]);
        open_log(desk);
        assert_known(desk->devices, hours);
        close_log(desk);
        assert_true(size_of(desk->file) / 2 < LEASE_LOG_LEAST);
    }
    print_message("# %u hours of %u leases\n", hours, DEVICES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_stays_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_line_is_no_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_made_up_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_at_any_moment, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
