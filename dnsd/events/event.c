/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - the check at the border.
 */
#include "events/event.h"

static bool verdict_is_sound(const struct verdict *verdict)
{
    return (unsigned)verdict->action < ACTION_COUNT && (unsigned)verdict->wanted < ACTION_COUNT &&
           (unsigned)verdict->evidence < EVIDENCE_COUNT;
}

bool event_is_sound(const struct event *event)
{
    return verdict_is_sound(&event->verdict) && event->transport <= TRANSPORT_TCP &&
           event->seen < SEEN_COUNT && name_is_sound(&event->question) &&
           (event->matched_name.labels == 0 || name_is_sound(&event->matched_name));
}
