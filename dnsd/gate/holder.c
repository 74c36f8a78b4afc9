/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * holder - limits first (firewall/held.h), then the kernel.
 */
#include "gate/holder.h"

#include "base/log.h"
#include "firewall/connections.h"
#include "firewall/elements.h"
#include "firewall/held.h"
#include "gate/reset.h"
#include "policy/image.h"
#include "wire/frame.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OWN_MOST = 256,
    WHOLE = 128,
    SECOND_US = 1000000,
    /* A flow that was stopped is over, and its ports may be used again. Inline it is shown for a
     * while; at a tap its set stops it, for as long as a client might try to go on. */
    FLOW_SECONDS_INLINE = 10,
    FLOW_SECONDS_TAP = 60,
};

struct holder {
    const struct config *config;
    struct counters *counters;
    struct held *held;
    struct held_limits limits;
    struct elements *elements;       /* NULL: there is no such socket */
    struct connections *connections; /* NULL: likewise */
    struct resets *resets;           /* NULL: likewise */
    const struct policy *policy;
    uint32_t generation;
    bool gathered, said; /* something waits for holder_send(); its failure was said */
    bool stood, gone;    /* the table was there once; it is no longer, which was said */
    struct prefix protected[PROTECT_MOST + OWN_MOST];
    size_t protected_count;
};

static bool is_inline(const struct holder *holder)
{
    return holder->config->inspectd.mode == INSPECT_INLINE;
}

static void protect(struct holder *holder, const struct address *address)
{
    if (holder->protected_count < COUNT_OF(holder->protected))
        holder->protected[holder->protected_count++] = (struct prefix){*address, WHOLE};
}

static void protect_endpoints(struct holder *holder, const struct endpoint *at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        protect(holder, &at[i].address);
}

/* The agency's, and what this gateway needs to live: its own addresses and its upstreams. */
static void protect_all(struct holder *holder)
{
    const struct config *c = holder->config;
    struct ifaddrs *all = NULL;

    holder->protected_count = 0;
    for (uint32_t i = 0; i < c->protect_count; i++)
        holder->protected[holder->protected_count++] = c->protect[i];
    protect_endpoints(holder, c->dnsd.listen, c->dnsd.listen_count);
    protect_endpoints(holder, c->dnsd.forward_to, c->dnsd.forward_count);
    protect_endpoints(holder, c->dnsd.recurse_via, c->dnsd.recurse_via_count);
    for (uint32_t i = 0; i < c->dnsd.stub_count; i++)
        protect_endpoints(holder, c->dnsd.stubs[i].servers, c->dnsd.stubs[i].server_count);
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        if (i->ifa_addr == NULL ||
            (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
            continue;
        const struct address address = address_from_sockaddr(i->ifa_addr);
        protect(holder, &address);
    }
    freeifaddrs(all);
}

static void open_sockets(struct holder *holder)
{
    const uint32_t mark = gate_mark_heard(&holder->config->inspectd.gate);

    if (elements_open(&holder->elements) != STATUS_OK)
        log_warning("the sets of the firewall cannot be filled: %s", strerror(errno));
    if (connections_open(&holder->connections) != STATUS_OK)
        log_warning("connections that the kernel has offloaded go on until they end: %s",
                    strerror(errno));
    if (resets_open(mark, &holder->resets) != STATUS_OK)
        log_warning("no reset can be sent: %s; that needs the capability CAP_NET_RAW",
                    strerror(errno));
}

struct holder *holder_new(const struct config *config, int held, struct counters *counters)
{
    struct holder *holder = calloc(1, sizeof *holder);

    if (holder == NULL)
        return NULL;
    holder->config = config;
    holder->counters = counters;
    holder->limits =
        (struct held_limits){config->inspectd.gate.hold_most, config->inspectd.gate.hold_per_minute,
                             config->inspectd.gate.hold_seconds};
    if (held_open(held, true, &holder->held) != STATUS_OK) {
        holder_free(holder);
        return NULL;
    }
    protect_all(holder);
    open_sockets(holder);
    return holder;
}

void holder_free(struct holder *holder)
{
    if (holder == NULL)
        return;
    held_close(holder->held);
    elements_close(holder->elements);
    connections_close(holder->connections);
    resets_close(holder->resets);
    free(holder);
}

void holder_use(struct holder *holder, const struct policy *policy, uint32_t generation)
{
    holder->policy = policy;
    holder->generation = generation;
}

static void describe(const struct holder *holder, struct held_entry *entry)
{
    char text[NAME_TEXT_SIZE];
    struct rule_view rule;

    if (entry->stop.rule == RULE_NONE) {
        snprintf(entry->rule, sizeof entry->rule, "the group is strict");
        return;
    }
    if (holder->generation != entry->stop.generation ||
        !policy_rule(holder->policy, entry->stop.rule, &rule))
        return;
    const struct list_view list = policy_list(holder->policy, rule.list);
    snprintf(entry->app, sizeof entry->app, "%s", list.app);
    snprintf(entry->rule, sizeof entry->rule, "%s",
             policy_rule_text(holder->policy, entry->stop.rule, text));
    snprintf(entry->ticket, sizeof entry->ticket, "%s",
             rule.ticket[0] != 0 ? rule.ticket : list.ticket);
}

static void count(struct holder *holder, bool sent)
{
    holder->counters->value[COUNT_RESETS] += sent;
}

/* Inline the table has answered whoever sent the packet. A server that has seen no more than a SYN
 * that never came needs no reset. */
static void reset(struct holder *holder, const struct stop *stop)
{
    if (holder->resets == NULL)
        return;
    if (!is_inline(holder)) {
        count(holder, resets_send_tap(holder->resets, stop));
        return;
    }
    if (stop->transport == IP_TCP && (stop->from_server || stop->acknowledgement != 0))
        count(holder,
              resets_send(holder->resets, stop, stop->from_server ? RESET_CLIENT : RESET_SERVER));
}

/* Inline the mark of its connection stops a flow, as long as the connection lives and no longer. */
static bool has_element(const struct holder *holder, const struct stop *stop)
{
    return holder->elements != NULL && !(is_inline(holder) && stop->hold == HOLD_FLOW);
}

static uint32_t seconds_for(const struct holder *holder, const struct stop *stop)
{
    const uint32_t most = is_inline(holder) ? FLOW_SECONDS_INLINE : FLOW_SECONDS_TAP;
    const uint32_t seconds = holder->limits.seconds;

    return stop->hold == HOLD_FLOW && seconds > most ? most : seconds;
}

/* One that the kernel does not know is as good as forgotten. */
static void forget(const struct holder *holder, const struct stop *stop)
{
    if (holder->connections != NULL &&
        connections_forget(holder->connections, stop) == STATUS_SYSTEM)
        log_debug("a connection that was stopped may still be offloaded: %s", strerror(errno));
}

bool holder_stop(struct holder *holder, const struct stop *stop, clock_us now)
{
    uint64_t *value = holder->counters->value;
    struct stop narrower;

    /* No rule asks for it yet, and one order would close an address for everybody. */
    if (stop->hold == HOLD_DESTINATION) {
        narrower = *stop;
        narrower.hold = HOLD_PAIR;
        stop = &narrower;
    }
    struct held_entry entry = {.stop = *stop};
    struct held_limits limits = holder->limits;

    limits.seconds = seconds_for(holder, stop);
    describe(holder, &entry);
    enum held_answer answer =
        held_put(holder->held, &limits, holder->protected, holder->protected_count, &entry, now);
    value[COUNT_HELD] += answer == HELD_NEW;
    value[COUNT_HELD_FULL] += answer == HELD_FULL;
    value[COUNT_HELD_REFUSED] += answer == HELD_REFUSED;
    if (answer == HELD_REFUSED)
        return false;
    value[COUNT_STOPPED]++;
    reset(holder, stop);
    if (answer == HELD_FULL)
        return true;
    if (has_element(holder, stop)) {
        elements_add(holder->elements, stop, limits.seconds);
        holder->gathered = true;
    }
    if (!is_inline(holder)) {
        holder_send(holder); /* first the set, then the connection */
        forget(holder, stop);
    }
    return true;
}

void holder_send(struct holder *holder)
{
    if (!holder->gathered)
        return;
    holder->gathered = false;
    enum status status = elements_send(holder->elements);
    if (status == STATUS_OK)
        holder->said = false;
    else if (!holder->said) {
        holder->said = true;
        if (status == STATUS_NOT_FOUND)
            log_warning("there is no table `inet ponor` in the kernel (`ponor firewall --apply` "
                        "loads it): what is stopped is not held");
        else
            log_warning("the sets of the firewall cannot be filled: %s", strerror(errno));
    }
}

void holder_release(struct holder *holder, const struct address *address, clock_us now)
{
    struct held_entry entry;
    unsigned count = 0;
    char text[ADDRESS_TEXT_SIZE];

    while (held_take(holder->held, address, now, &entry)) {
        count++;
        if (has_element(holder, &entry.stop)) {
            elements_remove(holder->elements, &entry.stop);
            holder->gathered = true;
        }
        forget(holder, &entry.stop);
    }
    holder_send(holder);
    log_info("released %s: %u were held", address_text(address, text), count);
}

struct refilling {
    struct holder *holder;
    clock_us now;
};

static void refill_one(void *owner, const struct held_entry *entry)
{
    const struct refilling *refilling = owner;

    if (!has_element(refilling->holder, &entry->stop))
        return;
    uint64_t left = (entry->until - refilling->now) / SECOND_US;

    elements_add(refilling->holder->elements, &entry->stop, left > 0 ? (uint32_t)left : 1);
    refilling->holder->gathered = true;
}

void holder_refill(struct holder *holder, clock_us now)
{
    struct refilling refilling = {holder, now};

    holder->said = false;
    if (holder->elements == NULL)
        return;
    held_each(holder->held, now, refill_one, &refilling);
    holder_send(holder);
}

/* Somebody who flushes the ruleset takes our table out with it, and nothing else would say so. */
static void look_at_table(struct holder *holder, clock_us now)
{
    const bool gone = holder->elements != NULL && !elements_have_table(holder->elements);

    holder->stood |= !gone;
    if (!holder->stood) /* it is still being loaded */
        return;
    if (gone && !holder->gone)
        log_error("the table `inet ponor` has been taken out of the kernel: nothing is judged and "
                  "nothing is stopped until `ponor firewall --apply` loads it");
    if (!gone && holder->gone) {
        log_info("the table `inet ponor` is in the kernel again");
        holder_refill(holder, now);
    }
    holder->gone = gone;
    holder->counters->value[COUNT_FIREWALL_GONE] = gone;
}

void holder_tick(struct holder *holder, clock_us now)
{
    struct held_entry ended;

    protect_all(holder); /* addresses come and go */
    if (holder->config->inspectd.gate.inside_count > 0)
        look_at_table(holder, now);

    while (held_take(holder->held, NULL, now, &ended))
        ; /* its element ends by itself */
    holder->counters->value[COUNT_HELD_NOW] = held_counts(holder->held, now).now;
}
