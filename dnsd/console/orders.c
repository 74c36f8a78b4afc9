/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - the table; answers that are longer than a line are made in service/report.c.
 */
#include "console/orders.h"

#include "base/log.h"
#include "console/parent.h"
#include "service/report.h"

static void on_status(void *owner, struct asker *asker, char *arguments)
{
    const struct consoled *consoled = owner;
    const struct counters sum = consoled_sum(consoled);

    report_service(asker, &consoled->service, NULL);
    report_children(asker);
    for (size_t i = 0; i < CONSOLE_ROLES; i++) {
        if (consoled->posts[i].child != NULL)
            report_child(asker, consoled->posts[i].child, consoled->service.stopping);
    }
    report_counters(asker, &sum);
    asker_end(asker, NULL);
}

static void on_counters(void *owner, struct asker *asker, char *arguments)
{
    const struct counters sum = consoled_sum(owner);
    report_all_counters(asker, &sum);
    asker_end(asker, NULL);
}

static void on_log(void *owner, struct asker *asker, char *arguments)
{
    service_log(&((struct consoled *)owner)->service, asker, arguments);
}

static void on_stop(void *owner, struct asker *asker, char *arguments)
{
    log_info("stopping, as the control socket was told");
    asker_end(asker, NULL);
    consoled_stop(owner, 0);
}

const struct order consoled_orders[] = {
    {"status", "", on_status},
    {"counters", "", on_counters},
    {"log", "error|warning|info|debug", on_log},
    {"stop", "", on_stop},
    {NULL, NULL, NULL},
};
