/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dnsd - the gateway's resolver: its roles, and the options of its command line.
 *
 * Stays in the foreground and logs to standard error; systemd, or a shell, is its parent.
 */
#include "base/log.h"
#include "base/refusal.h"
#include "command/command.h"
#include "compile/compile.h"
#include "control/parent.h"
#include "process/role.h"
#include "record/main.h"
#include "resolve/main.h"
#include "serve/main.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const struct role roles[] = {
    {"serve", serve_main, "_dnsd-serve", MAY_ANSWER},
    {"resolve", resolve_main, "_dnsd-resolve", MAY_CONNECT | MAY_READ_FILES},
    {"record", record_main, "_dnsd-record", MAY_WRITE_FOLDER},
    {"compile", compile_main, "_dnsd-compile", MAY_READ_FILES},
    {NULL, NULL, NULL, 0},
};

static void print_usage(FILE *out)
{
    fprintf(out, "usage: dnsd [-c FILE] [--check | --show | --version | --help]\n\n"
                 "  -c FILE    the configuration (/etc/ponor/ponor.yaml)\n"
                 "  --check    name all errors and warnings of configuration and lists, and leave\n"
                 "  --show     print the configuration in effect, defaults included, and leave\n");
}

/* `ponor check` and `ponor show` under dnsd's name. */
static int run_command(int (*command)(int, char *[]), char *file)
{
    char name[] = "dnsd", option[] = "-c";
    char *argv[] = {name, option, file, NULL};
    return command(3, argv);
}

static int run_parent(const char *file)
{
    char path[PATH_MAX], why[REFUSAL_TEXT_SIZE];

    log_open("dnsd", LOG_LEVEL_INFO);
    if (realpath(file, path) == NULL) {
        log_error("cannot read the configuration %s: %s; say with -c FILE where it is", file,
                  refusal_text(errno, why));
        return EXIT_NO;
    }
    role_check_users(roles);
    return parent_run(path);
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {{"check", no_argument, NULL, 'k'},
                                            {"show", no_argument, NULL, 's'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static char default_file[] = "/etc/ponor/ponor.yaml";
    char *file = default_file;
    int (*command)(int, char *[]) = NULL;
    int option, code;

    if (role_run(argc, argv, roles, "dnsd", &code))
        return code;
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            file = optarg;
            break;
        case 'k':
            command = command_check;
            break;
        case 's':
            command = command_show;
            break;
        case 'v':
            printf("dnsd (Ponor) %s\n", PONOR_VERSION);
            return EXIT_YES;
        case 'h':
            print_usage(stdout);
            return EXIT_YES;
        default:
            print_usage(stderr);
            return EXIT_USAGE;
        }
    }
    if (optind != argc) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    return command != NULL ? run_command(command, file) : run_parent(file);
}
