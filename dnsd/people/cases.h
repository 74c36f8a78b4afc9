/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cases - what people decided about incidents: state, assignee, notes.
 *
 * Used by web and by `ponor incidents`. A case is known by the device's key and the app, not by a
 * number of the history database: that can be deleted and rebuilt. New evidence reopens: an
 * incident that was closed, or called a false positive, and has attempts after that, is new again.
 */
#ifndef PEOPLE_CASES_H
#define PEOPLE_CASES_H

#include "people/people.h"

enum case_state { CASE_NEW, CASE_ACKNOWLEDGED, CASE_CLOSED, CASE_FALSE_POSITIVE, CASE_STATES };
extern const char *const case_state_words[]; /* "new", "acknowledged", "closed", "false-positive" */

enum { CASE_KEY_SIZE = 160, CASE_APP_SIZE = 256 };

struct case_now {
    uint8_t state; /* enum case_state, as set last */
    char assignee[PEOPLE_NAME_SIZE];
    clock_us changed;    /* when its state was set last; 0: never */
    clock_us seen_until; /* last attempt of the incident when its state was set */
    uint32_t notes;
};
/* The state that holds when the incident's latest attempt is at `last`; `*reopened` when it is new
 * only because of that. */
enum case_state case_effective(const struct case_now *now, clock_us last, bool *reopened);

/* A case that nobody touched is zeroed. */
MUST_USE enum status case_find(struct people *people, const char *device_key, const char *app,
                               struct case_now *out);
/* What is NULL or negative stays. `last`: of the incident, now. */
struct case_change {
    int state;
    const char *assignee, *note;
};
MUST_USE enum status case_change(struct people *people, const struct by *by, const char *device_key,
                                 const char *app, clock_us last, const struct case_change *change,
                                 char why[PEOPLE_WHY_SIZE]);

/* What happened to a case, oldest first. */
struct case_step {
    clock_us at;
    char by[PEOPLE_NAME_SIZE];
    int state;            /* -1: not changed */
    const char *assignee; /* NULL: not changed */
    const char *note;     /* NULL: none */
};
MUST_USE enum status case_steps(struct people *people, const char *device_key, const char *app,
                                bool (*on)(void *owner, const struct case_step *step), void *owner);

/* Audit lines, latest first, those with a number below `before` (0: all). */
struct audit_line {
    uint64_t sequence;
    clock_us at;
    const char *by, *from, *action, *about; /* "login", "case-closed", …; of whom or what */
    const char *raw;
};
MUST_USE enum status audit_lines(struct people *people, uint64_t before,
                                 bool (*on)(void *owner, const struct audit_line *line),
                                 void *owner);
/* Whether the audit chain is whole: STATUS_CORRUPT, and `why` names the line where it is not. The
 * answer is kept until the file changes. */
MUST_USE enum status audit_is_whole(struct people *people, uint64_t *lines,
                                    char why[PEOPLE_WHY_SIZE]);
/* The same beside a consoled that runs, or of a copy of the lines alone. STATUS_NOT_FOUND: there
 * are none; STATUS_CORRUPT: `out` says what is whole before the break. */
enum { AUDIT_HASH_SIZE = 32 };
struct audit_verified {
    uint64_t lines, last; /* number of the last of them, */
    uint8_t hash[AUDIT_HASH_SIZE];
    bool has_known_end; /* people.sqlite is there, and says where the lines must end */
};
MUST_USE enum status audit_verify(const char *folder, struct audit_verified *out,
                                  char why[PEOPLE_WHY_SIZE]);

#endif
