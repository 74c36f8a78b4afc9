/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * web - what the web role holds, for its routes.
 *
 * Used by web's own files alone.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "config/config.h"
#include "people/cases.h"
#include "people/people.h"
#include "policy/image.h"
#include "process/birth.h"
#include "store/store.h"
#include "store/summary.h"
#include "web/json.h"

struct request;

struct web {
    struct gifts gifts;
    const struct config *config;
    struct event_base *base;
    struct people *people;
    struct policy *policy; /* of this gateway, for lists and rules; NULL: none */
    uint32_t policy_generation;
};

/* Opened when first needed, and again when the files were replaced. STATUS_AGAIN: there is no
 * history yet. What they give stays web's. */
MUST_USE enum status web_store(struct web *web, struct store **out);
MUST_USE enum status web_summary(struct web *web, struct summary **out);
/* Answers 503 with what is wrong when there is none; false: answered. */
bool web_need_store(struct request *request, struct store **out);
bool web_need_summary(struct request *request, struct summary **out);

/* The members of the API's objects, into an object that is open; each beside its routes. */
void show_incident(struct json *json, struct web *web, const struct incident *incident);
void show_device(struct json *json, const struct device_seen *seen);
void show_row(struct json *json, struct web *web, const struct row *row);

/* Somebody changed the case of an incident: lists are to know at once. */
void web_cases_changed(struct web *web);

#endif
