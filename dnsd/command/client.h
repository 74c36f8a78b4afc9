/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * client - asks dnsd's control socket one thing.
 *
 * Used by the commands that dnsd answers. Finds the socket in the configuration even when that has
 * errors, because it is then that an operator needs to ask.
 */
#ifndef COMMAND_CLIENT_H
#define COMMAND_CLIENT_H

#include "base/status.h"

#include <stddef.h>

/* The path of the control socket that a configuration file names, or the default. */
MUST_USE enum status client_find(const char *config_file, char *out, size_t size);

enum { CLIENT_WHY_SIZE = 512 };

/* Sends a line and prints the lines of the answer to `out`. STATUS_REFUSED: dnsd said no, for the
 * reason in `why`; STATUS_SYSTEM: it cannot be reached, `why` says more. */
MUST_USE enum status client_ask(const char *path, const char *line, int out,
                                char why[CLIENT_WHY_SIZE]);

#endif
