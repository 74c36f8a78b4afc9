/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - signals, children's ends, and which policy is in service.
 */
#include "enforce/parent.h"

#include "base/log.h"
#include "capture/capture.h"
#include "enforce/orders.h"
#include "service/notify.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum { STOP_MS = 3000, NAMES_SIZE = 512 };

void inspectd_stop(struct inspectd *inspectd, int exit_code)
{
    if (service_stop(&inspectd->service, exit_code))
        team_drain(inspectd->team, inspectd->service.supervisor, POST_INSPECT, STOP_MS);
}

/* What the children say and how they end. */

static void on_birth(void *owner, struct child *child)
{
    struct inspectd *in = owner;

    if (child->once) {
        wall_give(&in->wall, child, in->team->config_fd, &in->service.policy);
        return;
    }
    team_give(in->service.supervisor, child, &in->service.policy);
    service_greet(&in->service, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct inspectd *in = owner;

    if (child->once) {
        supervisor_kill(in->service.supervisor, child); /* it has nothing to say */
        return;
    }
    struct post *post = child->place;
    if (service_is_ready(&in->service, child, parcel))
        post->served = true;
}

/* Without its table a gateway stops nothing: at the start that is a failure. Later the one before
 * stays in force. */
static void on_wall_ended(struct inspectd *in, int ended)
{
    if (wall_ended(&in->wall, ended))
        team_tell(in->team, in->service.supervisor, POST_GATE, MESSAGE_FIREWALL, NULL, 0, -1);
    else if (!in->wall.stands && !in->in_service)
        in->failed = true;
    service_sweep_later(&in->service);
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct inspectd *in = owner;

    if (child->once) {
        on_wall_ended(in, ended);
        return;
    }
    struct post *post = child->place;
    /* What does not work at the start is a mistake of the operator's, whom it has told: an
     * interface that is down, a filter that is none. */
    if (!post->served && post->kind != POST_RECORD && !in->in_service)
        in->failed = true;
    if (is_last)
        post->child = NULL;
    service_sweep_later(&in->service);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

static bool has_wall(const struct config *config)
{
    return config->inspectd.mode != INSPECT_WATCH && config->inspectd.gate.inside_count > 0;
}

static void say_in_service(struct inspectd *in)
{
    static const char *const what[] = {[INSPECT_WATCH] = "watching",
                                       [INSPECT_INLINE] = "judging what passes through",
                                       [INSPECT_TAP] = "watching, and resetting on,"};
    const struct config *config = &in->team->config;
    const struct policy_facts facts = policy_facts(in->service.image);
    char names[NAMES_SIZE] = "", place[TEAM_PLACE_SIZE], before[TEAM_PLACE_SIZE] = "";
    size_t used = 0;

    for (size_t i = 0; i < in->team->post_count && used < sizeof names; i++) {
        team_place(&in->team->posts[i], place);
        if (in->team->posts[i].kind != POST_INSPECT || strcmp(place, before) == 0)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
                                 place);
        memcpy(before, place, sizeof before);
    }
    log_info("%s %s; policy: %u lists, %u groups, %u rules", what[config->inspectd.mode], names,
             facts.lists, facts.groups, facts.rules);
    in->in_service = true;
    notify_service("READY=1");
}

static bool is_ready(const struct inspectd *in)
{
    return in->launched && team_is_ready(in->team) &&
           (in->wall.stands || !has_wall(&in->team->config));
}

static void on_sweep(void *owner)
{
    struct inspectd *in = owner;

    if (!in->in_service && !in->service.stopping && is_ready(in))
        say_in_service(in);
    if (in->failed && !in->service.stopping) {
        log_error("cannot start");
        inspectd_stop(in, 1);
        team_drain(in->team, in->service.supervisor, POST_GATE, STOP_MS); /* no second try */
    }
    /* Who inspects has no more to tell now: record writes what is in the rings, and leaves. */
    if (in->service.stopping && team_count(in->team, POST_INSPECT) == 0) {
        team_drain(in->team, in->service.supervisor, POST_GATE, STOP_MS);
        team_drain(in->team, in->service.supervisor, POST_RECORD, DRAIN_MS);
    }
}

/* The policy. */

static void tell_policy(struct inspectd *in, enum post_kind kind)
{
    const struct policy_gift *policy = &in->service.policy;
    const struct message_policy body = {policy->generation};
    team_tell(in->team, in->service.supervisor, kind, MESSAGE_POLICY, &body, sizeof body,
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
        tell_policy(in, POST_RECORD); /* before its first event */
        tell_policy(in, POST_GATE);   /* before its first order */
        tell_policy(in, POST_INSPECT);
        if (has_wall(&in->team->config))
            wall_load(&in->wall);
        return;
    }
    in->launched = true;
    if (has_wall(&in->team->config))
        wall_load(&in->wall);
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

static enum status probe_gate(const struct config *config)
{
    const struct config_gate *gate = &config->inspectd.gate;
    char why[CAPTURE_WHY_SIZE];
    enum status status = STATUS_OK;

    for (uint32_t i = 0; status == STATUS_OK && i < gate->inside_count; i++)
        status = capture_probe(gate->inside[i], why);
    for (uint32_t i = 0; status == STATUS_OK && i < gate->outside_count; i++)
        status = capture_probe(gate->outside[i], why);
    if (status != STATUS_OK)
        log_error("%s", why);
    return status;
}

static enum status probe_interfaces(const struct config *config)
{
    char why[CAPTURE_WHY_SIZE];

    if (config->inspectd.mode == INSPECT_INLINE)
        return probe_gate(config);
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
    status = unwatched_new(in->service.base, config->inspectd.control, &in->unwatched);
    if (status == STATUS_OK) {
        in->wall.supervisor = in->service.supervisor;
        snprintf(why, sizeof why, "%s", status_text(status));
        status = team_new(config, unwatched_ms(in->unwatched), why, &in->team);
    }
    if (status != STATUS_OK) {
        log_error("%s", why);
        return status;
    }
    return image_watch_new(in->service.base, in->team->config.image, &events, in, &in->watch);
}

static void close_all(struct inspectd *in)
{
    image_watch_free(in->watch);
    unwatched_free(in->unwatched);
    service_close(&in->service);
    team_free(in->team);
}

static enum status use_interfaces(struct config *config, const char *const *interfaces,
                                  unsigned count)
{
    if (count == 0)
        return STATUS_OK;
    if (config->inspectd.mode == INSPECT_INLINE) {
        log_error(
            "-i names interfaces to read, and `mode: inline` reads none: it judges what passes "
            "from inside to outside");
        return STATUS_INVALID;
    }
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
