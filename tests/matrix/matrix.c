/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * matrix - every way to cut, shuffle, repeat and wrap what a client says, and one right answer.
 *
 * A hello for NAME is laid out in segments or datagrams, those in frames, and all of it shown to
 * the watcher; each case must end in the name, in one event for it, and in the order to stop, given
 * with the last packet at the latest and never behind one that let go of the flow. One TAP line per
 * family of cases, with how many there were; a case that fails says which it was.
 */
#include "packets/watched.h"

enum { HELLO_ROOM = 20000, PIECES_MOST = 20000, MEMORY = 64 << 20 };

static const char name_wanted[] = "www.banned.example";

struct piece {
    size_t offset, length;
};

struct layout {
    struct piece pieces[PIECES_MOST];
    size_t count;
};

static struct watched *watched;
static unsigned families, family_cases, failures, family_failures, cases;
static uint16_t port = 1024;
static uint64_t seed = 20261124;

static uint32_t below(uint32_t limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 32) * limit >> 32);
}

/* The ways in which one and the same segment travels. */
static const struct wrap {
    const char *name;
    struct packets_shape shape;
    uint32_t vlan;
    uint8_t tunnel;
} wraps[] = {
    {"ethernet", {.link = LINK_ETHERNET}, 0, 0},
    {"vlan", {.link = LINK_ETHERNET}, 7u << 12, 0},
    {"qinq", {.link = LINK_ETHERNET}, 7u << 12 | 9, 0},
    {"mpls", {.link = LINK_ETHERNET, .labels = 2}, 0, 0},
    {"pppoe", {.link = LINK_ETHERNET, .pppoe = true}, 0, 0},
    {"cooked", {.link = LINK_COOKED}, 0, 0},
    {"cooked2", {.link = LINK_COOKED2}, 0, 0},
    {"raw", {.link = LINK_RAW}, 0, 0},
    {"loopback", {.link = LINK_LOOPBACK}, 0, 0},
    {"options",
     {.link = LINK_ETHERNET, .ip_options = 12, .extensions = 31, .tcp_options = 20},
     0,
     0},
    {"trailer", {.link = LINK_ETHERNET, .trailer = 6}, 0, 0},
    {"gre", {.link = LINK_ETHERNET}, 0, TUNNEL_GRE},
    {"gre-keyed", {.link = LINK_ETHERNET, .gre_flags = 0xb000}, 0, TUNNEL_GRE},
    {"ip-in-ip", {.link = LINK_ETHERNET}, 0, TUNNEL_IP},
    {"ip-in-ip6", {.link = LINK_ETHERNET, .outer_ipv6 = true}, 0, TUNNEL_IP},
    {"vxlan", {.link = LINK_ETHERNET}, 0, TUNNEL_VXLAN},
};

static const struct {
    const char *client, *server;
} families_of_ip[] = {{"10.1.2.3", "192.0.2.1"}, {"2001:db8:1::3", "2001:db8:2::1"}};

static void family_ends(const char *what)
{
    printf("%sok %u - %s # %u cases\n", family_failures > 0 ? "not " : "", ++families, what,
           family_cases);
    cases += family_cases;
    failures += family_failures;
    family_cases = family_failures = 0;
}

/* What the last case ended in; and everything is forgotten for the next. */
static void expect(const char *expected, const char *what, size_t a, size_t b)
{
    char text[NAME_TEXT_SIZE + 64];
    const char *last = watched_last(watched, text);

    family_cases++;
    bool one_event = watched->event_count == 1;
    bool stops = watched->order == ORDER_STOP && watched->heard == 0;
    if (strcmp(last, expected) != 0 || !one_event || !stops) {
        if (family_failures++ < 5)
            printf("# %s %zu %zu: %s, %u events, order %d, %u heard before\n", what, a, b, last,
                   watched->event_count, (int)watched->order, watched->heard);
    }
    watched_forget(watched);
}

static const char wanted[] = "name www.banned.example";

static struct packets_talk open_talk(unsigned ip, const struct wrap *wrap, bool shakes)
{
    struct packets_talk talk =
        packets_talk(families_of_ip[ip].client, port, families_of_ip[ip].server, 443);
    port = port < 65000 ? port + 1 : 1024;
    talk.ends.vlan = wrap->vlan;
    talk.ends.tunnel = wrap->tunnel;
    talk.first[0] += below(UINT32_MAX); /* some wrap around */
    if (shakes) {
        struct segment s = packets_say(&talk, 0, TCP_SYN, span_of(NULL, 0));
        watched_segment(watched, &wrap->shape, &s);
        s = packets_say(&talk, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
        watched_segment(watched, &wrap->shape, &s);
    }
    return talk;
}

static void show_layout(const struct packets_talk *talk, const struct wrap *wrap,
                        struct span stream, const struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct piece *p = &layout->pieces[i];
        struct segment s =
            packets_say_at(talk, 0, p->offset, span_of(stream.at + p->offset, p->length));
        watched_segment(watched, &wrap->shape, &s);
    }
}

static void tcp_case(unsigned ip, const struct wrap *wrap, struct span stream,
                     const struct layout *layout, const char *what, size_t a, size_t b)
{
    struct packets_talk talk = open_talk(ip, wrap, true);
    show_layout(&talk, wrap, stream, layout);
    expect(wanted, what, a, b);
}

static void add(struct layout *layout, size_t offset, size_t length)
{
    layout->pieces[layout->count++] = (struct piece){offset, length};
}

static void cut(struct layout *layout, size_t whole, size_t size, size_t overlap)
{
    layout->count = 0;
    for (size_t at = 0; at < whole; at += size) {
        size_t length = whole - at < size + overlap ? whole - at : size + overlap;
        add(layout, at, length);
    }
}

static void reverse(struct layout *layout)
{
    for (size_t i = 0; i < layout->count / 2; i++) {
        struct piece p = layout->pieces[i];
        layout->pieces[i] = layout->pieces[layout->count - 1 - i];
        layout->pieces[layout->count - 1 - i] = p;
    }
}

static void shuffle(struct layout *layout)
{
    for (size_t i = layout->count; i > 1; i--) {
        size_t j = below((uint32_t)i);
        struct piece p = layout->pieces[i - 1];
        layout->pieces[i - 1] = layout->pieces[j];
        layout->pieces[j] = p;
    }
}

static struct span hello(uint8_t *buffer, unsigned records, size_t key_share)
{
    struct writer w = writer_over(buffer, HELLO_ROOM);
    const struct packets_hello h = {.server_name = name_wanted,
                                    .alpn = "h2,http/1.1",
                                    .grease = true,
                                    .key_share = key_share,
                                    .seed = (uint8_t)records};
    packets_client_hello(&w, &h, records);
    watched_must(!w.failed, "a hello that does not fit");
    return writer_span(&w);
}

static struct layout layout;
static uint8_t small_room[HELLO_ROOM], big_room[HELLO_ROOM];

static void every_split(void)
{
    struct span hellos[] = {hello(small_room, 1, 0), hello(big_room, 1, PACKETS_MLKEM)};

    for (unsigned ip = 0; ip < 2; ip++) {
        for (size_t h = 0; h < COUNT_OF(hellos); h++) {
            for (size_t at = 1; at < hellos[h].length; at++) {
                layout.count = 0;
                add(&layout, 0, at);
                add(&layout, at, hellos[h].length - at);
                tcp_case(ip, wraps, hellos[h], &layout, "split at", at, ip);
                reverse(&layout);
                tcp_case(ip, wraps, hellos[h], &layout, "split backwards at", at, ip);
            }
        }
    }
    family_ends("a hello of 1 record, usual and X25519MLKEM768-sized, in 2 segments at every "
                "offset, in both orders, IPv4 and IPv6");
}

static void every_wrap(void)
{
    static const size_t sizes[] = {1, 7, 100, 536, 1400};

    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        for (unsigned ip = 0; ip < 2; ip++) {
            for (size_t i = 0; i < COUNT_OF(sizes); i++) {
                struct span h = hello(big_room, 3, PACKETS_MLKEM);
                cut(&layout, h.length, sizes[i], 0);
                tcp_case(ip, &wraps[w], h, &layout, wraps[w].name, sizes[i], ip);
                reverse(&layout);
                tcp_case(ip, &wraps[w], h, &layout, wraps[w].name, sizes[i], ip);
                shuffle(&layout);
                tcp_case(ip, &wraps[w], h, &layout, wraps[w].name, sizes[i], ip);
            }
        }
    }
    family_ends("16 ways to wrap, IPv4 and IPv6, 5 sizes of segment, 3 orders");
}

static void every_count_of_records(void)
{
    static const size_t sizes[] = {1, 5, 64, 536, 1400};

    for (unsigned records = 1; records <= 64; records++) {
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            for (unsigned big = 0; big < 2; big++) {
                struct span h = hello(big_room, records, big ? PACKETS_MLKEM : 0);
                cut(&layout, h.length, sizes[i], 0);
                tcp_case(big, wraps, h, &layout, "records", records, sizes[i]);
                shuffle(&layout);
                tcp_case(big, wraps, h, &layout, "records shuffled", records, sizes[i]);
            }
        }
    }
    family_ends("1 to 64 records, 5 sizes of segment, in order and shuffled");
}

static void overlaps_of_equal_bytes(void)
{
    for (unsigned records = 1; records <= 64; records += 7) {
        for (size_t size = 3; size < 1400; size = size * 2 + 1) {
            for (size_t overlap = 1; overlap < size; overlap = overlap * 3 + 1) {
                struct span h = hello(big_room, records, PACKETS_MLKEM);
                cut(&layout, h.length, size, overlap);
                tcp_case(0, wraps, h, &layout, "overlap", size, overlap);
                reverse(&layout);
                tcp_case(1, wraps, h, &layout, "overlap backwards", size, overlap);
                shuffle(&layout);
                tcp_case(0, &wraps[1], h, &layout, "overlap shuffled", size, overlap);
            }
        }
    }
    family_ends("segments that overlap with equal bytes, in 3 orders");
}

static void every_order_of_five(void)
{
    struct span h = hello(big_room, 2, PACKETS_MLKEM);
    size_t fifth = h.length / 5 + 1;

    for (unsigned number = 0; number < 120; number++) {
        unsigned left[] = {0, 1, 2, 3, 4}, rest = number;
        layout.count = 0;
        for (unsigned n = 5; n > 0; n--) {
            unsigned pick = rest % n;
            rest /= n;
            size_t at = left[pick] * fifth;
            add(&layout, at, h.length - at < fifth ? h.length - at : fifth);
            for (unsigned i = pick; i + 1 < n; i++)
                left[i] = left[i + 1];
        }
        for (size_t w = 0; w < COUNT_OF(wraps); w++)
            tcp_case(number % 2, &wraps[w], h, &layout, wraps[w].name, number, 5);
    }
    family_ends("5 segments in each of 120 orders, wrapped in 16 ways");
}

static void fast_open(void)
{
    for (size_t w = 0; w < COUNT_OF(wraps); w++) {
        for (unsigned ip = 0; ip < 2; ip++) {
            struct span h = hello(small_room, 1, 0);
            for (size_t at = 1; at <= h.length; at += 13) {
                struct packets_talk talk = open_talk(ip, &wraps[w], false);
                struct segment s = packets_say(&talk, 0, TCP_SYN, span_of(h.at, at));
                watched_segment(watched, &wraps[w].shape, &s);
                if (at < h.length) {
                    s = packets_say(&talk, 0, TCP_ACK, span_of(h.at + at, h.length - at));
                    watched_segment(watched, &wraps[w].shape, &s);
                }
                expect(wanted, "fast open", at, w);
            }
        }
    }
    family_ends("TCP Fast Open: 1 to all bytes of the hello in the first segment");
}

/* One datagram of IP in fragments of `size` bytes. */
static void show_fragments(const struct wrap *wrap, const struct segment *segment, size_t size,
                           unsigned order)
{
    static uint8_t datagram[70000], room[70000];
    static uint32_t id = 1;
    struct writer w = writer_over(datagram, sizeof datagram);

    packets_transport(&w, &wrap->shape, segment);
    cut(&layout, writer_length(&w), size, 0);
    if (order == 1)
        reverse(&layout);
    if (order == 2)
        shuffle(&layout);
    id++;
    for (size_t i = 0; i < layout.count; i++) {
        const struct piece *p = &layout.pieces[i];
        struct fragment f = {.source = segment->source,
                             .destination = segment->destination,
                             .vlan = segment->vlan,
                             .id = id,
                             .protocol = segment->transport,
                             .is_ipv6 = !address_is_ipv4(&segment->source),
                             .more = p->offset + p->length < writer_length(&w),
                             .offset = (uint16_t)p->offset,
                             .bytes = span_of(datagram + p->offset, p->length)};
        struct writer frame = writer_over(room, sizeof room);
        packets_fragment(&frame, &wrap->shape, &f);
        watched_show(watched, wrap->shape.link, writer_span(&frame));
    }
}

static void fragments_of_ip(void)
{
    for (size_t w = 0; w < 9; w++) { /* without tunnels */
        for (unsigned ip = 0; ip < 2; ip++) {
            for (size_t size = 8; size <= 1024; size *= 2) {
                for (unsigned order = 0; order < 3; order++) {
                    struct span h = hello(big_room, 2, PACKETS_MLKEM);
                    struct packets_talk talk = open_talk(ip, &wraps[w], true);
                    struct segment s = packets_say(&talk, 0, TCP_ACK, h);
                    show_fragments(&wraps[w], &s, size, order);
                    expect(wanted, "fragments of", size, order);
                }
            }
        }
    }
    family_ends("the hello in one datagram of IP, in fragments of 8 to 1024 bytes, in 3 orders");
}

/* Copies that differ: whichever the server takes, the flow is not clean. */
static void overlaps_of_other_bytes(void)
{
    static uint8_t other_room[HELLO_ROOM];
    struct span h = hello(small_room, 1, 0);
    struct writer w = writer_over(other_room, sizeof other_room);
    const struct packets_hello harmless = {
        .server_name = "www.humble.example", .alpn = "h2,http/1.1", .grease = true, .seed = 1};
    packets_client_hello(&w, &harmless, 1);
    struct span other = writer_span(&w);
    watched_must(other.length == h.length, "hellos of two lengths");

    for (unsigned banned_first = 0; banned_first < 2; banned_first++) {
        for (size_t kept = 1; kept < h.length; kept++) {
            struct span first = banned_first ? h : other, second = banned_first ? other : h;
            struct packets_talk talk = open_talk(0, wraps, true);
            /* The end waits behind a hole, comes again as another copy, then the beginning comes.
             */
            struct segment s =
                packets_say_at(&talk, 0, kept, span_of(first.at + kept, first.length - kept));
            watched_segment(watched, &wraps->shape, &s);
            s = packets_say_at(&talk, 0, kept, span_of(second.at + kept, second.length - kept));
            watched_segment(watched, &wraps->shape, &s);
            s = packets_say_at(&talk, 0, 0, span_of(first.at, kept));
            watched_segment(watched, &wraps->shape, &s);

            bool differ = memcmp(first.at + kept, second.at + kept, first.length - kept) != 0;
            char text[NAME_TEXT_SIZE + 64];
            const char *last = watched_last(watched, text);
            bool right = differ && memcmp(first.at + kept, second.at + kept, 1) == 0
                             ? strncmp(last, "ambiguous overlap", 17) == 0
                             : true;
            family_cases++;
            if (!right || (differ && watched->event_count == 0)) {
                if (family_failures++ < 5)
                    printf("# other bytes from %zu: %s, %u events\n", kept, last,
                           watched->event_count);
            }
            watched_forget(watched);
        }
    }
    family_ends("copies of the hello that say different names: ambiguous, and an event");
}

/* The number-th of all orders of `count` things. */
static void order_of(unsigned number, unsigned count, unsigned out[6])
{
    unsigned left[] = {0, 1, 2, 3, 4, 5};
    for (unsigned n = count; n > 0; n--) {
        unsigned pick = number % n;
        number /= n;
        *out++ = left[pick];
        for (unsigned i = pick; i + 1 < n; i++)
            left[i] = left[i + 1];
    }
}

/* A hello in `count` Initials, each with its part of it, shown in one of their orders; `coalesced`:
 * two in a datagram. */
static void quic_case(unsigned ip, const struct wrap *wrap, uint32_t version, struct span message,
                      unsigned count, unsigned number, bool coalesced)
{
    static const uint8_t id[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
    static uint8_t frames_room[8192], datagram_room[8192];
    struct writer datagram = writer_over(datagram_room, sizeof datagram_room);
    unsigned order[6];
    size_t part = message.length / count + 1;
    struct packets_talk talk =
        packets_talk(families_of_ip[ip].client, port, families_of_ip[ip].server, 443);

    port = port < 65000 ? port + 1 : 1024;
    talk.ends.vlan = wrap->vlan;
    talk.ends.tunnel = wrap->tunnel;
    talk.ends.transport = IP_UDP;
    order_of(number, count, order);
    for (unsigned i = 0; i < count; i++) {
        size_t at = order[i] * part;
        size_t length = message.length - at < part ? message.length - at : part;
        struct writer frames = writer_over(frames_room, sizeof frames_room);
        struct packets_initial initial = {.version = version,
                                          .destination_id = span_of(id, sizeof id)};
        /* Within the packet the second half comes first. */
        packets_crypto(&frames, at + length / 2,
                       span_of(message.at + at + length / 2, length - length / 2));
        packets_crypto(&frames, at, span_of(message.at + at, length / 2));
        initial.number = order[i];
        initial.least = coalesced ? 0 : 1200;
        packets_initial(&datagram, &initial, writer_span(&frames));
        if (coalesced && i % 2 == 0 && i + 1 < count)
            continue;
        struct segment s = talk.ends;
        s.payload = writer_span(&datagram);
        watched_segment(watched, &wrap->shape, &s);
        datagram = writer_over(datagram_room, sizeof datagram_room);
    }
    expect(wanted, wrap->name, count, number);
}

static void initials(void)
{
    static const uint32_t versions[] = {QUIC_V1, QUIC_V2, QUIC_DRAFT_29};
    static const unsigned orders[] = {1, 1, 2, 6, 24, 120, 720};
    static uint8_t room[HELLO_ROOM];
    struct writer w = writer_over(room, sizeof room);
    const struct packets_hello h = {.server_name = name_wanted,
                                    .alpn = "h3",
                                    .grease = true,
                                    .quic = true,
                                    .key_share = PACKETS_MLKEM};
    packets_hello(&w, &h);

    for (unsigned count = 1; count <= 6; count++) {
        for (unsigned number = 0; number < orders[count]; number++) {
            for (size_t v = 0; v < COUNT_OF(versions); v++) {
                const struct wrap *wrap = &wraps[number % COUNT_OF(wraps)];
                quic_case(number % 2, wrap, versions[v], writer_span(&w), count, number, false);
                quic_case(number % 2, wraps, versions[v], writer_span(&w), count, number, true);
            }
        }
    }
    for (size_t i = 0; i < COUNT_OF(wraps); i++) {
        for (unsigned ip = 0; ip < 2; ip++) {
            for (unsigned number = 0; number < 6; number++)
                quic_case(ip, &wraps[i], QUIC_V1, writer_span(&w), 3, number, false);
        }
    }
    family_ends("QUIC v1, v2, draft-29: the hello in 1 to 6 Initials in every order, frames "
                "shuffled, one or two in a datagram, wrapped in 16 ways");
}

int main(void)
{
    watched = watched_new(MEMORY);
    every_split();
    every_wrap();
    every_count_of_records();
    overlaps_of_equal_bytes();
    overlaps_of_other_bytes();
    every_order_of_five();
    fast_open();
    fragments_of_ip();
    initials();
    printf("1..%u\n# %u cases, %u not in the right name\n", families, cases, failures);
    watched_free(watched);
    return failures > 0;
}
