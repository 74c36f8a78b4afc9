/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * intake - a capture, a lane, or both.
 */
#include "inspect/intake.h"

#include "process/birth.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 256, NAME_SIZE = CONFIG_WORD_SIZE, GROUPS_OF_A_PARENT = INTERFACES_MOST };

struct intake {
    char name[NAME_SIZE];
    struct capture *capture; /* NULL: mode inline */
    struct lane *lane;       /* NULL: mode watch */
    struct watcher *watcher; /* of the batch that is read */
    unsigned ordered;        /* in it */
};

static enum status open_capture(struct intake *intake, const struct config *config, unsigned number,
                                char why[CAPTURE_WHY_SIZE])
{
    const unsigned workers = config->inspectd.workers, interface = number / workers;

    if (interface >= config->inspectd.interface_count) {
        snprintf(why, CAPTURE_WHY_SIZE, "there is no interface for inspect %u", number);
        return STATUS_INVALID;
    }
    snprintf(intake->name, NAME_SIZE, "%s", config->inspectd.interfaces[interface]);
    const struct capture_options options = {
        .place = intake->name,
        .filter = config->inspectd.filter,
        .snap = config->inspectd.snap,
        .buffer = config->inspectd.buffer,
        .promiscuous = config->inspectd.promiscuous != 0,
        /* The same for all workers of an interface, and another for each interface; never 0. */
        .fanout = workers == 1
                      ? 0
                      : (uint16_t)((unsigned)getppid() * GROUPS_OF_A_PARENT + interface) | 0x8000,
    };
    return capture_live.open(&options, why, &intake->capture);
}

enum status intake_open(const struct gifts *gifts, unsigned number, char why[CAPTURE_WHY_SIZE],
                        struct intake **out)
{
    const struct config *config = gifts->config;
    struct intake *intake = calloc(1, sizeof *intake);
    enum status status = STATUS_OK;

    snprintf(why, CAPTURE_WHY_SIZE, "out of memory");
    if (intake == NULL)
        return STATUS_NO_MEMORY;
    if (config->inspectd.mode != INSPECT_WATCH) {
        intake->lane = lane_open(&gifts->lanes[0]);
        status = intake->lane != NULL ? STATUS_OK : STATUS_INVALID;
        snprintf(why, CAPTURE_WHY_SIZE, "the parent gave no lane to gate");
    }
    if (status == STATUS_OK && config->inspectd.mode != INSPECT_INLINE)
        status = open_capture(intake, config, number, why);
    else
        snprintf(intake->name, NAME_SIZE, "queue %u", config->inspectd.gate.queue + number);
    if (status != STATUS_OK) {
        intake_close(intake);
        return status;
    }
    *out = intake;
    return STATUS_OK;
}

void intake_close(struct intake *intake)
{
    if (intake == NULL)
        return;
    if (intake->capture != NULL)
        capture_live.close(intake->capture);
    lane_close(intake->lane);
    free(intake);
}

const char *intake_name(const struct intake *intake)
{
    return intake->name;
}

int intake_descriptor(const struct intake *intake)
{
    return intake->capture != NULL ? capture_live.descriptor(intake->capture)
                                   : lane_inspect_bell(intake->lane);
}

/* The packet is on its way already: gate is told when there is something to tell. */
static void on_captured(void *owner, const struct captured *captured)
{
    struct intake *intake = owner;
    const struct packet packet = {captured->link, captured->bytes, captured->sent, captured->at};
    struct lane_order order = {.word = LANE_STOP};

    if (watch_packet(intake->watcher, &packet) != ORDER_STOP || intake->lane == NULL ||
        !watch_stop(intake->watcher, &order.stop))
        return;
    (void)lane_put_order(intake->lane, &order);
    intake->ordered++;
}

/* It waits for its order. One for which there is no room waits until gate loses patience. */
static void show_lane_packet(struct intake *intake, const struct lane_packet *from)
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

    order.word = words[watch_packet(intake->watcher, &packet)];
    if (order.word == LANE_STOP)
        (void)watch_stop(intake->watcher, &order.stop);
    (void)lane_put_order(intake->lane, &order);
    intake->ordered++;
}

static unsigned read_lane(struct intake *intake)
{
    static struct lane_packet packet;
    unsigned count = 0;

    lane_hush(lane_inspect_bell(intake->lane));
    for (; count < BATCH && lane_take_packet(intake->lane, &packet); count++)
        show_lane_packet(intake, &packet);
    return count;
}

enum status intake_read(struct intake *intake, struct watcher *watcher, bool *more,
                        char why[CAPTURE_WHY_SIZE])
{
    enum status status = STATUS_OK;
    unsigned count = 0;

    intake->watcher = watcher;
    intake->ordered = 0;
    if (intake->capture != NULL)
        status = capture_live.read(intake->capture, BATCH, on_captured, intake, &count, why);
    else
        count = read_lane(intake);
    if (intake->ordered > 0)
        lane_ring_gate(intake->lane);
    *more = count == BATCH;
    return status;
}

struct capture_counts intake_counts(struct intake *intake)
{
    return intake->capture != NULL ? capture_live.counts(intake->capture)
                                   : (struct capture_counts){0};
}
