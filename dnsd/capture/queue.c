/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue - nfnetlink_queue by libnetfilter_queue: packets that wait for a verdict.
 */
#include "capture/capture.h"

#include "process/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RECEIVE_SIZE = 1 << 17, /* of one datagram of the kernel's: a packet and its facts */
    ORDER_SIZE = 1024,      /* of a message to the kernel, and of its answer */
    SOCKET_BUFFER = 16 << 20,
};

/* The errno of the kernel's answer. Packets may come before it: nobody gives an order about those,
 * and gate makes up for them. */
static int talk(struct mnl_socket *socket, struct nlmsghdr *message)
{
    union {
        char bytes[ORDER_SIZE];
        struct nlmsghdr header;
    } answer;

    message->nlmsg_flags |= NLM_F_ACK;
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        return errno;
    for (;;) {
        ssize_t got = recv(mnl_socket_get_fd(socket), answer.bytes, sizeof answer.bytes, 0);
        if (got < 0 && errno != ENOBUFS && errno != EINTR)
            return errno == EAGAIN ? ETIMEDOUT : errno;
        if (got < (ssize_t)sizeof answer.header || answer.header.nlmsg_type != NLMSG_ERROR)
            continue;
        return mnl_cb_run(answer.bytes, (size_t)got, 0, mnl_socket_get_portid(socket), NULL, NULL) <
                       0
                   ? errno
                   : 0;
    }
}

static int configure(struct mnl_socket *socket, uint16_t number, bool fails_open)
{
    const uint32_t flags = NFQA_CFG_F_GSO | (fails_open ? NFQA_CFG_F_FAIL_OPEN : 0);
    char order[ORDER_SIZE];
    struct nlmsghdr *message = nfq_nlmsg_put(order, NFQNL_MSG_CONFIG, number);

    nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
    int error = talk(socket, message);
    if (error != 0)
        return error;
    message = nfq_nlmsg_put(order, NFQNL_MSG_CONFIG, number);
    nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, QUEUE_BYTES_MOST);
    nfq_nlmsg_cfg_put_qmaxlen(message, QUEUE_LENGTH);
    mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
    mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
    return talk(socket, message);
}

/* The kernel says EPERM of a queue that somebody else has, too. */
static const char *remedy_of(int error)
{
    return error == EPERM || error == EBUSY
               ? ": another program has it (name a free one as `queue` of `gate`), or the "
                 "capability CAP_NET_ADMIN is missing (be root, or start inspectd by its unit)"
               : "";
}

enum status capture_claim_queue(uint16_t number, bool fails_open, char why[CAPTURE_WHY_SIZE],
                                int *fd_out)
{
    int buffer = SOCKET_BUFFER;
    struct mnl_socket *socket = netlink_open();

    /* Before packets come, since what finds no room may be the kernel's answer. Without
     * CAP_NET_ADMIN its limit holds; what that costs is counted. */
    if (socket != NULL && setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &buffer,
                                     sizeof buffer) != 0)
        (void)setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    int error = socket == NULL ? errno : configure(socket, number, fails_open);
    *fd_out = error == 0 ? fcntl(mnl_socket_get_fd(socket), F_DUPFD_CLOEXEC, 0) : -1;
    if (error == 0 && *fd_out < 0)
        error = errno;
    if (socket != NULL)
        mnl_socket_close(socket);
    if (error != 0) {
        snprintf(why, CAPTURE_WHY_SIZE, "cannot take the kernel's queue %u: %s%s", number,
                 strerror(error), remedy_of(error));
        return STATUS_SYSTEM;
    }
    return STATUS_OK;
}

struct capture {
    int fd;
    struct capture_counts counts;
    char in[RECEIVE_SIZE];
};

static enum status queue_open(const struct capture_options *options, char why[CAPTURE_WHY_SIZE],
                              struct capture **out)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (capture == NULL || options->descriptor < 0) {
        snprintf(why, CAPTURE_WHY_SIZE, capture == NULL ? "out of memory" : "there is no %s",
                 options->place);
        free(capture);
        return STATUS_INVALID;
    }
    capture->fd = options->descriptor;
    *out = capture;
    return STATUS_OK;
}

struct handing {
    void (*on_packet)(void *owner, const struct captured *packet);
    void *owner;
    unsigned count;
};

static int hand_on(const struct nlmsghdr *message, void *data)
{
    struct handing *handing = data;
    struct nlattr *facts[NFQA_MAX + 1] = {NULL};
    struct captured packet = {.link = LINK_RAW, .at = clock_wall()};

    if (nfq_nlmsg_parse(message, facts) < 0 || facts[NFQA_PACKET_HDR] == NULL)
        return MNL_CB_OK; /* not of a packet */
    const struct nfqnl_msg_packet_hdr *header = mnl_attr_get_payload(facts[NFQA_PACKET_HDR]);
    packet.id = ntohl(header->packet_id);
    if (facts[NFQA_PAYLOAD] != NULL)
        packet.bytes = span_of(mnl_attr_get_payload(facts[NFQA_PAYLOAD]),
                               mnl_attr_get_payload_len(facts[NFQA_PAYLOAD]));
    if (facts[NFQA_MARK] != NULL)
        packet.mark = ntohl(mnl_attr_get_u32(facts[NFQA_MARK]));
    packet.sent = facts[NFQA_CAP_LEN] != NULL ? ntohl(mnl_attr_get_u32(facts[NFQA_CAP_LEN]))
                                              : packet.bytes.length;
    handing->count++;
    handing->on_packet(handing->owner, &packet);
    return MNL_CB_OK;
}

static enum status queue_read(struct capture *capture, unsigned most,
                              void (*on_packet)(void *owner, const struct captured *packet),
                              void *owner, unsigned *count, char why[CAPTURE_WHY_SIZE])
{
    struct handing handing = {on_packet, owner, 0};
    enum status status = STATUS_OK;

    while (handing.count < most) {
        ssize_t got = recv(capture->fd, capture->in, sizeof capture->in, MSG_DONTWAIT);
        if (got < 0 && errno == ENOBUFS) { /* a packet found no room in the socket, and is gone */
            capture->counts.dropped++;
            continue;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            snprintf(why, CAPTURE_WHY_SIZE, "%s", strerror(errno));
            status = STATUS_SYSTEM;
        }
        if (got <= 0)
            break;
        /* Errors come here too, about verdicts that gate has sent: of packets that were gone. */
        (void)mnl_cb_run(capture->in, (size_t)got, 0, 0, hand_on, &handing);
    }
    capture->counts.received += handing.count;
    *count = handing.count;
    return status;
}

static int queue_descriptor(const struct capture *capture)
{
    return capture->fd;
}

static struct capture_counts queue_counts(struct capture *capture)
{
    return capture->counts;
}

static void queue_close(struct capture *capture)
{
    close(capture->fd);
    free(capture);
}

const struct capture_source capture_queue = {"queue",          queue_open,   queue_read,
                                             queue_descriptor, queue_counts, queue_close};
