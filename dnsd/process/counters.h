/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * counters - what each process counts, in a page that the parent can read at any time.
 *
 * Used by serve, resolve, record, inspect, gate and ingest (each writes its own page) and by the
 * parent for `ponor status`. A page outlives its process, so a restart loses no count. Never reset.
 */
#ifndef PROCESS_COUNTERS_H
#define PROCESS_COUNTERS_H

#include "base/clock.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum counter {
    COUNT_QUERIES,
    COUNT_QUERIES_TCP,
    COUNT_MALFORMED,
    COUNT_LIMITED,
    COUNT_LOCAL,
    COUNT_BLOCKED,
    COUNT_BLOCKED_ANSWERS,
    COUNT_OBSERVED,
    COUNT_HITS,
    COUNT_MISSES,
    COUNT_JOINED,
    COUNT_STALE,
    COUNT_PREFETCHED,
    COUNT_SERVFAIL,
    COUNT_BOGUS,
    COUNT_TRUNCATED,
    COUNT_REBINDING,
    COUNT_EVENTS,
    COUNT_EVENTS_LOST,
    COUNT_EVENTS_SAMPLED,
    COUNT_CACHE_ENTRIES,
    COUNT_CACHE_BYTES,
    COUNT_CACHE_EVICTED,
    COUNT_PENDING,
    COUNT_TCP_OPEN,
    COUNT_TCP_REFUSED,
    COUNT_ASKED,
    COUNT_ANSWERED,
    COUNT_UPSTREAM_TIMEOUTS,
    COUNT_UPSTREAM_TCP,
    COUNT_UPSTREAM_WRONG,
    COUNT_LINES,
    COUNT_BYTES_WRITTEN,
    COUNT_FILES_ROTATED,
    COUNT_FILES_REMOVED,
    COUNT_WRITE_ERRORS,
    COUNT_POLICY_SWAPS,
    COUNT_PACKETS,
    COUNT_BYTES,
    COUNT_OTHER,
    COUNT_CUT,
    COUNT_FRAGMENTS,
    COUNT_FLOWS,
    COUNT_FLOWS_JUDGED,
    COUNT_FLOWS_NAMED,
    COUNT_FLOWS_UNNAMED,
    COUNT_FLOWS_AMBIGUOUS,
    COUNT_FLOWS_EVICTED,
    COUNT_FLOWS_NOW,
    COUNT_GATHER_REFUSED,
    COUNT_DROPPED,
    COUNT_INTERFACE_DROPPED,
    COUNT_QUEUED,
    COUNT_STOPPED,
    COUNT_BYPASSED,
    COUNT_QUEUE_OVERRUNS,
    COUNT_RESETS,
    COUNT_HELD_NOW,
    COUNT_HELD,
    COUNT_HELD_REFUSED,
    COUNT_HELD_FULL,
    COUNT_FIREWALL_GONE,
    COUNT_BATCHES,
    COUNT_CHAIN_BREAKS,
    COUNT_LINES_MISSING,
    COUNT_LINES_SKIPPED,
    COUNT_LEASES_NOW,
    COUNT_COUNT
};

extern const char *const counter_words[]; /* "queries", …, NULL */

/* Counters that say how much there is now, rather than how much there was. */
bool counter_is_level(enum counter counter);

struct counters {
    uint64_t value[COUNT_COUNT];
    clock_ms alive; /* inspect: when it last looked; its successor says how long nobody did */
};

MUST_USE enum status counters_make(int *fd_out);
struct counters *counters_open(int fd); /* NULL when it cannot be mapped */
/* Adds a living page to a sum; of one whose process is gone for good, levels say nothing. */
void counters_add(struct counters *sum, const struct counters *page, bool with_levels);

#endif
