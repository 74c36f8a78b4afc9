/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * forward - the upstream for agencies that have a validating resolver already: questions are sent
 * on to the best of several servers.
 *
 * Used by main.c through struct upstream. Here the flights meet the sockets: what is asked,
 * matched, asked again and given up. AD is believed as the server says it. A server is asked by UDP
 * first, by TCP when the answer was cut or something answered that should not. DoT is another kind
 * of stream: a column of struct server and a second opener beside stream_open(). Never validates,
 * never caches.
 */
#include "resolve/flight.h"
#include "resolve/port.h"
#include "resolve/stream.h"

#include "base/random.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    STUB_SOCKETS = 4,
    STREAMS_MOST = 64, /* connections at one time; when full, UDP's time-out goes on */
    TICK_MS = HEALTH_PAUSE_MS
};

struct forward {
    struct upstream_setup setup;
    struct flights *flights;
    struct ports *ports;
    struct stream_events stream_events;
    struct event *deadline, *tick;
    bool deadline_set;
    unsigned stream_count;
    unsigned server_count;
    uint16_t stub_first[STUBS_MOST];
    struct ports_server servers[SERVERS_MOST];
    struct health health[SERVERS_MOST];
};

static void count(struct forward *f, enum counter counter)
{
    f->setup.counters->value[counter]++;
}

/* The servers of the closest stub zone around the name, or the forwarders. */
static void choose_servers(const struct forward *f, const struct name *name, struct flight *flight)
{
    const struct config *config = f->setup.config;
    int closest = -1;
    for (unsigned i = 0; i < config->dnsd.stub_count; i++)
        if (name_is_below(name, &config->dnsd.stubs[i].zone) &&
            (closest < 0 ||
             config->dnsd.stubs[i].zone.labels > config->dnsd.stubs[closest].zone.labels))
            closest = (int)i;
    flight->first = closest < 0 ? 0 : f->stub_first[closest];
    flight->count = (uint16_t)(closest < 0 ? config->dnsd.forward_count
                                           : config->dnsd.stubs[closest].server_count);
}

static bool is_probe(const struct forward *f, const struct flight *flight)
{
    return flights_ticket(f->flights, flight) >= ASKS_MOST;
}

static void finish(struct forward *f, struct flight *flight, const struct upstream_answer *answer)
{
    uint32_t ticket = flights_ticket(f->flights, flight);
    if (flight->stream != NULL) {
        stream_close(flight->stream);
        f->stream_count--;
    }
    if (ticket < ASKS_MOST)
        f->setup.on_answer(f->setup.owner, ticket, answer);
    flights_end(f->flights, flight);
}

/* Nobody is left to ask. */
static void give_up(struct forward *f, struct flight *flight)
{
    struct upstream_answer answer = {OUTCOME_UNREACHABLE, .ede = flight->ede,
                                     .why = "no upstream answered"};
    char why[WORD_SIZE + 32], word[WORD_SIZE];
    bool network = flight->count > 0;
    for (unsigned i = 0; i < flight->count; i++)
        network &= f->health[flight->first + i].network;
    if (flight->refused != 0) {
        snprintf(why, sizeof why, "the upstream said %s", rcode_text(flight->rcode, word));
        answer.outcome = OUTCOME_FAILED;
        answer.why = why;
    } else if (network) {
        answer.outcome = OUTCOME_NETWORK;
        answer.why = "the network has no way to any upstream";
    }
    finish(f, flight, &answer);
}

static void arm_deadline(struct forward *f, clock_ms now)
{
    clock_ms next;
    if (f->deadline_set || !flights_next(f->flights, &next))
        return;
    const struct timeval after = clock_timeval(next > now ? next - now : 0);
    event_add(f->deadline, &after);
    f->deadline_set = true;
}

/* Sends to one server; false when the network says that there is no way. */
static bool send_to(struct forward *f, struct flight *flight, unsigned server, clock_ms now)
{
    uint16_t port = ports_pick(f->ports, server, now);
    if (port == PORT_NONE) {
        health_unreachable(&f->health[server], now);
        return false;
    }
    const struct try *try = flights_try(f->flights, flight, (uint16_t)server, port, now);
    ports_send(f->ports, port, try->id, &flight->query);
    return true;
}

/* Asks the next server; false when there is none. Ends: a server without a way is silent. */
static bool advance(struct forward *f, struct flight *flight, clock_ms now)
{
    int server = flight_choose(flight, f->health);
    while (server != HEALTH_NOBODY && !send_to(f, flight, (unsigned)server, now))
        server = flight_choose(flight, f->health);
    if (server == HEALTH_NOBODY)
        return false;
    if (flight->try_count == 1) {
        int other = flight_beside(flight, f->health, server, random_u32());
        if (other != HEALTH_NOBODY)
            (void)send_to(f, flight, (unsigned)other, now);
    }
    flights_extend(f->flights, flight, now);
    arm_deadline(f, now);
    return true;
}

/* One way came to nothing; others may be open still. */
static void advance_or_give_up(struct forward *f, struct flight *flight, clock_ms now)
{
    if (!advance(f, flight, now) && !flight_has_open_try(flight))
        give_up(f, flight);
}

static void mark_refused(struct flight *flight, unsigned server, uint16_t rcode, uint16_t ede)
{
    flight->refused |= UINT32_C(1) << (server - flight->first);
    flight->rcode = rcode;
    if (ede != EDE_NONE)
        flight->ede = ede;
}

static void ask_by_stream(struct forward *f, struct flight *flight, unsigned server, clock_ms now)
{
    if (flight->stream != NULL)
        return;
    if (f->stream_count < STREAMS_MOST)
        flight->stream =
            stream_open(f->setup.base, &f->servers[server].endpoint, random_u16(), &flight->query,
                        &f->stream_events, flights_ticket(f->flights, flight));
    if (flight->stream == NULL) {
        mark_refused(flight, server, RCODE_SERVFAIL, EDE_NONE);
        advance_or_give_up(f, flight, now);
        return;
    }
    flight->stream_server = (uint16_t)server;
    f->stream_count++;
    count(f, COUNT_UPSTREAM_TCP);
    flights_extend(f->flights, flight, now);
}

/* A matched, whole answer. */
static void take_answer(struct forward *f, struct flight *flight, unsigned server, uint8_t *bytes,
                        size_t length, clock_ms now)
{
    struct message message;
    if (message_read(span_of(bytes, length), &message) != STATUS_OK) {
        count(f, COUNT_UPSTREAM_WRONG);
        mark_refused(flight, server, RCODE_FORMERR, EDE_INVALID_DATA);
        advance_or_give_up(f, flight, now);
        return;
    }
    uint16_t rcode = message_rcode(&message);
    if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN || rcode == RCODE_YXDOMAIN) {
        query_restore(&flight->query, bytes);
        finish(f, flight,
               &(struct upstream_answer){OUTCOME_ANSWER, (message.flags & FLAG_AD) != 0,
                                         message.edns.ede, "", span_of(bytes, length)});
        return;
    }
    if (rcode == RCODE_REFUSED)
        health_refused(&f->health[server], f->setup.config->dnsd.forward_timeout_ms, now);
    mark_refused(flight, server, rcode, message.edns.ede);
    advance_or_give_up(f, flight, now);
}

/* Nothing under way has this port and id: a late answer, or a guess. */
static void on_stray(struct forward *f, uint16_t port, uint16_t id, clock_ms now)
{
    struct owed owed;
    struct try *try;
    struct flight *flight;
    uint32_t place = 0;
    if (flights_settle(f->flights, port, id, &owed)) {
        health_answered(&f->health[owed.server], now - owed.sent_at, now);
        return;
    }
    count(f, COUNT_UPSTREAM_WRONG);
    if (!ports_note_wrong(f->ports, port, now))
        return;
    while ((flight = flights_on_port(f->flights, port, &place, &try)) != NULL)
        if (f->stream_count < STREAMS_MOST && !is_probe(f, flight))
            ask_by_stream(f, flight, try->server, now);
}

static void on_datagram(void *owner, uint16_t port, uint8_t *bytes, size_t length, bool cut)
{
    struct forward *f = owner;
    clock_ms now = clock_now();
    uint16_t id = length < MESSAGE_HEADER ? 0 : load_u16(bytes);
    struct flight *flight;
    struct try *try = flights_find(f->flights, port, id, &flight);
    if (try == NULL) {
        on_stray(f, port, id, now);
        return;
    }
    unsigned server = try->server;
    if (!query_is_answered_by(&flight->query, id, span_of(bytes, length))) {
        /* The right answer may still come; TCP asks the same where nobody can guess. */
        count(f, COUNT_UPSTREAM_WRONG);
        if ((flight->refused >> (server - flight->first) & 1) == 0 && !is_probe(f, flight))
            ask_by_stream(f, flight, server, now);
        return;
    }
    health_answered(&f->health[server], now - try->sent_at, now);
    flights_close_try(f->flights, try);
    if (is_probe(f, flight))
        flights_end(f->flights, flight); /* that it answers was all we wanted to know */
    else if (cut || (load_u16(bytes + 2) & FLAG_TC) != 0)
        ask_by_stream(f, flight, server, now);
    else
        take_answer(f, flight, server, bytes, length, now);
}

static void on_unreachable(void *owner, uint16_t port)
{
    struct forward *f = owner;
    clock_ms now = clock_now();
    struct flight *flight;
    struct try *try;
    uint32_t place = 0;
    health_unreachable(&f->health[ports_server_of(f->ports, port)], now);
    while ((flight = flights_on_port(f->flights, port, &place, &try)) != NULL) {
        flights_close_try(f->flights, try);
        advance_or_give_up(f, flight, now);
    }
}

static void on_stream(void *owner, uint32_t ticket, uint8_t *bytes, size_t length)
{
    struct forward *f = owner;
    clock_ms now = clock_now();
    struct flight *flight = flights_at(f->flights, ticket);
    struct stream *stream = flight->stream;
    flight->stream = NULL;
    f->stream_count--;
    if (bytes == NULL) {
        mark_refused(flight, flight->stream_server, RCODE_SERVFAIL, EDE_NONE);
        advance_or_give_up(f, flight, now);
    } else if (!query_is_answered_by(&flight->query, stream_id(stream), span_of(bytes, length))) {
        count(f, COUNT_UPSTREAM_WRONG);
        mark_refused(flight, flight->stream_server, RCODE_FORMERR, EDE_INVALID_DATA);
        advance_or_give_up(f, flight, now);
    } else {
        take_answer(f, flight, flight->stream_server, bytes, length, now);
    }
    stream_close(stream); /* last: the bytes are its */
}

/* Asks a server for the root's name servers: whoever resolves has them at hand. */
static void probe(struct forward *f, unsigned server, clock_ms now)
{
    static const struct message_ask root = {
        .type = TYPE_NS, .class = CLASS_IN, .name = {.length = 1}};
    uint32_t ticket = ASKS_MOST + server;
    if (flights_at(f->flights, ticket)->used)
        return;
    struct flight *flight = flights_begin(f->flights, ticket, now);
    flight->first = (uint16_t)server;
    flight->count = 1;
    query_write(&root, false, &flight->query);
    if (send_to(f, flight, server, now))
        arm_deadline(f, now);
    else
        flights_end(f->flights, flight);
}

/* A server fails once for each question, whatever number of tries it had. */
static void count_failures(struct forward *f, struct flight *flight, clock_ms now)
{
    for (unsigned i = 0; i < flight->try_count; i++) {
        const struct try *try = &flight->tries[i];
        uint32_t bit = UINT32_C(1) << (try->server - flight->first);
        if (!try->open || (flight->failed & bit) != 0)
            continue;
        flight->failed |= bit;
        health_failed(&f->health[try->server]);
        count(f, COUNT_UPSTREAM_TIMEOUTS);
        if (health_is_due(&f->health[try->server], now))
            probe(f, try->server, now);
    }
}

static void on_overdue(struct forward *f, struct flight *flight, clock_ms now)
{
    if (is_probe(f, flight)) {
        health_silenced(&f->health[flight->first], now);
        flights_end(f->flights, flight);
        return;
    }
    count_failures(f, flight, now);
    if (flight->stream != NULL) {
        stream_close(flight->stream);
        flight->stream = NULL;
        f->stream_count--;
        mark_refused(flight, flight->stream_server, RCODE_SERVFAIL, EDE_NONE);
    }
    if (!advance(f, flight, now))
        give_up(f, flight);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct forward *f = arg;
    clock_ms now = clock_now();
    struct flight *flight;
    f->deadline_set = false;
    /* Each pass ends a flight or gives it a later deadline. */
    while ((flight = flights_due(f->flights, now)) != NULL)
        on_overdue(f, flight, now);
    arm_deadline(f, now);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct forward *f = arg;
    clock_ms now = clock_now();
    ports_tick(f->ports, now);
    for (unsigned i = 0; i < f->server_count; i++)
        if (health_is_due(&f->health[i], now))
            probe(f, i, now);
}

static void forward_ask(void *state, uint32_t ticket, const struct message_ask *ask)
{
    struct forward *f = state;
    clock_ms now = clock_now();
    struct flight *flight = flights_begin(f->flights, ticket, now);
    query_write(ask, f->setup.config->dnsd.forward_randomize_case != 0, &flight->query);
    choose_servers(f, &ask->name, flight);
    if (!advance(f, flight, now))
        give_up(f, flight);
}

static void forward_forget(void *state)
{
    /* Nothing is remembered here but how well servers answer. */
}

static void forward_close(void *state)
{
    struct forward *f = state;
    uint32_t ticket;
    for (ticket = 0; f->flights != NULL && ticket < ASKS_MOST; ticket++) {
        const struct flight *flight = flights_at(f->flights, ticket);
        if (flight->used && flight->stream != NULL)
            stream_close(flight->stream);
    }
    if (f->deadline != NULL)
        event_free(f->deadline);
    if (f->tick != NULL)
        event_free(f->tick);
    if (f->ports != NULL)
        ports_free(f->ports);
    flights_free(f->flights);
    free(f);
}

static void list_servers(struct forward *f)
{
    const struct config *config = f->setup.config;
    uint32_t sockets = config->dnsd.forward_sockets;
    sockets = sockets < 1 ? 1 : sockets > PORT_SOCKETS_MOST ? PORT_SOCKETS_MOST : sockets;
    for (unsigned i = 0; i < config->dnsd.forward_count; i++)
        f->servers[f->server_count++] = (struct ports_server){config->dnsd.forward_to[i], sockets};
    for (unsigned i = 0; i < config->dnsd.stub_count; i++) {
        const struct stub *stub = &config->dnsd.stubs[i];
        f->stub_first[i] = (uint16_t)f->server_count;
        for (unsigned j = 0; j < stub->server_count; j++)
            f->servers[f->server_count++] = (struct ports_server){stub->servers[j], STUB_SOCKETS};
    }
}

static enum status forward_open(const struct upstream_setup *setup, void **out)
{
    static const struct ports_events ports_events = {on_datagram, on_unreachable};
    const struct timeval tick = clock_timeval(TICK_MS);
    uint32_t timeout = setup->config->dnsd.forward_timeout_ms;
    struct forward *f = calloc(1, sizeof *f);
    if (f == NULL)
        return STATUS_NO_MEMORY;
    f->setup = *setup;
    f->stream_events = (struct stream_events){on_stream, f};
    list_servers(f);
    f->flights = flights_new(timeout);
    f->ports = ports_new(setup->base, f->servers, f->server_count,
                         (clock_ms)timeout * (TRIES_MOST + 1), &ports_events, f);
    f->deadline = event_new(setup->base, -1, 0, on_deadline, f);
    f->tick = event_new(setup->base, -1, EV_PERSIST, on_tick, f);
    if (f->flights == NULL || f->ports == NULL || f->deadline == NULL || f->tick == NULL ||
        event_add(f->tick, &tick) != 0) {
        forward_close(f);
        return STATUS_NO_MEMORY;
    }
    *out = f;
    return STATUS_OK;
}

const struct upstream upstream_forward = {"forward", forward_open, forward_ask, forward_forget,
                                          forward_close};
