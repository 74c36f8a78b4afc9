/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - lines of `status` and `counters`.
 */
#include "service/report.h"

#include "base/clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SPAN_TEXT_SIZE = 32 };

/* "3d 04:05:06" */
static const char *duration_text(uint64_t seconds, char out[SPAN_TEXT_SIZE])
{
    unsigned long long s = seconds, days = s / 86400;
    if (days > 0)
        snprintf(out, SPAN_TEXT_SIZE, "%llud %02llu:%02llu:%02llu", days, s / 3600 % 24,
                 s / 60 % 60, s % 60);
    else
        snprintf(out, SPAN_TEXT_SIZE, "%02llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
    return out;
}

const char *report_time(uint64_t unix_seconds, char out[REPORT_TIME_SIZE])
{
    const time_t when = (time_t)unix_seconds;
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(out, REPORT_TIME_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return out;
}

static void report_policy(struct asker *asker, const struct policy *policy, uint32_t generation)
{
    char age[SPAN_TEXT_SIZE], when[REPORT_TIME_SIZE];

    if (policy == NULL) {
        asker_say(asker, "policy      none yet");
        return;
    }
    const struct policy_facts facts = policy_facts(policy);
    uint64_t now = clock_wall() / 1000000;
    asker_say(asker, "policy      generation %u, compiled %s (%s ago)", generation,
              report_time(facts.compiled_at, when),
              duration_text(now > facts.compiled_at ? now - facts.compiled_at : 0, age));
    asker_say(asker, "            %u lists, %u groups, %u rules, %u names, %u addresses, %zu bytes",
              facts.lists, facts.groups, facts.rules, facts.names, facts.addresses, facts.bytes);
    if (facts.lists > 0)
        asker_say(asker, "\nLIST                 SERIAL      RULES  TITLE");
    for (uint32_t i = 0; i < facts.lists; i++) {
        const struct list_view list = policy_list(policy, (uint16_t)i);
        asker_say(asker, "%-20s %-10llu %6u  %s%s", list.id, (unsigned long long)list.serial,
                  list.rules, list.title,
                  list.review_by != 0 && list.review_by < clock_date(clock_wall())
                      ? " (review is overdue)"
                      : "");
    }
}

void report_service(struct asker *asker, const struct service *service, const char *gateway)
{
    char age[SPAN_TEXT_SIZE];

    asker_say(asker, "%-11s %s, pid %d, up %s%s", service->kind->program, PONOR_VERSION,
              (int)getpid(), duration_text((clock_now() - service->since) / 1000, age),
              service->stopping ? ", stopping" : "");
    asker_say(asker, "config      %s", service->config_file);
    if (gateway != NULL)
        asker_say(asker, "gateway     %s", gateway);
    report_policy(asker, service->image, service->policy.generation);
}

static const char *state_of(const struct child *child, bool leaving)
{
    if (child->pid < 0)
        return "waits to be started";
    if (child->leaving || leaving)
        return "leaving";
    return child->ready ? "in service" : "starting";
}

void report_children(struct asker *asker)
{
    asker_say(asker, "\nROLE        PID      UP            RESTARTS  STATE");
}

void report_child(struct asker *asker, const struct child *child, bool leaving)
{
    char age[SPAN_TEXT_SIZE], role[SPAN_TEXT_SIZE];

    snprintf(role, sizeof role, "%s %u", child->role, child->number);
    asker_say(asker, "%-11s %-8d %-13s %8u  %s", role, (int)child->pid,
              duration_text((clock_now() - child->born) / 1000, age), child->restarts,
              state_of(child, leaving));
}

void report_counters(struct asker *asker, const struct counters *sum)
{
    asker_say(asker, "\nCOUNTER                       SUM");
    for (int i = 0; i < COUNT_COUNT; i++) {
        if (sum->value[i] != 0)
            asker_say(asker, "%-20s %12llu", counter_words[i], (unsigned long long)sum->value[i]);
    }
}

void report_all_counters(struct asker *asker, const struct counters *sum)
{
    for (int i = 0; i < COUNT_COUNT; i++)
        asker_say(asker, "%s %llu", counter_words[i], (unsigned long long)sum->value[i]);
}
