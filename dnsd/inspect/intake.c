/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * intake - a capture, and a lane where somebody obeys.
 */
#include "inspect/intake.h"

#include "process/birth.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH = 256,
    NO_ROOM_US = 2000,
    NAME_SIZE = CONFIG_WORD_SIZE,
    GROUPS_OF_A_PARENT = INTERFACES_MOST
};

struct intake {
    char name[NAME_SIZE];
    const struct capture_source *source;
    struct capture *capture;
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
        .at_once = config->inspectd.mode == INSPECT_TAP,
        /* The same for all workers of an interface, and another for each interface; never 0. */
        .fanout = workers == 1
                      ? 0
                      : (uint16_t)((unsigned)getppid() * GROUPS_OF_A_PARENT + interface) | 0x8000,
    };
    return capture_live.open(&options, why, &intake->capture);
}

static enum status open_queue(struct intake *intake, const struct gifts *gifts, unsigned number,
                              char why[CAPTURE_WHY_SIZE])
{
    snprintf(intake->name, NAME_SIZE, "queue %u", gifts->config->inspectd.gate.queue + number);
    const struct capture_options options = {.place = intake->name, .descriptor = gifts->queue[0]};
    return capture_queue.open(&options, why, &intake->capture);
}

enum status intake_open(const struct gifts *gifts, unsigned number, char why[CAPTURE_WHY_SIZE],
                        struct intake **out)
{
    const struct config *config = gifts->config;
    struct intake *intake = calloc(1, sizeof *intake);

    snprintf(why, CAPTURE_WHY_SIZE, "out of memory");
    if (intake == NULL)
        return STATUS_NO_MEMORY;
    bool is_inline = config->inspectd.mode == INSPECT_INLINE;
    intake->source = is_inline ? &capture_queue : &capture_live;
    enum status status = is_inline ? open_queue(intake, gifts, number, why)
                                   : open_capture(intake, config, number, why);
    if (status == STATUS_OK && config->inspectd.mode != INSPECT_WATCH) {
        intake->lane = lane_open(&gifts->lanes[0]);
        status = intake->lane != NULL ? STATUS_OK : STATUS_INVALID;
        snprintf(why, CAPTURE_WHY_SIZE, "the parent gave no lane to gate");
    }
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
        intake->source->close(intake->capture);
    lane_close(intake->lane);
    free(intake);
}

const char *intake_name(const struct intake *intake)
{
    return intake->name;
}

int intake_descriptor(const struct intake *intake)
{
    return intake->source->descriptor(intake->capture);
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

/* It waits for its order. */
static void on_queued(void *owner, const struct captured *captured)
{
    static const enum lane_word words[] = {
        [ORDER_PASS] = LANE_PASS,
        [ORDER_PASS_SERVER_HEARD] = LANE_PASS_SERVER_HEARD,
        [ORDER_PASS_HEARD] = LANE_PASS_HEARD,
        [ORDER_STOP] = LANE_STOP,
    };
    struct intake *intake = owner;
    const struct packet packet = {captured->link, captured->bytes, captured->sent, captured->at};
    struct lane_order order = {.id = captured->id, .mark = captured->mark};

    order.word = words[watch_packet(intake->watcher, &packet)];
    if (order.word == LANE_STOP)
        (void)watch_stop(intake->watcher, &order.stop);
    (void)lane_put_order(intake->lane, &order);
    intake->ordered++;
}

/* One by one: none is taken out of the queue for whose order there is no room. */
static enum status read_queue(struct intake *intake, unsigned *count, char why[CAPTURE_WHY_SIZE])
{
    enum status status = STATUS_OK;
    unsigned one = 1;

    for (*count = 0; status == STATUS_OK && one == 1 && *count < BATCH; *count += one) {
        if (!lane_has_room(intake->lane)) {
            usleep(NO_ROOM_US); /* gate is away, and the queue stays readable */
            break;
        }
        status = capture_queue.read(intake->capture, 1, on_queued, intake, &one, why);
    }
    return status;
}

enum status intake_read(struct intake *intake, struct watcher *watcher, bool *more,
                        char why[CAPTURE_WHY_SIZE])
{
    enum status status;
    unsigned count = 0;

    intake->watcher = watcher;
    intake->ordered = 0;
    if (intake->source == &capture_queue)
        status = read_queue(intake, &count, why);
    else
        status = capture_live.read(intake->capture, BATCH, on_captured, intake, &count, why);
    if (intake->ordered > 0)
        lane_ring(intake->lane);
    *more = count == BATCH;
    return status;
}

struct capture_counts intake_counts(struct intake *intake)
{
    return intake->source->counts(intake->capture);
}
