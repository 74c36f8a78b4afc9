/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * head - the head of an HTTP/1.1 request (RFC 9112), as bytes.
 *
 * Used by connection, for what browsers and strangers send. Strict: one Host, at most one length,
 * no folded lines, no transfer coding, targets in origin form. So nobody who stands between us and
 * a browser can read it otherwise than we do. Never allocates, never copies.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/span.h"
#include "base/status.h"

enum { HEAD_MOST = 16384, HEADERS_MOST = 64 };

enum method { METHOD_GET = 1, METHOD_POST = 2, METHOD_DELETE = 4, METHOD_HEAD = 8 };

struct head {
    unsigned method;         /* enum method; 0: another word */
    struct span path, query; /* as written; query without the question mark */
    bool is_old;             /* HTTP/1.0 */
    bool keep;               /* the client can send another request behind this one */
    bool expects_continue;
    uint64_t body; /* bytes behind the head */
    size_t length; /* of the head with the empty line */
    struct header {
        struct span name, value;
    } headers[HEADERS_MOST];
    uint32_t header_count;
};

/* Spans point into `bytes`. STATUS_AGAIN: its end is not there yet; STATUS_TOO_LONG: more than
 * HEAD_MOST bytes or HEADERS_MOST lines; STATUS_UNSUPPORTED: another version, or a transfer
 * coding; STATUS_MALFORMED. */
MUST_USE enum status head_read(struct span bytes, struct head *out);

/* The value of a header, letter case of its name aside; nothing when it is not there. A header that
 * stands twice: the first, and `*twice` (or NULL) is set. */
struct span head_value(const struct head *head, const char *name, bool *twice);

/* Decodes %XX (RFC 3986 2.1) and, in queries, `+`; writes a zero behind. False: it does not fit,
 * is not sound, or holds a zero byte. */
bool head_decode(struct span text, bool is_query, char *out, size_t size);

#endif
