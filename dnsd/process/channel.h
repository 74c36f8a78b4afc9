/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * channel - one end of a SOCK_SEQPACKET pair on the loop: whole messages in and out, in batches.
 *
 * Used between parent and roles, and between serve and resolve. The kernel keeps the borders of
 * messages. What cannot be sent now waits in a queue with a stated limit; when that is full
 * channel_send() says STATUS_AGAIN and the caller answers without. Never blocks.
 */
#ifndef PROCESS_CHANNEL_H
#define PROCESS_CHANNEL_H

#include "process/message.h"

struct event_base;
struct channel;

/* A message that arrived. `fd` is -1, or a descriptor that the receiver now owns. */
struct parcel {
    uint32_t kind;
    struct span body;
    int fd;
};

/* The struct of a message of this kind and exactly this size; NULL otherwise (also for a body that
 * is longer: use parcel_open_with_bytes() where a message carries bytes). */
const void *parcel_open(const struct parcel *parcel, enum message_kind kind, size_t size);
const void *parcel_open_with_bytes(const struct parcel *parcel, enum message_kind kind, size_t size,
                                   struct span *bytes);

struct channel_events {
    void (*on_parcel)(void *owner, struct parcel *parcel);
    void (*on_batch_end)(void *owner); /* or NULL: after all parcels that were waiting */
    void (*on_close)(void *owner);     /* the other side is gone; close the channel here or later */
};

/* Takes over `fd`. */
struct channel *channel_open(struct event_base *base, int fd, const struct channel_events *events,
                             void *owner);
void channel_close(struct channel *channel);

/* A pair of connected descriptors, close-on-exec. */
MUST_USE enum status channel_pair(int out[2]);

/* Queues one message; it leaves with channel_flush() or at the end of the loop's turn, batched. */
MUST_USE enum status channel_send(struct channel *channel, enum message_kind kind, const void *body,
                                  size_t size, struct span bytes);
/* The same with a descriptor, at once; `fd` stays the caller's. */
MUST_USE enum status channel_send_fd(struct channel *channel, enum message_kind kind,
                                     const void *body, size_t size, int fd);
void channel_flush(struct channel *channel);
/* Receives what has arrived, now rather than at the loop's next turn; may end in on_close. */
void channel_receive(struct channel *channel);

#endif
