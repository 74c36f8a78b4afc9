/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * station - what the inspect role tells others: events, counters, and the health of its own sight.
 *
 * Used by main.c. Puts events into the ring and counts those that find no room; says once a second
 * what was not seen: packets that the kernel dropped, flows that were forgotten, and at its
 * beginning the time for which its predecessor was away. Never looks at a packet or a clock.
 */
#ifndef INSPECT_STATION_H
#define INSPECT_STATION_H

#include "capture/capture.h"
#include "inspect/watch.h"
#include "process/counters.h"

struct moment {
    clock_ms now;
    clock_us wall;
};

struct station;

/* `ring` stays the caller's; `counters` and `interface` must outlive it. `sample`: one of so many
 * events of traffic is put. NULL: out of memory, or no ring of events. */
struct station *station_new(int ring, struct counters *counters, const char *interface,
                            uint32_t sample);
void station_free(struct station *station);

/* The generation that stands in events about health. */
void station_use(struct station *station, uint32_t generation);
/* In service. Says for how long nobody was, when there was a predecessor. */
void station_begin(struct station *station, struct moment now);
/* For struct watch_output; `owner` is the station. */
void station_event(void *owner, const struct event *event);
/* Brings the counters up to date; says what went wrong in the last second. */
void station_tick(struct station *station, const struct watch_counts *watched,
                  const struct capture_counts *captured, struct moment now);

#endif
