/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - what a report says, in English and French.
 *
 * Used by html, chart and markdown. Both catalogues are one table, so neither can lack a text.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/report.h"

/* clang-format off */
enum report_text {
    SAID_TITLE,
    SAID_SUBTITLE,
    SAID_PERIOD,
    SAID_IN_SHORT,
    SAID_ATTEMPTS,
    SAID_ATTEMPTS_EVER,
    SAID_STOPPED,
    SAID_DEVICES_CONCERNED,
    SAID_SURELY_INSTALLED,
    SAID_INCIDENTS_OPEN,
    SAID_OF_ATTEMPTS,
    SAID_OF_DEVICES,
    SAID_ON_BEFORE,
    SAID_SAY_NONE,
    SAID_SAY_ATTEMPTS,
    SAID_SAY_TREND,
    SAID_SAY_BEFORE,
    SAID_SAY_DEVICES,
    SAID_SAY_INCIDENTS,
    SAID_SAY_STATES,
    SAID_SAY_LIMITS,
    SAID_BY_APP,
    SAID_BY_DAY,
    SAID_TREND,
    SAID_BY_CONFIDENCE,
    SAID_FINDINGS,
    SAID_WAYS,
    SAID_AUTHORITIES,
    SAID_INCIDENTS,
    SAID_GATEWAYS,
    SAID_NOT_KNOWN,
    SAID_HOW,
    SAID_APP,
    SAID_BEFORE,
    SAID_CHANGE,
    SAID_DEVICE,
    SAID_OWNER,
    SAID_CONFIDENCE,
    SAID_WHY,
    SAID_STATE,
    SAID_LAST,
    SAID_WAY,
    SAID_LIST,
    SAID_AUTHORITY,
    SAID_TICKET,
    SAID_NUMBER,
    SAID_ADDRESS,
    SAID_GATEWAY,
    SAID_PROGRAM,
    SAID_LINES,
    SAID_LOST,
    SAID_BREAKS,
    SAID_WHOLE,
    SAID_BROKEN,
    SAID_BLIND,
    SAID_DROPPED,
    SAID_RESTARTS,
    SAID_OTHERS,
    SAID_NEW,
    SAID_NOT_STATED,
    SAID_THIS_MONTH,
    SAID_MONTH_BEFORE,
    SAID_FIRST_IN_MONTH,
    SAID_CLOSED_IN_MONTH,
    SAID_REOPENED,
    SAID_CHAIN_BREAKS,
    SAID_LIMIT_RUNNING,
    SAID_LIMIT_HISTORY,
    SAID_LIMIT_BEFORE,
    SAID_LIMIT_TEMPORARY,
    SAID_LIMIT_READ,
    SAID_LIMIT_NO_GATEWAYS,
    SAID_LIMIT_LOST,
    SAID_LIMIT_SAMPLED,
    SAID_LIMIT_BREAKS,
    SAID_LIMIT_BLIND,
    SAID_LIMIT_DROPPED,
    SAID_LIMIT_FULL,
    SAID_LIMIT_HEALTH,
    SAID_LIMIT_SILENT,
    SAID_LIMIT_DEVICES,
    SAID_LIMIT_STATES,
    SAID_LIMIT_NOTED,
    SAID_LIMIT_EXCEPTED,
    SAID_LIMIT_WAITING,
    SAID_LIMIT_SCORE,
    SAID_LIMIT_ALWAYS,
    SAID_HOW_SURE,
    SAID_HOW_LIKELY,
    SAID_HOW_VISITED,
    SAID_HOW_CONTEXT,
    SAID_HOW_ATTEMPT,
    SAID_FOOTER,
    SAID_SURE,
    SAID_LIKELY,
    SAID_VISITED,
    SAID_CONTEXT,
    SAID_STATE_NEW,
    SAID_STATE_ACKNOWLEDGED,
    SAID_STATE_CLOSED,
    SAID_STATE_FALSE_POSITIVE,
    SAID_STATE_UNKNOWN,
    SAID_COUNT
};
/* clang-format on */

/* UTF-8. #1, #2, … are places for values: shown_fill(). */
const char *report_said(enum report_language language, enum report_text text);
const char *report_month_name(enum report_language language, unsigned month); /* 1 to 12 */
const char *report_way_said(enum report_language language, enum way way);
const char *report_confidence_said(enum report_language language, enum confidence confidence);
const char *report_state_said(enum report_language language, enum case_state state);

enum { REPORT_REASON_SIZE = 256 };
/* The sentence of a reason; one that has no French yet stays English. */
const char *report_reason_said(enum report_language language, const struct reason *reason,
                               char out[REPORT_REASON_SIZE]);

#endif
