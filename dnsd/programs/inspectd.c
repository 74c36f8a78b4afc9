/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inspectd - the gateway's packet inspector: its roles, and the options of its command line.
 *
 * Stays in the foreground and logs to standard error; systemd, or a shell, is its parent.
 */
#include "base/log.h"
#include "base/refusal.h"
#include "command/command.h"
#include "enforce/parent.h"
#include "inspect/main.h"
#include "process/role.h"
#include "record/main.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const struct role roles[] = {
    {"inspect", inspect_main, "_inspectd-inspect", 0, inspect_prepare},
    {"record", record_main, "_inspectd-record", MAY_WRITE_FOLDER, NULL},
    {NULL, NULL, NULL, 0, NULL},
};

static void print_usage(FILE *out)
{
    fprintf(
        out,
        "usage: inspectd [-c FILE] [-i INTERFACE]... [--check | --show | --version | --help]\n\n"
        "  -c FILE       the configuration (/etc/ponor/ponor.yaml)\n"
        "  -i INTERFACE  read its packets, instead of those of the configuration; several are\n"
        "                named one by one, and `any` is all\n"
        "  --check       name all errors and warnings of configuration and lists, and leave\n"
        "  --show        print the configuration in effect, defaults included, and leave\n\n"
        "A saved capture is read by `ponor inspect FILE`.\n");
}

/* `ponor check` and `ponor show` under inspectd's name. */
static int run_command(int (*command)(int, char *[]), char *file)
{
    char name[] = "inspectd", option[] = "-c";
    char *argv[] = {name, option, file, NULL};
    return command(3, argv);
}

static int run_parent(const char *file, const char *const *interfaces, unsigned count)
{
    char path[PATH_MAX], why[REFUSAL_TEXT_SIZE];

    log_open("inspectd", LOG_LEVEL_INFO);
    if (realpath(file, path) == NULL) {
        log_error("cannot read the configuration %s: %s; say with -c FILE where it is", file,
                  refusal_text(errno, why));
        return EXIT_NO;
    }
    role_check_users(roles);
    return inspectd_run(path, interfaces, count);
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {{"check", no_argument, NULL, 'k'},
                                            {"show", no_argument, NULL, 's'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static char default_file[] = "/etc/ponor/ponor.yaml";
    static const char *interfaces[INTERFACES_MOST + 1]; /* one too many is the parent's to refuse */
    unsigned count = 0;
    char *file = default_file;
    int (*command)(int, char *[]) = NULL;
    int option, code;

    if (role_run(argc, argv, roles, "inspectd", &code))
        return code;
    while ((option = getopt_long(argc, argv, "c:i:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            file = optarg;
            break;
        case 'i':
            if (count <= INTERFACES_MOST)
                interfaces[count++] = optarg;
            break;
        case 'k':
            command = command_check;
            break;
        case 's':
            command = command_show;
            break;
        case 'v':
            printf("inspectd (Ponor) %s\n", PONOR_VERSION);
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
    return command != NULL ? run_command(command, file) : run_parent(file, interfaces, count);
}
