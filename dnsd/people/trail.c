/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trail - audit lines for people to read, and whether they are as they were written.
 */
#include "people/database.h"
#include "events/digest.h"

#include <inttypes.h>
#include <stdio.h>

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
    return STATUS_OK;
}

/* The end must be what people.sqlite knows, or behind it. */
static void end_check(struct people *people, struct verifying *v)
{
    struct span hash;
    uint64_t known;
    if (meta_find(people, "end", &known, &hash) != STATUS_OK)
        return;
    if (known > v->end.sequence)
        snprintf(v->why, PEOPLE_WHY_SIZE,
                 "%s: its end was cut off: %s knows line %" PRIu64
                 ", the last one here is %" PRIu64,
                 AUDIT_FILE, DATABASE_FILE, known, v->end.sequence);
    else if (known == v->end.sequence &&
             !span_equal(hash, span_of(v->end.hash, sizeof v->end.hash)))
        snprintf(v->why, PEOPLE_WHY_SIZE, "%s: its last line was changed", AUDIT_FILE);
}

static enum status verify(struct people *people, uint64_t *lines, char *why)
{
    struct verifying v = {.why = why};
    why[0] = 0;
    enum status status = audit_walk(people->audit, 0, on_line, &v);
    if (status == STATUS_OK)
        end_check(people, &v);
    if (status == STATUS_OK && why[0] != 0)
        status = STATUS_CORRUPT;
    if (status != STATUS_OK && why[0] == 0)
        snprintf(why, PEOPLE_WHY_SIZE, "%s cannot be read: %s", AUDIT_FILE, status_text(status));
    *lines = v.lines;
    return status;
}

enum status audit_is_whole(struct people *people, uint64_t *lines, char why[PEOPLE_WHY_SIZE])
{
    uint64_t version[AUDIT_VERSION];
    enum status status = audit_version(people->audit, version);
    if (status == STATUS_OK && memcmp(version, people->verified, sizeof version) != 0) {
        status = verify(people, &people->verified_lines, people->broken);
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

enum status audit_verify(const char *folder, uint64_t *lines, char why[PEOPLE_WHY_SIZE])
{
    struct people *people;
    *lines = 0;
    enum status status = people_open(folder, NULL, 0, why, &people);
    if (status != STATUS_OK)
        return status;
    status = verify(people, lines, why);
    people_close(people);
    return status;
}
