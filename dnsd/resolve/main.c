/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the resolve role: channels on one side, an upstream on the other, tickets between.
 */
#include "resolve/main.h"

#include "base/clock.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"
#include "resolve/upstream.h"

#include <event2/event.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DRAIN_LOOK_MS = 100 };

static const struct upstream *const upstreams[] = {
    [RESOLVE_RECURSE] = &upstream_recurse,
    [RESOLVE_FORWARD] = &upstream_forward,
};

struct resolver;

/* One serve process. `life` changes with each channel, so that an answer never reaches a successor.
 */
struct link {
    struct resolver *resolver;
    struct channel *channel; /* NULL: none now */
    uint32_t life;
};

/* Who holds a ticket. */
struct asker {
    struct link *link;
    uint32_t life, id;
};

struct resolver {
    struct gifts gifts;
    struct event_base *base;
    struct channel *parent;
    struct event *drain_look;
    unsigned drain_looks;
    const struct upstream *upstream;
    void *upstream_state;
    struct link links[WORKERS_MOST];
    struct asker askers[ASKS_MOST];
    uint16_t free_tickets[ASKS_MOST];
    unsigned free_count;
};

static void send_answer(struct link *link, uint32_t id, const struct upstream_answer *answer)
{
    uint64_t *count = link->resolver->gifts.counters->value;
    struct message_answer message = {.id = id,
                                     .outcome = (uint8_t)answer->outcome,
                                     .secure = answer->secure,
                                     .ede = answer->ede,
                                     .length = (uint16_t)answer->message.length};
    if (answer->why[0] != 0)
        snprintf(message.why, sizeof message.why, "%s", answer->why);
    /* A serve process that does not take its answers is as good as gone: it will time out. */
    if (channel_send(link->channel, MESSAGE_ANSWER, &message, sizeof message, answer->message) ==
        STATUS_OK)
        count[COUNT_ANSWERED]++;
}

static void on_answer(void *owner, uint32_t ticket, const struct upstream_answer *answer)
{
    struct resolver *r = owner;
    const struct asker *asker = &r->askers[ticket];
    if (asker->link->channel != NULL && asker->link->life == asker->life)
        send_answer(asker->link, asker->id, answer);
    r->free_tickets[r->free_count++] = (uint16_t)ticket;
    r->gifts.counters->value[COUNT_PENDING] = ASKS_MOST - r->free_count;
}

static void on_serve_parcel(void *owner, struct parcel *parcel)
{
    static const struct upstream_answer too_many = {OUTCOME_FAILED, .ede = EDE_NONE,
                                                    .why = "too many questions under way"};
    struct link *link = owner;
    struct resolver *r = link->resolver;
    const struct message_ask *ask = parcel_open(parcel, MESSAGE_ASK, sizeof *ask);
    if (ask == NULL || parcel->fd >= 0 || !name_is_sound(&ask->name))
        role_die("serve sent a broken ask");
    r->gifts.counters->value[COUNT_ASKED]++;
    if (r->free_count == 0) {
        send_answer(link, ask->id, &too_many);
        return;
    }
    uint32_t ticket = r->free_tickets[--r->free_count];
    r->askers[ticket] = (struct asker){link, link->life, ask->id};
    r->upstream->ask(r->upstream_state, ticket, ask);
}

static void on_serve_close(void *owner)
{
    struct link *link = owner;
    channel_close(link->channel);
    link->channel = NULL;
}

static void connect_serve(struct resolver *r, unsigned number, int fd)
{
    static const struct channel_events events = {on_serve_parcel, NULL, on_serve_close};
    struct link *link = &r->links[number];
    if (link->channel != NULL)
        channel_close(link->channel);
    link->resolver = r;
    link->life++;
    link->channel = channel_open(r->base, fd, &events, link);
    if (link->channel == NULL)
        role_die("no memory for a channel to serve %u", number);
}

/* Leaves once nothing is under way. Questions that come while others are finished are still taken:
 * a serve process that drains too may need them. */
static void on_drain_look(evutil_socket_t fd, short what, void *arg)
{
    struct resolver *r = arg;
    if (r->free_count == ASKS_MOST || ++r->drain_looks > DRAIN_MS / DRAIN_LOOK_MS)
        event_base_loopbreak(r->base);
}

static void on_parent_parcel(void *owner, struct parcel *parcel)
{
    const struct timeval look = clock_timeval(DRAIN_LOOK_MS);
    struct resolver *r = owner;
    const struct message_gift *gift;
    const struct message_level *level;

    if ((gift = parcel_open(parcel, MESSAGE_GIFT, sizeof *gift)) != NULL &&
        gift->gift == GIFT_CHANNEL && gift->number < WORKERS_MOST && parcel->fd >= 0)
        connect_serve(r, gift->number, parcel->fd);
    else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL)
        log_set_level(level->level);
    else if (parcel->kind == MESSAGE_FLUSH)
        r->upstream->forget(r->upstream_state);
    else if (parcel->kind == MESSAGE_DRAIN)
        event_add(r->drain_look, &look);
    else
        role_die("the parent sent message %u, which resolve does not know", parcel->kind);
}

static void on_parent_close(void *owner)
{
    struct resolver *r = owner;
    event_base_loopbreak(r->base);
}

/* Sockets are many: forwarders, their ports, libunbound's outgoing range. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("the limit of open files stays as it was");
}

static void open_world(struct resolver *r)
{
    static const struct channel_events events = {on_parent_parcel, NULL, on_parent_close};
    for (unsigned i = 0; i < ASKS_MOST; i++)
        r->free_tickets[r->free_count++] = (uint16_t)(ASKS_MOST - 1 - i);
    r->base = event_base_new();
    if (r->base == NULL || r->gifts.config->dnsd.mode >= COUNT_OF(upstreams))
        role_die("no loop, or an unknown mode");
    r->upstream = upstreams[r->gifts.config->dnsd.mode];
    const struct upstream_setup setup = {r->gifts.config, r->base, r->gifts.counters, on_answer, r};
    enum status status = r->upstream->open(&setup, &r->upstream_state);
    if (status != STATUS_OK)
        role_die("%s cannot begin: %s", r->upstream->name, status_text(status));
    for (unsigned i = 0; i < WORKERS_MOST; i++)
        if (r->gifts.channel[i] >= 0)
            connect_serve(r, i, r->gifts.channel[i]);
    r->parent = channel_open(r->base, ROLE_CHANNEL, &events, r);
    r->drain_look = event_new(r->base, -1, EV_PERSIST, on_drain_look, r);
    if (r->parent == NULL || r->drain_look == NULL)
        role_die("out of memory");
}

int resolve_main(unsigned number)
{
    static struct resolver r;
    birth_take(&r.gifts);
    raise_file_limit();
    open_world(&r);
    if (channel_send(r.parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    event_base_dispatch(r.base);
    for (unsigned i = 0; i < WORKERS_MOST; i++)
        channel_close(r.links[i].channel); /* which sends what still waits */
    r.upstream->close(r.upstream_state);
    return 0;
}
