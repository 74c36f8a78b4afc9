/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident_json - member by member.
 */
#include "view/incident_json.h"

void device_json(struct json *json, const struct device_seen *seen)
{
    const struct device *device = &seen->device;
    char mac[MAC_TEXT_SIZE];

    json_number(json, "number", seen->number);
    json_text(json, "key", device->key);
    json_text(json, "known", device_known_words[device->known]);
    json_text(json, "mac", device->has_mac ? mac_text(device->mac, mac) : "");
    json_text(json, "host", device->host);
    json_text(json, "tag", device->tag);
    json_text(json, "owner", device->owner);
    json_text(json, "group", device->group);
    if (device->known == DEVICE_GATEWAY)
        json_text(json, "address", "");
    else
        json_address(json, "address", &seen->latest);
}

static void counts_json(struct json *json, const char *key, const uint64_t *counts,
                        const char *const *words, size_t count)
{
    json_open_object(json, key);
    for (size_t i = 0; i < count; i++)
        if (counts[i] > 0)
            json_number(json, words[i], counts[i]);
    json_close_object(json);
}

static void score_json(struct json *json, const struct incident *incident)
{
    struct score score;

    incident_score(incident, &score);
    json_open_object(json, "score");
    json_number(json, "points", score.points);
    json_text(json, "confidence", confidence_words[score.confidence]);
    json_open_list(json, "reasons");
    for (uint32_t i = 0; i < score.reason_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "word", score.reasons[i].word);
        json_number(json, "count", score.reasons[i].count);
        json_text(json, "text", score.reasons[i].text);
        json_close_object(json);
    }
    json_close_list(json);
    json_close_object(json);
}

static void texts_json(struct json *json, const struct incident *incident)
{
    json_open_list(json, "names");
    for (size_t i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++)
        json_text(json, NULL, incident->names[i]);
    json_close_list(json);
    json_text(json, "list", incident->list);
    json_text(json, "rule", incident->rule);
    json_text(json, "source", incident->source);
    json_text(json, "authority", incident->authority);
    json_text(json, "ticket", incident->ticket);
    json_text(json, "group", incident->group);
    json_text(json, "gateway", incident->gateway);
}

static void case_json(struct json *json, const struct case_now *decided, clock_us last)
{
    bool reopened;

    if (decided == NULL) {
        json_nothing(json, "state");
        return;
    }
    json_text(json, "state", case_state_words[case_effective(decided, last, &reopened)]);
    json_bool(json, "reopened", reopened);
    json_text(json, "assignee", decided->assignee);
    json_time(json, "changed", decided->changed);
    json_number(json, "notes", decided->notes);
}

void incident_json(struct json *json, const struct incident *incident,
                   const struct device_seen *seen, const struct case_now *decided)
{
    json_number(json, "id", incident->id);
    json_open_object(json, "device");
    device_json(json, seen);
    json_close_object(json);
    json_text(json, "app", incident->app);
    json_time(json, "first", incident->first);
    json_time(json, "last", incident->last);
    json_number(json, "attempts", incident->attempts);
    json_number(json, "stopped", incident->stopped);
    counts_json(json, "evidence", incident->evidence, evidence_words, EVIDENCE_COUNT);
    counts_json(json, "ways", incident->ways, way_words, WAY_COUNT);
    json_number(json, "hours", incident->hours);
    json_number(json, "days", incident->days);
    json_number(json, "unresolved", incident->unresolved);
    texts_json(json, incident);
    score_json(json, incident);
    case_json(json, decided, incident->last);
}
