/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recorder - events out of the rings of all serve (or inspect) processes, as lines into the
 * journal.
 *
 * Used by main. Several policies stay open, because an event speaks of the one that decided. Losses
 * that the serve processes counted are added up and stand in the next line. Logic and one folder:
 * no loop, no clock, no socket. Holds at most RINGS_MOST rings and POLICIES_KEPT policies.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "policy/image.h"
#include "process/message.h"
#include "record/journal.h"

enum {
    POLICIES_KEPT = 8,
    POLL_MOST = 16384,            /* events in one call */
    POLICY_WAIT_US = 5000000,     /* how long an event waits for its policy */
    POLICY_RETIRED_US = 60000000, /* how long a replaced policy stays open for late events */
    RING_RETIRED_US = 60000000    /* how long the ring of a replaced worker is still read */
};

struct recorder;

/* `program`: whose events they are. */
MUST_USE enum status recorder_new(int folder, const struct journal_limits *limits,
                                  const char *gateway, enum program program, clock_us now,
                                  struct recorder **out);
/* Takes what is in the rings, writes and syncs it. */
void recorder_free(struct recorder *recorder, clock_us now);

/* `fd` stays the caller's. One that is known already is left as it is; another of the same owner
 * retires the one before. */
MUST_USE enum status recorder_add_ring(struct recorder *recorder, int fd, uint32_t owner,
                                       clock_us now);
/* Takes over `policy`. Replaced ones are closed after a while; when there are too many, at once. */
void recorder_add_policy(struct recorder *recorder, struct policy *policy, uint32_t generation);

/* Moves what waits, at most POLL_MOST events; gives how many were taken. */
size_t recorder_poll(struct recorder *recorder, clock_us now);
void recorder_rotate(struct recorder *recorder, clock_us now);
void recorder_notice(struct recorder *recorder, clock_us now, const char *action,
                     const char *reason);

/* Events that arrived broken, and were counted as lost. */
uint64_t recorder_broken(const struct recorder *recorder);
struct journal_counts recorder_counts(const struct recorder *recorder);

#endif
