/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue - nfnetlink_queue by libnetfilter_queue over libmnl.
 *
 * Verdicts stand in one buffer, message behind message. Plain passes are a batch of their own: the
 * kernel passes all packets up to an id, which is what their order makes possible.
 */
#include "gate/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    RECEIVE_SIZE = 1 << 17, /* of one datagram of the kernel's: a packet and its facts */
    SEND_SIZE = 1 << 14,
    VERDICT_SIZE = 128,
    SOCKET_BUFFER = 16 << 20,
};

struct queue {
    struct mnl_socket *socket;
    uint16_t number;
    struct queue_marks marks;
    bool passes; /* packets up to pass_to are to pass */
    uint32_t pass_to;
    size_t used; /* of `out` */
    char out[SEND_SIZE];
    char in[RECEIVE_SIZE];
};

/* The errno of the kernel's answer to what stands in `out`. */
static int talk(struct queue *queue, struct nlmsghdr *message)
{
    message->nlmsg_flags |= NLM_F_ACK;
    if (mnl_socket_sendto(queue->socket, message, message->nlmsg_len) < 0)
        return errno;
    ssize_t got = mnl_socket_recvfrom(queue->socket, queue->in, sizeof queue->in);
    if (got < 0)
        return errno;
    return mnl_cb_run(queue->in, (size_t)got, 0, mnl_socket_get_portid(queue->socket), NULL, NULL) <
                   0
               ? errno
               : 0;
}

static int configure(struct queue *queue, bool fails_open)
{
    const uint32_t flags = NFQA_CFG_F_GSO | (fails_open ? NFQA_CFG_F_FAIL_OPEN : 0);
    struct nlmsghdr *message = nfq_nlmsg_put(queue->out, NFQNL_MSG_CONFIG, queue->number);

    nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
    int error = talk(queue, message);
    if (error != 0)
        return error;
    message = nfq_nlmsg_put(queue->out, NFQNL_MSG_CONFIG, queue->number);
    nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, LANE_BYTES_MOST);
    nfq_nlmsg_cfg_put_qmaxlen(message, QUEUE_LENGTH);
    mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
    mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
    return talk(queue, message);
}

/* The kernel says EPERM of a queue that somebody else has, too. */
static const char *remedy_of(int error)
{
    return error == EPERM || error == EBUSY
               ? ": another program has it (name a free one as `queue` of `gate`), or the "
                 "capability CAP_NET_ADMIN is missing (be root, or start inspectd by its unit)"
               : "";
}

enum status queue_open(uint16_t number, bool fails_open, const struct queue_marks *marks,
                       char why[QUEUE_WHY_SIZE], struct queue **out)
{
    struct queue *queue = calloc(1, sizeof *queue);
    int buffer = SOCKET_BUFFER, error = ENOMEM;

    if (queue != NULL) {
        queue->number = number;
        queue->marks = *marks;
        queue->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        error = queue->socket == NULL || mnl_socket_bind(queue->socket, 0, MNL_SOCKET_AUTOPID) != 0
                    ? errno
                    : configure(queue, fails_open);
    }
    if (error != 0) {
        snprintf(why, QUEUE_WHY_SIZE, "cannot take the kernel's queue %u: %s%s", number,
                 strerror(error), remedy_of(error));
        queue_close(queue);
        return STATUS_SYSTEM;
    }
    int fd = mnl_socket_get_fd(queue->socket);
    /* Without CAP_NET_ADMIN the kernel's limit holds; an overrun is counted, not told as an error.
     */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    *out = queue;
    return STATUS_OK;
}

void queue_close(struct queue *queue)
{
    if (queue == NULL)
        return;
    if (queue->socket != NULL)
        mnl_socket_close(queue->socket);
    free(queue);
}

int queue_descriptor(const struct queue *queue)
{
    return mnl_socket_get_fd(queue->socket);
}

struct reading {
    void (*on_packet)(void *owner, const struct queue_packet *packet);
    void *owner;
};

static int hand_on(const struct nlmsghdr *message, void *data)
{
    const struct reading *reading = data;
    struct nlattr *facts[NFQA_MAX + 1] = {NULL};

    if (nfq_nlmsg_parse(message, facts) < 0 || facts[NFQA_PACKET_HDR] == NULL)
        return MNL_CB_OK; /* not of a packet */
    const struct nfqnl_msg_packet_hdr *header = mnl_attr_get_payload(facts[NFQA_PACKET_HDR]);
    struct queue_packet packet = {.id = ntohl(header->packet_id)};
    if (facts[NFQA_PAYLOAD] != NULL)
        packet.bytes = span_of(mnl_attr_get_payload(facts[NFQA_PAYLOAD]),
                               mnl_attr_get_payload_len(facts[NFQA_PAYLOAD]));
    if (facts[NFQA_MARK] != NULL)
        packet.mark = ntohl(mnl_attr_get_u32(facts[NFQA_MARK]));
    packet.sent = facts[NFQA_CAP_LEN] != NULL ? ntohl(mnl_attr_get_u32(facts[NFQA_CAP_LEN]))
                                              : (uint32_t)packet.bytes.length;
    reading->on_packet(reading->owner, &packet);
    return MNL_CB_OK;
}

bool queue_read(struct queue *queue, unsigned most,
                void (*on_packet)(void *owner, const struct queue_packet *packet), void *owner,
                uint64_t *overruns)
{
    struct reading reading = {on_packet, owner};
    int fd = queue_descriptor(queue);

    for (unsigned i = 0; i < most; i++) {
        ssize_t got = recv(fd, queue->in, sizeof queue->in, MSG_DONTWAIT);
        if (got < 0 && errno == ENOBUFS) {
            (*overruns)++;
            continue;
        }
        if (got <= 0)
            return false;
        (void)mnl_cb_run(queue->in, (size_t)got, 0, mnl_socket_get_portid(queue->socket), hand_on,
                         &reading);
    }
    return true;
}

/* A packet that is gone already (its interface went down) makes an error message, which
 * queue_read() passes over. */
static void flush(struct queue *queue)
{
    if (queue->used > 0)
        (void)mnl_socket_sendto(queue->socket, queue->out, queue->used);
    queue->used = 0;
}

static void put(struct queue *queue, enum nfqnl_msg_types type, uint32_t id, int verdict,
                uint32_t mark)
{
    if (sizeof queue->out - queue->used < VERDICT_SIZE)
        flush(queue);
    struct nlmsghdr *message = nfq_nlmsg_put(queue->out + queue->used, (int)type, queue->number);
    nfq_nlmsg_verdict_put(message, (int)id, verdict);
    if (mark != 0)
        nfq_nlmsg_verdict_put_mark(message, mark);
    queue->used += MNL_ALIGN(message->nlmsg_len);
}

void queue_verdict(struct queue *queue, uint32_t id, uint32_t mark, enum lane_word word)
{
    switch (word) {
    case LANE_PASS_SERVER_HEARD:
        put(queue, NFQNL_MSG_VERDICT, id, NF_ACCEPT, mark | queue->marks.server_heard);
        break;
    case LANE_PASS_HEARD:
        put(queue, NFQNL_MSG_VERDICT, id, NF_ACCEPT, mark | queue->marks.heard);
        break;
    case LANE_STOP: /* through the chain again: there it is answered */
        put(queue, NFQNL_MSG_VERDICT, id, NF_REPEAT, mark | queue->marks.stopped);
        break;
    default:
        queue->passes = true;
        queue->pass_to = id;
    }
}

void queue_drop(struct queue *queue, uint32_t id)
{
    put(queue, NFQNL_MSG_VERDICT, id, NF_DROP, 0);
}

void queue_send(struct queue *queue)
{
    if (queue->passes)
        put(queue, NFQNL_MSG_VERDICT_BATCH, queue->pass_to, NF_ACCEPT, 0);
    queue->passes = false;
    flush(queue);
}
