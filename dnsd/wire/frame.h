/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * frame - one frame of a wire, down to what TCP or UDP carries.
 *
 * Used by inspect/watch.c once per packet, and by tests. Reads Ethernet, 802.1Q and QinQ, MPLS,
 * PPPoE, Linux cooked v1 and v2, raw IP, loopback; IPv4 with options, IPv6 with extension headers;
 * GRE, IP-in-IP, 6in4 and VXLAN one level deep; TCP and UDP. What the capture cut off is told apart
 * from what is malformed. Never joins fragments (inspect/fragments.h), never keeps anything.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/address.h"
#include "base/cursor.h"

/* How a frame begins; capture/ translates libpcap's DLT numbers. */
enum link { LINK_ETHERNET, LINK_COOKED, LINK_COOKED2, LINK_RAW, LINK_LOOPBACK, LINK_COUNT };

enum tunnel { TUNNEL_NONE, TUNNEL_GRE, TUNNEL_IP, TUNNEL_VXLAN, TUNNEL_COUNT };

enum { IP_TCP = 6, IP_UDP = 17 };
enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

/* What one frame carries. Spans point into the frame, or into joined fragments. */
struct segment {
    struct address source, destination;
    uint16_t source_port, destination_port;
    uint32_t vlan;     /* the outer tag's id << 12 | the inner one's; 0: none */
    uint8_t transport; /* IP_TCP, IP_UDP */
    uint8_t tunnel;    /* enum tunnel */
    uint8_t tcp_flags; /* enum tcp_flag */
    bool doubtful;     /* joined from fragments of which copies differed */
    bool cut;          /* the capture kept less than was sent: `payload` is its beginning */
    uint32_t sequence, acknowledgement;
    struct span payload;
    size_t sent; /* how many bytes of payload were on the wire */
};

/* A part of a datagram of IP (RFC 791, RFC 8200 4.5). */
struct fragment {
    struct address source, destination;
    uint32_t vlan, id;
    uint8_t protocol; /* of what the fragments make; for IPv6 the first header behind Fragment */
    uint8_t tunnel;
    bool is_ipv6, more, cut;
    bool doubtful;   /* of a joined one: a datagram of this number came in copies that differ */
    uint16_t offset; /* bytes */
    struct span bytes;
};

enum frame {
    FRAME_SEGMENT,   /* `segment` is filled */
    FRAME_FRAGMENT,  /* `fragment` is filled */
    FRAME_OTHER,     /* sound, and neither TCP nor UDP over IP */
    FRAME_CUT,       /* headers end where the capture does */
    FRAME_MALFORMED, /* headers contradict themselves */
    FRAME_COUNT
};

/* `sent`: how long the frame was on the wire; bytes.length is what the capture kept. */
enum frame frame_read(enum link link, struct span bytes, size_t sent, struct segment *segment,
                      struct fragment *fragment);

/* Goes on behind the IP header of a datagram that was joined from fragments: `joined` has their
 * addresses, VLAN and protocol, `bytes` all of them together. Gives no FRAME_FRAGMENT. */
enum frame frame_read_joined(const struct fragment *joined, struct span bytes,
                             struct segment *segment);

#endif
