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
#include "service/notify.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

enum { STOP_MS = 3000, FLEETS_MOST = 4 };

struct fleet *parent_serving(const struct parent *parent)
{
    struct fleet *fleet = parent->fleets;
    while (fleet != NULL && fleet->state != FLEET_SERVING)
        fleet = fleet->next;
    return fleet;
}

void parent_switch(struct parent *parent, struct fleet *coming)
{
    bool is_first = parent_serving(parent) == NULL;
    unsigned fleets = 1, rings = coming->config.dnsd.workers;

    for (struct fleet *f = coming->next; f != NULL; f = f->next) {
        rings += f->config.dnsd.workers;
        if (++fleets > FLEETS_MOST || rings > RINGS_MOST)
            fleet_dismiss(f, parent->service.supervisor);
        f->state = FLEET_LEAVING;
        fleet_drain(f, parent->service.supervisor, POST_SERVE, DRAIN_MS);
        /* The event file has one writer: this one empties its rings and leaves, and its successor,
         * who gets the same rings, begins when it is gone. */
        fleet_drain(f, parent->service.supervisor, POST_RECORD, DRAIN_MS);
    }
    coming->state = FLEET_SERVING;
    coming->since = clock_now();
    if (!parent->service.level_is_set)
        log_set_level(coming->config.log_level);
    service_sweep_later(&parent->service);
    if (is_first)
        notify_service("READY=1");
}

void parent_discard(struct parent *parent, struct fleet *coming)
{
    coming->state = FLEET_LEAVING;
    fleet_dismiss(coming, parent->service.supervisor);
    service_sweep_later(&parent->service);
}

static void tell(struct parent *p, enum post_kind kind, enum message_kind message, const void *body,
                 size_t size, int fd)
{
    for (struct fleet *f = p->fleets; f != NULL; f = f->next) {
        for (size_t i = 0; i < f->post_count; i++) {
            if (f->posts[i].kind == kind && f->posts[i].child != NULL)
                supervisor_tell(p->service.supervisor, f->posts[i].child, message, body, size, fd);
        }
    }
}

void parent_tell(struct parent *parent, enum post_kind kind, enum message_kind message,
                 const void *body, size_t size)
{
    tell(parent, kind, message, body, size, -1);
}

static void tell_policy(struct parent *p, enum post_kind kind)
{
    const struct policy_gift *policy = &p->service.policy;
    const struct message_policy body = {policy->generation};
    tell(p, kind, MESSAGE_POLICY, &body, sizeof body, policy->image);
}

void parent_adopt(struct parent *parent, int image, struct policy *policy)
{
    service_adopt(&parent->service, image, policy);
    /* What an earlier run left is no generation of its own unless somebody serves it. */
    if (parent->fleets != NULL || parent->service.policy.generation == 0)
        parent->service.policy.generation++;
    tell_policy(parent, POST_RECORD);
    tell_policy(parent, POST_SERVE);
}

void parent_stop(struct parent *parent, int exit_code)
{
    if (!service_stop(&parent->service, exit_code))
        return;
    reload_free(parent->reload);
    parent->reload = NULL;
    for (struct fleet *f = parent->fleets; f != NULL; f = f->next) {
        f->state = FLEET_LEAVING;
        fleet_drain(f, parent->service.supervisor, POST_SERVE, STOP_MS);
    }
}

/* What the children say and how they end. */

static void on_birth(void *owner, struct child *child)
{
    struct parent *p = owner;

    if (child->once) {
        job_give(child);
        return;
    }
    fleet_give(p->service.supervisor, child, &p->service.policy, p->secret);
    service_greet(&p->service, child);
}

static void on_parcel(void *owner, struct child *child, const struct parcel *parcel)
{
    struct parent *p = owner;

    if (child->once)
        job_hear(child, parcel);
    else
        (void)service_is_ready(&p->service, child, parcel);
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
    service_sweep_later(&p->service);
}

static const struct supervisor_events children_events = {on_birth, on_parcel, on_death};

/* A fleet whose serve processes are gone needs no others; one without any is over. */
static bool fleet_is_over(struct parent *p, struct fleet *fleet)
{
    if (fleet->state != FLEET_LEAVING || fleet_count(fleet, POST_SERVE) > 0)
        return false;
    fleet_drain(fleet, p->service.supervisor, POST_RESOLVE, STOP_MS);
    fleet_drain(fleet, p->service.supervisor, POST_RECORD, DRAIN_MS);
    return fleet_count(fleet, POST_RESOLVE) == 0 && fleet_count(fleet, POST_RECORD) == 0;
}

static bool is_record_wanted(const struct parent *p)
{
    unsigned records = 0;
    for (const struct fleet *f = p->fleets; f != NULL; f = f->next)
        records += fleet_count(f, POST_RECORD);
    return records == 0 && !p->service.stopping && parent_serving(p) != NULL;
}

static bool any_is_leaving(const struct parent *p)
{
    const struct fleet *f = p->fleets;
    while (f != NULL && f->state != FLEET_LEAVING)
        f = f->next;
    return f != NULL;
}

static void on_sweep(void *owner)
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
    if (is_record_wanted(p) &&
        fleet_start_record(parent_serving(p), p->service.supervisor) != STATUS_OK)
        log_error("cannot start record");
    if (p->reload != NULL)
        reload_look(p->reload);
}

static void on_stop(void *owner, int exit_code)
{
    parent_stop(owner, exit_code);
}

static void on_reload(void *owner)
{
    struct parent *p = owner;
    if (p->reload != NULL)
        (void)reload_ask(p->reload, "");
}

/* Beginning and end. */

/* The image of an earlier run, if it is a good one: what a policy that does not compile leaves us.
 */
static void adopt_earlier(struct parent *p, const char *path)
{
    struct policy *policy;
    int image;

    if (birth_image(path, &image, &policy) == STATUS_OK)
        parent_adopt(p, image, policy);
}

static enum status open_all(struct parent *p, const struct config *config)
{
    uint8_t secret[SECRET_SIZE];

    enum status status = service_open(&p->service, config->control);
    if (status != STATUS_OK)
        return status;
    random_bytes(secret, sizeof secret);
    status = birth_wrap(secret, sizeof secret, &p->secret);
    if (status == STATUS_OK)
        status = reload_new(p, &p->reload);
    if (status != STATUS_OK) {
        log_error("cannot start: %s", status_text(status));
        return status;
    }
    service_make_folder_of(config->image);
    adopt_earlier(p, config->image);
    return STATUS_OK;
}

static void close_all(struct parent *p)
{
    reload_free(p->reload);
    p->reload = NULL;
    service_close(&p->service);
    while (p->fleets != NULL) {
        struct fleet *next = p->fleets->next;
        fleet_free(p->fleets);
        p->fleets = next;
    }
    if (p->secret >= 0)
        close(p->secret);
}

int parent_run(const char *config_file)
{
    static const struct service_kind kind = {"dnsd",   &children_events, orders,
                                             on_sweep, on_stop,          on_reload};
    struct parent p = {.secret = -1};

    service_clear(&p.service, &kind, config_file, &p);
    if (strlen(config_file) >= COMPILE_FILE_SIZE) {
        log_error("the path %s is longer than %d bytes", config_file, COMPILE_FILE_SIZE - 1);
        return 1;
    }
    struct config *config = service_config(config_file);
    if (config == NULL)
        return 1;
    if (open_all(&p, config) == STATUS_OK) {
        (void)reload_ask(p.reload, "");
        event_base_dispatch(p.service.base);
    }
    close_all(&p);
    free(config);
    return p.service.exit_code;
}
