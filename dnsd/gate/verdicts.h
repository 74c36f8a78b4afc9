/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verdicts - what becomes of packets that wait in a queue of the kernel's.
 *
 * Used by gate's desks, one each. Gathers verdicts and sends them as one message. Needs
 * CAP_NET_ADMIN. The kernel numbers packets one by one as they come into the queue. Never reads a
 * packet.
 */
#ifndef GATE_VERDICTS_H
#define GATE_VERDICTS_H

#include "base/status.h"
#include "process/lane.h"

struct verdicts;

struct verdicts_marks {
    uint32_t heard, server_heard, stopped;
};

/* `fd`: the queue's socket (capture_claim_queue()), from now on the verdicts'; NULL: out of memory.
 */
struct verdicts *verdicts_new(int fd, uint16_t number, const struct verdicts_marks *marks);
void verdicts_free(struct verdicts *verdicts);

/* Of the packet's mark only our bits change. LANE_PASS may stay here until verdicts_send(), and is
 * then the verdict on every packet before it that has none. */
void verdicts_put(struct verdicts *verdicts, uint32_t id, uint32_t mark, enum lane_word word);
/* On all that wait up to this number, at once. */
void verdicts_all(struct verdicts *verdicts, uint32_t last, bool pass);
void verdicts_send(struct verdicts *verdicts);

#endif
