/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - the chains; what leads to a set that is not there is not written.
 */
#include "firewall/table.h"

#include "firewall/sets.h"

#include <stdarg.h>
#include <stdlib.h>

enum { FAMILIES = DRAFT_FAMILIES, TEXT_SIZE = 128 };

/* A side without interfaces is all that is not the other; with neither, who began is inside. */
static const char *const from_inside[2][2] = {{"ct direction original", "iifname != @outside"},
                                              {"iifname @inside", "iifname @inside"}};
static const char *const outwards[2][2] = {
    {"ct direction original", "iifname != @outside oifname @outside"},
    {"iifname @inside oifname != @inside", "iifname @inside oifname @outside"}};
static const char *const inwards[2][2] = {
    {"ct direction reply", "iifname @outside oifname != @outside"},
    {"iifname != @inside oifname @inside", "iifname @outside oifname @inside"}};

struct table {
    struct draft draft;
    struct sets sets;
    const struct config_gate *gate;
    FILE *out;
    bool is_native;
};

__attribute__((format(printf, 2, 3))) static void put(const struct table *t, const char *format,
                                                      ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vfprintf(t->out, format, arguments); /* a failure sticks to the stream */
    va_end(arguments);
}

static const char *side(const struct table *t, const char *const sides[2][2])
{
    return sides[t->gate->inside_count > 0][t->gate->outside_count > 0];
}

static void put_chain(const struct table *t, const char *name, const char *comment,
                      const char *hook)
{
    put(t, "    chain %s {\n        comment \"%s\"\n", name, comment);
    if (hook != NULL)
        put(t, "        type %s; policy accept;\n", hook);
}

static void end_chain(const struct table *t)
{
    put(t, "    }\n\n");
}

static void put_plain_dns(const struct table *t, int family)
{
    const struct set_family *f = &set_families[family];

    put(t, "        %s meta l4proto { tcp, udp } th dport 53 %s saddr @led%c ",
        side(t, from_inside), f->ip, f->digit);
    if (t->sets.has[DRAFT_RESOLVERS][family])
        put(t, "%s daddr != @resolvers%c ", f->ip, f->digit);
    put(t, "fib daddr type != local ");
}

static bool leads(const struct table *t, int family)
{
    return t->sets.has[DRAFT_LED][family] && t->draft.dnsd[family] != NULL;
}

static void put_prerouting(const struct table *t)
{
    char text[ADDRESS_TEXT_SIZE];

    if (!leads(t, DRAFT_IPV4) && !leads(t, DRAFT_IPV6))
        return;
    if (t->draft.is_inline) {
        put_chain(t, "dns_seen", "plain DNS to others is shown to inspectd",
                  "filter hook prerouting priority mangle");
        for (int family = 0; family < FAMILIES; family++) {
            if (!leads(t, family))
                continue;
            put_plain_dns(t, family);
            put(t, "meta mark & 0x%08x == 0 jump " FIREWALL_LOOK "\n",
                (unsigned)gate_mark_stopped(t->gate));
        }
        end_chain(t);
    }
    put_chain(t, "dns_led", "and goes to dnsd", "nat hook prerouting priority dstnat");
    for (int family = 0; family < FAMILIES; family++) {
        if (!leads(t, family))
            continue;
        const struct endpoint *dnsd = t->draft.dnsd[family];
        put_plain_dns(t, family);
        (void)address_text(&dnsd->address, text);
        if (endpoint_is_any(dnsd))
            put(t, "counter redirect to :%u\n", dnsd->port);
        else if (family == DRAFT_IPV6)
            put(t, "counter dnat ip6 to [%s]:%u\n", text, dnsd->port);
        else
            put(t, "counter dnat ip to %s:%u\n", text, dnsd->port);
    }
    end_chain(t);
}

static void put_stopped(const struct table *t)
{
    unsigned stopped = gate_mark_stopped(t->gate);
    put(t, "        meta mark & 0x%08x != 0 counter goto halt\n", stopped);
    put(t, "        ct mark & 0x%08x != 0 counter goto halt\n", stopped);
}

static void put_unwatched(const struct table *t, const char *end)
{
    static const char *const protocols[FAMILIES] = {"ipv4", "ipv6"};

    for (int family = 0; family < FAMILIES; family++) {
        if (t->sets.has[DRAFT_WATCHED][family])
            put(t, "        %s %s != @watched%c return\n", set_families[family].ip, end,
                set_families[family].digit);
        else
            put(t, "        meta nfproto %s return\n", protocols[family]);
    }
}

/* An acknowledgement and nothing else, without options or with a time stamp as nearly all have:
 * says nothing that is not said again by the next segment with data, and is a third of all packets.
 */
static void put_bare(const struct table *t)
{
    static const struct {
        unsigned words, bytes; /* of the header, as it says, and as it is */
    } headers[] = {{5, 20}, {8, 32}};

    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const char *flags = "tcp flags & (fin | syn | rst | psh | ack | urg) == ack";
        put(t, "        ip hdrlength 5 %s tcp doff %u ip length %u return\n", flags,
            headers[i].words, 20 + headers[i].bytes);
        put(t, "        ip6 nexthdr tcp %s tcp doff %u ip6 length %u return\n", flags,
            headers[i].words, headers[i].bytes);
    }
}

/* 4 and 41 are IPv4 and IPv6 inside IP, 47 is GRE: inspectd looks into these. In numbers, since nft
 * knows their names only where /etc/protocols is there. */
static void put_rest(const struct table *t)
{
    put_bare(t);
    put(t, "        meta l4proto { tcp, udp, 4, 41, 47 } jump " FIREWALL_LOOK "\n");
}

static void put_watch(const struct table *t)
{
    unsigned heard = gate_mark_heard(t->gate), server_heard = gate_mark_server_heard(t->gate);

    put_chain(t, "watch", "what was judged, and what is to be",
              "filter hook forward priority filter - 5");
    put(t, "        %s goto watch_out\n        %s goto watch_in\n", side(t, outwards),
        side(t, inwards));
    end_chain(t);
    put_chain(t, "watch_out", "from clients: a flow may begin again as QUIC", NULL);
    put_stopped(t);
    if (t->draft.is_inline) {
        put_unwatched(t, "saddr");
        put(t, "        meta l4proto udp @th,64,8 & 0xc0 == 0xc0 jump " FIREWALL_LOOK "\n");
        put(t, "        ct mark & 0x%08x != 0 return\n", heard);
        put_rest(t);
    }
    end_chain(t);
    put_chain(t, "watch_in", "to clients", NULL);
    put_stopped(t);
    if (t->draft.is_inline) {
        put(t, "        ct mark & 0x%08x != 0 return\n", heard);
        put(t, "        ct direction reply ct mark & 0x%08x != 0 return\n", server_heard);
        put_unwatched(t, "daddr");
        put_rest(t);
    }
    end_chain(t);
}

static void put_look(const struct table *t)
{
    const bool is_closed = t->gate->bypass == BYPASS_CLOSED;
    uint32_t last = t->gate->queue + t->draft.config->inspectd.workers - 1;

    put_chain(t, FIREWALL_LOOK,
              is_closed ? "waits for inspectd's verdict; without it, nothing passes"
                        : "waits for inspectd's verdict; without it, passes",
              NULL);
    if (t->is_native) {
        put(t, "        queue %sto %u", is_closed ? "" : "flags bypass ", (unsigned)t->gate->queue);
        if (last > t->gate->queue)
            put(t, "-%u", (unsigned)last);
        put(t, "\n");
    }
    if (is_closed)
        put(t, "        counter drop\n");
    end_chain(t);
}

static void put_remember(const struct table *t)
{
    unsigned marks[] = {gate_mark_heard(t->gate), gate_mark_server_heard(t->gate)};

    put_chain(t, "remember", "a verdict on a packet becomes one on its connection", NULL);
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        put(t, "        meta mark & 0x%08x != 0 ct mark set ct mark | 0x%08x\n", marks[i],
            marks[i]);
    put(t, "        meta mark set meta mark & 0x%08x\n", ~(marks[0] | marks[1]));
    end_chain(t);
}

static void put_held(const struct table *t, bool out)
{
    const char *client = out ? "saddr" : "daddr", *client_port = out ? "sport" : "dport",
               *server = out ? "daddr" : "saddr", *server_port = out ? "dport" : "sport";

    for (int family = 0; t->draft.holds && family < FAMILIES; family++) {
        const char *ip = set_families[family].ip, digit = set_families[family].digit;
        put(t,
            "        %s %s . th %s . %s %s . th %s . meta l4proto @" FIREWALL_FLOW
            "%c counter goto halt\n",
            ip, client, client_port, ip, server, server_port, digit);
        put(t,
            "        %s %s . %s %s . meta l4proto . th %s @" FIREWALL_PAIR "%c counter goto halt\n",
            ip, client, ip, server, server_port, digit);
    }
}

/* The set of destinations does not know for whom an address is listed: hence the spared ones. */
static void put_destination(const struct table *t, uint16_t group, int family)
{
    const struct set_family *f = &set_families[family];

    put(t, "        %s daddr @" FIREWALL_DESTINATION "%c ", f->ip, f->digit);
    if (t->sets.groups[group].has_spared[family])
        put(t, "%s daddr != @spared%c_%s ", f->ip, f->digit, t->draft.groups[group].name);
    put(t, "counter goto halt\n");
}

/* Plain DNS that was not led: what began before the table, or finds no dnsd in its family. */
static void put_unled_dns(const struct table *t, int family)
{
    static const char *const protocols[FAMILIES] = {"ipv4", "ipv6"};
    const struct set_family *f = &set_families[family];

    put(t, "        meta nfproto %s meta l4proto { tcp, udp } th dport 53 ", protocols[family]);
    if (t->sets.has[DRAFT_RESOLVERS][family])
        put(t, "%s daddr != @resolvers%c ", f->ip, f->digit);
    put(t, "counter goto halt\n");
}

static void put_group(const struct table *t, uint16_t group)
{
    const struct draft_group *facts = &t->draft.groups[group];
    char name[TEXT_SIZE], comment[TEXT_SIZE];

    snprintf(name, sizeof name, "group_%s", facts->name);
    snprintf(comment, sizeof comment, "from clients of group %s%s", facts->name,
             facts->enforces ? "" : ", which only observes");
    put_chain(t, name, comment, NULL);
    if (facts->blocks_dot)
        put(t, "        tcp dport 853 counter goto halt\n");
    if (facts->blocks_doq)
        put(t, "        udp dport 853 counter goto halt\n");
    for (int family = 0; facts->enforces && family < FAMILIES; family++) {
        const struct set_family *f = &set_families[family];
        if (t->gate->redirect_dns && facts->blocks_dns)
            put_unled_dns(t, family);
        if (t->sets.groups[group].has_listed[family])
            put(t, "        %s daddr @listed%c_%s counter goto halt\n", f->ip, f->digit,
                facts->name);
        if (t->draft.holds)
            put_destination(t, group, family);
    }
    end_chain(t);
}

static void put_net(const struct table *t)
{
    const bool has_clients =
        t->sets.has[DRAFT_CLIENTS][DRAFT_IPV4] || t->sets.has[DRAFT_CLIENTS][DRAFT_IPV6];

    if (t->draft.is_inline)
        put_remember(t);
    put_chain(t, "net", "what holds also while nobody judges",
              "filter hook forward priority filter - 4");
    if (t->draft.is_inline)
        put(t, "        meta mark & 0x%08x != 0 jump remember\n",
            (unsigned)(gate_mark_heard(t->gate) | gate_mark_server_heard(t->gate)));
    if (t->draft.holds || has_clients)
        put(t, "        %s goto net_out\n", side(t, outwards));
    if (t->draft.holds)
        put(t, "        %s goto net_in\n", side(t, inwards));
    end_chain(t);
    if (t->draft.holds || has_clients) {
        put_chain(t, "net_out", "from clients", NULL);
        put_held(t, true);
        for (int family = 0; family < FAMILIES; family++)
            if (t->sets.has[DRAFT_CLIENTS][family])
                put(t, "        %s saddr vmap @clients%c\n", set_families[family].ip,
                    set_families[family].digit);
        end_chain(t);
    }
    if (t->draft.holds) {
        put_chain(t, "net_in", "to clients", NULL);
        put_held(t, false);
        end_chain(t);
    }
}

static void put_halt(const struct table *t)
{
    unsigned stopped = gate_mark_stopped(t->gate);

    put_chain(t, "halt", "stops the packet, and all that follow in its connection", NULL);
    put(t, "        ct mark set ct mark | 0x%08x\n", stopped);
    put(t, "        meta l4proto tcp counter reject with tcp reset\n");
    put(t, "        meta l4proto udp counter reject with icmpx port-unreachable\n");
    put(t, "        counter reject with icmpx admin-prohibited\n    }\n");
}

static void put_chains(const struct table *t)
{
    if (t->draft.is_inline)
        put_look(t);
    put_prerouting(t);
    put_watch(t);
    put_net(t);
    for (uint32_t group = 0; group < t->draft.group_count; group++)
        put_group(t, (uint16_t)group);
    put_halt(t);
}

/* nft has no way to write some bytes that a name of an interface may have. */
static bool is_writable(const char (*interfaces)[CONFIG_WORD_SIZE], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strpbrk(interfaces[i], "\"*\\") != NULL)
            return false;
    return true;
}

enum status table_write(const struct config *config, const struct policy *policy, bool native_queue,
                        FILE *out)
{
    const struct config_gate *gate = &config->inspectd.gate;

    if (!is_writable(gate->inside, gate->inside_count) ||
        !is_writable(gate->outside, gate->outside_count))
        return STATUS_UNSUPPORTED;
    struct table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return STATUS_NO_MEMORY;
    t->gate = gate;
    t->out = out;
    t->is_native = native_queue;
    enum status status = draft_open(config, policy, &t->draft);
    if (status != STATUS_OK)
        goto done;
    put(t, "# Written by `ponor firewall`, which replaces it whole: changes belong into the\n"
           "# configuration, or into tables of your own.\n"
           "table inet " FIREWALL_TABLE " {\n}\ndelete table inet " FIREWALL_TABLE
           "\ntable inet " FIREWALL_TABLE " {\n");
    status = sets_write(&t->draft, out, &t->sets);
    if (status == STATUS_OK)
        put_chains(t);
    put(t, "}\n");
    draft_close(&t->draft);
    if (status == STATUS_OK && (ferror(out) || fflush(out) != 0))
        status = STATUS_SYSTEM;
done:
    free(t);
    return status;
}
