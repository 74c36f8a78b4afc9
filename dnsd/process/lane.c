/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lane - process/ring.h twice, and two eventfds.
 */
#include "process/lane.h"

#include "process/ring.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lane {
    struct ring *packets, *orders;
    int inspect_bell, gate_bell;
};

enum status lane_make(struct lane_files *out)
{
    *out = (struct lane_files){-1, -1, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                               eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    enum status status = out->inspect_bell < 0 || out->gate_bell < 0 ? STATUS_SYSTEM : STATUS_OK;

    if (status == STATUS_OK)
        status = ring_make(LANE_SLOTS, sizeof(struct lane_packet), &out->packets);
    if (status == STATUS_OK)
        status = ring_make(LANE_SLOTS, sizeof(struct lane_order), &out->orders);
    if (status != STATUS_OK)
        lane_close_files(out);
    return status;
}

void lane_close_files(struct lane_files *files)
{
    int *const fds[] = {&files->packets, &files->orders, &files->inspect_bell, &files->gate_bell};

    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

struct lane *lane_open(const struct lane_files *files)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (lane == NULL)
        return NULL;
    lane->inspect_bell = files->inspect_bell;
    lane->gate_bell = files->gate_bell;
    if (files->inspect_bell >= 0 && files->gate_bell >= 0 &&
        ring_open(files->packets, sizeof(struct lane_packet), &lane->packets) == STATUS_OK &&
        ring_open(files->orders, sizeof(struct lane_order), &lane->orders) == STATUS_OK)
        return lane;
    lane_close(lane);
    return NULL;
}

void lane_close(struct lane *lane)
{
    if (lane == NULL)
        return;
    ring_close(lane->packets);
    ring_close(lane->orders);
    free(lane);
}

bool lane_put_packet(struct lane *lane, const struct lane_packet *packet)
{
    return ring_put(lane->packets, packet, offsetof(struct lane_packet, bytes) + packet->length);
}

bool lane_put_order(struct lane *lane, const struct lane_order *order)
{
    return ring_put(lane->orders, order,
                    order->word == LANE_STOP ? sizeof *order : offsetof(struct lane_order, stop));
}

/* What was taken is done with at once: a packet that its reader dies of must not come again. */
static size_t take(struct ring *ring, void *record)
{
    size_t length = ring_peek(ring, record);

    if (length > 0) {
        ring_take(ring, 0);
        ring_release(ring);
    }
    return length;
}

bool lane_take_packet(struct lane *lane, struct lane_packet *out)
{
    const size_t head = offsetof(struct lane_packet, bytes);
    size_t length;

    while ((length = take(lane->packets, out)) > 0) {
        if (length >= head && out->length == length - head)
            return true;
    }
    return false;
}

bool lane_take_order(struct lane *lane, struct lane_order *out)
{
    size_t length;

    while ((length = take(lane->orders, out)) > 0) {
        if (length >= offsetof(struct lane_order, stop) && out->word < LANE_WORDS &&
            (out->word != LANE_STOP || length == sizeof *out))
            return true;
    }
    return false;
}

static void ring_bell(int bell)
{
    const uint64_t one = 1;
    (void)!write(bell, &one, sizeof one); /* full: it rings already */
}

void lane_ring_inspect(struct lane *lane)
{
    ring_bell(lane->inspect_bell);
}

void lane_ring_gate(struct lane *lane)
{
    ring_bell(lane->gate_bell);
}

int lane_inspect_bell(const struct lane *lane)
{
    return lane->inspect_bell;
}

int lane_gate_bell(const struct lane *lane)
{
    return lane->gate_bell;
}

void lane_hush(int bell)
{
    uint64_t count;
    (void)!read(bell, &count, sizeof count);
}
