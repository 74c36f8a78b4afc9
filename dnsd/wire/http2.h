/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http2 - the heads of requests in a client's stream of HTTP/2 (RFC 9113) without TLS.
 *
 * Used by sight/http. Gives a head as wire/http does, `:authority` in the place of Host. Bodies,
 * settings and frames of other types are passed over. Never allocates; a head points into the
 * stream and into the reader.
 */
#ifndef WIRE_HTTP2_H
#define WIRE_HTTP2_H

#include "wire/hpack.h"
#include "wire/http.h"

struct http2 {
    struct span stream;
    size_t at;  /* where the next frame begins */
    bool begun; /* STATUS_AGAIN was about a request that has begun */
    size_t joined_length;
    uint8_t joined[HTTP_HEAD_MOST]; /* blocks of several frames */
    struct hpack table;
};

/* `stream` begins with the preface (http2_preface() says OK) and is no longer than
 * HTTP_HEAD_MOST. */
void http2_begin(struct http2 *reader, struct span stream);
/* The next request. STATUS_AGAIN: more bytes are needed, in all *want; `out` has the fields of a
 * request that are there so far. STATUS_MALFORMED: a block or a frame that no server would read;
 * nothing behind it can be read. */
MUST_USE enum status http2_next(struct http2 *reader, struct http_head *out, size_t *want);

#endif
