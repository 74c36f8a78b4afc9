/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - what every parent says of itself on its control socket.
 *
 * Used by the orders `status` and `counters` of dnsd and inspectd, so that both read alike. Never
 * ends an answer: asker_end() is the caller's.
 */
#ifndef PROCESS_REPORT_H
#define PROCESS_REPORT_H

#include "policy/image.h"
#include "process/counters.h"
#include "process/socket.h"
#include "process/supervisor.h"

void report_program(struct asker *asker, const char *program, clock_ms since, bool stopping,
                    const char *config_file);
/* `policy` NULL: none yet. */
void report_policy(struct asker *asker, const struct policy *policy, uint32_t generation);
/* The heading, then a line for each. `leaving`: whatever the child itself knows of it. */
void report_children(struct asker *asker);
void report_child(struct asker *asker, const struct child *child, bool leaving);
/* Those that are not 0, for people; and all, for programs. */
void report_counters(struct asker *asker, const struct counters *sum);
void report_all_counters(struct asker *asker, const struct counters *sum);

#endif
