/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * past - what was kept of the events: consoled's history where there is one, else a temporary one
 * made from the event folders.
 *
 * Used by `ponor incidents` and `ponor report`, which need no running consoled. Also what people
 * decided, where that can be read. Never changes anything of consoled's; a temporary history stands
 * in a folder of its own (scratch.h) that goes with past_close(), or with the program.
 */
#ifndef REPORT_PAST_H
#define REPORT_PAST_H

#include "config/config.h"
#include "people/cases.h"
#include "report/scratch.h"
#include "store/store.h"
#include "store/summary.h"

struct past {
    struct summary *summary;
    struct store *store;
    struct people *people; /* NULL: states are not known */
    char people_why[PEOPLE_WHY_SIZE];
    bool is_temporary;
    clock_us read_at; /* when history read something last; of a temporary one: now */
    struct scratch scratch;
};

/* `why` says what is wrong and what to do. */
MUST_USE enum status past_open(const struct config *config, clock_us now, char why[STORE_WHY_SIZE],
                               struct past *out);
void past_close(struct past *past);

/* An incident with its device, how sure it is, and what people decided (zeroed without people). */
struct past_incident {
    const struct incident *incident;
    struct device_seen seen;
    struct score score;
    struct case_now decided;
    enum case_state state;
    bool reopened;
};
void past_look(struct past *past, const struct incident *incident, struct past_incident *out);

#endif
