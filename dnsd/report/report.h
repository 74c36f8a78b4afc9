/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - a month in numbers, for the people who decide; and as a page.
 *
 * Used by `ponor report`. Facts are gathered once (facts.c), then written as one HTML page without
 * any script or foreign file (html.c, chart.c), or as Markdown (markdown.c), in English or French
 * (words.c). Names come from strangers: shown.c lets none of them be more than text. Never decides,
 * never changes what it reads.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/past.h"

#include <stdio.h>

enum {
    REPORT_APPS = 40,  /* the others are one more, called "" */
    REPORT_SERIES = 5, /* of them with a colour of their own */
    REPORT_DAYS = 31,
    REPORT_LISTS = 60, /* rows of authorities and tickets */
    REPORT_GATEWAYS = 60,
    REPORT_FINDINGS = 20 /* devices by name: those that are surest */
};

struct report_month {
    unsigned year, month; /* 1 to 12 */
    unsigned days;
    clock_us from, until; /* UTC */
};

struct report_app {
    char app[INCIDENT_TEXT_SIZE];
    uint64_t rows, stopped, before; /* before: rows of the month before */
    uint64_t day[REPORT_DAYS];
};

struct report_way {
    uint64_t rows, stopped;
};

/* Under what authority something was stopped. */
struct report_list {
    char app[INCIDENT_TEXT_SIZE], list[INCIDENT_TEXT_SIZE], authority[INCIDENT_TEXT_SIZE],
        ticket[INCIDENT_TEXT_SIZE];
    uint64_t incidents;
};

struct report_gateway {
    char gateway[CONFIG_WORD_SIZE], program[CONFIG_WORD_SIZE];
    clock_us first_at, last_at;
    uint64_t lines, lost, sampled, breaks, missing; /* since its files begin */
    /* In the month. */
    uint64_t dropped, flows_full, gather_full, events_lost, blind_us, restarts;
};

struct report_finding {
    struct device device;
    struct address address;
    char app[INCIDENT_TEXT_SIZE];
    struct score score;
    uint64_t attempts; /* whenever they were */
    clock_us last;
    enum case_state state;
};

struct report {
    struct report_month month;
    clock_us made, read_at;
    bool is_temporary, has_states;
    bool is_comparable;                      /* this month and the one before are whole */
    bool health_is_part;                     /* not all lines about health could be read in time */
    struct report_app apps[REPORT_APPS + 1]; /* most rows first */
    uint32_t app_count;
    uint64_t rows, stopped, before, before_stopped, excepted;
    struct report_way ways[WAY_COUNT];
    struct report_list lists[REPORT_LISTS];
    uint32_t list_count;
    struct report_gateway gateways[REPORT_GATEWAYS];
    uint32_t gateway_count;
    uint64_t devices[CONFIDENCE_SURE + 1]; /* each once, by its surest app */
    uint64_t device_count, unknown_devices;
    struct report_finding findings[REPORT_FINDINGS]; /* surest first */
    uint32_t finding_count;
    uint64_t incidents, opened, closed, reopened, broken_chains, states[CASE_STATES];
    clock_us history_first; /* first row that is kept; 0: none */
    clock_us before_from;   /* begin of the month before */
    uint64_t waiting;       /* batches that the database does not have yet */
};

/* "2026-11". */
bool report_month_read(const char *text, struct report_month *out);
/* The month before the one of `now`. */
struct report_month report_month_before(clock_us now);

/* `out` is large: not for the stack. */
MUST_USE enum status report_gather(struct past *past, const struct report_month *month,
                                   clock_us now, struct report *out);
/* Of facts_incidents.c: the part that comes from incidents. */
MUST_USE enum status report_gather_incidents(struct past *past, struct report *out);

enum report_language { REPORT_ENGLISH, REPORT_FRENCH, REPORT_LANGUAGES };

void report_html(const struct report *report, enum report_language language, FILE *out);
void report_markdown(const struct report *report, enum report_language language, FILE *out);

#endif
