/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * role - a process of ours: how the parent makes one, how it begins.
 *
 * Used by programs/ (the table of roles), by the parent (spawn) and by every role's main. A role is
 * the same file executed again, so that its address space is fresh; descriptor 3 is its channel to
 * the parent and it has no other but standard error. What it needs comes as MESSAGE_GIFT, then
 * MESSAGE_START (process/birth.h). Never inherits an environment, but for the one word with which
 * systemd says that log lines go to the journal.
 */
#ifndef PROCESS_ROLE_H
#define PROCESS_ROLE_H

#include "process/sandbox.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { ROLE_CHANNEL = 3 };

struct role {
    const char *name;             /* "serve" */
    int (*main)(unsigned number); /* returns the exit code */
    const char *user;             /* "_dnsd-serve", used when the program runs as root */
    unsigned may;                 /* enum may */
    /* Before privileges are given up; NULL: nothing is to be done with them. Takes the birth, opens
     * what only a privileged process may, and reads nothing that a stranger wrote. */
    void (*prepare)(unsigned number);
};

/* If argv says "--role NAME NUMBER", becomes that role of the table (which ends with a NULL name),
 * runs it and gives true with its exit code. */
bool role_run(int argc, char *argv[], const struct role *roles, const char *program,
              int *exit_code);

/* Warns, once for all, of users in the table that this machine does not have. For the parent. */
void role_check_users(const struct role *roles);

/* Executes this program again as a role, with `channel` as its descriptor 3. `program` is the word
 * that people see in ps. Gives the pid. */
MUST_USE enum status role_spawn(const char *program, const char *name, unsigned number, int channel,
                                pid_t *out);

/* A broken message or promise: says why and ends the process; the parent restarts it. */
_Noreturn void role_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
