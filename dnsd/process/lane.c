/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lane - process/ring.h, and an eventfd.
 */
#include "process/lane.h"

#include "process/ring.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lane {
    struct ring *orders;
    int bell;
};

enum status lane_make(struct lane_files *out)
{
    *out = (struct lane_files){-1, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    enum status status = out->bell < 0 ? STATUS_SYSTEM : STATUS_OK;

    if (status == STATUS_OK)
        status = ring_make(LANE_SLOTS, sizeof(struct lane_order), &out->orders);
    if (status != STATUS_OK)
        lane_close_files(out);
    return status;
}

void lane_close_files(struct lane_files *files)
{
    if (files->orders >= 0)
        close(files->orders);
    if (files->bell >= 0)
        close(files->bell);
    *files = (struct lane_files){-1, -1};
}

struct lane *lane_open(const struct lane_files *files)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (lane == NULL)
        return NULL;
    lane->bell = files->bell;
    if (files->bell >= 0 &&
        ring_open(files->orders, sizeof(struct lane_order), &lane->orders) == STATUS_OK)
        return lane;
    free(lane);
    return NULL;
}

void lane_close(struct lane *lane)
{
    if (lane == NULL)
        return;
    ring_close(lane->orders);
    free(lane);
}

bool lane_has_room(const struct lane *lane)
{
    return ring_waiting(lane->orders) < LANE_SLOTS;
}

bool lane_put_order(struct lane *lane, const struct lane_order *order)
{
    return ring_put(lane->orders, order,
                    order->word == LANE_STOP ? sizeof *order : offsetof(struct lane_order, stop));
}

void lane_ring(struct lane *lane)
{
    const uint64_t one = 1;
    (void)!write(lane->bell, &one, sizeof one); /* full: it rings already */
}

int lane_bell(const struct lane *lane)
{
    return lane->bell;
}

void lane_hush(struct lane *lane)
{
    uint64_t count;
    (void)!read(lane->bell, &count, sizeof count);
}

/* What was taken is done with at once: an order that its reader dies of must not come again. */
bool lane_take_order(struct lane *lane, struct lane_order *out)
{
    size_t length;

    while ((length = ring_peek(lane->orders, out)) > 0) {
        ring_take(lane->orders, 0);
        ring_release(lane->orders);
        if (length >= offsetof(struct lane_order, stop) && out->word < LANE_WORDS &&
            (out->word != LANE_STOP || length == sizeof *out))
            return true;
    }
    return false;
}
