/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * check - options that must fit together.
 */
#include "config/check.h"

#include "base/refusal.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

enum { SOCKET_PATH_MOST = 107 }; /* sun_path of unix(7) */

#define SAY(written, place, ...)                                                                   \
    problem_error((written)->problems, (written)->file, (place).line, (place).column, __VA_ARGS__)
#define WARN(written, place, ...)                                                                  \
    problem_warning((written)->problems, (written)->file, (place).line, (place).column, __VA_ARGS__)

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

/* An endpoint that stands twice in one list. */
static void check_twice(const struct written *w, const char *key, const struct endpoint *endpoints,
                        const struct yaml_place *places, uint32_t count)
{
    char text[ENDPOINT_TEXT_SIZE];
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (endpoint_equal(&endpoints[i], &endpoints[j])) {
                SAY(w, places[i], "`%s` names %s twice, first on line %u", key,
                    endpoint_text(&endpoints[i].address, endpoints[i].port, text), places[j].line);
                break;
            }
}

/* A server that is asked and is ourselves: a question would go round for ever. */
static void check_loop(const struct written *w, const char *key, const struct endpoint *servers,
                       const struct yaml_place *places, uint32_t count)
{
    char text[ENDPOINT_TEXT_SIZE];
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < w->config.dnsd.listen_count; j++)
            if (endpoint_equal(&servers[i], &w->config.dnsd.listen[j]))
                SAY(w, places[i], "`%s` sends questions to %s, where dnsd itself listens", key,
                    endpoint_text(&servers[i].address, servers[i].port, text));
}

static void check_readable(const struct written *w, const char *key, const char *path,
                           struct yaml_place at, const char *remedy)
{
    char why[REFUSAL_TEXT_SIZE];
    if (path[0] == 0 || access(path, R_OK) == 0)
        return;
    bool is_missing = errno == ENOENT;
    SAY(w, at, "`%s`: %.150s cannot be read: %s%s", key, path, refusal_text(errno, why),
        is_missing ? remedy : "");
}

static void check_upstreams(const struct written *w)
{
    const struct config *c = &w->config;
    bool forwards = c->dnsd.mode == RESOLVE_FORWARD;

    if (forwards && c->dnsd.forward_count == 0)
        SAY(w, w->mode_at, "`mode: forward` needs servers to ask: name them in `forward: to:`");
    if (!forwards && c->dnsd.forward_count > 0)
        WARN(w, w->forward_to_at[0], "`forward: to:` is not used: `mode` is recurse");
    if (forwards && c->dnsd.recurse_via_count > 0)
        WARN(w, w->via_at[0], "`recurse: via:` is not used: `mode` is forward");
    check_twice(w, "to", c->dnsd.forward_to, w->forward_to_at, c->dnsd.forward_count);
    check_twice(w, "via", c->dnsd.recurse_via, w->via_at, c->dnsd.recurse_via_count);
    check_loop(w, "to", c->dnsd.forward_to, w->forward_to_at, c->dnsd.forward_count);
    check_loop(w, "via", c->dnsd.recurse_via, w->via_at, c->dnsd.recurse_via_count);
    if (forwards)
        return;
    check_readable(w, "trust_anchor", c->dnsd.trust_anchor, w->trust_anchor_at,
                   "; copy /usr/share/dns/root.key (package dns-root-data) there, or write \"\" "
                   "to do without DNSSEC");
    check_readable(w, "root_hints", c->dnsd.root_hints, w->root_hints_at, "");
}

static void check_stubs(const struct written *w)
{
    const struct config *c = &w->config;
    char text[NAME_TEXT_SIZE];
    for (uint32_t i = 0; i < c->dnsd.stub_count; i++) {
        const struct stub *stub = &c->dnsd.stubs[i];
        struct yaml_place places[STUB_SERVERS_MOST];
        for (uint32_t j = 0; j < STUB_SERVERS_MOST; j++)
            places[j] = w->stubs_at[i];
        if (stub->server_count == 0)
            SAY(w, w->stubs_at[i], "the stub zone %.100s has no servers",
                name_text(&stub->zone, text));
        check_loop(w, "servers", stub->servers, places, stub->server_count);
        for (uint32_t j = 0; j < i; j++)
            if (name_equal(&stub->zone, &c->dnsd.stubs[j].zone))
                SAY(w, w->stubs_at[i], "the stub zone %.100s stands here twice, first on line %u",
                    name_text(&stub->zone, text), w->stubs_at[j].line);
    }
}

static void check_power(const struct written *w, const char *key, uint32_t value,
                        struct yaml_place at)
{
    if ((value & (value - 1)) == 0)
        return;
    uint32_t below = UINT32_C(1) << (31 - __builtin_clz(value));
    SAY(w, at, "`%s`: %u is no power of two; take %u or %u", key, value, below, below * 2);
}

static void check_events(const struct written *w, const struct config_events *events,
                         struct yaml_place folder_at, struct yaml_place quota_at,
                         struct yaml_place slots_at)
{
    check_power(w, "ring_slots", events->ring_slots, slots_at);
    if (events->quota_bytes < 2 * events->rotate_bytes)
        SAY(w, quota_at,
            "`quota` is %" PRIu64 " bytes and must be at least twice `rotate_size`, which is "
            "%" PRIu64 ": the file being written and one before it",
            events->quota_bytes, events->rotate_bytes);
    if (events->folder[0] == 0)
        SAY(w, folder_at, "`folder` is empty: events must have a place");
}

void check_control(const struct written *w, const char *path, struct yaml_place at)
{
    if (path[0] == 0 || strlen(path) > SOCKET_PATH_MOST)
        SAY(w, at, "`control` must be the path of a socket, of at most %d bytes", SOCKET_PATH_MOST);
}

/* What the kernel takes as the name of an interface; more could not be one of it. */
static bool is_interface(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length >= IF_NAMESIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (; *name != 0; name++)
        if (*name <= ' ' || *name > '~' || *name == '/' || *name == ':')
            return false;
    return true;
}

static size_t skip_slashes(const char *path, size_t at)
{
    while (path[at] == '/')
        at++;
    return at;
}

/* /var/a//b/ is /var/a/b; what links lead to is not asked. */
bool path_equal(const char *a, const char *b)
{
    size_t i = 0, j = 0;
    for (;;) {
        bool ends_a = a[skip_slashes(a, i)] == 0, ends_b = b[skip_slashes(b, j)] == 0;
        if (ends_a || ends_b)
            return ends_a && ends_b;
        if (a[i] != b[j])
            return false;
        i = a[i] == '/' ? skip_slashes(a, i) : i + 1;
        j = b[j] == '/' ? skip_slashes(b, j) : j + 1;
    }
}

static void check_interfaces(const struct written *w, const char *key,
                             const char (*names)[CONFIG_WORD_SIZE], const struct yaml_place *at,
                             uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                SAY(w, at[i], "`%s` names %.64s twice", key, names[i]);
        if (!is_interface(names[i]))
            SAY(w, at[i],
                "`%.64s` is not the name of an interface: it has 1 to %d bytes, without blanks, / "
                "and :",
                names[i], IF_NAMESIZE - 1);
    }
}

static void check_gate(const struct written *w)
{
    const struct config *c = &w->config;
    const struct config_gate *gate = &c->inspectd.gate;

    check_interfaces(w, "inside", gate->inside, w->inside_at, gate->inside_count);
    check_interfaces(w, "outside", gate->outside, w->outside_at, gate->outside_count);
    for (uint32_t i = 0; i < gate->outside_count; i++)
        for (uint32_t j = 0; j < gate->inside_count; j++)
            if (strcmp(gate->outside[i], gate->inside[j]) == 0)
                SAY(w, w->outside_at[i], "%.64s is inside as well: it can be one of them",
                    gate->outside[i]);
    if (c->inspectd.mode != INSPECT_INLINE)
        return;
    if (gate->inside_count == 0 || gate->outside_count == 0)
        SAY(w, w->inspectd_mode_at,
            "`mode: inline` needs `gate: {inside: [lan0], outside: [wan0]}` with your interfaces");
    if (c->inspectd.interface_count > 0)
        SAY(w, w->interfaces_at[0],
            "`mode: inline` judges what passes from inside to outside; remove `interfaces`, or "
            "choose `mode: watch` or `mode: tap`");
}

static void check_inspectd(const struct written *w)
{
    const struct config *c = &w->config;

    check_interfaces(w, "interfaces", c->inspectd.interfaces, w->interfaces_at,
                     c->inspectd.interface_count);
    check_gate(w);
    check_control(w, c->inspectd.control, w->inspectd_control_at);
    if (path_equal(c->inspectd.control, c->control))
        SAY(w, w->inspectd_control_at, "`control` of inspectd is dnsd's: each has its own");
    check_events(w, &c->inspectd.events, w->inspectd_folder_at, w->inspectd_quota_at,
                 w->inspectd_ring_slots_at);
    if (path_equal(c->inspectd.events.folder, c->dnsd.events.folder))
        SAY(w, w->inspectd_folder_at, "`folder` of inspectd is dnsd's: a folder has one writer");
}

void check_options(const struct written *w)
{
    const struct config *c = &w->config;

    if (c->image[0] == 0)
        SAY(w, w->image_at, "`image` is empty: the compiled policy must have a place");
    check_control(w, c->control, w->control_at);
    if (c->dnsd.listen_count == 0)
        SAY(w, w->listen_at[0], "`listen` is empty: nobody could ask");
    if (c->dnsd.allow_count == 0)
        WARN(w, w->allow_at[0], "`allow` is empty: every client is refused");
    if (c->dnsd.sinkhole_count == 0)
        SAY(w, w->sinkhole_at[0],
            "`sinkhole` is empty: name an address for blocked names, such as [0.0.0.0, \"::\"]");
    check_twice(w, "listen", c->dnsd.listen, w->listen_at, c->dnsd.listen_count);
    if (c->dnsd.tcp_per_client > c->dnsd.tcp_connections)
        SAY(w, w->per_client_at, "`per_client` is %u, more than all `connections` together (%u)",
            c->dnsd.tcp_per_client, c->dnsd.tcp_connections);
    if (c->dnsd.tcp_idle_ms > c->dnsd.tcp_total_ms)
        SAY(w, w->idle_at, "`idle` is longer than `total`");
    if (c->dnsd.cache_min_ttl > c->dnsd.cache_max_ttl)
        SAY(w, w->min_ttl_at, "`min_ttl` is more than `max_ttl`");
    if (c->dnsd.stale_seconds > 0 && c->dnsd.stale_after_ms >= c->dnsd.query_timeout_ms)
        SAY(w, w->stale_after_at,
            "`after` must be less than `query_timeout`, or no stale answer is ever given");
    check_upstreams(w);
    check_stubs(w);
    check_events(w, &c->dnsd.events, w->folder_at, w->quota_at, w->ring_slots_at);
    check_power(w, "slots", c->dnsd.told_slots, w->told_slots_at);
    check_inspectd(w);
    check_console(w);
}
