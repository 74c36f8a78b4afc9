/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets - frames around segments and fragments.
 */
#include "packets/packets.h"

#include <stdlib.h>

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_QINQ = 0x88a8,
    ETHER_MPLS = 0x8847,
    ETHER_PPPOE = 0x8864,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    PPP_MPLS = 0x0281,
};
enum { IP_HOP = 0, IP_IPIP = 4, IP_6IN4 = 41, IP_ROUTING = 43, IP_FRAGMENT = 44, IP_GRE = 47 };
enum { IP_AH = 51, IP_DESTINATION = 60, VXLAN_PORT = 4789, MOST_OPTIONS = 40 };

static const uint8_t no_operations[MOST_OPTIONS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const uint8_t zeros[256];

/* What stands in the header of IP. */
struct ip {
    struct address source, destination;
    uint8_t protocol;
    bool is_fragment, more;
    uint16_t offset;
    uint32_t id;
};

/* RFC 1071. */
static uint32_t sum_of(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += load_u16(bytes + i);
    if (length % 2 != 0)
        sum += (uint32_t)bytes[length - 1] << 8;
    return (sum & 0xffff) + (sum >> 16);
}

static uint16_t checksum(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void write_address(struct writer *w, const struct address *address)
{
    if (address_is_ipv4(address))
        write_bytes(w, address->bytes + 12, 4);
    else
        write_bytes(w, address->bytes, 16);
}

/* Gives the place of the length and the sum, filled by close_ip(). */
static uint8_t *open_ipv4(struct writer *w, const struct packets_shape *shape, const struct ip *ip)
{
    uint8_t *start = w->at;
    write_u8(w, (uint8_t)(0x45 + shape->ip_options / 4));
    write_bytes(w, zeros, 3);
    write_u16(w, (uint16_t)ip->id);
    write_u16(
        w, (uint16_t)((ip->is_fragment ? 0 : 0x4000) | (ip->more ? 0x2000 : 0) | ip->offset / 8));
    write_u8(w, 64);
    write_u8(w, ip->protocol);
    write_u16(w, 0);
    write_address(w, &ip->source);
    write_address(w, &ip->destination);
    write_bytes(w, no_operations, shape->ip_options);
    return start;
}

/* The header of 8 bytes (4 more of AH) and the number of what is behind it. */
static void write_extension(struct writer *w, uint8_t kind, uint8_t next, const struct ip *ip)
{
    write_u8(w, next);
    switch (kind) {
    case IP_FRAGMENT:
        write_u8(w, 0);
        write_u16(w, (uint16_t)(ip->offset | (ip->more ? 1 : 0)));
        write_u32(w, ip->id);
        break;
    case IP_AH: /* RFC 4302 2.2: in units of four bytes, less two */
        write_u8(w, 4);
        write_bytes(w, zeros, 22);
        break;
    case IP_ROUTING: /* RFC 8200 4.4, with no segments left */
        write_u8(w, 0);
        write_u8(w, 253);
        write_bytes(w, zeros, 5);
        break;
    default: /* PadN */
        write_bytes(w, "\0\1\4\0\0\0\0", 7);
    }
}

static uint8_t *open_ipv6(struct writer *w, const struct packets_shape *shape, const struct ip *ip)
{
    uint8_t chain[8];
    unsigned count = 0;
    if (shape->extensions & PACKETS_HOP_BY_HOP)
        chain[count++] = IP_HOP;
    if (shape->extensions & PACKETS_ROUTING)
        chain[count++] = IP_ROUTING;
    if (ip->is_fragment || shape->extensions & PACKETS_ATOMIC_FRAGMENT)
        chain[count++] = IP_FRAGMENT;
    if (shape->extensions & PACKETS_AUTHENTICATION && !ip->is_fragment)
        chain[count++] = IP_AH;
    if (shape->extensions & PACKETS_DESTINATION && !ip->is_fragment)
        chain[count++] = IP_DESTINATION;
    chain[count] = ip->protocol;
    uint8_t *start = w->at;
    write_u32(w, 0x60000000);
    write_u16(w, 0);
    write_u8(w, chain[0]);
    write_u8(w, 64);
    write_address(w, &ip->source);
    write_address(w, &ip->destination);
    for (unsigned i = 0; i < count; i++)
        write_extension(w, chain[i], chain[i + 1], ip);
    return start;
}

static uint8_t *open_ip(struct writer *w, const struct packets_shape *shape, const struct ip *ip)
{
    return address_is_ipv4(&ip->source) ? open_ipv4(w, shape, ip) : open_ipv6(w, shape, ip);
}

static void close_ip(struct writer *w, uint8_t *start)
{
    if (w->failed)
        return;
    if (start[0] >> 4 == 4) {
        store_u16(start + 2, (uint16_t)(w->at - start));
        store_u16(start + 10, checksum(sum_of(start, (size_t)(start[0] & 15) * 4, 0)));
    } else {
        store_u16(start + 4, (uint16_t)(w->at - start - 40));
    }
}

/* RFC 9293 3.1, RFC 8200 8.1: the pseudo header's sum, with `length` behind it. */
static uint16_t transport_sum(const struct segment *s, const uint8_t *start, size_t length)
{
    size_t from = address_is_ipv4(&s->source) ? 12 : 0;
    uint32_t sum = s->transport + (uint32_t)length;
    sum = sum_of(s->source.bytes + from, 16 - from, sum);
    sum = sum_of(s->destination.bytes + from, 16 - from, sum);
    return checksum(sum_of(start, length, sum));
}

void packets_transport(struct writer *w, const struct packets_shape *shape,
                       const struct segment *segment)
{
    uint8_t *start = w->at;
    size_t sum_at = segment->transport == IP_TCP ? 16 : 6;
    write_u16(w, segment->source_port);
    write_u16(w, segment->destination_port);
    if (segment->transport == IP_TCP) {
        write_u32(w, segment->sequence);
        write_u32(w, segment->acknowledgement);
        write_u8(w, (uint8_t)((5 + shape->tcp_options / 4) << 4));
        write_u8(w, segment->tcp_flags);
        write_u16(w, 0xffff);
        write_u32(w, 0);
        write_bytes(w, no_operations, shape->tcp_options);
    } else {
        write_u16(w, (uint16_t)(8 + segment->payload.length));
        write_u16(w, 0);
    }
    write_span(w, segment->payload);
    if (w->failed)
        return;
    uint16_t sum = transport_sum(segment, start, (size_t)(w->at - start));
    store_u16(start + sum_at, sum == 0 && segment->transport == IP_UDP ? 0xffff : sum);
}

/* Numbers of PPP for those of Ethernet. */
static uint16_t ppp_type(uint16_t type)
{
    return type == ETHER_IPV4 ? PPP_IPV4 : type == ETHER_IPV6 ? PPP_IPV6 : PPP_MPLS;
}

/* What is between the link's addresses and IP; gives the place of PPPoE's length, or NULL. */
static uint8_t *write_tags(struct writer *w, const struct packets_shape *shape, uint32_t vlan,
                           uint16_t type)
{
    uint8_t *length_at = NULL;
    uint16_t outer = (uint16_t)(vlan >> 12), inner = vlan & 0xfff;
    uint16_t below = shape->labels > 0 ? ETHER_MPLS : type;
    uint16_t first = shape->pppoe ? ETHER_PPPOE : below;
    if (vlan != 0) {
        write_u16(w, inner != 0 ? ETHER_QINQ : ETHER_VLAN);
        write_u16(w, outer);
    }
    if (inner != 0) {
        write_u16(w, ETHER_VLAN);
        write_u16(w, inner);
    }
    write_u16(w, first);
    if (shape->pppoe) {
        write_u32(w, 0x11000001);
        length_at = write_place(w, 2);
        write_u16(w, ppp_type(below));
    }
    for (unsigned i = 1; i <= shape->labels; i++)
        write_u32(w, (16 + i) << 12 | (i == shape->labels ? 0x100 : 0) | 64);
    return length_at;
}

static void write_ethernet_addresses(struct writer *w)
{
    write_bytes(w, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
}

/* Up to where IP begins. */
static uint8_t *open_link(struct writer *w, const struct packets_shape *shape, uint32_t vlan,
                          bool is_ipv6)
{
    uint16_t type = is_ipv6 ? ETHER_IPV6 : ETHER_IPV4;
    switch (shape->link) {
    case LINK_ETHERNET:
        write_ethernet_addresses(w);
        return write_tags(w, shape, vlan, type);
    case LINK_COOKED: /* outgoing, Ethernet, an address of six bytes */
        write_bytes(w, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0", 14);
        return write_tags(w, shape, vlan, type);
    case LINK_COOKED2: { /* as LINK_COOKED, but the type stands before the rest */
        uint8_t *start = w->at, *ppp = write_tags(w, shape, vlan, type);
        if (write_place(w, 18) == NULL)
            return NULL;
        memmove(start + 20, start + 2, (size_t)(w->at - start) - 20);
        memcpy(start + 2, "\0\0\0\0\0\2\0\1\4\6\2\0\0\0\0\1\0\0", 18);
        return ppp == NULL ? NULL : ppp + 18;
    }
    case LINK_LOOPBACK: /* the family, as a little-endian host wrote it */
        write_u32(w, is_ipv6 ? 0x1e000000 : 0x02000000);
        return NULL;
    default:
        return NULL;
    }
}

/* The headers of a tunnel, from its IP to what is in it. */
struct tunnel_ends {
    uint8_t *ip, *gre, *udp;
};

static struct tunnel_ends open_tunnel(struct writer *w, const struct packets_shape *shape,
                                      enum tunnel tunnel, bool is_ipv6)
{
    static const struct address ends[2][2] = {
        {{{[10] = 0xff, 0xff, 192, 0, 2, 251}}, {{[10] = 0xff, 0xff, 192, 0, 2, 252}}},
        {{{0x20, 1, 0x0d, 0xb8, [15] = 251}}, {{0x20, 1, 0x0d, 0xb8, [15] = 252}}}};
    static const struct packets_shape plain;
    static const uint8_t protocols[TUNNEL_COUNT] = {
        [TUNNEL_GRE] = IP_GRE, [TUNNEL_IP] = IP_IPIP, [TUNNEL_VXLAN] = IP_UDP};
    struct ip ip = {.source = ends[shape->outer_ipv6][0],
                    .destination = ends[shape->outer_ipv6][1],
                    .protocol = protocols[tunnel]};
    if (tunnel == TUNNEL_IP && is_ipv6)
        ip.protocol = IP_6IN4;
    struct tunnel_ends made = {.ip = open_ip(w, &plain, &ip)};
    if (tunnel == TUNNEL_GRE) {
        made.gre = w->at;
        write_u16(w, shape->gre_flags);
        write_u16(w, is_ipv6 ? ETHER_IPV6 : ETHER_IPV4);
        for (unsigned flag = 0x8000; flag >= 0x1000; flag >>= 1)
            write_bytes(w, zeros, shape->gre_flags & flag ? 4 : 0);
    } else if (tunnel == TUNNEL_VXLAN) { /* RFC 7348 5 */
        made.udp = w->at;
        write_u16(w, 50000);
        write_u16(w, VXLAN_PORT);
        write_u32(w, 0);
        write_u32(w, 0x08000000);
        write_u32(w, 42 << 8);
        write_ethernet_addresses(w);
        write_u16(w, is_ipv6 ? ETHER_IPV6 : ETHER_IPV4);
    }
    return made;
}

static void close_tunnel(struct writer *w, const struct packets_shape *shape,
                         const struct tunnel_ends *ends)
{
    if (w->failed)
        return;
    if (ends->udp != NULL)
        store_u16(ends->udp + 4, (uint16_t)(w->at - ends->udp));
    if (ends->gre != NULL && shape->gre_flags & 0x8000)
        store_u16(ends->gre + 4, checksum(sum_of(ends->gre, (size_t)(w->at - ends->gre), 0)));
    if (ends->ip != NULL)
        close_ip(w, ends->ip);
}

/* One frame with this inside IP: a segment, or else these bytes. */
static void write_frame(struct writer *w, const struct packets_shape *shape, const struct ip *ip,
                        uint32_t vlan, enum tunnel tunnel, const struct segment *segment,
                        struct span bytes)
{
    bool is_ipv6 = !address_is_ipv4(&ip->source);
    struct tunnel_ends outer = {0};
    uint8_t *ppp = open_link(w, shape, vlan, tunnel == TUNNEL_NONE ? is_ipv6 : shape->outer_ipv6);
    if (tunnel != TUNNEL_NONE)
        outer = open_tunnel(w, shape, tunnel, is_ipv6);
    uint8_t *start = open_ip(w, shape, ip);
    if (segment != NULL)
        packets_transport(w, shape, segment);
    else
        write_span(w, bytes);
    close_ip(w, start);
    close_tunnel(w, shape, &outer);
    if (ppp != NULL && !w->failed)
        store_u16(ppp, (uint16_t)(w->at - ppp - 2));
    write_bytes(w, zeros, shape->trailer);
}

void packets_frame(struct writer *w, const struct packets_shape *shape,
                   const struct segment *segment)
{
    struct ip ip = {.source = segment->source,
                    .destination = segment->destination,
                    .protocol = segment->transport,
                    .id = shape->identification};
    write_frame(w, shape, &ip, segment->vlan, segment->tunnel, segment, (struct span){0});
}

void packets_fragment(struct writer *w, const struct packets_shape *shape,
                      const struct fragment *fragment)
{
    struct ip ip = {.source = fragment->source,
                    .destination = fragment->destination,
                    .protocol = fragment->protocol,
                    .is_fragment = true,
                    .more = fragment->more,
                    .offset = fragment->offset,
                    .id = fragment->id};
    write_frame(w, shape, &ip, fragment->vlan, fragment->tunnel, NULL, fragment->bytes);
}

struct segment packets_segment(const char *source, uint16_t source_port, const char *destination,
                               uint16_t destination_port)
{
    struct segment s = {.source_port = source_port,
                        .destination_port = destination_port,
                        .transport = IP_TCP,
                        .tcp_flags = TCP_ACK | TCP_PSH};
    if (address_parse(source, &s.source) != STATUS_OK ||
        address_parse(destination, &s.destination) != STATUS_OK ||
        address_is_ipv4(&s.source) != address_is_ipv4(&s.destination))
        abort();
    return s;
}

struct packets_talk packets_talk(const char *client, uint16_t client_port, const char *server,
                                 uint16_t server_port)
{
    struct packets_talk talk = {.ends = packets_segment(client, client_port, server, server_port),
                                .first = {0xfffffff0, 0x10000000}};
    return talk;
}

struct segment packets_say_at(const struct packets_talk *talk, unsigned side, size_t offset,
                              struct span payload)
{
    struct segment s = talk->ends;
    if (side != 0) {
        s.source = talk->ends.destination;
        s.source_port = talk->ends.destination_port;
        s.destination = talk->ends.source;
        s.destination_port = talk->ends.source_port;
    }
    s.sequence = talk->first[side] + 1 + (uint32_t)offset;
    s.acknowledgement = talk->first[1 - side] + 1 + talk->said[1 - side];
    s.payload = payload;
    s.sent = payload.length;
    return s;
}

struct segment packets_say(struct packets_talk *talk, unsigned side, uint8_t flags,
                           struct span payload)
{
    struct segment s = packets_say_at(talk, side, talk->said[side], payload);
    s.tcp_flags = flags;
    if (flags & TCP_SYN)
        s.sequence = talk->first[side];
    if (!(flags & TCP_ACK))
        s.acknowledgement = 0;
    talk->said[side] += (uint32_t)payload.length;
    return s;
}
