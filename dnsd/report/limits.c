/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limits - each sentence that holds, with its numbers.
 */
#include "report/limits.h"

#include "report/shown.h"
#include "report/words.h"

static const clock_us HOUR_US = UINT64_C(3600000000), DAY_US = UINT64_C(86400000000),
                      SILENT_US = UINT64_C(2) * 86400000000;

enum { GATEWAY_NAME_SIZE = 2 * CONFIG_WORD_SIZE + 8, GATEWAY_SHOWN = 60 };

struct sentences {
    const struct report *report;
    enum report_language language;
    report_on_sentence on;
    void *owner;
};

static void say(const struct sentences *s, enum report_text text, const struct shown_values *values)
{
    static const struct shown_values none = {{NULL}};
    char filled[TEXT_SIZE];

    s->on(s->owner,
          shown_fill(report_said(s->language, text), values != NULL ? values : &none, filled));
}

/* The values are numbers, in the order of the places. */
static void say_numbers(const struct sentences *s, enum report_text text, uint64_t one,
                        uint64_t two, uint64_t three)
{
    char texts[3][NUMBER_SIZE];
    const struct shown_values values = {{shown_number(s->language, one, texts[0]),
                                         shown_number(s->language, two, texts[1]),
                                         shown_number(s->language, three, texts[2])}};
    say(s, text, &values);
}

void report_short(const struct report *report, enum report_language language, report_on_sentence on,
                  void *owner)
{
    const struct sentences s = {report, language, on, owner};
    char rows[NUMBER_SIZE], stopped[NUMBER_SIZE], share[NUMBER_SIZE], change[NUMBER_SIZE];
    const struct shown_values attempts = {
        {shown_number(language, report->rows, rows),
         shown_number(language, report->stopped, stopped),
         shown_share(language, report->stopped, report->rows, share)}};

    say(&s, report->rows == 0 ? SAID_SAY_NONE : SAID_SAY_ATTEMPTS, &attempts);
    const struct shown_values trend = {
        {shown_number(language, report->before, rows),
         shown_change(language, report->rows, report->before, change)}};
    if (report->before > 0)
        say(&s, report->is_comparable ? SAID_SAY_TREND : SAID_SAY_BEFORE, &trend);
    if (report->device_count > 0)
        say_numbers(&s, SAID_SAY_DEVICES, report->device_count, report->devices[CONFIDENCE_SURE],
                    report->devices[CONFIDENCE_LIKELY]);
    say_numbers(&s, SAID_SAY_INCIDENTS, report->incidents, report->opened, 0);
    if (report->has_states)
        say_numbers(&s, SAID_SAY_STATES,
                    report->states[CASE_NEW] + report->states[CASE_ACKNOWLEDGED], report->reopened,
                    report->closed);
    say(&s, SAID_SAY_LIMITS, NULL);
}

static void say_of_gateway(const struct sentences *s, const char *name, enum report_text text,
                           uint64_t number, uint64_t second)
{
    char one[NUMBER_SIZE], two[NUMBER_SIZE];
    const struct shown_values values = {
        {name, shown_number(s->language, number, one), shown_number(s->language, second, two)}};
    if (number > 0)
        say(s, text, &values);
}

static void say_silent(const struct sentences *s, const char *name,
                       const struct report_gateway *gateway)
{
    char at[NUMBER_SIZE];
    clock_us until = s->report->month.until;
    const struct shown_values values = {{name, shown_minute(gateway->last_at, at)}};

    if (until > s->report->read_at)
        until = s->report->read_at;
    if (gateway->last_at + SILENT_US < until)
        say(s, SAID_LIMIT_SILENT, &values);
}

static void say_gateway(const struct sentences *s, const struct report_gateway *gateway)
{
    char name[GATEWAY_NAME_SIZE], shown[TEXT_SIZE], blind[NUMBER_SIZE];
    snprintf(name, sizeof name, "%s (%s)", gateway->gateway, gateway->program);
    shown_text(name, GATEWAY_SHOWN, shown, sizeof shown);
    const struct shown_values blinded = {{shown, shown_duration(gateway->blind_us, blind)}};

    say_of_gateway(s, shown, SAID_LIMIT_BREAKS, gateway->breaks, gateway->missing);
    if (gateway->blind_us > 0)
        say(s, SAID_LIMIT_BLIND, &blinded);
    say_of_gateway(s, shown, SAID_LIMIT_DROPPED, gateway->dropped, 0);
    say_of_gateway(s, shown, SAID_LIMIT_FULL, gateway->flows_full + gateway->gather_full, 0);
    say_of_gateway(s, shown, SAID_LIMIT_LOST, gateway->lost + gateway->events_lost, 0);
    say_of_gateway(s, shown, SAID_LIMIT_SAMPLED, gateway->sampled, 0);
    say_silent(s, shown, gateway);
}

static void say_history(const struct sentences *s)
{
    const struct report *r = s->report;
    char now[NUMBER_SIZE], first[NUMBER_SIZE], read[NUMBER_SIZE];
    const struct shown_values values = {{shown_minute(r->made, now)}},
                              begin = {{shown_minute(r->history_first, first)}},
                              last = {{shown_minute(r->read_at, read)}};

    if (r->month.until > r->made)
        say(s, SAID_LIMIT_RUNNING, &values);
    if (r->history_first > r->month.from)
        say(s, SAID_LIMIT_HISTORY, &begin);
    else if (r->history_first > r->before_from + DAY_US)
        say(s, SAID_LIMIT_BEFORE, &begin);
    if (r->is_temporary)
        say(s, SAID_LIMIT_TEMPORARY, NULL);
    else if (r->read_at < r->month.until && r->read_at + HOUR_US < r->made)
        say(s, SAID_LIMIT_READ, &last);
    if (r->waiting > 0)
        say_numbers(s, SAID_LIMIT_WAITING, r->waiting, 0, 0);
}

void report_limits(const struct report *report, enum report_language language,
                   report_on_sentence on, void *owner)
{
    const struct sentences s = {report, language, on, owner};

    say_history(&s);
    if (report->gateway_count == 0)
        say(&s, SAID_LIMIT_NO_GATEWAYS, NULL);
    for (uint32_t i = 0; i < report->gateway_count; i++)
        say_gateway(&s, &report->gateways[i]);
    if (report->health_is_part)
        say(&s, SAID_LIMIT_HEALTH, NULL);
    if (report->unknown_devices > 0)
        say_numbers(&s, SAID_LIMIT_DEVICES, report->device_count, report->unknown_devices, 0);
    if (!report->has_states)
        say(&s, SAID_LIMIT_STATES, NULL);
    if (report->rows > report->stopped)
        say_numbers(&s, SAID_LIMIT_NOTED, report->rows - report->stopped, 0, 0);
    if (report->excepted > 0)
        say_numbers(&s, SAID_LIMIT_EXCEPTED, report->excepted, 0, 0);
    say(&s, SAID_LIMIT_SCORE, NULL);
    say(&s, SAID_LIMIT_ALWAYS, NULL);
}

void report_period(const struct report *report, enum report_language language,
                   report_on_sentence on, void *owner)
{
    const struct sentences s = {report, language, on, owner};
    char from[NUMBER_SIZE], until[NUMBER_SIZE], count[NUMBER_SIZE];
    clock_us end = report->month.until < report->made ? report->month.until : report->made;
    uint64_t gateways = 0;

    for (uint32_t i = 0; i < report->gateway_count; i++)
        gateways +=
            i == 0 || strcmp(report->gateways[i].gateway, report->gateways[i - 1].gateway) != 0;
    const struct shown_values values = {{shown_day(report->month.from, from),
                                         shown_day(end - 1, until),
                                         shown_number(language, gateways, count)}};
    say(&s, SAID_PERIOD, &values);
}

void report_how(enum report_language language, report_on_sentence on, void *owner)
{
    static const enum report_text texts[] = {SAID_HOW_SURE, SAID_HOW_LIKELY, SAID_HOW_VISITED,
                                             SAID_HOW_CONTEXT, SAID_HOW_ATTEMPT};
    const struct sentences s = {NULL, language, on, owner};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        say(&s, texts[i], NULL);
}
