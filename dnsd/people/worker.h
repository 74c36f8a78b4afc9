/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * worker - a thread that compares and makes passwords, while who asked for it does other things.
 *
 * Used by web. Holds at most WORKER_JOBS: each is copied in, and wiped when it was taken out. The
 * thread touches nothing else of ours, and calls nothing but `run`. One job at a time, those first
 * that are urgent, else in their order. Never calls back: its bell is readable when one is done.
 */
#ifndef PEOPLE_WORKER_H
#define PEOPLE_WORKER_H

#include "people/job.h"

enum { WORKER_JOBS = 32 };

struct worker;

/* `run` does a job: password_job_run(). NULL: errno tells. */
struct worker *worker_new(void (*run)(struct password_job *job));
/* Waits for the job under way; those that wait are forgotten. */
void worker_free(struct worker *worker);
/* A descriptor to be watched for reading. */
int worker_bell(const struct worker *worker);

/* STATUS_AGAIN: all places are taken. `owner` comes back with the job. */
MUST_USE enum status worker_give(struct worker *worker, const struct password_job *job,
                                 void *owner);
/* A job that is done, the first one first; false: none is. Silences the bell, so take them all. */
bool worker_take(struct worker *worker, struct password_job *out, void **owner);

#endif
