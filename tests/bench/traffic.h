/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * traffic - capture files of what the inspector meets: to be measured with.
 *
 * Used by tests/bench/inspect.c. The same kind and size always gives the same bytes. Checksums and
 * lengths are right, so that other programs can be measured with the same file. Never measures.
 */
#ifndef TESTS_TRAFFIC_H
#define TESTS_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct traffic_kind {
    const char *name, *what;
    uint64_t bytes; /* of the file, about, when nobody says otherwise */
};
extern const struct traffic_kind traffic_kinds[]; /* ends with an empty row */

/* False: an unknown kind, or no room in the file. */
bool traffic_write(const char *kind, FILE *file, uint64_t bytes);

#endif
