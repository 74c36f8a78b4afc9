/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fragments - datagrams of IP put together again.
 *
 * Used by watch.c. A datagram of IPv4 whose copies of the same bytes differ, and one of IPv6 whose
 * fragments overlap (RFC 5722), is dropped and counted, as Linux does; the next one of the same
 * number is then `doubtful`, since another receiver may have made another datagram of them. Holds
 * at most `most` datagrams of at most 65,535 bytes; when full, the one begun longest ago goes first
 * and is counted. Never waits longer than FRAGMENTS_WAIT_MS (RFC 8200 4.5).
 */
#ifndef INSPECT_FRAGMENTS_H
#define INSPECT_FRAGMENTS_H

#include "base/clock.h"
#include "base/hash.h"
#include "wire/frame.h"

enum { FRAGMENTS_WAIT_MS = 60000 };

struct fragments;

struct fragments_counts {
    uint64_t joined, evicted, timed_out,
        overlaps; /* the last: dropped since copies differ, or IPv6 */
};

/* All memory, at most `budget` bytes, is reserved here and becomes real when used. NULL without. */
struct fragments *fragments_new(size_t budget, const struct hash_key *key);
void fragments_free(struct fragments *fragments);

/* Takes one fragment. True when it completes a datagram: `whole` has all its bytes, valid until the
 * next call, and `joined` the facts for frame_read_joined(). */
bool fragments_put(struct fragments *fragments, const struct fragment *fragment, clock_ms now,
                   struct span *whole, struct fragment *joined);

struct fragments_counts fragments_counts(const struct fragments *fragments);

#endif
