/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * daemon - getopt_long(3), and what its options lead to.
 */
#include "command/daemon.h"

#include "base/log.h"
#include "base/refusal.h"
#include "command/command.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* `ponor check` and `ponor show` under the program's name. */
static int run_command(const struct daemon *program, int (*command)(int, char *[]), char *file)
{
    char name[CONFIG_WORD_SIZE], option[] = "-c";
    char *argv[] = {name, option, file, NULL};
    snprintf(name, sizeof name, "%s", program->name);
    return command(3, argv);
}

static int run_parent(const struct daemon *program, struct daemon_options *options)
{
    char path[PATH_MAX], why[REFUSAL_TEXT_SIZE];

    log_open(program->name, LOG_LEVEL_INFO);
    if (realpath(options->config_file, path) == NULL) {
        log_error("cannot read the configuration %s: %s; say with -c FILE where it is",
                  options->config_file, refusal_text(errno, why));
        return EXIT_NO;
    }
    options->config_file = path;
    role_check_users(program->roles);
    return program->run(options);
}

static int print_usage(const struct daemon *program, FILE *out, int code)
{
    fprintf(out,
            "usage: %s [-c FILE] %s[--check | --show | --version | --help]\n\n"
            "  -c FILE       the configuration (/etc/ponor/ponor.yaml)\n"
            "  --check       name all errors and warnings of configuration and lists, and leave\n"
            "  --show        print the configuration in effect, defaults included, and leave\n"
            "%s",
            program->name, program->synopsis, program->options);
    return code;
}

int daemon_main(int argc, char *argv[], const struct daemon *program)
{
    static const struct option words[] = {{"check", no_argument, NULL, 'k'},
                                          {"show", no_argument, NULL, 's'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    static char default_file[] = "/etc/ponor/ponor.yaml";
    struct daemon_options options = {0};
    char *file = default_file;
    int (*command)(int, char *[]) = NULL;
    int option, code;

    if (role_run(argc, argv, program->roles, program->name, &code))
        return code;
    while ((option = getopt_long(argc, argv, program->letters, words, NULL)) != -1) {
        switch (option) {
        case 'c':
            file = optarg;
            break;
        case 'i':
            if (options.interface_count < COUNT_OF(options.interfaces))
                options.interfaces[options.interface_count++] = optarg;
            break;
        case 'k':
            command = command_check;
            break;
        case 's':
            command = command_show;
            break;
        case 'v':
            printf("%s (Ponor) %s\n", program->name, PONOR_VERSION);
            return EXIT_YES;
        case 'h':
            return print_usage(program, stdout, EXIT_YES);
        default:
            return print_usage(program, stderr, EXIT_USAGE);
        }
    }
    if (optind != argc)
        return print_usage(program, stderr, EXIT_USAGE);
    if (command != NULL)
        return run_command(program, command, file);
    options.config_file = file;
    return run_parent(program, &options);
}
