/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - one request of HTTP/1.x in a stream, with its body, and what it is for.
 *
 * Used by sight/http.c. Tells by its patterns the requests of mmtls, HTTPDNS and DNS over HTTP from
 * all others; a new one is one row in request.c. Never sights anything itself, never keeps
 * anything.
 */
#ifndef SIGHT_REQUEST_H
#define SIGHT_REQUEST_H

#include "sight/sight.h"
#include "wire/http.h"

enum { BODY_KEPT = 16 };

struct request {
    const struct talk *talk;
    enum spoken spoken; /* SPOKEN_HTTP, or SPOKEN_HTTP2, of which bodies are not read */
    struct http_head head;
    bool whole;            /* the head is; without it the rest is not filled */
    struct span body;      /* what of it is there; of a chunked one its first BODY_KEPT bytes */
    bool body_is_complete; /* nothing will be added to `body` */
    uint8_t kept[BODY_KEPT];
    bool ends;     /* all of it is there, and the next may begin */
    size_t length; /* then: of head and body */
    size_t want;   /* otherwise: how many bytes head and body will have; 0: unknown */
};

/* What a request is for. */
struct purpose {
    enum protocol protocol;
    enum detour way;
    enum spoken spoken;
    const char *evidence; /* to stand before the request line; "" for any other request */
    bool asks;            /* for the addresses of a name: */
    struct name asked;
    uint16_t type; /* of the question; 0: not said */
};

/* The request at the beginning of `stream`: STATUS_OK; STATUS_AGAIN: its head is not there yet,
 * and `head` is filled as http_read() says; STATUS_MALFORMED: none, or its body is none. `out` may
 * not be moved. */
MUST_USE enum status request_read(const struct talk *talk, struct span stream, struct request *out);
struct purpose request_purpose(const struct request *request);

bool request_begins(struct span s, const char *word);
bool request_contains(struct span s, const char *word); /* case counts */

#endif
