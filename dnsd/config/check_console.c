/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check_console - what of the section `consoled` must fit together.
 */
#include "config/check.h"

#include <string.h>

#define SAY(place, ...)                                                                            \
    problem_error(w->problems, w->file, (place).line, (place).column, __VA_ARGS__)

static bool is_loopback(const struct address *address)
{
    struct prefix v4, v6;
    return (prefix_parse("127.0.0.0/8", &v4) == STATUS_OK && prefix_holds(&v4, address)) ||
           (prefix_parse("::1/128", &v6) == STATUS_OK && prefix_holds(&v6, address));
}

static void check_listen(const struct written *w)
{
    const struct config *c = &w->config;
    char text[ENDPOINT_TEXT_SIZE];

    for (uint32_t i = 0; i < c->consoled.listen_count; i++) {
        const struct endpoint *at = &c->consoled.listen[i];
        for (uint32_t j = 0; j < i; j++)
            if (at->port == c->consoled.listen[j].port &&
                address_equal(&at->address, &c->consoled.listen[j].address))
                SAY(w->web_listen_at[i], "`listen` of consoled names %s twice",
                    endpoint_text(&at->address, at->port, text));
        if (!is_loopback(&at->address) && c->consoled.certificate[0] == 0 && !c->consoled.insecure)
            SAY(w->web_listen_at[i],
                "passwords would cross the network in the clear on %s: name a certificate under "
                "`tls`, or listen on 127.0.0.1",
                endpoint_text(&at->address, at->port, text));
    }
    if (c->consoled.listen_count == 0 && c->consoled.socket[0] == 0)
        SAY(w->web_listen_at[0], "`listen` of consoled is empty and there is no `socket`: nobody "
                                 "could look");
}

static void check_tls(const struct written *w)
{
    const struct config *c = &w->config;
    bool has_certificate = c->consoled.certificate[0] != 0, has_key = c->consoled.key[0] != 0;

    if (has_certificate != has_key)
        SAY(has_certificate ? w->certificate_at : w->key_at,
            "`tls` has a %s and no %s: it needs both", has_certificate ? "certificate" : "key",
            has_certificate ? "key" : "certificate");
    if (c->consoled.client_ca[0] != 0 && !has_certificate)
        SAY(w->client_ca_at, "`client_ca` needs a `certificate` of our own");
    if (c->consoled.proxy_header[0] != 0 && c->consoled.socket[0] == 0)
        SAY(w->proxy_header_at, "`proxy_header` is heard on `socket` alone, and there is none");
    for (const char *at = c->consoled.proxy_header; *at != 0; at++)
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= '0' && *at <= '9') || *at == '-')) {
            SAY(w->proxy_header_at, "`proxy_header`: `%.64s` is not the name of a header",
                c->consoled.proxy_header);
            break;
        }
}

static void check_store(const struct written *w)
{
    const struct config_store *store = &w->config.consoled.store;

    if (store->folder[0] == 0)
        SAY(w->store_folder_at, "`folder` of the history is empty");
    if (path_equal(store->folder, w->config.consoled.folder))
        SAY(w->store_folder_at, "`folder` of the history is consoled's own: the history may be "
                                "deleted, accounts may not");
    if (store->choice == STORE_CLICKHOUSE && store->server_count == 0)
        SAY(w->store_choice_at, "`store: clickhouse` needs `clickhouse: {servers: [...]}`");
}

static void check_events_folders(const struct written *w)
{
    const struct config *c = &w->config;
    for (uint32_t i = 0; i < c->consoled.events_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (path_equal(c->consoled.events[i], c->consoled.events[j]))
                SAY(w->event_folders_at[i], "`events` names %.150s twice", c->consoled.events[i]);
}

void check_console(const struct written *w)
{
    const struct config *c = &w->config;

    check_listen(w);
    check_tls(w);
    check_store(w);
    check_events_folders(w);
    check_control(w, c->consoled.control, w->console_control_at);
    if (path_equal(c->consoled.control, c->control) ||
        path_equal(c->consoled.control, c->inspectd.control))
        SAY(w->console_control_at, "`control` of consoled is another program's: each has its own");
    if (c->consoled.session_idle_seconds > c->consoled.session_total_seconds)
        SAY(w->session_idle_at, "`idle` is longer than `total`");
}
