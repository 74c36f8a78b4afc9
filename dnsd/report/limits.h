/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limits - what a report says in sentences: its period, the whole in short, what is not known, and
 * how to read it.
 *
 * Used by html and markdown, which write each sentence their own way.
 */
#ifndef REPORT_LIMITS_H
#define REPORT_LIMITS_H

#include "report/report.h"

typedef void (*report_on_sentence)(void *owner, const char *text); /* not escaped yet */

void report_period(const struct report *report, enum report_language language,
                   report_on_sentence on, void *owner);
void report_short(const struct report *report, enum report_language language, report_on_sentence on,
                  void *owner);
void report_limits(const struct report *report, enum report_language language,
                   report_on_sentence on, void *owner);
void report_how(enum report_language language, report_on_sentence on, void *owner);

#endif
