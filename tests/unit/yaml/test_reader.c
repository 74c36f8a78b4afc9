/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proves yaml/reader and yaml/fill: every mistake of a file in one run, with its place and words;
 * the limits; items reused cleanly.
 */
#include "yaml/schema.h"
#include "base/address.h"
#include "dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { RULES_KEPT = 8 };

struct rule {
    struct name domain;
    struct yaml_place domain_at, group_at[3];
    char note[32], groups[3][16];
    uint32_t group_count, ttl;
    uint32_t weight; /* in a section of its own */
};

struct list {
    char id[16];
    uint32_t size;
    uint32_t workers, fast;
    struct address servers[2];
    uint32_t server_count;
    struct rule rules[RULES_KEPT];
    struct yaml_place at[RULES_KEPT];
    size_t count, lost;
};

static void on_lost(void *owner)
{
    ((struct list *)owner)->lost++;
}

static void on_rule(void *owner, const void *item, struct yaml_place at)
{
    struct list *list = owner;
    if (list->count < RULES_KEPT) {
        list->rules[list->count] = *(const struct rule *)item;
        list->at[list->count] = at;
    }
    list->count++;
}

static const struct yaml_row more_rows[] = {
    {"weight", &yaml_count, YAML_FIELD(struct rule, weight)},
};
static const struct yaml_schema more = YAML_SECTION("`more`", more_rows);

static const struct yaml_row rule_rows[] = {
    {"domain", &yaml_name, YAML_FIELD(struct rule, domain), YAML_AT(struct rule, domain_at),
     .required = true},
    {"note", &yaml_text, YAML_FIELD(struct rule, note)},
    {"groups", &yaml_text, YAML_LIST(struct rule, groups, group_count),
     YAML_AT(struct rule, group_at)},
    {"ttl", &yaml_seconds, YAML_FIELD(struct rule, ttl), .fallback = "60"},
    {"more", .section = &more},
};
static const struct yaml_schema rule = YAML_SCHEMA("a rule", struct rule, rule_rows);

static const struct yaml_row tuning_rows[] = {
    {"workers", &yaml_count, YAML_FIELD(struct list, workers), .limit = 64, .fallback = "4"},
    {"fast", &yaml_bool, YAML_FIELD(struct list, fast), .fallback = "yes"},
    {"servers", &yaml_address, YAML_LIST(struct list, servers, server_count),
     .fallback = "192.0.2.1, ::1"},
};
static const struct yaml_schema tuning = YAML_SECTION("`tuning`", tuning_rows);

static const struct yaml_row list_rows[] = {
    {"list", &yaml_text, YAML_FIELD(struct list, id), .required = true},
    {"size", &yaml_bytes, YAML_FIELD(struct list, size)},
    {"tuning", .section = &tuning},
    {"rules", .items = &rule, .on_item = on_rule, .on_lost = on_lost, .most = 6},
    {"serial", .refused = "is not of this version"},
};
static const struct yaml_schema schema = YAML_SCHEMA("a list", struct list, list_rows);

static struct list list;
static char printed[20000];

/* Reads a text; `printed` is then what was said about it. */
static enum status read_text(struct span text)
{
    struct problems *problems = problems_new();
    FILE *file = tmpfile();
    assert_non_null(file);
    enum status status = yaml_read_text(text, "f", &schema, &list, &list, problems);
    problems_print(problems, fileno(file));
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = 0;
    fclose(file);
    assert_int_equal(status == STATUS_OK, problems->errors == 0);
    problems_free(problems);
    return status;
}

static enum status read_string(const char *text)
{
    return read_text(span_text(text));
}

static void test_values(void **state)
{
    assert_int_equal(read_string("%YAML 1.1\n"
                                 "--- # a comment\n"
                                 "list: x\n"
                                 "size: \"64K\"\n"
                                 "tuning:\n"
                                 "  workers: 9\n"
                                 "  servers: [192.0.2.9]\n"
                                 "rules:\n"
                                 "- domain: a.example\n"
                                 "  note: 'the first'\n"
                                 "  groups: [one, two]\n"
                                 "  ttl: 5m\n"
                                 "  more: {weight: 3}\n"
                                 "- {domain: b.example}\n"
                                 "- domain: c.example\n"
                                 "  groups:\n"
                                 "  - three\n"),
                     STATUS_OK);
    assert_string_equal(printed, "");
    assert_string_equal(list.id, "x");
    assert_int_equal(list.size, 65536);
    assert_int_equal(list.workers, 9);
    assert_int_equal(list.fast, 1);
    assert_int_equal(list.server_count, 1);
    assert_int_equal(list.servers[0].bytes[15], 9);
    assert_int_equal(list.count, 3);

    const struct rule *r = list.rules;
    assert_string_equal(r[0].note, "the first");
    assert_int_equal(r[0].group_count, 2);
    assert_string_equal(r[0].groups[1], "two");
    assert_int_equal(r[0].group_at[1].line, 11);
    assert_int_equal(r[0].group_at[1].column, 17);
    assert_int_equal(r[0].domain_at.line, 9);
    assert_int_equal(r[0].domain_at.column, 11);
    assert_int_equal(r[0].ttl, 300);
    assert_int_equal(r[0].weight, 3);
    assert_int_equal(list.at[0].line, 9);
    assert_int_equal(list.at[0].column, 3);
    /* Nothing of the first is left in the second. */
    assert_string_equal(r[1].note, "");
    assert_int_equal(r[1].group_count, 0);
    assert_int_equal(r[1].group_at[1].line, 0);
    assert_int_equal(r[1].ttl, 60);
    assert_int_equal(r[1].weight, 0);
    assert_int_equal(r[2].group_count, 1);
    assert_string_equal(r[2].groups[0], "three");
}

static void test_defaults(void **state)
{
    assert_int_equal(read_string("list: x\ntuning:\nrules: []\n"), STATUS_OK);
    assert_int_equal(list.workers, 4);
    assert_int_equal(list.fast, 1);
    assert_int_equal(list.server_count, 2);
    assert_int_equal(list.servers[1].bytes[15], 1);
    assert_int_equal(read_string("list: x\ntuning: {servers: []}\n"), STATUS_OK);
    assert_int_equal(list.server_count, 0);
}

/* One run names them all. */
static void test_all_mistakes(void **state)
{
    assert_int_equal(read_string("lisst: x\n"
                                 "size: big\n"
                                 "size: 64K\n"
                                 "tuning:\n"
                                 "  workers: 65\n"
                                 "  fast: maybe\n"
                                 "  servers: 192.0.2.1\n"
                                 "colour: {a: [b, {c: d}]}\n"
                                 "rules:\n"
                                 "  - domain: https://x.example/\n"
                                 "  - note: no domain\n"
                                 "  - x.example\n"
                                 "  - domain: &a a.example\n"
                                 "  - domain: *a\n"
                                 "  - domain: !!str b.example\n"
                                 "    groups: [a, b, c, d, e]\n"
                                 "    note: [x]\n"
                                 "    ? [complex]\n"
                                 "    : value\n"
                                 "    ttl:\n"
                                 "    more: 3\n"
                                 "  - domain: {x: y}\n"
                                 "  - domain: good.example\n"
                                 "  - domain: one-too-many.example\n"
                                 "  - domain: two-too-many.example\n"),
                     STATUS_INVALID);
    assert_string_equal(
        printed,
        "f:1:1: error: a list has no key `lisst`; did you mean `list`?\n"
        "f:1:1: error: a list lacks `list`\n"
        "f:2:7: error: `size` takes a size such as 64K, 64M or 1G, not `big`\n"
        "f:3:1: error: `size` stands here twice, first on line 2\n"
        "f:5:12: error: `workers`: 65 is more than 64\n"
        "f:6:9: error: `fast` takes yes or no, not `maybe`\n"
        "f:7:12: error: `servers` takes a list such as [a, b], not `192.0.2.1`\n"
        "f:8:1: error: a list has no key `colour`\n"
        "f:10:13: error: `domain`: `https://x.example/`: write only the name, without https:// and "
        "path\n"
        "f:11:5: error: a rule lacks `domain`\n"
        "f:12:5: error: `rules` takes a list whose items have keys: `- key: value`, not "
        "`x.example`\n"
        "f:13:13: error: anchors (&a) are refused: write the value where it is needed\n"
        "f:14:13: error: aliases (*a) are refused: write the value itself\n"
        "f:15:13: error: tags (!) are refused: the key alone says what its value is\n"
        "f:16:23: error: `groups` has more than 3 entries\n"
        "f:17:11: error: `note` takes one line of text, not a list\n"
        "f:18:7: error: a key must be a word\n"
        "f:20:9: error: `ttl` has no value; it takes a time such as 5s, 10m, 2h or 1d\n"
        "f:21:11: error: `more` takes keys of its own, indented below it, not `3`\n"
        "f:22:13: error: `domain` takes a domain name such as www.example.com, not keys of its "
        "own\n"
        "f:23:5: error: `rules` has more than 6 entries\n");
    assert_int_equal(list.count, 0); /* an item with an error is not handed over */
}

/* libyaml stops at the first of these; each gets a sentence. */
static void test_syntax(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "f: error: the file is empty\n"},
        {"# nothing\n", "f: error: the file is empty\n"},
        {"just text\n",
         "f:1:1: error: the file holds no keys; it begins with one, such as `list:`\n"},
        {"- a\n", "f:1:1: error: the file holds no keys; it begins with one, such as `list:`\n"},
        {"list: x\n---\nlist: y\n",
         "f:2:1: error: a second document begins here: one file is one document\n"},
        {"list: x\ntuning:\n\tworkers: 1\n",
         "f:3:1: error: a tab stands here: indent with spaces; reading stops here\n"},
        {"list: x\nrules:\n  - domain: @a\n",
         "f:3:13: error: a value that begins with @, `, % or another special character must stand "
         "in quotes; reading stops here\n"},
        {"list: a: b\n",
         "f:1:8: error: a key cannot stand here: check the indentation, or put a value that holds "
         "`: ` in quotes; reading stops here\n"},
        {"list: x\nsize\ntuning:\n",
         "f:3:1: error: `key: value` is expected: the colon, or the space behind it, is missing; "
         "reading stops here\n"},
        {"list: x\nrules: [a, b\nsize: 1\n",
         "f:2:9: error: `rules` takes a list whose items have keys: `- key: value`, not `a`\n"
         "f:2:12: error: `rules` takes a list whose items have keys: `- key: value`, not `b size`\n"
         "f:3:5: error: a comma or the closing ] is missing in the list that began on line 2; "
         "reading stops here\n"},
        {"list: x\nrules: {a: b\n",
         "f:2:8: error: `rules` takes a list whose items have keys: `- key: value`, not keys of "
         "its own\n"
         "f:3:1: error: a comma or the closing } is missing in the mapping that began on line 2; "
         "reading stops here\n"},
        {"list: x\ntuning: {servers: [::1]}\n",
         "f:2:20: error: a value is missing here, or it begins with a colon, as ::1 does, and must "
         "stand in quotes; reading stops here\n"},
        {"list: [a::, b]\n", "f:1:7: error: `list` takes one line of text, not a list\n"
                             "f:1:10: error: a value with a colon at its end, as 2001:db8:: has, "
                             "must stand in quotes here; reading stops here\n"},
        {"list: \"x\nsize: 1\n",
         "f:3:1: error: the quote that opened on line 1 is not closed; reading stops here\n"},
        {"list: \"\\w\"\n",
         "f:1:8: error: a backslash in double quotes begins an escape: write \\\\, or use single "
         "quotes; reading stops here\n"},
        {"list: x\n size: 1\n",
         "f:2:6: error: a key cannot stand here: check the indentation, or put a value that holds "
         "`: ` in quotes; reading stops here\n"},
        {"  list: x\nsize: 1\n",
         "f:2:1: error: only one document: nothing may stand behind its end, and keys begin in "
         "the first column; reading stops here\n"},
        {"list: x\nrules:\n  - domain: a\n - domain: b\n",
         "f:4:2: error: this does not fit what began on line 1: check the indentation and the "
         "quotes above; reading stops here\n"},
        {"list: x\nsize: \xff\n", "f:2:7: error: a byte here is no UTF-8 text (invalid leading "
                                  "UTF-8 octet); reading stops here\n"},
        {"list: \"a\\0b\"\n", "f:1:7: error: `list`: the value holds a zero byte\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(read_string(cases[i].text), STATUS_INVALID);
        assert_string_equal(printed, cases[i].said);
    }
}

static void test_lost_items(void **state)
{
    assert_int_equal(read_string("list: x\nrules: [{domain: a}, {domain: b, x: y}, {ttl: 1}]\n"),
                     STATUS_INVALID);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.lost, 2);
    assert_int_equal(read_string("list: x\nrules: [{domain: a}]\nsize: [\n"), STATUS_INVALID);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.lost, 1);
    assert_int_equal(read_string("lits: x\nrules: [{domain: a}]\n"), STATUS_INVALID);
    assert_int_equal(list.lost, 0);
}

/* Of an empty sequence, the place is its own. */
static void test_empty_place(void **state)
{
    assert_int_equal(read_string("list: x\nrules:\n  - domain: a\n    groups: []\n"), STATUS_OK);
    assert_int_equal(list.rules[0].group_count, 0);
    assert_int_equal(list.rules[0].group_at[0].line, 4);
    assert_int_equal(list.rules[0].group_at[0].column, 13);
}

static void test_refused_key(void **state)
{
    assert_int_equal(read_string("list: x\nserial: {a: [b]}\nsize: 1\n"), STATUS_INVALID);
    assert_string_equal(printed, "f:2:1: error: `serial` is not of this version\n");
    assert_int_equal(list.size, 1);
}

/* Errors before a syntax error are named too. */
static void test_errors_then_syntax(void **state)
{
    assert_int_equal(read_string("lst: x\nsize: a\nrules: [\n"), STATUS_INVALID);
    assert_non_null(strstr(printed, "f:1:1: "));
    assert_non_null(strstr(printed, "f:2:7: "));
    assert_non_null(strstr(printed, "reading stops here\n"));
}

static void test_depth(void **state)
{
    char text[1000] = "list: x\nunknown: ";
    for (int i = 0; i < 400; i++)
        text[17 + i] = '[';
    assert_int_equal(read_string(text), STATUS_INVALID);
    assert_non_null(strstr(printed, "nested more than 12 deep; reading stops here\n"));
}

static void test_long_scalar(void **state)
{
    size_t size = YAML_SCALAR_MOST + 20;
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    memcpy(text, "size: ", 6);
    text[size] = 0;
    assert_int_equal(read_string(text), STATUS_INVALID);
    assert_non_null(strstr(printed, "`size`: 4110 bytes are too long\n"));
    free(text);
}

static void test_place_behind_much(void **state)
{
    /* The bad byte lies far behind libyaml's first buffer. */
    size_t size = 100000;
    char *text = malloc(size + 20), name[] = "/tmp/ponor-test-yaml-XXXXXX";
    struct problems *problems = problems_new();
    for (size_t i = 0; i < size; i += 10)
        memcpy(text + i, "# comment\n", 10);
    memcpy(text + size, "list: \xc3\x28", 9);
    assert_int_equal(read_string(text), STATUS_INVALID);
    assert_non_null(strstr(printed, "f:10001:8: error: a byte here is no UTF-8"));

    int fd = mkstemp(name);
    assert_int_equal(write(fd, text, size + 8), (ssize_t)size + 8);
    close(fd);
    assert_int_equal(yaml_read_file(name, &schema, &list, &list, problems), STATUS_INVALID);
    unlink(name);
    assert_int_equal(problems->list[0].line, 10001);
    assert_int_equal(problems->list[0].column, 8);
    problems_free(problems);
    free(text);
}

static void test_no_file(void **state)
{
    struct problems *problems = problems_new();
    assert_int_equal(yaml_read_file("/nonexistent/x", &schema, &list, &list, problems),
                     STATUS_INVALID);
    assert_string_equal(problems->list[0].text, "cannot be read: No such file or directory");
    problems_free(problems);
}

/* Many items cost time only: one struct is filled again and again. */
static void test_many_items(void **state)
{
    enum { ITEMS = 100000, LINE = 40 };
    static const struct yaml_row rows[] = {{"list", &yaml_text, YAML_FIELD(struct list, id)},
                                           {"rules", .items = &rule, .on_item = on_rule}};
    static const struct yaml_schema unlimited = YAML_SCHEMA("a list", struct list, rows);
    char *text = malloc(ITEMS * LINE + LINE);
    struct problems *problems = problems_new();
    size_t length = (size_t)snprintf(text, LINE, "rules:\n");
    for (unsigned i = 0; i < ITEMS; i++)
        length += (size_t)snprintf(text + length, LINE, "  - domain: n%u.example\n", i);
    assert_int_equal(yaml_read_text(span_of(text, length), "f", &unlimited, &list, &list, problems),
                     STATUS_OK);
    assert_int_equal(list.count, ITEMS);
    assert_int_equal(list.rules[RULES_KEPT - 1].domain_at.line, RULES_KEPT + 1);
    problems_free(problems);
    free(text);
}

/* Every prefix of a good file, and every single byte of it changed, ends without a fault. */
static void test_damage(void **state)
{
    static const char good[] = "list: x\ntuning: {workers: 3}\nrules:\n  - domain: \"a.example\"\n"
                               "    groups: [a, 'b']\n    note: >\n      folded\n";
    char bytes[sizeof good];
    for (size_t length = 0; length < sizeof good; length++)
        (void)read_text(span_of(good, length));
    for (size_t i = 0; i + 1 < sizeof good; i++)
        for (size_t j = 0; j < 16; j++) {
            memcpy(bytes, good, sizeof good);
            bytes[i] = "\0\t\n&*!{[-:#\"\xff %?"[j];
            (void)read_text(span_of(bytes, sizeof good - 1));
        }
    assert_int_equal(read_string(good), STATUS_OK);
    assert_string_equal(list.rules[0].note, "folded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_mistakes),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_errors_then_syntax),
        cmocka_unit_test(test_lost_items),
        cmocka_unit_test(test_empty_place),
        cmocka_unit_test(test_refused_key),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_long_scalar),
        cmocka_unit_test(test_place_behind_much),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_many_items),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
