/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/guard.c: each refusal, with its words and its place.
 */
#include "world.h"

static void assert_refused(struct world *w, const struct policy *running, size_t errors)
{
    assert_int_equal(world_try(w, running), STATUS_INVALID);
    assert_int_equal(w->problems->errors, errors);
}

static void test_public_suffixes(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "com\nexample.com\nco.uk\ngithub.io\nme.github.io\nnosuchtld\n.\n");
    assert_refused(&w, NULL, 5);
#define SUFFIX                                                                                     \
    " is a public suffix: the rule would hold for everybody below it; name the domains that are "  \
    "meant"
    assert_problem(&w, 0, SEVERITY_ERROR, 1, 1, "com" SUFFIX);
    assert_problem(&w, 1, SEVERITY_ERROR, 3, 1, "co.uk" SUFFIX);
    assert_problem(&w, 2, SEVERITY_ERROR, 4, 1, "github.io" SUFFIX);
    assert_problem(&w, 3, SEVERITY_ERROR, 6, 1, "nosuchtld" SUFFIX);
    assert_problem(&w, 4, SEVERITY_ERROR, 7, 1, "." SUFFIX);
    world_close(&w);

    world_open(&w);
    world_list(&w, "yaml",
               "list: y\ntitle: Y\nserial: 1\nrules:\n"
               "  - {domain: github.io, action: observe}\n"
               "  - {name: github.io}\n"
               "  - {domain: net, action: observe}\n"
               "  - {name: org}\n"
               "exceptions:\n  - {domain: com}\n");
    assert_refused(&w, NULL, 3);
    assert_problem(&w, 0, SEVERITY_ERROR, 7, 14, "net" SUFFIX);
    assert_problem(&w, 1, SEVERITY_ERROR, 8, 12, "org" SUFFIX);
    assert_problem(&w, 2, SEVERITY_ERROR, 10, 14,
                   "com is a public suffix: the exception would hold for everybody below it; name "
                   "the domains that are meant");
    world_close(&w);
}

static void test_protected(void **state)
{
    struct world w;
    world_open(&w);
    w.names[0] = name_of("portal.agency.example");
    w.names[1] = name_of(".");
    w.source.protected_name_count = 2;
    w.prefixes[0] = prefix_of("192.0.2.0/25");
    w.prefixes[1] = prefix_of("2001:db8::53");
    w.source.protected_prefix_count = 2;
    world_list(&w, "yaml",
               "list: y\ntitle: Y\nserial: 1\nrules:\n"
               "  - domain: agency.example\n"
               "  - domain: portal.agency.example\n"
               "  - name: a.portal.agency.example\n"
               "  - name: agency.example\n"
               "  - domain: other.agency.example\n"
               "  - {domain: portal.agency.example, action: allow}\n"
               "  - address: 192.0.0.0/16\n"
               "  - address: 192.0.2.127\n"
               "  - address: 192.0.2.128\n"
               "  - address: 2001:db8::/64\n"
               "exceptions:\n  - domain: portal.agency.example\n  - address: 192.0.2.1\n");
    assert_refused(&w, NULL, 6);
#define NAME_REMEDY                                                                                \
    " meets the protected name portal.agency.example; remove the rule, or the name from "          \
    "`protect:` in ponor.yaml"
    assert_problem(&w, 0, SEVERITY_ERROR, 5, 13, "agency.example" NAME_REMEDY);
    assert_problem(&w, 1, SEVERITY_ERROR, 6, 13, "portal.agency.example" NAME_REMEDY);
    assert_problem(&w, 2, SEVERITY_ERROR, 7, 11, "a.portal.agency.example" NAME_REMEDY);
    assert_problem(&w, 3, SEVERITY_ERROR, 11, 14,
                   "192.0.0.0/16 meets the protected address 192.0.2.0/25; remove the rule, or the "
                   "address from `protect:` in ponor.yaml");
    assert_int_equal(w.problems->list[4].line, 12);
    assert_int_equal(w.problems->list[5].line, 14);
    world_close(&w);
}

/* Compiles and opens a list of `rules` names with a serial (0: a plain list). */
static void make(struct world *w, unsigned rules, unsigned serial, const char *behind)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (serial > 0)
        fprintf(file, "list: list0\ntitle: L\nserial: %u\nrules:\n", serial);
    for (unsigned i = 0; i < rules; i++)
        fprintf(file, "%sn%u.example\n", serial > 0 ? "  - domain: " : "", i);
    fprintf(file, "%s", behind);
    fclose(file);
    world_open(w);
    world_list(w, serial > 0 ? "yaml" : "domains", text);
    w->source.max_change_percent = 20;
    free(text);
}

static void test_change(void **state)
{
    struct world old, new;
    make(&old, 100, 0, "");
    world_compile(&old);

    static const struct {
        unsigned rules;
        bool fine;
    } cases[] = {{80, true}, {79, false}, {120, true}, {121, false}, {100, true}, {0, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make(&new, cases[i].rules, 0, "");
        assert_int_equal(world_try(&new, old.policy), cases[i].fine ? STATUS_OK : STATUS_INVALID);
        world_close(&new);
    }
    make(&new, 121, 0, "");
    assert_refused(&new, old.policy, 1);
    assert_problem(&new, 0, SEVERITY_ERROR, 0, 0,
                   "the list list0 goes from 100 to 121 rules, more than max_change (20%) at once; "
                   "look at it, then use --accept-change=list0");
    new.lists[0].accept_change = true;
    assert_int_equal(world_try(&new, old.policy), STATUS_OK);
    new.lists[0].accept_change = false;
    new.source.max_change_percent = 0;
    assert_int_equal(world_try(&new, old.policy), STATUS_OK);
    world_close(&new);
    world_close(&old);

    make(&old, 8, 0, "");
    world_compile(&old);
    static const struct {
        unsigned rules;
        bool fine;
    } small[] = {{28, true}, {29, false}, {1, true}, {0, false}};
    for (size_t i = 0; i < COUNT_OF(small); i++) {
        make(&new, small[i].rules, 0, "");
        assert_int_equal(world_try(&new, old.policy), small[i].fine ? STATUS_OK : STATUS_INVALID);
        world_close(&new);
    }
    world_close(&old);
}

static void test_serial(void **state)
{
    struct world old, new;
    make(&old, 10, 7, "");
    world_compile(&old);
    make(&new, 10, 6, "");
    assert_refused(&new, old.policy, 1);
    assert_problem(
        &new, 0, SEVERITY_ERROR, 3, 0,
        "serial 6 is lower than 7 of the running list list0; if the older text is meant, "
        "give it a higher serial");
    world_close(&new);
    make(&new, 10, 7, "  - domain: more.example\n");
    assert_refused(&new, old.policy, 1);
    assert_problem(
        &new, 0, SEVERITY_ERROR, 3, 0,
        "the list list0 has changed since the running one and its serial 7 has not; raise "
        "the serial");
    world_close(&new);
    make(&new, 10, 7, "");
    assert_int_equal(world_try(&new, old.policy), STATUS_OK);
    world_close(&new);
    make(&new, 10, 8, "  - domain: more.example\n");
    assert_int_equal(world_try(&new, old.policy), STATUS_OK);
    world_close(&new);
    world_close(&old);
}

static void test_empty(void **state)
{
    struct world w;
    make(&w, 0, 0, "# nothing\n");
    assert_int_equal(world_try(&w, NULL), STATUS_OK);
    assert_problem(&w, 0, SEVERITY_WARNING, 0, 0,
                   "the list list0 has no rules; add some, or take it out of the configuration");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_suffixes), cmocka_unit_test(test_protected),
        cmocka_unit_test(test_change),          cmocka_unit_test(test_serial),
        cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
