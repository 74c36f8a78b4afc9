/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident - a row more.
 */
#include "incident/incident.h"

static const clock_us HOUR_US = UINT64_C(3600000000), DAY_US = UINT64_C(86400000000);

bool incident_wants(const struct row *row)
{
    if (row->way == WAY_INTEGRITY)
        return true;
    return row->kind == ROW_TRAFFIC && row->has_client && !row->allowed &&
           row->word[WORD_APP].length > 0;
}

/* Ends before a character that does not fit, and at a zero byte. */
static void text_keep(char out[INCIDENT_TEXT_SIZE], struct span text)
{
    size_t length = text.length;

    if (length >= INCIDENT_TEXT_SIZE) {
        length = INCIDENT_TEXT_SIZE - 1;
        while (length > 0 && (text.at[length] & 0xc0) == 0x80)
            length--;
    }
    if (length > 0)
        memcpy(out, text.at, length);
    out[length] = 0;
}

static void name_keep(struct incident *incident, struct span name)
{
    char text[INCIDENT_TEXT_SIZE];

    text_keep(text, name);
    if (text[0] == 0)
        return;
    for (int i = 0; i < INCIDENT_NAMES; i++) {
        if (strcmp(incident->names[i], text) == 0)
            return;
        if (incident->names[i][0] == 0) {
            memcpy(incident->names[i], text, sizeof text);
            return;
        }
    }
}

static void texts_keep(struct incident *incident, const struct row *row)
{
    const struct {
        char *out;
        struct span text;
    } texts[] = {
        {incident->list, row->word[WORD_LIST]},
        {incident->rule, row->word[WORD_RULE]},
        {incident->source, row->rule_source},
        {incident->authority, row->authority},
        {incident->ticket, row->ticket},
        {incident->group, row->word[WORD_GROUP]},
        {incident->gateway, row->word[WORD_GATEWAY]},
    };
    bool is_latest = row->at >= incident->last;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].text.length > 0 && (is_latest || texts[i].out[0] == 0))
            text_keep(texts[i].out, texts[i].text);
    }
}

/* Rows of several folders come a little out of order: one that is late counts no hour and no day.
 */
static void times_keep(struct incident *incident, clock_us at)
{
    uint32_t hour = (uint32_t)(at / HOUR_US), day = (uint32_t)(at / DAY_US);

    if (incident->first == 0 || at < incident->first)
        incident->first = at;
    if (at > incident->last)
        incident->last = at;
    if (incident->hours == 0 || hour > incident->last_hour) {
        incident->hours++;
        incident->last_hour = hour;
    }
    if (incident->days == 0 || day > incident->last_day) {
        incident->days++;
        incident->last_day = day;
    }
}

void incident_add(struct incident *incident, const struct row *row)
{
    if (incident->app[0] == 0)
        text_keep(incident->app, row->word[WORD_APP]);
    if (incident->device == 0)
        incident->device = row->device;
    texts_keep(incident, row);
    times_keep(incident, row->at);
    name_keep(incident, row->name);
    incident->attempts++;
    incident->stopped += row->stopped;
    incident->unresolved += row->unresolved;
    incident->evidence[row->evidence < EVIDENCE_COUNT ? row->evidence : EVIDENCE_NONE]++;
    incident->ways[row->way < WAY_COUNT ? row->way : WAY_UNKNOWN]++;
    incident->is_changed = true;
}
