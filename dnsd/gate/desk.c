/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * desk - the last packet that has its verdict, and how long ago that was.
 *
 * The kernel's numbers grow by one, so an order that is missing shows, and one that comes too late
 * is known by its number.
 */
#include "gate/desk.h"

#include "base/log.h"

#include <event2/event.h>
#include <stdlib.h>

/* Who floods the queue, or makes inspect slow, is a stranger. */
enum { SAY_EACH_MS = 10000 };

struct desk {
    struct desk_options options;
    struct lane *lane;
    struct holder *holder;
    struct counters *counters;
    struct event *bell;
    bool began;     /* `last` is known */
    uint32_t last;  /* up to this one, all packets have their verdict */
    clock_ms moved; /* when that was not so for the first time, or when `last` moved */
    bool waits, blind, blind_said;
    clock_ms blind_since, blind_said_at, lost_said_at;
    bool looked;                /* `lost` is known: what was lost before is a predecessor's */
    uint64_t lost, lost_unsaid; /* unsaid: of it, not yet in the log */
};

struct desk *desk_new(const struct desk_options *options, const struct lane_files *files,
                      struct holder *holder, struct counters *counters)
{
    struct desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL) {
        verdicts_free(options->verdicts);
        return NULL;
    }
    desk->options = *options;
    desk->holder = holder;
    desk->counters = counters;
    desk->lane = lane_open(files);
    if (desk->lane != NULL)
        return desk;
    desk_free(desk);
    return NULL;
}

void desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    if (desk->bell != NULL)
        event_free(desk->bell);
    verdicts_free(desk->options.verdicts);
    lane_close(desk->lane);
    free(desk);
}

/* Packets between the last verdict and an order: inspect has read them and said nothing, as one
 * that died of them would. What a predecessor of ours may have been told of packets is not known:
 * they are dropped, and their senders ask again. */
static void make_up(struct desk *desk, uint32_t before)
{
    if (desk->began && desk->last == before)
        return;
    if (desk->began)
        desk->counters->value[COUNT_BYPASSED] += before - desk->last;
    verdicts_all(desk->options.verdicts, before, desk->began && !desk->options.closed);
    desk->began = true;
    desk->last = before;
}

static void see_again(struct desk *desk, clock_ms now)
{
    desk->blind = false;
    if (desk->blind_said)
        log_info("inspect %u judges again, after %llu ms", desk->options.number,
                 (unsigned long long)(now - desk->blind_since));
}

/* An order about no packet that waits shows no life: its number may be anything. */
static void take_order(struct desk *desk, const struct lane_order *order, clock_us wall)
{
    enum lane_word word = order->word;

    if (word == LANE_STOP && !holder_stop(desk->holder, &order->stop, wall))
        word = LANE_PASS;
    if (desk->options.verdicts == NULL || (desk->began && (int32_t)(order->id - desk->last) <= 0))
        return; /* no packet waits for it, or it has had another verdict */
    desk->moved = clock_now();
    if (desk->blind)
        see_again(desk, desk->moved);
    make_up(desk, order->id - 1);
    desk->counters->value[COUNT_QUEUED]++;
    verdicts_put(desk->options.verdicts, order->id, order->mark, word);
    desk->last = order->id;
}

static void on_bell(evutil_socket_t fd, short what, void *owner)
{
    struct desk *desk = owner;
    struct lane_order order;
    const clock_us wall = clock_wall();
    unsigned taken = 0;

    lane_hush(desk->lane);
    for (; taken < LANE_SLOTS && lane_take_order(desk->lane, &order); taken++)
        take_order(desk, &order, wall);
    if (taken == LANE_SLOTS) /* others wait, too */
        lane_ring(desk->lane);
    holder_send(desk->holder);
    if (desk->options.verdicts != NULL)
        verdicts_send(desk->options.verdicts);
}

enum status desk_run(struct desk *desk, struct event_base *base)
{
    desk->bell = event_new(base, lane_bell(desk->lane), EV_READ | EV_PERSIST, on_bell, desk);
    return desk->bell != NULL && event_add(desk->bell, NULL) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static bool may_say(clock_ms *said_at, clock_ms now)
{
    const bool may = *said_at == 0 || now - *said_at >= SAY_EACH_MS;

    if (may)
        *said_at = now;
    return may;
}

static void count_lost(struct desk *desk, const struct backlog_queue *queue, clock_ms now)
{
    if (desk->looked && queue->lost > desk->lost) {
        desk->counters->value[COUNT_QUEUE_OVERRUNS] += queue->lost - desk->lost;
        desk->lost_unsaid += queue->lost - desk->lost;
    }
    desk->looked = true;
    desk->lost = queue->lost;
    if (desk->lost_unsaid == 0 || !may_say(&desk->lost_said_at, now))
        return;
    log_warning("%llu packets found no room in queue %u: give inspectd more `workers`",
                (unsigned long long)desk->lost_unsaid, queue->number);
    desk->lost_unsaid = 0;
}

static void bypass(struct desk *desk, const struct backlog_queue *queue)
{
    desk->counters->value[COUNT_BYPASSED] += queue->waiting;
    verdicts_all(desk->options.verdicts, queue->last, desk->began && !desk->options.closed);
    desk->began = true;
    desk->last = queue->last;
}

void desk_tick(struct desk *desk, const struct backlog_queue *queue, clock_ms now)
{
    if (desk->options.verdicts == NULL || queue == NULL)
        return;
    count_lost(desk, queue, now);
    if (queue->waiting == 0) {
        desk->waits = false;
        return;
    }
    if (!desk->waits)
        desk->moved = now;
    desk->waits = true;
    if (!desk->blind && now - desk->moved < desk->options.patience_ms)
        return;
    if (!desk->blind) {
        desk->blind_since = now;
        desk->blind_said = may_say(&desk->blind_said_at, now);
    }
    if (!desk->blind && desk->blind_said)
        log_warning("inspect %u has said nothing for %u ms: packets %s until it does (bypass: %s)",
                    desk->options.number, desk->options.patience_ms,
                    desk->options.closed ? "are held back" : "pass",
                    desk->options.closed ? "closed" : "open");
    desk->blind = true;
    bypass(desk, queue);
}
