/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves config/read, check, check_policy and sources: what a file says arrives, in both outputs;
 * and every mistake of a file is named in one run.
 */
#include "config/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../dns/texts.h"

static char folder[] = "/tmp/ponor-test-config-XXXXXX", real[200], file[300];
static struct config config;
static struct config_policy *policy;
static const struct policy_source *source;
static char printed[40000];

static void put(const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* Files: conf/ponor.yaml, lists/a.yaml, lists/b.hosts, root.key. */
static int make_folder(void **state)
{
    char path[400];
    char *found = mkdtemp(folder) != NULL ? realpath(folder, NULL) : NULL;
    if (found == NULL)
        return -1;
    snprintf(real, sizeof real, "%s", found);
    free(found);
    static const char *const folders[] = {"conf", "lists"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        mkdir(path, 0700);
    }
    put("lists/a.yaml", "list: a\n");
    put("lists/b.hosts", "0.0.0.0 b.example\n");
    put("root.key", ". IN DS 20326 8 2 00\n");
    snprintf(file, sizeof file, "%s/conf/ponor.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {
        "conf/ponor.yaml", "lists/a.yaml", "lists/b.hosts", "root.key", "conf", "lists", ""};
    char path[400];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return 0;
}

/* Replaces every path of the folder by `DIR`, so that texts can be compared. */
static void hide_folder(char *text)
{
    for (char *at; (at = strstr(text, folder)) != NULL;) {
        memcpy(at, "DIR", 3);
        memmove(at + 3, at + strlen(folder), strlen(at + strlen(folder)) + 1);
    }
}

static enum status read_string(const char *text)
{
    struct problems *problems = problems_new();
    FILE *out = tmpfile();
    assert_non_null(out);
    put("conf/ponor.yaml", text);
    config_policy_free(policy);
    policy = NULL;
    enum status status = config_read(file, &config, &policy, problems);
    source = status == STATUS_OK ? config_policy_source(policy) : NULL;
    problems_print(problems, fileno(out));
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = 0;
    hide_folder(printed);
    fclose(out);
    assert_int_equal(status == STATUS_OK, problems->errors == 0);
    problems_free(problems);
    return status;
}

static int end_test(void **state)
{
    config_policy_free(policy);
    policy = NULL;
    return 0;
}

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

static bool protects_prefix(const char *text)
{
    const struct prefix prefix = prefix_of(text);
    for (size_t i = 0; i < source->protected_prefix_count; i++)
        if (source->protected_prefixes[i].bits == prefix.bits &&
            address_equal(&source->protected_prefixes[i].base, &prefix.base))
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

/* A file beside this test; the caller frees it. */
static char *slurp(const char *name)
{
    char path[400], *text = calloc(1, sizeof printed);
    snprintf(path, sizeof path, "%s/tests/unit/config/%s", SOURCE_ROOT, name);
    FILE *in = fopen(path, "r");
    assert_true(in != NULL && text != NULL);
    assert_in_range(fread(text, 1, sizeof printed - 1, in), 1, sizeof printed - 2);
    fclose(in);
    return text;
}

/* Many mistakes of many kinds, all of them in one run. */
static void test_all_mistakes(void **state)
{
    char *text = slurp("mistakes.yaml"), *expected = slurp("mistakes.expected");
    assert_int_equal(read_string(text), STATUS_INVALID);
    /* Line by line, so that a failure shows the one that differs. */
    char *got = printed, *want = expected;
    while (*got != 0 || *want != 0) {
        size_t got_length = strcspn(got, "\n"), want_length = strcspn(want, "\n");
        got[got_length] = want[want_length] = 0;
        assert_string_equal(got, want);
        got += got_length + 1;
        want += want_length + 1;
    }
    free(text);
    free(expected);
}

static void test_forward(void **state)
{
    assert_int_equal(read_string("dnsd:\n  mode: forward\n"), STATUS_INVALID);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:2:9: error: `mode: forward` needs servers to "
                                 "ask: name them in `forward: to:`\n");
    /* No trust anchor is needed, nor looked for. */
    assert_int_equal(read_string("dnsd:\n  mode: forward\n  forward: {to: [192.0.2.53]}\n"),
                     STATUS_OK);
    assert_string_equal(printed, "");
    assert_true(protects_prefix("192.0.2.53"));
    assert_int_equal(read_string("dnsd:\n  mode: forward\n  forward: {to: [127.0.0.1@53]}\n"),
                     STATUS_INVALID);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:3:18: error: `to` sends questions to "
                                 "127.0.0.1@53, where dnsd itself listens\n");
    assert_int_equal(read_string("dnsd:\n  forward: {to: [192.0.2.53]}\n"
                                 "  recurse: {trust_anchor: ''}\n"),
                     STATUS_OK);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:2:18: warning: `forward: to:` is not used: "
                                 "`mode` is recurse\n");
}

/* A list with an error of its own is not called unknown too. */
static void test_lost_list(void **state)
{
    assert_int_equal(read_string("groups: [{group: default, lists: [a]}]\n"
                                 "lists: [{list: a, fil: x}]\n"
                                 "dnsd: {recurse: {trust_anchor: ''}}\n"),
                     STATUS_INVALID);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:2:9: error: a list lacks `file`\n"
                                 "DIR/conf/ponor.yaml:2:19: error: a list has no key `fil`; did "
                                 "you mean `file`?\n");
}

/* What stands behind a syntax error, or in no file at all, is not missed. */
static void test_stopped(void **state)
{
    struct problems *problems = problems_new();
    assert_int_equal(
        read_string("dnsd:\n  mode: forward\n  workers: 65\n  pending: 99\n\tforward: x\n"),
        STATUS_INVALID);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:3:12: error: `workers`: 65 is more than 64\n"
                                 "DIR/conf/ponor.yaml:5:1: error: a tab stands here: indent with "
                                 "spaces; reading stops here\n");
    assert_int_equal(config_read("/nonexistent.yaml", &config, NULL, problems), STATUS_INVALID);
    assert_int_equal(problems->count, 1);
    assert_string_equal(problems->list[0].text, "cannot be read: No such file or directory");
    problems_free(problems);
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

static void test_inspectd(void **state)
{
    assert_int_equal(
        read_string("dnsd: {recurse: {trust_anchor: ''}}\n"
                    "inspectd:\n  interfaces: [eth0, any]\n  filter: tcp or udp\n"
                    "  resolvers: [10.0.0.53, 10.1.0.0/16]\n  events: {folder: ../seen}\n"),
        STATUS_OK);
    assert_int_equal(config.inspectd.interface_count, 2);
    assert_string_equal(config.inspectd.interfaces[1], "any");
    assert_string_equal(config.inspectd.filter, "tcp or udp");
    assert_int_equal(config.inspectd.resolver_count, 2);
    assert_int_equal(config.inspectd.resolvers[1].bits, 112);
    assert_int_equal(config.inspectd.workers, 1);
    assert_int_equal(config.inspectd.snap, 65536);
    assert_int_equal(config.inspectd.tcp_idle_seconds, 300);
    assert_string_equal(config.inspectd.events.folder + strlen(real), "/seen");

    assert_int_equal(read_string("dnsd: {recurse: {trust_anchor: ''}}\n"
                                 "control: /run/a\n"
                                 "inspectd:\n"
                                 "  interfaces: [eth0, an-interface-of-17, eth0]\n"
                                 "  snap: 64\n"
                                 "  control: /run/a\n"
                                 "  events:\n"
                                 "    folder: /var/lib/ponor/events\n"
                                 "    ring_slots: 1000\n"
                                 "    quota: 64M\n"),
                     STATUS_INVALID);
    assert_string_equal(
        printed,
        "DIR/conf/ponor.yaml:4:22: error: `an-interface-of-17` is not the name of an interface: it "
        "has 1 to 15 bytes, without blanks, / and :\n"
        "DIR/conf/ponor.yaml:4:42: error: `interfaces` names eth0 twice\n"
        "DIR/conf/ponor.yaml:5:9: error: `snap`: 64 is less than 128\n"
        "DIR/conf/ponor.yaml:6:12: error: `control` of inspectd is dnsd's: each has its own\n"
        "DIR/conf/ponor.yaml:8:13: error: `folder` of inspectd is dnsd's: a folder has one writer\n"
        "DIR/conf/ponor.yaml:9:17: error: `ring_slots`: 1000 is no power of two; take 512 or 1024\n"
        "DIR/conf/ponor.yaml:10:12: error: `quota` is 67108864 bytes and must be at least twice "
        "`rotate_size`, which is 67108864: the file being written and one before it\n");
}

static void test_inspectd_names(void **state)
{
    static const char *const good[] = {"eth0",   "any",  "eth0.100",
                                       "br-lan", "wg_1", "fifteen-bytes-x"};
    static const char *const bad[] = {"''",     "'.'",     "..",          "eth/0",
                                      "eth0:1", "'eth 0'", "eth\xc3\xa9", "sixteen-bytes-xx"};
    char text[200];
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        snprintf(text, sizeof text,
                 "dnsd: {recurse: {trust_anchor: ''}}\ninspectd: {interfaces: ['%s']}\n", good[i]);
        assert_int_equal(read_string(text), STATUS_OK);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(text, sizeof text,
                 "dnsd: {recurse: {trust_anchor: ''}}\ninspectd: {interfaces: [%s]}\n", bad[i]);
        assert_int_equal(read_string(text), STATUS_INVALID);
        assert_non_null(strstr(printed, "is not the name of an interface"));
    }
}

static void test_inspectd_folder(void **state)
{
    static const struct {
        const char *folder;
        enum status status;
    } cases[] = {
        {"/var/lib/ponor/events/", STATUS_INVALID},   {"/var//lib/ponor/events", STATUS_INVALID},
        {"//var/lib/ponor/events//", STATUS_INVALID}, {"/var/lib/ponor/event", STATUS_OK},
        {"/var/lib/ponor/events2", STATUS_OK},        {"/var/lib/ponor/events/wire", STATUS_OK},
    };
    char text[200];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(text, sizeof text,
                 "dnsd: {recurse: {trust_anchor: ''}}\ninspectd: {events: {folder: %s}}\n",
                 cases[i].folder);
        assert_int_equal(read_string(text), cases[i].status);
        if (cases[i].status != STATUS_OK)
            assert_string_equal(printed, "DIR/conf/ponor.yaml:2:29: error: `folder` of inspectd is "
                                         "dnsd's: a folder has one writer\n");
    }
}

static void test_told(void **state)
{
    assert_int_equal(read_string("dnsd: {recurse: {trust_anchor: ''}}\n"), STATUS_OK);
    assert_string_equal(config.dnsd.told, "");
    assert_int_equal(read_string("dnsd:\n  recurse: {trust_anchor: ''}\n"
                                 "  told: {file: ../told, slots: 4096}\n"),
                     STATUS_OK);
    assert_int_equal(config.dnsd.told_slots, 4096);
    assert_string_equal(config.dnsd.told + strlen(real), "/told");
    assert_int_equal(read_string("dnsd:\n  recurse: {trust_anchor: ''}\n"
                                 "  told: {file: ../told, slots: 5000}\n"),
                     STATUS_INVALID);
    assert_string_equal(printed, "DIR/conf/ponor.yaml:3:32: error: `slots`: 5000 is no power of "
                                 "two; take 4096 or 8192\n");
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

static void test_unknown_list(void **state)
{
    assert_int_equal(read_string("groups: [{group: default, lists: [wechatt, ads]}]\n"
                                 "lists: [{list: wechat, file: ../lists/a.yaml}]\n"
                                 "dnsd: {recurse: {trust_anchor: ''}}\n"),
                     STATUS_INVALID);
    assert_string_equal(printed,
                        "DIR/conf/ponor.yaml:1:35: error: no list is called `wechatt`; did you "
                        "mean `wechat`?\n"
                        "DIR/conf/ponor.yaml:1:44: error: no list is called `ads`; `lists:` must "
                        "name it first\n");
}

static void test_missing_files(void **state)
{
    assert_int_equal(
        read_string("dnsd: {recurse: {trust_anchor: no.key, root_hints: /no.hints}}\n"),
        STATUS_INVALID);
    assert_string_equal(
        printed, "DIR/conf/ponor.yaml:1:32: error: `trust_anchor`: DIR/conf/no.key cannot be read: "
                 "No such file or directory; copy /usr/share/dns/root.key (package dns-root-data) "
                 "there, or write \"\" to do without DNSSEC\n"
                 "DIR/conf/ponor.yaml:1:52: error: `root_hints`: /no.hints cannot be read: No such "
                 "file or directory\n");
}

static void test_limits(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    fprintf(memory, "dnsd:\n  recurse: {trust_anchor: ''}\n  stubs:\n");
    for (int i = 0; i <= STUBS_MOST; i++)
        fprintf(memory, "    - {zone: z%d.example, servers: [192.0.2.1]}\n", i);
    fprintf(memory, "  listen:\n");
    for (int i = 0; i <= LISTEN_MOST; i++)
        fprintf(memory, "    - 127.0.0.1@%d\n", 1000 + i);
    fprintf(memory, "groups:\n");
    for (int i = 0; i <= GROUPS_MOST; i++)
        fprintf(memory, "  - {group: g%d, clients: [10.0.%d.%d], lists: []}\n", i, i / 256,
                i % 256);
    fclose(memory);
    assert_int_equal(read_string(text), STATUS_INVALID);
    assert_string_equal(printed,
                        "DIR/conf/ponor.yaml:68:7: error: `stubs` has more than 64 entries\n"
                        "DIR/conf/ponor.yaml:102:7: error: `listen` has more than 32 entries\n"
                        "DIR/conf/ponor.yaml:360:5: error: `groups` has more than 256 entries\n");
    free(text);
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
        cmocka_unit_test_teardown(test_all_mistakes, end_test),
        cmocka_unit_test_teardown(test_forward, end_test),
        cmocka_unit_test_teardown(test_lost_list, end_test),
        cmocka_unit_test_teardown(test_stopped, end_test),
        cmocka_unit_test_teardown(test_control_paths, end_test),
        cmocka_unit_test_teardown(test_inspectd, end_test),
        cmocka_unit_test_teardown(test_inspectd_names, end_test),
        cmocka_unit_test_teardown(test_inspectd_folder, end_test),
        cmocka_unit_test_teardown(test_told, end_test),
        cmocka_unit_test(test_bundled),
        cmocka_unit_test_teardown(test_unknown_list, end_test),
        cmocka_unit_test_teardown(test_missing_files, end_test),
        cmocka_unit_test_teardown(test_limits, end_test),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
