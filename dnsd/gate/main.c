/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the gate role: desks, a holder, a timer and the parent's messages.
 */
#include "gate/main.h"

#include "base/log.h"
#include "gate/desk.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TICK_MS = 50, SLOW_TICKS = 20 /* a second */ };

struct gate {
    struct gifts gifts;
    struct event_base *base;
    struct channel *parent;
    struct event *tick;
    unsigned ticks;
    struct holder *holder;
    struct backlog *backlog; /* NULL: mode tap, or the kernel does not say */
    struct policy *policy;
    unsigned desk_count;
    struct desk *desks[LANES_MOST];
};

static struct gate gate;

static struct verdicts *open_verdicts(struct gate *g, unsigned number)
{
    const struct config_gate *at = &g->gifts.config->inspectd.gate;
    const struct verdicts_marks marks = {gate_mark_heard(at), gate_mark_server_heard(at),
                                         gate_mark_stopped(at)};

    if (g->gifts.config->inspectd.mode != INSPECT_INLINE)
        return NULL;
    struct verdicts *verdicts =
        g->gifts.queue[number] < 0
            ? NULL
            : verdicts_new(g->gifts.queue[number], (uint16_t)(at->queue + number), &marks);
    if (verdicts == NULL)
        role_die("the parent gave no queue %u", at->queue + number);
    return verdicts;
}

static void open_desks(struct gate *g)
{
    const struct config_gate *at = &g->gifts.config->inspectd.gate;

    for (; g->desk_count < LANES_MOST; g->desk_count++) {
        const struct lane_files *files = &g->gifts.lanes[g->desk_count];
        if (files->orders < 0)
            return;
        const struct desk_options options = {
            .number = g->desk_count,
            .queue = at->queue + g->desk_count,
            .patience_ms = at->patience_ms,
            .closed = at->bypass == BYPASS_CLOSED,
            .verdicts = open_verdicts(g, g->desk_count),
        };
        g->desks[g->desk_count] = desk_new(&options, files, g->holder, g->gifts.counters);
        if (g->desks[g->desk_count] == NULL)
            role_die("lane %u cannot be mapped", g->desk_count);
    }
}

void gate_prepare(unsigned number)
{
    struct gate *g = &gate;

    birth_take(&g->gifts);
    const struct config *config = g->gifts.config;
    if (config == NULL || g->gifts.counters == NULL || g->gifts.held < 0 || g->gifts.policy < 0)
        role_die("the parent gave too little");
    g->holder = holder_new(config, g->gifts.held, g->gifts.counters);
    if (g->holder == NULL)
        role_die("the table of what is held cannot be mapped");
    if (config->inspectd.mode == INSPECT_INLINE && backlog_open(&g->backlog) != STATUS_OK)
        log_warning("an inspect that hangs will not be noticed: the kernel does not say what waits "
                    "in its queues: %s",
                    strerror(errno));
    open_desks(g);
}

static void adopt_policy(struct gate *g, int fd, uint32_t generation)
{
    struct policy *next;
    enum status status = policy_open_again(fd, &next);

    close(fd);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    holder_use(g->holder, next, generation);
    policy_close(g->policy);
    g->policy = next;
    g->gifts.counters->value[COUNT_POLICY_SWAPS]++;
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct gate *g = owner;
    const struct message_policy *policy;
    const struct message_level *level;
    const struct message_release *release;

    if ((policy = parcel_open(parcel, MESSAGE_POLICY, sizeof *policy)) != NULL && parcel->fd >= 0)
        adopt_policy(g, parcel->fd, policy->generation);
    else if ((release = parcel_open(parcel, MESSAGE_RELEASE, sizeof *release)) != NULL)
        holder_release(g->holder, &release->address, clock_wall());
    else if (parcel_open(parcel, MESSAGE_FIREWALL, 0) != NULL)
        holder_refill(g->holder, clock_wall());
    else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL)
        log_set_level(level->level);
    else if (parcel_open(parcel, MESSAGE_DRAIN, 0) != NULL)
        event_base_loopbreak(g->base);
    else
        role_die("the parent sent message %u, which gate does not know", parcel->kind);
}

static void on_close(void *owner)
{
    event_base_loopbreak(((struct gate *)owner)->base);
}

static void on_tick(evutil_socket_t fd, short what, void *owner)
{
    struct gate *g = owner;
    const clock_ms now = clock_now();
    const uint32_t first = g->gifts.config->inspectd.gate.queue;

    bool knows = g->backlog != NULL && backlog_read(g->backlog);
    for (unsigned i = 0; i < g->desk_count; i++)
        desk_tick(g->desks[i], knows ? backlog_of(g->backlog, first + i) : NULL, now);
    if (g->ticks++ % SLOW_TICKS == 0)
        holder_tick(g->holder, clock_wall());
}

static void open_loop(struct gate *g)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    const struct timeval each = clock_timeval(TICK_MS);

    g->base = event_base_new();
    if (g->base != NULL) {
        g->parent = channel_open(g->base, ROLE_CHANNEL, &events, g);
        g->tick = event_new(g->base, -1, EV_PERSIST, on_tick, g);
    }
    bool runs = g->parent != NULL && g->tick != NULL && event_add(g->tick, &each) == 0;
    for (unsigned i = 0; runs && i < g->desk_count; i++)
        runs = desk_run(g->desks[i], g->base) == STATUS_OK;
    if (!runs)
        role_die("out of memory");
}

int gate_main(unsigned number)
{
    struct gate *g = &gate;

    adopt_policy(g, g->gifts.policy, g->gifts.generation);
    open_loop(g);
    holder_refill(g->holder, clock_wall()); /* what a predecessor held */
    if (channel_send(g->parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    event_base_dispatch(g->base);
    for (unsigned i = 0; i < g->desk_count; i++)
        desk_free(g->desks[i]);
    holder_free(g->holder);
    backlog_close(g->backlog);
    policy_close(g->policy);
    return 0;
}
