/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * daemon - the command line of a program that stays in the foreground and serves.
 *
 * Used by the main() of dnsd, inspectd and consoled, which are tables. Becomes a role when its
 * parent says so; else reads the options, and runs the parent, `ponor check` or `ponor show`. Never
 * reads the configuration itself.
 */
#ifndef COMMAND_DAEMON_H
#define COMMAND_DAEMON_H

#include "config/config.h"
#include "process/role.h"

struct daemon_options {
    const char *config_file; /* absolute */
    /* One too many is the parent's to refuse. */
    const char *interfaces[INTERFACES_MOST + 1];
    unsigned interface_count;
};

struct daemon {
    const char *name;         /* "dnsd" */
    const char *letters;      /* of getopt(3), among c:, i: and h */
    const char *synopsis;     /* of options that the others do not have: "[-i INTERFACE]... " */
    const char *options;      /* the same, a line each, and whatever --help says last */
    const struct role *roles; /* ends with a NULL name */
    int (*run)(const struct daemon_options *options);
};

/* Gives the exit code. */
int daemon_main(int argc, char *argv[], const struct daemon *program);

#endif
