/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * post - one POST over HTTP at a time, by libcurl, within limits of time and size.
 *
 * Used by server. Only post.c knows libcurl. An address is asked, never a name; no proxy, no
 * redirect, no other protocol, whatever the environment says. Never blocks longer than it is told,
 * and a request can be waited for in pieces.
 */
#ifndef CLICKHOUSE_POST_H
#define CLICKHOUSE_POST_H

#include "base/clock.h"
#include "config/config.h"

enum { POST_WHY_SIZE = 256, POST_HEADERS_MOST = 4 };

struct poster;

struct post {
    const struct endpoint *to;
    const char *target;                     /* "/?query=…", escaped */
    const char *headers[POST_HEADERS_MOST]; /* "Name: value"; NULL: no further one */
    struct span body;                       /* lives until the request has ended */
    size_t most;                            /* bytes of an answer */
    clock_ms connect_ms, patience_ms;
};

/* Both live until the next request. */
struct posted {
    unsigned code;
    struct span body; /* a zero byte follows */
    char why[POST_WHY_SIZE];
};

struct poster *poster_new(void);
void poster_free(struct poster *poster);

/* A request that is under way is dropped. */
MUST_USE enum status poster_begin(struct poster *poster, const struct post *post);
/* STATUS_AGAIN: still under way at `until`. STATUS_OK: an answer, whatever its code. Else none, see
 * why: STATUS_REFUSED: the request was never sent; STATUS_TOO_LONG: time or size; STATUS_CLOSED. */
MUST_USE enum status poster_wait(struct poster *poster, clock_ms until, struct posted *out);

/* Percent-encoding of a value in a target (RFC 3986 2.1); false: it does not fit. */
bool post_escape(struct span value, char *out, size_t size);

#endif
