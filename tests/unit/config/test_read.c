/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves config/read and sources: what a file says arrives, in both outputs. Mistakes:
 * test_mistakes.
 */
#include "read.h"

static const char *const whole = "gateway: gw-1\n"
                                 "image: ../run/policy.image\n"
                                 "control: ./control.sock\n"
                                 "log: debug\n"
                                 "max_change: 30%\n"
                                 "protect:\n"
                                 "  names: [Agency.example]\n"
                                 "  addresses: [198.51.100.0/24]\n"
                                 "groups:\n"
                                 "  - group: mobile\n"
                                 "    clients: [10.20.0.0/16, 2001:db8:20::/48]\n"
                                 "    lists: [b, a]\n"
                                 "  - group: office\n"
                                 "    clients: [10.20.7.0/24]\n"
                                 "    lists: [a]\n"
                                 "    mode: observe\n"
                                 "    remove_ech: no\n"
                                 "    strict: yes\n"
                                 "  - group: default\n"
                                 "    lists: []\n"
                                 "lists:\n"
                                 "  - list: a\n"
                                 "    file: ../lists/a.yaml\n"
                                 "  - list: b\n"
                                 "    file: ../lists/b.hosts\n"
                                 "    format: hosts\n"
                                 "    ticket: T-1\n"
                                 "dnsd:\n"
                                 "  listen: [0.0.0.0@5353, 192.0.2.1, \"::1@54\"]\n"
                                 "  workers: 3\n"
                                 "  sinkhole: [192.0.2.99]\n"
                                 "  mode: recurse\n"
                                 "  recurse:\n"
                                 "    trust_anchor: ../root.key\n"
                                 "    via: [192.0.2.53@5300]\n"
                                 "    negative_anchors: [corp.example]\n"
                                 "  stubs:\n"
                                 "    - zone: corp.example\n"
                                 "      servers: [10.0.0.53, 10.0.1.53@5353]\n"
                                 "  cache: {size: 128M, max_ttl: 2h}\n"
                                 "  stale: {keep: 0}\n"
                                 "  events: {folder: ../events, ring_slots: 1024}\n";

static void test_values(void **state)
{
    char path[300];
    assert_int_equal(read_string(whole), STATUS_OK);
    assert_string_equal(printed, "");
    assert_string_equal(config.gateway, "gw-1");
    snprintf(path, sizeof path, "%s/run/policy.image", real);
    assert_string_equal(config.image, path);
    snprintf(path, sizeof path, "%s/conf/control.sock", real);
    assert_string_equal(config.control, path);
    snprintf(path, sizeof path, "%s/root.key", real);
    assert_string_equal(config.dnsd.trust_anchor, path);
    assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(config.dnsd.listen_count, 3);
    assert_int_equal(config.dnsd.listen[0].port, 5353);
    assert_int_equal(config.dnsd.listen[1].port, 53);
    assert_int_equal(config.dnsd.listen[2].port, 54);
    assert_int_equal(config.dnsd.workers, 3);
    assert_int_equal(config.dnsd.sinkhole_count, 1);
    assert_int_equal(config.dnsd.recurse_via[0].port, 5300);
    assert_int_equal(config.dnsd.negative_anchor_count, 1);
    assert_int_equal(config.dnsd.stub_count, 1);
    assert_int_equal(config.dnsd.stubs[0].server_count, 2);
    assert_int_equal(config.dnsd.stubs[0].servers[1].port, 5353);
    assert_int_equal(config.dnsd.cache_bytes, 128 << 20);
    assert_int_equal(config.dnsd.cache_max_ttl, 7200);
    assert_int_equal(config.dnsd.stale_seconds, 0);
    assert_int_equal(config.dnsd.events.ring_slots, 1024);
}

static void test_policy_source(void **state)
{
    char path[300];
    assert_int_equal(read_string(whole), STATUS_OK);
    assert_string_equal(source->config_file, file);
    assert_int_equal(source->max_change_percent, 30);
    assert_int_equal(source->today, 0);

    assert_int_equal(source->list_count, 2);
    const struct list_source *a = &source->lists[0], *b = &source->lists[1];
    snprintf(path, sizeof path, "%s/lists/a.yaml", real);
    assert_string_equal(a->file, path);
    assert_string_equal(a->format, "yaml");
    assert_string_equal(a->title, "");
    assert_int_equal(a->action, ACTION_PASS);
    assert_int_equal(a->line, 22);
    assert_string_equal(b->format, "hosts");
    assert_string_equal(b->title, "b");
    assert_string_equal(b->app, "b");
    assert_string_equal(b->ticket, "T-1");
    assert_int_equal(b->action, ACTION_SINKHOLE);
    assert_int_equal(b->evidence, EVIDENCE_VISITED);

    assert_int_equal(source->group_count, 3);
    const struct group_source *g = source->groups;
    assert_string_equal(g[0].id, "mobile");
    assert_int_equal(g[0].client_count, 2);
    assert_int_equal(g[0].clients[1].bits, 48);
    assert_int_equal(g[0].list_count, 2);
    assert_int_equal(g[0].lists[0], 1);
    assert_int_equal(g[0].lists[1], 0);
    assert_false(g[0].observe_only);
    assert_true(g[0].remove_ech);
    assert_false(g[0].strict);
    assert_int_equal(g[0].line, 10);
    assert_true(g[1].observe_only);
    assert_false(g[1].remove_ech);
    assert_true(g[1].strict);
    assert_int_equal(g[2].client_count, 0);
    assert_int_equal(g[2].list_count, 0);
}

static bool protects_name(const char *text)
{
    const struct name name = name_of(text);
    for (size_t i = 0; i < source->protected_name_count; i++)
        if (name_equal(&source->protected_names[i], &name))
            return true;
    return false;
}

static void test_protection(void **state)
{
    assert_int_equal(read_string(whole), STATUS_OK);
    assert_true(protects_name("agency.example"));
    assert_true(protects_name("corp.example"));
    assert_true(protects_name("root-servers.net"));
    static const char *const addresses[] = {"198.51.100.0/24", "192.0.2.1", "::1",
                                            "192.0.2.53",      "10.0.0.53", "10.0.1.53",
                                            "192.0.2.99"};
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        assert_true(protects_prefix(addresses[i]));
    assert_false(protects_prefix("0.0.0.0"));
}

static void test_defaults(void **state)
{
    char path[300], host[128] = "";
    snprintf(path, sizeof path, "dnsd: {recurse: {trust_anchor: %s/root.key}}\n", folder);
    assert_int_equal(read_string(path), STATUS_OK);
    assert_string_equal(printed, "");
    gethostname(host, sizeof host - 1);
    assert_string_equal(config.gateway, host);
    assert_string_equal(config.image, "/var/lib/ponor/policy.image");
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_in_range(config.dnsd.workers, 1, WORKERS_MOST);
    assert_int_equal(config.dnsd.resolvers, 1);
    assert_int_equal(config.dnsd.listen_count, 2);
    assert_int_equal(config.dnsd.allow_count, 6);
    assert_int_equal(config.dnsd.sinkhole_count, 2);
    assert_int_equal(config.dnsd.block_ttl, 60);
    assert_int_equal(config.dnsd.cache_bytes, 64 << 20);
    assert_int_equal(config.dnsd.stale_after_ms, 1800);
    assert_int_equal(config.dnsd.query_timeout_ms, 5000);
    assert_int_equal(config.dnsd.tcp_total_ms, 120000);
    assert_int_equal(config.dnsd.rate_per_second, 0);
    assert_int_equal(config.dnsd.rebinding_protection, 1);
    assert_int_equal(config.dnsd.mode, RESOLVE_RECURSE);
    assert_int_equal(config.dnsd.events.quota_bytes, UINT64_C(4) << 30);
    assert_int_equal(config.dnsd.events.sample, 1);
    assert_int_equal(source->max_change_percent, 20);
    assert_int_equal(source->group_count, 0);
}

static void test_today(void **state)
{
    assert_int_equal(read_string(whole), STATUS_OK);
    config_policy_set_today(policy, UINT64_C(1795478399) * 1000000); /* 2026-11-23T23:59:59Z */
    assert_int_equal(source->today, 20261123);
    config_policy_set_today(policy, UINT64_C(1795478400) * 1000000);
    assert_int_equal(source->today, 20261124);
}

static void test_accept_change(void **state)
{
    assert_int_equal(read_string(whole), STATUS_OK);
    assert_int_equal(config_policy_accept_change(policy, "b"), STATUS_OK);
    assert_false(source->lists[0].accept_change);
    assert_true(source->lists[1].accept_change);
    assert_int_equal(config_policy_accept_change(policy, "c"), STATUS_NOT_FOUND);
}

/* The policy may be left out. */
static void test_options_only(void **state)
{
    struct problems *problems = problems_new();
    put("conf/ponor.yaml", whole);
    assert_int_equal(config_read(file, &config, NULL, problems), STATUS_OK);
    problems_free(problems);
}

/* Nothing of a refused file reaches the caller. */
static void test_refused_leaves_alone(void **state)
{
    assert_int_equal(read_string(whole), STATUS_OK);
    assert_int_equal(read_string("gateway: other\nimge: x\n"), STATUS_INVALID);
    assert_string_equal(config.gateway, "gw-1");
    assert_null(policy);
}

static void test_control_paths(void **state)
{
    struct control_paths paths;
    char expected[300];
    put("conf/ponor.yaml", "control: ../c.sock\ninspectd: {control: i.sock, interfaces: [eth0]}\n"
                           "workers: many\ngroups: [\n");
    assert_int_equal(config_control_paths(file, &paths), STATUS_OK);
    snprintf(expected, sizeof expected, "%s/c.sock", real);
    assert_string_equal(paths.dnsd, expected);
    snprintf(expected, sizeof expected, "%s/conf/i.sock", real);
    assert_string_equal(paths.inspectd, expected);
    assert_true(paths.inspectd_wanted);
    assert_int_equal(config_control_paths("/nonexistent.yaml", &paths), STATUS_SYSTEM);
    assert_string_equal(paths.dnsd, "/run/ponor/control.sock");
    assert_string_equal(paths.inspectd, "/run/ponor-inspectd/control.sock");
    assert_false(paths.inspectd_wanted);
}

/* The files that come with Ponor say nothing wrong. Their trust anchor is made when dnsd is set up,
 * and their lists are another test's. */
static void test_bundled(void **state)
{
    static const char *const names[] = {"ponor.yaml", "try.yaml"};
    char path[400];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct problems *problems = problems_new();
        snprintf(path, sizeof path, "%s/conf/%s", SOURCE_ROOT, names[i]);
        enum status status = config_read(path, &config, NULL, problems);
        for (size_t j = 0; j < problems->count; j++)
            if (strncmp(problems->list[j].text, "`trust_anchor`", 14) != 0)
                fail_msg("%s:%u: %s", names[i], problems->list[j].line, problems->list[j].text);
        assert_true(status == STATUS_OK || problems->count == 1);
        problems_free(problems);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_values, end_test),
        cmocka_unit_test_teardown(test_policy_source, end_test),
        cmocka_unit_test_teardown(test_protection, end_test),
        cmocka_unit_test_teardown(test_defaults, end_test),
        cmocka_unit_test_teardown(test_today, end_test),
        cmocka_unit_test_teardown(test_accept_change, end_test),
        cmocka_unit_test_teardown(test_options_only, end_test),
        cmocka_unit_test_teardown(test_refused_leaves_alone, end_test),
        cmocka_unit_test_teardown(test_control_paths, end_test),
        cmocka_unit_test(test_bundled),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
