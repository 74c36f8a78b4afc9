/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * frame - layer below layer, by one cursor.
 */
#include "wire/frame.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_TRANSPARENT = 0x6558, /* Ethernet in GRE */
    TYPE_VLAN = 0x8100,
    TYPE_IPV6 = 0x86dd,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE = 0x8864,
};

enum {
    IP_IPV4 = 4,
    IP_HOP_BY_HOP = 0,
    IP_IPV6 = 41,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_GRE = 47,
    IP_AUTHENTICATION = 51,
    IP_DESTINATION = 60,
    IP_MOBILITY = 135,
};

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281 };

enum { LABELS_MOST = 8, TAGS_MOST = 4, EXTENSIONS_MOST = 16, VXLAN_PORT = 4789 };

struct reading {
    struct cursor at;
    size_t missing; /* bytes that were on the wire behind at.end, and are not there */
    struct segment *segment;
    struct fragment *fragment; /* NULL: fragments are not expected any more */
};

/* What ends too early is cut if the capture kept less than there was, else it contradicts itself.
 */
static enum frame ended(const struct reading *r)
{
    return r->missing > 0 ? FRAME_CUT : FRAME_MALFORMED;
}

/* Only `length` bytes more belong to this layer: what is behind them is padding. */
static bool limit(struct reading *r, size_t length)
{
    size_t left = cursor_left(&r->at);

    if (length <= left) {
        r->at.end = r->at.at + length;
        r->missing = 0;
        return true;
    }
    if (length - left > r->missing)
        return false;
    r->missing = length - left;
    return true;
}

static enum frame read_ethernet(struct reading *r);
static enum frame read_ip(struct reading *r);

static enum frame read_tcp(struct reading *r)
{
    struct segment *s = r->segment;

    s->source_port = read_u16(&r->at);
    s->destination_port = read_u16(&r->at);
    s->sequence = read_u32(&r->at);
    s->acknowledgement = read_u32(&r->at);
    unsigned words = read_u8(&r->at) >> 4;
    s->tcp_flags = read_u8(&r->at) & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
    read_skip(&r->at, 6);
    if (r->at.failed)
        return ended(r);
    if (words < 5)
        return FRAME_MALFORMED;
    read_skip(&r->at, words * 4 - 20);
    if (r->at.failed)
        return ended(r);
    return FRAME_SEGMENT;
}

static enum frame read_udp(struct reading *r)
{
    struct segment *s = r->segment;

    s->source_port = read_u16(&r->at);
    s->destination_port = read_u16(&r->at);
    unsigned length = read_u16(&r->at);
    read_skip(&r->at, 2);
    s->tcp_flags = 0;
    s->sequence = s->acknowledgement = 0;
    if (r->at.failed)
        return ended(r);
    /* 0: a jumbogram, RFC 2675 4 */
    if (length != 0 && (length < 8 || !limit(r, length - 8)))
        return FRAME_MALFORMED;
    return FRAME_SEGMENT;
}

static enum frame read_vxlan(struct reading *r)
{
    struct reading inner = *r;
    struct segment outer = *r->segment;

    uint8_t flags = read_u8(&inner.at);
    read_skip(&inner.at, 7);
    if (!inner.at.failed && (flags & 0x08)) {
        r->segment->tunnel = TUNNEL_VXLAN;
        enum frame frame = read_ethernet(&inner);
        if (frame == FRAME_SEGMENT || frame == FRAME_FRAGMENT)
            return frame;
    }
    *r->segment = outer;
    return FRAME_SEGMENT;
}

/* GRE (RFC 2784, 2890): Ethernet or IP inside. */
static enum frame read_gre(struct reading *r)
{
    unsigned flags = read_u16(&r->at), type = read_u16(&r->at);

    if ((flags & 0x0007) != 0 || (flags & 0x4000) != 0) /* PPTP, source routes */
        return r->at.failed ? ended(r) : FRAME_OTHER;
    read_skip(&r->at,
              (flags & 0x8000 ? 4u : 0) + (flags & 0x2000 ? 4u : 0) + (flags & 0x1000 ? 4u : 0));
    if (r->at.failed)
        return ended(r);
    r->segment->tunnel = TUNNEL_GRE;
    if (type == TYPE_TRANSPARENT)
        return read_ethernet(r);
    return type == TYPE_IPV4 || type == TYPE_IPV6 ? read_ip(r) : FRAME_OTHER;
}

static enum frame read_transport(struct reading *r, uint8_t protocol)
{
    struct segment *s = r->segment;
    bool is_inside = s->tunnel != TUNNEL_NONE;

    if (protocol == IP_GRE && !is_inside)
        return read_gre(r);
    if ((protocol == IP_IPV4 || protocol == IP_IPV6) && !is_inside) {
        s->tunnel = TUNNEL_IP;
        return read_ip(r);
    }
    if (protocol != IP_TCP && protocol != IP_UDP)
        return FRAME_OTHER;
    s->transport = protocol;
    enum frame frame = protocol == IP_TCP ? read_tcp(r) : read_udp(r);
    if (frame != FRAME_SEGMENT)
        return frame;
    s->payload = span_of(r->at.at, cursor_left(&r->at));
    s->sent = s->payload.length + r->missing;
    s->cut = r->missing > 0;
    if (protocol == IP_UDP && s->destination_port == VXLAN_PORT && !is_inside)
        return read_vxlan(r);
    return FRAME_SEGMENT;
}

static enum frame read_fragment(struct reading *r, uint8_t protocol, bool is_ipv6, uint32_t id,
                                unsigned offset, bool more)
{
    if (r->fragment == NULL)
        return FRAME_MALFORMED;
    *r->fragment = (struct fragment){
        .source = r->segment->source,
        .destination = r->segment->destination,
        .vlan = r->segment->vlan,
        .id = id,
        .protocol = protocol,
        .tunnel = r->segment->tunnel,
        .is_ipv6 = is_ipv6,
        .more = more,
        .cut = r->missing > 0,
        .offset = (uint16_t)offset,
        .bytes = span_of(r->at.at, cursor_left(&r->at)),
    };
    return FRAME_FRAGMENT;
}

static enum frame read_ipv4(struct reading *r)
{
    unsigned header = (read_u8(&r->at) & 15u) * 4;
    read_skip(&r->at, 1);
    unsigned total = read_u16(&r->at);
    uint16_t id = read_u16(&r->at), fragment = read_u16(&r->at);
    read_skip(&r->at, 1);
    uint8_t protocol = read_u8(&r->at);
    read_skip(&r->at, 2);
    struct span source = read_span(&r->at, 4), destination = read_span(&r->at, 4);

    if (r->at.failed)
        return ended(r);
    /* A total of 0: the network card will cut it into segments (TSO), and says nothing yet. */
    if (header < 20 || (total != 0 && total < header))
        return FRAME_MALFORMED;
    (void)address_from_bytes(source, &r->segment->source);
    (void)address_from_bytes(destination, &r->segment->destination);
    if (total != 0 && !limit(r, total - 20))
        return FRAME_MALFORMED;
    read_skip(&r->at, header - 20);
    if (r->at.failed)
        return ended(r);
    if ((fragment & 0x3fff) != 0)
        return read_fragment(r, protocol, false, id, (fragment & 0x1fffu) * 8,
                             (fragment & 0x2000) != 0);
    return read_transport(r, protocol);
}

/* The headers between that of IPv6 and the transport (RFC 8200 4). */
static enum frame read_extensions(struct reading *r, uint8_t next)
{
    for (unsigned i = 0; i < EXTENSIONS_MOST; i++) {
        if (next == IP_FRAGMENT) {
            next = read_u8(&r->at);
            read_skip(&r->at, 1);
            unsigned offset = read_u16(&r->at);
            uint32_t id = read_u32(&r->at);
            if (r->at.failed)
                return ended(r);
            if ((offset & 0xfff9) != 0) /* else an atomic fragment, RFC 6946 */
                return read_fragment(r, next, true, id, offset & 0xfff8, offset & 1);
            continue;
        }
        if (next != IP_HOP_BY_HOP && next != IP_ROUTING && next != IP_DESTINATION &&
            next != IP_AUTHENTICATION && next != IP_MOBILITY)
            return read_transport(r, next);
        bool is_authentication = next == IP_AUTHENTICATION;
        next = read_u8(&r->at);
        unsigned length = read_u8(&r->at);
        read_skip(&r->at, is_authentication ? length * 4 + 6 : length * 8 + 6);
        if (r->at.failed)
            return ended(r);
    }
    return FRAME_MALFORMED;
}

static enum frame read_ipv6(struct reading *r)
{
    read_skip(&r->at, 4);
    unsigned length = read_u16(&r->at);
    uint8_t next = read_u8(&r->at);
    read_skip(&r->at, 1);
    struct span source = read_span(&r->at, 16), destination = read_span(&r->at, 16);

    if (r->at.failed)
        return ended(r);
    (void)address_from_bytes(source, &r->segment->source);
    (void)address_from_bytes(destination, &r->segment->destination);
    /* No such address goes over a wire, and here it would pass for one of IPv4. */
    if (address_is_ipv4(&r->segment->source) || address_is_ipv4(&r->segment->destination))
        return FRAME_MALFORMED;
    /* 0: a jumbogram (RFC 2675), or a packet that the network card will cut. */
    if (length != 0 && !limit(r, length))
        return FRAME_MALFORMED;
    return read_extensions(r, next);
}

static enum frame read_ip(struct reading *r)
{
    if (cursor_left(&r->at) == 0)
        return ended(r);
    switch (*r->at.at >> 4) {
    case 4:
        return read_ipv4(r);
    case 6:
        return read_ipv6(r);
    default:
        return FRAME_MALFORMED;
    }
}

static enum frame read_mpls(struct reading *r)
{
    for (unsigned i = 0; i < LABELS_MOST; i++) {
        uint32_t label = read_u32(&r->at);
        if (r->at.failed)
            return ended(r);
        if (label & 0x100) { /* the bottom of the stack: IP, or something that does not say so */
            if (cursor_left(&r->at) == 0)
                return ended(r);
            bool is_ip = *r->at.at >> 4 == 4 || *r->at.at >> 4 == 6;
            return is_ip ? read_ip(r) : FRAME_OTHER;
        }
    }
    return FRAME_MALFORMED;
}

static enum frame read_pppoe(struct reading *r)
{
    read_skip(&r->at, 4);
    unsigned length = read_u16(&r->at);

    if (r->at.failed)
        return ended(r);
    if (length < 2 || !limit(r, length))
        return FRAME_MALFORMED;
    unsigned protocol = read_u16(&r->at);
    if (r->at.failed)
        return ended(r);
    if (protocol == PPP_MPLS)
        return read_mpls(r);
    return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? read_ip(r) : FRAME_OTHER;
}

static enum frame read_type(struct reading *r, unsigned type)
{
    unsigned tags = 0;

    while (type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD) {
        uint32_t id = read_u16(&r->at) & 0x0fff;
        type = read_u16(&r->at);
        if (r->at.failed)
            return ended(r);
        if (++tags > TAGS_MOST)
            return FRAME_MALFORMED;
        /* One tag is the outer one; of more than two, the first and the second count. */
        if (r->segment->tunnel == TUNNEL_NONE && tags <= 2)
            r->segment->vlan |= tags == 1 ? id << 12 : id;
    }
    switch (type) {
    case TYPE_IPV4:
    case TYPE_IPV6:
        return read_ip(r);
    case TYPE_MPLS:
    case TYPE_MPLS_MULTICAST:
        return read_mpls(r);
    case TYPE_PPPOE:
        return read_pppoe(r);
    default:
        return FRAME_OTHER;
    }
}

static enum frame read_ethernet(struct reading *r)
{
    read_skip(&r->at, 12);
    unsigned type = read_u16(&r->at);
    return r->at.failed ? ended(r) : read_type(r, type);
}

/* What the system puts before IP where there is no network: the address family, in
 * the byte order of the machine that captured. */
static enum frame read_loopback(struct reading *r)
{
    uint32_t family = read_u32(&r->at);

    if (r->at.failed)
        return ended(r);
    if ((family & 0xffff) == 0)
        family = __builtin_bswap32(family);
    return family == 2 || family == 10 || family == 24 || family == 28 || family == 30
               ? read_ip(r)
               : FRAME_OTHER;
}

static enum frame read_cooked(struct reading *r, unsigned before, unsigned behind)
{
    read_skip(&r->at, before);
    unsigned type = read_u16(&r->at);
    read_skip(&r->at, behind);
    return r->at.failed ? ended(r) : read_type(r, type);
}

enum frame frame_read(enum link link, struct span bytes, size_t sent, struct segment *segment,
                      struct fragment *fragment)
{
    struct reading r = {cursor_of(bytes), sent > bytes.length ? sent - bytes.length : 0, segment,
                        fragment};

    segment->vlan = 0;
    segment->tunnel = TUNNEL_NONE;
    segment->doubtful = false;
    switch (link) {
    case LINK_ETHERNET:
        return read_ethernet(&r);
    case LINK_COOKED:
        return read_cooked(&r, 14, 0);
    case LINK_COOKED2:
        return read_cooked(&r, 0, 18);
    case LINK_RAW:
        return read_ip(&r);
    case LINK_LOOPBACK:
        return read_loopback(&r);
    default:
        return FRAME_OTHER;
    }
}

enum frame frame_read_joined(const struct fragment *joined, struct span bytes,
                             struct segment *segment)
{
    struct reading r = {cursor_of(bytes), 0, segment, NULL};

    segment->source = joined->source;
    segment->destination = joined->destination;
    segment->vlan = joined->vlan;
    segment->tunnel = joined->tunnel;
    segment->doubtful = joined->doubtful;
    if (joined->is_ipv6)
        return read_extensions(&r, joined->protocol);
    return read_transport(&r, joined->protocol);
}
