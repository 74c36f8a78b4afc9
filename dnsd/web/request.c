/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - what routes ask of a request, and how they answer.
 */
#include "web/request.h"

#include "web/metrics.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TEXT_SIZE = 1024, COOKIE_SIZE = 256, BODY_KEYS_MOST = 32 };

static const char answer_type[] = "application/json";

void request_free(struct request *request)
{
    json_decref(request->body);
    free(request);
}

struct web *request_web(const struct request *request)
{
    return request->web;
}

const struct account *request_account(const struct request *request)
{
    return request->has_account ? &request->session.account : NULL;
}

const struct session *request_session(const struct request *request)
{
    return request->has_account ? &request->session : NULL;
}

clock_us request_now(const struct request *request)
{
    return request->now;
}

const char *request_from(const struct request *request)
{
    return request->from;
}

const char *request_part(const struct request *request, unsigned number)
{
    return number < ROUTE_PARTS ? request->parts[number] : "";
}

const char *request_query(const struct request *request, const char *key)
{
    return query_value(&request->query, key);
}

struct by request_by(const struct request *request)
{
    const struct session *session = request_session(request);
    return (struct by){.name = session == NULL ? "" : session->account.name,
                       .from = request->from,
                       .token = session == NULL ? NULL : session->token,
                       .now = request->now};
}

bool request_is_secure(const struct request *request)
{
    enum door door = connection_door(request->connection);
    struct span said;

    if (door != DOOR_PROXY)
        return door == DOOR_TLS;
    said = head_value(connection_head(request->connection), "X-Forwarded-Proto", NULL);
    return said.length == 5 && strncasecmp((const char *)said.at, "https", 5) == 0;
}

bool request_filter(struct request *request, clock_us from, struct store_filter *out)
{
    char why[FILTER_WHY_SIZE];

    if (filter_read(&request->query, request->now, from, out, why))
        return true;
    reply_filter(request, why);
    return false;
}

/* The body. */

static bool is_flat(const json_t *object)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object) || json_object_size(object) > BODY_KEYS_MOST)
        return false;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (json_is_object(value) || json_is_array(value))
            return false;
    }
    return true;
}

void *body_read(struct span text)
{
    json_error_t error;
    json_t *object = json_loadb((const char *)text.at, text.length, JSON_REJECT_DUPLICATES, &error);

    if (is_flat(object))
        return object;
    json_decref(object);
    return NULL;
}

bool request_body(struct request *request)
{
    if (request->body == NULL)
        request->body = body_read(connection_body(request->connection));
    if (request->body != NULL)
        return true;
    reply_error(request, 400, "body", "the body is one JSON object of texts, numbers and booleans");
    return false;
}

const char *body_text(const struct request *request, const char *key)
{
    return json_string_value(json_object_get(request->body, key));
}

int64_t body_number(const struct request *request, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(request->body, key);

    if (json_is_boolean(value))
        return json_is_true(value);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

/* Answers. */

void reply_bytes(struct request *request, int code, const char *type, struct span bytes)
{
    if (request->answered)
        return;
    request->answered = true;
    metrics_count(request, code);
    if (!request->is_page)
        reply_header(request, "Cache-Control", "no-store");
    connection_reply(request->connection, code, type, bytes);
}

void reply_json(struct request *request, int code, struct json *json)
{
    struct span written = json_written(json);

    if (written.length == 0)
        reply_bytes(
            request, 503, answer_type,
            span_text("{\"error\":{\"word\":\"busy\",\"text\":\"the answer is too long\"}}"));
    else
        reply_bytes(request, code, answer_type, written);
    json_free(json);
}

bool reply_stream(struct request *request, const char *type, const struct stream_events *events,
                  void *owner)
{
    request->answered = true;
    metrics_count(request, 200);
    reply_header(request, "Cache-Control", "no-store");
    return connection_stream(request->connection, 200, type, events, owner);
}

void reply_empty(struct request *request)
{
    reply_bytes(request, 204, NULL, (struct span){0});
}

void reply_error(struct request *request, int code, const char *word, const char *format, ...)
{
    char text[TEXT_SIZE];
    struct json *json = json_new();
    va_list arguments;

    request->word = word;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_open_object(json, NULL);
    json_open_object(json, "error");
    json_text(json, "word", word);
    json_text(json, "text", text);
    json_close_object(json);
    json_close_object(json);
    reply_json(request, code, json);
}

void reply_filter(struct request *request, const char *why)
{
    reply_error(request, 400, "filter", "%s", why);
}

void reply_or_busy(struct request *request, bool good, struct json *json)
{
    if (good) {
        reply_json(request, 200, json);
        return;
    }
    json_free(json);
    reply_error(request, 503, "busy", "the history cannot be read now; try again");
}

void reply_header(struct request *request, const char *name, const char *value)
{
    if (request->connection != NULL)
        connection_header(request->connection, name, value);
}

/* Browsers take a cookie of the first name only from this very host, and over TLS. */
const char *request_cookie(const struct request *request)
{
    return request_is_secure(request) ? "__Host-ponor_session" : "ponor_session";
}

void reply_cookie(struct request *request, const char *token)
{
    char text[COOKIE_SIZE];

    if (request->connection == NULL)
        return;
    snprintf(text, sizeof text, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
             request_cookie(request), token == NULL ? "" : token,
             request_is_secure(request) ? "; Secure" : "", token == NULL ? "; Max-Age=0" : "");
    reply_header(request, "Set-Cookie", text);
}
