/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * udp - recvmmsg and sendmmsg over two fixed batches.
 */
#include "serve/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH = 64,
    ROUNDS = 4,        /* batches per wake-up, so that channels and timers get their turn */
    ROUNDS_LAST = 128, /* before we go: more than the kernel holds for a socket */
    QUERY_MOST = 4096, /* a longer datagram is no query of anybody's */
    CONTROL_SIZE = 64, /* one IP_PKTINFO or IPV6_PKTINFO */
};

/* Datagrams of one direction: headers, addresses and bytes of BATCH of them. */
struct batch {
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage addresses[BATCH];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_SIZE];
    unsigned count;
};

struct udp {
    int fd;
    uint32_t socket;
    int family;
    bool any_address; /* listens on 0.0.0.0 or ::, so the kernel must tell and be told which */
    struct address bound;
    uint16_t port;
    struct server *server;
    struct event *readable;
    struct batch in, out;
    uint8_t questions[BATCH][QUERY_MOST];
    uint8_t answers[BATCH][EDNS_UDP_SIZE];
};

static void send_batch(struct udp *u)
{
    unsigned sent = 0;
    while (sent < u->out.count) {
        int n = sendmmsg(u->fd, u->out.headers + sent, u->out.count - sent, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        sent += n > 0 ? (unsigned)n : 1; /* an address that cannot be sent to costs only itself */
    }
    u->out.count = 0;
}

/* The local address of a datagram, from its control data. */
static struct address local_address(const struct udp *u, const struct msghdr *header)
{
    if (!u->any_address)
        return u->bound;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)header, c)) {
        struct address out = {{0}};
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            const struct in_pktinfo *info = (const struct in_pktinfo *)(void *)CMSG_DATA(c);
            address_from_bytes(span_of(&info->ipi_addr, 4), &out);
            return out;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            const struct in6_pktinfo *info = (const struct in6_pktinfo *)(void *)CMSG_DATA(c);
            address_from_bytes(span_of(&info->ipi6_addr, 16), &out);
            return out;
        }
    }
    return u->bound;
}

/* Makes datagram `i` of the out batch leave from `from`. */
static void set_source(struct udp *u, unsigned i, const struct address *from)
{
    struct msghdr *header = &u->out.headers[i].msg_hdr;
    header->msg_control = NULL;
    header->msg_controllen = 0;
    if (!u->any_address)
        return;
    struct cmsghdr *c = (struct cmsghdr *)(void *)u->out.control[i];
    header->msg_control = c;
    if (u->family == AF_INET) {
        struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
        *c = (struct cmsghdr){CMSG_LEN(sizeof *info), IPPROTO_IP, IP_PKTINFO};
        *info = (struct in_pktinfo){0};
        memcpy(&info->ipi_spec_dst, from->bytes + 12, 4);
        header->msg_controllen = CMSG_SPACE(sizeof *info);
    } else {
        struct in6_pktinfo *info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);
        *c = (struct cmsghdr){CMSG_LEN(sizeof *info), IPPROTO_IPV6, IPV6_PKTINFO};
        *info = (struct in6_pktinfo){0};
        memcpy(&info->ipi6_addr, from->bytes, 16);
        header->msg_controllen = CMSG_SPACE(sizeof *info);
    }
}

static struct peer peer_of(const struct udp *u, unsigned i)
{
    const struct sockaddr *from = (const struct sockaddr *)&u->in.addresses[i];
    struct peer peer = {
        .client = address_from_sockaddr(from),
        .server = local_address(u, &u->in.headers[i].msg_hdr),
        .client_port = port_from_sockaddr(from),
        .server_port = u->port,
        .transport = TRANSPORT_UDP,
        .socket = u->socket,
    };
    if (from->sa_family == AF_INET6)
        peer.scope = ((const struct sockaddr_in6 *)(const void *)from)->sin6_scope_id;
    return peer;
}

/* Puts an answer of `length` bytes, already in answers[count], into the out batch. */
static void queue_answer(struct udp *u, const void *to, socklen_t to_length,
                         const struct address *from, size_t length)
{
    unsigned i = u->out.count++;
    memcpy(&u->out.addresses[i], to, to_length);
    u->out.headers[i].msg_hdr.msg_namelen = to_length;
    u->out.parts[i].iov_len = length;
    set_source(u, i, from);
}

static void answer_one(struct udp *u, unsigned i, struct moment when)
{
    const struct msghdr *header = &u->in.headers[i].msg_hdr;
    if (header->msg_flags & MSG_TRUNC)
        return;
    if (u->out.count == BATCH)
        send_batch(u);
    struct peer peer = peer_of(u, i);
    struct writer reply = writer_over(u->answers[u->out.count], EDNS_UDP_SIZE);
    struct span question = span_of(u->questions[i], u->in.headers[i].msg_len);
    if (server_query(u->server, &peer, question, when, &reply) == FATE_ANSWERED)
        queue_answer(u, header->msg_name, header->msg_namelen, &peer.server, writer_length(&reply));
}

/* Answers a batch of what waits; false when nothing more does. */
static bool answer_batch(struct udp *u)
{
    for (unsigned i = 0; i < BATCH; i++) {
        struct msghdr *header = &u->in.headers[i].msg_hdr;
        header->msg_namelen = sizeof u->in.addresses[i];
        header->msg_control = u->any_address ? u->in.control[i] : NULL;
        header->msg_controllen = u->any_address ? CONTROL_SIZE : 0;
    }
    int n = recvmmsg(u->fd, u->in.headers, BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return false;
    struct moment when = {clock_now(), clock_wall()};
    for (unsigned i = 0; i < (unsigned)n; i++)
        answer_one(u, i, when);
    send_batch(u);
    return n == BATCH;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    for (int round = 0; round < ROUNDS && answer_batch(arg); round++)
        ;
}

static void prepare_batch(struct batch *batch, void *bytes, size_t each)
{
    for (unsigned i = 0; i < BATCH; i++) {
        batch->parts[i] = (struct iovec){(uint8_t *)bytes + i * each, each};
        batch->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->addresses[i],
            .msg_iov = &batch->parts[i],
            .msg_iovlen = 1,
        };
    }
}

enum status udp_open(struct event_base *base, int fd, uint32_t socket, struct server *server,
                     struct udp **out)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    static const struct address any_ipv4 = {{[10] = 0xff, [11] = 0xff}}, any_ipv6;

    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0)
        return STATUS_SYSTEM;
    struct udp *u = calloc(1, sizeof *u);
    if (u == NULL)
        return STATUS_NO_MEMORY;
    u->fd = fd;
    u->socket = socket;
    u->server = server;
    u->family = name.ss_family;
    u->bound = address_from_sockaddr((struct sockaddr *)&name);
    u->port = port_from_sockaddr((struct sockaddr *)&name);
    u->any_address = address_equal(&u->bound, &any_ipv4) || address_equal(&u->bound, &any_ipv6);
    prepare_batch(&u->in, u->questions, QUERY_MOST);
    prepare_batch(&u->out, u->answers, EDNS_UDP_SIZE);
    u->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, u);
    if (u->readable == NULL || event_add(u->readable, NULL) < 0) {
        free(u);
        return STATUS_NO_MEMORY;
    }
    *out = u;
    return STATUS_OK;
}

void udp_close(struct udp *udp)
{
    if (udp == NULL)
        return;
    event_free(udp->readable);
    close(udp->fd);
    free(udp);
}

void udp_drain(struct udp *udp)
{
    event_del(udp->readable);
    for (int round = 0; round < ROUNDS_LAST && answer_batch(udp); round++)
        ;
}

void udp_reply(struct udp *udp, const struct peer *peer, struct span message)
{
    struct sockaddr_storage to;
    if (message.length == 0 || message.length > EDNS_UDP_SIZE)
        return;
    if (udp->out.count == BATCH)
        send_batch(udp);
    socklen_t length = address_to_sockaddr(&peer->client, peer->client_port, udp->family, &to);
    if (to.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&to)->sin6_scope_id = peer->scope;
    memcpy(udp->answers[udp->out.count], message.at, message.length);
    queue_answer(udp, &to, length, &peer->server, message.length);
}

void udp_flush(struct udp *udp)
{
    if (udp->out.count > 0)
        send_batch(udp);
}
