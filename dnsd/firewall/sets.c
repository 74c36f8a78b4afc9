/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sets - those of the configuration, those that gate fills, those of the policy.
 */
#include "firewall/sets.h"

#include "firewall/table.h"

#include <stdlib.h>

enum { NAME_SIZE = 96 };

const struct set_family set_families[DRAFT_FAMILIES] = {{"ip", "ipv4_addr", '4'},
                                                        {"ip6", "ipv6_addr", '6'}};

static void put_interfaces(FILE *out, const char *name, const char (*interfaces)[CONFIG_WORD_SIZE],
                           uint32_t count)
{
    if (count == 0)
        return;
    fprintf(out, "    set %s {\n        type ifname\n        elements = { ", name);
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", interfaces[i]);
    fprintf(out, " }\n    }\n\n");
}

/* What gate fills. The time is for elements that come without one. */
static void put_held(const struct draft *draft, FILE *out)
{
    static const struct {
        const char *name, *shape, *comment; /* address, port, transport */
    } sets[] = {
        {FIREWALL_FLOW, "apapt", "client, its port, server, its port, transport"},
        {FIREWALL_PAIR, "aatp", "client, server, transport, the server's port"},
        {FIREWALL_DESTINATION, "a", "server"},
    };
    for (size_t i = 0; i < COUNT_OF(sets) * DRAFT_FAMILIES; i++) {
        const struct set_family *family = &set_families[i % DRAFT_FAMILIES];
        const char *shape = sets[i / DRAFT_FAMILIES].shape;
        fprintf(out, "    set %s%c {\n        type ", sets[i / DRAFT_FAMILIES].name, family->digit);
        for (const char *c = shape; *c != 0; c++)
            fprintf(out, "%s%s", c > shape ? " . " : "",
                    *c == 'a'   ? family->type
                    : *c == 'p' ? "inet_service"
                                : "inet_proto");
        fprintf(out,
                "\n        flags timeout\n        timeout %us\n        comment \"held: %s\"\n"
                "    }\n\n",
                (unsigned)draft->config->inspectd.gate.hold_seconds,
                sets[i / DRAFT_FAMILIES].comment);
    }
}

static void put_head(FILE *out, const char *kind, const char *name, const char *type,
                     const char *comment)
{
    fprintf(out,
            "    %s %s {\n        type %s\n        flags interval\n        comment \"%s\"\n"
            "        elements = {\n",
            kind, name, type, comment);
}

static void end_set(FILE *out)
{
    fprintf(out, "        }\n    }\n\n");
}

/* A map of clients leads each to its group's chain. */
static void put_clients(const struct draft *draft, int family, const struct range *ranges,
                        size_t count, FILE *out)
{
    char name[NAME_SIZE], type[NAME_SIZE], text[RANGE_TEXT_SIZE];

    snprintf(name, sizeof name, "clients%c", set_families[family].digit);
    snprintf(type, sizeof type, "%s : verdict", set_families[family].type);
    put_head(out, "map", name, type, "who is in which group");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "            %s : jump group_%s,\n", range_text(&ranges[i], text),
                draft->groups[ranges[i].answer - 1].name);
    end_set(out);
}

/* Those with that answer; false: there are none. */
static bool put_set(const char *name, const char *comment, int family, const struct range *ranges,
                    size_t count, uint32_t answer, FILE *out)
{
    char text[RANGE_TEXT_SIZE];
    size_t first = 0;

    while (first < count && ranges[first].answer != answer)
        first++;
    if (first == count)
        return false;
    put_head(out, "set", name, set_families[family].type, comment);
    for (size_t i = first; i < count; i++)
        if (ranges[i].answer == answer)
            fprintf(out, "            %s,\n", range_text(&ranges[i], text));
    end_set(out);
    return true;
}

static enum status put_list(const struct draft *draft, enum draft_list list, int family, FILE *out,
                            bool *is_there)
{
    static const struct {
        const char *name, *comment;
    } texts[DRAFT_LISTS] = {
        [DRAFT_WATCHED] = {"watched", "clients of any group"},
        [DRAFT_LED] = {"led", "clients whose plain DNS goes to dnsd"},
        [DRAFT_RESOLVERS] = {"resolvers", "may be asked by plain DNS: the agency's own, and dnsd"},
    };
    struct range *ranges;
    size_t count;
    char name[NAME_SIZE];
    enum status status = draft_ranges(draft, list, family, &ranges, &count);

    if (status != STATUS_OK)
        return status;
    if (list == DRAFT_CLIENTS) {
        *is_there = count > 0;
        if (count > 0)
            put_clients(draft, family, ranges, count, out);
    } else {
        snprintf(name, sizeof name, "%s%c", texts[list].name, set_families[family].digit);
        *is_there = put_set(name, texts[list].comment, family, ranges, count, 1, out);
    }
    free(ranges);
    return STATUS_OK;
}

static enum status put_group(const struct draft *draft, uint16_t group, int family, FILE *out,
                             struct sets *sets)
{
    struct range *ranges;
    size_t count;
    char name[NAME_SIZE];
    enum status status = draft_servers(draft, group, family, &ranges, &count);

    if (status != STATUS_OK)
        return status;
    snprintf(name, sizeof name, "listed%c_%s", set_families[family].digit,
             draft->groups[group].name);
    sets->groups[group].has_listed[family] =
        put_set(name, "addresses on lists of the group", family, ranges, count, DRAFT_LISTED, out);
    if (draft->holds) {
        snprintf(name, sizeof name, "spared%c_%s", set_families[family].digit,
                 draft->groups[group].name);
        sets->groups[group].has_spared[family] =
            put_set(name, "on lists of other groups; free for this one", family, ranges, count,
                    DRAFT_SPARED, out);
    }
    free(ranges);
    return STATUS_OK;
}

static bool wants(const struct draft *draft, enum draft_list list)
{
    switch (list) {
    case DRAFT_WATCHED:
        return draft->is_inline;
    case DRAFT_LED:
    case DRAFT_RESOLVERS:
        return draft->config->inspectd.gate.redirect_dns;
    default:
        return true;
    }
}

enum status sets_write(const struct draft *draft, FILE *out, struct sets *sets)
{
    const struct config_gate *gate = &draft->config->inspectd.gate;
    enum status status = STATUS_OK;

    *sets = (struct sets){0};
    put_interfaces(out, "inside", gate->inside, gate->inside_count);
    put_interfaces(out, "outside", gate->outside, gate->outside_count);
    if (draft->holds)
        put_held(draft, out);
    for (int i = 0; status == STATUS_OK && i < DRAFT_LISTS * DRAFT_FAMILIES; i++) {
        enum draft_list list = i / DRAFT_FAMILIES;
        int family = i % DRAFT_FAMILIES;
        if (wants(draft, list))
            status = put_list(draft, list, family, out, &sets->has[list][family]);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < draft->group_count * DRAFT_FAMILIES; i++) {
        uint16_t group = (uint16_t)(i / DRAFT_FAMILIES);
        if (draft->groups[group].enforces)
            status = put_group(draft, group, (int)(i % DRAFT_FAMILIES), out, sets);
    }
    return status;
}
