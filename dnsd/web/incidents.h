/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incidents - all incidents in short form, with what people decided, to be searched and sorted.
 *
 * Used by api_incidents and the overview. Read again when the summary has changed, but for no more
 * than a twentieth of the time; a change by a person is seen at once. Never more than
 * BRIEFS_MOST: those with the latest attempts.
 */
#ifndef WEB_INCIDENTS_H
#define WEB_INCIDENTS_H

#include "web/web.h"

enum { BRIEFS_MOST = 500000 };

struct brief {
    uint64_t id, device, attempts;
    clock_us first, last;
    uint8_t points, confidence;
    char *app, *key;         /* of its device */
    char *text;              /* lower case: all by which it is found, line by line */
    struct case_now decided; /* of its case, whatever its state is now */
};

struct briefs {
    const struct brief *at;
    size_t count;
};

/* Live until the loop's next turn. */
MUST_USE enum status incidents_look(struct web *web, struct briefs *out);
enum case_state brief_state(const struct brief *brief);

/* For qsort() over pointers to briefs: highest, latest, most first. */
int brief_by_score(const void *a, const void *b);
int brief_by_last(const void *a, const void *b);
int brief_by_attempts(const void *a, const void *b);

/* Reads again what has changed, if it is time. Called while nobody waits. */
void incidents_refresh(struct web *web);

#endif
