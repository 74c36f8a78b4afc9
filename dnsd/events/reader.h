/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reader - the lines of a folder of event files, one after another, over the borders of files.
 *
 * Used by `ponor events`, by verify and by record at its start. Follows a file that is rotated
 * while it is read. What a line says is given as texts and numbers; a line that is none of ours is
 * given too, marked. Never writes.
 */
#ifndef EVENTS_READER_H
#define EVENTS_READER_H

#include "base/address.h"
#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

struct reader;

/* One line. Texts are "" where it does not say, and live until the next line is read. */
struct entry {
    const char *file; /* its name, and the number of the line in it, from 1 */
    uint64_t line;
    struct span raw; /* without the newline; a zero byte follows */
    bool whole;      /* false: the file ends in the middle of this line */
    bool sound;      /* a JSON object with sequence and chain; what follows is filled */
    bool notice;     /* a word of the program, no traffic */
    bool wire;       /* of the inspector: `name` is an address where no name was seen */
    clock_us at;
    uint64_t sequence, lost, sampled, first, last, port;
    const char *action, *reason, *client, *app, *evidence, *name, *type, *list, *rule, *ticket,
        *wanted, *matched, *about, *chain, *seen, *protocol, *server;
};

/* `folder` stays the caller's. Lines before `since` may be left out by whole files (0: none are).
 */
MUST_USE enum status reader_open(int folder, clock_us since, struct reader **out);
void reader_close(struct reader *reader);

/* The next line; STATUS_AGAIN at the end of what is written so far: asking again later goes on from
 * there. A last line without newline is given (not whole) only once `final` is set. */
MUST_USE enum status reader_next(struct reader *reader, bool final, struct entry *out);

/* Which lines a person wants; zeroed: all. */
struct wanted {
    bool has_client;
    struct prefix client;
    const char *app, *list; /* or NULL; letter case does not matter */
    clock_us since;
};
bool reader_matches(const struct entry *entry, const struct wanted *wanted);

/* "2026-11-24T03:00:00.123456Z" and its beginnings down to the day; UTC. */
bool reader_time(const char *text, clock_us *out);
/* Only as a line carries it, which is fast: "2026-11-24T03:00:00.123456Z". */
bool reader_stamp(struct span text, clock_us *out);

/* What one line says, for a line that was read by other means. */
struct entry_texts;
struct entry_texts *entry_texts_new(void);
void entry_texts_free(struct entry_texts *texts);
void entry_read(struct entry_texts *texts, struct span raw, struct entry *out);

#endif
