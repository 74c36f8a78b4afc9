/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - the table, and the two answers that are longer than a line: status and counters.
 */
#include "control/orders.h"

#include "base/log.h"
#include "control/parent.h"
#include "control/reload.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SPAN_TEXT_SIZE = 32, TIME_TEXT_SIZE = 32 };

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

static const char *time_text(uint64_t unix_seconds, char out[TIME_TEXT_SIZE])
{
    const time_t when = (time_t)unix_seconds;
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(out, TIME_TEXT_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return out;
}

static uint32_t date_today(void)
{
    const time_t now = (time_t)(clock_wall() / 1000000);
    struct tm parts;
    gmtime_r(&now, &parts);
    return (uint32_t)((parts.tm_year + 1900) * 10000 + (parts.tm_mon + 1) * 100 + parts.tm_mday);
}

static void say_policy(const struct parent *p, struct asker *asker)
{
    char age[SPAN_TEXT_SIZE], when[TIME_TEXT_SIZE];

    if (p->image == NULL) {
        asker_say(asker, "policy      none yet");
        return;
    }
    const struct policy_facts facts = policy_facts(p->image);
    uint64_t now = clock_wall() / 1000000;
    asker_say(asker, "policy      generation %u, compiled %s (%s ago)", p->policy.generation,
              time_text(facts.compiled_at, when),
              duration_text(now > facts.compiled_at ? now - facts.compiled_at : 0, age));
    asker_say(asker, "            %u lists, %u groups, %u rules, %u names, %u addresses, %zu bytes",
              facts.lists, facts.groups, facts.rules, facts.names, facts.addresses, facts.bytes);
    if (facts.lists > 0)
        asker_say(asker, "\nLIST                 SERIAL      RULES  TITLE");
    for (uint32_t i = 0; i < facts.lists; i++) {
        const struct list_view list = policy_list(p->image, (uint16_t)i);
        asker_say(asker, "%-20s %-10llu %6u  %s%s", list.id, (unsigned long long)list.serial,
                  list.rules, list.title,
                  list.review_by != 0 && list.review_by < date_today() ? " (review is overdue)"
                                                                       : "");
    }
}

static const char *state_of(const struct fleet *fleet, const struct child *child)
{
    if (child->pid < 0)
        return "waits to be started";
    if (child->leaving || fleet->state == FLEET_LEAVING)
        return "leaving";
    return child->ready ? "in service" : "starting";
}

static void say_children(const struct parent *p, struct asker *asker)
{
    char age[SPAN_TEXT_SIZE];

    asker_say(asker, "\nROLE        PID      UP            RESTARTS  STATE");
    for (const struct fleet *f = p->fleets; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->post_count; i++) {
            const struct child *child = f->posts[i].child;
            char role[SPAN_TEXT_SIZE];
            if (child == NULL)
                continue;
            snprintf(role, sizeof role, "%s %u", child->role, child->number);
            asker_say(asker, "%-11s %-8d %-13s %8u  %s", role, (int)child->pid,
                      duration_text((clock_now() - child->born) / 1000, age), child->restarts,
                      state_of(f, child));
        }
    }
}

static struct counters sum_of(const struct parent *p)
{
    struct counters sum = p->past;
    for (const struct fleet *f = p->fleets; f != NULL; f = f->next)
        fleet_count_up(f, true, &sum);
    return sum;
}

static void on_status(void *owner, struct asker *asker, char *arguments)
{
    const struct parent *p = owner;
    const struct counters sum = sum_of(p);
    const struct fleet *serving = parent_serving(p);
    char age[SPAN_TEXT_SIZE];

    asker_say(asker, "dnsd        %s, pid %d, up %s%s", PONOR_VERSION, (int)getpid(),
              duration_text((clock_now() - p->since) / 1000, age), p->stopping ? ", stopping" : "");
    asker_say(asker, "config      %s", p->config_file);
    if (serving != NULL)
        asker_say(asker, "gateway     %s", serving->config.gateway);
    say_policy(p, asker);
    say_children(p, asker);
    asker_say(asker, "\nCOUNTER                       SUM");
    for (int i = 0; i < COUNT_COUNT; i++) {
        if (sum.value[i] != 0)
            asker_say(asker, "%-20s %12llu", counter_words[i], (unsigned long long)sum.value[i]);
    }
    asker_end(asker, NULL);
}

static void on_counters(void *owner, struct asker *asker, char *arguments)
{
    const struct counters sum = sum_of(owner);
    for (int i = 0; i < COUNT_COUNT; i++)
        asker_say(asker, "%s %llu", counter_words[i], (unsigned long long)sum.value[i]);
    asker_end(asker, NULL);
}

/* "--accept-change LIST" (or "=LIST"), any number of times, becomes "LIST LIST"; false when it is
 * not so. */
static bool read_accepted(char *arguments, char *out, size_t size)
{
    static const char option[] = "--accept-change", joined[] = "--accept-change=";
    size_t used = 0;
    char *rest = arguments, *word;

    out[0] = 0;
    while ((word = strsep(&rest, " ")) != NULL) {
        const char *list = "";
        if (word[0] == 0)
            continue;
        if (strncmp(word, joined, strlen(joined)) == 0)
            list = word + strlen(joined);
        else if (strcmp(word, option) == 0 && rest != NULL)
            list = strsep(&rest, " ");
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", list);
        if (list[0] == 0 || used >= size)
            return false;
    }
    return true;
}

static void on_reload(void *owner, struct asker *asker, char *arguments)
{
    struct parent *p = owner;
    char accepted[COMPILE_ACCEPT_SIZE / 2];

    if (p->reload == NULL)
        asker_end(asker, "dnsd is stopping");
    else if (!read_accepted(arguments, accepted, sizeof accepted))
        asker_end(asker, "reload takes nothing but --accept-change LIST");
    else
        asker_wait(asker, reload_ask(p->reload, accepted));
}

static void on_flush(void *owner, struct asker *asker, char *arguments)
{
    struct message_flush body = {0};

    if (name_parse(arguments[0] == 0 ? "." : arguments, &body.below) != STATUS_OK) {
        asker_end(asker, "that is not a domain name");
        return;
    }
    /* First what resolve holds, or serve would be given it again. */
    parent_tell(owner, POST_RESOLVE, MESSAGE_FLUSH, &body, sizeof body);
    parent_tell(owner, POST_SERVE, MESSAGE_FLUSH, &body, sizeof body);
    asker_end(asker, NULL);
}

static void on_log(void *owner, struct asker *asker, char *arguments)
{
    struct parent *p = owner;
    uint32_t level = 0;

    while (log_level_words[level] != NULL && strcmp(log_level_words[level], arguments) != 0)
        level++;
    if (log_level_words[level] == NULL) {
        asker_end(asker, "the levels are error, warning, info and debug");
        return;
    }
    const struct message_level body = {level};
    p->level = level;
    p->level_is_set = true;
    log_set_level(level);
    for (enum post_kind kind = 0; kind < POST_KINDS; kind++)
        parent_tell(p, kind, MESSAGE_LEVEL, &body, sizeof body);
    asker_end(asker, NULL);
}

static void on_rotate(void *owner, struct asker *asker, char *arguments)
{
    parent_tell(owner, POST_RECORD, MESSAGE_ROTATE, NULL, 0);
    asker_end(asker, NULL);
}

static void on_stop(void *owner, struct asker *asker, char *arguments)
{
    log_info("stopping, as the control socket was told");
    asker_end(asker, NULL);
    parent_stop(owner, 0);
}

const struct order orders[] = {
    {"status", "", on_status},
    {"counters", "", on_counters},
    {"reload", "[--accept-change LIST]...", on_reload},
    {"flush", "[NAME]", on_flush},
    {"log", "error|warning|info|debug", on_log},
    {"rotate", "", on_rotate},
    {"stop", "", on_stop},
    {NULL, NULL, NULL},
};
