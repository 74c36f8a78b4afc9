/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_cases - what people did about an incident, as part of its JSON.
 *
 * Used by api_cases and api_incidents.
 */
#ifndef WEB_API_CASES_H
#define WEB_API_CASES_H

#include "web/web.h"

/* "steps": a list, oldest first, into an object that is open. */
void show_steps(struct json *json, struct web *web, const char *device_key, const char *app);

#endif
