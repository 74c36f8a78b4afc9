/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_hours - rows counted by hour and words, until they are added to the file's roll-up.
 *
 * Used by day_write. Holds at most HOURS_MOST different ones; when full, the owner must write them
 * down first.
 */
#ifndef SQLITE_DAY_HOURS_H
#define SQLITE_DAY_HOURS_H

#include "sqlite/block.h"

enum { HOURS_MOST = 4096 };

struct day_hour {
    uint32_t hour; /* since 1970 */
    uint32_t word[WORD_COUNT];
    uint32_t stopped;
    uint64_t rows; /* 0: a free place */
};

struct day_hours {
    uint32_t count;
    struct day_hour *latest;
    uint16_t used[HOURS_MOST]; /* places that are taken */
    struct day_hour slots[HOURS_MOST * 2];
};

static inline bool day_hours_are_full(const struct day_hours *hours)
{
    return hours->count == HOURS_MOST;
}

/* They must not be full. */
void day_hours_add(struct day_hours *hours, const struct block_row *row);
void day_hours_clear(struct day_hours *hours);

#endif
