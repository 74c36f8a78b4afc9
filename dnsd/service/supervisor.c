/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervisor - SIGCHLD, a channel and a timer for each child.
 *
 * A child is buried only here, in bury(), whoever killed it: so its pid is ours until then
 * and a kill can never meet a stranger.
 */
#include "service/supervisor.h"

#include "base/log.h"
#include "process/role.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct seat {
    struct child child;
    struct supervisor *supervisor;
    struct event *timer; /* the next birth; or the end of a drain */
    bool in_burial;
    struct seat *next;
};

struct supervisor {
    struct event_base *base;
    struct event *on_signal;
    const char *program;
    const struct supervisor_events *events;
    void *owner;
    struct seat *first;
    size_t count;
};

static struct seat *seat_of(const struct child *child)
{
    return (struct seat *)(uintptr_t)child; /* child is its first member */
}

unsigned backoff_delay(unsigned quick_deaths)
{
    unsigned most = BACKOFF_MOST_MS / BACKOFF_STEP_MS;
    unsigned steps = quick_deaths < most ? quick_deaths : most;
    return steps * BACKOFF_STEP_MS;
}

static void set_timer(struct seat *seat, unsigned ms)
{
    const struct timeval wait = clock_timeval(ms);
    event_add(seat->timer, &wait);
}

static void forget(struct seat *seat)
{
    struct supervisor *s = seat->supervisor;
    struct seat **link = &s->first;
    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
    s->count--;
    channel_close(seat->child.channel);
    event_free(seat->timer);
    free(seat);
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct seat *seat = owner;
    struct supervisor *s = seat->supervisor;

    if (parcel_open(parcel, MESSAGE_READY, 0) != NULL)
        seat->child.ready = true;
    s->events->on_parcel(s->owner, &seat->child, parcel);
    if (parcel->fd >= 0)
        close(parcel->fd);
}

/* The process is about to end, or has closed its only tie to us: it is of no use. */
static void on_close(void *owner)
{
    struct seat *seat = owner;
    channel_close(seat->child.channel);
    seat->child.channel = NULL;
    if (seat->child.pid > 0 && !seat->child.leaving)
        kill(seat->child.pid, SIGKILL);
}

static const struct channel_events channel_events = {on_parcel, NULL, on_close};

static void birth_failed(struct seat *seat, const char *why)
{
    seat->child.quick_deaths++;
    unsigned wait = backoff_delay(seat->child.quick_deaths);
    log_error("cannot start %s %u: %s; next try in %u ms", seat->child.role, seat->child.number,
              why, wait);
    set_timer(seat, wait);
}

static void give_birth(struct seat *seat)
{
    struct supervisor *s = seat->supervisor;
    struct child *child = &seat->child;
    int ends[2];

    if (channel_pair(ends) != STATUS_OK) {
        birth_failed(seat, strerror(errno));
        return;
    }
    enum status status = role_spawn(s->program, child->role, child->number, ends[1], &child->pid);
    close(ends[1]);
    if (status != STATUS_OK) {
        child->pid = -1;
        close(ends[0]);
        birth_failed(seat, strerror(errno));
        return;
    }
    child->channel = channel_open(s->base, ends[0], &channel_events, seat);
    child->born = clock_now();
    child->ready = false;
    if (child->channel == NULL) {
        close(ends[0]); /* which the child sees as the end; on_child_signal() tries again */
        return;
    }
    s->events->on_birth(s->owner, child);
}

static void on_timer(int fd, short what, void *owner)
{
    struct seat *seat = owner;
    if (seat->child.pid < 0) {
        give_birth(seat);
        return;
    }
    log_warning("%s %u did not leave in time", seat->child.role, seat->child.number);
    kill(seat->child.pid, SIGKILL);
}

static void say_end(const struct child *child, int ended)
{
    if (WIFSIGNALED(ended))
        log_warning("%s %u (pid %d) was ended by signal %d", child->role, child->number,
                    (int)child->pid, WTERMSIG(ended));
    else if (!child->once && (WEXITSTATUS(ended) != 0 || !child->leaving))
        log_warning("%s %u (pid %d) ended with code %d", child->role, child->number,
                    (int)child->pid, WEXITSTATUS(ended));
}

static void plan_rebirth(struct seat *seat)
{
    struct child *child = &seat->child;
    bool quick = child->restarts > 0 && clock_now() - child->born < BACKOFF_QUICK_MS;

    child->quick_deaths = quick ? child->quick_deaths + 1 : 0;
    child->restarts++;
    set_timer(seat, backoff_delay(child->quick_deaths));
}

static void bury(struct seat *seat, int ended)
{
    struct supervisor *s = seat->supervisor;
    struct child *child = &seat->child;

    say_end(child, ended);
    seat->in_burial = true;
    child->pid = -1;
    event_del(seat->timer);
    if (child->channel != NULL)
        channel_receive(child->channel); /* its last words */
    channel_close(child->channel);
    child->channel = NULL;
    child->ready = false;
    s->events->on_death(s->owner, child, ended, child->leaving || child->once);
    seat->in_burial = false;
    if (child->leaving || child->once)
        forget(seat);
    else
        plan_rebirth(seat);
}

/* A child whose process has ended, or NULL. Asked anew after each burial, which may end others. */
static struct seat *find_ended(const struct supervisor *s, int *ended)
{
    struct seat *seat = s->first;
    while (seat != NULL &&
           (seat->child.pid < 0 || waitpid(seat->child.pid, ended, WNOHANG) != seat->child.pid))
        seat = seat->next;
    return seat;
}

static void on_child_signal(int number, short what, void *owner)
{
    struct supervisor *s = owner;
    struct seat *seat;
    int ended;

    while ((seat = find_ended(s, &ended)) != NULL)
        bury(seat, ended);
}

struct supervisor *supervisor_new(struct event_base *base, const char *program,
                                  const struct supervisor_events *events, void *owner)
{
    struct supervisor *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->base = base;
    s->program = program;
    s->events = events;
    s->owner = owner;
    s->on_signal = evsignal_new(base, SIGCHLD, on_child_signal, s);
    if (s->on_signal == NULL || event_add(s->on_signal, NULL) != 0) {
        if (s->on_signal != NULL)
            event_free(s->on_signal);
        free(s);
        return NULL;
    }
    return s;
}

void supervisor_free(struct supervisor *supervisor)
{
    if (supervisor == NULL)
        return;
    while (supervisor->first != NULL) {
        struct child *child = &supervisor->first->child;
        int ended = 0;
        if (child->pid > 0) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &ended, 0);
        }
        child->pid = -1;
        supervisor->first->in_burial = true;
        supervisor->events->on_death(supervisor->owner, child, ended, true);
        forget(supervisor->first);
    }
    event_free(supervisor->on_signal);
    free(supervisor);
}

enum status supervisor_add(struct supervisor *supervisor, const char *role, unsigned number,
                           bool once, void *place, struct child **out)
{
    if (supervisor->count == CHILDREN_MOST)
        return STATUS_TOO_LONG;
    struct seat *seat = calloc(1, sizeof *seat);
    if (seat == NULL)
        return STATUS_NO_MEMORY;
    seat->timer = evtimer_new(supervisor->base, on_timer, seat);
    if (seat->timer == NULL) {
        free(seat);
        return STATUS_NO_MEMORY;
    }
    seat->supervisor = supervisor;
    seat->child =
        (struct child){.role = role, .number = number, .once = once, .place = place, .pid = -1};
    struct seat **link = &supervisor->first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = seat;
    supervisor->count++;
    *out = &seat->child;
    give_birth(seat);
    return STATUS_OK;
}

enum status supervisor_give(struct child *child, enum gift gift, uint32_t number, int fd)
{
    const struct message_gift body = {gift, number};
    if (fd < 0)
        return STATUS_OK;
    if (child->channel == NULL)
        return STATUS_CLOSED;
    return channel_send_fd(child->channel, MESSAGE_GIFT, &body, sizeof body, fd);
}

void supervisor_start(struct supervisor *supervisor, struct child *child, enum status given)
{
    if (given == STATUS_OK) {
        supervisor_tell(supervisor, child, MESSAGE_START, NULL, 0, -1);
        return;
    }
    log_error("cannot equip %s %u: %s", child->role, child->number, status_text(given));
    supervisor_kill(supervisor, child);
}

void supervisor_tell(struct supervisor *supervisor, struct child *child, enum message_kind kind,
                     const void *body, size_t size, int fd)
{
    if (child->channel == NULL)
        return;
    enum status status = fd < 0 ? channel_send(child->channel, kind, body, size, span_of(NULL, 0))
                                : channel_send_fd(child->channel, kind, body, size, fd);
    if (status != STATUS_OK)
        supervisor_kill(supervisor, child);
}

/* A child without a process needs no farewell. */
static void forget_idle(struct supervisor *s, struct child *child)
{
    if (seat_of(child)->in_burial)
        return;
    s->events->on_death(s->owner, child, 0, true);
    forget(seat_of(child));
}

void supervisor_drain(struct supervisor *supervisor, struct child *child, unsigned ms)
{
    child->leaving = true;
    if (child->pid < 0) {
        forget_idle(supervisor, child);
        return;
    }
    if (child->channel == NULL ||
        channel_send(child->channel, MESSAGE_DRAIN, NULL, 0, span_of(NULL, 0)) != STATUS_OK)
        ms = 0;
    set_timer(seat_of(child), ms);
}

void supervisor_kill(struct supervisor *supervisor, struct child *child)
{
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
}

void supervisor_dismiss(struct supervisor *supervisor, struct child *child)
{
    child->leaving = true;
    if (child->pid > 0)
        kill(child->pid, SIGKILL);
    else
        forget_idle(supervisor, child);
}

struct child *supervisor_next(const struct supervisor *supervisor, const struct child *after)
{
    struct seat *seat = after == NULL ? supervisor->first : seat_of(after)->next;
    return seat == NULL ? NULL : &seat->child;
}

size_t supervisor_count(const struct supervisor *supervisor)
{
    return supervisor->count;
}
