/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - what serve and inspect tell record: one fixed struct, filled where it happened.
 *
 * Used on both ends of the event ring. Holds numbers and names, no texts of the policy: record
 * looks those up in the same policy generation. Never written to disk in this form.
 */
#ifndef EVENTS_EVENT_H
#define EVENTS_EVENT_H

#include "base/address.h"
#include "base/clock.h"
#include "dns/name.h"
#include "events/wire.h"
#include "policy/verdict.h"

#include <stddef.h>

enum transport { TRANSPORT_UDP, TRANSPORT_TCP };

enum event_kind { EVENT_DNS, EVENT_WIRE, EVENT_HEALTH, EVENT_KIND_COUNT };

struct event {
    clock_us at;
    uint32_t generation; /* of the policy that decided */
    uint32_t duration_us;
    uint64_t lost_before;    /* events this process could not hand on, since its last one */
    uint64_t sampled_before; /* events left out by dnsd.events.sample since its last one */
    struct verdict verdict;
    struct address client, server;
    uint16_t client_port, server_port;
    uint8_t kind;              /* enum event_kind */
    uint8_t transport;         /* enum transport */
    uint8_t seen;              /* enum seen */
    uint8_t answered;          /* whether an answer was sent at all (drop: 0) */
    uint8_t has_address;       /* matched_address is the subject rather than matched_name */
    uint16_t id, flags, rcode; /* of the answer that was sent */
    uint16_t type, class;      /* of the question */
    uint16_t ede;
    struct address matched_address;
    /* Last, since most events need few bytes of the first and none of the second. */
    struct name question;
    struct name matched_name; /* labels 0: the question itself */
    /* Of EVENT_WIRE and EVENT_HEALTH alone. `question` is then the name that was sighted (the root:
     * none), `type` and `class` those of a sighted DNS question, `duration_us` from the flow's
     * first packet, `at` the time of the packet that decided. */
    struct wire wire;
};

/* A record of dnsd's rings: its events have nothing of the wire. Those of inspectd hold all. */
enum { EVENT_DNS_SIZE = offsetof(struct event, wire) };

/* How many bytes of it say something: what a ring has to carry. */
size_t event_length(const struct event *event);
/* Completes one of which so many bytes arrived. */
void event_complete(struct event *event, size_t length);

/* Checks one that crossed a process border: enums in range, names sound. */
bool event_is_sound(const struct event *event);

#endif
