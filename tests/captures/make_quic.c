/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_quic - hellos in Initials of QUIC.
 */
#include "captures/make.h"

#include <stdlib.h>

static const uint8_t first_id[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
static const uint8_t server_id[] = {0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5};

static struct span quic_hello(const char *name, const char *alpn, size_t key_share)
{
    static uint8_t room[4096];
    struct writer w = writer_over(room, sizeof room);
    const struct packets_hello hello = {
        .server_name = name, .alpn = alpn, .grease = true, .quic = true, .key_share = key_share};
    packets_hello(&w, &hello);
    if (w.failed)
        abort();
    return writer_span(&w);
}

/* One Initial in a datagram of 1200 bytes, with these bytes of the hello. */
static void say_initial(struct film *film, const struct packets_talk *talk,
                        const struct packets_initial *initial, struct span hello, size_t from,
                        size_t to)
{
    static uint8_t frames_room[4096], room[4096];
    struct writer frames = writer_over(frames_room, sizeof frames_room);
    struct writer w = writer_over(room, sizeof room);
    struct packets_initial padded = *initial;

    padded.least = 1200;
    packets_crypto(&frames, from, part(hello, from, to));
    packets_initial(&w, &padded, writer_span(&frames));
    datagram(film, talk, initial->server, writer_span(&w));
}

static struct packets_initial usual_initial(uint32_t version)
{
    return (struct packets_initial){.version = version,
                                    .destination_id = span_of(first_id, sizeof first_id)};
}

static void version(struct film *film, uint32_t number, uint16_t port, const char *name,
                    const char *alpn)
{
    struct packets_talk talk = talk_with(port);
    struct packets_initial initial = usual_initial(number);
    struct span hello = quic_hello(name, alpn, 0);
    say_initial(film, &talk, &initial, hello, 0, hello.length);
}

static void v1(struct film *film)
{
    version(film, QUIC_V1, 443, BANNED, "h3");
}

static void v2(struct film *film)
{
    version(film, QUIC_V2, 443, BANNED, "h3");
}

static void draft_29(struct film *film)
{
    version(film, QUIC_DRAFT_29, 443, BANNED, "h3-29");
}

static void clean(struct film *film)
{
    version(film, QUIC_V1, 443, CLEAN, "h3");
}

static void doh3(struct film *film)
{
    version(film, QUIC_V1, 443, "dns.google", "h3");
}

static void doq(struct film *film)
{
    version(film, QUIC_V1, 853, "resolver.example.org", "doq");
}

static void doq_elsewhere(struct film *film)
{
    version(film, QUIC_V1, 8853, "resolver.example.org", "doq");
}

/* The hello in `count` Initials, shown in this order. */
static void in_initials(struct film *film, unsigned count, const unsigned order[])
{
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", PACKETS_MLKEM);
    size_t each = hello.length / count + 1;

    for (unsigned i = 0; i < count; i++) {
        struct packets_initial initial = usual_initial(QUIC_V1);
        size_t from = order[i] * each;
        size_t to = from + each < hello.length ? from + each : hello.length;
        initial.number = order[i];
        say_initial(film, &talk, &initial, hello, from, to);
    }
}

static void two_initials(struct film *film)
{
    static const unsigned order[] = {0, 1};
    in_initials(film, 2, order);
}

static void three_initials(struct film *film)
{
    static const unsigned order[] = {2, 0, 1};
    in_initials(film, 3, order);
}

static void shuffled_frames(struct film *film)
{
    static uint8_t frames_room[4096], room[4096];
    struct writer frames = writer_over(frames_room, sizeof frames_room);
    struct writer w = writer_over(room, sizeof room);
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", 0);
    struct packets_initial initial = usual_initial(QUIC_V1);
    size_t fifth = hello.length / 5 + 1;

    for (unsigned i = 5; i-- > 0;) {
        size_t to = (i + 1) * fifth < hello.length ? (i + 1) * fifth : hello.length;
        packets_crypto(&frames, i * fifth, part(hello, i * fifth, to));
        write_u8(&frames, 1); /* PING */
        write_u8(&frames, 0); /* PADDING */
    }
    initial.least = 1200;
    packets_initial(&w, &initial, writer_span(&frames));
    datagram(film, &talk, 0, writer_span(&w));
}

static void half(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", PACKETS_MLKEM);
    struct packets_initial initial = usual_initial(QUIC_V1);
    say_initial(film, &talk, &initial, hello, 1000, hello.length);
}

/* The second half of a hello without a name, then the first one. */
static void no_name(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(NULL, "h3", PACKETS_MLKEM);
    struct packets_initial initial = usual_initial(QUIC_V1);
    say_initial(film, &talk, &initial, hello, 1000, hello.length);
    say_initial(film, &talk, &initial, hello, 0, 1000);
}

/* RFC 9000 17.2.5: no frames, a token and sixteen bytes of seal, which nobody checks here. */
static void retry(struct film *film)
{
    static uint8_t room[256];
    struct writer w = writer_over(room, sizeof room);
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", 0);
    struct packets_initial initial = usual_initial(QUIC_V1);

    say_initial(film, &talk, &initial, hello, 0, hello.length);
    write_u8(&w, 0xf0);
    write_u32(&w, QUIC_V1);
    packets_id(&w, span_of(NULL, 0));
    packets_id(&w, span_of(server_id, sizeof server_id));
    write_text(&w, "a token");
    write_span(&w, noise(16));
    datagram(film, &talk, 1, writer_span(&w));
    initial.destination_id = span_of(server_id, sizeof server_id);
    initial.token = span_text("a token");
    initial.number = 1;
    say_initial(film, &talk, &initial, hello, 0, hello.length);
}

/* A version of the pattern that forces it (RFC 9000 15), the server's list, then version 1. */
static void negotiation(struct film *film)
{
    static uint8_t room[2048];
    struct writer w = writer_over(room, sizeof room);
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", 0);
    struct packets_initial initial = usual_initial(QUIC_V1);

    write_u8(&w, 0xc0);
    write_u32(&w, 0x1a2a3a4a);
    packets_id(&w, span_of(first_id, sizeof first_id));
    packets_id(&w, span_of(NULL, 0));
    write_span(&w, noise(1200 - writer_length(&w)));
    datagram(film, &talk, 0, writer_span(&w));
    w = writer_over(room, sizeof room);
    write_u8(&w, 0x80);
    write_u32(&w, 0);
    packets_id(&w, span_of(NULL, 0));
    packets_id(&w, span_of(first_id, sizeof first_id));
    write_u32(&w, QUIC_V1);
    write_u32(&w, QUIC_V2);
    datagram(film, &talk, 1, writer_span(&w));
    say_initial(film, &talk, &initial, hello, 0, hello.length);
}

static void unknown_version(struct film *film)
{
    static uint8_t room[2048];
    struct writer w = writer_over(room, sizeof room);
    struct packets_talk talk = talk_with(443);

    write_u8(&w, 0xc0);
    write_u32(&w, 0x51303433);
    packets_id(&w, span_of(first_id, sizeof first_id));
    packets_id(&w, span_of(NULL, 0));
    write_span(&w, noise(1200 - writer_length(&w)));
    datagram(film, &talk, 0, writer_span(&w));
}

static void sealed(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct span hello = quic_hello(BANNED, "h3", 0);
    struct packets_initial initial = usual_initial(QUIC_V1);
    initial.keys_from = span_of(server_id, sizeof server_id);
    say_initial(film, &talk, &initial, hello, 0, hello.length);
}

static void midstream(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    static uint8_t bytes[100];
    memcpy(bytes, noise(sizeof bytes).at, sizeof bytes);
    bytes[0] = 0x40 | (bytes[0] & 0x3f);
    datagram(film, &talk, 0, span_of(bytes, sizeof bytes));
}

static void other_name(struct film *film)
{
    struct packets_talk talk = talk_with(443);
    struct packets_initial initial = usual_initial(QUIC_V1), other = usual_initial(QUIC_V1);
    struct span hello = quic_hello(CLEAN, "h3", 0);

    say_initial(film, &talk, &initial, hello, 0, hello.length);
    hello = quic_hello(BANNED, "h3", 0);
    other.destination_id = span_of(server_id, sizeof server_id);
    say_initial(film, &talk, &other, hello, 0, hello.length);
}

const struct scene quic_scenes[] = {
    {"quic-v1",
     "HTTP/3 over QUIC v1 (RFC 9000). The Initial is sealed with keys that everybody can derive\n"
     "(RFC 9001 5.2), and holds the same hello as TCP would.",
     v1},
    {"quic-v2", "QUIC v2 (RFC 9369): other numbers of types, other salt, same hello.", v2},
    {"quic-draft-29", "The last draft that was widely deployed, with a salt of its own.", draft_29},
    {"quic-clean-name", "A name that no list speaks of, by QUIC. Named, and no event.", clean},
    {"quic-2-initials", "A hello with X25519MLKEM768 fills two Initials, as Chrome's does today.",
     two_initials},
    {"quic-3-initials-shuffled", "Three Initials, the last one first.", three_initials},
    {"quic-frames-shuffled",
     "One Initial with its CRYPTO frames backwards and PING and PADDING between them: Chrome's\n"
     "way to keep middleboxes honest.",
     shuffled_frames},
    {"quic-part-never-seen",
     "Only the second Initial of two was captured. No name, and the reason is said.", half},
    {"quic-2-initials-no-sni",
     "The second Initial comes first, and the hello has no SNI: not said, and no hole.", no_name},
    {"quic-retry",
     "The server answers with Retry; the client says its hello again with a token and keys of\n"
     "another id. One name, one event.",
     retry},
    {"quic-version-negotiation",
     "The client begins with a version that nobody speaks, is told which there are, and begins\n"
     "anew with v1.",
     negotiation},
    {"quic-unknown-version",
     "A long header of Google's old Q043. Its hello cannot be read: version.", unknown_version},
    {"quic-sealed-by-other-keys",
     "An Initial that its own id does not open, as when the first one was missed.", sealed},
    {"quic-midstream", "A short header alone: the connection was there before. Nothing is known.",
     midstream},
    {"quic-second-connection-other-name",
     "On the same ports a second Initial, under another id, names a banned server.", other_name},
    {"doh3-provider", "DNS over HTTP/3: a provider's name in a QUIC hello.", doh3},
    {"doq-port-853", "DNS over QUIC (RFC 9250): ALPN `doq`, port 853.", doq},
    {"doq-other-port", "DNS over QUIC on a port of its own; ALPN tells.", doq_elsewhere},
    {NULL, NULL, NULL}};
