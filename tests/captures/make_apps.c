/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_apps - WeChat's and QQ's own protocols. The heads of mmtls are those seen on a public
 * capture of the app; what follows them is filler.
 */
#include "captures/make.h"

#define LONG_LINK    "16f10400a10000009d0104f10100a82f"
#define LONG_LINK_80 "16f10400a10000009d0104f10100a80a"
#define FULL_HELLO   "16f104016e0000016a0104f102c02b00"
#define EARLY_HELLO  "19f10400a10000009d0104f10100a84f"
#define SERVER_HELLO "16f104002e0000002a0204f100a8fbb1"
#define SERVER_ALERT "15f104000700000003007302"

/* A record of mmtls whose head is this, filled up to its length. */
static struct span mmtls(const char *head)
{
    static uint8_t rooms[2][1024];
    static unsigned turn;
    struct writer w = writer_over(rooms[turn++ % 2], sizeof rooms[0]);
    struct span first = from_hex(head);
    write_span(&w, first);
    write_span(&w, noise(5 + load_u16(first.at + 3) - first.length));
    return writer_span(&w);
}

static void long_link(struct film *film, uint16_t port, const char *head, struct span server)
{
    struct packets_talk talk = talk_with(port);
    shake_hands(film, &talk);
    say(film, &talk, 0, mmtls(head));
    say(film, &talk, 1, server);
}

static void on_443(struct film *film)
{
    long_link(film, 443, FULL_HELLO, mmtls(SERVER_HELLO));
}

static void on_80(struct film *film)
{
    long_link(film, 80, LONG_LINK_80, from_hex(SERVER_ALERT));
}

static void on_8080(struct film *film)
{
    long_link(film, 8080, LONG_LINK, mmtls(SERVER_HELLO));
}

static void on_odd_port(struct film *film)
{
    struct packets_talk talk = talk_with(31337);
    struct span hello = mmtls(LONG_LINK);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(hello, 0, 7));
    say(film, &talk, 0, part(hello, 7, hello.length));
}

static void early(struct film *film)
{
    tell_client(film, 8080, mmtls(EARLY_HELLO));
}

static void midstream(struct film *film)
{
    struct packets_talk talk = talk_with(8080);
    talk.said[0] = talk.said[1] = 5000;
    say(film, &talk, 0, mmtls("17f1040020"));
    say(film, &talk, 0, mmtls("17f1040130"));
}

static void almost(struct film *film)
{
    tell_client(film, 8080, mmtls("16f10400a10000009c0104f10100a82f"));
}

/* The app's request: its head, and then its body, in one segment or in two. */
static void post(struct film *film, uint16_t port, const char *target, const char *host,
                 struct span body, bool together)
{
    static char room[4096];
    struct packets_talk talk = talk_with(port);
    struct writer w = writer_over(room, sizeof room);
    char length[16];

    snprintf(length, sizeof length, "%zu", body.length);
    write_text(&w, "POST ");
    write_text(&w, target);
    write_text(&w, " HTTP/1.1\r\nHost: ");
    write_text(&w, host);
    write_text(&w, "\r\nAccept: */*\r\nContent-Type: application/octet-stream\r\n"
                   "Upgrade: mmtls\r\nUser-Agent: MicroMessenger Client\r\nContent-Length: ");
    write_text(&w, length);
    write_text(&w, "\r\n\r\n");
    shake_hands(film, &talk);
    if (!together) {
        say(film, &talk, 0, writer_span(&w));
        w = writer_over(room, sizeof room);
    }
    write_span(&w, body);
    say(film, &talk, 0, writer_span(&w));
    say_goodbye(film, &talk);
}

static void short_link(struct film *film)
{
    post(film, 80, "/mmtls/00ab12cd", "szshort.weixin.qq.com", mmtls(FULL_HELLO), true);
}

static void short_link_early(struct film *film)
{
    post(film, 8080, "/mmtls/4b6ce0f1", "198.51.100.7", mmtls(EARLY_HELLO), false);
}

static void short_link_absolute(struct film *film)
{
    post(film, 8080, "http://szshort.weixin.qq.com/mmtls/00ab12cd", "szshort.weixin.qq.com",
         mmtls(FULL_HELLO), true);
}

static void look_alike(struct film *film)
{
    post(film, 80, "/mmtls/00ab12cd", "short.weixin.qq.com", noise(200), true);
}

static void look_alike_elsewhere(struct film *film)
{
    post(film, 80, "/mmtls/00ab12cd", "vpn.example.org", noise(200), false);
}

static void newgetdns(struct film *film)
{
    tell_text(film, 8080,
              "GET /cgi-bin/micromsg-bin/newgetdns?uin=0&clientversion=1 HTTP/1.0\r\n"
              "Host: dns.weixin.qq.com\r\n\r\n");
}

static void newgetdns_address(struct film *film)
{
    tell_text(film, 8080,
              "GET /cgi-bin/micromsg-bin/newgetdns?uin=0 HTTP/1.0\r\nHost: 198.51.100.7\r\n\r\n");
}

static void dnspod(struct film *film)
{
    tell_text(film, 80, "GET /d?dn=" BANNED "&ttl=1 HTTP/1.1\r\nHost: 119.29.29.29\r\n\r\n");
}

static void dnspod_clean(struct film *film)
{
    tell_text(film, 80, "GET /d?dn=" CLEAN " HTTP/1.1\r\nHost: 119.29.29.29\r\n\r\n");
}

static void alibaba(struct film *film)
{
    tell_text(film, 80, "GET /139450/d?host=" BANNED " HTTP/1.1\r\nHost: 203.107.1.1\r\n\r\n");
}

static void legacy(struct film *film)
{
    tell_text(film, 80,
              "POST http://198.51.100.7/cgi-bin/micromsg-bin/getprofile HTTP/1.1\r\n"
              "Host: 198.51.100.7\r\nUser-Agent: MicroMessenger Client\r\n"
              "Content-Length: 0\r\n\r\n");
}

static void agent_only(struct film *film)
{
    tell_text(film, 80,
              "GET /page HTTP/1.1\r\nHost: " CLEAN "\r\n"
              "User-Agent: Mozilla/5.0 MicroMessenger/8.0.1\r\n\r\n");
}

static void oicq(struct film *film)
{
    struct packets_talk talk = talk_with(8000);
    datagram(film, &talk, 0, from_hex("02162100221234075bcd1500112233445566778803"));
}

static void oicq_almost(struct film *film)
{
    struct packets_talk talk = talk_with(8000);
    datagram(film, &talk, 0, from_hex("02162100221234075bcd1500112233445566778802"));
}

const struct scene app_scenes[] = {
    {"mmtls-443", "A full hello of mmtls on port 443, answered by the server's hello.", on_443},
    {"mmtls-80",
     "The long link's hello sent to a short link's port: the server answers with an alert, as\n"
     "captured.",
     on_80},
    {"mmtls-8080", "The long link's resuming hello on its usual port.", on_8080},
    {"mmtls-odd-port",
     "The same on a port of no service, with its twelve telling bytes cut by a border.",
     on_odd_port},
    {"mmtls-early-data", "A hello with data behind it (type 19), raw.", early},
    {"mmtls-midstream",
     "Two records in a row without a hello: the flow was there before the capture.", midstream},
    {"mmtls-wrong-length",
     "A head like mmtls whose inner length does not fit its outer one. It is none.", almost},
    {"mmtls-post", "The short link: POST /mmtls/ with the headers of the app and a hello as body.",
     short_link},
    {"mmtls-post-address",
     "The short link to an address, head and body in two segments: no DNS, no name, still the app.",
     short_link_early},
    {"mmtls-post-absolute", "The short link with its target in absolute form.",
     short_link_absolute},
    {"mmtls-look-alike",
     "The head of the short link with Host of the app, and a body that is no hello: VPNs do this\n"
     "where WeChat is free of charge.",
     look_alike},
    {"mmtls-look-alike-other-host", "The same with another Host. A tunnel, and not WeChat.",
     look_alike_elsewhere},
    {"wechat-newgetdns", "WeChat's own look-up without DNS, to its own name.", newgetdns},
    {"wechat-newgetdns-address", "The same, to an address.", newgetdns_address},
    {"httpdns-dnspod-banned", "HTTPDNS as of DNSPod: /d?dn= asks for a banned name.", dnspod},
    {"httpdns-dnspod-clean", "The same for a clean name: a way around alone.", dnspod_clean},
    {"httpdns-alibaba", "HTTPDNS as of Alibaba: an account's number, /d?host=.", alibaba},
    {"wechat-legacy",
     "An interface of before mmtls, target in absolute form, with the app's own agent.", legacy},
    {"wechat-agent-only",
     "A page opened in WeChat's browser. The agent alone is weak and never an event.", agent_only},
    {"qq-oicq", "A login of QQ over UDP on port 8000.", oicq},
    {"qq-oicq-wrong-end", "The same with another last byte. It is none.", oicq_almost},
    {NULL, NULL, NULL}};
