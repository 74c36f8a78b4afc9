/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - signals, children's ends, and which policy is in service.
 */
#include "enforce/parent.h"

#include "base/log.h"
#include "capture/capture.h"
#include "enforce/orders.h"
#include "process/notify.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum { STOP_MS = 3000, NAMES_SIZE = 512 };

void inspectd_stop(struct inspectd *inspectd, int exit_code)
{
    if (service_stop(&inspectd->service, exit_code))
        team_drain(inspectd->team, inspectd->service.supervisor, false, STOP_MS);
}

/* What the children say and how they end. */

static void on_birth(void *owner, struct child *child)
{
    struct inspectd *in = owner;
    team_give(in->service.supervisor, child, &in->service.policy);
    service_greet(&in->service, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct inspectd *in = owner;
    struct post *post = child->place;

    if (service_is_ready(&in->service, child, parcel))
        post->served = true;
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct inspectd *in = owner;
    struct post *post = child->place;

    /* What does not work at the start is a mistake of the operator's, whom it has told: an
     * interface that is down, a filter that is none. */
    if (!post->served && !post->is_record && !in->in_service)
        in->failed = true;
    if (is_last)
        post->child = NULL;
    service_sweep_later(&in->service);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

static void say_in_service(struct inspectd *in)
{
    const struct config *config = &in->team->config;
    const struct policy_facts facts = policy_facts(in->service.image);
    char names[NAMES_SIZE] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < config->inspectd.interface_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 config->inspectd.interfaces[i]);
    log_info("watching %s; policy: %u lists, %u groups, %u rules", names, facts.lists, facts.groups,
             facts.rules);
    in->in_service = true;
    notify_service("READY=1");
}

static void on_sweep(void *owner)
{
    struct inspectd *in = owner;

    if (in->launched && !in->in_service && !in->service.stopping && team_is_ready(in->team))
        say_in_service(in);
    if (in->failed && !in->service.stopping) {
        log_error("cannot start");
        inspectd_stop(in, 1);
    }
    /* Who inspects has no more to tell now: record writes what is in the rings, and leaves. */
    if (in->service.stopping && team_count(in->team, false) == 0)
        team_drain(in->team, in->service.supervisor, true, DRAIN_MS);
}

/* The policy. */

static void tell_policy(struct inspectd *in, bool record)
{
    const struct policy_gift *policy = &in->service.policy;
    const struct message_policy body = {policy->generation};
    team_tell(in->team, in->service.supervisor, record, MESSAGE_POLICY, &body, sizeof body,
              policy->image);
}

static void on_image(void *owner, int image, struct policy *policy)
{
    struct inspectd *in = owner;
    char text[SERVICE_TEXT_SIZE];

    service_adopt(&in->service, image, policy);
    in->service.policy.generation++;
    if (in->launched) {
        log_info("%s", service_policy_text(&in->service, text));
        tell_policy(in, true); /* before its first event */
        tell_policy(in, false);
        return;
    }
    in->launched = true;
    if (team_launch(in->team, in->service.supervisor) != STATUS_OK) {
        log_error("cannot start: out of memory");
        inspectd_stop(in, 1);
    }
}

static void on_look(void *owner)
{
    struct inspectd *in = owner;
    team_look(in->team, in->service.supervisor);
}

/* Signals. */

static void on_stop(void *owner, int exit_code)
{
    inspectd_stop(owner, exit_code);
}

static void on_reload(void *owner)
{
    struct inspectd *in = owner;
    log_info("a new policy is taken when it appears; new options need a restart");
    image_look(in->watch);
}

/* Beginning and end. */

static enum status probe_interfaces(const struct config *config)
{
    char why[CAPTURE_WHY_SIZE];

    if (config->inspectd.interface_count == 0) {
        log_error("no interface is named: say `inspectd: {interfaces: [eth0]}` in the "
                  "configuration, or -i eth0");
        return STATUS_INVALID;
    }
    for (uint32_t i = 0; i < config->inspectd.interface_count; i++) {
        enum status status = capture_probe(config->inspectd.interfaces[i], why);
        for (uint32_t j = 0; status == STATUS_OK && j < i; j++) {
            if (strcmp(config->inspectd.interfaces[i], config->inspectd.interfaces[j]) != 0)
                continue;
            snprintf(why, sizeof why, "%s is named twice: each of its packets would count twice",
                     config->inspectd.interfaces[i]);
            status = STATUS_INVALID;
        }
        if (status != STATUS_OK) {
            log_error("%s", why);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status open_all(struct inspectd *in, const struct config *config)
{
    static const struct image_events events = {on_image, on_look};
    char why[TEAM_WHY_SIZE];

    enum status status = service_open(&in->service, config->inspectd.control);
    if (status != STATUS_OK)
        return status;
    status = team_new(config, why, &in->team);
    if (status != STATUS_OK) {
        log_error("%s", why);
        return status;
    }
    return image_watch_new(in->service.base, in->team->config.image, &events, in, &in->watch);
}

static void close_all(struct inspectd *in)
{
    image_watch_free(in->watch);
    service_close(&in->service);
    team_free(in->team);
}

static enum status use_interfaces(struct config *config, const char *const *interfaces,
                                  unsigned count)
{
    if (count == 0)
        return STATUS_OK;
    if (count > INTERFACES_MOST) {
        log_error("at most %d interfaces can be watched", INTERFACES_MOST);
        return STATUS_TOO_LONG;
    }
    for (unsigned i = 0; i < count; i++)
        snprintf(config->inspectd.interfaces[i], CONFIG_WORD_SIZE, "%s", interfaces[i]);
    config->inspectd.interface_count = count;
    return STATUS_OK;
}

int inspectd_run(const char *config_file, const char *const *interfaces, unsigned count)
{
    static const struct service_kind kind = {"inspectd", &children_events, inspectd_orders,
                                             on_sweep,   on_stop,          on_reload};
    struct inspectd in = {0};

    service_clear(&in.service, &kind, config_file, &in);
    struct config *config = service_config(config_file);
    if (config == NULL)
        return 1;
    if (use_interfaces(config, interfaces, count) == STATUS_OK &&
        probe_interfaces(config) == STATUS_OK && open_all(&in, config) == STATUS_OK) {
        image_look(in.watch);
        event_base_dispatch(in.service.base);
    }
    close_all(&in);
    free(config);
    return in.service.exit_code;
}
