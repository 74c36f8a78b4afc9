/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_dns - look-ups past dnsd, and what their answers teach.
 */
#include "captures/make.h"

#define OTHERS "8.8.8.8"
#define OURS   "192.0.2.53"

static struct packets_talk to(const char *server, uint16_t port)
{
    return packets_talk(CLIENT_AT, CLIENT_PORT, server, port);
}

static void ask(struct film *film, const char *server, uint16_t port, const char *name)
{
    struct packets_talk talk = to(server, port);
    datagram(film, &talk, 0, question(name, 1));
    datagram(film, &talk, 1, answer(name, "198.51.100.7"));
}

static void udp_banned(struct film *film)
{
    ask(film, OTHERS, 53, BANNED);
}

static void udp_clean(struct film *film)
{
    ask(film, OTHERS, 53, CLEAN);
}

static void udp_odd_port(struct film *film)
{
    ask(film, SERVER_AT, 5300, BANNED);
}

static void udp_ours(struct film *film)
{
    ask(film, OURS, 53, BANNED);
}

static void tcp_banned(struct film *film)
{
    struct packets_talk talk = to(OTHERS, 53);
    struct span message = with_length(question(BANNED, 1));
    shake_hands(film, &talk);
    say(film, &talk, 0, part(message, 0, 1));
    say(film, &talk, 0, part(message, 1, message.length));
    say(film, &talk, 1, with_length(answer(BANNED, "198.51.100.7")));
}

static void tcp_two(struct film *film)
{
    struct packets_talk talk = to(OTHERS, 53);
    shake_hands(film, &talk);
    say(film, &talk, 0, with_length(question(CLEAN, 1)));
    say(film, &talk, 0, with_length(question(BANNED, 65)));
}

static void not_dns(struct film *film)
{
    struct packets_talk talk = to(OTHERS, 53);
    datagram(film, &talk, 0, noise(90));
}

/* Our resolver gives an address, then the client goes where it says. */
static void resolved(struct film *film, const char *server)
{
    struct packets_talk talk = to(OURS, 53);
    datagram(film, &talk, 0, question(BANNED, 1));
    datagram(film, &talk, 1, answer(BANNED, "198.51.100.7"));
    talk = packets_talk(CLIENT_AT, CLIENT_PORT + 1, server, 443);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for(BANNED));
}

static void resolved_yes(struct film *film)
{
    resolved(film, "198.51.100.7");
}

static void resolved_no(struct film *film)
{
    resolved(film, "198.51.100.8");
}

static void resolved_address(struct film *film)
{
    struct packets_talk talk = to(OURS, 53);
    datagram(film, &talk, 0, question("files.example.org", 1));
    datagram(film, &talk, 1, answer("files.example.org", "203.0.113.9"));
    talk = packets_talk(CLIENT_AT, CLIENT_PORT + 1, "203.0.113.9", 443);
    shake_hands(film, &talk);
}

static void mdns(struct film *film)
{
    struct packets_talk talk = packets_talk(CLIENT_AT, 5353, "224.0.0.251", 5353);
    datagram(film, &talk, 0, question("printer.local", 12));
}

static void dnscrypt(struct film *film)
{
    static uint8_t bytes[400];
    struct packets_talk talk = talk_with(443);
    datagram(film, &talk, 0, noise(68 + 256));
    memcpy(bytes, noise(sizeof bytes).at, sizeof bytes);
    memcpy(bytes, "r6fnvWj8", 8);
    datagram(film, &talk, 1, span_of(bytes, sizeof bytes));
}

static void dnscrypt_certificate(struct film *film)
{
    struct packets_talk talk = talk_with(5443);
    datagram(film, &talk, 0, question("2.dnscrypt-cert.resolver.example.org", 16));
}

static void kaspersky_asks(struct film *film, const char *server)
{
    ask(film, server, 53, "ds.kaspersky.com");
}

static void fallback(struct film *film)
{
    kaspersky_asks(film, "223.6.6.6");
}

static void no_fallback(struct film *film)
{
    kaspersky_asks(film, "198.51.100.53");
}

static void cloud_port(struct film *film)
{
    struct packets_talk talk = talk_with(23101);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for("s1.ksc.kaspersky.com"));
}

const struct scene dns_scenes[] = {
    {"dns-udp-banned", "A banned name is asked of 8.8.8.8: past dnsd, and past its sinkhole.",
     udp_banned},
    {"dns-udp-clean",
     "A clean name is asked of 8.8.8.8. The name is nothing, asking there is a way around.",
     udp_clean},
    {"dns-udp-odd-port", "The same on port 5300, where only a whole ordinary question counts.",
     udp_odd_port},
    {"dns-udp-our-resolver",
     "A banned name is asked of our own resolver (192.0.2.53 here). dnsd judges it; there is no\n"
     "event of the inspector.",
     udp_ours},
    {"dns-tcp-banned", "By TCP, with the length cut in two by a border of segments.", tcp_banned},
    {"dns-tcp-two-questions",
     "Two questions on one connection; the second one is for a banned name.", tcp_two},
    {"dns-port-not-dns", "On port 53, and no DNS: what only goes where DNS may go.", not_dns},
    {"resolved-by-us",
     "Our resolver gave the address, then the client says hello there. `resolved_by_us` is yes.",
     resolved_yes},
    {"resolved-not-by-us",
     "The client was told another address than the one it goes to: it has it from elsewhere.",
     resolved_no},
    {"resolved-address-on-a-list",
     "An address on a list that our resolver gave for a clean name. The event says for which.",
     resolved_address},
    {"mdns", "Names of the local link (RFC 6762). No way around anything, and no event.", mdns},
    {"dnscrypt-answer",
     "DNSCrypt version 2: the question looks like noise of a certain length, the answer begins\n"
     "with eight bytes that are always the same.",
     dnscrypt},
    {"dnscrypt-certificate",
     "What a DNSCrypt client asks first, in plain DNS: the certificate's name.",
     dnscrypt_certificate},
    {"kaspersky-fallback",
     "A Kaspersky name is asked of a public resolver that its products fall back to when dnsd\n"
     "sinkholes: near-certain that one is installed.",
     fallback},
    {"kaspersky-other-resolver",
     "The same name asked of another resolver. What the list says of it stays.", no_fallback},
    {"kaspersky-cloud-port",
     "A Kaspersky name on a port of its Security Center Cloud: as of an installed product.",
     cloud_port},
    {NULL, NULL, NULL}};
