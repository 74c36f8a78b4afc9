/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sources - one struct policy_source and all it points to.
 */
#include "config/sources.h"
#include "config/check.h"

#include <stdio.h>
#include <stdlib.h>

/* Configured names and prefixes, stub zones, the root's, and every address of the configuration. */
enum {
    NAMES_MOST = PROTECT_MOST + STUBS_MOST + 1,
    PREFIXES_MOST = PROTECT_MOST + LISTEN_MOST + SINKHOLES_MOST + 2 * UPSTREAMS_MOST +
                    STUBS_MOST * STUB_SERVERS_MOST
};

struct config_policy {
    struct policy_source source;
    char file[PROBLEM_FILE];
};

const struct policy_source *config_policy_source(const struct config_policy *policy)
{
    return &policy->source;
}

void config_policy_free(struct config_policy *policy)
{
    if (policy == NULL)
        return;
    struct policy_source *s = &policy->source;
    for (size_t i = 0; i < s->group_count; i++) {
        free(s->groups[i].clients);
        free(s->groups[i].lists);
    }
    free(s->groups);
    free(s->lists);
    free(s->protected_names);
    free(s->protected_prefixes);
    free(policy);
}

void config_policy_set_today(struct config_policy *policy, clock_us wall)
{
    policy->source.today = clock_date(wall);
}

enum status config_policy_accept_change(struct config_policy *policy, const char *id)
{
    for (size_t i = 0; i < policy->source.list_count; i++)
        if (strcmp(policy->source.lists[i].id, id) == 0) {
            policy->source.lists[i].accept_change = true;
            return STATUS_OK;
        }
    return STATUS_NOT_FOUND;
}

static void add_list(struct policy_source *source, const struct list_written *written)
{
    struct list_source *list = &source->lists[source->list_count++];
    *list = written->source;
    list->line = written->at.line;
    snprintf(list->format, sizeof list->format, "%s", list_format_words[written->format]);
    if (written->format == LIST_YAML)
        return; /* its own file says the rest */
    if (list->title[0] == 0)
        snprintf(list->title, sizeof list->title, "%s", list->id);
    if (list->app[0] == 0)
        snprintf(list->app, sizeof list->app, "%s", list->title);
    if (list->action == ACTION_PASS)
        list->action = ACTION_SINKHOLE;
    if (list->evidence == EVIDENCE_NONE)
        list->evidence = EVIDENCE_VISITED;
}

/* False: no memory. Ids were checked, so each is found. */
static bool add_group(struct policy_source *source, const struct group_written *written)
{
    struct group_source *group = &source->groups[source->group_count++];
    *group = (struct group_source){
        .clients = malloc((written->client_count + 1) * sizeof *group->clients),
        .client_count = written->client_count,
        .lists = malloc((written->list_count + 1) * sizeof *group->lists),
        .observe_only = written->mode != 0,
        .remove_ech = written->remove_ech,
        .strict = written->strict,
        .line = written->at.line,
    };
    if (group->clients == NULL || group->lists == NULL)
        return false;
    memcpy(group->id, written->id, sizeof group->id);
    memcpy(group->clients, written->clients, written->client_count * sizeof *group->clients);
    for (uint32_t i = 0; i < written->list_count; i++)
        for (size_t j = 0; j < source->list_count; j++)
            if (strcmp(source->lists[j].id, written->lists[i]) == 0) {
                group->lists[group->list_count++] = (uint16_t)j;
                break;
            }
    return true;
}

/* The wildcard addresses stand for all of ours, and are nobody's. */
static void protect_address(struct policy_source *source, const struct address *address)
{
    static const struct address any4 = {{[10] = 0xff, 0xff}}, any6 = {{0}};
    if (!address_equal(address, &any4) && !address_equal(address, &any6))
        source->protected_prefixes[source->protected_prefix_count++] =
            (struct prefix){*address, 128};
}

static void protect_endpoints(struct policy_source *source, const struct endpoint *endpoints,
                              uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        protect_address(source, &endpoints[i].address);
}

static bool add_protection(struct policy_source *source, const struct written *w)
{
    const struct config *c = &w->config;
    source->protected_names = malloc(NAMES_MOST * sizeof *source->protected_names);
    source->protected_prefixes = malloc(PREFIXES_MOST * sizeof *source->protected_prefixes);
    if (source->protected_names == NULL || source->protected_prefixes == NULL)
        return false;

    struct name *names = source->protected_names;
    size_t n = w->protected_name_count;
    memcpy(names, w->protected_names, n * sizeof *names);
    for (uint32_t i = 0; i < c->dnsd.stub_count; i++)
        names[n++] = c->dnsd.stubs[i].zone;
    /* The root itself needs no entry: everything is below it, and a rule for it is refused as one
     * for a public suffix. */
    if (name_parse("root-servers.net", &names[n]) == STATUS_OK)
        n++;
    source->protected_name_count = n;

    source->protected_prefix_count = w->config.protect_count;
    memcpy(source->protected_prefixes, w->config.protect,
           w->config.protect_count * sizeof(struct prefix));
    protect_endpoints(source, c->dnsd.listen, c->dnsd.listen_count);
    protect_endpoints(source, c->dnsd.forward_to, c->dnsd.forward_count);
    protect_endpoints(source, c->dnsd.recurse_via, c->dnsd.recurse_via_count);
    for (uint32_t i = 0; i < c->dnsd.stub_count; i++)
        protect_endpoints(source, c->dnsd.stubs[i].servers, c->dnsd.stubs[i].server_count);
    for (uint32_t i = 0; i < c->dnsd.sinkhole_count; i++)
        protect_address(source, &c->dnsd.sinkhole[i]);
    return true;
}

enum status sources_make(const struct written *written, struct config_policy **out)
{
    enum status status = STATUS_NO_MEMORY;
    struct config_policy *policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return status;
    struct policy_source *source = &policy->source;

    check_lists(written);
    check_groups(written);
    snprintf(policy->file, sizeof policy->file, "%s", written->file);
    source->config_file = policy->file;
    source->max_change_percent = written->max_change;
    source->lists = calloc(written->list_count + 1, sizeof *source->lists);
    source->groups = calloc(written->group_count + 1, sizeof *source->groups);
    if (source->lists == NULL || source->groups == NULL)
        goto done;
    for (size_t i = 0; i < written->list_count; i++)
        add_list(source, &written->lists[i]);
    for (size_t i = 0; i < written->group_count; i++)
        if (!add_group(source, written->groups[i]))
            goto done;
    if (!add_protection(source, written))
        goto done;
    status = STATUS_OK;
    *out = policy;
    policy = NULL;
done:
    config_policy_free(policy);
    return status;
}
