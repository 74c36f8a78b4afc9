/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - inspectd's first process: it opens, spawns, restarts, and watches for a new policy.
 *
 * Used by programs/inspectd.c (inspectd_run) and, as a struct, by orders.c. Reads root's
 * configuration and control lines of at most 1 kB. Never parses a packet, never reads a list: the
 * policy comes compiled, from dnsd or from `ponor compile`.
 */
#ifndef ENFORCE_PARENT_H
#define ENFORCE_PARENT_H

#include "service/image.h"
#include "enforce/team.h"
#include "enforce/unwatched.h"
#include "enforce/wall.h"
#include "service/service.h"

struct inspectd {
    struct service service;
    struct team *team;
    struct image_watch *watch;
    struct wall wall;
    struct unwatched *unwatched;
    bool launched, in_service, failed;
};

/* Runs until it is told to stop; gives the exit code. `interfaces`, unless there are none, take the
 * place of those of the configuration. */
int inspectd_run(const char *config_file, const char *const *interfaces, unsigned count);

void inspectd_stop(struct inspectd *inspectd, int exit_code);

#endif
