/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * incident - what one device did about one app, folded from its events.
 *
 * Used by history, which adds rows, and by web and `ponor incidents`, which show it. Pure: the same
 * rows give the same incident in whatever order they come, since those of another gateway come
 * later, or anew. Never knows what people decided about it (people/cases.h), and never a socket or
 * a clock.
 */
#ifndef INCIDENT_INCIDENT_H
#define INCIDENT_INCIDENT_H

#include "base/clock.h"
#include "incident/row.h"
#include "incident/way.h"
#include "policy/verdict.h"

enum {
    INCIDENT_TEXT_SIZE = 256,
    INCIDENT_NAMES = 8, /* so many different names are kept: those that only the app asks for come
                           first, then those that came first */
    INCIDENT_DAYS = 100 /* so many days with an attempt are told apart: the latest ones */
};

/* The days (UTC) of rows, in order, with a bit for each hour that had one. */
struct incident_days {
    uint32_t count;
    struct incident_day {
        uint32_t day; /* since 1970 */
        uint32_t hours;
    } day[INCIDENT_DAYS];
};

struct incident {
    uint64_t id;     /* of the summary; 0: not kept yet */
    uint64_t device; /* of the summary */
    char app[INCIDENT_TEXT_SIZE];
    clock_us first, last;
    uint64_t attempts; /* rows in all */
    uint64_t stopped;  /* of them, those that were denied */
    uint64_t evidence[EVIDENCE_COUNT];
    uint64_t ways[WAY_COUNT];
    uint32_t hours, days; /* different ones with an attempt: those of `all` */
    /* The same of rows with evidence `installed` alone: those of `installed`. */
    uint32_t installed_hours, installed_days;
    struct incident_days all, installed;
    uint64_t unresolved; /* rows whose address was never resolved for the client */
    uint64_t built_in; /* of them, those with evidence `installed`: the app has the address in it */
    /* Of one row: the latest that names a rule. */
    clock_us decided_at;
    char list[INCIDENT_TEXT_SIZE], rule[INCIDENT_TEXT_SIZE], source[INCIDENT_TEXT_SIZE],
        authority[INCIDENT_TEXT_SIZE], ticket[INCIDENT_TEXT_SIZE], group[INCIDENT_TEXT_SIZE],
        gateway[INCIDENT_TEXT_SIZE];
    char names[INCIDENT_NAMES][INCIDENT_TEXT_SIZE]; /* "" from the first free place on */
    clock_us name_at[INCIDENT_NAMES];               /* when it came first */
    bool name_is_installed[INCIDENT_NAMES];         /* only the app asks for it */
    bool is_changed;                                /* since it was kept */
};

/* Whether a row belongs to an incident at all: it has an app and a client, and is neither a notice
 * nor what an exception allows; or it says that a chain is broken. */
bool incident_wants(const struct row *row);
void incident_add(struct incident *incident, const struct row *row);
/* Hours of all its days. */
uint32_t incident_hours(const struct incident_days *days);

/* How sure it is that the app is installed on the device, 0 (nothing) to 100, and why: reasons in
 * order of weight, each a word for catalogues and a sentence in English. The table of points stands
 * in score.c. Context: below 15; visited: below 40; likely: below 70; sure: from 70 on. */
enum confidence { CONFIDENCE_CONTEXT, CONFIDENCE_VISITED, CONFIDENCE_LIKELY, CONFIDENCE_SURE };
extern const char *const confidence_words[]; /* "context", "visited", "likely", "sure", NULL */

/* Words of reasons: chain-broken, mmtls, oicq, installed-names, update, httpdns, bypass,
 * unresolved, addresses, visited, ways-around, many-hours, many-days, many-names, context, unrated.
 */
enum { REASONS_MOST = 8, REASON_TEXT_SIZE = 160 };
struct reason {
    const char *word;
    uint64_t count; /* what the sentence counts */
    char text[REASON_TEXT_SIZE];
};
struct score {
    unsigned points; /* 0..100 */
    enum confidence confidence;
    uint32_t reason_count;
    struct reason reasons[REASONS_MOST];
};
void incident_score(const struct incident *incident, struct score *out);

#endif
