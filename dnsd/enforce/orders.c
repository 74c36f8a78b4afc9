/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - the table; answers that are longer than a line are made in service/report.c.
 */
#include "enforce/orders.h"

#include "base/clock.h"
#include "base/log.h"
#include "enforce/parent.h"
#include "service/report.h"

static void say_children(const struct inspectd *in, struct asker *asker)
{
    char place[TEAM_PLACE_SIZE];

    report_children(asker);
    for (size_t i = 0; i < in->team->post_count; i++) {
        if (in->team->posts[i].child != NULL)
            report_child(asker, in->team->posts[i].child, in->service.stopping);
    }
    asker_say(asker, "\nPLACE            PROCESS         PACKETS      DROPPED    FLOWS NOW");
    for (size_t i = 0; i < in->team->post_count; i++) {
        const struct post *post = &in->team->posts[i];
        const uint64_t *value = post->counters->value;
        const uint64_t dropped = value[COUNT_DROPPED] + value[COUNT_INTERFACE_DROPPED];
        if (post->kind == POST_INSPECT)
            asker_say(asker, "%-16s inspect %-4u %10llu %12llu %12llu", team_place(post, place),
                      post->number, (unsigned long long)value[COUNT_PACKETS],
                      (unsigned long long)dropped, (unsigned long long)value[COUNT_FLOWS_NOW]);
    }
}

static void on_status(void *owner, struct asker *asker, char *arguments)
{
    const struct inspectd *in = owner;
    const struct counters sum = team_sum(in->team);

    report_service(asker, &in->service, in->team->config.gateway);
    say_children(in, asker);
    report_counters(asker, &sum);
    asker_end(asker, NULL);
}

static void on_counters(void *owner, struct asker *asker, char *arguments)
{
    const struct counters sum = team_sum(((const struct inspectd *)owner)->team);
    report_all_counters(asker, &sum);
    asker_end(asker, NULL);
}

static void on_log(void *owner, struct asker *asker, char *arguments)
{
    service_log(&((struct inspectd *)owner)->service, asker, arguments);
}

static void on_rotate(void *owner, struct asker *asker, char *arguments)
{
    struct inspectd *in = owner;
    team_tell(in->team, in->service.supervisor, POST_RECORD, MESSAGE_ROTATE, NULL, 0, -1);
    asker_end(asker, NULL);
}

/* What is held, and releasing it. */

static void say_entry(void *owner, const struct held_entry *entry)
{
    static const char *const holds[] = {
        [HOLD_FLOW] = "flow", [HOLD_PAIR] = "pair", [HOLD_DESTINATION] = "destination"};
    const struct stop *stop = &entry->stop;
    char client[ADDRESS_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE], since[REPORT_TIME_SIZE],
        until[REPORT_TIME_SIZE];

    asker_say(owner, "%-11s %-24s %-28s %s  %s  %6u  %s, %s, %s", holds[stop->hold],
              address_text(&stop->client, client),
              endpoint_text(&stop->server, stop->server_port, server),
              report_time(entry->since / 1000000, since),
              report_time(entry->until / 1000000, until), entry->times,
              entry->app[0] != 0 ? entry->app : "-", entry->rule[0] != 0 ? entry->rule : "-",
              entry->ticket[0] != 0 ? entry->ticket : "-");
}

static void on_held(void *owner, struct asker *asker, char *arguments)
{
    const struct inspectd *in = owner;
    const clock_us now = clock_wall();

    if (in->team->held == NULL) {
        asker_end(asker, "nothing is stopped in `mode: watch`");
        return;
    }
    const struct held_counts counts = held_counts(in->team->held, now);
    asker_say(asker,
              "held now %u, since the start %llu; refused, since protected %llu; not held, "
              "since a limit was reached %llu",
              counts.now, (unsigned long long)counts.held, (unsigned long long)counts.refused,
              (unsigned long long)counts.full);
    if (counts.now > 0)
        asker_say(asker, "\n%-11s %-24s %-28s %-19s  %-19s  %6s  %s", "WHAT", "CLIENT", "SERVER",
                  "SINCE", "UNTIL", "TIMES", "APP, RULE, TICKET");
    held_each(in->team->held, now, say_entry, asker);
    asker_end(asker, NULL);
}

struct matching {
    const struct address *address;
    unsigned count;
};

static void count_matching(void *owner, const struct held_entry *entry)
{
    struct matching *matching = owner;
    matching->count += address_equal(&entry->stop.client, matching->address) ||
                       address_equal(&entry->stop.server, matching->address);
}

static void on_release(void *owner, struct asker *asker, char *arguments)
{
    struct inspectd *in = owner;
    struct message_release body;
    struct matching matching = {&body.address, 0};

    if (in->team->held == NULL) {
        asker_end(asker, "nothing is stopped in `mode: watch`");
        return;
    }
    if (address_parse(arguments, &body.address) != STATUS_OK) {
        asker_end(asker, "name an address, of a client or of a server: ponor release 10.20.0.5");
        return;
    }
    held_each(in->team->held, clock_wall(), count_matching, &matching);
    team_tell(in->team, in->service.supervisor, POST_GATE, MESSAGE_RELEASE, &body, sizeof body, -1);
    asker_say(asker, "%u released; the rules stand: what they forbid is stopped again",
              matching.count);
    asker_end(asker, NULL);
}

static void on_stop(void *owner, struct asker *asker, char *arguments)
{
    log_info("stopping, as the control socket was told");
    asker_end(asker, NULL);
    inspectd_stop(owner, 0);
}

const struct order inspectd_orders[] = {
    {"status", "", on_status},
    {"counters", "", on_counters},
    {"log", "error|warning|info|debug", on_log},
    {"rotate", "", on_rotate},
    {"held", "", on_held},
    {"release", "ADDRESS", on_release},
    {"stop", "", on_stop},
    {NULL, NULL, NULL},
};
