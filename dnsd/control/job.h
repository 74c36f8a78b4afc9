/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job - one run of the compile role: lists in, a new image at its place, problems as text.
 *
 * Used by reload, one at a time. The image is written beside its place, checked whole, and only
 * then renamed: whatever happens in between, the file at the place is a good one. Never reads a
 * list.
 */
#ifndef CONTROL_JOB_H
#define CONTROL_JOB_H

#include "config/config.h"
#include "policy/image.h"
#include "service/supervisor.h"

enum { JOB_MOST_MS = 120000, JOB_TEXT_MOST = 256 * 1024, JOB_WHY_SIZE = 512 };

extern const char job_role[]; /* "compile" */

struct job;

struct job_order {
    const char *config_file;
    const char *image;   /* path; copied */
    const char *accept;  /* ids of lists, with spaces between */
    int running;         /* the image in service, or -1 */
    uint32_t generation; /* of that */
};

struct job_result {
    enum status status; /* STATUS_OK: the next two are the receiver's now */
    struct policy *policy;
    int image;
    const char *text; /* problems, a line each; may be warnings only */
    const char *why;  /* one sentence when status is not STATUS_OK */
};

MUST_USE enum status job_start(struct event_base *base, struct supervisor *supervisor,
                               const struct job_order *order,
                               void (*on_done)(void *owner, const struct job_result *result),
                               void *owner, struct job **out);
/* Kills the role and forgets all of it, without on_done. */
void job_cancel(struct job *job);

/* From the supervisor's events, for a child whose role is job_role; `place` is the job. */
void job_give(struct child *child);
void job_hear(struct child *child, const struct parcel *parcel);
void job_ended(struct child *child, int ended);

#endif
