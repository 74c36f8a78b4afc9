/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident_json - an incident and its device as JSON, with the words of docs/api.yaml.
 *
 * Used by web's API and by `ponor incidents --json`, which so say the same. Each writes members
 * into an object that is open. Never looks anything up.
 */
#ifndef VIEW_INCIDENT_JSON_H
#define VIEW_INCIDENT_JSON_H

#include "http/json.h"
#include "people/cases.h"
#include "store/summary.h"

void device_json(struct json *json, const struct device_seen *seen);
/* `decided` NULL: what people decided is not known; "state" is then null. */
void incident_json(struct json *json, const struct incident *incident,
                   const struct device_seen *seen, const struct case_now *decided);

#endif
