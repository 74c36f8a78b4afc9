/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - the words of `ponor`, one row each.
 *
 * Used by programs/ponor.c. A command gets its own arguments: argv[0] is its name. It prints for
 * people to standard output, errors to standard error, and returns the exit code: 0 yes, 1 no (an
 * error in a list, a failed test, a broken chain), 2 wrong use.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/clock.h"

#include <stdbool.h>

enum { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *arguments; /* "NAME|ADDRESS [--client IP]" */
    const char *help;      /* one line */
    int (*run)(int argc, char *argv[]);
    bool helps; /* has more to say on --help than these two */
};

extern const struct command commands[]; /* ends with a NULL name */

/* Finds the command in argv[1] and runs it; without one, or with an unknown one, prints the usage.
 */
int command_run(int argc, char *argv[], const struct command *table);

/* Takes "-c FILE" out of the arguments of a command and gives FILE, or the default. */
const char *command_config(int *argc, char *argv[]);
/* Takes "NAME VALUE" or "NAME=VALUE" out and gives VALUE, or `otherwise`; NAME without value ends
 * the program. */
const char *command_option(int *argc, char *argv[], const char *name, const char *otherwise);
/* Takes "NAME" out; whether it was there. */
bool command_flag(int *argc, char *argv[], const char *name);
/* Prints how a command is used, after `wrong` (a sentence, or NULL); gives EXIT_USAGE. */
int command_usage(const char *name, const char *wrong);

/* "90s", "10m", "2h", "3d" before now, or a time as "2026-11-24T03:00" (UTC). */
bool command_since(const char *text, clock_us *out);

int command_check(int argc, char *argv[]);
int command_compile(int argc, char *argv[]);
int command_explain(int argc, char *argv[]);
int command_test(int argc, char *argv[]);
int command_show(int argc, char *argv[]);
int command_options(int argc, char *argv[]);
int command_remote(int argc, char *argv[]); /* what control sockets answer, by argv[0] */
int command_inspect(int argc, char *argv[]);
int command_events(int argc, char *argv[]); /* also `events verify` */
int command_audit(int argc, char *argv[]);
int command_firewall(int argc, char *argv[]);
int command_incidents(int argc, char *argv[]);
int command_report(int argc, char *argv[]);

/* The configuration, which the caller frees; NULL, with all that is wrong on standard error. */
struct config *command_read_config(const char *file);
/* The policy that dnsd serves now; without one, what the lists say. NULL, with what is wrong on
 * standard error, when there is none. */
struct policy *command_policy_in_service(const char *file);

#endif
