/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options - the table.
 */
#include "config/options.h"

#include <stdio.h>

static const char *const mode_words[] = {"recurse", "forward", NULL};
static const char *const inspect_mode_words[] = {"watch", "inline", "tap", NULL};
static const char *const bypass_words[] = {"open", "closed", NULL};
static const char *const told_names_words[] = {"ignore", "observe", "stop", NULL};
static const char *const group_mode_words[] = {"enforce", "observe", NULL};
const char *const list_format_words[] = {"yaml", "hosts", "domains", NULL};

/* An address and a port; without a port, DNS's own. */
static bool endpoint_read(const struct yaml_row *row, struct span text, void *field,
                          char why[YAML_WHY_SIZE])
{
    struct endpoint *endpoint = field;
    *endpoint = (struct endpoint){.port = 53};
    return endpoint_parse((const char *)text.at, &endpoint->address, &endpoint->port) == STATUS_OK;
}

static void endpoint_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    const struct endpoint *endpoint = field;
    char text[ENDPOINT_TEXT_SIZE];
    write_text(w, endpoint_text(&endpoint->address, endpoint->port, text));
}

/* A number of per cent, with or without the sign. */
static bool percent_read(const struct yaml_row *row, struct span text, void *field,
                         char why[YAML_WHY_SIZE])
{
    char number[16];
    size_t length = text.length;
    if (length > 1 && text.at[length - 1] == '%')
        length--;
    if (length >= sizeof number)
        return false;
    memcpy(number, text.at, length);
    number[length] = 0;
    return yaml_count.read(row, span_of(number, length), field, why);
}

static void percent_write(const struct yaml_row *row, const void *field, struct writer *w)
{
    yaml_count.write(row, field, w);
    write_text(w, "%");
}

static const struct yaml_kind percent = {"a percentage such as 20%", percent_read, percent_write};
static const struct yaml_kind endpoint = {
    "an address and port such as 192.0.2.1@53 or 2001:db8::1@53", endpoint_read, endpoint_write};

/* clang-format off */
#define OPTION(field)       YAML_FIELD(struct written, config.field)
#define OPTIONS(field)      YAML_LIST(struct written, config.field, config.field##_count)
#define DNSD(field)         OPTION(dnsd.field)
#define SEVERAL(field, n)   YAML_LIST(struct written, config.dnsd.field, config.dnsd.n)
#define INSPECTD(field)     OPTION(inspectd.field)
#define AT(field)           YAML_AT(struct written, field)

static const struct yaml_row identity_rows[] = {
    {"answer", &yaml_bool, DNSD(identity), .fallback = "no",
     .help = "Answer CHAOS id.server and version.bind."},
    {"id", &yaml_text, DNSD(server_id), .fallback = "",
     .help = "NSID (RFC 5001) and id.server of this gateway; empty: none."},
};
static const struct yaml_schema identity = YAML_SECTION("`identity`", identity_rows);

static const struct yaml_row rate_rows[] = {
    {"per_second", &yaml_count, DNSD(rate_per_second), .limit = 10000000, .fallback = "0",
     .help = "Questions that one client may ask a second; 0: any number."},
    {"burst", &yaml_count, DNSD(rate_burst), .limit = 10000000, .fallback = "1000",
     .help = "How many it may ask at once after it was silent."},
    {"ipv4_prefix", &yaml_count, DNSD(rate_ipv4_prefix), .least = 1, .limit = 32, .fallback = "32",
     .help = "IPv4 clients that share so many bits count as one."},
    {"ipv6_prefix", &yaml_count, DNSD(rate_ipv6_prefix), .least = 1, .limit = 128, .fallback = "56",
     .help = "The same for IPv6."},
    {"clients", &yaml_count, DNSD(rate_clients), .least = 1, .limit = 10000000, .fallback = "65536",
     .help = "How many clients are remembered, per worker; the one silent longest goes first."},
};
static const struct yaml_schema rate = YAML_SECTION("`rate`", rate_rows);

static const struct yaml_row tcp_rows[] = {
    {"connections", &yaml_count, DNSD(tcp_connections), .least = 1, .limit = 65536,
     .fallback = "1024",
     .help = "Open connections, per worker."},
    {"per_client", &yaml_count, DNSD(tcp_per_client), AT(per_client_at), .least = 1,
     .limit = 65536, .fallback = "64",
     .help = "Of them, from one address."},
    {"idle", &yaml_ms, DNSD(tcp_idle_ms), AT(idle_at), .least = 100, .limit = 3600000,
     .fallback = "10s",
     .help = "A connection that says nothing for so long is closed."},
    {"total", &yaml_ms, DNSD(tcp_total_ms), .least = 1000, .limit = 86400000, .fallback = "120s",
     .help = "A connection older than this is closed."},
    {"pipeline", &yaml_count, DNSD(tcp_pipeline), .least = 1, .limit = 4096, .fallback = "64",
     .help = "Questions of one connection that may wait at a time."},
};
static const struct yaml_schema tcp = YAML_SECTION("`tcp`", tcp_rows);

static const struct yaml_row rebinding_rows[] = {
    {"protection", &yaml_bool, DNSD(rebinding_protection), .fallback = "yes",
     .help = "Take answers with internal addresses away from names of the Internet."},
    {"allow", &yaml_name, SEVERAL(rebind_allow, rebind_allow_count),
     .fallback = "", .example = "[corp.agency.example]",
     .help = "Names, with all below them, that may have internal addresses. Stub zones always "
             "may."},
};
static const struct yaml_schema rebinding = YAML_SECTION("`rebinding`", rebinding_rows);

static const struct yaml_row cache_rows[] = {
    {"size", &yaml_bytes, DNSD(cache_bytes), .least = 1 << 20, .limit = UINT64_C(1) << 38,
     .fallback = "64M",
     .help = "Memory for answers, per worker: a hard limit."},
    {"min_ttl", &yaml_seconds, DNSD(cache_min_ttl), AT(min_ttl_at), .limit = 3600, .fallback = "0s",
     .help = "No answer is kept for less."},
    {"max_ttl", &yaml_seconds, DNSD(cache_max_ttl), .least = 1, .limit = 604800, .fallback = "1d",
     .help = "No answer is kept for longer."},
    {"negative_ttl", &yaml_seconds, DNSD(cache_negative_ttl), .limit = 604800, .fallback = "1h",
     .help = "No answer that there is nothing is kept for longer (RFC 2308)."},
    {"prefetch", &yaml_bool, DNSD(prefetch), .fallback = "yes",
     .help = "Ask again for popular names shortly before their answers end."},
};
static const struct yaml_schema cache = YAML_SECTION("`cache`", cache_rows);

static const struct yaml_row stale_rows[] = {
    {"keep", &yaml_seconds, DNSD(stale_seconds), .limit = 604800, .fallback = "1d",
     .help = "How long after its end an answer may still serve; 0: never."},
    {"after", &yaml_ms, DNSD(stale_after_ms), AT(stale_after_at), .limit = 60000,
     .fallback = "1800ms",
     .help = "How long a client waits for a fresh answer before it gets the stale one."},
};
static const struct yaml_schema stale = YAML_SECTION("`stale`", stale_rows);

static const struct yaml_row forward_rows[] = {
    {"to", &endpoint, SEVERAL(forward_to, forward_count), AT(forward_to_at),
     .fallback = "", .example = "[192.0.2.53@53, 2001:db8::53@53]",
     .help = "The servers that are asked in mode forward; they validate DNSSEC for us."},
    {"timeout", &yaml_ms, DNSD(forward_timeout_ms), .least = 50, .limit = 30000, .fallback = "1s",
     .help = "How long one server may take before another is asked."},
    {"sockets", &yaml_count, DNSD(forward_sockets), .least = 1, .limit = 4096, .fallback = "64",
     .help = "Random source ports that are open at a time, per server and resolver."},
    {"randomize_case", &yaml_bool, DNSD(forward_randomize_case), .fallback = "yes",
     .help = "Mix upper and lower case in questions, so that forged answers fail (0x20)."},
};
static const struct yaml_schema forward = YAML_SECTION("`forward`", forward_rows);

static const struct yaml_row recurse_rows[] = {
    {"trust_anchor", &yaml_text, DNSD(trust_anchor), AT(trust_anchor_at),
     .fallback = "/var/lib/ponor/anchor/root.key",
     .help = "The root's keys, kept up to date here (RFC 5011): file and folder belong to "
             "_dnsd-resolve. Start with a copy of /usr/share/dns/root.key of package "
             "dns-root-data. Empty: DNSSEC is not validated."},
    {"root_hints", &yaml_text, DNSD(root_hints), AT(root_hints_at),
     .fallback = "", .example = "/usr/share/dns/root.hints",
     .help = "Addresses of the root servers; empty: the built-in ones."},
    {"qname_minimisation", &yaml_bool, DNSD(qname_minimisation), .fallback = "yes",
     .help = "Tell each server only the part of a name that it needs (RFC 9156)."},
    {"via", &endpoint, SEVERAL(recurse_via, recurse_via_count), AT(via_at),
     .fallback = "", .example = "[192.0.2.53@53]",
     .help = "Ask these recursive servers instead of the root, and validate their answers here."},
    {"negative_anchors", &yaml_name, SEVERAL(negative_anchors, negative_anchor_count),
     .fallback = "", .example = "[corp.agency.example]",
     .help = "Zones at and below which DNSSEC is not validated (RFC 7646)."},
};
static const struct yaml_schema recurse = YAML_SECTION("`recurse`", recurse_rows);

static const struct yaml_row stub_rows[] = {
    {"zone", &yaml_name, YAML_FIELD(struct stub, zone), .required = true,
     .example = "corp.agency.example",
     .help = "The zone, with all below it."},
    {"servers", &endpoint, YAML_LIST(struct stub, servers, server_count), .required = true,
     .example = "[10.0.0.53, 10.0.1.53@5353]",
     .help = "The servers that know it."},
};
static const struct yaml_schema stub = YAML_SCHEMA("a stub zone", struct stub, stub_rows);

/* Of both sections `events`. */
#define EVENT_FILE_ROWS(program, quota_place)                                                      \
    {"rotate_size", &yaml_bytes, program(events.rotate_bytes), .least = 65536,                     \
     .limit = UINT64_C(1) << 36, .fallback = "64M",                                                \
     .help = "A file of this size is closed and a new one begun."},                                \
    {"rotate_time", &yaml_seconds, program(events.rotate_seconds), .least = 60, .limit = 31622400, \
     .fallback = "1d",                                                                             \
     .help = "The same for its age."},                                                             \
    {"quota", &yaml_bytes, program(events.quota_bytes), AT(quota_place), .least = 131072,          \
     .limit = UINT64_C(1) << 44, .fallback = "4G",                                                 \
     .help = "All files together; the oldest goes first, and its going is said in the next event."}

static const struct yaml_row events_rows[] = {
    {"folder", &yaml_text, DNSD(events.folder), AT(folder_at), .fallback = "/var/lib/ponor/events",
     .help = "Where blocked.jsonl and its older parts stand."},
    EVENT_FILE_ROWS(DNSD, quota_at),
    {"sample", &yaml_count, DNSD(events.sample), .least = 1, .limit = 1000000, .fallback = "1",
     .help = "Write one of so many blocked questions; 1: every one."},
    {"ring_slots", &yaml_count, DNSD(events.ring_slots), AT(ring_slots_at), .least = 64,
     .limit = 1 << 22, .fallback = "16384",
     .help = "Events that may wait for the disk, per worker: a power of two. What does not fit "
             "is counted."},
};
static const struct yaml_schema events = YAML_SECTION("`events`", events_rows);

static const struct yaml_row told_rows[] = {
    {"file", &yaml_text, DNSD(told), AT(told_at), .fallback = "", .example = "/run/ponor/told",
     .help = "Where dnsd writes which client was given which address, for inspectd on the same "
             "machine; empty: nowhere, and inspectd knows only answers that pass its interface."},
    {"slots", &yaml_count, DNSD(told_slots), AT(told_slots_at), .least = 1024, .limit = 1 << 24,
     .fallback = "262144",
     .help = "How many are remembered, 128 bytes each: a power of two."},
};
static const struct yaml_schema told = YAML_SECTION("`told`", told_rows);

static const struct yaml_row dnsd_rows[] = {
    {"listen", &endpoint, SEVERAL(listen, listen_count), AT(listen_at),
     .fallback = "127.0.0.1@53, ::1@53",
     .help = "Addresses and ports on which clients are answered, by UDP and TCP."},
    {"allow", &yaml_prefix, SEVERAL(allow, allow_count), AT(allow_at),
     .fallback = "127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7",
     .help = "Who may ask at all; others are REFUSED."},
    {"workers", &yaml_count, DNSD(workers), .limit = WORKERS_MOST, .fallback = "0",
     .help = "Processes that answer clients; 0: one per processor."},
    {"resolvers", &yaml_count, DNSD(resolvers), .least = 1, .limit = RESOLVERS_MOST,
     .fallback = "1",
     .help = "Processes that ask the Internet."},
    {"mode", &yaml_word, DNSD(mode), AT(mode_at), .words = mode_words, .fallback = "recurse",
     .help = "recurse: find and validate answers ourselves; forward: ask the servers of "
             "`forward`."},
    {"sinkhole", &yaml_address, SEVERAL(sinkhole, sinkhole_count), AT(sinkhole_at),
     .fallback = "0.0.0.0, ::",
     .help = "Addresses that answer for a sinkholed name: IPv4 to A, IPv6 to AAAA. A server of "
             "yours that shows a page may stand here."},
    {"block_ttl", &yaml_seconds, DNSD(block_ttl), .limit = 86400, .fallback = "60s",
     .help = "How long a client may keep a blocked answer."},
    {"query_timeout", &yaml_ms, DNSD(query_timeout_ms), .least = 100, .limit = 60000,
     .fallback = "5s",
     .help = "A question without an answer after so long gets SERVFAIL."},
    {"pending", &yaml_count, DNSD(pending_most), .least = 16, .limit = 1000000,
     .fallback = "4096",
     .help = "Questions that may wait for an answer at a time, per worker."},
    {"forward", .section = &forward, .help = "Of mode forward."},
    {"recurse", .section = &recurse, .help = "Of mode recurse."},
    {"stubs", .items = &stub, .on_item = written_add_stub, SEVERAL(stubs, stub_count),
     .help = "Zones that are asked of named servers instead of the Internet (split horizon)."},
    {"rebinding", .section = &rebinding,
     .help = "Names of the Internet that point into our networks."},
    {"cache", .section = &cache, .help = "Answers that are kept."},
    {"stale", .section = &stale,
     .help = "Answers that serve after their end while no server can be reached (RFC 8767)."},
    {"rate", .section = &rate, .help = "How much one client may ask."},
    {"tcp", .section = &tcp, .help = "Connections of clients."},
    {"identity", .section = &identity, .help = "What the gateway says about itself."},
    {"events", .section = &events, .help = "The file of what was blocked."},
    {"told", .section = &told, .help = "What inspectd may know of answers."},
};
static const struct yaml_schema dnsd = YAML_SECTION("`dnsd`", dnsd_rows);

static const struct yaml_row inspectd_events_rows[] = {
    {"folder", &yaml_text, INSPECTD(events.folder), AT(inspectd_folder_at),
     .fallback = "/var/lib/ponor/inspectd-events",
     .help = "Where its event files stand; not dnsd's folder, since a folder has one writer."},
    EVENT_FILE_ROWS(INSPECTD, inspectd_quota_at),
    {"sample", &yaml_count, INSPECTD(events.sample), .least = 1, .limit = 1000000, .fallback = "1",
     .help = "Write one of so many sightings; 1: every one."},
    {"ring_slots", &yaml_count, INSPECTD(events.ring_slots), AT(inspectd_ring_slots_at),
     .least = 64, .limit = 1 << 22, .fallback = "8192",
     .help = "Events that may wait for the disk, per worker: a power of two. What does not fit "
             "is counted."},
};
static const struct yaml_schema inspectd_events = YAML_SECTION("`events`", inspectd_events_rows);

#define GATE(field)         INSPECTD(gate.field)

static const struct yaml_row gate_rows[] = {
    {"inside", &yaml_text, OPTIONS(inspectd.gate.inside), AT(inside_at), .fallback = "",
     .example = "[lan0]",
     .help = "Interfaces on which clients are."},
    {"outside", &yaml_text, OPTIONS(inspectd.gate.outside), AT(outside_at), .fallback = "",
     .example = "[wan0]",
     .help = "Interfaces that lead to the Internet."},
    {"redirect_dns", &yaml_bool, GATE(redirect_dns), .fallback = "yes",
     .help = "Plain DNS from inside to any resolver but those of `resolvers` is led to dnsd, for "
             "groups in which a list has a rule `protocol: dns`."},
    {"bypass", &yaml_word, GATE(bypass), .words = bypass_words, .fallback = "open",
     .help = "What becomes of packets while nobody judges them, in mode inline: open lets them "
             "pass, closed holds them back."},
    {"patience", &yaml_ms, GATE(patience_ms), .least = 20, .limit = 10000, .fallback = "200ms",
     .help = "How long a packet may wait for its verdict before `bypass` is the verdict."},
    {"queue", &yaml_count, GATE(queue), .limit = 65000, .fallback = "5300",
     .help = "Number of the kernel's first queue (NFQUEUE); each of `workers` has one."},
    {"mark_bit", &yaml_count, GATE(mark_bit), .limit = 29, .fallback = "28",
     .help = "The lowest of three bits of the marks of packets and connections that are ours."},
    {"told_names", &yaml_word, GATE(told_names), .words = told_names_words, .fallback = "observe",
     .help = "A flow to an address that dnsd gave the client for a name that a list only "
             "observes: ignore it, observe it, or stop it. Such addresses are often shared by "
             "many sites."},
    {"hold", &yaml_seconds, GATE(hold_seconds), .least = 5, .limit = 86400, .fallback = "5m",
     .help = "How long a client is kept from a server that spoke a banned protocol."},
    {"hold_most", &yaml_count, GATE(hold_most), .least = 16, .limit = 1 << 20, .fallback = "65536",
     .help = "Client and server pairs that are held at a time."},
    {"hold_per_minute", &yaml_count, GATE(hold_per_minute), .least = 1, .limit = 1 << 20,
     .fallback = "6000",
     .help = "New ones a minute; more are counted and not held."},
};
static const struct yaml_schema gate = YAML_SECTION("`gate`", gate_rows);

static const struct yaml_row inspectd_rows[] = {
    {"mode", &yaml_word, INSPECTD(mode), AT(inspectd_mode_at), .words = inspect_mode_words,
     .fallback = "watch",
     .help = "watch: reads `interfaces` and stops nothing. inline: the kernel passes no packet "
             "before it was judged. tap: reads `interfaces`, and resets what should be stopped."},
    {"interfaces", &yaml_text,
     YAML_LIST(struct written, config.inspectd.interfaces, config.inspectd.interface_count),
     AT(interfaces_at), .fallback = "", .example = "[eth0, eth1]",
     .help = "Interfaces whose packets are read; `inspectd -i` names others instead. One side of a "
             "router is enough: each packet should pass once."},
    {"workers", &yaml_count, INSPECTD(workers), .least = 1, .limit = 16, .fallback = "1",
     .help = "Processes per interface, which share its packets by flow."},
    {"filter", &yaml_text, INSPECTD(filter), .fallback = "", .example = "not host 192.0.2.9",
     .help = "Packets that are read, as pcap-filter(7) says; empty: all."},
    {"snap", &yaml_bytes, INSPECTD(snap), .least = 128, .limit = 262144, .fallback = "64K",
     .help = "Bytes that are kept of a packet. Less than a frame cuts names in two."},
    {"buffer", &yaml_bytes, INSPECTD(buffer), .least = 1 << 20, .limit = 1 << 30,
     .fallback = "64M",
     .help = "Memory of the kernel for packets that wait, per worker."},
    {"promiscuous", &yaml_bool, INSPECTD(promiscuous), .fallback = "yes",
     .help = "Also packets that are for other machines: on a mirror port all are."},
    {"memory", &yaml_bytes, INSPECTD(memory), .least = 16 << 20, .limit = UINT64_C(1) << 38,
     .fallback = "512M",
     .help = "Memory for flows and what they said, per worker: a hard limit. The flow silent "
             "longest goes first."},
    {"tcp_idle", &yaml_seconds, INSPECTD(tcp_idle_seconds), .least = 5, .limit = 86400,
     .fallback = "5m",
     .help = "A TCP flow that is silent for so long is over."},
    {"udp_idle", &yaml_seconds, INSPECTD(udp_idle_seconds), .least = 5, .limit = 86400,
     .fallback = "1m",
     .help = "The same for UDP."},
    {"resolvers", &yaml_prefix,
     YAML_LIST(struct written, config.inspectd.resolvers, config.inspectd.resolver_count),
     .fallback = "", .example = "[10.0.0.53, 2001:db8::53]",
     .help = "Resolvers of the agency's own: plain DNS to them is no way around. Addresses that "
             "dnsd listens on are."},
    {"control", &yaml_text, INSPECTD(control), AT(inspectd_control_at),
     .fallback = "/run/ponor-inspectd/control.sock",
     .help = "The socket through which `ponor` speaks to inspectd."},
    {"events", .section = &inspectd_events, .help = "The file of what was seen."},
    {"gate", .section = &gate, .help = "What stands between inside and outside."},
};
static const struct yaml_schema inspectd = YAML_SECTION("`inspectd`", inspectd_rows);

#define GROUP(field)        YAML_FIELD(struct group_written, field)
#define LIST(field)         YAML_FIELD(struct list_written, field)
#define TEXT(field, n)      LIST(source.field), YAML_AT(struct list_written, texts_at[n])

static const struct yaml_row group_rows[] = {
    {"group", &yaml_id, GROUP(id), .required = true, .example = "mobile",
     .help = "Its id. The group `default` has the clients that no other has."},
    {"clients", &yaml_prefix, YAML_LIST(struct group_written, clients, client_count),
     YAML_AT(struct group_written, clients_at), .example = "[10.20.0.0/16, 2001:db8:20::/48]",
     .help = "Addresses and prefixes; of all groups, the longest prefix wins."},
    {"lists", &yaml_id, YAML_LIST(struct group_written, lists, list_count),
     YAML_AT(struct group_written, lists_at), .required = true, .example = "[wechat]",
     .help = "Ids of lists, asked in this order; the first that has something to say decides."},
    {"mode", &yaml_word, GROUP(mode), .words = group_mode_words, .fallback = "enforce",
     .help = "enforce, or observe: everything logged, nothing blocked."},
    {"remove_ech", &yaml_bool, GROUP(remove_ech), .fallback = "yes",
     .help = "Take `ech` out of HTTPS answers, so that TLS shows its names."},
    {"strict", &yaml_bool, GROUP(strict), .fallback = "no",
     .help = "For the inspector: a flow in which no reader knows a word, towards an address that "
             "nobody told the client, is stopped."},
};
static const struct yaml_schema group = YAML_SCHEMA("a group", struct group_written, group_rows);

static const struct yaml_row list_rows[] = {
    {"list", &yaml_id, LIST(source.id), .required = true, .example = "advertising",
     .help = "Its id; that in a YAML list's own file must be the same."},
    {"file", &yaml_text, LIST(source.file),
     YAML_AT(struct list_written, file_at), .required = true,
     .example = "../blocklists/advertising.hosts",
     .help = "Where it stands, seen from the folder of this file."},
    {"format", &yaml_word, LIST(format), .words = list_format_words,
     .fallback = "yaml", .example = "hosts",
     .help = "yaml; hosts: a hosts file; domains: one domain a line. What follows is for hosts "
             "and domains, a YAML list says it itself."},
    {"title", &yaml_text, TEXT(title, 0), .example = "Advertising",
     .help = "Its name for people; default: the id."},
    {"app", &yaml_text, TEXT(app, 1), .example = "Advertising",
     .help = "The word that analysts see; default: the title."},
    {"authority", &yaml_text, TEXT(authority, 2), .example = "Directive 12 on acceptable use",
     .help = "Who decided."},
    {"reference", &yaml_text, TEXT(reference, 3), .example = "https://agency.example/directive-12",
     .help = "Where the decision stands."},
    {"owner", &yaml_text, TEXT(owner, 4), .example = "netsec@agency.example",
     .help = "Whom to ask."},
    {"ticket", &yaml_text, TEXT(ticket, 5), .example = "SEC-2026-0042",
     .help = "The change request."},
    {"action", &yaml_word, TEXT(action, 6), .words = action_words, .least = ACTION_ALLOW,
     .example = "nxdomain",
     .help = "What its rules do; default: sinkhole."},
    {"evidence", &yaml_word, TEXT(evidence, 7), .words = evidence_words,
     .least = EVIDENCE_INSTALLED, .example = "visited",
     .help = "What a hit shows; default: visited."},
};
static const struct yaml_schema list = YAML_SCHEMA("a list", struct list_written, list_rows);

static const struct yaml_row protect_rows[] = {
    {"names", &yaml_name, YAML_LIST(struct written, protected_names, protected_name_count),
     .fallback = "", .example = "[agency.example]",
     .help = "No rule may name one of these, what is above or what is below it."},
    {"addresses", &yaml_prefix,
     OPTIONS(protect),
     .fallback = "", .example = "[198.51.100.0/24]",
     .help = "No rule may meet one of these."},
};
static const struct yaml_schema protect = YAML_SECTION("`protect`", protect_rows);

static const struct yaml_row config_rows[] = {
    {"gateway", &yaml_text, OPTION(gateway), AT(gateway_at), .fallback = "",
     .help = "The name of this gateway in events; empty: the host name."},
    {"image", &yaml_text, OPTION(image), AT(image_at), .fallback = "/var/lib/ponor/policy.image",
     .help = "Where the compiled policy stands."},
    {"control", &yaml_text, OPTION(control), AT(control_at), .fallback = "/run/ponor/control.sock",
     .help = "The socket through which `ponor` speaks to dnsd."},
    {"log", &yaml_word, OPTION(log_level), .words = log_level_words, .fallback = "info",
     .help = "How much is said on standard error."},
    {"lists", .items = &list, .on_item = written_add_list, .on_lost = written_lost_list,
     .most = LISTS_NAMED_MOST,
     .help = "The lists that groups may use."},
    {"groups", .items = &group, .on_item = written_add_group, .most = GROUPS_MOST,
     .help = "Which clients are asked about in which lists."},
    {"protect", .section = &protect,
     .help = "What no list may block by mistake. The root servers, stub zones, and all "
             "addresses of this file are protected without being named."},
    {"max_change", &percent, YAML_FIELD(struct written, max_change), .limit = 10000,
     .fallback = "20%",
     .help = "A list that grew or shrank by more since the running one is refused, unless "
             "accepted by name; 20 rules more or fewer always pass. 0%: no limit."},
    {"dnsd", .section = &dnsd, .on_lost = written_lost_dnsd, .help = "The resolver."},
    {"inspectd", .section = &inspectd, .help = "The packet inspector."},
    {"consoled", .section = &console_schema, .help = "The console: history, incidents, page."},
};
const struct yaml_schema config_schema =
    YAML_SCHEMA("the configuration", struct written, config_rows);
/* clang-format on */
