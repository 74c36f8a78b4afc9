/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tail_place - a window of numbers for each source, and two hands of a clock.
 */
#include "view/tail_place.h"

#include <inttypes.h>
#include <stdio.h>

/* TURN_MS: a row that the summary counts can be read after two of them, in ClickHouse too. */
enum { TURN_MS = 6000, DIGITS_MOST = 19 };

/* By how much times within a source go back, since several processes wrote it. */
static const clock_us BACK_US = UINT64_C(2000000);
/* How long a row that the summary counts may take to where it can be read. */
static const clock_us LAG_US = UINT64_C(10000000);

/* Clocks. */

static clock_us before(clock_us at, clock_us by)
{
    return at > by ? at - by : 0;
}

static struct tail_clock *clock_of(const struct tail_clocks *clocks, uint32_t source)
{
    for (size_t i = 0; i < clocks->count; i++)
        if (clocks->at[i].source == source)
            return (struct tail_clock *)(uintptr_t)&clocks->at[i];
    return NULL;
}

void tail_clocks_begin(struct tail_clocks *clocks)
{
    for (size_t i = 0; i < clocks->count; i++)
        clocks->at[i].is_there = false;
}

void tail_clocks_add(struct tail_clocks *clocks, const struct log_source *source, clock_us wall,
                     clock_ms now)
{
    struct tail_clock *clock = clock_of(clocks, source->number);

    if (source->is_past && source->read_at + TAIL_LATE_US < wall)
        return;
    if (clock == NULL) {
        if (clocks->count == TAIL_SOURCES_MOST)
            return;
        clock = &clocks->at[clocks->count++];
        *clock = (struct tail_clock){.source = source->number, .sequence = source->sequence};
        clock->since = clocks->turned != 0 ? source->first_at : before(source->last_at, LAG_US);
        clock->since_next = clock->since;
        clock->changed = clocks->turned == 0 ? 0 : now;
    } else if (clock->sequence != source->sequence) {
        clock->sequence = source->sequence;
        clock->changed = now;
    }
    clock->last_at = source->last_at;
    clock->is_there = true;
}

void tail_clocks_end(struct tail_clocks *clocks, clock_ms now, bool is_behind)
{
    size_t kept = 0;

    for (size_t i = 0; i < clocks->count; i++)
        if (clocks->at[i].is_there)
            clocks->at[kept++] = clocks->at[i];
    clocks->count = kept;
    if (clocks->turned != 0 && (is_behind || now - clocks->turned < TURN_MS))
        return;
    clocks->turned = now;
    for (size_t i = 0; i < clocks->count; i++) {
        clocks->at[i].since = clocks->at[i].since_next;
        clocks->at[i].since_next = clocks->at[i].last_at;
    }
}

/* Places. */

static struct tail_source *source_of(const struct tail_place *place, uint32_t source)
{
    for (size_t i = 0; i < place->count; i++)
        if (place->at[i].source == source)
            return (struct tail_source *)(uintptr_t)&place->at[i];
    return NULL;
}

/* Everything up to `sequence` is seen and given. */
static void settle(struct tail_source *source, uint64_t sequence)
{
    memset(source->seen, 0xff, sizeof source->seen);
    source->highest = source->given = sequence;
}

static struct tail_source *add_source(struct tail_place *place, uint32_t source)
{
    if (place->count == TAIL_SOURCES_MOST)
        return NULL;
    struct tail_source *added = &place->at[place->count++];
    *added = (struct tail_source){.source = source};
    return added;
}

void tail_place_now(struct tail_place *place, const struct tail_clocks *clocks)
{
    place->count = clocks->count;
    place->history = clocks->history;
    place->came_back = false;
    for (size_t i = 0; i < clocks->count; i++) {
        place->at[i] = (struct tail_source){.source = clocks->at[i].source};
        place->at[i].since = clocks->at[i].since;
        settle(&place->at[i], clocks->at[i].sequence);
    }
}

/* Digits up to `stop`, which is taken too, or the end. */
static bool take_number(struct span *rest, uint8_t stop, uint64_t *out)
{
    size_t digits = 0;

    *out = 0;
    while (digits < rest->length && rest->at[digits] >= '0' && rest->at[digits] <= '9')
        *out = *out * 10 + (uint64_t)(rest->at[digits++] - '0');
    if (digits == 0 || digits > DIGITS_MOST)
        return false;
    if (digits < rest->length && rest->at[digits] != stop)
        return false;
    *rest = span_behind(*rest, digits + 1);
    return true;
}

bool tail_place_read(struct tail_place *place, struct span id)
{
    place->count = 0;
    place->came_back = true;
    if (!take_number(&id, '-', &place->history))
        return false;
    while (id.length > 0) {
        uint64_t source, given, since;
        if (!take_number(&id, '.', &source) || !take_number(&id, '.', &given) ||
            !take_number(&id, '-', &since) || source > UINT32_MAX || since > UINT32_MAX ||
            source_of(place, (uint32_t)source) != NULL)
            return false;
        struct tail_source *added = add_source(place, (uint32_t)source);
        if (added == NULL)
            return false;
        settle(added, given);
        added->since = since * 1000000;
    }
    return true;
}

const char *tail_place_text(const struct tail_place *place, char out[TAIL_ID_SIZE])
{
    size_t length = (size_t)snprintf(out, TAIL_ID_SIZE, "%" PRIu64, place->history);

    for (size_t i = 0; i < place->count; i++)
        length += (size_t)snprintf(out + length, TAIL_ID_SIZE - length,
                                   "-%" PRIu32 ".%" PRIu64 ".%" PRIu64, place->at[i].source,
                                   place->at[i].given, place->at[i].since / 1000000);
    return out;
}

void tail_place_meet(struct tail_place *place, const struct tail_clocks *clocks, clock_us wall)
{
    size_t kept = 0;

    for (size_t i = 0; i < place->count; i++)
        if (clock_of(clocks, place->at[i].source) != NULL)
            place->at[kept++] = place->at[i];
    place->count = kept;
    for (size_t i = 0; i < clocks->count; i++) {
        const struct tail_clock *clock = &clocks->at[i];
        struct tail_source *known = source_of(place, clock->source);
        if (known == NULL && (known = add_source(place, clock->source)) != NULL)
            known->since = place->came_back ? before(wall, TAIL_LATE_US) : clock->since;
    }
}

clock_us tail_place_from(const struct tail_place *place, const struct tail_clocks *clocks,
                         clock_us wall, clock_ms now)
{
    clock_us from = wall;

    for (size_t i = 0; i < clocks->count; i++) {
        const struct tail_clock *clock = &clocks->at[i];
        const struct tail_source *known = source_of(place, clock->source);
        bool changed = clock->changed != 0 && now - clock->changed <= 3 * (clock_ms)TURN_MS;
        clock_us since = known != NULL && known->since < clock->since ? known->since : clock->since;
        if (place->came_back && known != NULL && known->given < clock->sequence)
            changed = true;
        if (changed && since < from)
            from = since;
    }
    from = before(from, BACK_US);
    return from > before(wall, TAIL_LATE_US) || place->came_back ? from
                                                                 : before(wall, TAIL_LATE_US);
}

bool tail_place_is_new(struct tail_place *place, uint32_t source, uint64_t sequence, bool marks)
{
    struct tail_source *known = source_of(place, source);
    const uint64_t bit = UINT64_C(1) << sequence % 64;
    const size_t at = sequence % TAIL_WINDOW / 64;

    if (known == NULL || sequence + TAIL_WINDOW <= known->highest)
        return false;
    if (sequence <= known->highest && (known->seen[at] & bit) != 0)
        return false;
    if (!marks)
        return true;
    if (sequence > known->highest + TAIL_WINDOW)
        memset(known->seen, 0, sizeof known->seen);
    else
        for (uint64_t n = known->highest + 1; n < sequence; n++)
            known->seen[n % TAIL_WINDOW / 64] &= ~(UINT64_C(1) << n % 64);
    known->seen[at] |= bit;
    if (sequence > known->highest)
        known->highest = sequence;
    return true;
}

void tail_place_give(struct tail_place *place, uint32_t source, uint64_t sequence)
{
    struct tail_source *known = source_of(place, source);
    if (known != NULL && known->given < sequence)
        known->given = sequence;
}

void tail_place_reached(struct tail_place *place, const struct tail_clocks *clocks)
{
    place->came_back = false;
    for (size_t i = 0; i < clocks->count; i++) {
        struct tail_source *known = source_of(place, clocks->at[i].source);
        if (known != NULL)
            known->since = clocks->at[i].since;
    }
}
