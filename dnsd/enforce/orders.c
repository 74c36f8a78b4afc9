/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - the table; answers that are longer than a line are made in process/report.c.
 */
#include "enforce/orders.h"

#include "base/log.h"
#include "enforce/parent.h"
#include "process/report.h"

static const char *interface_of(const struct post *post)
{
    const struct config *config = &post->team->config;
    return post->is_record ? ""
                           : config->inspectd.interfaces[post->number / config->inspectd.workers];
}

static void say_children(const struct inspectd *in, struct asker *asker)
{
    report_children(asker);
    for (size_t i = 0; i < in->team->post_count; i++) {
        if (in->team->posts[i].child != NULL)
            report_child(asker, in->team->posts[i].child, in->service.stopping);
    }
    asker_say(asker, "\nINTERFACE        PROCESS         PACKETS      DROPPED    FLOWS NOW");
    for (size_t i = 0; i < in->team->post_count; i++) {
        const struct post *post = &in->team->posts[i];
        const uint64_t *value = post->counters->value;
        const uint64_t dropped = value[COUNT_DROPPED] + value[COUNT_INTERFACE_DROPPED];
        if (!post->is_record)
            asker_say(asker, "%-16s inspect %-4u %10llu %12llu %12llu", interface_of(post),
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
    team_tell(in->team, in->service.supervisor, true, MESSAGE_ROTATE, NULL, 0, -1);
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
    {"stop", "", on_stop},
    {NULL, NULL, NULL},
};
