/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_frames - one and the same hello in frames of every kind, whole and in fragments.
 */
#include "captures/make.h"

static void usual(struct film *film)
{
    tell_client(film, 443, hello_for(BANNED));
}

static void vlan(struct film *film)
{
    film->vlan = 7 << 12;
    usual(film);
}

static void qinq(struct film *film)
{
    film->vlan = 7 << 12 | 9;
    usual(film);
}

static void mpls(struct film *film)
{
    film->shape.labels = 2;
    usual(film);
}

static void pppoe(struct film *film)
{
    film->shape.pppoe = true;
    usual(film);
}

static void cooked(struct film *film)
{
    film->shape.link = LINK_COOKED;
    usual(film);
}

static void cooked2(struct film *film)
{
    film->shape.link = LINK_COOKED2;
    usual(film);
}

static void raw(struct film *film)
{
    film->shape.link = LINK_RAW;
    usual(film);
}

static void loopback(struct film *film)
{
    film->shape.link = LINK_LOOPBACK;
    usual(film);
}

static void ip_options(struct film *film)
{
    film->shape.ip_options = 12;
    film->shape.tcp_options = 20;
    usual(film);
}

static void trailer(struct film *film)
{
    film->shape.trailer = 6;
    usual(film);
}

static void gre(struct film *film)
{
    film->tunnel = TUNNEL_GRE;
    film->shape.gre_flags = 0xb000;
    usual(film);
}

static void vxlan(struct film *film)
{
    film->tunnel = TUNNEL_VXLAN;
    usual(film);
}

static void ip_in_ip(struct film *film)
{
    film->tunnel = TUNNEL_IP;
    usual(film);
}

static struct packets_talk talk6(void)
{
    return packets_talk("2001:db8:1::3", CLIENT_PORT, "2001:db8:2::1", 443);
}

static void usual6(struct film *film)
{
    struct packets_talk talk = talk6();
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(BANNED));
}

static void six_in_four(struct film *film)
{
    film->tunnel = TUNNEL_IP;
    usual6(film);
}

static void extensions(struct film *film)
{
    film->shape.extensions = PACKETS_HOP_BY_HOP | PACKETS_ROUTING | PACKETS_ATOMIC_FRAGMENT |
                             PACKETS_AUTHENTICATION | PACKETS_DESTINATION;
    usual6(film);
}

/* The hello in a datagram of IP in pieces of `size`, backwards; `twice`: with the second piece
 * again, in other bytes, before the last one to come. */
static void fragments(struct film *film, struct packets_talk talk, size_t size, bool twice)
{
    static uint8_t room[4096], frame_room[4096], other[4096];
    struct writer w = writer_over(room, sizeof room);

    shake_hands(film, &talk);
    struct segment s = packets_say(&talk, 0, TCP_ACK | TCP_PSH, hello_for(BANNED));
    packets_transport(&w, &film->shape, &s);
    size_t whole = writer_length(&w), count = (whole + size - 1) / size;
    for (size_t i = count; i-- > 0;) {
        struct fragment f = {
            .source = s.source,
            .destination = s.destination,
            .id = 77,
            .protocol = IP_TCP,
            .is_ipv6 = !address_is_ipv4(&s.source),
            .more = i + 1 < count,
            .offset = (uint16_t)(i * size),
            .bytes = part(writer_span(&w), i * size, i + 1 < count ? (i + 1) * size : whole)};
        for (unsigned copy = 0; copy < (twice && i == 1 ? 2 : 1); copy++) {
            struct writer frame = writer_over(frame_room, sizeof frame_room);
            if (copy == 1) {
                memset(other, 'x', f.bytes.length);
                f.bytes = span_of(other, f.bytes.length);
            }
            packets_fragment(&frame, &film->shape, &f);
            show_frame(film, writer_span(&frame));
        }
    }
}

static void fragments4(struct film *film)
{
    fragments(film, talk_with(443), 64, false);
}

static void fragments6(struct film *film)
{
    fragments(film, talk6(), 64, false);
}

static void fragments4_differ(struct film *film)
{
    fragments(film, talk_with(443), 64, true);
}

static void fragments6_overlap(struct film *film)
{
    fragments(film, talk6(), 64, true);
}

static void snap(struct film *film)
{
    film->snap = 96;
    usual(film);
}

static void snap_of_udp(struct film *film)
{
    struct packets_talk talk = packets_talk(CLIENT_AT, CLIENT_PORT, "8.8.8.8", 53);
    film->snap = 50;
    datagram(film, &talk, 0, question(BANNED, 1));
}

static void cut_headers(struct film *film)
{
    film->snap = 40;
    usual(film);
}

const struct scene frame_scenes[] = {
    {"frame-vlan", "A tag of 802.1Q. The event says which VLAN.", vlan},
    {"frame-qinq", "Two tags (802.1ad).", qinq},
    {"frame-mpls", "Two labels of MPLS before IP.", mpls},
    {"frame-pppoe", "PPP over Ethernet (RFC 2516), as on access lines.", pppoe},
    {"frame-cooked", "Linux cooked capture, as of `tcpdump -i any`.", cooked},
    {"frame-cooked2", "Linux cooked capture, version 2.", cooked2},
    {"frame-raw", "Raw IP, as of a tun interface.", raw},
    {"frame-loopback", "The loopback header of BSD.", loopback},
    {"frame-ip-options", "Options of IPv4 and of TCP push the payload back.", ip_options},
    {"frame-trailer", "Ethernet's padding behind IP is no payload.", trailer},
    {"frame-gre", "GRE with checksum, key and sequence number (RFC 2890).", gre},
    {"frame-vxlan", "VXLAN (RFC 7348): what is inside counts, not the outer UDP.", vxlan},
    {"frame-ip-in-ip", "IPv4 in IPv4 (RFC 2003).", ip_in_ip},
    {"frame-ipv6", "IPv6, plain.", usual6},
    {"frame-6in4", "IPv6 in IPv4 (RFC 4213): a way past filters that know IPv4 alone.",
     six_in_four},
    {"frame-ipv6-extensions",
     "Five extension headers before TCP, an atomic fragment (RFC 6946) among them.", extensions},
    {"fragments-ipv4", "The hello in fragments of IPv4, the last one first. They are joined.",
     fragments4},
    {"fragments-ipv6", "The hello in fragments of IPv6, the last one first.", fragments6},
    {"fragments-ipv4-copies-differ",
     "A fragment of IPv4 comes twice with other bytes. The datagram is dropped; nothing of it is\n"
     "believed.",
     fragments4_differ},
    {"fragments-ipv6-overlap",
     "Fragments of IPv6 overlap, which RFC 5722 forbids. The datagram is dropped.",
     fragments6_overlap},
    {"capture-cut",
     "The capture kept 96 bytes of each frame. What is left of the hello has no name, and the\n"
     "result says why.",
     snap},
    {"capture-cut-udp", "The capture kept the beginning of a question to 8.8.8.8.", snap_of_udp},
    {"capture-cut-headers", "The capture kept less than the headers: no flow can be told at all.",
     cut_headers},
    {NULL, NULL, NULL}};
