/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http - the head of a request of HTTP/1.x (RFC 9112), and the preface of HTTP/2 (RFC 9113 3.4).
 *
 * Used by sight/http, sight/request and wire/http2. Reads what gateways and servers in the field
 * accept, so that a request cannot hide behind a strict reader: bare LF, spaces, odd case. Never
 * keeps anything.
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "base/cursor.h"
#include "base/status.h"

enum { HTTP_HEAD_MOST = 16384 };

/* Spans point into what was read; empty: not there. */
struct http_head {
    struct span method, target; /* as written */
    struct span authority;      /* of an absolute-form target or CONNECT (RFC 9112 3.2) */
    struct span path;           /* from the slash on, query included */
    struct span host;           /* the first Host field */
    bool has_host;              /* there is one, even an empty one */
    bool second_host;           /* there is another Host, and it differs: */
    struct span other_host;     /* the last that does */
    struct span user_agent, upgrade, content_type, online_host; /* the last: X-Online-Host */
    bool chunked;
    uint64_t content_length;
    size_t length; /* of the whole head: the body begins there */
};

/* STATUS_AGAIN: it may become one; `out` has what stands in whole lines so far, a target once the
 * request line is whole. STATUS_MALFORMED: it is none. */
MUST_USE enum status http_read(struct span stream, struct http_head *out);
/* What one field says, if it is one that counts; any case. */
void http_field(struct http_head *head, struct span name, struct span value);
/* The line at the cursor without its end, LF or CRLF; false when its end is not there. */
bool http_line(struct cursor *c, struct span *out);
/* Whether two words are the same but for their case. */
bool http_same(struct span a, struct span b);
/* Whether the bytes are the preface of HTTP/2, or (AGAIN) its beginning. */
MUST_USE enum status http2_preface(struct span stream);
/* The host of "host", "host:port", "[v6]:port"; what cannot be a host gives an empty span. Without
 * a port `*port` keeps its value. */
struct span http_host(struct span authority, uint16_t *port);

#endif
