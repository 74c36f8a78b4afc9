/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * channel - recvmmsg and sendmmsg over one SOCK_SEQPACKET descriptor.
 *
 * A message's kind and body stand in one slot, with the body aligned for any struct. What was
 * queued leaves when the callbacks of this turn of the loop are done. Never trusts the length or
 * the number of descriptors of what arrives: a message cut short becomes one of kind 0, which no
 * one expects.
 */
#include "process/channel.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECEIVE_BATCH = 32,
    RECEIVE_TURNS = 8, /* batches in one turn of the loop, so that others have theirs */
    SEND_BATCH = 64,
    QUEUE_MESSAGES = 4096,
    QUEUE_BYTES = 4 * 1024 * 1024,
    KIND_BROKEN = 0,
    BODY_MOST = MESSAGE_BYTES_MOST - (int)sizeof(uint32_t)
};

struct slot {
    uint32_t kind;
    uint8_t body[BODY_MOST];
} __attribute__((packed));

/* `kind` stands 4 bytes before an aligned place, so that `body` is aligned. */
struct place {
    uint32_t unused;
    struct slot slot;
} __attribute__((aligned(64)));

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

struct waiting {
    size_t at, length; /* in queue.bytes */
    int fd;            /* ours, or -1 */
};

struct channel {
    struct event_base *base;
    struct event *on_read, *on_write, *on_turn_end;
    const struct channel_events *events;
    void *owner;
    int fd;
    bool in_callbacks, dead, broken, turn_end_asked;
    struct place *slots; /* RECEIVE_BATCH of them */
    struct {
        uint8_t *bytes;
        size_t end;          /* where the next message goes */
        size_t first, count; /* of list */
        struct waiting *list;
    } queue;
};

const void *parcel_open_with_bytes(const struct parcel *parcel, enum message_kind kind, size_t size,
                                   struct span *bytes)
{
    if (parcel->kind != (uint32_t)kind || parcel->body.length < size)
        return NULL;
    *bytes = span_of(parcel->body.at + size, parcel->body.length - size);
    return parcel->body.at;
}

const void *parcel_open(const struct parcel *parcel, enum message_kind kind, size_t size)
{
    struct span rest;
    const void *body = parcel_open_with_bytes(parcel, kind, size, &rest);
    return body != NULL && rest.length == 0 ? body : NULL;
}

enum status channel_pair(int out[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) == 0 ? STATUS_OK
                                                                           : STATUS_SYSTEM;
}

/* The descriptor that came with a message, or -1; more than one are closed and make it broken. */
static int take_descriptor(struct msghdr *header, bool *sound)
{
    int found = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (found < 0) {
                found = fd;
            } else {
                close(fd);
                *sound = false;
            }
        }
    }
    return found;
}

static struct parcel parcel_from(struct mmsghdr *got, struct place *place)
{
    bool sound = (got->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
                 got->msg_len >= sizeof place->slot.kind;
    int fd = take_descriptor(&got->msg_hdr, &sound);
    if (!sound)
        return (struct parcel){KIND_BROKEN, span_of(place->slot.body, 0), fd};
    return (struct parcel){place->slot.kind,
                           span_of(place->slot.body, got->msg_len - sizeof place->slot.kind), fd};
}

static void free_channel(struct channel *c)
{
    for (size_t i = c->queue.first; i < c->queue.count; i++) {
        if (c->queue.list[i].fd >= 0)
            close(c->queue.list[i].fd);
    }
    if (c->on_read != NULL)
        event_free(c->on_read);
    if (c->on_write != NULL)
        event_free(c->on_write);
    if (c->on_turn_end != NULL)
        event_free(c->on_turn_end);
    if (c->fd >= 0)
        close(c->fd);
    free(c->slots);
    free(c->queue.bytes);
    free(c->queue.list);
    free(c);
}

/* One recvmmsg and its callbacks; false when nothing more waits or the channel is done for. */
static bool receive_batch(struct channel *c)
{
    struct mmsghdr got[RECEIVE_BATCH];
    struct iovec parts[RECEIVE_BATCH];
    union control controls[RECEIVE_BATCH];

    memset(got, 0, sizeof got);
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        parts[i] = (struct iovec){&c->slots[i].slot, sizeof c->slots[i].slot};
        got[i].msg_hdr.msg_iov = &parts[i];
        got[i].msg_hdr.msg_iovlen = 1;
        got[i].msg_hdr.msg_control = &controls[i];
        got[i].msg_hdr.msg_controllen = sizeof controls[i];
    }
    int count = recvmmsg(c->fd, got, RECEIVE_BATCH, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    bool closed = count <= 0;
    for (int i = 0; i < count; i++) {
        /* The end of the stream looks like a message without a byte; we send none such. */
        closed = closed || got[i].msg_len == 0;
        struct parcel parcel = parcel_from(&got[i], &c->slots[i]);
        if (closed || c->dead) {
            if (parcel.fd >= 0)
                close(parcel.fd);
            continue;
        }
        c->events->on_parcel(c->owner, &parcel);
    }
    if (!c->dead && closed)
        c->broken = true;
    return !closed && !c->dead && count == RECEIVE_BATCH;
}

void channel_receive(struct channel *channel)
{
    struct channel *c = channel;

    c->in_callbacks = true;
    for (int turn = 0; turn < RECEIVE_TURNS && receive_batch(c); turn++)
        continue;
    if (!c->dead && c->events->on_batch_end != NULL)
        c->events->on_batch_end(c->owner);
    if (!c->dead && c->broken) {
        event_del(c->on_read);
        event_del(c->on_write);
        c->events->on_close(c->owner);
    }
    c->in_callbacks = false;
    if (c->dead)
        free_channel(c);
}

static void on_readable(int fd, short what, void *owner)
{
    channel_receive(owner);
}

static void on_writable(int fd, short what, void *owner)
{
    channel_flush(owner);
}

static void on_turn_end(int fd, short what, void *owner)
{
    struct channel *c = owner;
    c->turn_end_asked = false;
    channel_flush(c);
}

struct channel *channel_open(struct event_base *base, int fd, const struct channel_events *events,
                             void *owner)
{
    struct channel *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->base = base;
    c->fd = fd;
    c->events = events;
    c->owner = owner;
    /* Pages of these become memory when first written: small messages cost a page a slot. */
    c->slots = aligned_alloc(_Alignof(struct place), RECEIVE_BATCH * sizeof *c->slots);
    c->queue.bytes = malloc(QUEUE_BYTES);
    c->queue.list = malloc(QUEUE_MESSAGES * sizeof *c->queue.list);
    c->on_read = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
    c->on_write = event_new(base, fd, EV_WRITE, on_writable, c);
    c->on_turn_end = event_new(base, -1, 0, on_turn_end, c);
    if (c->slots == NULL || c->queue.bytes == NULL || c->queue.list == NULL || c->on_read == NULL ||
        c->on_write == NULL || c->on_turn_end == NULL || event_add(c->on_read, NULL) != 0) {
        free_channel(c);
        return NULL;
    }
    return c;
}

void channel_close(struct channel *channel)
{
    if (channel == NULL || channel->dead)
        return;
    channel_flush(channel);
    channel->dead = true;
    if (!channel->in_callbacks)
        free_channel(channel);
}

/* Moves what waits to the front, so that the room behind it can be used. */
static void compact(struct channel *c)
{
    size_t first = c->queue.first, left = c->queue.count - first;
    size_t shift = left > 0 ? c->queue.list[first].at : c->queue.end;

    memmove(c->queue.bytes, c->queue.bytes + shift, c->queue.end - shift);
    memmove(c->queue.list, c->queue.list + first, left * sizeof *c->queue.list);
    for (size_t i = 0; i < left; i++)
        c->queue.list[i].at -= shift;
    c->queue.end -= shift;
    c->queue.first = 0;
    c->queue.count = left;
}

static enum status enqueue(struct channel *c, enum message_kind kind, struct span body,
                           struct span bytes, int fd)
{
    uint32_t number = kind;
    size_t length = sizeof number + body.length + bytes.length;

    if (c->broken || c->dead)
        return STATUS_CLOSED;
    if (length > MESSAGE_BYTES_MOST)
        return STATUS_TOO_LONG;
    if (QUEUE_BYTES - c->queue.end < length || c->queue.count == QUEUE_MESSAGES) {
        channel_flush(c);
        compact(c);
    }
    if (QUEUE_BYTES - c->queue.end < length || c->queue.count == QUEUE_MESSAGES)
        return STATUS_AGAIN;
    struct writer w = writer_over(c->queue.bytes + c->queue.end, length);
    write_bytes(&w, &number, sizeof number);
    write_span(&w, body);
    write_span(&w, bytes);
    c->queue.list[c->queue.count++] = (struct waiting){c->queue.end, length, fd};
    c->queue.end += length;
    return STATUS_OK;
}

enum status channel_send(struct channel *channel, enum message_kind kind, const void *body,
                         size_t size, struct span bytes)
{
    enum status status = enqueue(channel, kind, span_of(body, size), bytes, -1);
    if (status == STATUS_OK && !channel->turn_end_asked) {
        channel->turn_end_asked = true;
        event_active(channel->on_turn_end, 0, 0);
    }
    return status;
}

enum status channel_send_fd(struct channel *channel, enum message_kind kind, const void *body,
                            size_t size, int fd)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return STATUS_SYSTEM;
    enum status status = enqueue(channel, kind, span_of(body, size), span_of(NULL, 0), own);
    if (status != STATUS_OK)
        close(own);
    else
        channel_flush(channel);
    return status;
}

/* Fills the headers of the next messages that wait; gives how many. */
static unsigned load_batch(const struct channel *c, struct mmsghdr *batch, struct iovec *parts,
                           union control *controls)
{
    unsigned count = 0;
    for (; count < SEND_BATCH && c->queue.first + count < c->queue.count; count++) {
        const struct waiting *w = &c->queue.list[c->queue.first + count];
        struct msghdr *header = &batch[count].msg_hdr;
        parts[count] = (struct iovec){c->queue.bytes + w->at, w->length};
        *header = (struct msghdr){.msg_iov = &parts[count], .msg_iovlen = 1};
        if (w->fd < 0)
            continue;
        memset(&controls[count], 0, sizeof controls[count]);
        header->msg_control = &controls[count];
        header->msg_controllen = sizeof controls[count];
        struct cmsghdr *c_header = CMSG_FIRSTHDR(header);
        c_header->cmsg_level = SOL_SOCKET;
        c_header->cmsg_type = SCM_RIGHTS;
        c_header->cmsg_len = CMSG_LEN(sizeof w->fd);
        memcpy(CMSG_DATA(c_header), &w->fd, sizeof w->fd);
    }
    return count;
}

void channel_flush(struct channel *channel)
{
    struct mmsghdr batch[SEND_BATCH];
    struct iovec parts[SEND_BATCH];
    union control controls[SEND_BATCH];
    struct channel *c = channel;

    while (!c->broken && c->queue.first < c->queue.count) {
        unsigned count = load_batch(c, batch, parts, controls);
        int sent = sendmmsg(c->fd, batch, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)) {
            event_add(c->on_write, NULL);
            return;
        }
        if (sent < 0) {
            c->broken = true;
            event_active(c->on_read, EV_READ, 0); /* which tells the owner, on a clean stack */
            return;
        }
        for (int i = 0; i < sent; i++) {
            int fd = c->queue.list[c->queue.first + (size_t)i].fd;
            if (fd >= 0)
                close(fd);
        }
        c->queue.first += (size_t)sent;
    }
    if (c->queue.first == c->queue.count)
        c->queue.first = c->queue.count = c->queue.end = 0;
}
