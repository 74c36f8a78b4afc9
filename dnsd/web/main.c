/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - the web role: doors, the parent's messages, and its end.
 */
#include "web/main.h"

#include "base/log.h"
#include "http/webserver.h"
#include "process/channel.h"
#include "process/role.h"
#include "web/incidents.h"
#include "web/tail.h"
#include "web/web.h"

#include <event2/event.h>
#include <sys/resource.h>

/* Besides browsers: databases, the page, channels. */
enum { OTHER_DESCRIPTORS = 1024, DRAIN_LOOK_MS = 50, DRAIN_LOOKS = 60, TICK_MS = 1000 };

/* In every answer. Nothing of another place is ever loaded, and nobody may frame us. */
static const char headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

static struct desk {
    struct web web;
    struct channel *parent;
    struct event *tick, *drain;
    unsigned drain_looks;
} desk;

/* A descriptor for each connection that the configuration allows, as far as the system does. */
static void raise_limits(const struct config *config)
{
    struct rlimit limit;
    rlim_t wanted = config->consoled.connections + OTHER_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    if (limit.rlim_max < wanted) {
        const struct rlimit more = {wanted, wanted};
        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            return;
        log_warning("at most %llu files may be open, so fewer than %u connections find a place "
                    "(LimitNOFILE=)",
                    (unsigned long long)limit.rlim_max, config->consoled.connections);
        wanted = limit.rlim_max;
    }
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("the limit of open files cannot be raised");
}

void web_prepare(unsigned number)
{
    struct web *web = &desk.web;
    char why[TLS_WHY_SIZE] = "";

    birth_take(&web->gifts);
    web->config = web->gifts.config;
    if (web->config == NULL || web->gifts.counters == NULL)
        role_die("the parent gave too little");
    raise_limits(web->config);
    if (web->config->consoled.certificate[0] == 0)
        return;
    enum status status = tls_open(web->config->consoled.certificate, web->config->consoled.key,
                                  web->config->consoled.client_ca, why, &web->tls);
    if (status != STATUS_OK)
        role_die("%s", why[0] != 0 ? why : status_text(status));
}

static void listen_all(struct web *web)
{
    static const struct webserver_events events = {headers, route_request};
    const struct gifts *gifts = &web->gifts;
    enum status status = STATUS_OK;

    web->server =
        webserver_new(web->base, &events, web, &webserver_usual, web->config->consoled.connections);
    if (web->server == NULL)
        role_die("out of memory");
    for (uint32_t i = 0; status == STATUS_OK && i < web->config->consoled.listen_count; i++)
        if (gifts->tcp[i] >= 0)
            status = webserver_listen(web->server, gifts->tcp[i],
                                      web->tls != NULL ? DOOR_TLS : DOOR_PLAIN, web->tls);
    if (status == STATUS_OK && gifts->tcp[TCP_PROXY] >= 0)
        status = webserver_listen(web->server, gifts->tcp[TCP_PROXY], DOOR_PROXY, NULL);
    if (status != STATUS_OK)
        role_die("cannot listen: %s", status_text(status));
}

static void on_drain(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval after = clock_timeval(DRAIN_LOOK_MS);

    if (webserver_drain(desk.web.server) == 0 || ++desk.drain_looks > DRAIN_LOOKS)
        event_base_loopbreak(desk.web.base);
    else
        evtimer_add(desk.drain, &after);
}

static void on_parcel(void *owner, struct parcel *parcel)
{
    struct web *web = owner;
    const struct message_policy *policy;
    const struct message_level *level;

    if ((policy = parcel_open(parcel, MESSAGE_POLICY, sizeof *policy)) != NULL && parcel->fd >= 0) {
        web_adopt_policy(web, parcel->fd, policy->generation);
    } else if ((level = parcel_open(parcel, MESSAGE_LEVEL, sizeof *level)) != NULL) {
        log_set_level(level->level);
    } else if (parcel_open(parcel, MESSAGE_DRAIN, 0) != NULL) {
        tails_close(web);
        on_drain(-1, 0, NULL);
    } else {
        role_die("the parent sent message %u, which web does not know", parcel->kind);
    }
}

static void on_close(void *owner)
{
    event_base_loopbreak(((struct web *)owner)->base);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct web *web = arg;
    uint64_t *value = web->gifts.counters->value;
    static uint64_t refused_before;

    incidents_refresh(web);
    tails_tick(web);
    value[COUNT_TCP_OPEN] = webserver_connections(web->server);
    value[COUNT_TCP_REFUSED] += webserver_refused(web->server) - refused_before;
    refused_before = webserver_refused(web->server);
}

int web_main(unsigned number)
{
    static const struct channel_events events = {on_parcel, NULL, on_close};
    const struct timeval tick = clock_timeval(TICK_MS);
    struct web *web = &desk.web;

    web->base = event_base_new();
    if (web->base == NULL)
        role_die("out of memory");
    web_open(web);
    listen_all(web);
    desk.parent = channel_open(web->base, ROLE_CHANNEL, &events, web);
    desk.tick = event_new(web->base, -1, EV_PERSIST, on_tick, web);
    desk.drain = evtimer_new(web->base, on_drain, NULL);
    if (desk.parent == NULL || desk.tick == NULL || desk.drain == NULL)
        role_die("out of memory");
    event_add(desk.tick, &tick);
    if (channel_send(desk.parent, MESSAGE_READY, NULL, 0, (struct span){0}) != STATUS_OK)
        return 1;
    event_base_dispatch(web->base);
    tails_close(web);
    webserver_free(web->server);
    web_close(web);
    tls_close(web->tls);
    return 0;
}
