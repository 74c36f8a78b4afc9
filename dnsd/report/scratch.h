/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scratch - a temporary folder that goes with the program, however that ends.
 *
 * Used by past.c. A child waits for the end of the program and removes the folder then: after
 * scratch_close(), Ctrl-C, a reader that went away, a crash or kill -9 alike. Never follows a
 * symbolic link.
 */
#ifndef REPORT_SCRATCH_H
#define REPORT_SCRATCH_H

#include "base/status.h"
#include "config/config.h"

#include <stdbool.h>
#include <sys/types.h>

struct scratch {
    char folder[CONFIG_PATH_SIZE];
    int alive; /* its end is what the child waits for */
    pid_t remover;
};

/* Makes a folder of its own under $TMPDIR, or /tmp. Otherwise errno says why. */
MUST_USE enum status scratch_open(struct scratch *out);
/* False: something is left of the folder. */
bool scratch_close(struct scratch *scratch);

#endif
