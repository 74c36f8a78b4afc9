/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_parts - what scenes are told with.
 */
#include "captures/make.h"

#include <stdlib.h>

enum { TURNS = 8, TURN_SIZE = 32768, MILLISECOND = 1000 };

static struct writer turn(void)
{
    static uint8_t buffers[TURNS][TURN_SIZE];
    static unsigned turns;
    return writer_over(buffers[turns++ % TURNS], TURN_SIZE);
}

static struct span made(const struct writer *w)
{
    if (w->failed)
        abort();
    return writer_span(w);
}

struct packets_talk talk_with(uint16_t port)
{
    return packets_talk(CLIENT_AT, CLIENT_PORT, SERVER_AT, port);
}

void show_frame(struct film *film, struct span frame)
{
    size_t kept = film->snap > 0 && film->snap < frame.length ? film->snap : frame.length;

    if (ftell(film->file) == 0 && !packets_file_begin(film->file, packets_dlt(film->shape.link)))
        abort();
    film->at += MILLISECOND;
    if (!packets_file_add(film->file, film->at, span_of(frame.at, kept), frame.length))
        abort();
}

void show(struct film *film, const struct segment *segment)
{
    static uint8_t room[70000];
    struct writer frame = writer_over(room, sizeof room);
    struct segment s = *segment;

    s.vlan = film->vlan;
    s.tunnel = film->tunnel;
    packets_frame(&frame, &film->shape, &s);
    film->shape.identification++;
    show_frame(film, made(&frame));
}

void say_flags(struct film *film, struct packets_talk *talk, unsigned side, uint8_t flags)
{
    struct segment s = packets_say(talk, side, flags, span_of(NULL, 0));
    show(film, &s);
}

void shake_hands(struct film *film, struct packets_talk *talk)
{
    say_flags(film, talk, 0, TCP_SYN);
    say_flags(film, talk, 1, TCP_SYN | TCP_ACK);
    say_flags(film, talk, 0, TCP_ACK);
}

void say(struct film *film, struct packets_talk *talk, unsigned side, struct span bytes)
{
    struct segment s = packets_say(talk, side, TCP_ACK | TCP_PSH, bytes);
    show(film, &s);
}

void say_text(struct film *film, struct packets_talk *talk, unsigned side, const char *text)
{
    say(film, talk, side, span_text(text));
}

void say_goodbye(struct film *film, struct packets_talk *talk)
{
    say_flags(film, talk, 0, TCP_FIN | TCP_ACK);
    say_flags(film, talk, 1, TCP_FIN | TCP_ACK);
}

void say_at(struct film *film, const struct packets_talk *talk, size_t offset, struct span bytes)
{
    struct segment s = packets_say_at(talk, 0, offset, bytes);
    show(film, &s);
}

void tell_client(struct film *film, uint16_t port, struct span bytes)
{
    struct packets_talk talk = talk_with(port);
    shake_hands(film, &talk);
    say(film, &talk, 0, bytes);
}

void tell_text(struct film *film, uint16_t port, const char *text)
{
    struct packets_talk talk = talk_with(port);
    shake_hands(film, &talk);
    say_text(film, &talk, 0, text);
    say_goodbye(film, &talk);
}

void datagram(struct film *film, const struct packets_talk *talk, unsigned side, struct span bytes)
{
    struct segment s = packets_say_at(talk, side, 0, bytes);
    s.transport = IP_UDP;
    show(film, &s);
}

struct span hello_of(const struct packets_hello *hello, unsigned records)
{
    struct writer w = turn();
    packets_client_hello(&w, hello, records);
    return made(&w);
}

struct span hello_for(const char *name)
{
    const struct packets_hello hello = {.server_name = name, .alpn = "h2,http/1.1", .grease = true};
    return hello_of(&hello, 1);
}

struct span part(struct span bytes, size_t from, size_t to)
{
    return span_of(bytes.at + from, to - from);
}

struct span from_hex(const char *text)
{
    struct writer w = turn();
    for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2)
        write_u8(&w, (uint8_t)byte);
    return made(&w);
}

static void write_question(struct writer *w, uint16_t flags, uint16_t answers, const char *text,
                           uint16_t type)
{
    struct name name;

    if (name_parse(text, &name) != STATUS_OK)
        abort();
    write_u16(w, 0x1234);
    write_u16(w, flags);
    write_u16(w, 1);
    write_u16(w, answers);
    write_u32(w, 0);
    write_bytes(w, name.wire, name.length);
    write_u16(w, type);
    write_u16(w, 1);
}

struct span question(const char *name, uint16_t type)
{
    struct writer w = turn();
    write_question(&w, 0x0100, 0, name, type);
    return made(&w);
}

struct span answer(const char *name, const char *text)
{
    struct writer w = turn();
    struct address address;

    if (address_parse(text, &address) != STATUS_OK)
        abort();
    write_question(&w, 0x8180, 1, name, 1);
    write_bytes(&w, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4", 12);
    write_bytes(&w, address.bytes + 12, 4);
    return made(&w);
}

struct span with_length(struct span message)
{
    struct writer w = turn();
    write_u16(&w, (uint16_t)message.length);
    write_span(&w, message);
    return made(&w);
}

struct span noise(size_t length)
{
    struct writer w = turn();
    uint32_t state = 20261124;
    for (size_t i = 0; i < length; i++) {
        state = state * 1103515245 + 12345;
        write_u8(&w, (uint8_t)(state >> 16));
    }
    return made(&w);
}
