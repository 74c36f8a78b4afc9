/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job - passwords that are to be compared or made, which takes long.
 *
 * Used by who begins and ends what needs one (people/people.h), and by worker, whose thread does
 * it.
 */
#ifndef PEOPLE_JOB_H
#define PEOPLE_JOB_H

#include "people/people.h"

enum { PASSWORD_HASH_SIZE = 128 };

/* What costs 50 to 200 milliseconds, whatever comes of it: to compare a password, to make a hash of
 * one, or both. */
struct password_job {
    char known[PASSWORD_HASH_SIZE]; /* "": nothing is compared */
    char typed[PASSWORD_MOST + 1];  /* with it */
    char wanted[PASSWORD_MOST + 1]; /* gets a hash, unless `typed` was wrong; "": none does */
    bool urgent;                    /* of somebody who was here before */
    bool is_right;                  /* `typed` */
    enum status status;             /* of the hash */
    char hash[PASSWORD_HASH_SIZE];  /* "": none was made */
    clock_us spent;                 /* of a processor */
};
/* Texts of at most PASSWORD_MOST bytes. */
void password_job_compare(struct password_job *job, const char *known, const char *typed);
void password_job_make(struct password_job *job, const char *wanted);
/* Reads and writes nothing but the job, so any thread may. */
void password_job_run(struct password_job *job);

#endif
