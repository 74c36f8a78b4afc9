/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * place - where in a folder of event files the line stands that was read last.
 *
 * Used by follow when it begins, and when files are no longer as they were. Found by the names of
 * files and by halving, so that gigabytes are not read again; its hash is compared, so that it is
 * the same line. Never writes.
 */
#ifndef HISTORY_PLACE_H
#define HISTORY_PLACE_H

#include "base/clock.h"
#include "events/chain.h"
#include "events/files.h"
#include "history/line_row.h"
#include "history/lines.h"

enum place_found {
    PLACE_NOTHING,    /* there is no file */
    PLACE_BEHIND,     /* right behind the line */
    PLACE_BEFORE_ALL, /* the folder begins behind it, or nothing was read yet */
    /* Breaks. */
    PLACE_CHANGED, /* behind a line of this number that says something else */
    PLACE_CUT,     /* the line is gone, while older ones are there */
    PLACE_OTHER    /* at the begin of another chain, all of which is newer */
};

struct place {
    enum place_found found;
    struct event_file file;
    int fd; /* the caller's; -1: PLACE_NOTHING */
    uint64_t offset;
};

/* `at`: the last line read, sequence 0: none; `last_at`: the latest time until there. `reader` and
 * `lines` are used on the way; `lines` then stand at the place. */
MUST_USE enum status place_find(int folder, const struct chain *at, clock_us last_at,
                                struct row_reader *reader, struct lines *lines, struct place *out);

#endif
