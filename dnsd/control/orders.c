/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * orders - the table; answers that are longer than a line are made in service/report.c.
 */
#include "control/orders.h"

#include "base/log.h"
#include "control/parent.h"
#include "control/reload.h"
#include "service/report.h"

#include <stdio.h>

static void say_children(const struct parent *p, struct asker *asker)
{
    report_children(asker);
    for (const struct fleet *f = p->fleets; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->post_count; i++) {
            if (f->posts[i].child != NULL)
                report_child(asker, f->posts[i].child, f->state == FLEET_LEAVING);
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

    report_service(asker, &p->service, serving == NULL ? NULL : serving->config.gateway);
    say_children(p, asker);
    report_counters(asker, &sum);
    asker_end(asker, NULL);
}

static void on_counters(void *owner, struct asker *asker, char *arguments)
{
    const struct counters sum = sum_of(owner);
    report_all_counters(asker, &sum);
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
    service_log(&((struct parent *)owner)->service, asker, arguments);
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
