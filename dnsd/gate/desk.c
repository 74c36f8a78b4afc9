/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desk - a window of packets that wait for their verdict, first come, first served.
 *
 * Packets have numbers of the lane's own that grow by one, so an order that is missing shows, and
 * one that comes too late is known by its number.
 */
#include "gate/desk.h"

#include "base/log.h"

#include <event2/event.h>
#include <stdlib.h>

enum { READ_MOST = 256, WINDOW = LANE_SLOTS };

struct waiting {
    uint32_t id, mark; /* the kernel's */
    clock_ms since;
};

struct desk {
    struct desk_options options;
    struct lane *lane;
    struct holder *holder;
    struct counters *counters;
    struct event *readable, *bell;
    uint64_t first, next; /* numbers: the oldest that waits, the next to come */
    bool blind, paused;   /* nobody judges; the queue is not read */
    uint64_t blind_until; /* an order about this one or a later one ends it */
    clock_ms blind_since;
    struct lane_packet packet;     /* on its way into the lane */
    struct waiting window[WINDOW]; /* at the number modulo WINDOW */
};

struct desk *desk_new(const struct desk_options *options, const struct lane_files *files,
                      struct holder *holder, struct counters *counters)
{
    struct desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL) {
        queue_close(options->queue);
        return NULL;
    }
    desk->options = *options;
    desk->holder = holder;
    desk->counters = counters;
    desk->first = desk->next = clock_wall(); /* beyond all that a predecessor numbered */
    desk->lane = lane_open(files);
    if (desk->lane != NULL)
        return desk;
    desk_free(desk);
    return NULL;
}

/* Verdicts. */

static void bypass(struct desk *desk)
{
    const struct waiting *oldest = &desk->window[desk->first++ % WINDOW];

    desk->counters->value[COUNT_BYPASSED]++;
    if (desk->options.closed)
        queue_drop(desk->options.queue, oldest->id);
    else
        queue_verdict(desk->options.queue, oldest->id, oldest->mark, LANE_PASS);
}

static void bypass_all(struct desk *desk)
{
    while (desk->first < desk->next)
        bypass(desk);
    queue_send(desk->options.queue);
}

static void go_blind(struct desk *desk, clock_ms now)
{
    desk->blind = true;
    desk->blind_until = desk->next;
    desk->blind_since = now;
    log_warning("inspect %u has said nothing for %u ms: packets %s until it does (bypass: %s)",
                desk->options.number, desk->options.patience_ms,
                desk->options.closed ? "are held back" : "pass",
                desk->options.closed ? "closed" : "open");
    bypass_all(desk);
}

static void see_again(struct desk *desk)
{
    desk->blind = false;
    log_info("inspect %u judges again, after %llu ms", desk->options.number,
             (unsigned long long)(clock_now() - desk->blind_since));
}

static void take_order(struct desk *desk, const struct lane_order *order, clock_us now)
{
    enum lane_word word = order->word;

    if (word == LANE_STOP && !holder_stop(desk->holder, &order->stop, now))
        word = LANE_PASS;
    if (desk->blind && order->id >= desk->blind_until)
        see_again(desk);
    if (order->id < desk->first || order->id >= desk->next)
        return; /* its packet has had another verdict, or none was asked for */
    while (desk->first < order->id)
        bypass(desk); /* inspect left it out */
    const struct waiting *oldest = &desk->window[desk->first++ % WINDOW];
    queue_verdict(desk->options.queue, oldest->id, oldest->mark, word);
}

/* Packets. */

static void on_packet(void *owner, const struct queue_packet *from)
{
    struct desk *desk = owner;
    struct lane_packet *packet = &desk->packet;
    size_t length = from->bytes.length < LANE_BYTES_MOST ? from->bytes.length : LANE_BYTES_MOST;

    desk->counters->value[COUNT_QUEUED]++;
    desk->window[desk->next % WINDOW] = (struct waiting){from->id, from->mark, clock_now()};
    packet->id = desk->next++;
    packet->at = clock_wall();
    packet->sent = from->sent;
    packet->length = (uint32_t)length;
    memcpy(packet->bytes, from->bytes.at, length);
    /* Full: inspect is far behind. Then its number is left out, and bypass() has the word. */
    (void)lane_put_packet(desk->lane, packet);
    if (desk->blind)
        bypass_all(desk);
}

/* As many as may wait for a verdict. */
static void read_packets(struct desk *desk)
{
    uint64_t *overruns = &desk->counters->value[COUNT_QUEUE_OVERRUNS], before = *overruns;
    uint64_t room = WINDOW - (desk->next - desk->first);

    (void)queue_read(desk->options.queue, room < READ_MOST ? (unsigned)room : READ_MOST, on_packet,
                     desk, overruns);
    if (*overruns != before)
        log_warning("packets that waited for inspect %u found no room in the kernel's queue",
                    desk->options.number);
    lane_ring_inspect(desk->lane);
    bool full = desk->next - desk->first == WINDOW;
    if (full == desk->paused)
        return;
    desk->paused = full;
    if (full)
        event_del(desk->readable);
    else
        event_add(desk->readable, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *owner)
{
    read_packets(owner);
}

static void on_bell(evutil_socket_t fd, short what, void *owner)
{
    struct desk *desk = owner;
    struct lane_order order;
    const clock_us now = clock_wall();

    lane_hush(fd);
    while (lane_take_order(desk->lane, &order))
        take_order(desk, &order, now);
    holder_send(desk->holder);
    if (desk->options.queue == NULL)
        return;
    queue_send(desk->options.queue);
    if (desk->paused)
        read_packets(desk);
}

enum status desk_run(struct desk *desk, struct event_base *base)
{
    desk->bell = event_new(base, lane_gate_bell(desk->lane), EV_READ | EV_PERSIST, on_bell, desk);
    if (desk->bell == NULL || event_add(desk->bell, NULL) != 0)
        return STATUS_NO_MEMORY;
    if (desk->options.queue == NULL)
        return STATUS_OK;
    desk->readable = event_new(base, queue_descriptor(desk->options.queue), EV_READ | EV_PERSIST,
                               on_readable, desk);
    return desk->readable != NULL && event_add(desk->readable, NULL) == 0 ? STATUS_OK
                                                                          : STATUS_NO_MEMORY;
}

void desk_tick(struct desk *desk, clock_ms now)
{
    if (desk->options.queue == NULL || desk->first == desk->next)
        return;
    if (now - desk->window[desk->first % WINDOW].since < desk->options.patience_ms)
        return;
    go_blind(desk, now);
    if (desk->paused)
        read_packets(desk);
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    if (desk->options.queue != NULL)
        bypass_all(desk);
    if (desk->readable != NULL)
        event_free(desk->readable);
    if (desk->bell != NULL)
        event_free(desk->bell);
    queue_close(desk->options.queue);
    lane_close(desk->lane);
    free(desk);
}
