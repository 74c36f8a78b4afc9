/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * route - one HTTP route is one row: method, path, who may, what it does.
 *
 * Used by web's server, which checks everything a row says before `run` is called: path, method,
 * session or certificate or trusted proxy, permission, CSRF token, size of the body. Each api_x.c
 * has a table of its own rows; tables[] lists them. docs/api.yaml describes the same rows, and a
 * test compares.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "base/span.h"
#include "http/connection.h"
#include "people/people.h"
#include "http/json.h"

struct web;     /* all that the role holds: web/web.h */
struct request; /* one under way */

enum { ROUTE_PARTS = 2 };

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows read as they are
struct route {
    enum method method;         /* http/head.h; a HEAD is a GET without a body */
    const char *path;           /* "/api/incidents/{id}": a part in braces is any one segment */
    enum permission permission; /* PERMISSION_NONE: anybody, without a session */
    void (*run)(struct request *request);
    bool before_change; /* also for who must change the password first */
};

/* The rows of each api_x.c and its like; a table ends with a NULL path. */
extern const struct route overview_routes[], event_routes[], incident_routes[], device_routes[],
    export_routes[], tail_routes[], metric_routes[], people_routes[], case_routes[];
extern const struct route *const route_tables[]; /* all of them, and NULL */

/* Of a request. Who came by certificate or proxy has a session, too: without a token or an end. */
struct web *request_web(const struct request *request);
const struct account *request_account(const struct request *request); /* NULL: PERMISSION_NONE */
const struct session *request_session(const struct request *request); /* NULL: none */
clock_us request_now(const struct request *request);
const char *request_from(const struct request *request); /* the client's address, as text */
const char *request_part(const struct request *request, unsigned number); /* of the path, decoded */
const char *request_query(const struct request *request, const char *key); /* decoded, or NULL */
struct by request_by(const struct request *request);

/* The body, a flat JSON object: text, number or boolean by key. NULL, or `fallback`: not there. */
bool request_body(struct request *request); /* false: it is none, and 400 was answered */
const char *body_text(const struct request *request, const char *key);
int64_t body_number(const struct request *request, const char *key, int64_t fallback);

/* Answers; exactly one of them, once. */
void reply_json(struct request *request, int code, struct json *json); /* frees json */
void reply_empty(struct request *request);                             /* 204 */
/* {"error": {"word": …, "text": …}}: the word for programs and catalogues, the text for people. */
void reply_error(struct request *request, int code, const char *word, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void reply_bytes(struct request *request, int code, const char *type, struct span bytes);
/* A header of the answer to come. */
void reply_header(struct request *request, const char *name, const char *value);
/* The session's cookie, with all that it must say; NULL: ends it in the browser. */
void reply_cookie(struct request *request, const char *token);

#endif
