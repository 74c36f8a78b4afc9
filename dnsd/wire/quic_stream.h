/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic_stream - the bytes of CRYPTO frames (RFC 9000 19.6), put together in whatever order they
 * come.
 *
 * Used by sight/quic.c. The first copy of a byte counts; of later copies that differ one
 * stretch is kept beside it, since nobody knows which of them the other side heard. Room for
 * HELLO_MOST bytes: what lies behind is dropped. Never allocates, never reads what the bytes say.
 */
#ifndef WIRE_QUIC_STREAM_H
#define WIRE_QUIC_STREAM_H

#include "base/span.h"
#include "wire/hello.h"

enum { QUIC_OTHER_MOST = 512 };

/* Empty when zeroed. */
struct quic_stream {
    uint16_t whole;                  /* how many bytes there are without a hole */
    uint16_t other_at, other_length; /* where copies differ first; length 0: nowhere */
    bool other_more;                 /* `other` is not all that differs */
    uint8_t other[QUIC_OTHER_MOST];
    uint64_t filled[HELLO_MOST / 64]; /* a bit for each byte that is there */
    uint8_t bytes[HELLO_MOST];
};

void quic_stream_clear(struct quic_stream *stream);
void quic_stream_add(struct quic_stream *stream, uint64_t offset, struct span bytes);

/* The first `length` bytes (at most `whole`) as the later copies have them. False when they do not
 * differ there, or differ in more than was kept. */
bool quic_stream_other(const struct quic_stream *stream, size_t length, uint8_t *out);

#endif
