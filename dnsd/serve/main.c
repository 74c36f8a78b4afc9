/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the serve role: one loop that joins sockets, resolvers, events and struct server.
 */
#include "serve/main.h"

#include "base/clock.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/ring.h"
#include "process/role.h"
#include "process/told.h"
#include "serve/tcp.h"
#include "serve/udp.h"

#include <event2/event.h>
#include <unistd.h>

struct resolver {
    struct worker *owner;
    struct channel *channel; /* NULL: none now */
};

struct worker {
    struct gifts gifts;
    struct event_base *base;
    struct server *server;
    struct policy *policy;
    struct channel *parent;
    struct resolver resolvers[WORKERS_MOST];
    unsigned resolver_count, next_resolver;
    struct ring *ring;
    struct udp *udp[LISTEN_MOST];
    struct tcp *tcp;
    struct event *tick;
    bool draining;
};

static struct moment moment_now(void)
{
    return (struct moment){clock_now(), clock_wall()};
}

static void flush_replies(struct worker *w)
{
    for (unsigned i = 0; i < LISTEN_MOST; i++)
        if (w->udp[i] != NULL)
            udp_flush(w->udp[i]);
}

/* What struct server does to the world. */

static void on_reply(void *owner, const struct peer *peer, struct span message)
{
    struct worker *w = owner;
    if (peer->transport == TRANSPORT_TCP)
        tcp_reply(w->tcp, peer, message);
    else if (w->udp[peer->socket] != NULL)
        udp_reply(w->udp[peer->socket], peer, message);
}

static bool on_ask(void *owner, const struct message_ask *ask)
{
    struct worker *w = owner;
    for (unsigned tried = 0; tried < w->resolver_count; tried++) {
        struct channel *channel = w->resolvers[w->next_resolver].channel;
        w->next_resolver = (w->next_resolver + 1) % w->resolver_count;
        if (channel != NULL &&
            channel_send(channel, MESSAGE_ASK, ask, sizeof *ask, (struct span){0}) == STATUS_OK)
            return true;
    }
    return false;
}

static bool on_record(void *owner, const struct event *event)
{
    struct worker *w = owner;
    return ring_put(w->ring, event, event_length(event));
}

/* Resolvers. */

static void on_resolver_parcel(void *owner, struct parcel *parcel)
{
    struct resolver *r = owner;
    struct span bytes;
    const struct message_answer *answer =
        parcel_open_with_bytes(parcel, MESSAGE_ANSWER, sizeof *answer, &bytes);
    if (answer == NULL || answer->length != bytes.length || answer->outcome >= OUTCOME_COUNT ||
        answer->why[sizeof answer->why - 1] != 0)
        role_die("resolve sent a broken answer");
    server_answer(r->owner->server, answer, bytes, moment_now());
}

static void on_resolver_batch_end(void *owner)
{
    flush_replies(((struct resolver *)owner)->owner);
}

static void on_resolver_close(void *owner)
{
    struct resolver *r = owner;
    channel_close(r->channel);
    r->channel = NULL;
    server_resolver_lost(r->owner->server, moment_now());
    flush_replies(r->owner);
}

static void connect_resolver(struct worker *w, unsigned number, int fd)
{
    static const struct channel_events events = {on_resolver_parcel, on_resolver_batch_end,
                                                 on_resolver_close};
    struct resolver *r = &w->resolvers[number];
    if (r->channel != NULL)
        channel_close(r->channel);
    r->owner = w;
    r->channel = channel_open(w->base, fd, &events, r);
    if (r->channel == NULL)
        role_die("no memory for a channel to resolve %u", number);
    if (number >= w->resolver_count)
        w->resolver_count = number + 1;
}

/* The parent. */

static void adopt_policy(struct worker *w, int fd, uint32_t generation)
{
    struct policy *next;
    enum status status = policy_open_again(fd, &next);
    close(fd);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    server_set_policy(w->server, next, generation);
    policy_close(w->policy);
    w->policy = next;
    policy_expire(next, clock_date(clock_wall()));
    w->gifts.counters->value[COUNT_POLICY_SWAPS]++;
}

static void drain(struct worker *w)
{
    const struct timeval at_most = clock_timeval(DRAIN_MS);
    w->draining = true;
    for (unsigned i = 0; i < LISTEN_MOST; i++)
        if (w->udp[i] != NULL)
            udp_drain(w->udp[i]);
    tcp_drain(w->tcp);
    event_base_loopexit(w->base, &at_most);
}

static void on_parent_parcel(void *owner, struct parcel *parcel)
{
    struct worker *w = owner;
    const struct message_gift *gift;
    const struct message_policy *policy;
    const struct message_level *level;
    const struct message_flush *flush;

    if ((gift = parcel_open(parcel, MESSAGE_GIFT, sizeof *gift)) != NULL &&
        gift->gift == GIFT_CHANNEL && gift->number < WORKERS_MOST && parcel->fd >= 0)
        connect_resolver(w, gift->number, parcel->fd);
    else if ((policy = parcel_open(parcel, MESSAGE_POLICY, sizeof *policy)) != NULL)
        adopt_policy(w, parcel->fd, policy->generation);
    else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL)
        log_set_level(level->level);
    else if ((flush = parcel_open(parcel, MESSAGE_FLUSH, sizeof *flush)) != NULL)
        server_flush(w->server, &flush->below);
    else if (parcel->kind == MESSAGE_DRAIN)
        drain(w);
    else
        role_die("the parent sent message %u, which serve does not know", parcel->kind);
}

static void on_parent_close(void *owner)
{
    struct worker *w = owner;
    event_base_loopbreak(w->base);
}

/* Time. */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;
    struct moment now = moment_now();
    policy_expire(w->policy, clock_date(now.wall));
    const struct timeval after = clock_timeval(server_tick(w->server, now));
    flush_replies(w);
    const uint64_t *count = w->gifts.counters->value;
    if (w->draining && count[COUNT_PENDING] == 0 && count[COUNT_TCP_OPEN] == 0)
        event_base_loopbreak(w->base);
    event_add(w->tick, &after);
}

static void open_sockets(struct worker *w)
{
    for (unsigned i = 0; i < LISTEN_MOST; i++) {
        if (w->gifts.udp[i] >= 0 &&
            udp_open(w->base, w->gifts.udp[i], i, w->server, &w->udp[i]) != STATUS_OK)
            role_die("a UDP socket cannot be used");
        if (w->gifts.tcp[i] >= 0 && tcp_listen(w->tcp, w->gifts.tcp[i], i) != STATUS_OK)
            role_die("a TCP socket cannot be used");
    }
}

/* Answers matter more than this table: without it the inspector knows less, and that is all. */
static void open_told(struct worker *w)
{
    struct told *told;
    if (w->gifts.told < 0)
        return;
    enum status status = told_open(w->gifts.told, true, &told);
    close(w->gifts.told);
    if (status == STATUS_OK)
        server_set_told(w->server, told);
    else
        log_error("the table of what was told whom cannot be used: %s", status_text(status));
}

static void open_world(struct worker *w)
{
    static const struct channel_events events = {on_parent_parcel, NULL, on_parent_close};
    const struct outlets outlets = {w, on_reply, on_ask, on_record};
    struct server_secrets secrets;

    if (!birth_read(w->gifts.secret, &secrets, sizeof secrets))
        role_die("the secret has another size than ours");
    if (ring_open(w->gifts.ring[0], EVENT_DNS_SIZE, &w->ring) != STATUS_OK)
        role_die("the event ring cannot be mapped");
    w->base = event_base_new();
    if (w->base == NULL ||
        server_new(w->gifts.config, &secrets, w->gifts.counters, &outlets, &w->server) !=
            STATUS_OK ||
        tcp_new(w->base, w->gifts.config, w->server, w->gifts.counters, &w->tcp) != STATUS_OK)
        role_die("out of memory");
    open_told(w);
    adopt_policy(w, w->gifts.policy, w->gifts.generation);
    for (unsigned i = 0; i < WORKERS_MOST; i++)
        if (w->gifts.channel[i] >= 0)
            connect_resolver(w, i, w->gifts.channel[i]);
    w->parent = channel_open(w->base, ROLE_CHANNEL, &events, w);
    w->tick = evtimer_new(w->base, on_tick, w);
    if (w->parent == NULL || w->tick == NULL)
        role_die("out of memory");
}

int serve_main(unsigned number)
{
    static struct worker w;
    birth_take(&w.gifts);
    open_world(&w);
    open_sockets(&w); /* last: no question is read before the policy stands */
    if (channel_send(w.parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    on_tick(-1, 0, &w);
    event_base_dispatch(w.base);
    flush_replies(&w);
    return 0;
}
