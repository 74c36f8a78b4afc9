/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/decide.c: who gets which answer, and why that one.
 */
#include "world.h"

static void test_actions(void **state)
{
    struct world w;
    char text[4096] = "list: all\ntitle: All\nserial: 1\nrules:\n";
    for (unsigned i = ACTION_ALLOW; i < ACTION_COUNT; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "  - domain: %s.example.com\n    action: %s\n%s",
                 action_words[i], action_words[i],
                 i == ACTION_REDIRECT ? "    to: [walled.example.org]\n" : "");
    }
    world_open(&w);
    world_list(&w, "yaml", text);
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    for (unsigned i = ACTION_ALLOW; i < ACTION_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "deep.below.%s.example.com", action_words[i]);
        struct verdict v = ask(&w, "10.0.0.1", name);
        assert_int_equal(v.action, i);
        assert_int_equal(v.wanted, i);
        assert_int_not_equal(v.rule, RULE_NONE);
        assert_int_equal(v.noted, i == ACTION_OBSERVE ? v.rule : RULE_NONE);
    }
    assert_action(&w, "example.com", ACTION_PASS);
    assert_action(&w, "xsinkhole.example.com", ACTION_PASS);
    assert_action(&w, ".", ACTION_PASS);
    world_close(&w);
}

static void test_specificity(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "yaml",
               "list: a\ntitle: A\nserial: 1\nrules:\n"
               "  - domain: example.com\n    action: nxdomain\n"
               "  - domain: www.example.com\n    action: nodata\n"
               "  - name: www.example.com\n    action: refused\n"
               "  - domain: deep.www.example.com\n    action: allow\n"
               "  - name: only.example.net\n"
               "  - address: 192.0.2.0/24\n    action: drop\n"
               "  - address: 192.0.2.128/25\n    action: nodata\n"
               "  - address: 192.0.2.200\n    action: allow\n"
               "  - address: 2001:db8::/32\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    assert_action(&w, "example.com", ACTION_NXDOMAIN);
    assert_action(&w, "other.example.com", ACTION_NXDOMAIN);
    assert_action(&w, "www.example.com", ACTION_REFUSED);
    assert_action(&w, "a.www.example.com", ACTION_NODATA);
    assert_action(&w, "a.deep.www.example.com", ACTION_ALLOW);
    assert_action(&w, "only.example.net", ACTION_SINKHOLE);
    assert_action(&w, "a.only.example.net", ACTION_PASS);
    assert_action(&w, "example.net", ACTION_PASS);
    assert_action(&w, "192.0.2.1", ACTION_DROP);
    assert_action(&w, "192.0.2.129", ACTION_NODATA);
    assert_action(&w, "192.0.2.200", ACTION_ALLOW);
    assert_action(&w, "192.0.2.255", ACTION_NODATA);
    assert_action(&w, "192.0.3.0", ACTION_PASS);
    assert_action(&w, "192.0.1.255", ACTION_PASS);
    assert_action(&w, "2001:db8:ffff::1", ACTION_SINKHOLE);
    assert_action(&w, "2001:db9::", ACTION_PASS);
    assert_action(&w, "::ffff:192.0.2.1", ACTION_DROP);
    assert_action(&w, "64:ff9b::192.0.2.1", ACTION_DROP);
    assert_action(&w, "64:ff9b::192.0.2.200", ACTION_ALLOW);
    assert_action(&w, "64:ff9b::192.0.3.0", ACTION_PASS);
    assert_action(&w, "64:ff9b:0:0:0:1:192.0.2.1", ACTION_PASS);
    world_close(&w);
}

static void test_exceptions(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "yaml",
               "list: a\ntitle: A\nserial: 1\nrules:\n"
               "  - domain: example.com\n"
               "  - domain: pay.shop.example.com\n"
               "exceptions:\n"
               "  - domain: shop.example.com\n"
               "  - domain: pay.example.com\n    groups: [consular]\n    until: 2026-12-31\n"
               "  - name: old.example.com\n    until: 2026-11-23\n");
    world_list(&w, "domains", "shop.example.com\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_group(&w, "consular", "10.9.0.0/16");
    world_compile(&w);
    /* An exception beats even a more specific rule of its list, and ends the search. */
    assert_action(&w, "shop.example.com", ACTION_ALLOW);
    assert_action(&w, "pay.shop.example.com", ACTION_ALLOW);
    assert_action(&w, "pay.example.com", ACTION_SINKHOLE);
    assert_int_equal(ask(&w, "10.9.1.1", "pay.example.com").action, ACTION_ALLOW);
    assert_action(&w, "old.example.com", ACTION_SINKHOLE);
    assert_problem(&w, 0, SEVERITY_WARNING, 13, 12,
                   "this exception has ended and was left out; remove it or extend it");
    /* It ends by itself, without a compile. */
    policy_expire(w.policy, 20261231);
    assert_int_equal(ask(&w, "10.9.1.1", "pay.example.com").action, ACTION_ALLOW);
    policy_expire(w.policy, 20270101);
    assert_int_equal(ask(&w, "10.9.1.1", "pay.example.com").action, ACTION_SINKHOLE);
    world_close(&w);
}

static void test_order_of_lists(void **state)
{
    struct world w;
    struct said said[LISTS_MOST];
    unsigned count;
    world_open(&w);
    world_list(&w, "domains", "one.example.com\nboth.example.com\n")->action = ACTION_NXDOMAIN;
    world_list(&w, "yaml",
               "list: look\ntitle: Look\nserial: 1\naction: observe\nevidence: context\nrules:\n"
               "  - domain: example.com\n");
    world_list(&w, "domains", "two.example.com\nboth.example.com\n")->action = ACTION_REFUSED;
    world_group(&w, "forward", "10.0.0.0/24");
    struct group_source *backward = world_group(&w, "backward", "10.0.1.0/24");
    backward->lists[0] = 2;
    backward->lists[1] = 1;
    backward->lists[2] = 0;
    struct group_source *dry = world_group(&w, "dry", "10.0.2.0/24");
    dry->observe_only = true;
    struct group_source *few = world_group(&w, "few", "10.0.3.0/24");
    few->list_count = 1;
    world_compile(&w);

    assert_int_equal(ask(&w, "10.0.0.1", "both.example.com").action, ACTION_NXDOMAIN);
    assert_int_equal(ask(&w, "10.0.1.1", "both.example.com").action, ACTION_REFUSED);
    assert_int_equal(ask(&w, "10.0.3.1", "two.example.com").action, ACTION_PASS);

    /* What only observes is noted, and the search goes on. */
    struct verdict v = ask(&w, "10.0.0.1", "two.example.com");
    struct rule_view rule;
    char text[NAME_TEXT_SIZE];
    assert_int_equal(v.action, ACTION_REFUSED);
    assert_int_equal(v.list, 2);
    policy_rule(w.policy, v.noted, &rule);
    assert_int_equal(rule.list, 1);
    assert_string_equal(policy_rule_text(w.policy, v.noted, text), "example.com");
    v = ask(&w, "10.0.0.1", "zero.example.com");
    assert_int_equal(v.action, ACTION_OBSERVE);
    assert_int_equal(v.rule, v.noted);
    assert_int_equal(v.evidence, EVIDENCE_CONTEXT);

    /* A group that only observes says what it would have done. */
    v = ask(&w, "10.0.2.1", "two.example.com");
    assert_int_equal(v.action, ACTION_OBSERVE);
    assert_int_equal(v.wanted, ACTION_REFUSED);
    assert_int_equal(v.list, 2);

    const struct name name = name_of("two.example.com");
    const struct subject subject = {.group = 0, .name = &name};
    assert_int_equal(decide_aloud(w.policy, &subject, said, &count).action, ACTION_REFUSED);
    assert_int_equal(count, 3);
    assert_int_equal(said[0].action, ACTION_PASS);
    assert_int_equal(said[0].rule, RULE_NONE);
    assert_int_equal(said[1].action, ACTION_OBSERVE);
    assert_int_equal(said[2].action, ACTION_REFUSED);
    world_close(&w);
}

static void test_groups(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "example.com\n");
    world_group(&w, "wide", "10.0.0.0/8 2001:db8::/32");
    world_group(&w, "narrow", "10.20.0.0/16 2001:db8:20::/48");
    world_group(&w, "one", "10.20.30.40");
    world_compile(&w);
    static const struct {
        const char *client;
        int group;
    } cases[] = {{"10.1.2.3", 0},        {"10.20.1.1", 1},      {"10.20.30.40", 2},
                 {"10.20.30.41", 1},     {"11.0.0.0", -1},      {"9.255.255.255", -1},
                 {"2001:db8:1::1", 0},   {"2001:db8:20::1", 1}, {"2001:db9::1", -1},
                 {"::ffff:10.20.9.9", 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct address client = address_of(cases[i].client);
        int group = policy_group_of(w.policy, &client);
        assert_int_equal(group, cases[i].group < 0 ? (int)GROUP_NONE : cases[i].group);
    }
    assert_int_equal(ask(&w, "11.0.0.0", "example.com").action, ACTION_PASS);
    assert_int_equal(ask(&w, "10.1.1.1", "example.com").action, ACTION_SINKHOLE);
    world_close(&w);

    world_open(&w);
    world_list(&w, "domains", "example.com\n");
    world_group(&w, "default", "");
    world_compile(&w);
    assert_int_equal(ask(&w, "198.51.100.7", "example.com").action, ACTION_SINKHOLE);
    world_close(&w);
}

static void test_protocols(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "yaml",
               "list: a\ntitle: A\nserial: 1\nrules:\n  - protocol: mmtls\n"
               "  - address: 192.0.2.1\n    action: nodata\n"
               "  - domain: example.com\n    action: refused\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    const struct address destination = address_of("192.0.2.1");
    const struct name name = name_of("www.example.com");
    struct subject subject = {.protocol = PROTOCOL_MMTLS};
    struct rule_view rule;
    char text[NAME_TEXT_SIZE];
    struct verdict v = decide(w.policy, &subject);
    assert_int_equal(v.action, ACTION_SINKHOLE);
    policy_rule(w.policy, v.rule, &rule);
    assert_int_equal(rule.kind, RULE_PROTOCOL);
    assert_string_equal(policy_rule_text(w.policy, v.rule, text), "mmtls");
    assert_int_equal(rule.line, 5);
    /* An address says more than a protocol, a name more than an address. */
    subject.destination = &destination;
    assert_int_equal(decide(w.policy, &subject).action, ACTION_NODATA);
    subject.name = &name;
    assert_int_equal(decide(w.policy, &subject).action, ACTION_REFUSED);
    assert_int_equal(decide(w.policy, &(struct subject){.protocol = PROTOCOL_DOH}).action,
                     ACTION_PASS);
    world_close(&w);
}

static void test_none(void **state)
{
    const struct policy *none = policy_none();
    const struct address client = address_of("192.0.2.1");
    const struct name name = name_of("example.com");
    assert_int_equal(policy_group_of(none, &client), GROUP_NONE);
    const struct subject subject = {GROUP_NONE, &name, &client, PROTOCOL_MMTLS};
    struct verdict v = decide(none, &subject);
    assert_int_equal(v.action, ACTION_PASS);
    assert_int_equal(v.rule, RULE_NONE);
    decide_prefetch(none, &name);
    assert_int_equal(policy_facts(none).lists, 0);
}

/* Against a reference that walks all rules for each question. */

enum { RULES = 120, LISTS = 3, WORLDS = 50, QUESTIONS = 2000 };

struct written {
    struct name name;
    struct prefix prefix;
    bool exact, exception, is_address;
    unsigned list;
    enum action action;
};

static unsigned roll(unsigned limit)
{
    return (unsigned)(random() % limit);
}

/* Few labels, so that names meet; long ones among them. */
static void random_name(char *out, size_t size, unsigned most)
{
    static const char *const labels[] = {
        "a", "b", "ccccccc", "dddddddd", "eeeeeeeeeeeeeeee",          "f", "g", "h",
        "i", "j", "k",       "l",        "label-of-twenty-four-bytes"};
    size_t used = 0;
    for (unsigned n = 1 + roll(most); n > 0; n--)
        used += (size_t)snprintf(out + used, size - used, "%s.", labels[roll(COUNT_OF(labels))]);
    snprintf(out + used, size - used, "%s.example", labels[roll(COUNT_OF(labels))]);
}

static void random_prefix(char *out, size_t size)
{
    static const unsigned lengths[] = {23, 24, 25, 28, 30, 31, 32};
    struct prefix prefix;
    char text[PREFIX_TEXT_SIZE];
    snprintf(text, sizeof text, "192.0.%u.%u", roll(32), roll(256));
    prefix.base = address_of(text);
    prefix.bits = (uint8_t)(96 + lengths[roll(COUNT_OF(lengths))]);
    prefix.base = address_mask(&prefix.base, prefix.bits);
    snprintf(out, size, "%s", prefix_text(&prefix, text));
}

static bool already(const struct written *rules, size_t count)
{
    const struct written *last = &rules[count];
    for (size_t i = 0; i < count; i++)
        if (rules[i].list == last->list && rules[i].exception == last->exception &&
            rules[i].is_address == last->is_address &&
            (last->is_address
                 ? memcmp(&rules[i].prefix, &last->prefix, sizeof last->prefix) == 0
                 : rules[i].exact == last->exact && name_equal(&rules[i].name, &last->name)))
            return true;
    return false;
}

/* Rules of one list, or its exceptions, as YAML; and as structs. */
static void write_rules(FILE *yaml, struct written *rules, size_t *count, unsigned list,
                        bool exceptions)
{
    static const enum action actions[] = {ACTION_OBSERVE, ACTION_SINKHOLE, ACTION_NXDOMAIN,
                                          ACTION_ALLOW};
    fprintf(yaml, exceptions ? "exceptions:\n" : "rules:\n");
    for (unsigned i = 0; i < (exceptions ? RULES / 8 : RULES) / LISTS; i++) {
        struct written *rule = &rules[*count];
        char text[512];
        memset(rule, 0, sizeof *rule);
        rule->list = list;
        rule->exception = exceptions;
        rule->is_address = roll(4) == 0;
        rule->exact = roll(3) == 0;
        rule->action = exceptions ? ACTION_ALLOW : actions[roll(COUNT_OF(actions))];
        if (rule->is_address) {
            random_prefix(text, sizeof text);
            rule->prefix = prefix_of(text);
        } else {
            random_name(text, sizeof text, 4);
            rule->name = name_of(text);
        }
        if (already(rules, *count))
            continue;
        ++*count;
        fprintf(yaml, "  - %s: %s\n",
                rule->is_address ? "address"
                : rule->exact    ? "name"
                                 : "domain",
                text);
        if (!exceptions)
            fprintf(yaml, "    action: %s\n", action_words[rule->action]);
    }
}

static unsigned weight_of(const struct written *rule, const struct name *name,
                          const struct address *address)
{
    if (rule->is_address)
        return prefix_holds(&rule->prefix, address)
                   ? 1u + rule->prefix.bits + (rule->exception ? 10000 : 0)
                   : 0;
    bool meets = rule->exact ? name_equal(name, &rule->name) : name_is_below(name, &rule->name);
    return meets ? 1000u + rule->name.labels * 2u + rule->exact + (rule->exception ? 10000 : 0) : 0;
}

static enum action reference(const struct written *rules, size_t count, const struct name *name,
                             const struct address *address)
{
    enum action noted = ACTION_PASS;
    for (unsigned list = 0; list < LISTS; list++) {
        unsigned best = 0;
        enum action says = ACTION_PASS;
        for (size_t i = 0; i < count; i++) {
            unsigned weight = rules[i].list == list ? weight_of(&rules[i], name, address) : 0;
            if (weight > best) {
                best = weight;
                says = rules[i].action;
            }
        }
        if (says == ACTION_OBSERVE)
            noted = ACTION_OBSERVE;
        else if (says != ACTION_PASS)
            return says;
    }
    return noted;
}

static void test_reference(void **state)
{
    struct written *rules = calloc(2 * RULES, sizeof *rules);
    unsigned seen[ACTION_COUNT] = {0};
    assert_non_null(rules);
    srandom(1);
    for (unsigned round = 0; round < WORLDS; round++) {
        struct world w;
        size_t count = 0;
        world_open(&w);
        for (unsigned list = 0; list < LISTS; list++) {
            char *text;
            size_t size;
            FILE *yaml = open_memstream(&text, &size);
            fprintf(yaml, "list: l%u\ntitle: L\nserial: 1\n", list);
            write_rules(yaml, rules, &count, list, false);
            write_rules(yaml, rules, &count, list, true);
            fclose(yaml);
            world_list(&w, "yaml", text);
            free(text);
        }
        world_group(&w, "all", "0.0.0.0/0");
        world_compile(&w);
        for (unsigned i = 0; i < QUESTIONS; i++) {
            char text[512];
            random_name(text, sizeof text, 6);
            const struct name name = name_of(text);
            random_prefix(text, sizeof text);
            *strchr(text, '/') = 0;
            const struct address address = address_of(text);
            const struct subject subject = {.name = &name, .destination = &address};
            enum action expected = reference(rules, count, &name, &address);
            decide_prefetch(w.policy, &name);
            assert_int_equal(decide(w.policy, &subject).action, expected);
            seen[expected]++;
        }
        world_close(&w);
    }
    for (unsigned i = 0; i <= ACTION_NXDOMAIN; i++)
        assert_true(seen[i] > QUESTIONS / 10);
    free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions),    cmocka_unit_test(test_specificity),
        cmocka_unit_test(test_exceptions), cmocka_unit_test(test_order_of_lists),
        cmocka_unit_test(test_groups),     cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_none),       cmocka_unit_test(test_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
