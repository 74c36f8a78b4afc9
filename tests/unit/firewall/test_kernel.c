/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves firewall/kernel.c and queue_rule.c in a network of the test's own: the table loads as a
 * whole and leaves others alone, and what the kernel matches is what decide() says.
 */
#include "../policy/world.h"

#include "base/clock.h"
#include "firewall/draft.h"
#include "firewall/kernel.h"

#include <fcntl.h>

#include "apart.h"

enum { OUT_SIZE = 1 << 16, LONG_LIST = 10000 };

static char out[OUT_SIZE];

static struct config *config_of(enum inspect_mode mode)
{
    struct config *config = calloc(1, sizeof *config);
    assert_non_null(config);
    assert_int_equal(config_defaults(config), STATUS_OK);
    config->inspectd.mode = mode;
    config->inspectd.workers = 4;
    config->inspectd.gate.inside_count = config->inspectd.gate.outside_count = 1;
    snprintf(config->inspectd.gate.inside[0], CONFIG_WORD_SIZE, "lan0");
    snprintf(config->inspectd.gate.outside[0], CONFIG_WORD_SIZE, "wan0");
    return config;
}

static void small_world(struct world *w)
{
    world_open(w);
    world_list(w, "yaml",
               "list: l\ntitle: L\nserial: 1\naction: sinkhole\nrules:\n"
               "  - address: 198.51.100.0/24\n  - address: 198.51.100.16/28\n    action: allow\n"
               "  - address: 198.51.100.20\n  - address: 2001:db8:66::/64\n"
               "  - address: 0.0.0.0/8\n  - address: 255.255.255.255\n"
               "  - protocol: dns\n  - protocol: dot\n");
    world_group(w, "default", "10.0.0.0/8");
    world_group(w, "other-2", "10.7.0.0/16 2001:db8::/32");
    world_compile(w);
}

static const char *listed(void)
{
    static const char *const arguments[] = {"nft", "list", "ruleset", NULL};
    assert_int_equal(run_nft(arguments, NULL, out, sizeof out), 0);
    return out;
}

static void load_well(const struct config *config, const struct policy *policy,
                      enum queue_kind *kind)
{
    char why[KERNEL_WHY_SIZE];
    if (kernel_load(config, policy, kind, why) != STATUS_OK)
        fail_msg("%s", why);
}

static void remove_well(void)
{
    char why[KERNEL_WHY_SIZE];
    assert_int_equal(kernel_remove(why), STATUS_OK);
    assert_false(kernel_has_table());
    assert_int_equal(kernel_remove(why), STATUS_NOT_FOUND);
}

static void test_twice_is_once(void **state)
{
    static const enum inspect_mode modes[] = {INSPECT_WATCH, INSPECT_TAP, INSPECT_INLINE};
    struct world w;

    MUST_BE_APART();
    small_world(&w);
    load("table inet mine {\nchain look {\ncounter\n}\n}\n");
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct config *config = config_of(modes[i]);
        enum queue_kind kind = QUEUE_NONE;
        assert_false(kernel_has_table());
        load_well(config, w.policy, &kind);
        assert_int_equal(kind != QUEUE_NONE, modes[i] == INSPECT_INLINE);
        assert_true(kernel_has_table());
        char *first = strdup(listed());
        load_well(config, w.policy, NULL);
        assert_string_equal(listed(), first);
        assert_non_null(strstr(first, "table inet mine"));
        remove_well();
        assert_non_null(strstr(listed(), "table inet mine"));
        assert_null(strstr(out, "table inet ponor"));
        free(first);
        free(config);
    }
    load("delete table inet mine\n");
    world_close(&w);
}

/* One rule that queues, before a drop where nothing may pass unjudged. */
static void test_queue_rule(void **state)
{
    struct config *config;
    char why[KERNEL_WHY_SIZE];
    enum queue_kind kind, expected;

    MUST_BE_APART();
    config = config_of(INSPECT_INLINE);
    expected = kernel_queue_kind(why);
    assert_int_not_equal(expected, QUEUE_NONE);
    assert_string_equal(listed(), ""); /* nothing is left of the attempt */
    for (unsigned i = 0; i < 2; i++) {
        config->inspectd.gate.bypass = i == 0 ? BYPASS_OPEN : BYPASS_CLOSED;
        load_well(config, policy_none(), &kind);
        assert_int_equal(kind, expected);
        (void)listed();
        const char *chain = strstr(out, "chain look {");
        assert_non_null(chain);
        *strchr(chain, '}') = 0;
        /* nft may know what the target means, and write its own word. */
        const char *queue = strstr(chain, "queue ");
        if (queue == NULL)
            queue = strstr(chain, "NFQUEUE");
        const char *drop = strstr(chain, "drop");
        assert_non_null(queue);
        assert_int_equal(drop != NULL, i == 1);
        assert_true(drop == NULL || drop > queue);
        if (kind == QUEUE_NATIVE)
            assert_int_equal(strstr(queue, "bypass") != NULL, i == 0);
    }
    remove_well();
    free(config);
}

static bool kernel_has(const char *set, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE], element[ADDRESS_TEXT_SIZE + 8];
    const char *const arguments[] = {"nft", "get", "element", "inet", "ponor", set, element, NULL};
    snprintf(element, sizeof element, "{ %s }", address_text(address, text));
    return run_nft(arguments, NULL, out, sizeof out) == 0;
}

static void check_listed(const struct policy *policy, const char *text)
{
    const struct address address = address_of(text);
    const struct subject subject = {.group = 1, .destination = &address};
    bool blocks = action_blocks(decide(policy, &subject).action);
    const char *set = address_is_ipv4(&address) ? "listed4_other-2" : "listed6_other-2";
    if (kernel_has(set, &address) != blocks)
        fail_msg("%s: the policy says %s", text, blocks ? "stop" : "pass");
}

static void test_kernel_is_decide(void **state)
{
    static const char *const borders[] = {"198.51.99.255",
                                          "198.51.100.0",
                                          "198.51.100.15",
                                          "198.51.100.16",
                                          "198.51.100.19",
                                          "198.51.100.20",
                                          "198.51.100.21",
                                          "198.51.100.31",
                                          "198.51.100.32",
                                          "198.51.100.255",
                                          "198.51.101.0",
                                          "0.0.0.0",
                                          "0.255.255.255",
                                          "1.0.0.0",
                                          "255.255.255.254",
                                          "255.255.255.255",
                                          "2001:db8:65:ffff:ffff:ffff:ffff:ffff",
                                          "2001:db8:66::",
                                          "2001:db8:66::ffff",
                                          "2001:db8:66:0:ffff:ffff:ffff:ffff",
                                          "2001:db8:66:1::",
                                          "64:ff9b::198.51.100.20",
                                          "64:ff9b::198.51.100.19",
                                          "64:ff9b::198.51.101.0",
                                          "64:ff9b::255.255.255.255"};
    struct config *config;
    struct world w;

    MUST_BE_APART();
    config = config_of(INSPECT_TAP);
    small_world(&w);
    load_well(config, w.policy, NULL);
    for (size_t i = 0; i < COUNT_OF(borders); i++)
        check_listed(w.policy, borders[i]);
    remove_well();
    world_close(&w);
    free(config);
}

static void test_long_list(void **state)
{
    struct config *config;
    size_t size = (size_t)64 * LONG_LIST, used = 0;
    char *text;
    struct world w;

    MUST_BE_APART();
    config = config_of(INSPECT_INLINE);
    text = malloc(size);
    used = (size_t)snprintf(text, size, "list: l\ntitle: L\nserial: 1\naction: sinkhole\nrules:\n");
    for (unsigned i = 0; i < LONG_LIST / 2; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 "  - address: 100.%u.%u.%u/30\n  - address: 2001:db8:%x::/48\n",
                                 64 + i / 4096, i / 16 % 256, i % 16 * 16, i);
    world_open(&w);
    world_list(&w, "yaml", text);
    world_group(&w, "a", "10.1.0.0/16");
    world_group(&w, "b", "10.2.0.0/16");
    world_compile(&w);
    assert_int_equal(policy_facts(w.policy).addresses, LONG_LIST);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t before = clock_ns();
        load_well(config, w.policy, NULL);
        printf("# %u prefixes, two groups: %s in %.2f s\n", LONG_LIST,
               i == 0 ? "loaded" : "replaced", (double)(clock_ns() - before) / 1e9);
    }
    const struct address in = address_of("100.64.1.19"), beside = address_of("100.64.1.20");
    assert_true(kernel_has("listed4_b", &in));
    assert_false(kernel_has("listed4_b", &beside));
    uint64_t before = clock_ns();
    remove_well();
    printf("# removed in %.2f s\n", (double)(clock_ns() - before) / 1e9);
    world_close(&w);
    free(text);
    free(config);
}

/* What nft refuses is said, and what was there stays. */
static void test_refused(void **state)
{
    struct config *config;
    char why[KERNEL_WHY_SIZE];
    enum queue_kind kind;

    MUST_BE_APART();
    config = config_of(INSPECT_TAP);
    load_well(config, policy_none(), NULL);
    char *before = strdup(listed());
    snprintf(config->inspectd.gate.inside[0], CONFIG_WORD_SIZE, "much-too-long-for-a-name");
    assert_int_equal(kernel_load(config, policy_none(), &kind, why), STATUS_SYSTEM);
    assert_non_null(strstr(why, "nft: "));
    assert_non_null(strstr(why, "much-too-long-for-a-name"));
    assert_null(strchr(why, '\n'));
    assert_string_equal(listed(), before);
    snprintf(config->inspectd.gate.inside[0], CONFIG_WORD_SIZE, "lan*");
    assert_int_equal(kernel_load(config, policy_none(), &kind, why), STATUS_UNSUPPORTED);
    assert_non_null(strstr(why, "star"));
    assert_string_equal(listed(), before);
    remove_well();
    free(before);
    free(config);
}

/* In a child: as nobody, or where there is no nft. Its words come back through shared memory. */
static void in_child(bool (*become)(void), enum inspect_mode mode, char why[KERNEL_WHY_SIZE])
{
    struct config *config = config_of(mode);
    char *shared =
        mmap(NULL, KERNEL_WHY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int code;

    assert_ptr_not_equal(shared, MAP_FAILED);
    pid_t child = fork();
    if (child == 0)
        _exit(!become() || kernel_load(config, policy_none(), NULL, shared) == STATUS_OK);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    snprintf(why, KERNEL_WHY_SIZE, "%s", shared);
    munmap(shared, KERNEL_WHY_SIZE);
    free(config);
}

static bool become_nobody(void)
{
    return setgid(65534) == 0 && setuid(65534) == 0;
}

static bool lose_programs(void)
{
    return chroot("/dev") == 0 && chdir("/") == 0;
}

static void test_remedies(void **state)
{
    char why[KERNEL_WHY_SIZE];

    MUST_BE_APART();
    in_child(become_nobody, INSPECT_TAP, why);
    assert_non_null(strstr(why, "be root"));
    in_child(become_nobody, INSPECT_INLINE, why);
    assert_non_null(strstr(why, "be root"));
    in_child(lose_programs, INSPECT_TAP, why);
    assert_non_null(strstr(why, "apt install nftables"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twice_is_once),    cmocka_unit_test(test_queue_rule),
        cmocka_unit_test(test_kernel_is_decide), cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_remedies),
    };
    go_apart();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
