/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * journal - the event files of one folder, written: append, chain, rotate, keep to the quota.
 *
 * Used by recorder; the only writer of its folder. Lines wait in a buffer of JOURNAL_BUFFER bytes
 * and leave with one write. What the disk refuses stays in the buffer and is tried again, so that
 * it is written later at the same place of the chain; when the buffer is full, journal_has_room()
 * says so and the events stay in their rings, where their owners count what does not fit. Nothing
 * that was taken is dropped. Opens files only below the descriptor that it was given.
 */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include "events/line.h"

enum { JOURNAL_BUFFER = 256 * 1024 };

struct journal_limits {
    uint64_t rotate_bytes;   /* a file is full at this size; 0: never by size */
    uint32_t rotate_seconds; /* or when its first line is this old; 0: never by time */
    uint64_t quota_bytes;    /* of all event files together; 0: no limit */
};

/* What it did since it was opened. */
struct journal_counts {
    uint64_t lines, bytes, rotated, removed, errors;
};

struct journal;

/* Goes on where the newest file of `folder` (which stays the caller's) ends. What a crash left
 * behind is repaired, and said in a notice: half a line is moved into a file of its own. */
MUST_USE enum status journal_open(int folder, const struct journal_limits *limits,
                                  struct line_writer *lines, clock_us now, struct journal **out);
/* Writes and syncs what waits, if the disk takes it. */
void journal_close(struct journal *journal, clock_us now);

/* Whether there is room for one more event. */
bool journal_has_room(const struct journal *journal);
/* One line; only while there is room. `lost` as in line_write(). */
void journal_event(struct journal *journal, const struct event *event, const struct policy *policy,
                   uint64_t lost);
void journal_notice(struct journal *journal, clock_us now, const struct notice *notice);

/* Writes what waits with one write; rotates, removes the oldest files and syncs when that is due.
 */
void journal_flush(struct journal *journal, clock_us now);
/* The same, and begins a new file if this one has a line. */
void journal_rotate(struct journal *journal, clock_us now);

/* The number of the last line, and of the last line of the last batch that was written whole. */
uint64_t journal_last(const struct journal *journal);
uint64_t journal_written(const struct journal *journal);
struct journal_counts journal_counts(const struct journal *journal);

#endif
