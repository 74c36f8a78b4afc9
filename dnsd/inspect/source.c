/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * source - a capture, a lane, or both.
 */
#include "inspect/source.h"

#include "process/birth.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 256, NAME_SIZE = CONFIG_WORD_SIZE, GROUPS_OF_A_PARENT = INTERFACES_MOST };

struct source {
    char name[NAME_SIZE];
    struct capture *capture; /* NULL: mode inline */
    struct lane *lane;       /* NULL: mode watch */
    struct watcher *watcher; /* of the batch that is read */
    unsigned ordered;        /* in it */
};

static enum status open_capture(struct source *source, const struct config *config, unsigned number,
                                char why[CAPTURE_WHY_SIZE])
{
    const unsigned workers = config->inspectd.workers, interface = number / workers;

    if (interface >= config->inspectd.interface_count) {
        snprintf(why, CAPTURE_WHY_SIZE, "there is no interface for inspect %u", number);
        return STATUS_INVALID;
    }
    snprintf(source->name, NAME_SIZE, "%s", config->inspectd.interfaces[interface]);
    const struct capture_options options = {
        .place = source->name,
        .filter = config->inspectd.filter,
        .snap = config->inspectd.snap,
        .buffer = config->inspectd.buffer,
        .promiscuous = config->inspectd.promiscuous != 0,
        /* The same for all workers of an interface, and another for each interface; never 0. */
        .fanout = workers == 1
                      ? 0
                      : (uint16_t)((unsigned)getppid() * GROUPS_OF_A_PARENT + interface) | 0x8000,
    };
    return capture_live.open(&options, why, &source->capture);
}

enum status source_open(const struct gifts *gifts, unsigned number, char why[CAPTURE_WHY_SIZE],
                        struct source **out)
{
    const struct config *config = gifts->config;
    struct source *source = calloc(1, sizeof *source);
    enum status status = STATUS_OK;

    snprintf(why, CAPTURE_WHY_SIZE, "out of memory");
    if (source == NULL)
        return STATUS_NO_MEMORY;
    if (config->inspectd.mode != INSPECT_WATCH) {
        source->lane = lane_open(&gifts->lanes[0]);
        status = source->lane != NULL ? STATUS_OK : STATUS_INVALID;
        snprintf(why, CAPTURE_WHY_SIZE, "the parent gave no lane to gate");
    }
    if (status == STATUS_OK && config->inspectd.mode != INSPECT_INLINE)
        status = open_capture(source, config, number, why);
    else
        snprintf(source->name, NAME_SIZE, "queue %u", config->inspectd.gate.queue + number);
    if (status != STATUS_OK) {
        source_close(source);
        return status;
    }
    *out = source;
    return STATUS_OK;
}

void source_close(struct source *source)
{
    if (source == NULL)
        return;
    if (source->capture != NULL)
        capture_live.close(source->capture);
    lane_close(source->lane);
    free(source);
}

const char *source_place(const struct source *source)
{
    return source->name;
}

int source_descriptor(const struct source *source)
{
    return source->capture != NULL ? capture_live.descriptor(source->capture)
                                   : lane_inspect_bell(source->lane);
}

/* The packet is on its way already: gate is told when there is something to tell. */
static void on_captured(void *owner, const struct captured *captured)
{
    struct source *source = owner;
    const struct packet packet = {captured->link, captured->bytes, captured->sent, captured->at};
    struct lane_order order = {.word = LANE_STOP};

    if (watch_packet(source->watcher, &packet) != ORDER_STOP || source->lane == NULL ||
        !watch_stop(source->watcher, &order.stop))
        return;
    (void)lane_put_order(source->lane, &order);
    source->ordered++;
}

/* It waits for its order. One for which there is no room waits until gate loses patience. */
static void show_lane_packet(struct source *source, const struct lane_packet *from)
{
    static const enum lane_word words[] = {
        [ORDER_PASS] = LANE_PASS,
        [ORDER_PASS_SERVER_HEARD] = LANE_PASS_SERVER_HEARD,
        [ORDER_PASS_HEARD] = LANE_PASS_HEARD,
        [ORDER_STOP] = LANE_STOP,
    };
    const struct packet packet = {LINK_RAW, span_of(from->bytes, from->length), from->sent,
                                  from->at};
    struct lane_order order = {.id = from->id};

    order.word = words[watch_packet(source->watcher, &packet)];
    if (order.word == LANE_STOP)
        (void)watch_stop(source->watcher, &order.stop);
    (void)lane_put_order(source->lane, &order);
    source->ordered++;
}

static unsigned read_lane(struct source *source)
{
    static struct lane_packet packet;
    unsigned count = 0;

    lane_hush(lane_inspect_bell(source->lane));
    for (; count < BATCH && lane_take_packet(source->lane, &packet); count++)
        show_lane_packet(source, &packet);
    return count;
}

enum status source_read(struct source *source, struct watcher *watcher, bool *more,
                        char why[CAPTURE_WHY_SIZE])
{
    enum status status = STATUS_OK;
    unsigned count = 0;

    source->watcher = watcher;
    source->ordered = 0;
    if (source->capture != NULL)
        status = capture_live.read(source->capture, BATCH, on_captured, source, &count, why);
    else
        count = read_lane(source);
    if (source->ordered > 0)
        lane_ring_gate(source->lane);
    *more = count == BATCH;
    return status;
}

struct capture_counts source_counts(struct source *source)
{
    return source->capture != NULL ? capture_live.counts(source->capture)
                                   : (struct capture_counts){0};
}
