/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sightings - what `ponor inspect` prints of a capture: a table, or lines of events.
 *
 * Used by inspect.c. Prints as it goes, to standard output. What a packet says never reaches a
 * terminal but as printable ASCII.
 */
#ifndef COMMAND_SIGHTINGS_H
#define COMMAND_SIGHTINGS_H

#include "inspect/watch.h"

struct sightings_wanted {
    bool json; /* else a table */
    bool all;  /* also each flow, and how it ended */
};

struct sightings_printer;

/* `policy` must outlive it. NULL: out of memory. */
struct sightings_printer *sightings_printer_new(const struct sightings_wanted *wanted,
                                                const char *gateway, const struct policy *policy);
void sightings_printer_free(struct sightings_printer *printer);

/* For struct watch_output; `owner` is the printer. */
void sightings_print_event(void *owner, const struct event *event);
void sightings_print_result(void *owner, const struct result *result);
/* At the end: of all packets. With --json to standard error, so that lines stay lines. */
void sightings_print_counts(struct sightings_printer *printer, const struct watch_counts *counts);

#endif
