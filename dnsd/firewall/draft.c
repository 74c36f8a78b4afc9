/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * draft - the brain asked once for each piece.
 */
#include "firewall/draft.h"

#include "policy/decide.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHOLE_ADDRESS = 128, NAT64_BITS = 96 };

/* As nft reads a word; compile takes no other ids, an image from elsewhere might have some. */
static bool is_word(const char *id)
{
    size_t length = strlen(id);
    return length > 0 && length < LIST_ID_SIZE &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

static struct verdict ask_protocol(const struct policy *policy, uint16_t group,
                                   enum protocol protocol)
{
    return decide(policy, &(struct subject){.group = group, .protocol = protocol});
}

static bool blocks_address(const struct policy *policy, uint16_t group,
                           const struct address *address)
{
    return action_blocks(
        decide(policy, &(struct subject){.group = group, .destination = address}).action);
}

static void draft_one(const struct policy *policy, uint16_t group, struct draft_group *out)
{
    const struct group_view view = policy_group(policy, group);
    const struct verdict dns = ask_protocol(policy, group, PROTOCOL_DNS);

    if (is_word(view.id))
        snprintf(out->name, sizeof out->name, "%s", view.id);
    else
        snprintf(out->name, sizeof out->name, "_%u", (unsigned)group);
    out->enforces = !view.observe_only;
    out->blocks_dot = action_blocks(ask_protocol(policy, group, PROTOCOL_DOT).action);
    out->blocks_doq = action_blocks(ask_protocol(policy, group, PROTOCOL_DOQ).action);
    out->blocks_dns = action_blocks(dns.action);
    out->is_led = out->enforces && dns.rule != RULE_NONE && dns.wanted != ACTION_ALLOW;
}

static struct prefix behind_nat64(const struct prefix *ipv4)
{
    struct prefix prefix = {{{0, 0x64, 0xff, 0x9b}}, ipv4->bits};
    memcpy(prefix.base.bytes + NAT64_BITS / 8, ipv4->base.bytes + NAT64_BITS / 8, 4);
    return prefix;
}

static enum status gather_prefixes(struct draft *draft)
{
    const struct policy *policy = draft->policy;
    const struct config *config = draft->config;
    struct prefix prefix;
    uint32_t clients = 0;

    while (policy_client_prefix(policy, clients, &prefix))
        clients++;
    draft->clients = calloc(clients + 1, sizeof prefix);
    draft->addresses = calloc(2 * (size_t)policy_facts(policy).addresses + 1, sizeof prefix);
    draft->resolvers = calloc(ALLOW_MOST + LISTEN_MOST, sizeof prefix);
    if (draft->clients == NULL || draft->addresses == NULL || draft->resolvers == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t n = 0; policy_client_prefix(policy, n, &prefix); n++)
        draft->clients[draft->client_count++] = prefix;
    for (uint32_t n = 0; policy_address_prefix(policy, n, &prefix); n++) {
        draft->addresses[draft->address_count++] = prefix;
        if (address_is_ipv4(&prefix.base) && prefix.bits >= NAT64_BITS)
            draft->addresses[draft->address_count++] = behind_nat64(&prefix);
    }
    for (uint32_t i = 0; i < config->inspectd.resolver_count; i++)
        draft->resolvers[draft->resolver_count++] = config->inspectd.resolvers[i];
    for (uint32_t i = 0; i < config->dnsd.listen_count; i++)
        if (!endpoint_is_any(&config->dnsd.listen[i]))
            draft->resolvers[draft->resolver_count++] =
                (struct prefix){config->dnsd.listen[i].address, WHOLE_ADDRESS};
    return STATUS_OK;
}

static uint32_t ask_anywhere(void *owner, const struct address *address)
{
    const struct draft *draft = owner;

    for (uint32_t group = 0; group < draft->group_count; group++)
        if (blocks_address(draft->policy, (uint16_t)group, address))
            return DRAFT_LISTED;
    return RANGE_NOTHING;
}

enum status draft_open(const struct config *config, const struct policy *policy, struct draft *out)
{
    *out = (struct draft){.config = config,
                          .policy = policy,
                          .is_inline = config->inspectd.mode == INSPECT_INLINE,
                          .holds = config->inspectd.mode != INSPECT_WATCH,
                          .group_count = policy_facts(policy).groups,
                          .dnsd = {config_led_to(config, false), config_led_to(config, true)}};
    out->groups = calloc(out->group_count + 1, sizeof *out->groups);
    enum status status = out->groups == NULL ? STATUS_NO_MEMORY : gather_prefixes(out);
    for (uint32_t group = 0; status == STATUS_OK && group < out->group_count; group++)
        draft_one(policy, (uint16_t)group, &out->groups[group]);
    for (int family = 0; status == STATUS_OK && family < DRAFT_FAMILIES; family++)
        status = ranges_make(out->addresses, out->address_count, family == DRAFT_IPV6, ask_anywhere,
                             out, &out->anywhere[family], &out->anywhere_count[family]);
    if (status != STATUS_OK)
        draft_close(out);
    return status;
}

void draft_close(struct draft *draft)
{
    for (int family = 0; family < DRAFT_FAMILIES; family++)
        free(draft->anywhere[family]);
    free(draft->clients);
    free(draft->addresses);
    free(draft->resolvers);
    free(draft->groups);
    *draft = (struct draft){0};
}

static uint32_t ask_client(void *owner, const struct address *address)
{
    const struct draft *draft = owner;
    uint16_t group = policy_group_of(draft->policy, address);
    return group < draft->group_count ? group + UINT32_C(1) : RANGE_NOTHING;
}

static uint32_t ask_watched(void *owner, const struct address *address)
{
    return ask_client(owner, address) != RANGE_NOTHING;
}

static uint32_t ask_led(void *owner, const struct address *address)
{
    const struct draft *draft = owner;
    uint32_t answer = ask_client(owner, address);
    return answer != RANGE_NOTHING && draft->groups[answer - 1].is_led;
}

static uint32_t ask_resolver(void *owner, const struct address *address)
{
    const struct draft *draft = owner;

    for (size_t i = 0; i < draft->resolver_count; i++)
        if (prefix_holds(&draft->resolvers[i], address))
            return 1;
    return RANGE_NOTHING;
}

enum status draft_ranges(const struct draft *draft, enum draft_list list, enum draft_family family,
                         struct range **out, size_t *count)
{
    static uint32_t (*const asks[DRAFT_LISTS])(void *, const struct address *) = {
        [DRAFT_CLIENTS] = ask_client,
        [DRAFT_WATCHED] = ask_watched,
        [DRAFT_LED] = ask_led,
        [DRAFT_RESOLVERS] = ask_resolver,
    };
    bool resolvers = list == DRAFT_RESOLVERS;

    return ranges_make(resolvers ? draft->resolvers : draft->clients,
                       resolvers ? draft->resolver_count : draft->client_count,
                       family == DRAFT_IPV6, asks[list], (void *)(uintptr_t)draft, out, count);
}

struct question {
    const struct draft *draft;
    uint16_t group;
    const struct range *anywhere, *end; /* of those from the address last asked about on */
};

/* ranges_make() asks in the order of addresses, so one walk along `anywhere` does. */
static uint32_t ask_server(void *owner, const struct address *address)
{
    struct question *question = owner;

    if (blocks_address(question->draft->policy, question->group, address))
        return DRAFT_LISTED;
    while (question->anywhere < question->end &&
           memcmp(&question->anywhere->last, address, sizeof *address) < 0)
        question->anywhere++;
    if (question->anywhere < question->end &&
        memcmp(&question->anywhere->first, address, sizeof *address) <= 0)
        return DRAFT_SPARED;
    return RANGE_NOTHING;
}

enum status draft_servers(const struct draft *draft, uint16_t group, enum draft_family family,
                          struct range **out, size_t *count)
{
    struct question question = {draft, group, draft->anywhere[family],
                                draft->anywhere[family] + draft->anywhere_count[family]};
    return ranges_make(draft->addresses, draft->address_count, family == DRAFT_IPV6, ask_server,
                       &question, out, count);
}
