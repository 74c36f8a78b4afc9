/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parent - signals, children's ends, and who is in service.
 */
#include "control/parent.h"

#include "base/log.h"
#include "base/random.h"
#include "control/orders.h"
#include "control/reload.h"
#include "process/birth.h"
#include "process/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOP_MS = 3000, FLEETS_MOST = 4, FOLDER_MODE = 0755 };

struct fleet *parent_serving(const struct parent *parent)
{
    struct fleet *fleet = parent->fleets;
    while (fleet != NULL && fleet->state != FLEET_SERVING)
        fleet = fleet->next;
    return fleet;
}

static void sweep_later(struct parent *p)
{
    event_active(p->sweep, 0, 0);
}

void parent_switch(struct parent *parent, struct fleet *coming)
{
    bool is_first = parent_serving(parent) == NULL;
    unsigned fleets = 1, rings = coming->config.dnsd.workers;

    for (struct fleet *f = coming->next; f != NULL; f = f->next) {
        rings += f->config.dnsd.workers;
        if (++fleets > FLEETS_MOST || rings > RINGS_MOST)
            fleet_dismiss(f, parent->supervisor);
        f->state = FLEET_LEAVING;
        fleet_drain(f, parent->supervisor, POST_SERVE, DRAIN_MS);
        /* The event file has one writer: this one empties its rings and leaves, and its successor,
         * who gets the same rings, begins when it is gone. */
        fleet_drain(f, parent->supervisor, POST_RECORD, DRAIN_MS);
    }
    coming->state = FLEET_SERVING;
    coming->since = clock_now();
    if (!parent->level_is_set)
        log_set_level(coming->config.log_level);
    sweep_later(parent);
    if (is_first)
        notify_service("READY=1");
}

void parent_discard(struct parent *parent, struct fleet *coming)
{
    coming->state = FLEET_LEAVING;
    fleet_dismiss(coming, parent->supervisor);
    sweep_later(parent);
}

void parent_tell(struct parent *parent, enum post_kind kind, enum message_kind message,
                 const void *body, size_t size)
{
    for (struct fleet *f = parent->fleets; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->post_count; i++) {
            struct child *child = f->posts[i].child;
            if (f->posts[i].kind != kind || child == NULL || child->channel == NULL)
                continue;
            if (channel_send(child->channel, message, body, size, span_of(NULL, 0)) != STATUS_OK)
                supervisor_kill(parent->supervisor, child);
        }
    }
}

static void tell_policy(struct parent *p, enum post_kind kind)
{
    const struct message_policy body = {p->policy.generation};

    for (struct fleet *f = p->fleets; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->post_count; i++) {
            struct child *child = f->posts[i].child;
            if (f->posts[i].kind != kind || child == NULL || child->channel == NULL)
                continue;
            /* One that cannot hear of it must not go on with the old one. */
            if (channel_send_fd(child->channel, MESSAGE_POLICY, &body, sizeof body,
                                p->policy.image) != STATUS_OK)
                supervisor_kill(p->supervisor, child);
        }
    }
}

void parent_adopt(struct parent *parent, int image, struct policy *policy)
{
    policy_close(parent->image);
    if (parent->policy.image >= 0)
        close(parent->policy.image);
    parent->image = policy;
    parent->policy.image = image;
    /* What an earlier run left is no generation of its own unless somebody serves it. */
    if (parent->fleets != NULL || parent->policy.generation == 0)
        parent->policy.generation++;
    tell_policy(parent, POST_RECORD);
    tell_policy(parent, POST_SERVE);
}

void parent_stop(struct parent *parent, int exit_code)
{
    if (parent->stopping)
        return;
    parent->stopping = true;
    parent->exit_code = exit_code;
    notify_service("STOPPING=1");
    reload_free(parent->reload);
    parent->reload = NULL;
    for (struct fleet *f = parent->fleets; f != NULL; f = f->next) {
        f->state = FLEET_LEAVING;
        fleet_drain(f, parent->supervisor, POST_SERVE, STOP_MS);
    }
    sweep_later(parent);
}

/* What the children say and how they end. */

static void on_birth(void *owner, struct child *child)
{
    struct parent *p = owner;
    const struct message_level level = {p->level};

    if (child->once) {
        job_give(child);
        return;
    }
    fleet_give(p->supervisor, child, &p->policy, p->secret);
    if (p->level_is_set && child->channel != NULL &&
        channel_send(child->channel, MESSAGE_LEVEL, &level, sizeof level, span_of(NULL, 0)) !=
            STATUS_OK)
        supervisor_kill(p->supervisor, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct parent *p = owner;

    if (child->once) {
        job_hear(child, parcel);
    } else if (parcel_open(parcel, MESSAGE_READY, 0) == NULL) {
        log_error("%s %u said something that it may not say", child->role, child->number);
        supervisor_kill(p->supervisor, child);
    } else {
        log_debug("%s %u (pid %d) is in service", child->role, child->number, (int)child->pid);
        sweep_later(p);
    }
}

static void on_death(void *owner, struct child *child, int ended, bool is_last)
{
    struct parent *p = owner;

    if (child->once) {
        job_ended(child, ended);
    } else if (is_last) {
        struct post *post = child->place;
        post->child = NULL;
    }
    sweep_later(p);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

/* A fleet whose serve processes are gone needs no others; one without any is over. */
static bool fleet_is_over(struct parent *p, struct fleet *fleet)
{
    if (fleet->state != FLEET_LEAVING || fleet_count(fleet, POST_SERVE) > 0)
        return false;
    fleet_drain(fleet, p->supervisor, POST_RESOLVE, STOP_MS);
    fleet_drain(fleet, p->supervisor, POST_RECORD, DRAIN_MS);
    return fleet_count(fleet, POST_RESOLVE) == 0 && fleet_count(fleet, POST_RECORD) == 0;
}

static bool is_record_wanted(const struct parent *p)
{
    unsigned records = 0;
    for (const struct fleet *f = p->fleets; f != NULL; f = f->next)
        records += fleet_count(f, POST_RECORD);
    return records == 0 && !p->stopping && parent_serving(p) != NULL;
}

static bool any_is_leaving(const struct parent *p)
{
    const struct fleet *f = p->fleets;
    while (f != NULL && f->state != FLEET_LEAVING)
        f = f->next;
    return f != NULL;
}

static void on_sweep(int fd, short what, void *owner)
{
    struct parent *p = owner;
    bool left = false;

    for (struct fleet **link = &p->fleets; *link != NULL;) {
        struct fleet *fleet = *link;
        if (!fleet_is_over(p, fleet)) {
            link = &fleet->next;
            continue;
        }
        fleet_count_up(fleet, false, &p->past);
        *link = fleet->next;
        fleet_free(fleet);
        left = true;
    }
    if (left && !any_is_leaving(p) && parent_serving(p) != NULL)
        fleet_steer(parent_serving(p), 0);
    if (is_record_wanted(p) && fleet_start_record(parent_serving(p), p->supervisor) != STATUS_OK)
        log_error("cannot start record");
    if (p->reload != NULL)
        reload_look(p->reload);
    if (p->stopping && supervisor_count(p->supervisor) == 0)
        event_base_loopbreak(p->base);
}

static void on_stop_signal(int number, short what, void *owner)
{
    struct parent *p = owner;
    if (p->stopping) {
        log_warning("told to stop twice: not waiting any longer");
        event_base_loopbreak(p->base);
        return;
    }
    log_info("stopping");
    parent_stop(p, 0);
}

static void on_reload_signal(int number, short what, void *owner)
{
    struct parent *p = owner;
    if (p->reload != NULL)
        (void)reload_ask(p->reload, "");
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

/* The image of an earlier run, if it is a good one: what a policy that does not compile leaves us.
 */
static void adopt_earlier(struct parent *p, const char *path)
{
    struct policy *policy;
    int image;

    if (birth_image(path, &image, &policy) == STATUS_OK)
        parent_adopt(p, image, policy);
}

/* Every worker has its own sockets, and serve keeps connections open: take what we may have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("cannot raise the limit of open files: %s", strerror(errno));
}

/* First of all: told to stop while it opens the rest, the parent stops once it runs. */
static enum status hear_signals(struct parent *p)
{
    static const struct {
        int number;
        void (*run)(int, short, void *);
    } signals[PARENT_SIGNALS] = {
        {SIGTERM, on_stop_signal}, {SIGINT, on_stop_signal}, {SIGHUP, on_reload_signal}};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < PARENT_SIGNALS; i++) {
        p->signals[i] = evsignal_new(p->base, signals[i].number, signals[i].run, p);
        if (p->signals[i] == NULL || event_add(p->signals[i], NULL) != 0)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status open_all(struct parent *p, const struct config *config)
{
    uint8_t secret[SECRET_SIZE];

    raise_descriptor_limit();
    random_bytes(secret, sizeof secret);
    p->base = event_base_new();
    if (p->base == NULL)
        return STATUS_NO_MEMORY;
    enum status status = hear_signals(p);
    if (status != STATUS_OK)
        return status;
    p->sweep = event_new(p->base, -1, 0, on_sweep, p);
    p->supervisor = supervisor_new(p->base, "dnsd", &children_events, p);
    if (p->sweep == NULL || p->supervisor == NULL)
        return STATUS_NO_MEMORY;
    status = birth_wrap(secret, sizeof secret, &p->secret);
    if (status != STATUS_OK)
        return status;
    make_folder_of(config->image);
    make_folder_of(config->control);
    status = socket_open(p->base, config->control, orders, p, &p->socket);
    if (status != STATUS_OK)
        return status;
    adopt_earlier(p, config->image);
    return reload_new(p, &p->reload);
}

static void close_all(struct parent *p)
{
    reload_free(p->reload);
    p->reload = NULL;
    supervisor_free(p->supervisor);
    while (p->fleets != NULL) {
        struct fleet *next = p->fleets->next;
        fleet_free(p->fleets);
        p->fleets = next;
    }
    socket_close(p->socket);
    policy_close(p->image);
    if (p->policy.image >= 0)
        close(p->policy.image);
    if (p->secret >= 0)
        close(p->secret);
    if (p->sweep != NULL)
        event_free(p->sweep);
    for (size_t i = 0; i < PARENT_SIGNALS; i++) {
        if (p->signals[i] != NULL)
            event_free(p->signals[i]);
    }
    if (p->base != NULL)
        event_base_free(p->base);
}

static void run(struct parent *p)
{
    (void)reload_ask(p->reload, "");
    event_base_dispatch(p->base);
}

int parent_run(const char *config_file)
{
    struct parent p = {.config_file = config_file,
                       .policy = {.image = -1},
                       .secret = -1,
                       .since = clock_now(),
                       .exit_code = 1};
    struct problems *problems = problems_new();
    struct config *config = calloc(1, sizeof *config);

    if (problems == NULL || config == NULL)
        goto done;
    if (strlen(config_file) >= COMPILE_FILE_SIZE) {
        log_error("the path %s is longer than %d bytes", config_file, COMPILE_FILE_SIZE - 1);
        goto done;
    }
    if (config_read(config_file, config, NULL, problems) != STATUS_OK) {
        problems_print(problems, STDERR_FILENO);
        log_error("%s: %zu errors; not started", config_file, problems->errors);
        goto done;
    }
    log_set_level(config->log_level);
    p.level = config->log_level;
    if (open_all(&p, config) == STATUS_OK)
        run(&p);
done:
    close_all(&p);
    problems_free(problems);
    free(config);
    return p.exit_code;
}
