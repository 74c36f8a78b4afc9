/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the inspect role: one loop that joins a source of packets, events and struct watcher.
 */
#include "inspect/main.h"

#include "base/clock.h"
#include "inspect/setup.h"
#include "inspect/intake.h"
#include "inspect/station.h"
#include "process/birth.h"
#include "process/channel.h"
#include "process/role.h"
#include "process/told.h"
#include "wire/ja4.h"
#include "wire/quic.h"

#include <event2/event.h>
#include <unistd.h>

enum { TICK_MS = 200 };

struct inspector {
    struct gifts gifts;
    struct event_base *base;
    struct channel *parent;
    struct event *tick, *readable;
    struct intake *intake;
    struct watcher *watcher;
    struct station *station;
    struct policy *policy;
    struct told *told;
    struct prefix resolvers[SETUP_RESOLVERS_MOST];
};

static struct inspector inspector;

/* OpenSSL reads its configuration and fetches what it needs when first used: before the sandbox. */
static void warm_up(void)
{
    static const uint8_t id[8];
    struct quic_keys keys;
    char text[JA4_TEXT_SIZE];

    ja4_write(&(struct hello){0}, 't', text);
    if (quic_initial_keys(QUIC_V1, span_of(id, sizeof id), QUIC_CLIENT, &keys) != STATUS_OK)
        role_die("OpenSSL does not work");
}

/* What needs CAP_NET_RAW is here alone. */
void inspect_prepare(unsigned number)
{
    struct inspector *in = &inspector;
    char why[CAPTURE_WHY_SIZE];

    warm_up();
    birth_take(&in->gifts);
    if (in->gifts.config == NULL || in->gifts.counters == NULL || in->gifts.ring[0] < 0 ||
        in->gifts.policy < 0)
        role_die("the parent gave too little");
    if (intake_open(&in->gifts, number, why, &in->intake) != STATUS_OK)
        role_die("%s", why);
}

/* Packets. */

static void read_packets(struct inspector *in)
{
    char why[CAPTURE_WHY_SIZE];
    bool more;

    if (intake_read(in->intake, in->watcher, &more, why) != STATUS_OK)
        role_die("cannot read packets of %s any more: %s", intake_name(in->intake), why);
    if (more) /* first the others' turn */
        event_active(in->readable, EV_READ, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *owner)
{
    read_packets(owner);
}

/* The parent. */

static void adopt_policy(struct inspector *in, int fd, uint32_t generation)
{
    struct policy *next;
    enum status status = policy_open_again(fd, &next);
    close(fd);
    if (status != STATUS_OK)
        role_die("the policy cannot be mapped: %s", status_text(status));
    watcher_use(in->watcher, next, generation);
    station_use(in->station, generation);
    policy_close(in->policy);
    in->policy = next;
    policy_expire(next, clock_date(clock_wall()));
    in->gifts.counters->value[COUNT_POLICY_SWAPS]++;
}

/* Without it sightings say less; it is never a reason to be blind. */
static void adopt_told(struct inspector *in, int fd)
{
    struct told *next;
    enum status status = told_open(fd, false, &next);
    close(fd);
    if (status != STATUS_OK) {
        log_warning("dnsd's table of what it told whom cannot be used: %s", status_text(status));
        return;
    }
    watcher_told(in->watcher, next);
    told_close(in->told);
    in->told = next;
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct inspector *in = owner;
    const struct message_gift *gift;
    const struct message_policy *policy;
    const struct message_level *level;

    if ((policy = parcel_open(parcel, MESSAGE_POLICY, sizeof *policy)) != NULL && parcel->fd >= 0)
        adopt_policy(in, parcel->fd, policy->generation);
    else if ((gift = parcel_open(parcel, MESSAGE_GIFT, sizeof *gift)) != NULL &&
             gift->gift == GIFT_TOLD && parcel->fd >= 0)
        adopt_told(in, parcel->fd);
    else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL)
        log_set_level(level->level);
    else if (parcel_open(parcel, MESSAGE_DRAIN, 0) != NULL)
        event_base_loopbreak(in->base);
    else
        role_die("the parent sent message %u, which inspect does not know", parcel->kind);
}

static void on_close(void *owner)
{
    event_base_loopbreak(((struct inspector *)owner)->base);
}

/* Time. */

static void on_tick(evutil_socket_t fd, short what, void *owner)
{
    struct inspector *in = owner;
    const struct moment now = {clock_now(), clock_wall()};

    policy_expire(in->policy, clock_date(now.wall));
    watch_tick(in->watcher, now.wall);
    const struct watch_counts watched = watch_counts(in->watcher);
    const struct capture_counts captured = intake_counts(in->intake);
    station_tick(in->station, &watched, &captured, now);
}

static void open_watcher(struct inspector *in)
{
    const struct config *config = in->gifts.config;

    in->station = station_new(in->gifts.ring[0], in->gifts.counters, intake_name(in->intake),
                              config->inspectd.events.sample);
    close(in->gifts.ring[0]);
    if (in->station == NULL)
        role_die("the event ring cannot be mapped");
    const struct watch_output output = {in->station, station_event, NULL};
    in->watcher = setup_watcher(config, &output, in->resolvers);
    if (in->watcher == NULL)
        role_die("no memory for the %llu bytes of `inspectd: memory`; make it smaller",
                 (unsigned long long)config->inspectd.memory);
    setup_mode(config, in->watcher);
}

static void open_loop(struct inspector *in)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    const struct timeval each = clock_timeval(TICK_MS);
    int fd = intake_descriptor(in->intake);

    in->base = event_base_new();
    if (in->base != NULL && fd >= 0) {
        in->parent = channel_open(in->base, ROLE_CHANNEL, &events, in);
        in->tick = event_new(in->base, -1, EV_PERSIST, on_tick, in);
        in->readable = event_new(in->base, fd, EV_READ | EV_PERSIST, on_readable, in);
    }
    if (in->parent == NULL || in->tick == NULL || in->readable == NULL ||
        event_add(in->tick, &each) != 0 || event_add(in->readable, NULL) != 0)
        role_die("out of memory");
}

int inspect_main(unsigned number)
{
    struct inspector *in = &inspector;

    open_watcher(in);
    adopt_policy(in, in->gifts.policy, in->gifts.generation);
    if (in->gifts.told >= 0)
        adopt_told(in, in->gifts.told);
    open_loop(in);
    station_begin(in->station, (struct moment){clock_now(), clock_wall()});
    if (channel_send(in->parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    event_base_dispatch(in->base);
    read_packets(in); /* what waits already */
    on_tick(-1, 0, in);
    return 0;
}
