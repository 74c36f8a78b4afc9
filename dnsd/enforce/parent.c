/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - signals, children's ends, and which policy is in service.
 */
#include "enforce/parent.h"

#include "base/log.h"
#include "capture/capture.h"
#include "enforce/orders.h"
#include "process/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOP_MS = 3000, FOLDER_MODE = 0755, NAMES_SIZE = 512 };

static void sweep_later(struct inspectd *in)
{
    event_active(in->sweep, 0, 0);
}

void inspectd_stop(struct inspectd *inspectd, int exit_code)
{
    if (inspectd->stopping)
        return;
    inspectd->stopping = true;
    inspectd->exit_code = exit_code;
    notify_service("STOPPING=1");
    team_drain(inspectd->team, inspectd->supervisor, false, STOP_MS);
    sweep_later(inspectd);
}

/* What the children say and how they end. */

static void on_birth(void *owner, struct child *child)
{
    struct inspectd *in = owner;
    const struct message_level level = {in->level};

    team_give(in->supervisor, child, &in->policy);
    if (in->level_is_set && child->channel != NULL &&
        channel_send(child->channel, MESSAGE_LEVEL, &level, sizeof level, span_of(NULL, 0)) !=
            STATUS_OK)
        supervisor_kill(in->supervisor, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct inspectd *in = owner;
    struct post *post = child->place;

    if (parcel_open(parcel, MESSAGE_READY, 0) == NULL) {
        log_error("%s %u said something that it may not say", child->role, child->number);
        supervisor_kill(in->supervisor, child);
        return;
    }
    post->served = true;
    sweep_later(in);
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
    sweep_later(in);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

static void say_in_service(struct inspectd *in)
{
    const struct config *config = &in->team->config;
    const struct policy_facts facts = policy_facts(in->image);
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

static void on_sweep(int fd, short what, void *owner)
{
    struct inspectd *in = owner;

    if (in->launched && !in->in_service && !in->stopping && team_is_ready(in->team))
        say_in_service(in);
    if (in->failed && !in->stopping) {
        log_error("cannot start");
        inspectd_stop(in, 1);
    }
    /* Who inspects has no more to tell now: record writes what is in the rings, and leaves. */
    if (in->stopping && team_count(in->team, false) == 0)
        team_drain(in->team, in->supervisor, true, DRAIN_MS);
    if (in->stopping && supervisor_count(in->supervisor) == 0)
        event_base_loopbreak(in->base);
}

/* The policy. */

static void on_image(void *owner, int image, struct policy *policy)
{
    struct inspectd *in = owner;
    const struct policy_facts facts = policy_facts(policy);

    policy_close(in->image);
    if (in->policy.image >= 0)
        close(in->policy.image);
    in->image = policy;
    in->policy.image = image;
    in->policy.generation++;
    if (in->launched) {
        log_info("policy generation %u: %u lists, %u groups, %u rules, %u names, %u addresses",
                 in->policy.generation, facts.lists, facts.groups, facts.rules, facts.names,
                 facts.addresses);
        team_tell_policy(in->team, in->supervisor, true, &in->policy); /* before its first event */
        team_tell_policy(in->team, in->supervisor, false, &in->policy);
        return;
    }
    in->launched = true;
    if (team_launch(in->team, in->supervisor) != STATUS_OK) {
        log_error("cannot start: out of memory");
        inspectd_stop(in, 1);
    }
}

static void on_look(void *owner)
{
    struct inspectd *in = owner;
    team_look(in->team, in->supervisor);
}

/* Signals. */

static void on_stop_signal(int number, short what, void *owner)
{
    struct inspectd *in = owner;
    if (in->stopping) {
        log_warning("told to stop twice: not waiting any longer");
        event_base_loopbreak(in->base);
        return;
    }
    log_info("stopping");
    inspectd_stop(in, 0);
}

static void on_reload_signal(int number, short what, void *owner)
{
    struct inspectd *in = owner;
    log_info("a new policy is taken when it appears; new options need a restart");
    image_look(in->watch);
}

/* Beginning and end. */

static void make_folder_of(const char *path)
{
    char copy[CONFIG_PATH_SIZE];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        log_warning("cannot make the folder %s: %s", folder, strerror(errno));
}

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

    in->base = event_base_new();
    if (in->base == NULL)
        return STATUS_NO_MEMORY;
    in->sweep = event_new(in->base, -1, 0, on_sweep, in);
    in->supervisor = supervisor_new(in->base, "inspectd", &children_events, in);
    if (in->sweep == NULL || in->supervisor == NULL)
        return STATUS_NO_MEMORY;
    make_folder_of(config->inspectd.control);
    enum status status =
        socket_open(in->base, config->inspectd.control, inspectd_orders, in, &in->socket);
    if (status != STATUS_OK)
        return status;
    status = team_new(config, why, &in->team);
    if (status != STATUS_OK) {
        log_error("%s", why);
        return status;
    }
    return image_watch_new(in->base, in->team->config.image, &events, in, &in->watch);
}

static void close_all(struct inspectd *in)
{
    image_watch_free(in->watch);
    supervisor_free(in->supervisor);
    team_free(in->team);
    socket_close(in->socket);
    policy_close(in->image);
    if (in->policy.image >= 0)
        close(in->policy.image);
    if (in->sweep != NULL)
        event_free(in->sweep);
    if (in->base != NULL)
        event_base_free(in->base);
}

static void run(struct inspectd *in)
{
    static const struct {
        int number;
        void (*run)(int, short, void *);
    } signals[] = {{SIGTERM, on_stop_signal}, {SIGINT, on_stop_signal}, {SIGHUP, on_reload_signal}};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct event *events[COUNT_OF(signals)];

    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        events[i] = evsignal_new(in->base, signals[i].number, signals[i].run, in);
        if (events[i] != NULL)
            event_add(events[i], NULL);
    }
    image_look(in->watch);
    if (!in->launched)
        notify_service("READY=1"); /* it waits, and that may be long */
    in->exit_code = 0;
    event_base_dispatch(in->base);
    for (size_t i = 0; i < COUNT_OF(signals); i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
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
    struct inspectd in = {
        .config_file = config_file, .policy = {.image = -1}, .since = clock_now(), .exit_code = 1};
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);

    if (problems == NULL || config == NULL)
        goto done;
    if (config_read(config_file, config, NULL, problems) != STATUS_OK) {
        problems_print(problems, STDERR_FILENO);
        log_error("%s: %zu errors; not started", config_file, problems->errors);
        goto done;
    }
    log_set_level(config->log_level);
    in.level = config->log_level;
    if (use_interfaces(config, interfaces, count) == STATUS_OK &&
        probe_interfaces(config) == STATUS_OK && open_all(&in, config) == STATUS_OK)
        run(&in);
done:
    close_all(&in);
    problems_free(problems);
    free(config);
    return in.exit_code;
}
