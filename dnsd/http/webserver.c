/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webserver - evconnlisteners, and a count.
 */
#include "http/webserver.h"

#include "base/log.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DOORS_MOST = 64, PAUSE_MS = 200 };

struct door_at {
    struct webserver *server;
    struct evconnlistener *listener;
    enum door door;
    struct tls *tls;
};

struct webserver {
    struct connections all;
    uint32_t most;
    uint64_t refused;
    struct event *resume; /* after the kernel had no descriptor for us */
    struct door_at doors[DOORS_MOST];
    uint32_t door_count;
};

const struct connection_limits webserver_usual = {
    .idle = 30000, .head = 10000, .body = 20000, .taken = 60000, .linger = 2000};

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct webserver *server = arg;
    for (uint32_t i = 0; i < server->door_count && !server->all.leaving; i++)
        evconnlistener_enable(server->doors[i].listener);
}

struct webserver *webserver_new(struct event_base *base, const struct webserver_events *events,
                                void *owner, const struct connection_limits *limits,
                                uint32_t connections)
{
    struct webserver *server = calloc(1, sizeof *server);

    if (server == NULL)
        return NULL;
    server->all = (struct connections){.base = base,
                                       .headers = events->headers,
                                       .on_request = events->on_request,
                                       .owner = owner,
                                       .limits = *limits};
    TAILQ_INIT(&server->all.waiting);
    TAILQ_INIT(&server->all.others);
    server->most = connections;
    server->resume = evtimer_new(base, on_resume, server);
    if (server->resume == NULL) {
        free(server);
        return NULL;
    }
    return server;
}

static void close_all(struct connection_list *list)
{
    while (!TAILQ_EMPTY(list))
        connection_close(TAILQ_FIRST(list));
}

void webserver_free(struct webserver *server)
{
    if (server == NULL)
        return;
    for (uint32_t i = 0; i < server->door_count; i++)
        evconnlistener_free(server->doors[i].listener);
    close_all(&server->all.waiting);
    close_all(&server->all.others);
    event_free(server->resume);
    free(server);
}

/* Who waited longest makes room. */
static bool make_room(struct webserver *server)
{
    if (server->all.count < server->most)
        return true;
    if (TAILQ_EMPTY(&server->all.waiting))
        return false;
    connection_close(TAILQ_FIRST(&server->all.waiting));
    return true;
}

static void turn_away(struct webserver *server, const struct door_at *at, int fd)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                                 "Retry-After: 5\r\nCache-Control: no-store\r\n"
                                 "Content-Length: 0\r\n";
    char all[sizeof answer + 1024];
    int length = snprintf(all, sizeof all, "%s%s\r\n", answer, server->all.headers);

    server->refused++;
    if (at->door != DOOR_TLS && length > 0 && (size_t)length < sizeof all &&
        send(fd, all, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        log_debug("nobody heard that all places are taken");
    close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *arg)
{
    const struct door_at *at = arg;
    struct webserver *server = at->server;
    char from[ADDRESS_TEXT_SIZE] = "proxy";
    const int yes = 1;

    if (!make_room(server)) {
        turn_away(server, at, fd);
        return;
    }
    if (at->door != DOOR_PROXY) {
        const struct address client = address_from_sockaddr(address);
        address_text(&client, from);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    if (connection_open(&server->all, fd, at->door, at->tls, from) != STATUS_OK)
        log_warning("a connection was refused: out of memory");
}

/* The kernel has no descriptor or memory for another one now. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const struct door_at *at = arg;
    const struct timeval after = clock_timeval(PAUSE_MS);

    log_warning("cannot accept a connection: %s; trying again soon", strerror(errno));
    if (!TAILQ_EMPTY(&at->server->all.waiting))
        connection_close(TAILQ_FIRST(&at->server->all.waiting));
    evconnlistener_disable(listener);
    evtimer_add(at->server->resume, &after);
}

enum status webserver_listen(struct webserver *server, int fd, enum door door, struct tls *tls)
{
    struct door_at *at = &server->doors[server->door_count];

    if (server->door_count == DOORS_MOST)
        return STATUS_TOO_LONG;
    *at = (struct door_at){.server = server, .door = door, .tls = tls};
    evutil_make_socket_nonblocking(fd);
    at->listener = evconnlistener_new(server->all.base, on_accept, at,
                                      LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (at->listener == NULL)
        return STATUS_NO_MEMORY;
    evconnlistener_set_error_cb(at->listener, on_accept_error);
    server->door_count++;
    return STATUS_OK;
}

uint32_t webserver_drain(struct webserver *server)
{
    server->all.leaving = true;
    for (uint32_t i = 0; i < server->door_count; i++)
        evconnlistener_disable(server->doors[i].listener);
    close_all(&server->all.waiting);
    return server->all.count;
}

uint32_t webserver_connections(const struct webserver *server)
{
    return server->all.count;
}

uint64_t webserver_refused(const struct webserver *server)
{
    return server->refused;
}
