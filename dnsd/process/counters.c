/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * counters - one sealed page of numbers.
 */
#include "process/counters.h"

#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const counter_words[COUNT_COUNT + 1] = {
    [COUNT_QUERIES] = "queries",
    [COUNT_QUERIES_TCP] = "queries_tcp",
    [COUNT_MALFORMED] = "malformed",
    [COUNT_LIMITED] = "limited",
    [COUNT_LOCAL] = "local",
    [COUNT_BLOCKED] = "blocked",
    [COUNT_BLOCKED_ANSWERS] = "blocked_answers",
    [COUNT_OBSERVED] = "observed",
    [COUNT_HITS] = "hits",
    [COUNT_MISSES] = "misses",
    [COUNT_JOINED] = "joined",
    [COUNT_STALE] = "stale",
    [COUNT_PREFETCHED] = "prefetched",
    [COUNT_SERVFAIL] = "servfail",
    [COUNT_BOGUS] = "bogus",
    [COUNT_TRUNCATED] = "truncated",
    [COUNT_REBINDING] = "rebinding",
    [COUNT_EVENTS] = "events",
    [COUNT_EVENTS_LOST] = "events_lost",
    [COUNT_EVENTS_SAMPLED] = "events_sampled",
    [COUNT_CACHE_ENTRIES] = "cache_entries",
    [COUNT_CACHE_BYTES] = "cache_bytes",
    [COUNT_CACHE_EVICTED] = "cache_evicted",
    [COUNT_PENDING] = "pending",
    [COUNT_TCP_OPEN] = "tcp_open",
    [COUNT_TCP_REFUSED] = "tcp_refused",
    [COUNT_ASKED] = "asked",
    [COUNT_ANSWERED] = "answered",
    [COUNT_UPSTREAM_TIMEOUTS] = "upstream_timeouts",
    [COUNT_UPSTREAM_TCP] = "upstream_tcp",
    [COUNT_UPSTREAM_WRONG] = "upstream_wrong",
    [COUNT_LINES] = "lines",
    [COUNT_BYTES_WRITTEN] = "bytes_written",
    [COUNT_FILES_ROTATED] = "files_rotated",
    [COUNT_FILES_REMOVED] = "files_removed",
    [COUNT_WRITE_ERRORS] = "write_errors",
    [COUNT_POLICY_SWAPS] = "policy_swaps",
    [COUNT_PACKETS] = "packets",
    [COUNT_BYTES] = "bytes",
    [COUNT_OTHER] = "other",
    [COUNT_CUT] = "cut",
    [COUNT_FRAGMENTS] = "fragments",
    [COUNT_FLOWS] = "flows",
    [COUNT_FLOWS_JUDGED] = "flows_judged",
    [COUNT_FLOWS_NAMED] = "flows_named",
    [COUNT_FLOWS_UNNAMED] = "flows_unnamed",
    [COUNT_FLOWS_AMBIGUOUS] = "flows_ambiguous",
    [COUNT_FLOWS_EVICTED] = "flows_evicted",
    [COUNT_FLOWS_NOW] = "flows_now",
    [COUNT_GATHER_REFUSED] = "gather_refused",
    [COUNT_DROPPED] = "dropped",
    [COUNT_INTERFACE_DROPPED] = "interface_dropped",
    [COUNT_QUEUED] = "queued",
    [COUNT_STOPPED] = "stopped",
    [COUNT_BYPASSED] = "bypassed",
    [COUNT_QUEUE_OVERRUNS] = "queue_overruns",
    [COUNT_RESETS] = "resets",
    [COUNT_HELD_NOW] = "held_now",
    [COUNT_HELD] = "held",
    [COUNT_HELD_REFUSED] = "held_refused",
    [COUNT_HELD_FULL] = "held_full",
    [COUNT_FIREWALL_GONE] = "firewall_gone",
    [COUNT_BATCHES] = "batches",
    [COUNT_CHAIN_BREAKS] = "chain_breaks",
    [COUNT_LINES_MISSING] = "lines_missing",
    [COUNT_LINES_SKIPPED] = "lines_skipped",
    [COUNT_LEASES_NOW] = "leases_now",
};

bool counter_is_level(enum counter counter)
{
    return counter == COUNT_CACHE_ENTRIES || counter == COUNT_CACHE_BYTES ||
           counter == COUNT_PENDING || counter == COUNT_TCP_OPEN || counter == COUNT_FLOWS_NOW ||
           counter == COUNT_HELD_NOW || counter == COUNT_FIREWALL_GONE ||
           counter == COUNT_LEASES_NOW;
}

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

enum status counters_make(int *fd_out)
{
    int fd = memfd_create("counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return STATUS_SYSTEM;
    if (ftruncate(fd, sizeof(struct counters)) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        close(fd);
        return STATUS_SYSTEM;
    }
    *fd_out = fd;
    return STATUS_OK;
}

struct counters *counters_open(int fd)
{
    struct stat file;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &file) != 0 ||
        file.st_size != (off_t)sizeof(struct counters))
        return NULL;
    void *at = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

void counters_add(struct counters *sum, const struct counters *page, bool with_levels)
{
    for (int c = 0; c < COUNT_COUNT; c++) {
        if (with_levels || !counter_is_level(c))
            sum->value[c] += __atomic_load_n(&page->value[c], __ATOMIC_RELAXED);
    }
}
