/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * metrics - what Prometheus reads, and the counts behind it (docs/metrics.md).
 *
 * Used by request, which counts answers. The text is made at most once in METRICS_HOLD_MS. No label
 * names a device, a client or a person, and none has more values than lists and gateways there are.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "web/request.h"

#include <stdio.h>

enum { METRICS_HOLD_MS = 10000 };

/* Dies without memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* An answer begins: of which code, after how long. */
void metrics_count(const struct request *request, int code);
/* Rows of the history by gateway, program, app and action, from roll-ups: api_overview.c. They
 * never go down, and are read for at most EVENT_ROWS_MS at a time: then others wait for the next.
 */
enum { EVENT_ROWS_MS = 50, EVENT_LABEL_SIZE = 2 * CONFIG_WORD_SIZE + 2 };
struct event_rows;
struct event_rows *event_rows_new(void);
void event_rows_free(struct event_rows *rows);
void event_rows_write(FILE *out, struct web *web, struct event_rows *rows,
                      const char *(*label)(const char *text, char out[EVENT_LABEL_SIZE]));

#endif
