/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_devices - devices with their addresses; lists with their rules and how often each was hit.
 */
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DEVICES_MOST = 200,
    DEVICES_USUAL = 50,
    SKIP_MOST = 1000000,
    HITS_MOST = 1000000,
    RULES_MOST = 5000, /* of one answer */
    SOON_DAYS = 30
};

/* Devices. */

static void show_seen(struct json *json, const struct device_seen *seen)
{
    device_json(json, seen);
    json_time(json, "first", seen->first);
    json_time(json, "last", seen->last);
    json_number(json, "attempts", seen->attempts);
    json_number(json, "stopped", seen->stopped);
}

struct listing {
    struct web *web;
    struct json *json;
    uint64_t count, most;
};

/* One more than is shown is asked for: whether there are more. */
static bool on_device(void *owner, const struct device_seen *seen)
{
    struct listing *listing = owner;

    if (listing->count++ == listing->most)
        return false;
    json_open_object(listing->json, NULL);
    show_seen(listing->json, seen);
    json_number(listing->json, "incidents", seen->incidents);
    json_close_object(listing->json);
    return true;
}

static void run_devices(struct request *request)
{
    struct listing listing = {.web = request->web};
    char why[FILTER_WHY_SIZE];
    struct summary *summary;
    uint64_t skip;

    if (!filter_number(&request->query, "skip", 0, SKIP_MOST, 0, &skip, why) ||
        !filter_number(&request->query, "most", 1, DEVICES_MOST, DEVICES_USUAL, &listing.most,
                       why)) {
        reply_filter(request, why);
        return;
    }
    if (!web_need_summary(request, &summary))
        return;
    struct json *json = listing.json = json_new();
    json_open_object(json, NULL);
    json_open_list(json, "devices");
    enum status status =
        summary_devices(summary, request_query(request, "q"), (uint32_t)skip, on_device, &listing);
    json_close_list(json);
    json_bool(json, "more", listing.count > listing.most);
    json_close_object(json);
    reply_or_busy(request, status == STATUS_OK, json);
}

static bool on_address(void *owner, const struct device_address *address)
{
    struct json *json = owner;

    json_open_object(json, NULL);
    json_address(json, "address", &address->address);
    json_time(json, "first", address->first);
    json_time(json, "last", address->last);
    json_number(json, "rows", address->rows);
    json_close_object(json);
    return true;
}

static bool on_incident(void *owner, const struct incident *incident)
{
    struct listing *listing = owner;

    json_open_object(listing->json, NULL);
    show_incident(listing->json, listing->web, incident);
    json_close_object(listing->json);
    return ++listing->count < DEVICES_MOST;
}

static void run_device(struct request *request)
{
    struct listing listing = {.web = request->web};
    enum status status = STATUS_NOT_FOUND;
    struct device_seen seen;
    struct summary *summary;
    uint64_t number;

    if (!web_need_summary(request, &summary))
        return;
    if (number_read(request_part(request, 0), &number) && number > 0)
        status = summary_device(summary, number, &seen);
    if (status == STATUS_NOT_FOUND) {
        reply_error(request, 404, "not-found", "there is no device of this number");
        return;
    }
    struct json *json = listing.json = json_new();
    json_open_object(json, NULL);
    if (status == STATUS_OK)
        show_seen(json, &seen);
    json_open_list(json, "addresses");
    if (status == STATUS_OK)
        status = summary_device_addresses(summary, number, on_address, json);
    json_close_list(json);
    json_open_list(json, "incidents");
    if (status == STATUS_OK)
        status = summary_incidents(summary, 0, number, on_incident, &listing);
    json_close_list(json);
    json_close_object(json);
    reply_or_busy(request, status == STATUS_OK, json);
}

/* Lists. */

/* Hits of the rules of one list, in order of their lines. */
struct hit {
    uint32_t line;
    uint64_t rows, stopped;
    clock_us first, last;
};

struct list_hits {
    struct hit *at;
    size_t count, room;
    bool failed;
    uint64_t rows, stopped;
    clock_us last;
    /* Of the rules that there are. */
    uint32_t never_hit, actions[ACTION_COUNT], evidences[EVIDENCE_COUNT];
};

static int by_line(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    return x->line < y->line ? -1 : x->line > y->line;
}

static bool on_hits(void *owner, const struct rule_hits *hits)
{
    struct list_hits *all = owner;
    const char *colon = strrchr(hits->rule, ':');
    uint64_t line = 0;

    all->rows += hits->rows;
    all->stopped += hits->stopped;
    if (hits->last > all->last)
        all->last = hits->last;
    if (colon == NULL || !number_read(colon + 1, &line) || line > UINT32_MAX)
        return true;
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 64 : all->room * 2;
        struct hit *at = realloc(all->at, room * sizeof *at);
        if (at == NULL) {
            all->failed = true;
            return false;
        }
        all->at = at;
        all->room = room;
    }
    all->at[all->count++] =
        (struct hit){(uint32_t)line, hits->rows, hits->stopped, hits->first, hits->last};
    return all->count < HITS_MOST;
}

static bool read_hits(struct web *web, const char *list, struct list_hits *out)
{
    struct summary *summary;
    enum status status = web_summary(web, &summary);

    *out = (struct list_hits){.at = NULL};
    if (status == STATUS_OK)
        status = summary_hits(summary, list, on_hits, out);
    if (out->count > 0)
        qsort(out->at, out->count, sizeof out->at[0], by_line);
    return !out->failed && (status == STATUS_OK || status == STATUS_AGAIN);
}

static const struct hit *hit_of(const struct list_hits *hits, uint32_t line)
{
    const struct hit wanted = {.line = line};
    return hits->count == 0 ? NULL
                            : bsearch(&wanted, hits->at, hits->count, sizeof wanted, by_line);
}

struct counting {
    const struct policy *policy;
    struct list_hits *lists; /* by their numbers */
    uint32_t count;
};

static void count_rule(void *owner, uint32_t number, uint16_t list)
{
    const struct counting *counting = owner;
    struct rule_view rule;

    if (list >= counting->count || !policy_rule(counting->policy, number, &rule) || rule.exception)
        return;
    struct list_hits *hits = &counting->lists[list];
    hits->actions[rule.action < ACTION_COUNT ? rule.action : 0]++;
    hits->evidences[rule.evidence < EVIDENCE_COUNT ? rule.evidence : 0]++;
    hits->never_hit += hit_of(hits, rule.line) == NULL;
}

/* What most of its rules say. */
static const char *usual(const uint32_t *counts, size_t count, const char *const *words)
{
    size_t most = 0;
    for (size_t i = 1; i < count; i++)
        if (counts[i] > counts[most])
            most = i;
    return words[most];
}

static const char *review_of(uint32_t review_by, clock_us now)
{
    if (review_by == 0)
        return "none";
    if (review_by < clock_date(now))
        return "past";
    return review_by <= clock_date(now + SOON_DAYS * UINT64_C(86400000000)) ? "soon" : "fine";
}

static void show_list(struct json *json, const struct list_view *list, const struct list_hits *hits,
                      clock_us now)
{
    char date[16];

    json_text(json, "list", list->id);
    json_text(json, "title", list->title);
    json_text(json, "app", list->app);
    json_text(json, "authority", list->authority);
    json_text(json, "reference", list->reference);
    json_text(json, "owner", list->owner);
    json_text(json, "ticket", list->ticket);
    json_number(json, "serial", list->serial);
    snprintf(date, sizeof date, "%04u-%02u-%02u", list->review_by / 10000 % 10000,
             list->review_by / 100 % 100, list->review_by % 100);
    json_text(json, "review_by", list->review_by == 0 ? NULL : date);
    json_text(json, "review", review_of(list->review_by, now));
    json_text(json, "action", usual(hits->actions, ACTION_COUNT, action_words));
    json_text(json, "evidence", usual(hits->evidences, EVIDENCE_COUNT, evidence_words));
    json_number(json, "rules", list->rules);
    json_number(json, "never_hit", hits->never_hit);
    json_number(json, "rows", hits->rows);
    json_number(json, "stopped", hits->stopped);
    json_time(json, "last", hits->last);
}

/* All lists of the policy; NULL: they cannot be read now. */
static struct list_hits *count_lists(struct web *web, uint32_t count)
{
    struct list_hits *lists = calloc(count + 1, sizeof *lists);
    bool good = lists != NULL;

    for (uint32_t i = 0; good && i < count; i++)
        good = read_hits(web, policy_list(web->policy, (uint16_t)i).id, &lists[i]);
    if (good && web->policy != NULL) {
        struct counting counting = {web->policy, lists, count};
        policy_rules(web->policy, count_rule, &counting);
    }
    for (uint32_t i = 0; !good && lists != NULL && i < count; i++)
        free(lists[i].at);
    if (good)
        return lists;
    free(lists);
    return NULL;
}

static void free_lists(struct list_hits *lists, uint32_t count)
{
    for (uint32_t i = 0; lists != NULL && i < count; i++)
        free(lists[i].at);
    free(lists);
}

static uint32_t list_count(const struct web *web)
{
    return web->policy == NULL ? 0 : policy_facts(web->policy).lists;
}

static void run_lists(struct request *request)
{
    struct web *web = request->web;
    uint32_t count = list_count(web);
    struct list_hits *lists = count_lists(web, count);
    struct json *json = json_new();

    json_open_object(json, NULL);
    json_open_list(json, "lists");
    for (uint32_t i = 0; lists != NULL && i < count; i++) {
        const struct list_view list = policy_list(web->policy, (uint16_t)i);
        json_open_object(json, NULL);
        show_list(json, &list, &lists[i], request->now);
        json_close_object(json);
    }
    json_close_list(json);
    json_number(json, "generation", web->policy_generation);
    json_bool(json, "known", web->policy != NULL);
    json_close_object(json);
    reply_or_busy(request, lists != NULL, json);
    free_lists(lists, count);
}

static const char *const kind_words[] = {[RULE_DOMAIN] = "domain",
                                         [RULE_NAME] = "name",
                                         [RULE_ADDRESS] = "address",
                                         [RULE_PROTOCOL] = "protocol"};

struct ruling {
    const struct policy *policy;
    uint16_t list;
    uint32_t *numbers; /* of its rules, to be put in order */
    size_t count, room;
};

static void take_rule(void *owner, uint32_t number, uint16_t list)
{
    struct ruling *ruling = owner;
    struct rule_view rule;

    if (list != ruling->list || ruling->count == ruling->room ||
        !policy_rule(ruling->policy, number, &rule))
        return;
    ruling->numbers[2 * ruling->count] = rule.line;
    ruling->numbers[2 * ruling->count++ + 1] = number;
}

static int by_pair(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : x[1] < y[1] ? -1 : x[1] > y[1];
}

static void show_rule(struct json *json, const struct ruling *ruling, const char *id,
                      uint32_t number, const struct list_hits *hits)
{
    char text[NAME_TEXT_SIZE], name[CONFIG_WORD_SIZE + 16];
    struct rule_view rule;

    if (!policy_rule(ruling->policy, number, &rule))
        return;
    const struct hit *hit = hit_of(hits, rule.line);
    snprintf(name, sizeof name, "%s:%u", id, rule.line);
    json_open_object(json, NULL);
    json_text(json, "rule", name);
    json_text(json, "kind", kind_words[rule.kind]);
    json_text(json, "value", policy_rule_text(ruling->policy, number, text));
    json_text(json, "action", rule.exception ? "allow" : action_words[rule.action]);
    json_text(json, "evidence", evidence_words[rule.evidence]);
    json_bool(json, "exception", rule.exception);
    json_text(json, "note", rule.note);
    json_text(json, "ticket", rule.ticket);
    json_number(json, "line", rule.line);
    json_number(json, "rows", hit == NULL ? 0 : hit->rows);
    json_number(json, "stopped", hit == NULL ? 0 : hit->stopped);
    json_time(json, "first", hit == NULL ? 0 : hit->first);
    json_time(json, "last", hit == NULL ? 0 : hit->last);
    json_close_object(json);
}

/* By line, behind the first `skip`. */
static void show_rules(struct json *json, const struct web *web, uint16_t number,
                       const struct list_hits *hits, uint64_t skip)
{
    const struct list_view list = policy_list(web->policy, number);
    struct ruling ruling = {.policy = web->policy, .list = number};

    ruling.room = policy_facts(web->policy).rules;
    ruling.numbers = calloc(ruling.room + 1, 2 * sizeof(uint32_t));
    if (ruling.numbers != NULL) {
        policy_rules(web->policy, take_rule, &ruling);
        qsort(ruling.numbers, ruling.count, 2 * sizeof(uint32_t), by_pair);
    }
    json_open_list(json, "rules_list");
    for (size_t i = skip; i < ruling.count && i < skip + RULES_MOST; i++)
        show_rule(json, &ruling, list.id, ruling.numbers[2 * i + 1], hits);
    json_close_list(json);
    json_bool(json, "more", ruling.count > skip + RULES_MOST);
    free(ruling.numbers);
}

static void run_one_list(struct request *request)
{
    struct web *web = request->web;
    uint32_t count = list_count(web);
    char why[FILTER_WHY_SIZE];
    uint64_t skip;
    uint16_t number;

    if (!filter_number(&request->query, "skip", 0, SKIP_MOST, 0, &skip, why)) {
        reply_filter(request, why);
        return;
    }
    if (web->policy == NULL ||
        policy_find_list(web->policy, request_part(request, 0), &number) != STATUS_OK) {
        reply_error(request, 404, "not-found", "the policy has no list of this name");
        return;
    }
    const struct list_view list = policy_list(web->policy, number);
    struct list_hits *lists = count_lists(web, count);
    struct json *json = json_new();
    json_open_object(json, NULL);
    if (lists != NULL) {
        show_list(json, &list, &lists[number], request->now);
        show_rules(json, web, number, &lists[number], skip);
    }
    json_close_object(json);
    reply_or_busy(request, lists != NULL, json);
    free_lists(lists, count);
}

const struct route device_routes[] = {
    {METHOD_GET, "/api/devices", PERMISSION_VIEWER, run_devices, false},
    {METHOD_GET, "/api/devices/{number}", PERMISSION_VIEWER, run_device, false},
    {METHOD_GET, "/api/lists", PERMISSION_VIEWER, run_lists, false},
    {METHOD_GET, "/api/lists/{list}", PERMISSION_VIEWER, run_one_list, false},
    {.path = NULL},
};
