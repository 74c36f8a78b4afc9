/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cases - rows of cases and of what happened to them.
 */
#include "people/cases.h"

#include "people/accounts.h"

#include <assert.h>
#include <stdio.h>

enum { NOTES_MOST = 1000 /* of a case */ };

const char *const case_state_words[] = {
    [CASE_NEW] = "new",       [CASE_ACKNOWLEDGED] = "acknowledged",
    [CASE_CLOSED] = "closed", [CASE_FALSE_POSITIVE] = "false-positive",
    [CASE_STATES] = NULL,
};

static_assert(ACT_CASE_NEW + CASE_FALSE_POSITIVE == ACT_CASE_FALSE_POSITIVE, "in the same order");

enum case_state case_effective(const struct case_now *now, clock_us last, bool *reopened)
{
    *reopened =
        (now->state == CASE_CLOSED || now->state == CASE_FALSE_POSITIVE) && last > now->seen_until;
    return *reopened ? CASE_NEW : (enum case_state)now->state;
}

enum status case_find(struct people *people, const char *device_key, const char *app,
                      struct case_now *out)
{
    struct sqlite_statement *s =
        query(people, "SELECT state, assignee, changed, seen_until, notes FROM cases"
                      " WHERE device = ?1 AND app = ?2");
    *out = (struct case_now){0};
    sqlite_bind_text(s, 1, device_key);
    sqlite_bind_text(s, 2, app);
    enum status status = sqlite_step(s);
    if (status == STATUS_OK) {
        out->state = (uint8_t)(sqlite_number(s, 0) % CASE_STATES);
        snprintf(out->assignee, sizeof out->assignee, "%s", sqlite_text(s, 1));
        out->changed = (clock_us)sqlite_number(s, 2);
        out->seen_until = (clock_us)sqlite_number(s, 3);
        out->notes = (uint32_t)sqlite_number(s, 4);
    }
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* What a person wrote and must correct. */
static bool is_fine(const struct case_change *change, const struct case_now *now, bool is_account,
                    char *why)
{
    const char *wrong = NULL;
    if (change->state < 0 && change->assignee == NULL && change->note == NULL)
        wrong = "Nothing is to be changed: give a state, an assignee or a note.";
    else if (change->state >= CASE_STATES)
        wrong = "A state is new, acknowledged, closed or false-positive.";
    else if (!is_account)
        wrong = "There is no account of the assignee's name that may change incidents.";
    else if (change->note != NULL && change->note[0] == 0)
        wrong = "The note is empty.";
    else if (change->note != NULL && strlen(change->note) > NOTE_MOST)
        wrong = "The note is too long: at most 4000 bytes.";
    else if (change->note != NULL && now->notes >= NOTES_MOST)
        wrong = "This incident has 1000 notes: no more fit.";
    if (wrong != NULL)
        snprintf(why, PEOPLE_WHY_SIZE, "%s", wrong);
    return wrong == NULL;
}

static enum act act_of(const struct case_change *change)
{
    if (change->state >= 0)
        return (enum act)(ACT_CASE_NEW + change->state);
    return change->assignee != NULL ? ACT_CASE_ASSIGNED : ACT_CASE_NOTED;
}

enum status case_change(struct people *people, const struct by *by, const char *device_key,
                        const char *app, clock_us last, const struct case_change *change,
                        char why[PEOPLE_WHY_SIZE])
{
    struct case_now now;
    struct account_row row;
    bool is_account = true;
    enum status status = case_find(people, device_key, app, &now);

    if (strlen(device_key) >= CASE_KEY_SIZE || strlen(app) >= CASE_APP_SIZE) {
        snprintf(why, PEOPLE_WHY_SIZE, "The names of device and app are too long for a case.");
        return STATUS_TOO_LONG;
    }
    if (status == STATUS_OK && change->assignee != NULL && change->assignee[0] != 0)
        is_account = account_find(people, change->assignee, &row) == STATUS_OK &&
                     !row.account.is_disabled && row.account.permission >= PERMISSION_ANALYST;
    if (status == STATUS_OK && !is_fine(change, &now, is_account, why))
        return STATUS_INVALID;
    if (status == STATUS_OK)
        status = change_begin(people, by->now);
    if (status != STATUS_OK) {
        snprintf(why, PEOPLE_WHY_SIZE, "Nothing can be changed now: %.150s.",
                 sqlite_why(people->db));
        return status;
    }
    struct change line = change_of(act_of(change), by);
    line.device_key = device_key;
    line.app = app;
    line.state = change->state;
    line.assignee =
        change->assignee == NULL || change->assignee[0] == 0 ? change->assignee : row.account.name;
    line.note = change->note;
    line.last = last;
    return change_end(people, STATUS_OK, &line, why);
}

enum status case_steps(struct people *people, const char *device_key, const char *app,
                       bool (*on)(void *owner, const struct case_step *step), void *owner)
{
    struct sqlite_statement *s = query(people, "SELECT at, who, state, assignee, note FROM steps"
                                               " WHERE device = ?1 AND app = ?2 ORDER BY sequence");
    enum status status;
    sqlite_bind_text(s, 1, device_key);
    sqlite_bind_text(s, 2, app);
    while ((status = sqlite_step(s)) == STATUS_OK) {
        struct case_step step = {
            .at = (clock_us)sqlite_number(s, 0),
            .state = sqlite_is_null(s, 2) ? -1 : (int)(sqlite_number(s, 2) % CASE_STATES),
            .assignee = sqlite_is_null(s, 3) ? NULL : sqlite_text(s, 3),
            .note = sqlite_is_null(s, 4) ? NULL : sqlite_text(s, 4),
        };
        snprintf(step.by, sizeof step.by, "%s", sqlite_text(s, 1));
        if (!on(owner, &step))
            break;
    }
    sqlite_reset(s);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
