/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hello - the ClientHello of TLS (RFC 8446 4.1.2, RFC 5246 7.4.1.2), and the records around it.
 *
 * Used by inspect's recognisers of TLS and QUIC and by ja4. Reads a hello whole, or says that more
 * is needed; a hello may lie in any number of records. Never copies but to join records, never
 * keeps anything.
 */
#ifndef WIRE_HELLO_H
#define WIRE_HELLO_H

#include "base/cursor.h"
#include "base/status.h"

enum { TLS_RECORD_MOST = 16384 + 256, HELLO_MOST = 16384 };

enum ech_offer { ECH_OFFER_NONE, ECH_OFFER_GREASE, ECH_OFFER_POSSIBLE };

/* Spans point into the handshake message that was read. */
struct hello {
    struct span message;     /* from handshake type 1 to its end: what ja4 reads */
    uint16_t legacy_version; /* as offered in the old place */
    uint16_t version;        /* the highest offered, GREASE (RFC 8701) left out */
    struct span ciphers;     /* 2 bytes each */
    struct span extensions;  /* type, length, content each: checked to their end */
    struct span server_name; /* the first host_name, as written; empty: none */
    bool second_name;   /* more than one host_name, or server_name twice: RFC 6066 3 forbids it */
    struct span alpn;   /* the first protocol offered (RFC 7301) */
    struct span alpns;  /* all of them: length, bytes each */
    enum ech_offer ech; /* hello.c says how GREASE is told */
    bool has_quic_parameters; /* extension 57: RFC 9001 8.2 */
    bool has_sni_extension;
};

/* RFC 8701 2: 0a0a, 1a1a, ... fafa. */
static inline bool hello_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* `message` begins with the handshake header. STATUS_OK; STATUS_AGAIN: more bytes are needed, in
 * all *wanted; STATUS_MALFORMED: it is none, or contradicts itself. What is behind it is not looked
 * at. */
MUST_USE enum status hello_read(struct span message, struct hello *out, size_t *wanted);

/* The same of a hello of which only the beginning is there, and no more will come: what is in it as
 * far as it goes. STATUS_MALFORMED: it is none. */
MUST_USE enum status hello_read_begun(struct span beginning, struct hello *out);

/* The first handshake message out of the records of a TLS stream, joined in `scratch` (of
 * HELLO_MOST bytes) where it spans several; STATUS_AGAIN and *wanted (bytes of the stream) as
 * above: then *message is what there is of it. *used: how many bytes of the stream its records
 * take, which may be more than are there when the last one carries something else behind it.
 * STATUS_MALFORMED: these are no records of a ClientHello. */
MUST_USE enum status hello_from_records(struct span stream, uint8_t *scratch, struct span *message,
                                        size_t *used, size_t *wanted);

#endif
