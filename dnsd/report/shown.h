/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shown - numbers and dates for people, and texts of strangers that stay texts.
 *
 * Used by html, chart and markdown. Whatever a name holds, what comes out is UTF-8 without control
 * characters and without marks that turn the direction of what follows.
 */
#ifndef REPORT_SHOWN_H
#define REPORT_SHOWN_H

#include "report/report.h"

enum { TEXT_SIZE = 768, NUMBER_SIZE = 48, SHOWN_MOST = 96 };

/* The next character of UTF-8, or U+FFFD for what cannot be shown; 0 at the end. */
uint32_t shown_next(const char **at);
/* At most `most` characters of `text`, as above, and … for what is cut. */
const char *shown_text(const char *text, unsigned most, char *out, size_t size);

/* "12,345", or with spaces that do not break. */
const char *shown_number(enum report_language language, uint64_t number, char out[NUMBER_SIZE]);
/* "96%", "96 %"; a dash when there is no whole. */
const char *shown_share(enum report_language language, uint64_t part, uint64_t whole,
                        char out[NUMBER_SIZE]);
/* "+12%", "-3%"; "new" after nothing. */
const char *shown_change(enum report_language language, uint64_t now, uint64_t before,
                         char out[NUMBER_SIZE]);
/* The same; a dash where the report's months cannot be compared. */
const char *shown_trend(const struct report *report, enum report_language language, uint64_t now,
                        uint64_t before, char out[NUMBER_SIZE]);
const char *shown_day(clock_us at, char out[NUMBER_SIZE]);      /* "2026-11-24" */
const char *shown_minute(clock_us at, char out[NUMBER_SIZE]);   /* "2026-11-24 03:00" */
const char *shown_duration(uint64_t us, char out[NUMBER_SIZE]); /* "3 h 12 min", "45 s" */

/* `pattern` with #1, #2, … replaced; what does not fit is cut. */
struct shown_values {
    const char *value[4];
};
const char *shown_fill(const char *pattern, const struct shown_values *values, char out[TEXT_SIZE]);

/* What a device is called: host, else tag, else address or what else its key says. */
const char *shown_device(const struct device *device);
/* An app, or "other apps" for the one that is called "". */
const char *shown_app(enum report_language language, const char *app);

#endif
