/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves policy/compile.c with build.c and seal.c: what of a configuration and of plain lists is
 * refused, warned of, and taken.
 */
#include "world.h"

#include <signal.h>
#include <sys/resource.h>

static void test_files(void **state)
{
    struct world w;
    world_open(&w);
    snprintf(world_list(&w, "domains", "")->file, PROBLEM_FILE, "/nonexistent/list.txt");
    snprintf(world_list(&w, "domains", "")->file, PROBLEM_FILE, "/proc/self/fd");
    world_list(&w, "rpz", "")->line = 7;
    w.lists[3] = w.lists[2];
    world_group(&w, "all", "0.0.0.0/0");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_int_equal(w.problems->errors, 3);
    assert_problem(&w, 0, SEVERITY_ERROR, 0, 0,
                   "cannot be opened (No such file or directory); check path and permissions");
    assert_problem(&w, 1, SEVERITY_ERROR, 0, 0,
                   "is not a regular file of at most 512 MB; split it");
    assert_problem(&w, 2, SEVERITY_ERROR, 7, 0,
                   "no list format is called `rpz`; write yaml, hosts or domains");
    assert_string_equal(w.problems->list[0].file, "/nonexistent/list.txt");
    assert_string_equal(w.problems->list[2].file, "ponor.yaml");
    world_close(&w);
}

static void test_zero_bytes(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "example.com\n");
    assert_int_equal(pwrite(w.files[0], "", 1, 3), 1);
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_problem(&w, 0, SEVERITY_ERROR, 0, 0, "is no text file: it has zero bytes");
    world_close(&w);
}

static void test_ids(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "a.example\n");
    snprintf(world_list(&w, "domains", "b.example\n")->id, LIST_ID_SIZE, "list0");
    snprintf(world_list(&w, "domains", "c.example\n")->id, LIST_ID_SIZE, "Upper case");
    snprintf(
        world_list(&w, "yaml", "list: chat\ntitle: C\nserial: 1\nrules: [{name: d.example}]\n")->id,
        LIST_ID_SIZE, "chatter");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    char text[PROBLEM_TEXT];
    snprintf(text, sizeof text, "the list list0 stands in %s too; a list may be named once",
             w.lists[0].file);
    assert_problem(&w, 0, SEVERITY_ERROR, 0, 0, text);
    assert_problem(&w, 1, SEVERITY_ERROR, 0, 0,
                   "`Upper case` is no id for a list; use a-z, 0-9, - and _");
    assert_problem(&w, 2, SEVERITY_ERROR, 1, 0,
                   "the list is called chat here and chatter in ponor.yaml; give both one name");
    world_close(&w);
}

static void test_groups(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "a.example\n");
    world_group(&w, "one", "10.0.0.0/8");
    world_group(&w, "two", "10.0.0.0/8 10.1.0.0/16");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_problem(&w, 0, SEVERITY_ERROR, 20, 0,
                   "clients 10.0.0.0/8 of group two stand in group one too; take them out of one");
    world_close(&w);

    world_open(&w);
    world_list(&w, "domains", "a.example\n");
    world_group(&w, "one", "10.0.0.0/8");
    world_group(&w, "one", "10.1.0.0/16");
    world_group(&w, "three", "10.2.0.0/16")->lists[0] = 9;
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_problem(&w, 0, SEVERITY_ERROR, 20, 0,
                   "group one stands in line 10 too; give one of them another name");
    assert_problem(&w, 1, SEVERITY_ERROR, 30, 0,
                   "group three asks a list twice, or one that is not there; correct `lists`");
    world_close(&w);
}

static void test_groups_without_lists(void **state)
{
    struct world w;
    world_open(&w);
    world_group(&w, "one", "10.0.0.0/8");
    world_group(&w, "two", "10.1.0.0/16");
    world_compile(&w);
    assert_int_equal(policy_facts(w.policy).groups, 2);
    assert_string_equal(policy_group(w.policy, 1).id, "two");
    world_close(&w);
}

/* A disk that is full after so many bytes. */
static void test_full_disk(void **state)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct rlimit before, small;
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "a.example\nb.example\n");
    world_compile(&w);
    size_t bytes = policy_facts(w.policy).bytes;
    policy_close(w.policy);
    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t most = 0; most < bytes; most += 50) {
        small = (struct rlimit){most, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    }
    assert_problem(&w, 0, SEVERITY_ERROR, 0, 0, "the image cannot be written: File too large");
    world_compile(&w);
    world_close(&w);
}

static void test_domains(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains",
               "# a comment\n"
               "One.Example\r\n"
               "\n"
               "\t two.example.   # why\n"
               "three.example");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    assert_int_equal(w.problems->count, 0);
    assert_int_equal(policy_facts(w.policy).names, 3);
    assert_action(&w, "below.one.example", ACTION_SINKHOLE);
    assert_action(&w, "two.example", ACTION_SINKHOLE);
    assert_action(&w, "three.example", ACTION_SINKHOLE);
    struct rule_view rule;
    policy_rule(w.policy, ask(&w, "10.0.0.1", "two.example").rule, &rule);
    assert_int_equal(rule.line, 4);
    world_close(&w);
}

static void test_bad_names(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains",
               "*.example.com\nhttps://example.com/x\n b\xc3\xbc"
               "cher.example\n||example.com^\n"
               "a..example\n");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_int_equal(w.problems->errors, 5);
    assert_problem(&w, 0, SEVERITY_ERROR, 1, 1,
                   "`*.example.com`: write no *: a domain means the name and all below it");
    assert_problem(&w, 1, SEVERITY_ERROR, 2, 1,
                   "`https://example.com/x`: write only the name, without https:// and path");
    assert_problem(&w, 2, SEVERITY_ERROR, 3, 2,
                   "`b\xc3\xbc"
                   "cher.example`: write an internationalised name in its ASCII form, "
                   "xn--...");
    assert_problem(&w, 3, SEVERITY_ERROR, 4, 1,
                   "`||example.com^`: write a domain name such as www.example.com");
    assert_problem(&w, 4, SEVERITY_ERROR, 5, 1,
                   "`a..example`: there is nothing between two of its dots");
    world_close(&w);
}

static void test_hosts(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "hosts",
               "127.0.0.1 localhost\nfe80::1%lo0 localhost\n0.0.0.0 0.0.0.0\n"
               "0.0.0.0 one.example two.example # both\n"
               "::1\tthree.example\n"
               "192.0.2.1 router.example\n"
               "0.0.0.0\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    assert_int_equal(policy_facts(w.policy).names, 3);
    assert_action(&w, "one.example", ACTION_SINKHOLE);
    assert_action(&w, "below.one.example", ACTION_PASS);
    assert_action(&w, "two.example", ACTION_SINKHOLE);
    assert_action(&w, "three.example", ACTION_SINKHOLE);
    assert_action(&w, "router.example", ACTION_PASS);
    assert_int_equal(w.problems->count, 1);
    assert_problem(
        &w, 0, SEVERITY_WARNING, 6, 1,
        "192.0.2.1 is a real address, so the line blocks nothing and was left out; write "
        "0.0.0.0 to block");
    world_close(&w);

    world_open(&w);
    world_list(&w, "hosts", "example.com\nexample.com other.example\n");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_problem(&w, 0, SEVERITY_ERROR, 2, 1,
                   "`example.com` is no address; a line of a hosts file is `0.0.0.0 name`");
    world_close(&w);
}

static void test_repeats(void **state)
{
    struct world w;
    world_open(&w);
    world_list(&w, "domains", "a.example\nb.example\na.example\nc.example\na.example\n");
    world_list(&w, "domains", "a.example\n");
    world_list(&w, "yaml",
               "list: y\ntitle: Y\nserial: 1\nrules:\n  - address: 192.0.2.1\n"
               "  - address: 192.0.2.1\n    note: again\n  - domain: n.example\n"
               "  - name: n.example\n");
    world_group(&w, "all", "0.0.0.0/0");
    world_compile(&w);
    assert_int_equal(w.problems->count, 2);
    assert_problem(&w, 0, SEVERITY_WARNING, 3, 0,
                   "already said in line 1 (2 such rules were left out); remove it");
    assert_problem(&w, 1, SEVERITY_WARNING, 6, 0,
                   "already said in line 5 (1 such rules were left out); remove it");
    assert_int_equal(policy_list(w.policy, 0).rules, 3);
    assert_int_equal(policy_list(w.policy, 2).rules, 3);
    world_close(&w);

    world_open(&w);
    world_list(&w, "yaml",
               "list: y\ntitle: Y\nserial: 1\nrules:\n"
               "  - domain: n.example\n"
               "  - domain: n.example\n    action: observe\n"
               "  - address: 192.0.2.1\n    action: drop\n"
               "  - address: 192.0.2.1\n");
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_problem(&w, 0, SEVERITY_ERROR, 6, 0,
                   "n.example has another action in line 5; leave one of the two");
    assert_problem(&w, 1, SEVERITY_ERROR, 10, 0,
                   "192.0.2.1/32 has another action in line 8; leave one of the two");
    world_close(&w);
}

/* More names of one bucket than a record holds: said, not crashed into. */
static void test_too_many_of_one(void **state)
{
    struct world w;
    char *text;
    size_t size;
    FILE *yaml = open_memstream(&text, &size);
    fprintf(yaml, "list: y\ntitle: Y\nserial: 1\nrules:\n  - domain: n.example\nexceptions:\n");
    for (unsigned i = 0; i < 300; i++)
        fprintf(yaml, "  - name: n.example\n    until: 20%02u-%02u-01\n", 27 + i / 12, 1 + i % 12);
    fclose(yaml);
    world_open(&w);
    world_list(&w, "yaml", text);
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_true(w.problems->errors >= 45);
    assert_string_equal(w.problems->list[0].text,
                        "n.example stands in too many rules; leave some of them out");
    free(text);
    world_close(&w);

    yaml = open_memstream(&text, &size);
    fprintf(yaml, "list: y\ntitle: Y\nserial: 1\nexceptions:\n");
    for (unsigned i = 0; i < 300; i++)
        fprintf(yaml, "  - {address: 192.0.2.1, until: 20%02u-%02u-01}\n", 27 + i / 12, 1 + i % 12);
    fclose(yaml);
    world_open(&w);
    world_list(&w, "yaml", text);
    assert_int_equal(world_try(&w, NULL), STATUS_INVALID);
    assert_int_equal(w.problems->errors, 45);
    assert_string_equal(w.problems->list[0].text,
                        "192.0.2.1/32 stands in too many rules; leave some of them out");
    free(text);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_groups_without_lists),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_domains),
        cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_too_many_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
