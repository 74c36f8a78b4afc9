/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - one request under way: who asks, and with which words.
 *
 * Used by route, which makes one of what a connection gives out, and by the routes that go on after
 * `run` (exports, the live tail). Others see it through web/route.h.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "view/filter.h"
#include "web/route.h"
#include "web/web.h"

enum { PATH_SIZE = 2048, PART_SIZE = 512, FROM_SIZE = 64 };

struct request {
    struct web *web;
    struct connection *connection; /* NULL: its client is gone, while it was held */
    const struct route *route;     /* NULL: none, or not known yet */
    clock_us now;
    uint64_t began; /* clock_ns() */
    bool is_api, is_page;
    bool answered;
    bool held;           /* the answer comes later: api_people.c frees it */
    bool has_account;    /* then `session` is filled */
    bool by_certificate; /* and not by a cookie */
    struct session session;
    char from[FROM_SIZE];
    char parts[ROUTE_PARTS][PART_SIZE];
    char path[PATH_SIZE]; /* decoded */
    struct query query;
    void *body;       /* of request_body() */
    const char *word; /* of the error that was answered; NULL: none */
};

void request_free(struct request *request);
/* jansson's object of a body that is one flat JSON object; NULL: it is none. For json_decref(). */
void *body_read(struct span text);
/* Whether the browser's side is encrypted, as far as we or the proxy know. */
bool request_is_secure(const struct request *request);
/* The name of the cookie that holds its session. */
const char *request_cookie(const struct request *request);
/* The filter of the query string; `from` where it has none. False: 400 was answered. */
bool request_filter(struct request *request, clock_us from, struct store_filter *out);
/* 400 with the word "filter". */
void reply_filter(struct request *request, const char *why);
/* 200 piece by piece (http/connection.h): who owns the stream owns the connection from now on.
 * False: a HEAD, which is answered. */
bool reply_stream(struct request *request, const char *type, const struct stream_events *events,
                  void *owner);
/* 200, or 503: the history could not be read in time. Frees json. */
void reply_or_busy(struct request *request, bool good, struct json *json);

#endif
