/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * json - JSON text, written from front to back.
 *
 * Used by the API, exports and the live tail. Escapes what JSON asks for, and besides `<`, `>`, `&`
 * and everything outside ASCII, so that a text is never anything else in any reader. What is no
 * UTF-8 becomes U+FFFD. Grows up to JSON_MOST; `failed` sticks. Names are none of jansson's, which
 * is linked too. Never reads.
 */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include "base/address.h"
#include "base/clock.h"
#include "base/span.h"

enum { JSON_MOST = 64 << 20 };

struct json;
struct json *json_new(void); /* NULL without memory; all below then do nothing */
void json_free(struct json *json);

/* `key` NULL inside a list, or at the top. */
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_list(struct json *json, const char *key);
void json_close_list(struct json *json);
void json_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_span(struct json *json, const char *key, struct span text);
void json_number(struct json *json, const char *key, uint64_t number);
void json_signed(struct json *json, const char *key, int64_t number);
void json_decimal(struct json *json, const char *key, double number);
void json_bool(struct json *json, const char *key, bool is_true);
void json_nothing(struct json *json, const char *key);
/* "2026-11-24T03:00:00.123456Z"; 0: null. */
void json_time(struct json *json, const char *key, clock_us at);
void json_address(struct json *json, const char *key, const struct address *address);
/* JSON that is already text and sound. */
void json_raw(struct json *json, const char *key, struct span raw);

/* What is written; empty when anything failed. Lives until json_free(). */
struct span json_written(const struct json *json);

#endif
