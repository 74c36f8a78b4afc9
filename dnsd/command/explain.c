/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * explain - `ponor explain`: the verdict on one name or address, for one client or each
 * group.
 */
#include "command/command.h"
#include "compile/compile.h"
#include "policy/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXPLAIN_MOST = 1 << 20 };

static char text[EXPLAIN_MOST];

static void explain(const struct policy *policy, const struct subject *subject)
{
    struct writer w = writer_over(text, sizeof text);
    explain_fully(policy, subject, &w);
    fwrite(text, 1, writer_length(&w), stdout);
}

static int explain_for_client(const struct policy *policy, struct subject *subject,
                              const char *client)
{
    struct address address;

    if (address_parse(client, &address) != STATUS_OK)
        return command_usage("explain", "--client needs an address");
    subject->group = policy_group_of(policy, &address);
    explain(policy, subject);
    return EXIT_YES;
}

static int explain_for_all(const struct policy *policy, struct subject *subject)
{
    const struct policy_facts facts = policy_facts(policy);

    for (uint32_t i = 0; i < facts.groups; i++) {
        if (i > 0)
            putchar('\n');
        subject->group = (uint16_t)i;
        explain(policy, subject);
    }
    if (facts.groups == 0)
        printf("the policy has no groups: everything passes\n");
    return EXIT_YES;
}

struct policy *command_policy_in_service(const char *file)
{
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);
    struct policy *policy = NULL;

    if (problems != NULL && config != NULL &&
        config_read(file, config, NULL, problems) == STATUS_OK && access(config->image, R_OK) == 0)
        policy = compile_or_open(file, config->image);
    problems_free(problems);
    free(config);
    return policy != NULL ? policy : compile_or_open(file, NULL);
}

int command_explain(int argc, char *argv[])
{
    const char *file = command_config(&argc, argv);
    const char *client = command_option(&argc, argv, "--client", NULL);
    const char *image = command_option(&argc, argv, "--image", NULL);
    bool lists = command_flag(&argc, argv, "--lists");
    struct subject subject = {0};
    struct address address;
    struct name name;

    if (argc != 2)
        return command_usage(argv[0], "it needs one name or address");
    if (address_parse(argv[1], &address) == STATUS_OK)
        subject.destination = &address;
    else if (name_parse(argv[1], &name) == STATUS_OK)
        subject.name = &name;
    else
        return command_usage(argv[0], "that is neither a name nor an address");
    struct policy *policy =
        lists || image != NULL ? compile_or_open(file, image) : command_policy_in_service(file);
    if (policy == NULL)
        return EXIT_NO;
    int code = client != NULL ? explain_for_client(policy, &subject, client)
                              : explain_for_all(policy, &subject);
    policy_close(policy);
    return code;
}
