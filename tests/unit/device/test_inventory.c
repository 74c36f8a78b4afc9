/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What inventory.h promises: YAML and CSV say the same; every error in one run, with its place and
 * a remedy; a file with an error changes nothing.
 */
#include "device/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/texts.h"

struct place {
    struct devices *devices;
    struct problems *problems;
};

static int open_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    p->devices = devices_new(10);
    p->problems = problems_new();
    *state = p;
    return p->devices == NULL || p->problems == NULL;
}

static int close_place(void **state)
{
    struct place *p = *state;
    devices_free(p->devices);
    problems_free(p->problems);
    free(p);
    return 0;
}

static void reads(struct place *p, const char *text, const char *file, enum status status)
{
    memset(p->problems, 0, sizeof *p->problems);
    assert_int_equal(inventory_read_text(span_text(text), file, p->devices, p->problems), status);
    assert_int_equal(p->problems->errors > 0, status != STATUS_OK);
}

/* The next problem is this one. */
static void says(const struct place *p, size_t n, unsigned line, unsigned column, const char *text)
{
    assert_true(n < p->problems->count);
    const struct problem *problem = &p->problems->list[n];
    assert_int_equal(problem->line, line);
    assert_int_equal(problem->column, column);
    if (strstr(problem->text, text) == NULL)
        assert_string_equal(problem->text, text);
}

static struct device found(const struct place *p, const char *address, const char *mac)
{
    const struct address of = address_of(address);
    uint8_t bytes[MAC_SIZE];
    struct device device;
    assert_true(mac == NULL || mac_parse(mac, bytes));
    devices_find(p->devices, &of, 1, mac == NULL ? NULL : bytes, &device);
    return device;
}

static void check_two(const struct place *p)
{
    struct device device = found(p, "10.20.2.3", NULL);
    assert_string_equal(device.key, "asset:A-1234");
    assert_string_equal(device.host, "laptop, of \"j\"");
    assert_string_equal(device.owner, "J. Do\xc3\xab");
    assert_string_equal(device.group, "staff");
    device = found(p, "10.99.0.1", "02:42:0a:14:02:04");
    assert_string_equal(device.key, "mac:02:42:0a:14:02:04");
    assert_string_equal(device.host, "printer");
    assert_int_equal(device.known, DEVICE_INVENTORY);
}

static void test_yaml(void **state)
{
    reads(*state,
          "devices:\n"
          "  - address: 10.20.2.3\n"
          "    mac: 02:42:0a:14:02:03\n"
          "    host: 'laptop, of \"j\"'\n"
          "    tag: A-1234\n"
          "    owner: J. Do\xc3\xab\n"
          "    group: staff\n"
          "  - {mac: 02-42-0A-14-02-04, host: printer}\n",
          "inventory.yaml", STATUS_OK);
    check_two(*state);
}

static void test_csv(void **state)
{
    static const char *const same[] = {
        "address,mac,host,tag,owner,group\n"
        "10.20.2.3,02:42:0a:14:02:03,\"laptop, of \"\"j\"\"\",A-1234,J. Do\xc3\xab,staff\n"
        ",02-42-0A-14-02-04,printer,,,\n",
        "\xef\xbb\xbf"
        "Owner;GROUP;Bought on;Tag;Host;MAC;Address\r\n"
        "J. Do\xc3\xab;staff;\"2025\r\nor so\";A-1234;\"laptop, of \"\"j\"\"\";02420a140203;"
        "10.20.2.3/32\r\n"
        "\r\n"
        "; ;;; printer ;02420a140204;",
    };
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        reads(*state, same[i], "Inventory.CSV", STATUS_OK);
        check_two(*state);
    }
}

static void test_all_errors(void **state)
{
    struct place *p = *state;
    reads(p, "mac,tag\n02:00:00:00:00:01,A-1\n", "i.csv", STATUS_OK);
    const uint64_t version = devices_version(p->devices);
    reads(p,
          "address,mac,host,tag\n"
          "10.0.0.300,02:00:00:00:00:02,a,b\n"   /* 2 */
          "10.0.0.1/8,,a,b\n"                    /* 3 */
          ",02:00:00:00:00,a,b\n"                /* 4 */
          ",,a,b\n"                              /* 5 */
          "10.0.0.1,02:00:00:00:00:03,a,b,c,d\n" /* 6 */
          "10.0.0.2,,a\"b,c\n"                   /* 7 */
          "10.0.0.3,,\"a\"b,c\n"                 /* 8 */
          "10.0.0.4,,a\x01,c\n"                  /* 9 */
          "10.0.0.5,02:00:00:00:00:05,a,b\n"
          "10.0.0.6,02:00:00:00:00:05,a,other\n" /* 11 */
          "10.0.0.7,,\"no end\n",                /* 12 */
          "i.csv", STATUS_INVALID);
    says(p, 0, 2, 1, "takes a prefix such as");
    says(p, 1, 3, 1, "write 10.0.0.0/8");
    says(p, 2, 4, 2, "takes a MAC such as");
    says(p, 3, 5, 1, "neither address nor mac");
    says(p, 4, 6, 32, "more cells");
    says(p, 5, 7, 11, "put the whole cell into quotes");
    says(p, 6, 8, 11, "write a quote inside of a cell twice");
    says(p, 7, 9, 11, "control character");
    says(p, 8, 11, 1, "further up");
    says(p, 9, 12, 11, "has no end");
    assert_int_equal(p->problems->errors, 10);
    assert_int_equal(devices_version(p->devices), version);
    assert_string_equal(found(p, "10.0.0.9", "02:00:00:00:00:01").key, "asset:A-1");
    assert_string_equal(found(p, "10.0.0.5", NULL).key, "address:10.0.0.5");

    reads(p,
          "devices:\n"
          "  - address: 10.0.0.300\n"
          "  - adress: 10.0.0.1\n"
          "    mac: 02:00:00:00:00:02\n"
          "  - host: x\n"
          "  - mac: x\n",
          "i.yml", STATUS_INVALID);
    says(p, 0, 2, 14, "takes a prefix such as");
    says(p, 1, 3, 5, "adress");
    says(p, 2, 5, 5, "neither address nor mac");
    says(p, 3, 6, 10, "takes a MAC such as");
    assert_int_equal(devices_version(p->devices), version);
}

static void test_heading(void **state)
{
    struct place *p = *state;
    reads(p, "host,tag\na,b\n", "i.csv", STATUS_INVALID);
    says(p, 0, 1, 1, "the first line must name the columns");
    reads(p, "", "i.csv", STATUS_INVALID);
    reads(p, "mac,host,Mac\n", "i.csv", STATUS_INVALID);
    says(p, 0, 1, 10, "stands twice");
    reads(p,
          "\xff\xfe"
          "m",
          "i.csv", STATUS_INVALID);
    says(p, 0, 1, 1, "UTF-8");
    reads(p, "mac,tag\n", "i.csv", STATUS_OK); /* nothing in it is an inventory, too */
    reads(p, "mac\n", "i.ods", STATUS_INVALID);
    says(p, 0, 0, 0, "rename it");
    reads(p, "other: x\n", "i.yaml", STATUS_INVALID);
    char wide[3000] = "mac";
    for (int i = 0; i < 300; i++)
        memcpy(wide + 3 + 2 * i, ",x", 3);
    reads(p, wide, "i.csv", STATUS_INVALID);
    says(p, 0, 1, 515, "more than 256 columns");
}

static void test_hostile(void **state)
{
    struct place *p = *state;
    char *text = malloc(20100);
    int length = snprintf(text, 20100, "mac,host\n02:00:00:00:00:01,");
    memset(text + length, 'x', 10000);
    snprintf(text + length + 10000, 100, "\n02:00:00:00:00:02,\xed\xa0\x80\n");
    reads(p, text, "i.csv", STATUS_INVALID);
    says(p, 0, 2, 19, "longer than 4096 bytes");
    says(p, 1, 3, 19, "control character");
    snprintf(text + length + 200, 100, "\n");
    reads(p, text, "i.csv", STATUS_INVALID);
    says(p, 0, 2, 19, "at most 127 fit");
    free(text);
    memset(p->problems, 0, sizeof *p->problems);
    assert_int_equal(inventory_read_text(span_of("mac,host\n02:00:00:00:00:01,a\0b\n", 31), "i.csv",
                                         p->devices, p->problems),
                     STATUS_INVALID);
    says(p, 0, 2, 19, "zero byte");
}

static void test_files(void **state)
{
    struct place *p = *state;
    char file[] = "/tmp/inventory-XXXXXX.csv";
    static const char text[] = "mac,tag\n02:00:00:00:00:01,A-1\n";
    const int fd = mkstemps(file, 4);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    assert_int_equal(inventory_read(file, p->devices, p->problems), STATUS_OK);
    unlink(file);
    assert_string_equal(found(p, "10.0.0.9", "02:00:00:00:00:01").key, "asset:A-1");
    assert_int_equal(inventory_read(file, p->devices, p->problems), STATUS_INVALID);
    says(p, 0, 0, 0, "cannot be read");
    assert_int_equal(inventory_read("/", p->devices, p->problems), STATUS_INVALID);
    assert_string_equal(found(p, "10.0.0.9", "02:00:00:00:00:01").key, "asset:A-1");
}

/* What conf/ shows can be read, and both say the same. */
static void test_examples(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"inventory.example.csv", "inventory.example.yaml"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char file[512];
        snprintf(file, sizeof file, "%s/%s", getenv("CONF"), names[i]);
        assert_int_equal(inventory_read(file, p->devices, p->problems), STATUS_OK);
        assert_string_equal(found(p, "10.20.2.3", NULL).key, "asset:A-1234");
        assert_string_equal(found(p, "10.99.0.1", "02:42:0a:14:02:04").key, "asset:A-1235");
        assert_string_equal(found(p, "10.20.9.17", NULL).host, "lobby-kiosk");
        assert_string_equal(found(p, "2001:db8:20::53", NULL).key, "asset:A-1240");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_yaml, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_csv, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_all_errors, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_heading, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_hostile, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_files, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_examples, open_place, close_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
