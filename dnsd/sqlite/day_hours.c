/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_hours - a hash table of counts. Its keys are numbers that we gave, so no stranger fills a
 * slot.
 */
#include "sqlite/day_hours.h"

static const clock_us HOUR_US = UINT64_C(3600000000);
enum { KEY_SIZE = offsetof(struct day_hour, stopped) + sizeof(uint32_t) }; /* no padding */

static uint32_t slot_of(const struct day_hour *key)
{
    uint64_t hash = key->hour * UINT64_C(2) + key->stopped;
    for (size_t i = 0; i < WORD_COUNT; i++)
        hash = (hash ^ key->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 40) % (HOURS_MOST * 2);
}

void day_hours_add(struct day_hours *hours, const struct block_row *row)
{
    struct day_hour key = {.hour = (uint32_t)(row->at / HOUR_US),
                           .stopped = (row->flags & BLOCK_STOPPED) != 0};
    memcpy(key.word, row->text, sizeof key.word);
    if (hours->latest != NULL && memcmp(hours->latest, &key, KEY_SIZE) == 0) {
        hours->latest->rows++;
        return;
    }
    uint32_t at = slot_of(&key);
    while (hours->slots[at].rows != 0 && memcmp(&hours->slots[at], &key, KEY_SIZE) != 0)
        at = (at + 1) % (HOURS_MOST * 2);
    if (hours->slots[at].rows == 0) {
        hours->slots[at] = key;
        hours->used[hours->count++] = (uint16_t)at;
    }
    hours->slots[at].rows++;
    hours->latest = &hours->slots[at];
}

void day_hours_clear(struct day_hours *hours)
{
    for (uint32_t i = 0; i < hours->count; i++)
        hours->slots[hours->used[i]].rows = 0;
    hours->count = 0;
    hours->latest = NULL;
}
