/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_hello - what a hello of TLS says, on which port, behind which words.
 */
#include "captures/make.h"

static void tell_hello(struct film *film, uint16_t port, const struct packets_hello *hello)
{
    tell_client(film, port, hello_of(hello, 1));
}

static void no_sni(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    const struct packets_hello hello = {.alpn = "http/1.1"};
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_of(&hello, 1));
    say_goodbye(film, &talk);
}

static void no_sni_still_open(struct film *film)
{
    const struct packets_hello hello = {.alpn = "http/1.1"};
    tell_hello(film, 443, &hello);
}

static void address_as_sni(struct film *film)
{
    const struct packets_hello hello = {.server_name = "203.0.113.7"};
    tell_hello(film, 443, &hello);
}

static void no_name_as_sni(struct film *film)
{
    const struct packets_hello hello = {.server_name = "not a name.wechat.com"};
    tell_hello(film, 443, &hello);
}

static void mlkem(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    const struct packets_hello hello = {
        .server_name = BANNED, .alpn = "h2", .grease = true, .key_share = PACKETS_MLKEM};
    struct span bytes = hello_of(&hello, 1);
    shake_hands(film, &talk);
    say(film, &talk, 0, part(bytes, 0, 1400));
    say(film, &talk, 0, part(bytes, 1400, bytes.length));
}

static void ech_possible(struct film *film)
{
    const struct packets_hello hello = {
        .server_name = "cloudflare-ech.com", .alpn = "h2", .ech = 208};
    tell_hello(film, 443, &hello);
}

static void ech_grease(struct film *film)
{
    const struct packets_hello hello = {.server_name = BANNED, .alpn = "h2", .ech = 208};
    tell_hello(film, 443, &hello);
}

static void dot_port(struct film *film)
{
    const struct packets_hello hello = {.server_name = "resolver.example.org"};
    tell_hello(film, 853, &hello);
}

static void dot_without_name(struct film *film)
{
    struct packets_talk talk = talk_with(853);
    const struct packets_hello hello = {.seed = 1};
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_of(&hello, 1));
    say_goodbye(film, &talk);
}

static void dot_alpn(struct film *film)
{
    const struct packets_hello hello = {.server_name = "resolver.example.org", .alpn = "dot"};
    tell_hello(film, 443, &hello);
}

static void doh_name(struct film *film)
{
    tell_client(film, 443, hello_for("dns.google"));
}

static void write_der(struct writer *w, uint8_t tag, struct span content)
{
    write_u8(w, tag);
    if (content.length > 127)
        write_u8(w, 0x81);
    write_u8(w, (uint8_t)content.length);
    write_span(w, content);
}

/* Only the parts that say names; nobody has signed it. */
static struct span certificate(const char *name, struct writer w[4])
{
    write_der(&w[0], 0x82, span_text(name)); /* dNSName */
    write_der(&w[1], 0x30, writer_span(&w[0]));
    write_bytes(&w[2], "\6\3\x55\x1d\x11", 5); /* subjectAltName */
    write_der(&w[2], 4, writer_span(&w[1]));
    write_der(&w[3], 0x30, writer_span(&w[2]));
    static uint8_t rooms[4][512];
    struct writer list = writer_over(rooms[0], 512), outer = writer_over(rooms[1], 512),
                  body = writer_over(rooms[2], 512), whole = writer_over(rooms[3], 512);
    write_der(&list, 0x30, writer_span(&w[3]));
    write_der(&outer, 0xa3, writer_span(&list));
    struct span key_kind = from_hex("300506032b6570"); /* Ed25519 (RFC 8410 3) */
    write_bytes(&body, "\xa0\3\2\1\2\2\1\1", 8);       /* version 3, number 1 */
    write_span(&body, key_kind);
    write_bytes(&body, "\x30\0", 2); /* nobody issued it */
    write_der(&body, 0x30,
              span_text("\x17\x0d"
                        "260101000000Z"
                        "\x17\x0d"
                        "360101000000Z"));
    write_bytes(&body, "\x30\0", 2); /* and it has no subject but its other names */
    write_bytes(&body, "\x30\x2a", 2);
    write_span(&body, key_kind);
    write_bytes(&body, "\3\x21\0", 3);
    write_span(&body, noise(32));
    write_span(&body, writer_span(&outer));
    struct writer inner = writer_over(rooms[0], 512);
    write_der(&inner, 0x30, writer_span(&body));
    write_span(&inner, key_kind);
    write_bytes(&inner, "\3\x41\0", 3);
    write_span(&inner, noise(64));
    write_der(&whole, 0x30, writer_span(&inner));
    return writer_span(&whole);
}

static void server_certificate(struct film *film)
{
    static const uint16_t none[] = {0};
    static uint8_t rooms[6][1024];
    struct writer w[4], flight = writer_over(rooms[4], 1024), record = writer_over(rooms[5], 1024);
    struct packets_talk talk = talk_with(443);
    const struct packets_hello hello = {.versions = none};

    for (unsigned i = 0; i < 4; i++)
        w[i] = writer_over(rooms[i], 1024);
    struct span der = certificate(BANNED, w);
    shake_hands(film, &talk);
    say(film, &talk, 0, hello_of(&hello, 1));
    /* ServerHello, Certificate, ServerHelloDone (RFC 5246 7.4). */
    write_bytes(&flight, "\2\0\0\x26\3\3", 6);
    write_span(&flight, noise(32));
    write_bytes(&flight, "\0\xc0\x2f\0", 4);
    write_u32(&flight, 0x0b000000 | (uint32_t)(der.length + 6));
    write_u8(&flight, 0);
    write_u16(&flight, (uint16_t)(der.length + 3));
    write_u8(&flight, 0);
    write_u16(&flight, (uint16_t)der.length);
    write_span(&flight, der);
    write_u32(&flight, 0x0e000000);
    packets_record(&record, 22, writer_span(&flight));
    say(film, &talk, 1, writer_span(&record));
}

/* A conversation in lines, `client` and `server` in turn, then a hello. */
static void upgrade(struct film *film, uint16_t port, const char *const lines[])
{
    struct packets_talk talk = talk_with(port);
    shake_hands(film, &talk);
    for (unsigned i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != 0)
            say_text(film, &talk, i % 2, lines[i]);
    say(film, &talk, 0, hello_for(BANNED));
}

static void smtp(struct film *film)
{
    static const char *const lines[] = {"",
                                        "220 mx.example.org ESMTP\r\n",
                                        "EHLO pc.example.org\r\n",
                                        "250-mx.example.org\r\n250 STARTTLS\r\n",
                                        "STARTTLS\r\n",
                                        "220 go ahead\r\n",
                                        NULL};
    upgrade(film, 25, lines);
}

static void imap(struct film *film)
{
    static const char *const lines[] = {"", "* OK ready\r\n", "a1 STARTTLS\r\n", "a1 OK begin\r\n",
                                        NULL};
    upgrade(film, 143, lines);
}

static void pop3(struct film *film)
{
    static const char *const lines[] = {"", "+OK ready\r\n", "STLS\r\n", "+OK begin\r\n", NULL};
    upgrade(film, 110, lines);
}

static void xmpp(struct film *film)
{
    static const char *const lines[] = {
        "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>",
        "<?xml version='1.0'?><stream:stream id='1' from='example.org' version='1.0' "
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", NULL};
    upgrade(film, 5222, lines);
}

const struct scene hello_scenes[] = {
    {"tls-no-sni",
     "TLS 1.3 without SNI. There is no name to judge and the certificate is sealed; the result "
     "says\n"
     "that none was said.",
     no_sni},
    {"tls-no-sni-still-open",
     "The same, and the capture ends before the connection does. The reason is no other one.",
     no_sni_still_open},
    {"tls-address-as-sni",
     "An address in SNI, which RFC 6066 3 forbids. It is judged as the address that it is.",
     address_as_sni},
    {"tls-invalid-name-as-sni",
     "SNI that is no domain name. Not taken for one, and not for silence either.", no_name_as_sni},
    {"tls-mlkem",
     "A key share of X25519MLKEM768 makes the hello longer than a packet. Since 2024 this is the\n"
     "usual browser.",
     mlkem},
    {"tls-ech-possible",
     "An Encrypted ClientHello behind the public name of a provider that really offers it. The\n"
     "true name cannot be seen; `protocol: ech` speaks of it.",
     ech_possible},
    {"tls-ech-grease",
     "The same extension as a fake in Chrome's lengths, behind the very name that is meant. The\n"
     "name counts, and there is no word of ECH as a way around.",
     ech_grease},
    {"tls-certificate",
     "TLS 1.2 without SNI: the server's certificate comes in the clear and names the server. "
     "Weaker\n"
     "evidence, and said as such.",
     server_certificate},
    {"dot-port-853", "TLS on port 853 is DNS over TLS (RFC 7858), whatever ALPN says.", dot_port},
    {"dot-without-name",
     "DNS over TLS without SNI, as of a phone to which only an address was given.",
     dot_without_name},
    {"dot-alpn-on-443", "DNS over TLS that hides on port 443 and says `dot` in ALPN.", dot_alpn},
    {"doh-provider",
     "A hello for a public resolver of DNS over HTTPS. Inside TLS a look-up looks like any web\n"
     "traffic, so the provider's name is what there is.",
     doh_name},
    {"starttls-smtp", "TLS behind STARTTLS of SMTP (RFC 3207), on port 25.", smtp},
    {"starttls-imap", "TLS behind STARTTLS of IMAP (RFC 9051 6.2.1), on port 143.", imap},
    {"starttls-pop3", "TLS behind STLS of POP3 (RFC 2595 4), on port 110.", pop3},
    {"starttls-xmpp", "TLS behind starttls of XMPP (RFC 6120 5), on port 5222.", xmpp},
    {NULL, NULL, NULL}};
