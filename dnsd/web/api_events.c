/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_events - rows, and of one row why it was decided so.
 */
#include "web/request.h"

#include "events/fields.h"
#include "view/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MOST = 500, PAGE_USUAL = 100, PATIENCE_MS = 200, TEXT_SIZE = 1024, CURSOR_SIZE = 64 };

/* A device that is 0, or is not known any more, is none. */
static void show_device_of(struct json *json, struct web *web, uint64_t number)
{
    struct device_seen seen;
    struct summary *summary;

    if (number == 0 || web_summary(web, &summary) != STATUS_OK ||
        summary_device(summary, number, &seen) != STATUS_OK) {
        json_nothing(json, "device");
        return;
    }
    json_open_object(json, "device");
    device_json(json, &seen);
    json_close_object(json);
}

static void show_side(struct json *json, const char *key, const char *port_key, bool has,
                      const struct address *address, uint16_t port)
{
    if (!has) {
        json_text(json, key, "");
        json_number(json, port_key, 0);
        return;
    }
    json_address(json, key, address);
    json_number(json, port_key, port);
}

static void show_known(struct json *json, const char *key, struct span text)
{
    if (text.length > 0)
        json_span(json, key, text);
}

void show_row(struct json *json, struct web *web, const struct row *row)
{
    json_number(json, "source", row->source);
    json_number(json, "sequence", row->sequence);
    json_time(json, "at", row->at);
    json_text(json, "kind", row_kind_word(row->kind));
    for (size_t i = 0; i < WORD_COUNT; i++)
        json_span(json, word_names[i], row->word[i]);
    show_side(json, "client", "client_port", row->has_client, &row->client, row->client_port);
    show_side(json, "server", "server_port", row->has_server, &row->server, row->server_port);
    json_span(json, "name", row->name);
    json_span(json, "reason", row->reason);
    json_number(json, "severity", row->severity);
    json_bool(json, "stopped", row->stopped);
    show_device_of(json, web, row->device);
    show_known(json, "authority", row->authority);
    show_known(json, "ticket", row->ticket);
    show_known(json, "rule_source", row->rule_source);
}

/* A page of them. */

struct listing {
    struct web *web;
    struct json *json;
    struct store_place last;
    uint64_t count;
};

static bool on_row(void *owner, const struct row *row)
{
    struct listing *listing = owner;

    json_open_object(listing->json, NULL);
    show_row(listing->json, listing->web, row);
    json_close_object(listing->json);
    listing->last = (struct store_place){row->at, row->source, row->sequence};
    listing->count++;
    return true;
}

static void show_next(struct json *json, bool has, const struct store_place *place)
{
    char text[CURSOR_SIZE];

    snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu32 ".%" PRIu64, place->at, place->source,
             place->sequence);
    json_text(json, "next", has ? text : NULL);
}

static bool read_page(struct request *request, struct store_page *out)
{
    static const char *const orders[] = {"newest", "oldest", NULL};
    char why[FILTER_WHY_SIZE];
    uint64_t most;
    int order;

    *out = (struct store_page){.patience_ms = PATIENCE_MS};
    if (!filter_place(&request->query, &out->has_after, &out->after, why) ||
        !filter_number(&request->query, "most", 1, PAGE_MOST, PAGE_USUAL, &most, why) ||
        !filter_word(&request->query, "order", orders, 0, &order, why)) {
        reply_filter(request, why);
        return false;
    }
    out->most = (uint32_t)most;
    out->oldest_first = order == 1;
    return true;
}

static void run_events(struct request *request)
{
    struct listing listing = {.web = request->web};
    struct store_paged paged = {.complete = false};
    struct store_filter filter;
    struct store_page page;
    struct store *store;

    if (!request_filter(request, 0, &filter) || !read_page(request, &page) ||
        !web_need_store(request, &store))
        return;
    struct json *json = listing.json = json_new();
    json_open_object(json, NULL);
    json_open_list(json, "rows");
    enum status status = store_page(store, &filter, &page, on_row, &listing, &paged);
    json_close_list(json);
    bool is_full = listing.count >= page.most;
    const struct store_place *reached = is_full ? &listing.last : &paged.reached;
    show_next(json, is_full || !paged.complete, reached);
    json_bool(json, "complete", is_full || paged.complete);
    json_time(json, "reached", reached->at);
    json_close_object(json);
    reply_or_busy(request, status == STATUS_OK, json);
}

/* One of them, and why. */

enum said {
    SAID_RULE,
    SAID_NAME,
    SAID_LIST,
    SAID_REFERENCE,
    SAID_SERIAL,
    SAID_AUTHORITY,
    SAID_TICKET,
    SAID_SOURCE,
    SAID_GROUP,
    SAID_ACTION,
    SAID_COUNT
};
static const char *const said_paths[] = {
    [SAID_RULE] = "rule.id",        [SAID_NAME] = "rule.name",
    [SAID_LIST] = "rule.ruleset",   [SAID_REFERENCE] = "rule.reference",
    [SAID_SERIAL] = "rule.version", [SAID_AUTHORITY] = "ponor.authority",
    [SAID_TICKET] = "ponor.ticket", [SAID_SOURCE] = "ponor.source",
    [SAID_GROUP] = "ponor.group",   [SAID_ACTION] = "ponor.action",
};

static struct span text_of(const struct field *field)
{
    return field->kind == FIELD_TEXT ? field->text : (struct span){0};
}

/* What our policy says of it now. */
struct now_known {
    const struct policy *policy;
    bool has_list, has_rule;
    uint16_t list_number;
    uint32_t line; /* of the rule to find */
    struct list_view list;
    struct rule_view rule;
};

static void on_rule(void *owner, uint32_t number, uint16_t list)
{
    struct now_known *now = owner;
    struct rule_view rule;

    if (now->has_rule || list != now->list_number || !policy_rule(now->policy, number, &rule) ||
        rule.line != now->line)
        return;
    now->rule = rule;
    now->has_rule = true;
}

/* The number behind the last colon: a rule's line. */
static uint32_t line_of(struct span text)
{
    const uint8_t *colon = text.length == 0 ? NULL : memrchr(text.at, ':', text.length);
    char digits[16] = "";
    uint64_t line = 0;

    if (colon == NULL)
        return 0;
    struct span rest = span_behind(text, (size_t)(colon - text.at) + 1);
    if (rest.length > 0 && rest.length < sizeof digits)
        memcpy(digits, rest.at, rest.length);
    return number_read(digits, &line) && line <= UINT32_MAX ? (uint32_t)line : 0;
}

/* A note holds only for the list as it was then. */
static void find_now(const struct policy *policy, const struct field *said, struct now_known *out)
{
    struct span id = text_of(&said[SAID_LIST]), serial = text_of(&said[SAID_SERIAL]);
    char text[CONFIG_WORD_SIZE], now[32];

    *out = (struct now_known){.policy = policy, .line = line_of(text_of(&said[SAID_RULE]))};
    if (policy == NULL || id.length == 0 || id.length >= sizeof text)
        return;
    memcpy(text, id.at, id.length);
    text[id.length] = 0;
    if (policy_find_list(policy, text, &out->list_number) != STATUS_OK)
        return;
    out->has_list = true;
    out->list = policy_list(policy, out->list_number);
    snprintf(now, sizeof now, "%" PRIu64, out->list.serial);
    if (out->line != 0 && span_equal(serial, span_text(now)))
        policy_rules(policy, on_rule, out);
}

static void show_asked_before(struct json *json, const struct policy *policy, struct span group,
                              struct span list)
{
    uint32_t groups = policy == NULL ? 0 : policy_facts(policy).groups;

    json_open_list(json, "asked_before");
    for (uint32_t g = 0; g < groups; g++) {
        const struct group_view view = policy_group(policy, (uint16_t)g);
        if (!span_equal(group, span_text(view.id)))
            continue;
        for (uint16_t n = 0; n < view.lists; n++) {
            const char *id = policy_list(policy, policy_group_list(policy, (uint16_t)g, n)).id;
            if (span_equal(list, span_text(id)))
                break;
            json_text(json, NULL, id);
        }
        break;
    }
    json_close_list(json);
}

static int width(struct span text)
{
    return text.length > 200 ? 200 : (int)text.length;
}

static void show_sentence(struct json *json, const struct row *row, const struct field *said)
{
    struct span name = text_of(&said[SAID_NAME]), rule = text_of(&said[SAID_RULE]);
    struct span authority = text_of(&said[SAID_AUTHORITY]), action = text_of(&said[SAID_ACTION]);
    char text[TEXT_SIZE];

    snprintf(text, sizeof text, "%.*s: rule %.*s is about %.*s and the action was %.*s%s%.*s",
             width(row->reason), (const char *)row->reason.at, width(rule), (const char *)rule.at,
             width(name), (const char *)name.at, width(action), (const char *)action.at,
             authority.length > 0 ? ", by authority of " : "", width(authority),
             (const char *)authority.at);
    json_text(json, "text", text);
}

static void show_serial(struct json *json, struct span text)
{
    char digits[32] = "";
    uint64_t serial;

    if (text.length > 0 && text.length < sizeof digits)
        memcpy(digits, text.at, text.length);
    if (number_read(digits, &serial))
        json_number(json, "serial", serial);
    else
        json_nothing(json, "serial");
}

static void show_why(struct json *json, const struct web *web, const struct row *row,
                     const struct field *said)
{
    struct span source = text_of(&said[SAID_SOURCE]), list = text_of(&said[SAID_LIST]);
    const uint8_t *colon = source.length == 0 ? NULL : memrchr(source.at, ':', source.length);
    struct now_known now;

    if (text_of(&said[SAID_RULE]).length == 0) {
        json_nothing(json, "why");
        return;
    }
    find_now(web->policy, said, &now);
    json_open_object(json, "why");
    json_span(json, "list", list);
    json_text(json, "title", now.has_list ? now.list.title : "");
    json_span(json, "rule", text_of(&said[SAID_RULE]));
    json_span(json, "rule_name", text_of(&said[SAID_NAME]));
    json_span(json, "file",
              colon == NULL ? source : span_of(source.at, (size_t)(colon - source.at)));
    json_number(json, "line", line_of(source));
    json_span(json, "authority", text_of(&said[SAID_AUTHORITY]));
    json_span(json, "reference", text_of(&said[SAID_REFERENCE]));
    json_span(json, "ticket", text_of(&said[SAID_TICKET]));
    json_text(json, "owner", now.has_list ? now.list.owner : "");
    json_text(json, "note", now.has_rule ? now.rule.note : "");
    show_serial(json, text_of(&said[SAID_SERIAL]));
    if (now.has_list)
        json_number(json, "serial_now", now.list.serial);
    else
        json_nothing(json, "serial_now");
    show_asked_before(json, web->policy, text_of(&said[SAID_GROUP]), list);
    show_sentence(json, row, said);
    json_close_object(json);
}

struct finding {
    struct web *web;
    struct json *json;
};

static bool on_found(void *owner, const struct row *row)
{
    const struct finding *finding = owner;
    struct json *json = finding->json;
    struct fields_wanted *wanted = fields_wanted_new(said_paths, SAID_COUNT);
    struct field said[SAID_COUNT] = {{.kind = FIELD_NONE}};
    void *room = malloc(row->raw.length + 1);
    bool twice, is_sound = wanted != NULL && room != NULL &&
                           fields_read(wanted, row->raw, room, said, &twice) == STATUS_OK;

    json_open_object(json, NULL);
    json_open_object(json, "row");
    show_row(json, finding->web, row);
    json_close_object(json);
    if (is_sound)
        json_raw(json, "raw", row->raw);
    else
        json_nothing(json, "raw");
    json_span(json, "raw_text", row->raw);
    show_why(json, finding->web, row, said);
    json_close_object(json);
    free(room);
    fields_wanted_free(wanted);
    return true;
}

static void run_event(struct request *request)
{
    struct finding finding = {.web = request->web};
    struct store_place place;
    char why[FILTER_WHY_SIZE];
    struct store *store;
    uint64_t source;

    if (!filter_time(&request->query, "at", request->now, 0, &place.at, why)) {
        reply_filter(request, why);
        return;
    }
    if (place.at == 0) {
        reply_filter(request, "`at` is needed: the time of the event, as the list gives it");
        return;
    }
    if (!number_read(request_part(request, 0), &source) || source > UINT32_MAX ||
        !number_read(request_part(request, 1), &place.sequence)) {
        reply_error(request, 404, "not-found", "there is no such event");
        return;
    }
    place.source = (uint32_t)source;
    if (!web_need_store(request, &store))
        return;
    finding.json = json_new();
    enum status status = store_find(store, &place, on_found, &finding);
    if (status == STATUS_NOT_FOUND) {
        json_free(finding.json);
        reply_error(request, 404, "not-found",
                    "there is no such event, or it is older than what is kept");
        return;
    }
    reply_or_busy(request, status == STATUS_OK, finding.json);
}

const struct route event_routes[] = {
    {METHOD_GET, "/api/events", PERMISSION_VIEWER, run_events, false},
    {METHOD_GET, "/api/events/{source}/{sequence}", PERMISSION_VIEWER, run_event, false},
    {.path = NULL},
};
