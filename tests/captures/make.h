/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make - the conversations of tests/captures, told one packet after another.
 *
 * Used by the files make_*.c, each of which tells the scenes of one kind. Equal calls write equal
 * bytes: no clock and no chance. Never reads a packet.
 */
#ifndef TESTS_CAPTURES_MAKE_H
#define TESTS_CAPTURES_MAKE_H

#include "dns/name.h"
#include "packets/packets.h"

/* What is being written. A scene may change `shape`, `vlan`, `tunnel` and `snap` before its first
 * packet. */
struct film {
    FILE *file;
    struct packets_shape shape;
    uint32_t vlan;
    uint8_t tunnel;
    size_t snap; /* bytes kept of a frame; 0: all */
    clock_us at; /* of the last packet */
};

struct scene {
    const char *name, *about; /* the folder, and its README.md */
    void (*tell)(struct film *film);
};

/* Ends with a row without a name. */
extern const struct scene tls_scenes[], hello_scenes[], quic_scenes[], http_scenes[], dns_scenes[],
    app_scenes[], frame_scenes[], first_scenes[];

#define CLIENT_AT "10.1.2.3"
#define SERVER_AT "192.0.2.1"
#define BANNED    "web.wechat.com"
#define CLEAN     "www.example.org"

enum { CLIENT_PORT = 40000 };

/* A conversation of CLIENT_AT with this port of SERVER_AT. */
struct packets_talk talk_with(uint16_t port);
void show_frame(struct film *film, struct span frame);
void show(struct film *film, const struct segment *segment);
/* The three packets with which TCP begins. */
void shake_hands(struct film *film, struct packets_talk *talk);
/* What a side (0: client) says next; and as text. */
void say(struct film *film, struct packets_talk *talk, unsigned side, struct span bytes);
void say_text(struct film *film, struct packets_talk *talk, unsigned side, const char *text);
void say_flags(struct film *film, struct packets_talk *talk, unsigned side, uint8_t flags);
/* Both sides end it. */
void say_goodbye(struct film *film, struct packets_talk *talk);
/* Bytes that stand at an offset of what the client says. */
void say_at(struct film *film, const struct packets_talk *talk, size_t offset, struct span bytes);
/* A conversation of TCP in which the client says this, and nothing else is said; `tell_text` also
 * ends it. */
void tell_client(struct film *film, uint16_t port, struct span bytes);
void tell_text(struct film *film, uint16_t port, const char *text);
/* One datagram of UDP. */
void datagram(struct film *film, const struct packets_talk *talk, unsigned side, struct span bytes);

/* Valid until the eighth call after. */
struct span hello_of(const struct packets_hello *hello, unsigned records);
struct span hello_for(const char *name);
struct span part(struct span bytes, size_t from, size_t to);
struct span from_hex(const char *text);
struct span question(const char *name, uint16_t type);
struct span answer(const char *name, const char *address);
/* The same with its length before it, as by TCP. */
struct span with_length(struct span message);
struct span noise(size_t length);

#endif
