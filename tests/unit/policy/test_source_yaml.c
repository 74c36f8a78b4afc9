/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/source_yaml.c: what a list may say, and what is said of one that says it wrongly.
 */
#include "world.h"

#define HEAD "list: y\ntitle: Y\nserial: 1\n"

static void refuse(struct world *w, const char *text)
{
    world_open(w);
    world_list(w, "yaml", text);
    world_group(w, "all", "0.0.0.0/0");
    assert_int_equal(world_try(w, NULL), STATUS_INVALID);
}

static void test_rules_are_about_one_thing(void **state)
{
    struct world w;
    refuse(&w, HEAD "rules:\n"
                    "  - {domain: a.example, name: b.example}\n"
                    "  - {note: about nothing}\n"
                    "  - {domain: fine.example}\n"
                    "exceptions:\n"
                    "  - {until: 2027-01-01}\n");
    assert_int_equal(w.problems->errors, 3);
#define ONE " is about exactly one of domain, name, address and protocol; write one item for each"
    assert_problem(&w, 0, SEVERITY_ERROR, 5, 5, "a rule" ONE);
    assert_problem(&w, 1, SEVERITY_ERROR, 6, 5, "a rule" ONE);
    assert_problem(&w, 2, SEVERITY_ERROR, 9, 5, "an exception" ONE);
    world_close(&w);
}

static void test_redirect(void **state)
{
    struct world w;
    refuse(&w, HEAD "rules:\n"
                    "  - {domain: a.example, action: redirect}\n"
                    "  - {domain: b.example, to: [192.0.2.1]}\n"
                    "  - {domain: c.example, action: redirect, to: [192.0.2.1, w.example]}\n"
                    "  - {domain: d.example, action: redirect, to: [a, b]}\n");
    assert_int_equal(w.problems->errors, 4);
#define NEED                                                                                       \
    "`action: redirect` and `to:` need each other; write `to: [name]` or `to: [address, ...]` "    \
    "with it, or neither"
    assert_problem(&w, 0, SEVERITY_ERROR, 5, 5, NEED);
    assert_problem(&w, 1, SEVERITY_ERROR, 6, 5, NEED);
    assert_problem(&w, 2, SEVERITY_ERROR, 7, 59,
                   "`to` takes one host name, or addresses; `w.example` is not that");
    assert_problem(&w, 3, SEVERITY_ERROR, 8, 48,
                   "`to` takes one host name, or addresses; `a` is not that");
    world_close(&w);
}

static void test_order(void **state)
{
    struct world w;
    refuse(&w, HEAD "rules:\n  - {domain: a.example}\naction: nxdomain\nevidence: visited\n");
    assert_problem(&w, 0, SEVERITY_ERROR, 6, 9,
                   "`action` comes after rules that inherit it; move it above `rules`");
    assert_problem(&w, 1, SEVERITY_ERROR, 7, 11,
                   "`evidence` comes after rules that inherit it; move it above `rules`");
    world_close(&w);
}

/* What the reader of YAML says reaches the admin, all of it in one run. */
static void test_all_in_one_run(void **state)
{
    struct world w;
    refuse(&w, "list: y\ntitel: Y\nserial: 1\nrules:\n"
               "  - {domain: \"*.example.com\"}\n"
               "  - {domain: https://example.com/}\n"
               "  - {domain: fine.example, action: sinkhle}\n"
               "  - {domain: fine.example, action: pass}\n"
               "  - {address: 192.0.2.1/24}\n"
               "  - {protocol: smtp}\n"
               "  - &x {domain: anchor.example}\n");
    assert_true(w.problems->errors >= 8);
    world_close(&w);
}

static void test_warnings(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "yaml",
               HEAD "review_by: 2026-11-23\nrules:\n  - {domain: a.example}\nexceptions:\n"
                    "  - {domain: b.a.example, groups: [al, all]}\n"
                    "  - {domain: c.a.example, groups: [nobody]}\n"
                    "  - {domain: d.a.example, until: 2026-11-24}\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    assert_int_equal(w.problems->warnings, 3);
#define NO_GROUP(id)                                                                               \
    "no group here is called " id                                                                  \
    ", so the exception holds for nobody there; correct the name if "                              \
    "it was meant for this gateway"
    assert_problem(&w, 0, SEVERITY_WARNING, 8, 36, NO_GROUP("al"));
    assert_problem(&w, 1, SEVERITY_WARNING, 9, 36, NO_GROUP("nobody"));
    assert_problem(&w, 2, SEVERITY_WARNING, 4, 12,
                   "this list was to be reviewed by now; review it and set a new date");
    assert_action(&w, "b.a.example", ACTION_ALLOW);
    assert_action(&w, "c.a.example", ACTION_SINKHOLE);
    assert_action(&w, "d.a.example", ACTION_ALLOW);
    world_close(&w);
}

static void test_defaults(void **state)
{
    struct world w;
    struct rule_view rule;
    world_open(&w);
    world_list(&w, "yaml",
               HEAD "action: nodata\nevidence: update\nrules:\n"
                    "  - {domain: a.example}\n"
                    "  - {domain: b.example, action: drop, evidence: bypass}\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    struct verdict v = ask(&w, "10.0.0.1", "a.example");
    assert_int_equal(v.action, ACTION_NODATA);
    assert_int_equal(v.evidence, EVIDENCE_UPDATE);
    v = ask(&w, "10.0.0.1", "b.example");
    assert_int_equal(v.action, ACTION_DROP);
    assert_int_equal(v.evidence, EVIDENCE_BYPASS);
    policy_rule(w.policy, v.rule, &rule);
    assert_int_equal(rule.line, 8);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_are_about_one_thing),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_all_in_one_run),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
