/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flight - an array by ticket, an index by (port, id), a list by deadline.
 */
#include "resolve/flight.h"

#include "base/random.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

enum { NONE = UINT32_MAX, BUCKETS = 4 * ASKS_MOST };
static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a power of two");

struct flights {
    uint32_t timeout;
    uint32_t soonest, latest;
    uint32_t owed_next;
    struct owed owed[OWED_MOST];
    uint32_t buckets[BUCKETS];
    struct flight all[FLIGHTS_MOST];
};

struct flights *flights_new(uint32_t timeout_ms)
{
    struct flights *flights = calloc(1, sizeof *flights);
    if (flights == NULL)
        return NULL;
    flights->timeout = timeout_ms;
    flights->soonest = flights->latest = NONE;
    memset(flights->buckets, 0xff, sizeof flights->buckets);
    return flights;
}

void flights_free(struct flights *flights)
{
    free(flights);
}

struct flight *flights_at(struct flights *flights, uint32_t ticket)
{
    return &flights->all[ticket];
}

uint32_t flights_ticket(const struct flights *flights, const struct flight *flight)
{
    return (uint32_t)(flight - flights->all);
}

static void list_push(struct flights *flights, struct flight *flight, clock_ms now)
{
    uint32_t ticket = flights_ticket(flights, flight);
    flight->deadline = now + flights->timeout;
    flight->later = NONE;
    flight->earlier = flights->latest;
    if (flights->latest != NONE)
        flights->all[flights->latest].later = ticket;
    else
        flights->soonest = ticket;
    flights->latest = ticket;
}

static void list_unlink(struct flights *flights, struct flight *flight)
{
    if (flight->earlier != NONE)
        flights->all[flight->earlier].later = flight->later;
    else
        flights->soonest = flight->later;
    if (flight->later != NONE)
        flights->all[flight->later].earlier = flight->earlier;
    else
        flights->latest = flight->earlier;
}

struct flight *flights_begin(struct flights *flights, uint32_t ticket, clock_ms now)
{
    struct flight *flight = &flights->all[ticket];
    memset(flight, 0, offsetof(struct flight, query));
    flight->used = true;
    flight->ede = EDE_NONE;
    list_push(flights, flight, now);
    return flight;
}

void flights_end(struct flights *flights, struct flight *flight)
{
    for (unsigned i = 0; i < flight->try_count; i++) {
        struct try *try = &flight->tries[i];
        if (!try->open)
            continue;
        flights_close_try(flights, try);
        flights->owed[flights->owed_next] =
            (struct owed){try->port, try->id, try->server, true, try->sent_at};
        flights->owed_next = (flights->owed_next + 1) % OWED_MOST;
    }
    list_unlink(flights, flight);
    flight->used = false;
}

int flight_choose(const struct flight *flight, const struct health *servers)
{
    const struct health *mine = servers + flight->first;
    uint32_t tried = flight->refused;
    if (flight->try_count == TRIES_MOST)
        return HEALTH_NOBODY;
    for (unsigned i = 0; i < flight->try_count; i++)
        tried |= UINT32_C(1) << (flight->tries[i].server - flight->first);
    int chosen = health_choose(mine, flight->count, tried);
    if (chosen == HEALTH_NOBODY)
        chosen = health_choose(mine, flight->count, flight->refused);
    return chosen == HEALTH_NOBODY ? chosen : chosen + flight->first;
}

int flight_beside(const struct flight *flight, const struct health *servers, int chosen,
                  uint32_t lot)
{
    int other = health_beside(servers + flight->first, flight->count, chosen - flight->first, lot);
    return other == HEALTH_NOBODY ? other : other + flight->first;
}

/* Ids are ours and random: nobody can choose what meets in one bucket. */
static uint32_t *bucket_of(struct flights *flights, uint16_t port, uint16_t id)
{
    return &flights->buckets[(id ^ port * 0x9e37u) & (BUCKETS - 1)];
}

static struct try *try_at(struct flights *flights, uint32_t place)
{
    return &flights->all[place / TRIES_MOST].tries[place % TRIES_MOST];
}

struct try *flights_find(struct flights *flights, uint16_t port, uint16_t id, struct flight **out)
{
    uint32_t place = *bucket_of(flights, port, id);
    while (place != NONE) {
        struct try *try = try_at(flights, place);
        if (try->port == port && try->id == id) {
            *out = &flights->all[place / TRIES_MOST];
            return try;
        }
        place = try->chain;
    }
    return NULL;
}

struct try *flights_try(struct flights *flights, struct flight *flight, uint16_t server,
                        uint16_t port, clock_ms now)
{
    struct flight *other;
    uint16_t id = random_u16();
    /* At most TRIES_MOST * FLIGHTS_MOST of 65536 are taken, so this ends. */
    while (flights_find(flights, port, id, &other) != NULL)
        id = random_u16();
    uint32_t *bucket = bucket_of(flights, port, id);
    struct try *try = &flight->tries[flight->try_count];
    *try = (struct try){server, port, id, true, now, *bucket};
    *bucket = flights_ticket(flights, flight) * TRIES_MOST + flight->try_count++;
    return try;
}

void flights_close_try(struct flights *flights, struct try *try)
{
    uint32_t *link = bucket_of(flights, try->port, try->id);
    while (try_at(flights, *link) != try)
        link = &try_at(flights, *link)->chain;
    *link = try->chain;
    try->open = false;
}

bool flight_has_open_try(const struct flight *flight)
{
    for (unsigned i = 0; i < flight->try_count; i++)
        if (flight->tries[i].open)
            return true;
    return flight->stream != NULL;
}

bool flights_settle(struct flights *flights, uint16_t port, uint16_t id, struct owed *out)
{
    for (unsigned i = 0; i < OWED_MOST; i++) {
        struct owed *owed = &flights->owed[i];
        if (owed->open && owed->port == port && owed->id == id) {
            owed->open = false;
            *out = *owed;
            return true;
        }
    }
    return false;
}

struct flight *flights_due(struct flights *flights, clock_ms now)
{
    if (flights->soonest == NONE || flights->all[flights->soonest].deadline > now)
        return NULL;
    return &flights->all[flights->soonest];
}

void flights_extend(struct flights *flights, struct flight *flight, clock_ms now)
{
    list_unlink(flights, flight);
    list_push(flights, flight, now);
}

bool flights_next(const struct flights *flights, clock_ms *out)
{
    if (flights->soonest == NONE)
        return false;
    *out = flights->all[flights->soonest].deadline;
    return true;
}

struct flight *flights_on_port(struct flights *flights, uint16_t port, uint32_t *place,
                               struct try **out)
{
    while (*place < FLIGHTS_MOST) {
        struct flight *flight = &flights->all[(*place)++];
        for (unsigned i = 0; flight->used && i < flight->try_count; i++)
            if (flight->tries[i].open && flight->tries[i].port == port) {
                *out = &flight->tries[i];
                return flight;
            }
    }
    return NULL;
}
