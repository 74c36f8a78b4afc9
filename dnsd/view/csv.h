/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csv - rows and incidents as lines of a table (RFC 4180), each with its CR LF.
 *
 * Used by web's exports. A cell that a spreadsheet would take for a formula gets an apostrophe;
 * control characters become blanks. Never looks anything up.
 */
#ifndef VIEW_CSV_H
#define VIEW_CSV_H

#include "people/cases.h"
#include "store/summary.h"

#include <stdio.h>

extern const char csv_row_heading[], csv_incident_heading[];

/* "traffic", "notice", "health"; "" for others. */
const char *row_kind_word(uint8_t kind);
void csv_row(FILE *out, const struct row *row, const struct device *device);
void csv_incident(FILE *out, const struct incident *incident, const struct device_seen *seen,
                  const struct case_now *decided);

#endif
