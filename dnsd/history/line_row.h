/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * line_row - one event line becomes a row.
 *
 * Used by history and its fuzzer. Knows where in a line what stands (docs/events.md). Never
 * allocates, never knows devices or sources.
 */
#ifndef HISTORY_LINE_ROW_H
#define HISTORY_LINE_ROW_H

#include "incident/row.h"

struct row_reader;
struct row_reader *row_reader_new(void);
void row_reader_free(struct row_reader *reader);

/* Texts of `out`, and `chain` (64 digits, or empty), live until the next call and no longer than
 * `line`. STATUS_MALFORMED: no event line of ours. */
MUST_USE enum status row_read(struct row_reader *reader, struct span line, struct row *out,
                              struct span *chain);

#endif
