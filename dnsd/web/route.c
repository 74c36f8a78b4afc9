/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * route - finds the row of a request, and checks all that the row says before it runs.
 */
#include "web/route.h"

#include "web/main.h"
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { ORIGIN_SIZE = 300, ALLOW_SIZE = 64, HOST_SHOWN = 100 };

const struct route *const route_tables[] = {
    overview_routes, event_routes,  incident_routes, device_routes, export_routes,
    tail_routes,     metric_routes, people_routes,   case_routes,   NULL};

static struct span header(const struct request *request, const char *name)
{
    return head_value(connection_head(request->connection), name, NULL);
}

static bool says(struct span value, const char *text)
{
    return value.length == strlen(text) &&
           strncasecmp((const char *)value.at, text, value.length) == 0;
}

/* Which row. */

/* The next segment of a path, without its slash. */
static struct span segment(struct span *path)
{
    struct span rest = span_behind(*path, 1);
    const uint8_t *slash = rest.length == 0 ? NULL : memchr(rest.at, '/', rest.length);
    struct span out = span_of(rest.at, slash == NULL ? rest.length : (size_t)(slash - rest.at));

    *path = span_behind(rest, out.length);
    return out;
}

static bool matches(const char *pattern, struct span path, char parts[ROUTE_PARTS][PART_SIZE])
{
    struct span wanted = span_text(pattern);
    unsigned count = 0;

    while (wanted.length > 0 && path.length > 0) {
        struct span want = segment(&wanted), here = segment(&path);
        if (want.length > 0 && want.at[0] == '{') {
            if (here.length == 0 || count == ROUTE_PARTS ||
                !head_decode(here, false, parts[count++], PART_SIZE))
                return false;
        } else if (!span_equal(want, here)) {
            return false;
        }
    }
    return wanted.length == 0 && path.length == 0;
}

static const struct route *find(struct request *request, unsigned method, unsigned *allowed)
{
    struct span path = connection_head(request->connection)->path;
    char parts[ROUTE_PARTS][PART_SIZE] = {{0}};

    *allowed = 0;
    for (size_t t = 0; route_tables[t] != NULL; t++)
        for (const struct route *row = route_tables[t]; row->path != NULL; row++) {
            if (!matches(row->path, path, parts))
                continue;
            *allowed |= row->method;
            if (row->method == method) {
                memcpy(request->parts, parts, sizeof parts);
                return row;
            }
        }
    return NULL;
}

static void reply_no_route(struct request *request, unsigned allowed)
{
    char text[ALLOW_SIZE];

    if (allowed == 0) {
        reply_error(request, 404, "not-found", "there is no such path; docs/api.yaml lists all");
        return;
    }
    snprintf(text, sizeof text, "%s%s%s", (allowed & METHOD_GET) != 0 ? "GET, HEAD, " : "",
             (allowed & METHOD_POST) != 0 ? "POST, " : "",
             (allowed & METHOD_DELETE) != 0 ? "DELETE, " : "");
    text[strlen(text) - 2] = 0;
    reply_header(request, "Allow", text);
    reply_error(request, 405, "method", "this path knows %s", text);
}

/* Who. */

static bool read_cookie(const struct request *request, char token[TOKEN_SIZE])
{
    const char *name = request_cookie(request);
    const size_t name_length = strlen(name);
    struct span rest = header(request, "Cookie");

    while (rest.length > 0) {
        const uint8_t *end = memchr(rest.at, ';', rest.length);
        struct span pair = span_of(rest.at, end == NULL ? rest.length : (size_t)(end - rest.at));
        rest = span_behind(rest, pair.length + 1);
        while (pair.length > 0 && pair.at[0] == ' ')
            pair = span_behind(pair, 1);
        if (pair.length <= name_length || memcmp(pair.at, name, name_length) != 0 ||
            pair.at[name_length] != '=')
            continue;
        size_t length = pair.length - name_length - 1;
        if (length == 0 || length >= TOKEN_SIZE)
            continue;
        memcpy(token, pair.at + name_length + 1, length);
        token[length] = 0;
        return true;
    }
    return false;
}

/* Somebody who has no session of people's own. */
static bool take_named(struct request *request, const char *name)
{
    struct session *session = &request->session;

    if (people_named(request->web->people, name, &session->account) != STATUS_OK ||
        session->account.is_disabled)
        return false;
    people_csrf(request->web->people, session->account.name, session->csrf);
    request->has_account = true;
    return true;
}

static bool take_proxied(struct request *request, bool *said)
{
    const char *name = request->web->config->consoled.proxy_header;
    char account[PEOPLE_NAME_SIZE];
    bool twice = false;
    struct span value = {0};

    if (connection_door(request->connection) == DOOR_PROXY && name[0] != 0)
        value = head_value(connection_head(request->connection), name, &twice);
    *said = value.length > 0;
    if (!*said || twice || value.length >= sizeof account)
        return false;
    memcpy(account, value.at, value.length);
    account[value.length] = 0;
    return take_named(request, account);
}

/* False: 401 or 403 was answered. */
static bool find_account(struct request *request)
{
    const char *certificate = connection_name(request->connection);
    char token[TOKEN_SIZE];
    bool said;

    if (take_proxied(request, &said))
        return true;
    if (said) {
        reply_error(request, 403, "unknown", "the proxy names somebody who has no account here");
        return false;
    }
    if (certificate != NULL && take_named(request, certificate)) {
        request->by_certificate = true;
        return true;
    }
    if (read_cookie(request, token) &&
        people_session(request->web->people, token, request->now, &request->session) == STATUS_OK) {
        snprintf(request->session.token, sizeof request->session.token, "%s", token);
        request->has_account = true;
        return true;
    }
    if (certificate != NULL)
        reply_error(request, 403, "unknown", "the certificate names no account: %s", certificate);
    else
        reply_error(request, 401, "login", "log in first");
    return false;
}

/* Whether it may. */

static bool equal_slowly(struct span a, const char *b)
{
    volatile uint8_t differs = 0;

    if (a.length != strlen(b) || a.length == 0)
        return false;
    for (size_t i = 0; i < a.length; i++)
        differs |= (uint8_t)(a.at[i] ^ (uint8_t)b[i]);
    return differs == 0;
}

/* Where a browser says which page asks, that page is ours. */
static bool comes_from_us(const struct request *request)
{
    struct span site = header(request, "Sec-Fetch-Site"), origin = header(request, "Origin");
    struct span host = header(request, "Host");
    char ours[ORIGIN_SIZE];

    if (site.length > 0 && !says(site, "same-origin"))
        return false;
    if (origin.at == NULL)
        return true;
    if (host.length > ORIGIN_SIZE / 2)
        return false;
    snprintf(ours, sizeof ours, "http://%.*s", (int)host.length, (const char *)host.at);
    if (says(origin, ours) && !request_is_secure(request))
        return true;
    snprintf(ours, sizeof ours, "https://%.*s", (int)host.length, (const char *)host.at);
    return says(origin, ours) && connection_door(request->connection) != DOOR_PLAIN;
}

/* A change, or a login. */
static bool may_change(struct request *request)
{
    struct span type = header(request, "Content-Type");
    static const char json[] = "application/json";

    if (!comes_from_us(request)) {
        reply_error(request, 403, "origin", "the request comes from a page of another site");
        return false;
    }
    if (connection_body(request->connection).length > 0 || !request->has_account) {
        if (type.length < sizeof json - 1 ||
            strncasecmp((const char *)type.at, json, sizeof json - 1) != 0) {
            reply_error(request, 415, "type", "the body must be %s", json);
            return false;
        }
    }
    if (request->has_account && !request->by_certificate &&
        !equal_slowly(header(request, "X-CSRF-Token"), request->session.csrf)) {
        reply_error(request, 403, "csrf",
                    "X-CSRF-Token must be the `csrf` that GET /api/session gives");
        return false;
    }
    return true;
}

static bool may_run(struct request *request)
{
    const struct route *route = request->route;

    if (request->is_api && says(header(request, "Sec-Fetch-Site"), "cross-site")) {
        reply_error(request, 403, "origin", "the request comes from a page of another site");
        return false;
    }
    if (route->permission != PERMISSION_NONE) {
        if (!find_account(request))
            return false;
        const struct account *account = &request->session.account;
        if (account->must_change && !route->before_change && request->session.token[0] != 0) {
            reply_error(request, 403, "must-change", "change your password first");
            return false;
        }
        if (account->permission < route->permission) {
            reply_error(request, 403, "permission", "this needs the permission %s",
                        permission_words[route->permission]);
            return false;
        }
    }
    return route->method == METHOD_GET || may_change(request);
}

/* All of it. */

/* "127.0.0.1:8053", "[::1]", "localhost", "a.localhost:80": no name that somebody else gives out.
 */
static bool is_own_host(struct span host)
{
    static const char own[] = "localhost";
    const size_t length = sizeof own - 1;
    char text[ADDRESS_TEXT_SIZE];
    struct address address;

    const uint8_t *end = host.length > 0 && host.at[0] == '[' ? memchr(host.at, ']', host.length)
                                                              : memchr(host.at, ':', host.length);
    if (end != NULL)
        host.length = (size_t)(end - host.at);
    if (host.length > 0 && host.at[0] == '[')
        host = span_behind(host, 1);
    if (host.length >= length) {
        struct span tail = span_behind(host, host.length - length);
        if (says(tail, own) && (tail.at == host.at || tail.at[-1] == '.'))
            return true;
    }
    if (host.length == 0 || host.length >= sizeof text)
        return false;
    memcpy(text, host.at, host.length);
    text[host.length] = 0;
    return address_parse(text, &address) == STATUS_OK;
}

/* A page of another site whose name was made to lead to loopback (DNS rebinding). Who comes from
 * this machine says an address, or localhost. */
static bool is_rebound(const struct request *request)
{
    const char *from = connection_from(request->connection);
    struct span host = header(request, "Host");

    return connection_door(request->connection) == DOOR_PLAIN &&
           (strncmp(from, "127.", 4) == 0 || strcmp(from, "::1") == 0) && host.length > 0 &&
           !is_own_host(host);
}

static void refuse_host(struct request *request)
{
    struct span host = header(request, "Host");

    reply_error(request, 421, "host",
                "this address answers to 127.0.0.1, [::1] and localhost, not to %.*s",
                host.length > HOST_SHOWN ? HOST_SHOWN : (int)host.length, (const char *)host.at);
}

/* The address behind the proxy is what the proxy says last. */
static void find_from(struct request *request)
{
    struct span said = header(request, "X-Forwarded-For");
    char text[ADDRESS_TEXT_SIZE];
    struct address address;

    snprintf(request->from, sizeof request->from, "%s", connection_from(request->connection));
    if (connection_door(request->connection) != DOOR_PROXY || said.length == 0)
        return;
    const uint8_t *comma = memrchr(said.at, ',', said.length);
    if (comma != NULL)
        said = span_behind(said, (size_t)(comma - said.at) + 1);
    while (said.length > 0 && said.at[0] == ' ')
        said = span_behind(said, 1);
    if (said.length == 0 || said.length >= sizeof text)
        return;
    memcpy(text, said.at, said.length);
    text[said.length] = 0;
    if (address_parse(text, &address) == STATUS_OK)
        address_text(&address, request->from);
}

static bool is_below(struct span path, const char *folder)
{
    size_t length = strlen(folder);
    return path.length >= length && memcmp(path.at, folder, length) == 0 &&
           (path.length == length || path.at[length] == '/');
}

static void run_route(struct request *request, unsigned method)
{
    char why[FILTER_WHY_SIZE];
    unsigned allowed;

    request->route = find(request, method, &allowed);
    if (request->route == NULL) {
        reply_no_route(request, allowed);
    } else if (!query_read(connection_head(request->connection)->query, &request->query, why)) {
        reply_filter(request, why);
    } else if (may_run(request)) {
        request->route->run(request);
    }
}

void route_request(void *owner, struct connection *connection)
{
    const struct head *head = connection_head(connection);
    unsigned method = head->method == METHOD_HEAD ? METHOD_GET : head->method;
    struct request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        connection_reply(connection, 503, "text/plain", span_text("out of memory\n"));
        return;
    }
    request->web = owner;
    request->connection = connection;
    request->now = clock_wall();
    request->began = clock_ns();
    request->is_api = is_below(head->path, "/api");
    find_from(request);
    if (is_rebound(request)) {
        refuse_host(request);
    } else if (request->is_api || is_below(head->path, "/metrics") ||
               is_below(head->path, "/healthz")) {
        run_route(request, method);
    } else if (method != METHOD_GET) {
        reply_no_route(request, METHOD_GET);
    } else if (!head_decode(head->path, false, request->path, sizeof request->path)) {
        reply_error(request, 400, "path", "this is no path of ours");
    } else {
        request->is_page = true;
        web_page(request);
    }
    if (!request->held)
        request_free(request);
}
