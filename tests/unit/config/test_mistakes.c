/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves config/read, check and check_policy: every mistake of a file is named in one run, with its
 * place and a remedy.
 */
#include "read.h"

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
        cmocka_unit_test_teardown(test_all_mistakes, end_test),
        cmocka_unit_test_teardown(test_forward, end_test),
        cmocka_unit_test_teardown(test_lost_list, end_test),
        cmocka_unit_test_teardown(test_stopped, end_test),
        cmocka_unit_test_teardown(test_inspectd, end_test),
        cmocka_unit_test_teardown(test_inspectd_names, end_test),
        cmocka_unit_test_teardown(test_inspectd_folder, end_test),
        cmocka_unit_test_teardown(test_told, end_test),
        cmocka_unit_test_teardown(test_unknown_list, end_test),
        cmocka_unit_test_teardown(test_missing_files, end_test),
        cmocka_unit_test_teardown(test_limits, end_test),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
