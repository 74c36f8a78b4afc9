/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - how it crosses a border between processes, and the check there.
 */
#include "events/event.h"

size_t event_length(const struct event *event)
{
    if (event->kind != EVENT_DNS)
        return sizeof *event;
    if (event->matched_name.labels > 0)
        return EVENT_DNS_SIZE;
    return offsetof(struct event, question.wire) + event->question.length;
}

void event_complete(struct event *event, size_t length)
{
    if (length < EVENT_DNS_SIZE)
        event->matched_name = (struct name){.length = 1};
    if (length < sizeof *event)
        event->wire = (struct wire){0};
}

static bool verdict_is_sound(const struct verdict *verdict)
{
    return (unsigned)verdict->action < ACTION_COUNT && (unsigned)verdict->wanted < ACTION_COUNT &&
           (unsigned)verdict->evidence < EVIDENCE_COUNT;
}

/* What JSON readers can hold as an integer, and what has four digits of year. */
static const uint64_t counts_most = UINT64_C(1) << 53;
static const clock_us times_end = UINT64_C(253402300800) * 1000000;

bool event_is_sound(const struct event *event)
{
    return event->at < times_end && event->lost_before < counts_most &&
           event->sampled_before < counts_most && verdict_is_sound(&event->verdict) &&
           event->kind < EVENT_KIND_COUNT && wire_is_sound(&event->wire) &&
           event->transport <= TRANSPORT_TCP && event->seen < SEEN_COUNT &&
           name_is_sound(&event->question) &&
           (event->matched_name.labels == 0 || name_is_sound(&event->matched_name));
}
