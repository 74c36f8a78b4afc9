/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reset - packets by hand, checksums, two raw sockets.
 */
#include "gate/reset.h"

#include "base/writer.h"
#include "wire/frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    UDP_HEADER = 8,
    ICMP_HEADER = 8,
    HOPS = 64,
    ICMP = 1,
    ICMP6 = 58,
    UNREACHABLE = 3, /* RFC 792 */
    PORT = 3,
    UNREACHABLE6 = 1, /* RFC 4443 3.1 */
    PORT6 = 4
};

/* Who is said to speak to whom. */
struct ends {
    const struct address *from, *to;
    uint16_t from_port, to_port;
};

/* RFC 1071, goes on from `sum`; of pieces only the last may have an odd length. */
static uint32_t sum_of(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += load_u16(bytes + i);
    return length % 2 == 0 ? sum : sum + (uint32_t)(bytes[length - 1] << 8);
}

static uint16_t checksum(uint32_t sum)
{
    while (sum > UINT16_MAX)
        sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)~sum;
}

/* RFC 9293 3.1, RFC 8200 8.1. */
static uint32_t sum_of_pseudo(const struct ends *ends, uint8_t protocol, size_t length)
{
    const size_t skip = address_is_ipv4(ends->to) ? 12 : 0;
    uint32_t sum = protocol + (uint32_t)length;

    sum = sum_of(ends->from->bytes + skip, 16 - skip, sum);
    return sum_of(ends->to->bytes + skip, 16 - skip, sum);
}

static void ip_write(struct writer *w, const struct ends *ends, uint8_t protocol, size_t length)
{
    uint8_t *const start = w->at;

    if (!address_is_ipv4(ends->to)) {
        write_u32(w, UINT32_C(6) << 28);
        write_u16(w, (uint16_t)length);
        write_u8(w, protocol);
        write_u8(w, HOPS);
        write_bytes(w, ends->from->bytes, 16);
        write_bytes(w, ends->to->bytes, 16);
        return;
    }
    write_u16(w, 0x4500); /* version, length in words, service */
    write_u16(w, (uint16_t)(IPV4_HEADER + length));
    write_u16(w, 0);      /* id: none is needed, */
    write_u16(w, 0x4000); /* since nobody may cut it */
    write_u8(w, HOPS);
    write_u8(w, protocol);
    write_u16(w, 0);
    write_bytes(w, ends->from->bytes + 12, 4);
    write_bytes(w, ends->to->bytes + 12, 4);
    store_u16(start + 10, checksum(sum_of(start, IPV4_HEADER, 0)));
}

static void tcp_write(struct writer *w, const struct ends *ends, uint32_t sequence,
                      uint32_t acknowledgement, uint8_t flags)
{
    uint8_t *const start = w->at;

    write_u16(w, ends->from_port);
    write_u16(w, ends->to_port);
    write_u32(w, sequence);
    write_u32(w, acknowledgement);
    write_u8(w, TCP_HEADER / 4 << 4);
    write_u8(w, flags);
    write_u16(w, 0); /* window */
    write_u32(w, 0); /* checksum, urgent pointer */
    store_u16(start + 16,
              checksum(sum_of(start, TCP_HEADER, sum_of_pseudo(ends, IP_TCP, TCP_HEADER))));
}

/* To its receiver as what comes next, to its sender as the answer to it. */
static void tcp_reset(struct writer *w, const struct stop *stop, enum reset_to to,
                      const struct ends *ends)
{
    const bool is_onward = (to == RESET_CLIENT) == (stop->from_server != 0);
    const uint32_t end = stop->sequence + stop->length;

    ip_write(w, ends, IP_TCP, TCP_HEADER);
    if (!is_onward)
        tcp_write(w, ends, stop->acknowledgement, end, TCP_RST | TCP_ACK);
    else if (stop->acknowledgement != 0)
        tcp_write(w, ends, stop->sequence, stop->acknowledgement, TCP_RST | TCP_ACK);
    else
        tcp_write(w, ends, stop->sequence, 0, TCP_RST);
}

/* To the client about the last that it sent; of which the addresses and ports are known. */
static void port_unreachable(struct writer *w, const struct ends *ends)
{
    const struct ends quoted = {ends->to, ends->from, ends->to_port, ends->from_port};
    const bool is_ipv4 = address_is_ipv4(ends->to);
    const size_t header = is_ipv4 ? IPV4_HEADER : IPV6_HEADER;
    const size_t length = ICMP_HEADER + header + UDP_HEADER;

    ip_write(w, ends, is_ipv4 ? ICMP : ICMP6, length);
    uint8_t *const start = w->at;
    write_u8(w, is_ipv4 ? UNREACHABLE : UNREACHABLE6);
    write_u8(w, is_ipv4 ? PORT : PORT6);
    write_u16(w, 0);
    write_u32(w, 0);
    ip_write(w, &quoted, IP_UDP, UDP_HEADER);
    write_u16(w, quoted.from_port);
    write_u16(w, quoted.to_port);
    write_u16(w, UDP_HEADER);
    write_u16(w, 0); /* its checksum nobody knows any more */
    if (w->failed)
        return;
    store_u16(start + 2,
              checksum(sum_of(start, length, is_ipv4 ? 0 : sum_of_pseudo(ends, ICMP6, length))));
}

size_t reset_build(const struct stop *stop, enum reset_to to, uint8_t out[RESET_MOST])
{
    const struct ends to_client = {&stop->server, &stop->client, stop->server_port,
                                   stop->client_port};
    const struct ends to_server = {&stop->client, &stop->server, stop->client_port,
                                   stop->server_port};
    const struct ends *ends = to == RESET_CLIENT ? &to_client : &to_server;
    struct writer w = writer_over(out, RESET_MOST);

    if (address_is_ipv4(&stop->client) != address_is_ipv4(&stop->server))
        return 0;
    if (stop->transport == IP_TCP)
        tcp_reset(&w, stop, to, ends);
    else if (stop->transport == IP_UDP && to == RESET_CLIENT)
        port_unreachable(&w, ends);
    return w.failed ? 0 : writer_length(&w);
}

struct resets {
    int ipv4, ipv6; /* ipv6 -1: the kernel has none */
    struct resets_counts counts;
};

/* For whole packets, header included: raw(7), of IPPROTO_RAW. */
static int raw_socket(int family, uint32_t mark)
{
    int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

enum status resets_open(uint32_t mark, struct resets **out)
{
    struct resets *resets = calloc(1, sizeof *resets);

    if (resets == NULL)
        return STATUS_NO_MEMORY;
    resets->ipv4 = raw_socket(AF_INET, mark);
    resets->ipv6 = raw_socket(AF_INET6, mark);
    if (resets->ipv4 < 0 || (resets->ipv6 < 0 && errno != EAFNOSUPPORT)) {
        int why = errno;
        resets_close(resets);
        errno = why;
        return STATUS_SYSTEM;
    }
    *out = resets;
    return STATUS_OK;
}

void resets_close(struct resets *resets)
{
    if (resets == NULL)
        return;
    if (resets->ipv4 >= 0)
        close(resets->ipv4);
    if (resets->ipv6 >= 0)
        close(resets->ipv6);
    free(resets);
}

bool resets_send(struct resets *resets, const struct stop *stop, enum reset_to to)
{
    uint8_t packet[RESET_MOST];
    struct sockaddr_storage where;
    const struct address *receiver = to == RESET_CLIENT ? &stop->client : &stop->server;
    const size_t length = reset_build(stop, to, packet);

    if (length == 0)
        return false;
    /* The port must be 0: for raw sockets of IPv6 it is the protocol. */
    const socklen_t size = address_to_sockaddr(receiver, 0, AF_UNSPEC, &where);
    const bool is_sent =
        sendto(address_is_ipv4(receiver) ? resets->ipv4 : resets->ipv6, packet, length,
               MSG_DONTWAIT, (const struct sockaddr *)&where, size) == (ssize_t)length;
    resets->counts.sent += is_sent;
    resets->counts.failed += !is_sent;
    return is_sent;
}

bool resets_send_tap(struct resets *resets, const struct stop *stop)
{
    const enum reset_to sender = stop->from_server != 0 ? RESET_SERVER : RESET_CLIENT;
    const enum reset_to receiver = stop->from_server != 0 ? RESET_CLIENT : RESET_SERVER;
    struct stop after = *stop;
    bool is_sent;

    if (stop->transport != IP_TCP)
        return resets_send(resets, stop, RESET_CLIENT);
    after.sequence += after.length;
    after.length = 0;
    is_sent = resets_send(resets, &after, receiver);
    is_sent = (stop->length > 0 && resets_send(resets, stop, receiver)) || is_sent;
    return resets_send(resets, stop, sender) || is_sent;
}

struct resets_counts resets_counts(const struct resets *resets)
{
    return resets->counts;
}
