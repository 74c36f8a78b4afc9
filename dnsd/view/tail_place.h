/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail_place - how far a live tail is: of each source, which rows were given.
 *
 * Used by web's tail. Rows of one source are numbered, and come into the store in that order; but
 * their times may go back a little, and a gateway whose files are copied comes late as a whole. So
 * rows are known by their numbers, and only where to begin to look is a time: `since` of each
 * source that has something new. The text of a place is the id of an event: whoever comes back with
 * it is given what came meanwhile. At most TAIL_SOURCES_MOST sources, those that were read lately.
 * Never reads a row.
 */
#ifndef VIEW_TAIL_PLACE_H
#define VIEW_TAIL_PLACE_H

#include "store/summary.h"

enum { TAIL_SOURCES_MOST = 128, TAIL_WINDOW = 1024, TAIL_ID_SIZE = 8192 };

/* How late a row may come and be live still. */
static const clock_us TAIL_LATE_US = UINT64_C(600000000);

/* What the summary says of the sources, now and a moment ago. */
struct tail_clock {
    uint32_t source;
    uint64_t sequence;
    clock_us last_at;
    clock_us since,
        since_next;   /* no row that comes now is older: `last_at` of one or two turns ago */
    clock_ms changed; /* 0: not since we look */
    bool is_there;
};
struct tail_clocks {
    struct tail_clock at[TAIL_SOURCES_MOST];
    size_t count;
    uint64_t history; /* which one it is */
    clock_ms turned;  /* 0: never */
};
/* A look at the summary: begin, each of its sources, end. `is_behind`: rows that it counts cannot
 * be read yet. */
void tail_clocks_begin(struct tail_clocks *clocks);
void tail_clocks_add(struct tail_clocks *clocks, const struct log_source *source, clock_us wall,
                     clock_ms now);
void tail_clocks_end(struct tail_clocks *clocks, clock_ms now, bool is_behind);

struct tail_source {
    uint32_t source;
    uint64_t highest;                /* number that was seen; of those below, */
    uint64_t seen[TAIL_WINDOW / 64]; /* a bit each, by number modulo TAIL_WINDOW */
    uint64_t given;                  /* number up to which rows were given */
    clock_us since;
};
struct tail_place {
    struct tail_source at[TAIL_SOURCES_MOST];
    size_t count;
    uint64_t history;
    bool came_back; /* and has not yet got what it missed */
};

/* All that there is counts as given. */
void tail_place_now(struct tail_place *place, const struct tail_clocks *clocks);
/* False: `id` is no text of a place. */
bool tail_place_read(struct tail_place *place, struct span id);
const char *tail_place_text(const struct tail_place *place, char out[TAIL_ID_SIZE]);

/* Sources that are new, and those that nobody reads any more. */
void tail_place_meet(struct tail_place *place, const struct tail_clocks *clocks, clock_us wall);
/* The time from which rows may be new. */
clock_us tail_place_from(const struct tail_place *place, const struct tail_clocks *clocks,
                         clock_us wall, clock_ms now);
/* Whether a row is new; `marks`: and is not any more. One of a source that was not met is not. */
bool tail_place_is_new(struct tail_place *place, uint32_t source, uint64_t sequence, bool marks);
void tail_place_give(struct tail_place *place, uint32_t source, uint64_t sequence);
/* All that there was when the clocks were read has been looked at. */
void tail_place_reached(struct tail_place *place, const struct tail_clocks *clocks);

#endif
