/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves config/options_console and check_console: what the section gives, and what is refused.
 */
#include "read.h"

#define NO_ANCHOR "dnsd: {recurse: {trust_anchor: \"\"}}\n"

static void test_defaults(void **state)
{
    assert_int_equal(read_string(NO_ANCHOR), STATUS_OK);
    assert_int_equal(config.consoled.listen_count, 1);
    assert_int_equal(config.consoled.listen[0].port, 8053);
    assert_int_equal(config.consoled.store.choice, STORE_SQLITE);
    /* Both programs' own folders, when none is named. */
    assert_int_equal(config.consoled.events_count, 2);
    assert_string_equal(config.consoled.events[0], config.dnsd.events.folder);
    assert_string_equal(config.consoled.events[1], config.inspectd.events.folder);
}

static void test_all_that_can_be_said(void **state)
{
    char path[400];
    assert_int_equal(read_string(NO_ANCHOR "consoled:\n"
                                           "  listen: [127.0.0.1, \"::1@9000\"]\n"
                                           "  socket: web.sock\n"
                                           "  proxy_header: X-Remote-User\n"
                                           "  events: [../a, /srv/b]\n"
                                           "  session: {idle: 5m, total: 1h, wrong: 3, lock: 1m}\n"
                                           "  history:\n"
                                           "    folder: ../history\n"
                                           "    store: clickhouse\n"
                                           "    keep_days: 30\n"
                                           "    clickhouse:\n"
                                           "      servers: [127.0.0.1, 127.0.0.2@18123]\n"
                                           "      cluster: ponor\n"
                                           "  devices:\n"
                                           "    leases:\n"
                                           "      - {file: kea.csv, format: kea}\n"
                                           "      - {file: /var/dhcpd.leases, format: isc}\n"
                                           "    neighbours: yes\n"
                                           "    inventory: devices.yaml\n"),
                     STATUS_OK);
    assert_string_equal(printed, "");
    assert_int_equal(config.consoled.listen[0].port, 8053);
    assert_int_equal(config.consoled.listen[1].port, 9000);
    snprintf(path, sizeof path, "%s/conf/web.sock", real);
    assert_string_equal(config.consoled.socket, path);
    snprintf(path, sizeof path, "%s/a", real);
    assert_string_equal(config.consoled.events[0], path);
    assert_string_equal(config.consoled.events[1], "/srv/b");
    assert_int_equal(config.consoled.events_count, 2);
    snprintf(path, sizeof path, "%s/history", real);
    assert_string_equal(config.consoled.store.folder, path);
    assert_int_equal(config.consoled.store.choice, STORE_CLICKHOUSE);
    assert_int_equal(config.consoled.store.servers[0].port, 8123);
    assert_int_equal(config.consoled.store.servers[1].port, 18123);
    assert_int_equal(config.consoled.lease_count, 2);
    assert_int_equal(config.consoled.leases[1].format, LEASE_ISC);
    snprintf(path, sizeof path, "%s/conf/kea.csv", real);
    assert_string_equal(config.consoled.leases[0].file, path);
    assert_int_equal(config.consoled.neighbours, 1);
    assert_int_equal(config.consoled.lock_seconds, 60);
}

static void test_mistakes(void **state)
{
    static const char *const cases[][2] = {
        {"listen: [0.0.0.0]",
         ":3:12: error: passwords would cross the network in the clear on "
         "0.0.0.0@8053: name a certificate under `tls`, or listen on 127.0.0.1"},
        {"listen: []", "error: `listen` of consoled is empty and there is no `socket`: nobody "
                       "could look"},
        {"listen: [127.0.0.1, 127.0.0.1@8053]",
         "error: `listen` of consoled names 127.0.0.1@8053 twice"},
        {"tls: {certificate: a.pem}", "error: `tls` has a certificate and no key: it needs both"},
        {"tls: {client_ca: a.pem}", "error: `client_ca` needs a `certificate` of our own"},
        {"proxy_header: X-User",
         "error: `proxy_header` is heard on `socket` alone, and there is none"},
        {"{socket: a.sock, proxy_header: \"X User\"}",
         "error: `proxy_header`: `X User` is not the name of a header"},
        {"history: {store: clickhouse}",
         "error: `store: clickhouse` needs `clickhouse: {servers: [...]}`"},
        {"history: {folder: /var/lib/ponor/console/}",
         "error: `folder` of the history is consoled's own: the history may be deleted, accounts "
         "may not"},
        {"events: [/srv/a, /srv//a]", "error: `events` names /srv//a twice"},
        {"control: /run/ponor/control.sock",
         "error: `control` of consoled is another program's: each has its own"},
        {"session: {idle: 2h, total: 1h}", "error: `idle` is longer than `total`"},
        {"devices: {leases: [{file: a}]}", "error: a lease file lacks `format`"},
        {"history: {keep_days: 0}", "error: `keep_days`: 0 is less than 1"},
    };
    char text[400];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(text, sizeof text, NO_ANCHOR "consoled:%s%s\n",
                 cases[i][0][0] == '{' ? " " : "\n  ", cases[i][0]);
        assert_int_equal(read_string(text), STATUS_INVALID);
        if (strstr(printed, cases[i][1]) == NULL)
            fail_msg("%s: said: %s", cases[i][0], printed);
    }
    /* With a certificate, or said to be meant, every address will do. */
    assert_int_equal(read_string(NO_ANCHOR "consoled:\n  listen: [0.0.0.0]\n  insecure: yes\n"),
                     STATUS_OK);
    assert_int_equal(read_string(NO_ANCHOR "consoled:\n  listen: [0.0.0.0]\n"
                                           "  tls: {certificate: a.pem, key: a.key}\n"),
                     STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_defaults, end_test),
        cmocka_unit_test_teardown(test_all_that_can_be_said, end_test),
        cmocka_unit_test_teardown(test_mistakes, end_test),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
