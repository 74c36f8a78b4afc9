/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue - one queue of the kernel's (NFQUEUE): packets that wait for a verdict.
 *
 * Used by gate's lanes, one each. Hands packets on as bytes, gathers verdicts and sends them as one
 * message. Whoever opens it needs CAP_NET_ADMIN, and so does whoever sends a verdict. Never looks
 * into a packet.
 */
#ifndef GATE_QUEUE_H
#define GATE_QUEUE_H

#include "base/span.h"
#include "base/status.h"
#include "process/lane.h"

enum { QUEUE_LENGTH = 16384, QUEUE_WHY_SIZE = 256 };

struct queue;

struct queue_marks {
    uint32_t heard, server_heard, stopped;
};

struct queue_packet {
    uint32_t id, mark; /* the kernel's, for queue_verdict() */
    uint32_t sent;
    struct span bytes; /* from the IP header on, at most LANE_BYTES_MOST */
};

/* `fails_open`: packets that find the queue full pass; otherwise they are dropped. `why` says what
 * is wrong: another program has that queue, no capability. */
MUST_USE enum status queue_open(uint16_t number, bool fails_open, const struct queue_marks *marks,
                                char why[QUEUE_WHY_SIZE], struct queue **out);
void queue_close(struct queue *queue);
int queue_descriptor(const struct queue *queue);

/* Takes what waits, at most `most` packets. False: no more for now. Overruns (packets that the
 * kernel could not hand to us) are counted up in *overruns. */
bool queue_read(struct queue *queue, unsigned most,
                void (*on_packet)(void *owner, const struct queue_packet *packet), void *owner,
                uint64_t *overruns);

/* A verdict; verdicts come in the order of their packets, and none is left out. LANE_PASS may stay
 * here until queue_send(). Of the packet's mark only our bits change. */
void queue_verdict(struct queue *queue, uint32_t id, uint32_t mark, enum lane_word word);
/* The packet is dropped, silently. */
void queue_drop(struct queue *queue, uint32_t id);
void queue_send(struct queue *queue);

#endif
