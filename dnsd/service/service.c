/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * service - a loop, its signals, and the beginning and end of what hangs on it.
 */
#include "service/service.h"

#include "base/log.h"
#include "service/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0755 };

struct config *service_config(const char *file)
{
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);
    enum status status = STATUS_NO_MEMORY;

    if (problems != NULL && config != NULL)
        status = config_read(file, config, NULL, problems);
    if (status == STATUS_OK) {
        log_set_level(config->log_level);
    } else {
        if (problems != NULL)
            problems_print(problems, STDERR_FILENO);
        log_error("%s: %s; not started", file,
                  status == STATUS_INVALID ? "see the errors above" : status_text(status));
        free(config);
        config = NULL;
    }
    problems_free(problems);
    return config;
}

/* Signals and sweeps. */

static void on_stop_signal(int number, short what, void *owner)
{
    struct service *s = owner;
    if (s->stopping) {
        log_warning("told to stop twice: not waiting any longer");
        event_base_loopbreak(s->base);
        return;
    }
    log_info("stopping");
    s->kind->on_stop(s->owner, 0);
}

static void on_reload_signal(int number, short what, void *owner)
{
    struct service *s = owner;
    s->kind->on_reload(s->owner);
}

static void on_sweep(int fd, short what, void *owner)
{
    struct service *s = owner;
    s->kind->on_sweep(s->owner);
    if (s->stopping && supervisor_count(s->supervisor) == 0)
        event_base_loopbreak(s->base);
}

void service_sweep_later(struct service *service)
{
    event_active(service->sweep, 0, 0);
}

bool service_stop(struct service *service, int exit_code)
{
    if (service->stopping)
        return false;
    service->stopping = true;
    service->exit_code = exit_code;
    notify_service("STOPPING=1");
    service_sweep_later(service);
    return true;
}

/* Beginning and end. */

void service_clear(struct service *service, const struct service_kind *kind,
                   const char *config_file, void *owner)
{
    *service = (struct service){.kind = kind,
                                .owner = owner,
                                .config_file = config_file,
                                .policy = {.image = -1},
                                .since = clock_now(),
                                .exit_code = 1};
}

/* Every child has descriptors of its own here, and serve keeps connections open: take what we may
 * have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("cannot raise the limit of open files: %s", strerror(errno));
}

static enum status hear_signals(struct service *s)
{
    static const struct {
        int number;
        void (*run)(int, short, void *);
    } signals[SERVICE_SIGNALS] = {
        {SIGTERM, on_stop_signal}, {SIGINT, on_stop_signal}, {SIGHUP, on_reload_signal}};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < SERVICE_SIGNALS; i++) {
        s->signals[i] = evsignal_new(s->base, signals[i].number, signals[i].run, s);
        if (s->signals[i] == NULL || event_add(s->signals[i], NULL) != 0)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status open_loop(struct service *s)
{
    s->base = event_base_new();
    enum status status = s->base == NULL ? STATUS_NO_MEMORY : hear_signals(s);
    if (status != STATUS_OK)
        return status;
    s->sweep = event_new(s->base, -1, 0, on_sweep, s);
    s->supervisor = supervisor_new(s->base, s->kind->program, s->kind->children, s->owner);
    return s->sweep == NULL || s->supervisor == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status service_open(struct service *service, const char *control)
{
    raise_descriptor_limit();
    enum status status = open_loop(service);
    if (status != STATUS_OK) {
        log_error("cannot start: %s", status_text(status));
        return status;
    }
    service_make_folder_of(control);
    return socket_open(service->base, control, service->kind->orders, service->owner,
                       &service->socket);
}

void service_close(struct service *service)
{
    supervisor_free(service->supervisor);
    socket_close(service->socket);
    policy_close(service->image);
    if (service->policy.image >= 0)
        close(service->policy.image);
    if (service->sweep != NULL)
        event_free(service->sweep);
    for (size_t i = 0; i < SERVICE_SIGNALS; i++) {
        if (service->signals[i] != NULL)
            event_free(service->signals[i]);
    }
    if (service->base != NULL)
        event_base_free(service->base);
}

void service_make_folder_of(const char *path)
{
    char copy[CONFIG_PATH_SIZE];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        log_warning("cannot make the folder %s: %s", folder, strerror(errno));
}

void service_adopt(struct service *service, int image, struct policy *policy)
{
    policy_close(service->image);
    if (service->policy.image >= 0)
        close(service->policy.image);
    service->image = policy;
    service->policy.image = image;
}

const char *service_policy_text(const struct service *service, char out[SERVICE_TEXT_SIZE])
{
    const struct policy_facts facts = policy_facts(service->image);
    snprintf(out, SERVICE_TEXT_SIZE,
             "policy generation %u: %u lists, %u groups, %u rules, %u names, %u addresses",
             service->policy.generation, facts.lists, facts.groups, facts.rules, facts.names,
             facts.addresses);
    return out;
}

/* Children. */

void service_greet(struct service *service, struct child *child)
{
    const struct message_level body = {service->level};
    if (service->level_is_set)
        supervisor_tell(service->supervisor, child, MESSAGE_LEVEL, &body, sizeof body, -1);
}

bool service_is_ready(struct service *service, struct child *child, const struct parcel *parcel)
{
    if (parcel_open(parcel, MESSAGE_READY, 0) == NULL) {
        log_error("%s %u said something that it may not say", child->role, child->number);
        supervisor_kill(service->supervisor, child);
        return false;
    }
    log_debug("%s %u (pid %d) is in service", child->role, child->number, (int)child->pid);
    service_sweep_later(service);
    return true;
}

void service_log(struct service *service, struct asker *asker, const char *level)
{
    struct child *child = NULL;
    uint32_t number = 0;

    while (log_level_words[number] != NULL && strcmp(log_level_words[number], level) != 0)
        number++;
    if (log_level_words[number] == NULL) {
        asker_end(asker, "the levels are error, warning, info and debug");
        return;
    }
    service->level = number;
    service->level_is_set = true;
    log_set_level(number);
    while ((child = supervisor_next(service->supervisor, child)) != NULL) {
        if (!child->once) /* who does one job hears nothing behind its order */
            service_greet(service, child);
    }
    asker_end(asker, NULL);
}
