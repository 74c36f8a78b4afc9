/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packets - makes packets: what tests, the evasion matrix, captures and benchmarks show to
 * inspectd.
 *
 * Used by tests only. Equal calls write equal bytes. Frames with right lengths and checksums around
 * any payload; hellos, Initials, questions and requests to be the payload; and a capture file to
 * keep them. All into a base/writer.h, whose `failed` says that there was no room. Never reads a
 * packet: that is what is tested.
 */
#ifndef TESTS_PACKETS_H
#define TESTS_PACKETS_H

#include "base/clock.h"
#include "base/writer.h"
#include "wire/frame.h"
#include "wire/quic.h"

#include <stdio.h>

/* Extension headers of IPv6, each once, in this order (RFC 8200 4.1). */
enum packets_extension {
    PACKETS_HOP_BY_HOP = 1,
    PACKETS_ROUTING = 2,
    PACKETS_ATOMIC_FRAGMENT = 4, /* offset 0 and nothing more to come (RFC 6946) */
    PACKETS_AUTHENTICATION = 8,
    PACKETS_DESTINATION = 16
};

/* How a packet is wrapped, beyond what a segment says. Zeroed: Ethernet, and IP without extras. */
struct packets_shape {
    enum link link;
    bool pppoe;          /* RFC 2516 */
    uint8_t labels;      /* of MPLS */
    uint8_t ip_options;  /* bytes of options of IPv4: 0..40, a multiple of 4 */
    uint8_t extensions;  /* enum packets_extension, of IPv6 */
    uint8_t tcp_options; /* bytes: 0..40, a multiple of 4 */
    uint8_t trailer;     /* bytes behind IP, as the padding of Ethernet */
    uint16_t gre_flags;  /* 0x8000: checksum, 0x2000: key, 0x1000: sequence number (RFC 2890) */
    bool outer_ipv6;     /* of the tunnel */
    uint16_t identification;
};

/* One frame that carries `segment`: its addresses (IPv4 or IPv6 by `source`), ports, vlan,
 * transport, tunnel, flags, numbers and payload; `cut` and `sent` are not looked at. */
void packets_frame(struct writer *w, const struct packets_shape *shape,
                   const struct segment *segment);
/* Only header and payload of TCP or UDP: what fragments are cut from. */
void packets_transport(struct writer *w, const struct packets_shape *shape,
                       const struct segment *segment);
/* One frame that carries `fragment`: its addresses, vlan, id, protocol, tunnel, more, offset and
 * bytes. */
void packets_fragment(struct writer *w, const struct packets_shape *shape,
                      const struct fragment *fragment);

/* A segment between two ends, as texts: "192.0.2.1", "2001:db8::1". Stops the test when they are
 * none. Transport TCP, flags ACK and PSH. */
struct segment packets_segment(const char *source, uint16_t source_port, const char *destination,
                               uint16_t destination_port);

/* A conversation of TCP; numbers go on by themselves. */
struct packets_talk {
    struct segment ends; /* from the client's side */
    uint32_t first[2];   /* initial sequence numbers: client, server */
    uint32_t said[2];    /* bytes so far */
};
struct packets_talk packets_talk(const char *client, uint16_t client_port, const char *server,
                                 uint16_t server_port);
/* A segment from the side (0: client) with these flags; `payload` is what it says next. */
struct segment packets_say(struct packets_talk *talk, unsigned side, uint8_t flags,
                           struct span payload);
/* The segment of bytes that begin at `offset` of what the side says; changes nothing. */
struct segment packets_say_at(const struct packets_talk *talk, unsigned side, size_t offset,
                              struct span payload);

/* A ClientHello. Zeroed: TLS 1.3 and 1.2, X25519, no name, no ALPN. */
struct packets_hello {
    const char *server_name;    /* NULL: no extension */
    const char *alpn;           /* "h2,http/1.1"; NULL: no extension */
    uint16_t legacy_version;    /* 0: 0x0303 */
    const uint16_t *versions;   /* ends with 0; NULL: 0x0304, 0x0303; empty: no extension */
    const uint16_t *ciphers;    /* ends with 0; NULL: the usual ones */
    bool grease;                /* RFC 8701: a cipher, extensions, a group, a version */
    bool quic;                  /* extension 57, and no session id */
    size_t key_share;           /* bytes; 0: 32; PACKETS_MLKEM: X25519MLKEM768 before X25519 */
    size_t ech;                 /* bytes of payload of extension fe0d; 0: none */
    struct span before, behind; /* whole extensions, before and behind all others */
    size_t padding;             /* bytes in extension 21; 0: none */
    uint8_t seed;               /* of what is random in it */
};
enum { PACKETS_MLKEM = 1216 };

/* The handshake message. */
void packets_hello(struct writer *w, const struct packets_hello *hello);
/* `bytes` in one record of TLS of this type (22: handshake), as version 0x0301. */
void packets_record(struct writer *w, uint8_t type, struct span bytes);
/* The message in `count` records of nearly equal size, none of them empty while bytes last. */
void packets_records(struct writer *w, struct span message, unsigned count);
/* Hello and records in one: what a client of TLS says first. */
void packets_client_hello(struct writer *w, const struct packets_hello *hello, unsigned count);

/* An Initial of QUIC. Zeroed: version 1, of a client, number 0 in four bytes, no padding. */
struct packets_initial {
    uint32_t version; /* QUIC_V1 or another that quic_initial_keys() knows */
    struct span destination_id, source_id, token;
    struct span keys_from; /* the client's first destination id, where it is another */
    bool server;
    uint32_t number;
    uint8_t number_size; /* 1..4 */
    size_t least;        /* bytes of the whole packet, reached by PADDING: 1200 for a client */
};

/* A part of a stream of CRYPTO. */
struct packets_range {
    size_t offset, length;
};

/* A connection id behind its length, as long headers have them (RFC 8999 5.1). */
void packets_id(struct writer *w, struct span id);
/* One CRYPTO frame. */
void packets_crypto(struct writer *frames, uint64_t offset, struct span bytes);
/* The frames, sealed; a second call behind the first makes a datagram of two packets. */
void packets_initial(struct writer *w, const struct packets_initial *initial, struct span frames);
/* A CRYPTO frame for each range of `stream`, in this order. */
void packets_initial_of(struct writer *w, const struct packets_initial *initial, struct span stream,
                        const struct packets_range *ranges, size_t count);

/* Messages of DNS; names as texts, not compressed. */
struct packets_answer {
    uint16_t id, type;
    uint8_t rcode;
    uint32_t ttl;
    const char *name, *alias; /* alias: a CNAME before the addresses, or NULL */
    const struct address *addresses;
    size_t count;
};
void packets_question(struct writer *w, uint16_t id, const char *name, uint16_t type);
void packets_answer(struct writer *w, const struct packets_answer *answer);
/* As over TCP: behind its length. */
void packets_framed(struct writer *w, struct span message);

/* A request of HTTP. Zeroed: GET / HTTP/1.1 without Host. */
struct packets_request {
    const char *method, *target, *version, *host;
    const char *headers; /* whole lines, each with its CR LF */
    struct span body;    /* with Content-Length when there is one */
};
void packets_request(struct writer *w, const struct packets_request *request);

/* A hello of mmtls (intel: `mmtls_client_hello`). Zeroed: a client that resumes, version 04. */
struct packets_mmtls {
    bool full, early, server; /* early: type 19 */
    uint8_t version;          /* 3 or 4 */
    size_t length;            /* what the record says of itself; 0: as the app does */
};
void packets_mmtls(struct writer *w, const struct packets_mmtls *hello);
/* The same in a POST as WeChat's short link makes it: "/mmtls/00ab12cd". */
void packets_shortlink(struct writer *w, const char *target, const char *host,
                       const struct packets_mmtls *hello);

/* A capture file in microseconds, little-endian; `dlt` as libpcap numbers links. False: no room. */
bool packets_file_begin(FILE *file, uint32_t dlt);
bool packets_file_add(FILE *file, clock_us at, struct span bytes, size_t sent);
/* The number of a link. */
uint32_t packets_dlt(enum link link);

#endif
