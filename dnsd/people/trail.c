/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trail - audit lines for people to read, and whether they are as they were written.
 */
#include "people/database.h"
#include "events/digest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static_assert(sizeof((struct audit_verified *)0)->hash == CHAIN_SIZE, "of a line");

enum { ABOUT_SIZE = CASE_KEY_SIZE + CASE_APP_SIZE };

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static enum status line_show(struct people *people, const struct audit_place *place,
                             bool (*on)(void *owner, const struct audit_line *line), void *owner,
                             bool *enough)
{
    struct change_line read;
    char about[ABOUT_SIZE] = "";
    const char *raw;
    struct audit_line line = {.sequence = place->sequence};
    enum status status = audit_at(people->audit, place, &read, &raw);
    if (status == STATUS_OK) {
        const struct change *change = &read.change;
        if (change->device_key != NULL)
            snprintf(about, sizeof about, "%s %s", change->device_key, or_empty(change->app));
        else
            snprintf(about, sizeof about, "%s", or_empty(change->about));
        line.at = change->at;
        line.by = or_empty(change->by);
        line.from = or_empty(change->from);
        line.action = read.action;
        line.about = about;
        line.raw = raw;
    } else if (status == STATUS_SYSTEM) {
        return status;
    } else { /* not the line that was written */
        line.by = line.from = line.about = "";
        line.action = "audit-line-changed";
        line.raw = "{}";
    }
    *enough = !on(owner, &line);
    return STATUS_OK;
}

enum status audit_lines(struct people *people, uint64_t before,
                        bool (*on)(void *owner, const struct audit_line *line), void *owner)
{
    struct sqlite_statement *s =
        query(people, "SELECT sequence, offset, length FROM lines WHERE sequence < ?1"
                      " ORDER BY sequence DESC");
    bool enough = false;
    enum status status = STATUS_OK;
    sqlite_bind_number(s, 1, before == 0 || before > INT64_MAX ? INT64_MAX : (int64_t)before);
    while (!enough && status == STATUS_OK && (status = sqlite_step(s)) == STATUS_OK) {
        const struct audit_place place = {(uint64_t)sqlite_number(s, 0),
                                          (uint64_t)sqlite_number(s, 1),
                                          (uint64_t)sqlite_number(s, 2)};
        status = line_show(people, &place, on, owner, &enough);
    }
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Verifying. */

struct verifying {
    struct chain known; /* what people.sqlite knew before the lines were read; number 0: nothing */
    struct chain end;
    uint64_t lines;
    char *why;
};

static enum status on_line(void *owner, const struct audit_visit *visit)
{
    struct verifying *v = owner;
    const uint64_t sequence = visit->place.sequence;
    if (sequence == 0)
        snprintf(v->why, PEOPLE_WHY_SIZE, "%s:%" PRIu64 ": this is no line of ours", AUDIT_FILE,
                 visit->number);
    else if (sequence != v->end.sequence + 1)
        snprintf(v->why, PEOPLE_WHY_SIZE,
                 "%s:%" PRIu64 ": this is line %" PRIu64 " where %" PRIu64 " must stand",
                 AUDIT_FILE, visit->number, sequence, v->end.sequence + 1);
    else if (memcmp(visit->hash, v->end.hash, sizeof visit->hash) != 0)
        snprintf(v->why, PEOPLE_WHY_SIZE,
                 "%s:%" PRIu64 ": the line before it was changed: this one is chained to another "
                 "text",
                 AUDIT_FILE, visit->number);
    if (v->why[0] != 0)
        return STATUS_CORRUPT;
    v->end.sequence = sequence;
    digest_sha256(visit->raw, v->end.hash);
    v->lines++;
    if (sequence != v->known.sequence ||
        memcmp(v->end.hash, v->known.hash, sizeof v->known.hash) == 0)
        return STATUS_OK;
    snprintf(v->why, PEOPLE_WHY_SIZE, "%s:%" PRIu64 ": this line was changed: %s knows another",
             AUDIT_FILE, visit->number, DATABASE_FILE);
    return STATUS_CORRUPT;
}

static enum status verify(struct people *people, struct verifying *v)
{
    v->why[0] = 0;
    enum status status = STATUS_NOT_FOUND;
    if (people->db != NULL)
        status = meta_find(people, "end", &v->known.sequence, v->known.hash);
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        status = audit_walk(people->audit, 0, on_line, v);
    if (status == STATUS_OK && v->known.sequence > v->end.sequence) {
        snprintf(v->why, PEOPLE_WHY_SIZE,
                 "%s: its end was cut off: %s knows line %" PRIu64
                 ", the last one here is %" PRIu64,
                 AUDIT_FILE, DATABASE_FILE, v->known.sequence, v->end.sequence);
        status = STATUS_CORRUPT;
    }
    if (status != STATUS_OK && v->why[0] == 0)
        snprintf(v->why, PEOPLE_WHY_SIZE, "%s cannot be read: %s", AUDIT_FILE, status_text(status));
    return status;
}

enum status audit_is_whole(struct people *people, uint64_t *lines, char why[PEOPLE_WHY_SIZE])
{
    uint64_t version[AUDIT_VERSION];
    enum status status = audit_version(people->audit, version);
    if (status == STATUS_OK && memcmp(version, people->verified, sizeof version) != 0) {
        struct verifying v = {.why = people->broken};
        status = verify(people, &v);
        people->verified_lines = v.lines;
        if (status == STATUS_OK || status == STATUS_CORRUPT)
            memcpy(people->verified, version, sizeof version);
        people->is_whole = status == STATUS_OK;
    } else if (status == STATUS_OK && !people->is_whole) {
        status = STATUS_CORRUPT;
    }
    *lines = people->verified_lines;
    snprintf(why, PEOPLE_WHY_SIZE, "%s", people->broken);
    return status;
}

enum status audit_verify(const char *folder, struct audit_verified *out, char why[PEOPLE_WHY_SIZE])
{
    struct people *people = calloc(1, sizeof *people);
    struct verifying v = {.why = why};

    *out = (struct audit_verified){0};
    snprintf(why, PEOPLE_WHY_SIZE, "out of memory");
    if (people == NULL)
        return STATUS_NO_MEMORY;
    people->only_reads = true;
    snprintf(people->folder, sizeof people->folder, "%s", folder);
    enum status status = audit_open(folder, false, 0, why, &people->audit);
    if (status == STATUS_OK)
        status = database_open(people, why);
    if (status == STATUS_AGAIN) /* a copy of the lines alone */
        status = STATUS_OK;
    if (status == STATUS_OK) {
        status = verify(people, &v);
        out->lines = v.lines;
        out->last = v.end.sequence;
        memcpy(out->hash, v.end.hash, sizeof out->hash);
        out->has_known_end = v.known.sequence != 0;
    }
    people_close(people);
    return status;
}
