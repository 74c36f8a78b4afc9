/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * change - one thing that somebody did, and the line of audit.jsonl that says so.
 *
 * Used by people's own files. A line says all that rows are made from, but for passwords and the
 * secrets of codes: those stand in people.sqlite alone. Pure ASCII, every other byte escaped.
 */
#ifndef PEOPLE_CHANGE_H
#define PEOPLE_CHANGE_H

#include "base/writer.h"
#include "events/chain.h"
#include "people/cases.h"

enum { AUDIT_LINE_MOST = 32768 }; /* with its newline: a note of NOTE_MOST bytes, all escaped */

enum act {
    ACT_NONE, /* a line of a later version: kept, and no rows are made from it */
    ACT_LOGIN,
    ACT_LOGIN_FAILED,
    ACT_LOCKED,
    ACT_LOGOUT,
    ACT_ADMIN_MADE, /* with a first password, or a rescue */
    ACT_ACCOUNT_ADDED,
    ACT_PERMISSION,
    ACT_DISABLED,
    ACT_ENABLED,
    ACT_PASSWORD,       /* one's own */
    ACT_PASSWORD_RESET, /* by an admin */
    ACT_LANGUAGE,
    ACT_TOTP_ON,
    ACT_TOTP_OFF,
    ACT_CASE_NEW, /* those of a state stand in the order of enum case_state */
    ACT_CASE_ACKNOWLEDGED,
    ACT_CASE_CLOSED,
    ACT_CASE_FALSE_POSITIVE,
    ACT_CASE_ASSIGNED,
    ACT_CASE_NOTED,
    ACT_LOST, /* a password or secret that a crash took */
    ACT_TORN,
    ACT_BROKEN,
    ACT_REBUILT,
    ACT_COUNT
};

/* Texts that are not set are NULL; numbers -1. */
struct change {
    enum act act;
    clock_us at;
    const char *by, *from; /* account; address */
    const char *about;     /* account that it is about */
    const char *reason, *language;
    int permission;
    const char *device_key, *app, *assignee, *note;
    int state;
    clock_us last;  /* of the incident */
    uint64_t count; /* LOGIN_FAILED: how many more were left out before it */

    /* Never in the line: of a password; of codes, and the step of the last one used. */
    const char *hash, *secret;
    uint64_t step;
};

static inline struct change change_of(enum act act, const struct by *by)
{
    return (struct change){
        .act = act, .at = by->now, .by = by->name, .from = by->from, .permission = -1, .state = -1};
}

/* Appends the line with its newline; `hash`: of the line before. */
void change_write(const struct change *change, uint64_t sequence, const uint8_t hash[CHAIN_SIZE],
                  struct writer *w);

struct change_reader;
struct change_reader *change_reader_new(void);
void change_reader_free(struct change_reader *reader);
/* A line without its newline. What is given lives until the next one is read. STATUS_MALFORMED. */
struct change_line {
    struct change change;
    uint64_t sequence;
    uint8_t hash[CHAIN_SIZE];
    const char *action;
};
MUST_USE enum status change_read(struct change_reader *reader, struct span line,
                                 struct change_line *out);

#endif
