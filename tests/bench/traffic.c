/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * traffic - conversations that go on in turns, each by its own steps.
 */
#include "traffic.h"

#include "packets/packets.h"

#include <stdlib.h>

enum {
    SEGMENT = 1448,  /* bytes of a full segment with timestamps */
    DATAGRAM = 1250, /* of QUIC */
    CONCURRENT = 2000,
    SYN_FLOWS = 2000000,
    MILLION = 1000000,
    OPENING = 20000, /* of the million, at the same time */
    NOISE = 1 << 16,
    BITS_PER_NS = 10, /* how fast the wire is */
};

const struct traffic_kind traffic_kinds[] = {
    {"mix", "large transfers of TCP and QUIC, HTTP, DNS; 2,000 flows at a time", 1200000000},
    {"tls", "new flows of TLS alone, hellos of one and of two segments", 1100000000},
    {"quic", "client Initials alone, hellos of one and of two datagrams", 1100000000},
    {"syn", "2,000,000 flows of one SYN", 1},
    {"million", "1,000,000 flows open at once, a hello each", 1},
    {"stall", "the same, but one in four hellos is never finished", 1},
    {NULL, NULL, 0},
};

enum speech { SPEECH_TLS, SPEECH_QUIC, SPEECH_HTTP, SPEECH_DNS };

struct conversation {
    struct packets_talk talk;
    enum speech speech;
    unsigned step;
    uint32_t number; /* names it */
    uint32_t left;   /* full segments to be sent */
    bool upload, is_large;
    uint8_t id[8]; /* of QUIC */
};

struct traffic {
    FILE *file;
    uint64_t bytes, at_ns, random;
    uint32_t begun;
    bool failed;
    uint8_t noise[NOISE]; /* stands for what is encrypted */
};

static uint64_t random_next(struct traffic *t) /* splitmix64 */
{
    uint64_t z = t->random += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint32_t random_below(struct traffic *t, uint32_t below)
{
    return (uint32_t)((random_next(t) >> 32) * below >> 32);
}

static struct span noise(struct traffic *t, size_t length)
{
    return span_of(t->noise + random_below(t, (uint32_t)(NOISE - length)), length);
}

static void send_segment(struct traffic *t, const struct segment *segment)
{
    static const struct packets_shape tcp = {.tcp_options = 12}, udp;
    uint8_t buffer[2048];
    struct writer frame = writer_over(buffer, sizeof buffer);
    packets_frame(&frame, segment->transport == IP_TCP ? &tcp : &udp, segment);
    struct span bytes = writer_span(&frame);
    t->failed |= frame.failed || !packets_file_add(t->file, 1800000000000000 + t->at_ns / 1000,
                                                   bytes, bytes.length);
    t->bytes += bytes.length + 16;
    t->at_ns += bytes.length * 8 / BITS_PER_NS;
}

static void say(struct traffic *t, struct conversation *c, unsigned side, uint8_t flags,
                struct span payload)
{
    struct segment segment = packets_say(&c->talk, side, flags, payload);
    send_segment(t, &segment);
}

/* More than a segment holds is sent in several. */
static void say_all(struct traffic *t, struct conversation *c, unsigned side, struct span bytes)
{
    while (bytes.length > SEGMENT) {
        say(t, c, side, TCP_ACK, span_of(bytes.at, SEGMENT));
        bytes = span_of(bytes.at + SEGMENT, bytes.length - SEGMENT);
    }
    say(t, c, side, TCP_ACK | TCP_PSH, bytes);
}

static void handshake(struct traffic *t, struct conversation *c)
{
    say(t, c, 0, TCP_SYN, span_of(NULL, 0));
    say(t, c, 1, TCP_SYN | TCP_ACK, span_of(NULL, 0));
    c->talk.ends.acknowledgement = c->talk.first[1] + 1;
    say(t, c, 0, TCP_ACK, span_of(NULL, 0));
}

static void goodbye(struct traffic *t, struct conversation *c)
{
    say(t, c, 0, TCP_FIN | TCP_ACK, span_of(NULL, 0));
    say(t, c, 1, TCP_FIN | TCP_ACK, span_of(NULL, 0));
}

/* --- what is said --- */

/* One in a hundred asks for what is banned. */
static void write_host(const struct conversation *c, char out[64])
{
    if (c->number % 100 == 99)
        snprintf(out, 64, "www.wechat.com");
    else
        snprintf(out, 64, "host-%u.site-%u.example", c->number % 97, c->number % 50021);
}

static struct packets_hello hello_of(const struct conversation *c, const char *host)
{
    struct packets_hello hello = {.server_name = host,
                                  .alpn = c->speech == SPEECH_QUIC ? "h3" : "h2,http/1.1",
                                  .grease = true,
                                  .quic = c->speech == SPEECH_QUIC,
                                  .padding = 230,
                                  .seed = (uint8_t)c->number};
    if (c->is_large)
        hello.key_share = PACKETS_MLKEM;
    return hello;
}

static struct span client_hello(const struct conversation *c)
{
    static uint8_t buffer[4096];
    struct writer w = writer_over(buffer, sizeof buffer);
    char host[64];
    write_host(c, host);
    const struct packets_hello hello = hello_of(c, host);
    if (c->speech == SPEECH_QUIC)
        packets_hello(&w, &hello);
    else
        packets_client_hello(&w, &hello, 1);
    if (w.failed)
        abort();
    return writer_span(&w);
}

/* RFC 8446 4.1.3: version, random, session id, suite, compression, and two extensions. */
static void write_server_hello(struct traffic *t, struct writer *w)
{
    uint8_t *start = w->at;
    write_u32(w, 0x02000000);
    write_u16(w, 0x0303);
    write_span(w, noise(t, 32));
    write_u8(w, 0);
    write_u16(w, 0x1301);
    write_u8(w, 0);
    write_u16(w, 6 + 40);
    write_bytes(w, "\0\x2b\0\2\3\4", 6);
    write_bytes(w, "\0\x33\0\x24\0\x1d\0\x20", 8);
    write_span(w, noise(t, 32));
    store_u32(start, 0x02000000 | (uint32_t)(w->at - start - 4));
}

static struct span server_flight(struct traffic *t)
{
    static uint8_t buffer[SEGMENT];
    uint8_t message[128];
    struct writer w = writer_over(buffer, sizeof buffer);
    struct writer hello = writer_over(message, sizeof message);
    write_server_hello(t, &hello);
    packets_record(&w, 22, writer_span(&hello));
    packets_record(&w, 20, span_text("\1"));
    packets_record(&w, 23, noise(t, writer_room(&w) - 5));
    if (w.failed)
        abort();
    return writer_span(&w);
}

/* The number of datagrams; at most two. */
static unsigned write_initials(const struct conversation *c, struct writer w[2])
{
    struct span hello = client_hello(c);
    size_t first = hello.length < 1100 ? hello.length : 1100;
    struct packets_initial initial = {.destination_id = span_of(c->id, sizeof c->id),
                                      .least = 1200};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t buffer[1400];
        struct writer frames = writer_over(buffer, sizeof buffer);
        struct span part =
            i == 0 ? span_of(hello.at, first) : span_of(hello.at + first, hello.length - first);
        if (part.length == 0)
            return i;
        initial.number = i;
        packets_crypto(&frames, i == 0 ? 0 : first, part);
        packets_initial(&w[i], &initial, writer_span(&frames));
    }
    return 2;
}

static void send_initials(struct traffic *t, struct conversation *c)
{
    uint8_t buffers[2][1500];
    struct writer w[2] = {writer_over(buffers[0], sizeof buffers[0]),
                          writer_over(buffers[1], sizeof buffers[1])};
    unsigned count = write_initials(c, w);
    for (unsigned i = 0; i < count; i++)
        say(t, c, 0, 0, writer_span(&w[i]));
}

static void send_server_initial(struct traffic *t, struct conversation *c)
{
    uint8_t buffer[1500], frames_buffer[256], message[128];
    struct writer w = writer_over(buffer, sizeof buffer);
    struct writer frames = writer_over(frames_buffer, sizeof frames_buffer);
    struct writer hello = writer_over(message, sizeof message);
    const struct packets_initial initial = {.keys_from = span_of(c->id, sizeof c->id),
                                            .source_id = span_text("answered"),
                                            .server = true,
                                            .least = 1200};
    write_server_hello(t, &hello);
    packets_crypto(&frames, 0, writer_span(&hello));
    packets_initial(&w, &initial, writer_span(&frames));
    say(t, c, 1, 0, writer_span(&w));
}

/* A packet with a short header: nobody but the two ends can read it. */
static void send_short(struct traffic *t, struct conversation *c, unsigned side, size_t length)
{
    uint8_t packet[DATAGRAM];
    memcpy(packet, noise(t, length).at, length);
    packet[0] = (uint8_t)(0x40 | (packet[0] & 0x3f));
    say(t, c, side, 0, span_of(packet, length));
}

/* A question, and the answer with an address (RFC 1035 4.1). */
static void send_dns(struct traffic *t, struct conversation *c)
{
    uint8_t buffer[512];
    char host[64];
    write_host(c, host);
    for (unsigned side = 0; side < 2; side++) {
        struct writer w = writer_over(buffer, sizeof buffer);
        write_u16(&w, (uint16_t)c->number);
        write_bytes(&w, side == 0 ? "\1\0\0\1\0\0\0\0\0\0" : "\x81\x80\0\1\0\1\0\0\0\0", 10);
        for (const char *label = host; *label != 0;) {
            size_t length = strcspn(label, ".");
            write_u8(&w, (uint8_t)length);
            write_bytes(&w, label, length);
            label += length + (label[length] == '.');
        }
        write_bytes(&w, "\0\0\1\0\1", 5);
        if (side == 1) {
            write_bytes(&w, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4", 12);
            write_u32(&w, 0x50000000u | c->number);
        }
        say(t, c, side, 0, writer_span(&w));
    }
}

/* --- who speaks --- */

static void conversation_begin(struct traffic *t, struct conversation *c, enum speech speech)
{
    uint64_t r = random_next(t), s = random_next(t);
    static const uint16_t ports[] = {443, 443, 80, 53};
    struct segment *ends = &c->talk.ends;
    uint8_t client[16] = {10, (uint8_t)(r % 4), (uint8_t)(r >> 8), (uint8_t)(r >> 16)};
    uint8_t server[16] = {(uint8_t)(60 + s % 60), (uint8_t)(s >> 8), (uint8_t)(s >> 16), 10};
    size_t length = 4;
    *c = (struct conversation){.speech = speech, .number = t->begun++};
    if (r >> 60 < 3) { /* IPv6 */
        length = 16;
        memcpy(client, "\x20\x01\x0d\xb8\0\1\0\0", 8);
        memcpy(client + 8, &r, 4);
        memcpy(server, "\x20\x01\x0d\xb8\0\7\0\0", 8);
        memcpy(server + 8, &s, 4);
    }
    if (!address_from_bytes(span_of(client, length), &ends->source) ||
        !address_from_bytes(span_of(server, length), &ends->destination))
        abort();
    ends->source_port = (uint16_t)(32768 + (r >> 40) % 28000);
    ends->destination_port = ports[speech];
    bool is_tcp = speech == SPEECH_TLS || speech == SPEECH_HTTP;
    ends->transport = is_tcp ? IP_TCP : IP_UDP;
    c->talk.first[0] = (uint32_t)random_next(t);
    c->talk.first[1] = (uint32_t)random_next(t);
    memcpy(c->id, &s, sizeof c->id);
    c->is_large = r >> 56 & 1;
}

/* As many small transfers as large ones: between 8 and 4,096 segments, by powers of two. */
static void conversation_transfer(struct traffic *t, struct conversation *c)
{
    uint32_t power = 3 + random_below(t, 9);
    c->left = (1u << power) + random_below(t, 1u << power);
    c->upload = random_below(t, 100) < 15;
}

/* Two segments and their acknowledgement, or as many datagrams; a few at a time. */
static void bulk(struct traffic *t, struct conversation *c)
{
    unsigned from = c->upload ? 0 : 1;
    for (unsigned i = 1 + random_below(t, 4); i > 0 && c->left > 0; i--) {
        for (unsigned n = 0; n < 2 && c->left > 0; n++, c->left--) {
            if (c->speech == SPEECH_QUIC)
                send_short(t, c, from, DATAGRAM);
            else
                say(t, c, from, TCP_ACK, noise(t, SEGMENT));
        }
        if (c->speech == SPEECH_QUIC)
            send_short(t, c, !from, 40);
        else
            say(t, c, !from, TCP_ACK, span_of(NULL, 0));
    }
}

static struct span request_of(const struct conversation *c)
{
    static char text[256];
    char host[64];
    write_host(c, host);
    snprintf(text, sizeof text,
             "GET /file/%u HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n",
             c->number, host);
    return span_text(text);
}

/* What the client says first, and what is answered; false when there is nothing more to say. */
static bool conversation_step(struct traffic *t, struct conversation *c)
{
    bool is_quic = c->speech == SPEECH_QUIC;
    if (c->speech == SPEECH_DNS) {
        send_dns(t, c);
        return false;
    }
    switch (c->step++) {
    case 0:
        if (is_quic)
            send_initials(t, c);
        else
            handshake(t, c);
        return true;
    case 1:
        if (is_quic)
            send_server_initial(t, c);
        else
            say_all(t, c, 0, c->speech == SPEECH_HTTP ? request_of(c) : client_hello(c));
        return true;
    case 2:
        if (is_quic)
            send_short(t, c, 0, 80);
        else if (c->speech == SPEECH_HTTP)
            say_all(t, c, 1, span_text("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"));
        else
            say_all(t, c, 1, server_flight(t));
        return true;
    default:
        break;
    }
    if (c->left > 0) {
        bulk(t, c);
        return true;
    }
    if (!is_quic)
        goodbye(t, c);
    return false;
}

static enum speech speech_of(struct traffic *t)
{
    uint32_t part = random_below(t, 100);
    return part < 60 ? SPEECH_TLS : part < 75 ? SPEECH_QUIC : part < 80 ? SPEECH_HTTP : SPEECH_DNS;
}

/* --- kinds --- */

static void write_turns(struct traffic *t, uint64_t bytes, unsigned concurrent, bool is_mix)
{
    static struct conversation open[CONCURRENT];
    for (unsigned i = 0; i < concurrent; i++)
        open[i].step = UINT32_MAX;
    while (t->bytes < bytes && !t->failed) {
        struct conversation *c = &open[random_below(t, concurrent)];
        if (c->step == UINT32_MAX) {
            conversation_begin(t, c, is_mix ? speech_of(t) : SPEECH_TLS);
            if (is_mix)
                conversation_transfer(t, c);
        }
        if (!conversation_step(t, c))
            c->step = UINT32_MAX;
    }
}

static void write_initials_alone(struct traffic *t, uint64_t bytes)
{
    struct conversation c;
    while (t->bytes < bytes && !t->failed) {
        conversation_begin(t, &c, SPEECH_QUIC);
        send_initials(t, &c);
    }
}

static void write_flood(struct traffic *t)
{
    struct conversation c;
    for (unsigned i = 0; i < SYN_FLOWS && !t->failed; i++) {
        conversation_begin(t, &c, SPEECH_TLS);
        say(t, &c, 0, TCP_SYN, span_of(NULL, 0));
    }
}

static void million_step(struct traffic *t, struct conversation *c, unsigned step,
                         bool is_unfinished)
{
    if (step == 0) {
        handshake(t, c);
        return;
    }
    struct span hello = client_hello(c);
    say_all(t, c, 0, is_unfinished ? span_of(hello.at, hello.length / 2) : hello);
    if (!is_unfinished)
        say(t, c, 1, TCP_ACK | TCP_PSH, span_of(server_flight(t).at, 200));
}

/* They open a window at a time; then each says something, in no order. Of four, `unfinished` say
 * half a hello. */
static void write_million(struct traffic *t, uint32_t unfinished)
{
    struct conversation *all = calloc(MILLION, sizeof *all);
    if (all == NULL)
        abort();
    for (unsigned from = 0; from < MILLION; from += OPENING) {
        for (unsigned i = from; i < from + OPENING; i++)
            conversation_begin(t, &all[i], SPEECH_TLS);
        for (unsigned step = 0; step < 2; step++) {
            for (unsigned i = from; i < from + OPENING; i++)
                million_step(t, &all[i], step, all[i].number % 4 < unfinished);
        }
    }
    for (uint64_t i = 0; i < MILLION && !t->failed; i++) {
        struct conversation *c = &all[i * 7919 % MILLION];
        if (c->number % 4 >= unfinished)
            say(t, c, i % 2, TCP_ACK | TCP_PSH, noise(t, 200));
    }
    free(all);
}

bool traffic_write(const char *kind, FILE *file, uint64_t bytes)
{
    static struct traffic t;
    t = (struct traffic){.file = file, .random = 11};
    for (size_t i = 0; i < NOISE; i++)
        t.noise[i] = (uint8_t)random_next(&t);
    if (!packets_file_begin(file, packets_dlt(LINK_ETHERNET)))
        return false;
    if (strcmp(kind, "mix") == 0)
        write_turns(&t, bytes, CONCURRENT, true);
    else if (strcmp(kind, "tls") == 0)
        write_turns(&t, bytes, 256, false);
    else if (strcmp(kind, "quic") == 0)
        write_initials_alone(&t, bytes);
    else if (strcmp(kind, "syn") == 0)
        write_flood(&t);
    else if (strcmp(kind, "million") == 0)
        write_million(&t, 0);
    else if (strcmp(kind, "stall") == 0)
        write_million(&t, 1);
    else
        return false;
    return !t.failed && fflush(file) == 0;
}
