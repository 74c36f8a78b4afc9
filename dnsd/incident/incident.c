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
static struct span text_cut(struct span text)
{
    const uint8_t *zero = text.length > 0 ? memchr(text.at, 0, text.length) : NULL;

    if (zero != NULL)
        text.length = (size_t)(zero - text.at);
    if (text.length >= INCIDENT_TEXT_SIZE) {
        text.length = INCIDENT_TEXT_SIZE - 1;
        while (text.length > 0 && (text.at[text.length] & 0xc0) == 0x80)
            text.length--;
    }
    return text;
}

/* What stands behind a shorter text is zero: equal incidents have equal bytes. */
static void text_keep(char out[INCIDENT_TEXT_SIZE], struct span text)
{
    if (text.length > 0)
        memcpy(out, text.at, text.length);
    memset(out + text.length, 0, INCIDENT_TEXT_SIZE - text.length);
}

static int text_order(struct span text, const char *kept)
{
    const size_t length = strnlen(kept, INCIDENT_TEXT_SIZE);
    const size_t both = text.length < length ? text.length : length;
    const int order = both > 0 ? memcmp(text.at, kept, both) : 0;

    return order != 0 ? order : (text.length > length) - (text.length < length);
}

/* Names. */

/* Whether the name is to stand before the one at `i`. */
static bool name_comes_before(const struct incident *incident, int i, struct span name, clock_us at,
                              bool is_installed)
{
    if (incident->names[i][0] == 0)
        return true;
    if (is_installed != incident->name_is_installed[i])
        return is_installed;
    if (at != incident->name_at[i])
        return at < incident->name_at[i];
    return text_order(name, incident->names[i]) < 0;
}

static void name_move(struct incident *incident, int to, int from)
{
    memcpy(incident->names[to], incident->names[from], INCIDENT_TEXT_SIZE);
    incident->name_at[to] = incident->name_at[from];
    incident->name_is_installed[to] = incident->name_is_installed[from];
}

/* A name that had to go may come again from an earlier time, and is then one of the first. */
static void name_keep(struct incident *incident, const struct row *row)
{
    const struct span name = text_cut(row->name);
    const bool is_installed = row->evidence == EVIDENCE_INSTALLED;
    int from = 0, to = 0;

    if (name.length == 0)
        return;
    while (from < INCIDENT_NAMES && text_order(name, incident->names[from]) != 0)
        from++;
    while (to < INCIDENT_NAMES && !name_comes_before(incident, to, name, row->at, is_installed))
        to++;
    if (to >= INCIDENT_NAMES || to > from)
        return;
    for (int i = from < INCIDENT_NAMES ? from : INCIDENT_NAMES - 1; i > to; i--)
        name_move(incident, i, i - 1);
    text_keep(incident->names[to], name);
    incident->name_at[to] = row->at;
    incident->name_is_installed[to] = is_installed;
}

/* The rule that decided. */

struct decided_text {
    char *out;
    struct span text;
};

/* Of two rows at the same time the one that says what is later in the alphabet. */
static bool is_decisive(const struct incident *incident, const struct row *row,
                        const struct decided_text *texts, size_t count)
{
    const bool has_rule = text_cut(row->word[WORD_RULE]).length > 0;

    if (incident->attempts == 0)
        return true;
    if (has_rule != (incident->rule[0] != 0))
        return has_rule;
    if (row->at != incident->decided_at)
        return row->at > incident->decided_at;
    for (size_t i = 0; i < count; i++) {
        const int order = text_order(texts[i].text, texts[i].out);
        if (order != 0)
            return order > 0;
    }
    return false;
}

/* All of one row: a ticket beside another rule would be quoted for what it does not forbid. */
static void texts_keep(struct incident *incident, const struct row *row)
{
    const struct decided_text texts[] = {
        {incident->rule, text_cut(row->word[WORD_RULE])},
        {incident->list, text_cut(row->word[WORD_LIST])},
        {incident->source, text_cut(row->rule_source)},
        {incident->authority, text_cut(row->authority)},
        {incident->ticket, text_cut(row->ticket)},
        {incident->group, text_cut(row->word[WORD_GROUP])},
        {incident->gateway, text_cut(row->word[WORD_GATEWAY])},
    };

    if (!is_decisive(incident, row, texts, COUNT_OF(texts)))
        return;
    incident->decided_at = row->at;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        text_keep(texts[i].out, texts[i].text);
}

/* Times. */

/* Whether it is an hour more. */
static bool hour_keep(struct incident_days *days, clock_us at)
{
    const uint32_t day = (uint32_t)(at / DAY_US), hour = UINT32_C(1) << (at % DAY_US / HOUR_US);
    uint32_t n = days->count; /* so many are not later */

    while (n > 0 && days->day[n - 1].day > day)
        n--;
    if (n > 0 && days->day[n - 1].day == day) {
        const uint32_t before = days->day[n - 1].hours;
        days->day[n - 1].hours |= hour;
        return days->day[n - 1].hours != before;
    }
    if (days->count == INCIDENT_DAYS) {
        if (n == 0)
            return false;
        memmove(days->day, days->day + 1, --n * sizeof days->day[0]);
    } else {
        memmove(days->day + n + 1, days->day + n, (days->count++ - n) * sizeof days->day[0]);
    }
    days->day[n] = (struct incident_day){day, hour};
    return true;
}

uint32_t incident_hours(const struct incident_days *days)
{
    uint32_t hours = 0;

    for (uint32_t i = 0; i < days->count; i++)
        hours += (uint32_t)__builtin_popcount(days->day[i].hours);
    return hours;
}

static void times_keep(struct incident *incident, const struct row *row)
{
    if (incident->attempts == 0 || row->at < incident->first)
        incident->first = row->at;
    if (row->at > incident->last)
        incident->last = row->at;
    if (hour_keep(&incident->all, row->at)) {
        incident->days = incident->all.count;
        incident->hours = incident_hours(&incident->all);
    }
    if (row->evidence == EVIDENCE_INSTALLED && hour_keep(&incident->installed, row->at)) {
        incident->installed_days = incident->installed.count;
        incident->installed_hours = incident_hours(&incident->installed);
    }
}

void incident_add(struct incident *incident, const struct row *row)
{
    if (incident->app[0] == 0)
        text_keep(incident->app, text_cut(row->word[WORD_APP]));
    if (incident->device == 0)
        incident->device = row->device;
    texts_keep(incident, row);
    times_keep(incident, row);
    name_keep(incident, row);
    incident->attempts++;
    incident->stopped += row->stopped;
    incident->unresolved += row->unresolved;
    incident->built_in += row->unresolved && row->evidence == EVIDENCE_INSTALLED;
    incident->evidence[row->evidence < EVIDENCE_COUNT ? row->evidence : EVIDENCE_NONE]++;
    incident->ways[row->way < WAY_COUNT ? row->way : WAY_UNKNOWN]++;
    incident->is_changed = true;
}
