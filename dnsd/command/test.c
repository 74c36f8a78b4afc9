/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test - `ponor test FILE`: an admin's own table of what the lists must and must not do.
 *
 * A row is `client`, one of `name` and `address`, `expect` (an action, or `pass`), and `list` when
 * it matters which list speaks. Each row that fails is printed with its place and what the policy
 * said.
 */
#include "command/command.h"
#include "compile/compile.h"
#include "policy/decide.h"
#include "yaml/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct row {
    struct address client, address;
    struct name name;
    struct yaml_place name_at, address_at, list_at;
    uint32_t expect; /* enum action */
    char list[LIST_ID_SIZE];
};

struct table {
    /* for yaml_read_file(): it fills nothing but this */
    char unused;
};

struct run {
    const char *file;
    const struct policy *policy;
    struct problems *problems;
    unsigned passed, failed;
};

static const char *list_of(const struct policy *policy, const struct verdict *verdict)
{
    return verdict->rule == RULE_NONE ? "" : policy_list(policy, verdict->list).id;
}

static void fail(struct run *run, const struct row *row, struct yaml_place at,
                 const struct verdict *verdict)
{
    char client[ADDRESS_TEXT_SIZE], address[ADDRESS_TEXT_SIZE], name[NAME_TEXT_SIZE];
    const char *said = list_of(run->policy, verdict);
    const char *subject =
        row->name_at.line != 0 ? name_text(&row->name, name) : address_text(&row->address, address);

    run->failed++;
    printf("%s:%u: %s asks for %s: expected %s%s%s, the policy says %s%s%s\n", run->file, at.line,
           address_text(&row->client, client), subject, action_words[row->expect],
           row->list[0] != 0 ? " by " : "", row->list, action_words[verdict->action],
           said[0] != 0 ? " by " : "", said);
    if (verdict->rule != RULE_NONE) {
        struct rule_view rule;
        char text[NAME_TEXT_SIZE];
        policy_rule(run->policy, verdict->rule, &rule);
        printf("    %s:%u: %s%s\n", policy_list(run->policy, rule.list).file, rule.line,
               rule.exception ? "exception " : "",
               policy_rule_text(run->policy, verdict->rule, text));
    }
}

static void on_row(void *owner, const void *item, struct yaml_place at)
{
    struct run *run = owner;
    const struct row *row = item;

    if ((row->name_at.line != 0) == (row->address_at.line != 0)) {
        problem_error(run->problems, run->file, at.line, at.column,
                      "a test needs one of `name` and `address`");
        return;
    }
    const struct subject subject = {
        .group = policy_group_of(run->policy, &row->client),
        .name = row->name_at.line != 0 ? &row->name : NULL,
        .destination = row->address_at.line != 0 ? &row->address : NULL,
    };
    const struct verdict verdict = decide(run->policy, &subject);
    bool same_list =
        row->list_at.line == 0 || strcmp(row->list, list_of(run->policy, &verdict)) == 0;
    if (verdict.action == (enum action)row->expect && same_list)
        run->passed++;
    else
        fail(run, row, at, &verdict);
}

static const struct yaml_row row_rows[] = {
    {"client", &yaml_address, YAML_FIELD(struct row, client), .required = true},
    {"name", &yaml_name, YAML_FIELD(struct row, name), YAML_AT(struct row, name_at)},
    {"address", &yaml_address, YAML_FIELD(struct row, address), YAML_AT(struct row, address_at)},
    {"expect", &yaml_word, YAML_FIELD(struct row, expect), .words = action_words, .required = true},
    {"list", &yaml_id, YAML_FIELD(struct row, list), YAML_AT(struct row, list_at)},
};
static const struct yaml_schema row_schema = YAML_SCHEMA("a test", struct row, row_rows);

static const struct yaml_row table_rows[] = {
    {"tests", .items = &row_schema, .on_item = on_row, .required = true},
};
static const struct yaml_schema table_schema =
    YAML_SCHEMA("a table of tests", struct table, table_rows);

int command_test(int argc, char *argv[])
{
    const char *config = command_config(&argc, argv);
    const char *image = command_option(&argc, argv, "--image", NULL);
    struct table table;

    if (argc != 2)
        return command_usage(argv[0], "it needs the file of tests");
    struct policy *policy = compile_or_open(config, image);
    struct problems *problems = problems_new();
    if (policy == NULL || problems == NULL) {
        policy_close(policy);
        problems_free(problems);
        return EXIT_NO;
    }
    struct run run = {argv[1], policy, problems, 0, 0};
    enum status status = yaml_read_file(argv[1], &table_schema, &table, &run, problems);
    fflush(stdout);
    problems_print(problems, STDERR_FILENO);
    if (status != STATUS_OK && status != STATUS_INVALID)
        fprintf(stderr, "ponor: %s: %s\n", argv[1], status_text(status));
    run.failed += (unsigned)problems->errors;
    printf("%u passed, %u failed\n", run.passed, run.failed);
    problems_free(problems);
    policy_close(policy);
    return status == STATUS_OK && run.failed == 0 ? EXIT_YES : EXIT_NO;
}
