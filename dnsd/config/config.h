/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * config - the daemons' own options, as one flat struct.
 *
 * Used by the parent, which reads conf/ponor.yaml, and by its roles, which get the struct in a
 * memory file and open nothing. What groups, lists and protect say goes to policy/compile instead.
 * Never holds a pointer; every array states its limit, and one entry too many is an error of the
 * file that names the limit.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "dns/name.h"
#include "policy/compile.h"

enum {
    LISTEN_MOST = 32,
    UPSTREAMS_MOST = 16,
    STUBS_MOST = 64,
    STUB_SERVERS_MOST = 4,
    NTA_MOST = 64,
    REBIND_ALLOW_MOST = 256,
    ALLOW_MOST = 256,
    SINKHOLES_MOST = 4,
    CONFIG_PATH_SIZE = 256,
    CONFIG_WORD_SIZE = 128,
    WORKERS_MOST = 64,
    RESOLVERS_MOST = 16,
    INTERFACES_MOST = 8,
    EVENT_FOLDERS_MOST = 64,
    LEASE_FILES_MOST = 16,
    WEB_LISTEN_MOST = LISTEN_MOST - 1,
    STORE_SERVERS_MOST = 8,
    CONFIG_FILTER_SIZE = 512
};

struct endpoint {
    struct address address;
    uint16_t port;
};

/* A zone that is asked of named servers instead of the Internet (split horizon). */
struct stub {
    struct name zone;
    struct endpoint servers[STUB_SERVERS_MOST];
    uint32_t server_count;
};

/* Where and how a program's events are written. */
struct config_events {
    char folder[CONFIG_PATH_SIZE];
    uint64_t rotate_bytes, quota_bytes;
    uint32_t rotate_seconds;
    uint32_t sample;     /* write one of N blocked events; 1: every one */
    uint32_t ring_slots; /* per worker, a power of two */
};

enum resolve_mode { RESOLVE_RECURSE, RESOLVE_FORWARD };

enum inspect_mode {
    INSPECT_WATCH,  /* interfaces are read, nothing is stopped */
    INSPECT_INLINE, /* the kernel's queue: no packet passes before it was judged */
    INSPECT_TAP     /* interfaces are read; resets are sent, sets of the firewall filled */
};

enum bypass { BYPASS_OPEN, BYPASS_CLOSED };

/* What the gateway does about an address that was told for a name which a list only observes. */
enum told_names { TOLD_IGNORE, TOLD_OBSERVE, TOLD_STOP };

/* What stands between inside and outside: for the firewall, and for those who stop flows. */
struct config_gate {
    char inside[INTERFACES_MOST][CONFIG_WORD_SIZE], outside[INTERFACES_MOST][CONFIG_WORD_SIZE];
    uint32_t inside_count, outside_count;
    uint32_t redirect_dns;    /* bool */
    uint32_t bypass;          /* enum bypass: what becomes of packets that nobody judges */
    uint32_t patience_ms;     /* how long one may wait for its verdict */
    uint32_t queue;           /* number of the first queue; `inspectd.workers` of them */
    uint32_t mark_bit;        /* the lowest of three bits of packets' and connections' marks */
    uint32_t told_names;      /* enum told_names */
    uint32_t hold_seconds;    /* how long what was stopped stands in a set of the firewall */
    uint32_t hold_most;       /* elements of all sets together */
    uint32_t hold_per_minute; /* new ones */
};

/* The three bits: all of the flow is heard; its server is; it is stopped. */
static inline uint32_t gate_mark_heard(const struct config_gate *gate)
{
    return UINT32_C(1) << gate->mark_bit;
}
static inline uint32_t gate_mark_server_heard(const struct config_gate *gate)
{
    return UINT32_C(2) << gate->mark_bit;
}
static inline uint32_t gate_mark_stopped(const struct config_gate *gate)
{
    return UINT32_C(4) << gate->mark_bit;
}

enum store_choice { STORE_SQLITE, STORE_CLICKHOUSE };
enum lease_choice { LEASE_KEA, LEASE_ISC, LEASE_DNSMASQ };

/* Where consoled keeps what it read. */
struct config_store {
    char folder[CONFIG_PATH_SIZE]; /* with either choice: the summary, and the spool */
    uint32_t choice;               /* enum store_choice */
    uint32_t keep_days;
    uint64_t keep_bytes;                         /* of all days together; 0: no limit */
    struct endpoint servers[STORE_SERVERS_MOST]; /* ClickHouse over HTTP, asked in this order */
    uint32_t server_count;
    char database[CONFIG_WORD_SIZE], user[CONFIG_WORD_SIZE];
    char password_file[CONFIG_PATH_SIZE]; /* "": no password */
    char cluster[CONFIG_WORD_SIZE];       /* "": one server; else replicated tables on it */
};

struct config_leases {
    char file[CONFIG_PATH_SIZE];
    uint32_t format; /* enum lease_choice */
};

struct config {
    char gateway[CONFIG_WORD_SIZE];      /* observer.name of events; default: the host name */
    char image[CONFIG_PATH_SIZE];        /* where the compiled policy stands */
    char control[CONFIG_PATH_SIZE];      /* the control socket */
    uint32_t log_level;                  /* enum log_level */
    struct prefix protect[PROTECT_MOST]; /* no list may meet them, and nothing else holds them */
    uint32_t protect_count;

    struct {
        struct endpoint listen[LISTEN_MOST];
        uint32_t listen_count;
        struct prefix allow[ALLOW_MOST]; /* who may ask at all; others are REFUSED */
        uint32_t allow_count;
        uint32_t workers, resolvers;

        struct address sinkhole[SINKHOLES_MOST]; /* IPv4 and IPv6, in answers of that type */
        uint32_t sinkhole_count;
        uint32_t block_ttl; /* seconds, of sinkhole answers and SOAs */

        uint32_t identity;                /* bool: answer CHAOS id.server and version.bind */
        char server_id[CONFIG_WORD_SIZE]; /* NSID and id.server; "" none */

        uint32_t rate_per_second, rate_burst, rate_ipv4_prefix, rate_ipv6_prefix; /* 0: no limit */
        uint32_t rate_clients; /* how many are remembered */

        uint32_t tcp_connections, tcp_per_client, tcp_idle_ms, tcp_total_ms, tcp_pipeline;

        uint32_t rebinding_protection; /* bool */
        struct name rebind_allow[REBIND_ALLOW_MOST];
        uint32_t rebind_allow_count;

        uint64_t cache_bytes;
        uint32_t cache_min_ttl, cache_max_ttl, cache_negative_ttl;
        uint32_t stale_seconds; /* RFC 8767: how long after its end an answer may serve; 0: never */
        uint32_t stale_after_ms; /* how long a client waits before it gets the stale one */
        uint32_t prefetch;       /* bool */
        uint32_t pending_most;   /* questions under way, per worker */
        uint32_t query_timeout_ms;

        uint32_t mode; /* enum resolve_mode */
        struct endpoint forward_to[UPSTREAMS_MOST];
        uint32_t forward_count;
        uint32_t forward_timeout_ms, forward_sockets;
        uint32_t forward_randomize_case; /* bool, 0x20 */

        char root_hints[CONFIG_PATH_SIZE];   /* "" libunbound's built-in */
        char trust_anchor[CONFIG_PATH_SIZE]; /* RFC 5011 file, or DS/DNSKEY lines; "" no validation
                                              */
        uint32_t qname_minimisation;         /* bool */
        struct endpoint
            recurse_via[UPSTREAMS_MOST]; /* libunbound's own forwarding; none: from the root */
        uint32_t recurse_via_count;
        struct stub stubs[STUBS_MOST];
        uint32_t stub_count;
        struct name negative_anchors[NTA_MOST]; /* zones below which bogus is not checked */
        uint32_t negative_anchor_count;

        struct config_events events;

        char told[CONFIG_PATH_SIZE]; /* the table of what was told whom; "" none */
        uint32_t told_slots;         /* a power of two */
    } dnsd;

    struct {
        uint32_t mode;                                      /* enum inspect_mode */
        char interfaces[INTERFACES_MOST][CONFIG_WORD_SIZE]; /* none: given with -i */
        uint32_t interface_count;
        uint32_t workers; /* processes per interface, which share its packets by flow */
        char filter[CONFIG_FILTER_SIZE]; /* of pcap-filter(7); "" everything */
        uint32_t snap;                   /* bytes kept of a packet */
        uint64_t buffer;                 /* bytes in the kernel, per worker */
        uint32_t promiscuous;            /* bool */
        uint64_t memory;                 /* bytes, of all tables of a worker together */
        uint32_t tcp_idle_seconds, udp_idle_seconds;
        struct prefix
            resolvers[ALLOW_MOST]; /* the agency's own: plain DNS to them is not a bypass */
        uint32_t resolver_count;
        char control[CONFIG_PATH_SIZE]; /* its control socket */
        struct config_events events;
        struct config_gate gate;
    } inspectd;

    struct {
        struct endpoint listen[WEB_LISTEN_MOST];
        uint32_t listen_count;
        char socket[CONFIG_PATH_SIZE];       /* for a reverse proxy; "": none */
        char proxy_header[CONFIG_WORD_SIZE]; /* names the user, on `socket` alone; "": none */
        char control[CONFIG_PATH_SIZE];
        char folder[CONFIG_PATH_SIZE]; /* people and their audit lines */
        char page[CONFIG_PATH_SIZE];   /* the built page */
        char certificate[CONFIG_PATH_SIZE], key[CONFIG_PATH_SIZE], client_ca[CONFIG_PATH_SIZE];
        uint32_t insecure;    /* bool: plain HTTP on other addresses than loopback */
        uint32_t connections; /* at a time */
        uint32_t session_idle_seconds, session_total_seconds, lock_seconds, wrong_most;
        char events[EVENT_FOLDERS_MOST][CONFIG_PATH_SIZE]; /* folders; the file's own by default */
        uint32_t events_count;
        struct config_store store;
        struct config_leases leases[LEASE_FILES_MOST];
        uint32_t lease_count;
        uint32_t neighbours; /* bool: look at this machine's neighbour table */
        char inventory[CONFIG_PATH_SIZE];
    } consoled;
};

/* 0.0.0.0 or ::, every address of the machine. */
bool endpoint_is_any(const struct endpoint *endpoint);
/* Where dnsd listens and the firewall can lead plain DNS of a family to (`redirect_dns`): dnsd's
 * sockets of IPv6 take no IPv4. NULL: nowhere. */
const struct endpoint *config_led_to(const struct config *config, bool ipv6);

/* What a configuration file says besides struct config: the input of policy_compile(). */
struct config_policy;
const struct policy_source *config_policy_source(const struct config_policy *policy);
void config_policy_free(struct config_policy *policy);

/* The day (UTC) on which exceptions that ended are left out; never set: none ends. */
void config_policy_set_today(struct config_policy *policy, clock_us wall);
/* --accept-change: `max_change` does not hold for the list of this id. STATUS_NOT_FOUND. */
MUST_USE enum status config_policy_accept_change(struct config_policy *policy, const char *id);

/* Reads FILE. Relative paths in it are relative to its folder. Both outputs may be used only after
 * STATUS_OK; STATUS_INVALID: see problems. `policy` may be NULL. */
MUST_USE enum status config_read(const char *file, struct config *out,
                                 struct config_policy **policy, struct problems *problems);

/* What holds where a file says nothing; for who can do without one. */
MUST_USE enum status config_defaults(struct config *out);

struct control_paths {
    char dnsd[CONFIG_PATH_SIZE], inspectd[CONFIG_PATH_SIZE], consoled[CONFIG_PATH_SIZE];
    bool inspectd_wanted; /* the file gives it something to do */
};

/* Only where the control sockets are, for who speaks to programs that run: errors elsewhere in the
 * file do not matter. STATUS_SYSTEM: the file cannot be read, `out` has the defaults. */
MUST_USE enum status config_control_paths(const char *file, struct control_paths *out);

/* The effective configuration of all options as YAML with each default marked (--show), the
 * commented example file, and the manual's table: all from the table of options. */
void config_show(const struct config *config, int out);
void config_print_example(int out);
void config_print_manual(int out);

#endif
