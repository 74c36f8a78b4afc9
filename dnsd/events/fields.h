/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields - chosen values of a JSON line, found in one pass and without building a tree.
 *
 * Used by reader and by history, on every line of every event file. Strict about JSON (RFC 8259):
 * what is no object, is nested deeper than FIELDS_DEPTH or has anything behind its end is none of
 * ours. Of a key that stands twice the first holds, and `twice` is set. Never allocates.
 */
#ifndef EVENTS_FIELDS_H
#define EVENTS_FIELDS_H

#include "base/span.h"
#include "base/status.h"

enum { FIELDS_MOST = 64, FIELDS_DEPTH = 8 };

enum field_kind {
    FIELD_NONE,
    FIELD_TEXT,
    FIELD_NUMBER,
    FIELD_TRUE,
    FIELD_FALSE,
    FIELD_NULL,
    FIELD_LIST,
    FIELD_OBJECT
};

struct field {
    enum field_kind kind;
    struct span text; /* TEXT: unescaped, UTF-8; LIST, OBJECT, NUMBER: as written */
    uint64_t number;  /* NUMBER: whole and not negative, else 0 */
};

/* Which values: paths as "event.sequence", in any order, at most FIELDS_MOST. Made once. */
struct fields_wanted;
struct fields_wanted *fields_wanted_new(const char *const *paths, size_t count);
void fields_wanted_free(struct fields_wanted *wanted);

/* `out` has `count` places. Texts with escapes are written into `room` (as long as the line is
 * enough); the others point into the line. STATUS_MALFORMED. */
MUST_USE enum status fields_read(const struct fields_wanted *wanted, struct span line, void *room,
                                 struct field *out, bool *twice);

#endif
