/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary_incidents - incidents, and how their arrays are kept, numbers big-endian: evidence and
 * ways as pairs of a byte (number of the word) and eight (the count), of those that are not 0; days
 * as four bytes (the day) and four (its hours); names as eight bytes (when it came first), a byte
 * (whether only the app asks for it), a byte (length) and so many.
 */
#include "store/summary_parts.h"

#include "base/cursor.h"
#include "base/writer.h"

enum { PAIR_SIZE = 9, DAY_SIZE = 8, NAME_HEAD = 10 };

struct arrays {
    uint8_t evidence[EVIDENCE_COUNT * PAIR_SIZE], ways[WAY_COUNT * PAIR_SIZE],
        days[INCIDENT_DAYS * DAY_SIZE], installed_days[INCIDENT_DAYS * DAY_SIZE],
        names[INCIDENT_NAMES * (NAME_HEAD + INCIDENT_TEXT_SIZE)];
    struct span evidence_span, ways_span, days_span, installed_span, names_span;
};

static struct span counts_write(const uint64_t *counts, size_t count, uint8_t *room, size_t size)
{
    struct writer w = writer_over(room, size);

    for (size_t i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        write_u8(&w, (uint8_t)i);
        write_u64(&w, counts[i]);
    }
    return writer_span(&w);
}

/* Words of a later version are left out. */
static void counts_read(struct span bytes, uint64_t *counts, size_t count)
{
    struct cursor c = cursor_of(bytes);

    while (cursor_more(&c)) {
        uint8_t word = read_u8(&c);
        uint64_t value = read_u64(&c);
        if (!c.failed && word < count)
            counts[word] = value;
    }
}

static struct span days_write(const struct incident_days *days, uint8_t *room, size_t size)
{
    struct writer w = writer_over(room, size);

    for (uint32_t i = 0; i < days->count; i++) {
        write_u32(&w, days->day[i].day);
        write_u32(&w, days->day[i].hours);
    }
    return writer_span(&w);
}

static void days_read(struct span bytes, struct incident_days *out)
{
    struct cursor c = cursor_of(bytes);

    while (cursor_more(&c) && out->count < INCIDENT_DAYS) {
        const uint32_t day = read_u32(&c), hours = read_u32(&c);
        if (!c.failed)
            out->day[out->count++] = (struct incident_day){day, hours};
    }
}

static void arrays_write(const struct incident *incident, struct arrays *out)
{
    struct writer w = writer_over(out->names, sizeof out->names);

    for (int i = 0; i < INCIDENT_NAMES && incident->names[i][0] != 0; i++) {
        size_t length = strnlen(incident->names[i], INCIDENT_TEXT_SIZE - 1);
        write_u64(&w, incident->name_at[i]);
        write_u8(&w, incident->name_is_installed[i]);
        write_u8(&w, (uint8_t)length);
        write_bytes(&w, incident->names[i], length);
    }
    out->names_span = writer_span(&w);
    out->evidence_span =
        counts_write(incident->evidence, EVIDENCE_COUNT, out->evidence, sizeof out->evidence);
    out->ways_span = counts_write(incident->ways, WAY_COUNT, out->ways, sizeof out->ways);
    out->days_span = days_write(&incident->all, out->days, sizeof out->days);
    out->installed_span =
        days_write(&incident->installed, out->installed_days, sizeof out->installed_days);
}

static void names_read(struct span bytes, struct incident *out)
{
    struct cursor c = cursor_of(bytes);

    for (int i = 0; i < INCIDENT_NAMES && cursor_more(&c); i++) {
        const clock_us at = read_u64(&c);
        const bool is_installed = read_u8(&c) != 0;
        struct cursor name = read_block8(&c);
        size_t length = cursor_left(&name);
        if (length == 0)
            continue;
        memcpy(out->names[i], name.at, length);
        out->name_at[i] = at;
        out->name_is_installed[i] = is_installed;
    }
}

static void bind_incident(struct binder *b, const struct incident *incident,
                          const struct arrays *arrays)
{
    if (incident->id == 0)
        sqlite_bind_null(b->s, ++b->at);
    else
        bind_number(b, incident->id);
    bind_number(b, incident->device);
    bind_text(b, incident->app);
    bind_number(b, incident->first);
    bind_number(b, incident->last);
    bind_number(b, incident->attempts);
    bind_number(b, incident->stopped);
    bind_number(b, incident->unresolved);
    bind_number(b, incident->built_in);
    bind_number(b, incident->decided_at);
    bind_blob(b, arrays->evidence_span);
    bind_blob(b, arrays->ways_span);
    bind_blob(b, arrays->days_span);
    bind_blob(b, arrays->installed_span);
    bind_blob(b, arrays->names_span);
    bind_text(b, incident->list);
    bind_text(b, incident->rule);
    bind_text(b, incident->source);
    bind_text(b, incident->authority);
    bind_text(b, incident->ticket);
    bind_text(b, incident->group);
    bind_text(b, incident->gateway);
}

enum status summary_keep_incident(struct summary *summary, struct incident *incident)
{
    struct binder b = {
        .s = summary_statement(summary, incident->id == 0 ? NEW_INCIDENT : KEEP_INCIDENT)};
    struct arrays arrays;

    if (b.s == NULL)
        return STATUS_SYSTEM;
    arrays_write(incident, &arrays);
    bind_incident(&b, incident, &arrays);
    enum status status = sqlite_step(b.s);
    if (status == STATUS_OK) {
        incident->id = (uint64_t)sqlite_number(b.s, 0);
        incident->is_changed = false;
    }
    sqlite_reset(b.s);
    return status;
}

static void incident_take(struct sqlite_statement *s, struct incident *out)
{
    struct binder b = {.s = s};

    *out = (struct incident){0};
    out->id = take_number(&b);
    out->device = take_number(&b);
    take_text(&b, out->app, sizeof out->app);
    out->first = take_number(&b);
    out->last = take_number(&b);
    out->attempts = take_number(&b);
    out->stopped = take_number(&b);
    out->unresolved = take_number(&b);
    out->built_in = take_number(&b);
    out->decided_at = take_number(&b);
    counts_read(sqlite_bytes(s, b.at++), out->evidence, EVIDENCE_COUNT);
    counts_read(sqlite_bytes(s, b.at++), out->ways, WAY_COUNT);
    days_read(sqlite_bytes(s, b.at++), &out->all);
    days_read(sqlite_bytes(s, b.at++), &out->installed);
    out->days = out->all.count;
    out->hours = incident_hours(&out->all);
    out->installed_days = out->installed.count;
    out->installed_hours = incident_hours(&out->installed);
    names_read(sqlite_bytes(s, b.at++), out);
    take_text(&b, out->list, sizeof out->list);
    take_text(&b, out->rule, sizeof out->rule);
    take_text(&b, out->source, sizeof out->source);
    take_text(&b, out->authority, sizeof out->authority);
    take_text(&b, out->ticket, sizeof out->ticket);
    take_text(&b, out->group, sizeof out->group);
    take_text(&b, out->gateway, sizeof out->gateway);
}

static enum status incident_ask(struct sqlite_statement *s, struct incident *out)
{
    enum status status = sqlite_step(s);

    if (status == STATUS_OK)
        incident_take(s, out);
    sqlite_reset(s);
    return status;
}

enum status summary_incident(struct summary *summary, uint64_t id, struct incident *out)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_INCIDENT);

    if (s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_number(s, 1, (int64_t)id);
    return incident_ask(s, out);
}

enum status summary_incident_of(struct summary *summary, uint64_t device, const char *app,
                                struct incident *out)
{
    struct sqlite_statement *s = summary_statement(summary, ASK_INCIDENT_OF);

    if (s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_number(s, 1, (int64_t)device);
    sqlite_bind_text(s, 2, app);
    return incident_ask(s, out);
}

enum status summary_incidents(struct summary *summary, clock_us since, uint64_t device,
                              bool (*on)(void *owner, const struct incident *incident), void *owner)
{
    struct sqlite_statement *s =
        summary_statement(summary, device == 0 ? ASK_INCIDENTS : ASK_INCIDENTS_OF);
    struct incident incident;
    enum status status;

    if (s == NULL)
        return STATUS_SYSTEM;
    sqlite_bind_number(s, 1, (int64_t)since);
    if (device != 0)
        sqlite_bind_number(s, 2, (int64_t)device);
    while ((status = sqlite_step(s)) == STATUS_OK) {
        incident_take(s, &incident);
        if (!on(owner, &incident))
            break;
    }
    return summary_ended(s, status);
}
