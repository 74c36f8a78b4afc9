/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_watch - whole lives of packets: whatever comes, the counts add up and events are sound.
 *
 * Of each packet, one byte says the link and whether the capture cut it, one how much time has
 * passed, two how long it is; then come its bytes.
 */
#include "../packets/watched.h"
#include "fuzz.h"

#include "base/cursor.h"

enum { CUT = 8, PACKETS = 256 };

static const clock_us latest = 4000000000000000; /* in the year 2096 */

static void show(struct watched *w, struct cursor *c)
{
    unsigned how = read_u8(c), passed = read_u8(c);
    size_t length = read_u16(c);
    if (length > cursor_left(c))
        length = cursor_left(c);
    /* To 1.6 milliseconds, then to days. */
    w->now += (clock_us)(passed & 15) << (passed >> 4 << 1);
    const struct packet packet = {(enum link)(how % CUT % (LINK_COUNT + 1)), read_span(c, length),
                                  length + ((how & CUT) != 0 ? 100 : 0), w->now};
    enum watch_order order = watch_packet(w->watcher, &packet);
    assert(order <= ORDER_STOP);
    struct stop stop;
    if (order != ORDER_STOP)
        return;
    (void)watch_stop(w->watcher, &stop);
    assert(stop.hold < HOLD_DESTINATION && stop.protocol < PROTOCOL_COUNT);
    assert(stop.transport == IP_TCP || stop.transport == IP_UDP);
}

static void check(const struct watched *w, uint64_t packets)
{
    struct watch_counts counts = watch_counts(w->watcher);
    assert(counts.packets == packets);
    assert(counts.flows_now <= counts.flows && counts.flows <= packets);
    assert(counts.other + counts.cut + counts.malformed <= packets);
    assert(counts.fragments <= packets && counts.flows_evicted <= counts.flows);
    assert(counts.events >= w->event_count);
    assert(counts.named + counts.unnamed + counts.ambiguous >= w->result_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct watched *w;
    static uint64_t packets;
    struct cursor c = cursor_over(data, size);

    if (w != NULL && w->now > latest) {
        watched_free(w);
        w = NULL;
    }
    if (w == NULL) {
        w = watched_new(4 << 20);
        watcher_enforces(w->watcher, true);
        watcher_redirects_dns(w->watcher, true, true);
        watcher_told_names(w->watcher, TOLD_STOP);
        packets = 0;
    }
    watched_forget(w);
    for (unsigned i = 0; i < PACKETS && cursor_more(&c); i++, packets++)
        show(w, &c);
    check(w, packets);
    watch_finish(w->watcher);
    struct watch_counts counts = watch_counts(w->watcher);
    assert(counts.flows_now == 0);
    assert(counts.named + counts.unnamed + counts.ambiguous >= counts.flows); /* a result each */
    return 0;
}
