/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - finds the word in the table, and the few options that all of them share.
 */
#include "command/command.h"

#include "yaml/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMANDS_MOST = 32 };

static const char default_config[] = "/etc/ponor/ponor.yaml";

/* Only `ponor` has words: a daemon, which shares what stands here, links none of them. */
static const struct command *known;

static void print_usage(FILE *out)
{
    fprintf(out, "usage: ponor [-c FILE] COMMAND [ARGUMENTS]\n\n");
    for (const struct command *c = known; c != NULL && c->name != NULL; c++)
        fprintf(out, "  %-9s %s\n", c->name, c->help);
    fprintf(
        out,
        "\n  -c FILE   the configuration (%s)\n"
        "  -s PATH   the control socket of another program than dnsd, or where the configuration\n"
        "            cannot tell\n"
        "\n`ponor COMMAND --help` says more. Exit codes: 0 yes, 1 no, 2 wrong use.\n",
        default_config);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *c = known; c != NULL && c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

int command_usage(const char *name, const char *wrong)
{
    const struct command *c = find_command(name);

    if (wrong != NULL)
        fprintf(stderr, "ponor %s: %s\n", name, wrong);
    if (c != NULL)
        fprintf(stderr, "usage: ponor [-c FILE] %s %s\n  %s\n", c->name, c->arguments, c->help);
    return EXIT_USAGE;
}

static int say_unknown(const char *name)
{
    const char *words[COMMANDS_MOST] = {NULL};
    size_t count = 0;

    for (const struct command *c = known; c != NULL && c->name != NULL && count + 1 < COMMANDS_MOST;
         c++)
        words[count++] = c->name;
    const char *hint = problem_hint(name, words);
    fprintf(stderr, "ponor: there is no command `%s`", name);
    if (hint != NULL)
        fprintf(stderr, "; did you mean `%s`?", hint);
    fprintf(stderr, "\n`ponor --help` lists them.\n");
    return EXIT_USAGE;
}

/* `ponor -c FILE status` is `ponor status -c FILE`: brings the command to the front. */
static void put_command_first(int argc, char *argv[])
{
    int at = 1;
    while (at + 2 < argc && (strcmp(argv[at], "-c") == 0 || strcmp(argv[at], "-s") == 0))
        at += 2;
    if (at >= argc)
        return;
    char *command = argv[at];
    memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof *argv);
    argv[1] = command;
}

int command_run(int argc, char *argv[], const struct command *table)
{
    known = table;
    put_command_first(argc, argv);
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_YES;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("ponor %s\n", PONOR_VERSION);
        return EXIT_YES;
    }
    const struct command *c = find_command(argv[1]);
    if (c == NULL)
        return say_unknown(argv[1]);
    bool wants_help = argc >= 3 && strcmp(argv[argc - 1], "--help") == 0;
    if (wants_help && !c->helps) {
        printf("usage: ponor [-c FILE] %s %s\n  %s\n", c->name, c->arguments, c->help);
        return EXIT_YES;
    }
    return c->run(argc - 1, argv + 1);
}

/* Takes `count` arguments out from place `at`. */
static void take_out(int *argc, char *argv[], int at, int count)
{
    for (int i = at; i + count < *argc; i++)
        argv[i] = argv[i + count];
    *argc -= count;
    argv[*argc] = NULL;
}

const char *command_option(int *argc, char *argv[], const char *name, const char *otherwise)
{
    size_t length = strlen(name);

    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], name, length) != 0)
            continue;
        const char *value = argv[i] + length;
        if (*value == '=') {
            take_out(argc, argv, i, 1);
            return value + 1;
        }
        if (*value != 0)
            continue;
        if (i + 1 == *argc)
            exit(command_usage(argv[0], "an option lacks its value"));
        value = argv[i + 1];
        take_out(argc, argv, i, 2);
        return value;
    }
    return otherwise;
}

bool command_flag(int *argc, char *argv[], const char *name)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            take_out(argc, argv, i, 1);
            return true;
        }
    }
    return false;
}

const char *command_config(int *argc, char *argv[])
{
    return command_option(argc, argv, "-c", default_config);
}
