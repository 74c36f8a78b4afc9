/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recurse - the upstream that finds answers itself and validates them: libunbound on our loop.
 *
 * Used by main.c through struct upstream; the only file that knows libunbound. Nothing can be set
 * after its first query, so a new configuration is a new process. It opens its files (root hints,
 * trust anchor) with that first query, which is made at birth; later it only writes the RFC 5011
 * file anew, in the same folder and by rename: what a sandbox must still allow. It may hold a
 * question for a quarter of a minute: whoever cannot wait so long is answered before, and its
 * answer is dropped. Never lets its callback do more than hand the answer on: it may fire inside
 * ub_resolve_event() and, for all that is under way, inside ub_ctx_delete().
 */
#include "resolve/reach.h"
#include "resolve/roots.h"
#include "resolve/upstream.h"

#include "base/clock.h"
#include "base/refusal.h"

#include <event2/event.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>

enum {
    SECURE_BOGUS = 1,
    SECURE_YES = 2,
    STUB_WAY_MS = 1000,
    TICK_MS = 500,
    WAITS_MOST = 2 * ASKS_MOST
};
static const uint32_t NOBODY = UINT32_MAX;

/* A question inside libunbound. */
struct wait {
    struct recurse *recurse;
    uint32_t ticket; /* or NOBODY: answered already */
};

struct lookup {
    struct wait *wait; /* NULL: nothing under way with this ticket */
    clock_ms since;
    struct message_ask ask;
};

struct recurse {
    struct upstream_setup setup;
    struct ub_ctx *context;
    struct reach *reach;
    struct event *tick;
    bool inside; /* ub_resolve_event() has not returned yet */
    bool deaf;   /* callbacks are not answers now */
    struct roots roots;
    struct {
        clock_ms at;
        bool open;
    } stub_ways[STUBS_MOST];
    struct lookup lookups[ASKS_MOST];
    struct wait waits[WAITS_MOST];
    struct wait *free_waits[WAITS_MOST];
    unsigned free_count;
};

/* Fixed options: what is safe and, behind a cache of our own, frugal. unbound.conf(5). */
static const struct {
    const char *option, *value;
} fixed[] = {
    /* clang-format off */
    {"outgoing-range:",         "2048"},
    {"num-queries-per-thread:", "4096"},
    {"msg-cache-size:",         "8m"},     /* serve keeps whole answers; … */
    {"rrset-cache-size:",       "64m"},    /* … this keeps what answers are made of */
    {"key-cache-size:",         "8m"},
    {"neg-cache-size:",         "8m"},
    {"edns-buffer-size:",       "1232"},
    {"harden-glue:",            "yes"},
    {"harden-dnssec-stripped:", "yes"},
    {"harden-below-nxdomain:",  "yes"},
    {"harden-short-bufsize:",   "yes"},
    {"aggressive-nsec:",        "yes"},
    {"use-caps-for-id:",        "no"},     /* breaks some authorities; ports and ids are random */
    {"prefetch:",               "no"},     /* serve does it */
    {"minimal-responses:",      "yes"},
    {"unwanted-reply-threshold:", "1000000"},
    {"val-log-level:",          "2"},      /* without it there is no why_bogus */
    /* clang-format on */
};

static const char no_way[] = "the network has no way to any upstream";
static const char no_answer[] = "no upstream answers";

static bool set(struct ub_ctx *context, const char *option, const char *value)
{
    int error = ub_ctx_set_option(context, option, value);
    if (error != 0)
        log_error("libunbound: %s %s: %s", option, value, ub_strerror(error));
    return error == 0;
}

static bool is_loopback(const struct endpoint *e)
{
    return address_is_ipv4(&e->address)
               ? e->address.bytes[12] == 127
               : address_equal(&e->address, &(struct address){.bytes[15] = 1});
}

static bool any_loopback(const struct endpoint *endpoints, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_loopback(&endpoints[i]))
            return true;
    return false;
}

/* An IPv6 socket that leads nowhere costs each new zone a few failures. */
static bool wants_ipv6(const struct recurse *r)
{
    bool way4 = false, way6 = false;
    for (unsigned i = 0; i < r->roots.count; i++) {
        bool *way = address_is_ipv4(&r->roots.servers[i].address) ? &way4 : &way6;
        *way = *way || reach_has_way(&r->roots.servers[i], 1);
    }
    return way6 || !way4;
}

static bool set_trust_anchor(struct ub_ctx *context, const char *path)
{
    char folder[CONFIG_PATH_SIZE], user[REFUSAL_TEXT_SIZE];
    int error;
    if (path[0] == 0)
        return set(context, "module-config:", "iterator");
    snprintf(folder, sizeof folder, "%s", path);
    /* RFC 5011 needs to write the file anew, beside it, and rename. */
    if (access(path, W_OK) == 0 && access(dirname(folder), W_OK) == 0) {
        error = ub_ctx_add_ta_autr(context, path);
    } else {
        log_warning("a new key of the root will not be learned: user %s must own %s and be able to "
                    "write its folder",
                    refusal_user(user), path);
        error = ub_ctx_add_ta_file(context, path);
    }
    if (error != 0 || access(path, R_OK) != 0)
        log_error("the trust anchor %s cannot be used: begin again with a copy of "
                  "/usr/share/dns/root.key (package dns-root-data) that user %s may read",
                  path, refusal_user(user));
    return error == 0 && access(path, R_OK) == 0;
}

/* libunbound answers .test, home.arpa, private reverse zones and the like by itself (RFC 6303),
 * unless the zone is given up: each that the stub lies in. (Its option `local-zone: … nodefault`
 * has no effect in 1.17.) Ends the time of settings. */
static void unblock(struct ub_ctx *context, const struct name *zone)
{
    char text[NAME_TEXT_SIZE];
    struct name outer;
    for (unsigned i = 0; i < zone->labels; i++) {
        name_suffix(zone, i, &outer);
        (void)ub_ctx_zone_remove(context, name_text(&outer, text));
    }
}

static bool is_reverse(const struct name *zone)
{
    static const struct name arpa = {6, 1, "\4arpa"};
    return name_is_below(zone, &arpa);
}

static bool set_stub(struct ub_ctx *context, const struct stub *stub)
{
    char zone[NAME_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE];
    /* A stub for in-addr.arpa holds the private reverse zones below it, too. */
    bool fine = !is_reverse(&stub->zone) || set(context, "unblock-lan-zones:", "yes");
    name_text(&stub->zone, zone);
    for (unsigned i = 0; i < stub->server_count; i++)
        fine = fine &&
               ub_ctx_set_stub(
                   context, zone,
                   endpoint_text(&stub->servers[i].address, stub->servers[i].port, server), 0) == 0;
    return fine;
}

static bool set_loopback(const struct recurse *r, struct ub_ctx *context)
{
    const struct config *config = r->setup.config;
    bool needed = any_loopback(r->roots.servers, r->roots.count);
    for (unsigned i = 0; i < config->dnsd.stub_count; i++)
        needed |= any_loopback(config->dnsd.stubs[i].servers, config->dnsd.stubs[i].server_count);
    return set(context, "do-not-query-localhost:", needed ? "no" : "yes");
}

static bool configure(const struct recurse *r, struct ub_ctx *context)
{
    const struct config *config = r->setup.config;
    char text[NAME_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE];
    bool fine = true;
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        fine = fine && set(context, fixed[i].option, fixed[i].value);
    fine = fine && set_trust_anchor(context, config->dnsd.trust_anchor) &&
           set_loopback(r, context) &&
           set(context, "qname-minimisation:", config->dnsd.qname_minimisation ? "yes" : "no") &&
           set(context, "do-ip6:", wants_ipv6(r) ? "yes" : "no");
    if (config->dnsd.root_hints[0] != 0)
        fine = fine && set(context, "root-hints:", config->dnsd.root_hints);
    for (unsigned i = 0; i < config->dnsd.recurse_via_count; i++) {
        const struct endpoint *via = &config->dnsd.recurse_via[i];
        fine =
            fine && ub_ctx_set_fwd(context, endpoint_text(&via->address, via->port, server)) == 0;
    }
    for (unsigned i = 0; i < config->dnsd.stub_count; i++)
        fine = fine && set_stub(context, &config->dnsd.stubs[i]);
    for (unsigned i = 0; i < config->dnsd.negative_anchor_count; i++)
        fine = fine &&
               set(context, "domain-insecure:", name_text(&config->dnsd.negative_anchors[i], text));
    return fine;
}

static void on_primed(void *arg, int rcode, void *packet, int length, int secure, char *why,
                      int limited)
{
    /* The question only had to be asked: its answer is in libunbound's cache now, or not. */
}

static bool context_open(struct recurse *r)
{
    r->context = ub_ctx_create_event(r->setup.base);
    if (r->context == NULL)
        return false;
    if (!configure(r, r->context))
        return false;
    for (unsigned i = 0; i < r->setup.config->dnsd.stub_count; i++)
        unblock(r->context, &r->setup.config->dnsd.stubs[i].zone);
    int error = ub_resolve_event(r->context, ".", TYPE_NS, CLASS_IN, r, on_primed, NULL);
    if (error != 0)
        log_error("libunbound cannot begin: %s", ub_strerror(error));
    return error == 0;
}

static void fail(struct recurse *r, uint32_t ticket, enum outcome outcome, const char *why)
{
    r->setup.on_answer(r->setup.owner, ticket,
                       &(struct upstream_answer){outcome, .ede = EDE_NONE, .why = why});
}

/* Nobody wants this answer any more. */
static void detach(struct lookup *lookup)
{
    lookup->wait->ticket = NOBODY;
    lookup->wait = NULL;
}

static void free_all_waits(struct recurse *r)
{
    for (r->free_count = 0; r->free_count < WAITS_MOST; r->free_count++)
        r->free_waits[r->free_count] = &r->waits[r->free_count];
}

/* What libunbound's words mean: a bogus answer comes as rcode 0 with data; SERVFAIL without it
 * means that nobody could be asked. */
static struct upstream_answer answer_from(int rcode, const void *packet, int length, int secure,
                                          const char *why)
{
    struct upstream_answer answer = {OUTCOME_FAILED, .ede = EDE_NONE,
                                     .why = why == NULL ? "" : why};
    if (rcode == RCODE_NOERROR && packet != NULL && length >= MESSAGE_HEADER &&
        length <= MESSAGE_MOST) {
        answer.message = span_of(packet, (size_t)length);
        rcode = load_u16(answer.message.at + 2) & RCODE_MASK;
    }
    if (secure == SECURE_BOGUS) {
        answer.outcome = OUTCOME_BOGUS;
        answer.ede = EDE_DNSSEC_BOGUS;
    } else if (rcode == RCODE_SERVFAIL) {
        answer.outcome = OUTCOME_UNREACHABLE;
        answer.message = (struct span){0};
    } else if (answer.message.length > 0) {
        answer.outcome = OUTCOME_ANSWER;
        answer.secure = secure == SECURE_YES;
    }
    return answer;
}

static void on_resolved(void *arg, int rcode, void *packet, int length, int secure, char *why,
                        int limited)
{
    struct wait *wait = arg;
    struct recurse *r = wait->recurse;
    uint32_t ticket = wait->ticket;
    if (r->deaf)
        return;
    struct upstream_answer answer = answer_from(rcode, packet, length, secure, why);
    if (!r->inside && answer.outcome != OUTCOME_UNREACHABLE)
        reach_heard(r->reach);
    r->free_waits[r->free_count++] = wait;
    if (ticket == NOBODY)
        return;
    r->lookups[ticket].wait = NULL;
    r->setup.on_answer(r->setup.owner, ticket, &answer);
}

static void start(struct recurse *r, uint32_t ticket)
{
    struct lookup *lookup = &r->lookups[ticket];
    char text[NAME_TEXT_SIZE];
    if (r->free_count == 0) {
        fail(r, ticket, OUTCOME_FAILED, "too many questions under way");
        return;
    }
    struct wait *wait = lookup->wait = r->free_waits[--r->free_count];
    *wait = (struct wait){r, ticket};
    r->inside = true;
    int error = ub_resolve_event(r->context, name_text(&lookup->ask.name, text), lookup->ask.type,
                                 lookup->ask.class, wait, on_resolved, NULL);
    r->inside = false;
    if (error == 0)
        return;
    detach(lookup);
    r->free_waits[r->free_count++] = wait;
    fail(r, ticket, OUTCOME_FAILED, ub_strerror(error));
}

/* The stub zone a name lies in, or -1. */
static int stub_of(const struct config *config, const struct name *name)
{
    for (unsigned i = 0; i < config->dnsd.stub_count; i++)
        if (name_is_below(name, &config->dnsd.stubs[i].zone))
            return (int)i;
    return -1;
}

static bool stub_has_way(struct recurse *r, int stub, clock_ms now)
{
    const struct stub *s = &r->setup.config->dnsd.stubs[stub];
    if (r->stub_ways[stub].at == 0 || now - r->stub_ways[stub].at >= STUB_WAY_MS) {
        r->stub_ways[stub].at = now;
        r->stub_ways[stub].open = reach_has_way(s->servers, s->server_count);
    }
    return r->stub_ways[stub].open;
}

static void recurse_ask(void *state, uint32_t ticket, const struct message_ask *ask)
{
    struct recurse *r = state;
    clock_ms now = clock_now();
    int stub = stub_of(r->setup.config, &ask->name);
    enum reach_state reach = stub < 0                     ? reach_ask(r->reach, now)
                             : stub_has_way(r, stub, now) ? REACH_OPEN
                                                          : REACH_CLOSED;
    r->lookups[ticket].ask = *ask;
    r->lookups[ticket].since = now;
    if (reach == REACH_CLOSED)
        fail(r, ticket, OUTCOME_NETWORK, no_way);
    else if (reach == REACH_SILENT)
        fail(r, ticket, OUTCOME_UNREACHABLE, no_answer);
    else
        start(r, ticket);
    if (r->lookups[ticket].wait != NULL && stub < 0)
        reach_waits(r->reach, now);
}

static void on_lost(void *owner)
{
    struct recurse *r = owner;
    for (uint32_t ticket = 0; ticket < ASKS_MOST; ticket++) {
        struct lookup *lookup = &r->lookups[ticket];
        if (lookup->wait == NULL || stub_of(r->setup.config, &lookup->ask.name) >= 0)
            continue;
        detach(lookup);
        fail(r, ticket, OUTCOME_UNREACHABLE, no_answer);
    }
}

/* Whoever asked has given up by now. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct recurse *r = arg;
    clock_ms now = clock_now();
    for (uint32_t ticket = 0; ticket < ASKS_MOST; ticket++) {
        struct lookup *lookup = &r->lookups[ticket];
        if (lookup->wait == NULL || now - lookup->since < r->setup.config->dnsd.query_timeout_ms)
            continue;
        detach(lookup);
        r->setup.counters->value[COUNT_UPSTREAM_TIMEOUTS]++;
        fail(r, ticket, OUTCOME_UNREACHABLE, no_answer);
    }
}

static void context_close(struct recurse *r)
{
    r->deaf = true;
    if (r->context != NULL)
        ub_ctx_delete(r->context);
    r->context = NULL;
    r->deaf = false;
    free_all_waits(r);
}

/* libunbound cannot forget, so it is made anew; what is under way is asked again. */
static void recurse_forget(void *state)
{
    struct recurse *r = state;
    context_close(r);
    if (!context_open(r)) {
        log_error("libunbound did not come back after a flush");
        exit(EXIT_FAILURE); /* the parent restarts us */
    }
    for (uint32_t ticket = 0; ticket < ASKS_MOST; ticket++)
        if (r->lookups[ticket].wait != NULL)
            start(r, ticket);
}

static void recurse_close(void *state)
{
    struct recurse *r = state;
    context_close(r);
    if (r->reach != NULL)
        reach_free(r->reach);
    if (r->tick != NULL)
        event_free(r->tick);
    free(r);
}

static enum status recurse_open(const struct upstream_setup *setup, void **out)
{
    const struct timeval tick = clock_timeval(TICK_MS);
    struct recurse *r = calloc(1, sizeof *r);
    if (r == NULL)
        return STATUS_NO_MEMORY;
    r->setup = *setup;
    free_all_waits(r);
    if (roots_find(setup->config, &r->roots) != STATUS_OK || !context_open(r)) {
        recurse_close(r);
        return STATUS_INVALID;
    }
    r->reach = reach_new(setup->base, r->roots.servers, r->roots.count, clock_now(), on_lost, r);
    r->tick = event_new(setup->base, -1, EV_PERSIST, on_tick, r);
    if (r->reach == NULL || r->tick == NULL || event_add(r->tick, &tick) != 0) {
        recurse_close(r);
        return STATUS_NO_MEMORY;
    }
    *out = r;
    return STATUS_OK;
}

const struct upstream upstream_recurse = {"recurse", recurse_open, recurse_ask, recurse_forget,
                                          recurse_close};
