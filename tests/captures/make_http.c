/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_http - HTTP without TLS, and proxies.
 */
#include "captures/make.h"

static void host(struct film *film)
{
    tell_text(film, 80, "GET /index.html HTTP/1.1\r\nHost: " BANNED "\r\n\r\n");
}

static void clean(struct film *film)
{
    tell_text(film, 80, "GET / HTTP/1.1\r\nHost: " CLEAN "\r\n\r\n");
}

static void host_cut(struct film *film)
{
    struct packets_talk talk = talk_with(8081);
    shake_hands(film, &talk);
    say_text(film, &talk, 0, "GET / HTTP/1.1\r\nAccept: */*\r\nHo");
    say_text(film, &talk, 0, "st: web.wec");
    say_text(film, &talk, 0, "hat.com:8081\r\n\r\n");
}

static void no_host(struct film *film)
{
    tell_text(film, 80, "GET / HTTP/1.0\r\n\r\n");
}

static void address_as_host(struct film *film)
{
    tell_text(film, 80, "GET / HTTP/1.1\r\nHost: 203.0.113.7\r\n\r\n");
}

static void absolute(struct film *film)
{
    tell_text(film, 3128, "GET http://" BANNED "/index.html HTTP/1.1\r\nHost: " BANNED "\r\n\r\n");
}

static void disagreeing(struct film *film)
{
    tell_text(film, 3128, "GET http://" CLEAN "/ HTTP/1.1\r\nHost: " BANNED "\r\n\r\n");
}

static void second_host(struct film *film)
{
    tell_text(film, 80, "GET / HTTP/1.1\r\nHost: " CLEAN "\r\nHost: " BANNED "\r\n\r\n");
}

static void keep_alive(struct film *film)
{
    struct packets_talk talk = talk_with(80);
    shake_hands(film, &talk);
    say_text(film, &talk, 0, "GET / HTTP/1.1\r\nHost: " CLEAN "\r\n\r\n");
    say_text(film, &talk, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    say_text(film, &talk, 0, "GET /second HTTP/1.1\r\nHost: " BANNED "\r\n\r\n");
}

static void h2c(struct film *film)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    tell_client(film, 80, span_of(preface, sizeof preface - 1));
}

/* GET of CLEAN, and of BANNED in a block of two frames; both names in Huffman's code. */
static void h2c_names(struct film *film)
{
    struct packets_talk talk = talk_with(80);
    shake_hands(film, &talk);
    say_text(film, &talk, 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    say(film, &talk, 0, from_hex("000000040000000000"));
    say(film, &talk, 0, from_hex("000011010500000001828684418cf1e3c2e5f23a6ba0ab9ec9bf"));
    say(film, &talk, 1, from_hex("000000040000000000"));
    say(film, &talk, 0, from_hex("000005010100000003828684418a"));
    say(film, &talk, 0, from_hex("00000a090400000003f058d7f0524e34ae43d3"));
    say_goodbye(film, &talk);
}

static void doh_clear(struct film *film)
{
    tell_text(film, 8053,
              "GET /dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA29yZwAAAQAB HTTP/1.1\r\n"
              "Host: resolver.example.org\r\nAccept: application/dns-message\r\n\r\n");
}

/* CONNECT to this, and behind the proxy's answer a hello for that. */
static void tunnel(struct film *film, const char *request, const char *inside)
{
    struct packets_talk talk = talk_with(3128);
    shake_hands(film, &talk);
    say_text(film, &talk, 0, request);
    say_text(film, &talk, 1, "HTTP/1.1 200 Connection established\r\n\r\n");
    say(film, &talk, 0, hello_for(inside));
}

static void connect_banned(struct film *film)
{
    tunnel(film, "CONNECT " BANNED ":443 HTTP/1.1\r\nHost: " BANNED ":443\r\n\r\n", BANNED);
}

static void connect_clean(struct film *film)
{
    tunnel(film, "CONNECT " CLEAN ":443 HTTP/1.1\r\nHost: " CLEAN ":443\r\n\r\n", BANNED);
}

static void connect_address(struct film *film)
{
    tunnel(film, "CONNECT 198.51.100.7:443 HTTP/1.1\r\n\r\n", BANNED);
}

static void socks4(struct film *film)
{
    struct packets_talk talk = talk_with(1080);
    shake_hands(film, &talk);
    say(film, &talk, 0, from_hex("040101bbcb00710700")); /* 203.0.113.7 */
    say(film, &talk, 1, from_hex("005a000000000000"));
    say_goodbye(film, &talk);
}

static void socks4a(struct film *film)
{
    static const char wish[] = "\4\1\1\xbb\0\0\0\1\0" BANNED;
    struct packets_talk talk = talk_with(1080);
    shake_hands(film, &talk);
    say(film, &talk, 0, span_of(wish, sizeof wish));
    say(film, &talk, 1, from_hex("005a000000000000"));
    say(film, &talk, 0, hello_for(BANNED));
}

static void socks5(struct film *film)
{
    static const char wish[] = "\5\1\0\3\x0e" BANNED "\1\xbb";
    struct packets_talk talk = talk_with(1080);
    shake_hands(film, &talk);
    say(film, &talk, 0, from_hex("050100"));
    say(film, &talk, 1, from_hex("0500"));
    say(film, &talk, 0, span_of(wish, sizeof wish - 1));
    say(film, &talk, 1, from_hex("05000001000000000000"));
    say(film, &talk, 0, hello_for(BANNED));
}

static void socks5_address(struct film *film)
{
    struct packets_talk talk = talk_with(1080);
    shake_hands(film, &talk);
    say(film, &talk, 0, from_hex("050100"));
    say(film, &talk, 1, from_hex("0500"));
    say(film, &talk, 0, from_hex("05010001c633640701bb")); /* 198.51.100.7 */
    say(film, &talk, 1, from_hex("05000001000000000000"));
    say(film, &talk, 0, hello_for(BANNED));
}

const struct scene http_scenes[] = {
    {"http-host", "A request without TLS. The name is in Host.", host},
    {"http-clean-name", "A request for a name that no list speaks of. Named, and no event.", clean},
    {"http-host-over-segments", "Host is cut in three segments and comes on a port that is not 80.",
     host_cut},
    {"http-without-host", "HTTP/1.0 without Host: understood, and no name was said.", no_host},
    {"http-address-as-host",
     "Host is an address. It is judged as one, whatever address the packets go to.",
     address_as_host},
    {"http-absolute-form",
     "A request to a proxy, its target in absolute form (RFC 9112 3.2.2). Both a banned name and "
     "a\n"
     "way around.",
     absolute},
    {"http-target-and-host-differ",
     "The target says a clean name and Host a banned one. Servers disagree on which counts:\n"
     "ambiguous.",
     disagreeing},
    {"http-second-host", "Two Host lines with two names. Ambiguous.", second_host},
    {"http-keep-alive-second-name",
     "The second request of a connection names a banned host. The first name is the flow's; the\n"
     "second one is an event all the same.",
     keep_alive},
    {"http2-preface",
     "HTTP/2 without TLS, with prior knowledge (RFC 9113 3.3), and no request: no name was said.",
     h2c},
    {"http2-names",
     "Two requests of HTTP/2 without TLS. The second one names a banned server, in a block of\n"
     "headers (RFC 7541) that lies in two frames.",
     h2c_names},
    {"doh-in-the-clear", "A look-up by /dns-query without TLS, on a port of its own.", doh_clear},
    {"connect-tls-inside",
     "CONNECT to a banned name, and behind the proxy's answer a hello for it.", connect_banned},
    {"connect-clean-name-banned-inside",
     "CONNECT says a clean name, and the hello inside a banned one: domain fronting by proxy.",
     connect_clean},
    {"connect-address-tls-inside", "CONNECT says an address only. The name is in the hello inside.",
     connect_address},
    {"socks4", "SOCKS 4 knows addresses only, and this one is on a list.", socks4},
    {"socks4a", "SOCKS 4a: a name behind an impossible address, and a hello inside.", socks4a},
    {"socks5", "SOCKS 5 (RFC 1928) to a banned name, with a hello inside.", socks5},
    {"socks5-address-tls-inside",
     "SOCKS 5 to an address, as of a client that looks names up itself. The name is in the hello.",
     socks5_address},
    {NULL, NULL, NULL}};
