/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * client - asks a control socket one thing.
 *
 * Used by the commands that dnsd answers, and by those that inspectd answers (too).
 */
#ifndef COMMAND_CLIENT_H
#define COMMAND_CLIENT_H

#include "base/status.h"

enum { CLIENT_WHY_SIZE = 512 };

/* Sends a line and prints the lines of the answer to `out`. STATUS_REFUSED: dnsd said no, for the
 * reason in `why`; STATUS_SYSTEM: it cannot be reached, `why` says more. */
MUST_USE enum status client_ask(const char *path, const char *line, int out,
                                char why[CLIENT_WHY_SIZE]);
/* The same of another program, by its name. */
MUST_USE enum status client_ask_program(const char *program, const char *path, const char *line,
                                        int out, char why[CLIENT_WHY_SIZE]);

#endif
