/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * json - one growing buffer, and whether a comma is due.
 */
#include "http/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_ROOM = 1024, NUMBER_SIZE = 40, REPLACEMENT = 0xfffd };

struct json {
    uint8_t *bytes;
    size_t length, room;
    bool failed;
    bool comma; /* something stands before, in the same object or list */
};

struct json *json_new(void)
{
    return calloc(1, sizeof(struct json));
}

void json_free(struct json *json)
{
    if (json == NULL)
        return;
    free(json->bytes);
    free(json);
}

static bool make_room(struct json *json, size_t more)
{
    size_t room = json->room == 0 ? FIRST_ROOM : json->room;

    if (json->failed || more > JSON_MOST - json->length) {
        json->failed = true;
        return false;
    }
    while (room - json->length < more)
        room *= 2;
    if (room == json->room)
        return true;
    uint8_t *bytes = realloc(json->bytes, room);
    if (bytes == NULL) {
        json->failed = true;
        return false;
    }
    json->bytes = bytes;
    json->room = room;
    return true;
}

static void add(struct json *json, const void *bytes, size_t length)
{
    if (length > 0 && make_room(json, length)) {
        memcpy(json->bytes + json->length, bytes, length);
        json->length += length;
    }
}

static void add_unit(struct json *json, unsigned unit)
{
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", unit & 0xffff);
    add(json, text, 6);
}

/* One character of UTF-8 (RFC 3629), and how many bytes it takes; what is none counts as one. */
static uint32_t character(struct span text, size_t *length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text.at[0];
    size_t count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    uint32_t code = count == 1 ? first : first & (0x7fU >> count);

    *length = 1;
    if (count == 0 || first > 0xf4 || count > text.length)
        return REPLACEMENT;
    for (size_t i = 1; i < count; i++) {
        if ((text.at[i] & 0xc0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (text.at[i] & 0x3fU);
    }
    if (code < least[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return REPLACEMENT;
    *length = count;
    return code;
}

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' && byte != '<' &&
           byte != '>' && byte != '&' && byte != '\'';
}

static void add_escaped(struct json *json, struct span text)
{
    while (text.length > 0) {
        size_t run = 0;
        while (run < text.length && is_plain(text.at[run]))
            run++;
        add(json, text.at, run);
        text = span_behind(text, run);
        if (text.length == 0)
            return;
        size_t length;
        uint32_t code = character(text, &length);
        if (code == '"' || code == '\\') {
            const char escaped[] = {'\\', (char)code};
            add(json, escaped, sizeof escaped);
        } else if (code >= 0x10000) {
            add_unit(json, 0xd800 + ((code - 0x10000) >> 10));
            add_unit(json, 0xdc00 + ((code - 0x10000) & 0x3ff));
        } else {
            add_unit(json, code);
        }
        text = span_behind(text, length);
    }
}

static void add_quoted(struct json *json, struct span text)
{
    add(json, "\"", 1);
    add_escaped(json, text);
    add(json, "\"", 1);
}

/* What stands before every value. False: nothing may be written. */
static bool begin(struct json *json, const char *key)
{
    if (json == NULL)
        return false;
    if (json->comma)
        add(json, ",", 1);
    json->comma = true;
    if (key != NULL) {
        add_quoted(json, span_text(key));
        add(json, ":", 1);
    }
    return !json->failed;
}

static void open_with(struct json *json, const char *key, const char *bracket)
{
    if (begin(json, key)) {
        add(json, bracket, 1);
        json->comma = false;
    }
}

static void close_with(struct json *json, const char *bracket)
{
    if (json == NULL)
        return;
    add(json, bracket, 1);
    json->comma = true;
}

void json_open_object(struct json *json, const char *key)
{
    open_with(json, key, "{");
}

void json_close_object(struct json *json)
{
    close_with(json, "}");
}

void json_open_list(struct json *json, const char *key)
{
    open_with(json, key, "[");
}

void json_close_list(struct json *json)
{
    close_with(json, "]");
}

void json_span(struct json *json, const char *key, struct span text)
{
    if (begin(json, key))
        add_quoted(json, text);
}

void json_text(struct json *json, const char *key, const char *text)
{
    if (text == NULL)
        json_nothing(json, key);
    else
        json_span(json, key, span_text(text));
}

void json_number(struct json *json, const char *key, uint64_t number)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRIu64, number);
    json_raw(json, key, span_text(text));
}

void json_signed(struct json *json, const char *key, int64_t number)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRId64, number);
    json_raw(json, key, span_text(text));
}

void json_decimal(struct json *json, const char *key, double number)
{
    char text[NUMBER_SIZE];
    if (!isfinite(number)) {
        json_nothing(json, key);
        return;
    }
    snprintf(text, sizeof text, "%.15g", number);
    json_raw(json, key, span_text(text));
}

void json_bool(struct json *json, const char *key, bool is_true)
{
    json_raw(json, key, span_text(is_true ? "true" : "false"));
}

void json_nothing(struct json *json, const char *key)
{
    json_raw(json, key, span_text("null"));
}

void json_time(struct json *json, const char *key, clock_us at)
{
    char text[NUMBER_SIZE * 2];
    struct tm utc;
    time_t seconds = (time_t)(at / 1000000);

    if (at == 0 || gmtime_r(&seconds, &utc) == NULL) {
        json_nothing(json, key);
        return;
    }
    size_t length = strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + length, sizeof text - length, ".%06uZ\"", (unsigned)(at % 1000000));
    json_raw(json, key, span_text(text));
}

void json_address(struct json *json, const char *key, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];
    json_text(json, key, address_text(address, text));
}

void json_raw(struct json *json, const char *key, struct span raw)
{
    if (begin(json, key))
        add(json, raw.at, raw.length);
}

struct span json_written(const struct json *json)
{
    if (json == NULL || json->failed)
        return (struct span){0};
    return span_of(json->bytes, json->length);
}
