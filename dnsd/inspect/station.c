/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * station - a ring, a page of counters, and what they said a second ago.
 */
#include "inspect/station.h"

#include "base/log.h"
#include "process/ring.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEALTH_EVERY_MS = 1000 };

/* What was not seen, in all. */
struct unseen {
    uint64_t dropped, evicted, refused;
};

struct station {
    struct ring *ring;
    struct counters *counters;
    const char *interface;
    uint32_t sample, generation;
    uint64_t put, lost, sampled;
    struct watch_counts watched;
    struct capture_counts captured;
    struct unseen said;
    clock_ms said_at;
};

struct station *station_new(int ring, struct counters *counters, const char *interface,
                            uint32_t sample)
{
    struct station *station = calloc(1, sizeof *station);
    if (station == NULL)
        return NULL;
    if (ring_open(ring, sizeof(struct event), &station->ring) != STATUS_OK) {
        free(station);
        return NULL;
    }
    station->counters = counters;
    station->interface = interface;
    station->sample = sample;
    return station;
}

void station_free(struct station *station)
{
    if (station == NULL)
        return;
    ring_close(station->ring);
    free(station);
}

void station_use(struct station *station, uint32_t generation)
{
    station->generation = generation;
}

static void put(struct station *station, struct event *event)
{
    uint64_t *value = station->counters->value;

    event->lost_before = station->lost;
    event->sampled_before = station->sampled;
    if (!ring_put(station->ring, event, event_length(event))) {
        station->lost++;
        value[COUNT_EVENTS_LOST]++;
        return;
    }
    station->lost = station->sampled = 0;
    value[COUNT_EVENTS]++;
}

void station_event(void *owner, const struct event *event)
{
    struct station *station = owner;
    struct event copy = *event;
    uint64_t *value = station->counters->value;

    value[action_blocks(event->verdict.action) ? COUNT_BLOCKED : COUNT_OBSERVED]++;
    if (station->sample > 1 && event->kind == EVENT_WIRE && station->put++ % station->sample != 0) {
        station->sampled++;
        value[COUNT_EVENTS_SAMPLED]++;
        return;
    }
    put(station, &copy);
}

static void say(struct station *station, enum health_kind health, uint64_t count, uint64_t blind_us,
                clock_us at)
{
    struct event event = {
        .at = at,
        .generation = station->generation,
        .duration_us = blind_us < UINT32_MAX ? (uint32_t)blind_us : UINT32_MAX,
        .verdict = {.rule = RULE_NONE, .noted = RULE_NONE},
        .kind = EVENT_HEALTH,
        .seen = SEEN_PACKET,
        .question = {.length = 1},
        .wire = {.health = health, .count = count},
    };
    snprintf(event.wire.evidence, sizeof event.wire.evidence, "%s", station->interface);
    put(station, &event);
}

void station_begin(struct station *station, struct moment now)
{
    clock_ms alive = station->counters->alive;

    if (alive != 0 && alive < now.now) {
        log_warning("%s was not watched for %llu ms", station->interface,
                    (unsigned long long)(now.now - alive));
        say(station, HEALTH_BLIND, 0, (now.now - alive) * 1000, now.wall);
    }
    station->counters->alive = now.now;
    station->counters->value[COUNT_FLOWS_NOW] = 0;
    station->said_at = now.now;
}

static void count_up(struct station *station, const struct watch_counts *watched,
                     const struct capture_counts *captured)
{
    const struct watch_counts *before = &station->watched;
    const struct {
        enum counter counter;
        uint64_t more;
    } rows[] = {
        {COUNT_PACKETS, watched->packets - before->packets},
        {COUNT_BYTES, watched->bytes - before->bytes},
        {COUNT_OTHER, watched->other - before->other},
        {COUNT_CUT, watched->cut - before->cut},
        {COUNT_MALFORMED, watched->malformed - before->malformed},
        {COUNT_FRAGMENTS, watched->fragments - before->fragments},
        {COUNT_FLOWS, watched->flows - before->flows},
        {COUNT_FLOWS_JUDGED, watched->judged - before->judged},
        {COUNT_FLOWS_NAMED, watched->named - before->named},
        {COUNT_FLOWS_UNNAMED, watched->unnamed - before->unnamed},
        {COUNT_FLOWS_AMBIGUOUS, watched->ambiguous - before->ambiguous},
        {COUNT_FLOWS_EVICTED, watched->flows_evicted - before->flows_evicted},
        {COUNT_GATHER_REFUSED, watched->gather_refused - before->gather_refused},
        {COUNT_DROPPED, captured->dropped - station->captured.dropped},
        {COUNT_INTERFACE_DROPPED,
         captured->interface_dropped - station->captured.interface_dropped},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        station->counters->value[rows[i].counter] += rows[i].more;
    station->counters->value[COUNT_FLOWS_NOW] = watched->flows_now;
    station->watched = *watched;
    station->captured = *captured;
}

static void say_more(struct station *station, enum health_kind health, uint64_t now, uint64_t *said,
                     clock_us at)
{
    if (now > *said)
        say(station, health, now - *said, 0, at);
    *said = now;
}

void station_tick(struct station *station, const struct watch_counts *watched,
                  const struct capture_counts *captured, struct moment now)
{
    struct unseen *said = &station->said;

    count_up(station, watched, captured);
    station->counters->alive = now.now;
    if (now.now - station->said_at < HEALTH_EVERY_MS)
        return;
    station->said_at = now.now;
    say_more(station, HEALTH_DROPPED, captured->dropped + captured->interface_dropped,
             &said->dropped, now.wall);
    say_more(station, HEALTH_FLOWS_FULL, watched->flows_evicted, &said->evicted, now.wall);
    say_more(station, HEALTH_GATHER_FULL, watched->gather_refused, &said->refused, now.wall);
    if (station->lost > 0)
        say(station, HEALTH_EVENTS_LOST, station->lost, 0, now.wall);
}
