/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - what every parent says of itself on its control socket.
 *
 * Used by the orders `status` and `counters` of dnsd and inspectd, so that both read alike. Never
 * ends an answer: asker_end() is the caller's.
 */
#ifndef SERVICE_REPORT_H
#define SERVICE_REPORT_H

#include "process/counters.h"
#include "service/service.h"

/* "2026-11-24 03:00:00 UTC"; returns `out`. */
enum { REPORT_TIME_SIZE = 32 };
const char *report_time(uint64_t unix_seconds, char out[REPORT_TIME_SIZE]);

/* Program, configuration and policy. `gateway` NULL: nothing is in service that has one. */
void report_service(struct asker *asker, const struct service *service, const char *gateway);
/* The heading, then a line for each. `leaving`: whatever the child itself knows of it. */
void report_children(struct asker *asker);
void report_child(struct asker *asker, const struct child *child, bool leaving);
/* Those that are not 0, for people; and all, for programs. */
void report_counters(struct asker *asker, const struct counters *sum);
void report_all_counters(struct asker *asker, const struct counters *sum);

#endif
