/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - dnsd's first process: it binds, opens, spawns, renames, restarts.
 *
 * Used by programs/dnsd.c (parent_run) and, as a struct, by reload.c and orders.c, the two other
 * parts of the same process. Reads root's configuration and control lines of at most 1 kB. Never
 * parses a packet or a list, never runs with less than it was started with.
 */
#ifndef CONTROL_PARENT_H
#define CONTROL_PARENT_H

#include "control/fleet.h"
#include "control/job.h"
#include "service/service.h"

struct parent {
    struct service service;
    struct fleet *fleets; /* the newest first; at most one is coming */
    struct counters past; /* what fleets counted that are gone */
    struct reload *reload;
    int secret;
};

/* Runs until it is told to stop; gives the exit code. */
int parent_run(const char *config_file);

/* The fleet in service, or NULL. */
struct fleet *parent_serving(const struct parent *parent);
/* Puts a fleet whose serve processes are ready into service and lets the one before drain. */
void parent_switch(struct parent *parent, struct fleet *coming);
/* Lets a fleet that did not come into service go. */
void parent_discard(struct parent *parent, struct fleet *coming);
/* Takes over image and policy and tells all who are concerned: record first, then serve. */
void parent_adopt(struct parent *parent, int image, struct policy *policy);
/* Sends one message to all living children of a kind. */
void parent_tell(struct parent *parent, enum post_kind kind, enum message_kind message,
                 const void *body, size_t size);
void parent_stop(struct parent *parent, int exit_code);

#endif
