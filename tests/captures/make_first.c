/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_first - what a first packet tells already, and flows of which nobody can tell anything.
 */
#include "captures/make.h"

#define OURS   "192.0.2.53"
#define STRICT "10.8.2.3"
#define TOLD   "198.51.100.7"
#define OTHER  "198.51.100.8"

static void dot_syn(struct film *film)
{
    struct packets_talk talk = talk_with(853);
    say_flags(film, &talk, 0, TCP_SYN);
    say_flags(film, &talk, 0, TCP_SYN);
}

static void dot_ours(struct film *film)
{
    struct packets_talk talk = packets_talk(CLIENT_AT, CLIENT_PORT, OURS, 853);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_for("resolver.example.org"));
}

static void udp_853(struct film *film)
{
    struct packets_talk talk = talk_with(853);
    datagram(film, &talk, 0, noise(40));
}

/* The client is told an address, by our resolver, and says something nobody knows to a server. */
static void unknown(struct film *film, const char *client, const char *server, bool server_first)
{
    struct packets_talk talk = packets_talk(client, CLIENT_PORT, OURS, 53);
    datagram(film, &talk, 0, question(CLEAN, 1));
    datagram(film, &talk, 1, answer(CLEAN, TOLD));
    talk = packets_talk(client, CLIENT_PORT + 1, server, 4444);
    shake_hands(film, &talk);
    if (server_first)
        say_text(film, &talk, 1, "welcome\n");
    say(film, &talk, 0, from_hex("0102030405060708090a0b0c0d0e0f1011121314"));
    say_text(film, &talk, 1, "\1\2\3\4\5");
}

static void unresolved(struct film *film)
{
    unknown(film, CLIENT_AT, OTHER, false);
}

static void unresolved_strict(struct film *film)
{
    unknown(film, STRICT, OTHER, false);
}

static void unresolved_private(struct film *film)
{
    unknown(film, STRICT, "192.168.7.7", false);
}

static void unresolved_told(struct film *film)
{
    unknown(film, STRICT, TOLD, false);
}

static void unresolved_server_first(struct film *film)
{
    unknown(film, STRICT, OTHER, true);
}

static void unresolved_nothing_known(struct film *film)
{
    struct packets_talk talk = packets_talk(STRICT, CLIENT_PORT, OTHER, 4444);
    shake_hands(film, &talk);
    say(film, &talk, 0, from_hex("0102030405060708090a0b0c0d0e0f1011121314"));
}

static void unresolved_udp(struct film *film)
{
    struct packets_talk talk = packets_talk(STRICT, CLIENT_PORT, OURS, 53);
    datagram(film, &talk, 0, question(CLEAN, 1));
    datagram(film, &talk, 1, answer(CLEAN, TOLD));
    talk = packets_talk(STRICT, CLIENT_PORT + 1, OTHER, 4444);
    for (unsigned i = 0; i < 20; i++)
        datagram(film, &talk, 0, noise(40));
}

const struct scene first_scenes[] = {
    {"dot-syn-only",
     "Nothing but a SYN to port 853 of a server that is no resolver of ours, sent twice: enough, "
     "and\n"
     "one event.",
     dot_syn},
    {"dot-our-resolver", "DNS over TLS with our own resolver: no way around anything.", dot_ours},
    {"doq-first-datagram", "A first datagram to port 853 that is no QUIC.", udp_853},
    {"unresolved",
     "Bytes that no reader knows, to an address that the client was not told, while another was: "
     "a\n"
     "rule `protocol: unresolved` has its word.",
     unresolved},
    {"unresolved-strict", "The same of a client whose group is strict: to be stopped.",
     unresolved_strict},
    {"unresolved-private", "The same to an address inside: nobody has to be told those.",
     unresolved_private},
    {"unresolved-told", "The same to the address that the client was told.", unresolved_told},
    {"unresolved-server-first", "The same where the server speaks first, as of SSH.",
     unresolved_server_first},
    {"unresolved-nothing-known",
     "The same of a client of which no answer was ever seen: what is not known is no reason.",
     unresolved_nothing_known},
    {"unresolved-udp", "The same by UDP; the last reader gives up after some datagrams.",
     unresolved_udp},
    {NULL, NULL, NULL}};
