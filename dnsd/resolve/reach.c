/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reach - a few connected UDP sockets that live as long as a probe does.
 */
#include "resolve/reach.h"

#include "base/random.h"
#include "resolve/query.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAY_MS = 1000 }; /* how long the kernel's word on routes is believed */

struct target {
    struct reach *reach;
    struct endpoint to;
    struct event *readable; /* NULL: not asked, or failed */
    int fd;
};

struct reach {
    struct event_base *base;
    struct event *timer;
    void (*on_lost)(void *owner);
    void *owner;
    enum reach_state state;
    bool probing;
    uint16_t id;
    clock_ms waits_since; /* the first question since something was heard; 0: none */
    clock_ms way_at;      /* when routes were last looked at */
    unsigned count;
    struct target targets[REACH_TARGETS_MOST];
};

/* A socket to there, or -1. */
static int connect_to(const struct endpoint *to)
{
    struct sockaddr_storage remote;
    socklen_t length = address_to_sockaddr(&to->address, to->port, AF_UNSPEC, &remote);
    int fd = socket(remote.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&remote, length) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool reach_has_way(const struct endpoint *targets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int fd = connect_to(&targets[i]);
        if (fd >= 0) {
            close(fd);
            return true;
        }
    }
    return false;
}

static void target_close(struct target *target)
{
    if (target->readable == NULL)
        return;
    event_free(target->readable);
    close(target->fd);
    target->readable = NULL;
}

static void probe_end(struct reach *reach, enum reach_state state)
{
    for (unsigned i = 0; i < reach->count; i++)
        target_close(&reach->targets[i]);
    if (reach->state != state)
        log_info("upstream: %s", state == REACH_OPEN     ? "reachable"
                                 : state == REACH_SILENT ? "nothing answers"
                                                         : "the network has no way there");
    bool lost = reach->state == REACH_OPEN && state != REACH_OPEN;
    reach->state = state;
    reach->probing = false;
    reach->waits_since = 0;
    if (lost)
        reach->on_lost(reach->owner);
}

static bool any_waits(const struct reach *reach)
{
    for (unsigned i = 0; i < reach->count; i++)
        if (reach->targets[i].readable != NULL)
            return true;
    return false;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct target *target = arg;
    struct reach *reach = target->reach;
    uint8_t head[MESSAGE_HEADER];
    ssize_t length = recv(fd, head, sizeof head, MSG_DONTWAIT);
    if (length < 0 && errno != EAGAIN && errno != EINTR)
        target_close(target);
    else if (length == MESSAGE_HEADER && load_u16(head) == reach->id &&
             (load_u16(head + 2) & FLAG_QR) != 0)
        probe_end(reach, REACH_OPEN);
    if (reach->probing && !any_waits(reach))
        probe_end(reach, REACH_SILENT);
}

/* Asks one target; false when there is no way. */
static bool target_ask(struct target *target, const struct query *query)
{
    int fd = connect_to(&target->to);
    if (fd < 0)
        return false;
    if (send(fd, query->bytes, query->length, MSG_DONTWAIT) < 0) {
        close(fd);
        return false;
    }
    target->fd = fd;
    target->readable =
        event_new(target->reach->base, fd, EV_READ | EV_PERSIST, on_readable, target);
    if (target->readable != NULL && event_add(target->readable, NULL) == 0)
        return true;
    target_close(target);
    return false;
}

static void probe_begin(struct reach *reach)
{
    const struct timeval wait = clock_timeval(REACH_PROBE_MS);
    const struct message_ask ask = {.type = TYPE_NS, .class = CLASS_IN, .name = {.length = 1}};
    struct query query;
    bool any = false;
    if (reach->probing)
        return;
    query_write(&ask, false, &query);
    reach->id = random_u16();
    store_u16(query.bytes, reach->id);
    for (unsigned i = 0; i < reach->count; i++)
        any |= target_ask(&reach->targets[i], &query);
    if (any)
        reach->probing = true;
    else
        probe_end(reach, REACH_CLOSED);
    event_add(reach->timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct reach *reach = arg;
    if (reach->probing)
        probe_end(reach, REACH_SILENT);
    if (reach->state != REACH_OPEN)
        probe_begin(reach);
}

/* The kernel's word on routes, renewed now and then. */
static bool has_way(struct reach *reach, clock_ms now)
{
    if (now - reach->way_at < WAY_MS)
        return true;
    reach->way_at = now;
    for (unsigned i = 0; i < reach->count; i++)
        if (reach_has_way(&reach->targets[i].to, 1))
            return true;
    return false;
}

enum reach_state reach_ask(struct reach *reach, clock_ms now)
{
    bool doubt = reach->waits_since != 0 && now - reach->waits_since >= REACH_DOUBT_MS;
    if (reach->state == REACH_OPEN && (doubt || !has_way(reach, now)))
        probe_begin(reach);
    return reach->state;
}

void reach_waits(struct reach *reach, clock_ms now)
{
    if (reach->waits_since == 0)
        reach->waits_since = now;
}

void reach_heard(struct reach *reach)
{
    reach->waits_since = 0;
}

struct reach *reach_new(struct event_base *base, const struct endpoint *targets, unsigned count,
                        clock_ms now, void (*on_lost)(void *owner), void *owner)
{
    unsigned step = (count + REACH_TARGETS_MOST - 1) / REACH_TARGETS_MOST;
    struct reach *reach = calloc(1, sizeof *reach);
    if (reach == NULL)
        return NULL;
    reach->base = base;
    reach->way_at = now;
    reach->on_lost = on_lost;
    reach->owner = owner;
    for (unsigned i = 0; i < count; i += step)
        reach->targets[reach->count++] = (struct target){.reach = reach, .to = targets[i]};
    reach->timer = event_new(base, -1, 0, on_timer, reach);
    if (reach->timer == NULL) {
        free(reach);
        return NULL;
    }
    probe_begin(reach);
    return reach;
}

void reach_free(struct reach *reach)
{
    for (unsigned i = 0; i < reach->count; i++)
        target_close(&reach->targets[i]);
    event_free(reach->timer);
    free(reach);
}
