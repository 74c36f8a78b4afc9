/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wall - has the kernel's table loaded anew whenever there is a policy, by a child of its own.
 *
 * Used by the parent. One load at a time; what came meanwhile is loaded behind it. Never loads
 * anything itself.
 */
#ifndef ENFORCE_WALL_H
#define ENFORCE_WALL_H

#include "process/birth.h"
#include "service/supervisor.h"

extern const char wall_role[]; /* "firewall" */

struct wall {
    struct supervisor *supervisor;
    struct child *child; /* NULL: nothing is being loaded */
    bool again;          /* another policy has come since it began */
    bool stands;         /* it was loaded once */
};

/* Begins to load. A child that cannot be had is said in the log. */
void wall_load(struct wall *wall);
/* From the supervisor's events, for a child whose role is wall_role. */
void wall_give(struct wall *wall, struct child *child, int config,
               const struct policy_gift *policy);
/* True: it is loaded. */
bool wall_ended(struct wall *wall, int ended);

#endif
