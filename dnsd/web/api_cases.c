/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_cases - what people decide about incidents, and the audit lines of all they do.
 */
#include "web/api_cases.h"

#include "web/route.h"

#include <errno.h>
#include <stdlib.h>

enum { AUDIT_PAGE = 100 };

static const char *state_word(int state)
{
    return state < 0 ? NULL : case_state_words[state];
}

static bool on_step(void *owner, const struct case_step *step)
{
    struct json *json = owner;
    json_open_object(json, NULL);
    json_time(json, "at", step->at);
    json_text(json, "by", step->by);
    json_text(json, "state", state_word(step->state));
    json_text(json, "assignee", step->assignee);
    json_text(json, "note", step->note);
    json_close_object(json);
    return true;
}

void show_steps(struct json *json, struct web *web, const char *device_key, const char *app)
{
    json_open_list(json, "steps");
    enum status status = case_steps(web->people, device_key, app, on_step, json);
    json_close_list(json);
    if (status != STATUS_OK)
        json_text(json, "steps_error", status_text(status));
}

/* A number, and nothing else. */
static bool read_id(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == 0 && text[0] >= '0' && text[0] <= '9';
}

/* The incident of the path, and its device. False: answered. */
static bool find(struct request *request, struct incident *incident, struct device_seen *seen)
{
    struct summary *summary;
    uint64_t id;
    if (!web_need_summary(request, &summary))
        return false;
    enum status status = STATUS_NOT_FOUND;
    if (read_id(request_part(request, 0), &id))
        status = summary_incident(summary, id, incident);
    if (status == STATUS_OK)
        status = summary_device(summary, incident->device, seen);
    if (status == STATUS_NOT_FOUND)
        reply_error(request, 404, "not-found", "there is no incident of this number");
    else if (status != STATUS_OK)
        reply_error(request, 503, "history", "the history cannot be read: %s", status_text(status));
    return status == STATUS_OK;
}

/* CASE_STATES: a word that is none; -1: none is given. */
static int read_state(const char *word)
{
    int state = 0;
    if (word == NULL)
        return -1;
    while (state < CASE_STATES && strcmp(case_state_words[state], word) != 0)
        state++;
    return state;
}

static void change(struct request *request)
{
    struct web *web = request_web(request);
    struct incident incident;
    struct device_seen seen;
    char why[PEOPLE_WHY_SIZE] = "";

    if (!request_body(request) || !find(request, &incident, &seen))
        return;
    const struct by by = request_by(request);
    const struct case_change wanted = {.state = read_state(body_text(request, "state")),
                                       .assignee = body_text(request, "assignee"),
                                       .note = body_text(request, "note")};
    enum status status =
        case_change(web->people, &by, seen.device.key, incident.app, incident.last, &wanted, why);
    if (status != STATUS_OK) {
        bool is_theirs = status == STATUS_INVALID || status == STATUS_TOO_LONG;
        reply_error(request, is_theirs ? 400 : 503, is_theirs ? "invalid" : "unwritten", "%s", why);
        return;
    }
    web_cases_changed(web);
    struct json *json = json_new();
    json_open_object(json, NULL);
    show_incident(json, web, &incident);
    show_steps(json, web, seen.device.key, incident.app);
    json_close_object(json);
    reply_json(request, 200, json);
}

/* Audit lines. */

struct audit_page {
    struct json *json;
    uint64_t last;
    unsigned count;
};

static bool on_audit(void *owner, const struct audit_line *line)
{
    struct audit_page *page = owner;
    struct json *json = page->json;
    json_open_object(json, NULL);
    json_number(json, "sequence", line->sequence);
    json_time(json, "at", line->at);
    json_text(json, "by", line->by);
    json_text(json, "from", line->from);
    json_text(json, "action", line->action);
    json_text(json, "about", line->about);
    json_raw(json, "raw", span_text(line->raw));
    json_close_object(json);
    page->last = line->sequence;
    return ++page->count < AUDIT_PAGE;
}

static void show_chain(struct json *json, struct web *web)
{
    char why[PEOPLE_WHY_SIZE] = "";
    uint64_t lines = 0;
    enum status status = audit_is_whole(web->people, &lines, why);
    json_open_object(json, "chain");
    json_bool(json, "whole", status == STATUS_OK);
    json_number(json, "lines", lines);
    json_text(json, "text", status == STATUS_OK ? "every line is as it was written" : why);
    json_close_object(json);
}

static void show_audit(struct request *request)
{
    struct web *web = request_web(request);
    struct audit_page page = {.json = json_new()};
    const char *text = request_query(request, "before");
    char *end = NULL;
    uint64_t before = text == NULL ? 0 : strtoull(text, &end, 10);
    if (end != NULL && (*end != 0 || before == 0)) {
        json_free(page.json);
        reply_error(request, 400, "filter", "`before` is the number of a line");
        return;
    }
    json_open_object(page.json, NULL);
    json_open_list(page.json, "lines");
    enum status status = audit_lines(web->people, before, on_audit, &page);
    json_close_list(page.json);
    if (page.count == AUDIT_PAGE && page.last > 1)
        json_number(page.json, "next", page.last);
    else
        json_nothing(page.json, "next");
    show_chain(page.json, web);
    json_close_object(page.json);
    if (status == STATUS_OK) {
        reply_json(request, 200, page.json);
        return;
    }
    json_free(page.json);
    reply_error(request, 503, "unread", "The audit lines cannot be read: %s.", status_text(status));
}

const struct route case_routes[] = {
    {METHOD_POST, "/api/incidents/{id}", PERMISSION_ANALYST, change},
    {METHOD_GET, "/api/audit", PERMISSION_ADMIN, show_audit},
    {0},
};
