/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves firewall/draft.c: what is drafted of a policy is what decide() and policy_group_of() say,
 * at every border and beside it.
 */
#include "../policy/world.h"

#include "firewall/draft.h"

enum { ROUNDS = 40, RULES = 24, TEXT_SIZE = 8192, GROUPS = 4 };

static struct config *config_of(enum inspect_mode mode)
{
    struct config *config = calloc(1, sizeof *config);
    assert_non_null(config);
    assert_int_equal(config_defaults(config), STATUS_OK);
    config->inspectd.mode = mode;
    config->dnsd.listen_count = 0;
    return config;
}

static void listen_on(struct config *config, const char *address, uint16_t port)
{
    config->dnsd.listen[config->dnsd.listen_count++] = (struct endpoint){address_of(address), port};
}

/* Lists of rules about a few nested prefixes, some of which allow, observe, or spare a group. */
static void random_list(char *text, size_t size, unsigned number)
{
    static const char *const actions[] = {"sinkhole", "sinkhole", "nxdomain", "observe", "allow"};
    int used = snprintf(text, size,
                        "list: l%u\ntitle: L\nserial: 1\naction: sinkhole\nrules:\n"
                        "  - domain: x%u.example\n",
                        number, number);
    for (unsigned i = 0; i < RULES; i++) {
        struct address address = address_of(random() % 2 == 0 ? "198.51.100.0" : "2001:db8:66::");
        char prefix[PREFIX_TEXT_SIZE];
        address.bytes[15] = (uint8_t)random();
        struct prefix p = {address, (uint8_t)(128 - random() % 7)};
        p.base = address_mask(&address, p.bits);
        if (strstr(text, prefix_text(&p, prefix)) == NULL)
            used += snprintf(text + used, size - (size_t)used, "  - address: %s\n    action: %s\n",
                             prefix, actions[random() % COUNT_OF(actions)]);
    }
    snprintf(text + used, size - (size_t)used,
             "exceptions:\n  - address: 198.51.100.%u\n    groups: [g%u]\n    ticket: C\n"
             "    approved_by: [a.tremblay, k.singh]\n    until: 2099-01-01\n",
             (unsigned)(random() % 256), (unsigned)(random() % GROUPS));
}

static void random_world(struct world *w)
{
    static char text[TEXT_SIZE];
    char id[LIST_ID_SIZE], clients[256];

    world_open(w);
    for (unsigned i = 0; i < 3; i++) {
        random_list(text, sizeof text, i);
        world_list(w, "yaml", text);
    }
    for (unsigned i = 0; i < GROUPS; i++) {
        snprintf(id, sizeof id, "g%u", i);
        snprintf(clients, sizeof clients, "10.%u.0.0/16 10.9.%u.0/%u 2001:db8:%u::/48", i, i * 8,
                 21 + (unsigned)random() % 8, i);
        struct group_source *group = world_group(w, id, clients);
        group->observe_only = i == GROUPS - 1;
        group->list_count = (size_t)random() % 4;
        for (size_t n = 0; n < group->list_count; n++)
            group->lists[n] = (uint16_t)((n + i) % 3);
    }
    if (random() % 2 == 0)
        world_group(w, "default", "");
    world_compile(w);
}

static uint32_t answer_of(const struct range *ranges, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&ranges[i].first, address, sizeof *address) <= 0 &&
            memcmp(&ranges[i].last, address, sizeof *address) >= 0)
            return ranges[i].answer;
    return RANGE_NOTHING;
}

static bool blocks(const struct policy *policy, uint32_t group, const struct address *address)
{
    const struct subject subject = {.group = (uint16_t)group, .destination = address};
    return action_blocks(decide(policy, &subject).action);
}

static void check_server(const struct draft *draft, uint16_t group, const struct range *ranges,
                         size_t count, const struct address *address)
{
    bool anywhere = false;
    for (uint32_t i = 0; i < draft->group_count; i++)
        anywhere = anywhere || blocks(draft->policy, i, address);
    uint32_t expected = blocks(draft->policy, group, address) ? DRAFT_LISTED
                        : anywhere                            ? DRAFT_SPARED
                                                              : RANGE_NOTHING;
    assert_int_equal(answer_of(ranges, count, address), expected);
}

/* Every address of the nets that the rules are about, as it is and behind NAT64. */
static void check_servers(const struct draft *draft, uint16_t group)
{
    static const char *const nets[] = {"198.51.100.0", "2001:db8:66::", "64:ff9b::198.51.100.0"};
    struct range *ranges[DRAFT_FAMILIES];
    size_t count[DRAFT_FAMILIES];

    for (int family = 0; family < DRAFT_FAMILIES; family++)
        assert_int_equal(draft_servers(draft, group, family, &ranges[family], &count[family]),
                         STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(nets); i++) {
        for (unsigned n = 0; n < 256; n++) {
            struct address address = address_of(nets[i]);
            int family = address_is_ipv4(&address) ? DRAFT_IPV4 : DRAFT_IPV6;
            address.bytes[15] = (uint8_t)n;
            check_server(draft, group, ranges[family], count[family], &address);
        }
    }
    free(ranges[0]);
    free(ranges[1]);
}

static void check_clients(const struct draft *draft)
{
    static const char *const nets[] = {"10.0.0.0",   "10.3.0.0",     "10.9.0.0",
                                       "10.9.8.0",   "10.9.24.0",    "10.9.31.0",
                                       "10.255.0.0", "2001:db8:2::", "2001:db8:7::"};
    for (int family = 0; family < DRAFT_FAMILIES; family++) {
        struct range *clients, *watched;
        size_t client_count, watched_count;
        assert_int_equal(draft_ranges(draft, DRAFT_CLIENTS, family, &clients, &client_count),
                         STATUS_OK);
        assert_int_equal(draft_ranges(draft, DRAFT_WATCHED, family, &watched, &watched_count),
                         STATUS_OK);
        for (size_t i = 0; i < COUNT_OF(nets) * 512; i++) {
            struct address address = address_of(nets[i / 512]);
            address.bytes[14] = (uint8_t)(address.bytes[14] + i / 256 % 2);
            address.bytes[15] = (uint8_t)i;
            if (address_is_ipv4(&address) != (family == DRAFT_IPV4))
                continue;
            uint16_t group = policy_group_of(draft->policy, &address);
            assert_int_equal(answer_of(clients, client_count, &address),
                             group == GROUP_NONE ? RANGE_NOTHING : group + 1);
            assert_int_equal(answer_of(watched, watched_count, &address), group != GROUP_NONE);
        }
        free(clients);
        free(watched);
    }
}

static void test_random_policies(void **state)
{
    struct config *config = config_of(INSPECT_INLINE);

    srandom(7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct world w;
        struct draft draft;
        random_world(&w);
        assert_int_equal(draft_open(config, w.policy, &draft), STATUS_OK);
        for (uint32_t group = 0; group < draft.group_count; group++)
            check_servers(&draft, (uint16_t)group);
        check_clients(&draft);
        draft_close(&draft);
        world_close(&w);
    }
    free(config);
}

static void test_groups(void **state)
{
    struct config *config = config_of(INSPECT_TAP);
    struct draft draft;
    struct world w;

    world_open(&w);
    world_list(&w, "yaml",
               "list: r\ntitle: R\nserial: 1\naction: sinkhole\nrules:\n  - protocol: dns\n"
               "    action: observe\n  - protocol: dot\n  - protocol: doq\n");
    world_list(&w, "yaml",
               "list: s\ntitle: S\nserial: 1\naction: allow\nrules:\n  - protocol: dns\n"
               "  - protocol: dot\n");
    world_group(&w, "plain", "10.0.0.0/8")->list_count = 1;
    struct group_source *looks = world_group(&w, "looks", "10.1.0.0/16");
    looks->observe_only = true;
    looks->list_count = 1;
    struct group_source *may = world_group(&w, "may", "10.2.0.0/16");
    may->lists[0] = 1;
    may->lists[1] = 0;
    world_group(&w, "Odd \"id\"", "10.3.0.0/16")->list_count = 0;
    world_compile(&w);
    assert_int_equal(draft_open(config, w.policy, &draft), STATUS_OK);
    assert_false(draft.is_inline);
    assert_true(draft.holds);
    assert_int_equal(draft.group_count, 4);
    const struct draft_group *g = draft.groups;
    assert_string_equal(g[0].name, "plain");
    assert_true(g[0].enforces && g[0].blocks_dot && g[0].blocks_doq && g[0].is_led);
    assert_false(g[0].blocks_dns);
    assert_true(!g[1].enforces && !g[1].blocks_dot && !g[1].blocks_doq && !g[1].is_led);
    assert_true(g[2].enforces && !g[2].blocks_dot && g[2].blocks_doq && !g[2].is_led);
    assert_string_equal(g[3].name, "_3"); /* nothing of it can reach nft's parser */
    assert_true(g[3].enforces && !g[3].blocks_dot && !g[3].is_led);
    draft_close(&draft);
    world_close(&w);
    free(config);
}

/* Which of the sockets a client can be led to. */
static void test_dnsd(void **state)
{
    struct config *config = config_of(INSPECT_WATCH);
    struct draft draft;

    listen_on(config, "127.0.0.1", 53);
    listen_on(config, "::1", 53);
    listen_on(config, "fe80::1", 53);
    assert_int_equal(draft_open(config, policy_none(), &draft), STATUS_OK);
    assert_null(draft.dnsd[DRAFT_IPV4]);
    assert_null(draft.dnsd[DRAFT_IPV6]);
    draft_close(&draft);

    listen_on(config, "10.0.0.53", 5300);
    listen_on(config, "10.0.0.54", 53);
    listen_on(config, "::", 5353);
    assert_int_equal(draft_open(config, policy_none(), &draft), STATUS_OK);
    assert_int_equal(draft.dnsd[DRAFT_IPV4]->port, 5300);
    assert_int_equal(draft.dnsd[DRAFT_IPV6]->port, 5353);
    draft_close(&draft);

    listen_on(config, "0.0.0.0", 5301);
    assert_int_equal(draft_open(config, policy_none(), &draft), STATUS_OK);
    assert_int_equal(draft.dnsd[DRAFT_IPV4]->port, 5301);
    draft_close(&draft);
    free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_policies),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_dnsd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
