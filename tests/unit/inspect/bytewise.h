/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bytewise - gather as it would be with one loop over bytes and all memory of the world.
 *
 * Used by test_gather.c and fuzz_stream.c: both put the same, and bytewise_agrees() compares. Too
 * simple to be wrong.
 */
#ifndef TEST_INSPECT_BYTEWISE_H
#define TEST_INSPECT_BYTEWISE_H

#include "inspect/gather.h"

struct bytewise {
    uint32_t first;
    uint8_t bytes[GATHER_MOST], other[GATHER_MOST];
    bool there[GATHER_MOST];
    int differ, sent, end; /* GATHER_MOST, 0 and -1 when there is none */
};

static inline void bytewise_open(struct bytewise *b, uint32_t first)
{
    *b = (struct bytewise){.first = first, .differ = GATHER_MOST, .end = -1};
}

static inline int bytewise_have(const struct bytewise *b)
{
    int have = 0;
    while (have < GATHER_MOST && b->there[have])
        have++;
    return have;
}

static inline void bytewise_put(struct bytewise *b, uint32_t sequence, struct span bytes,
                                size_t sent, bool ends)
{
    int64_t at = (int32_t)(sequence - b->first);
    sent = sent < bytes.length ? bytes.length : sent;
    for (size_t i = 0; i < sent && at + (int64_t)i < GATHER_MOST; i++) {
        int place = (int)(at + (int64_t)i);
        if (place < 0 || i >= bytes.length)
            continue;
        if (!b->there[place])
            b->bytes[place] = bytes.at[i];
        else if (b->other[place] != bytes.at[i] && place < b->differ)
            b->differ = place;
        b->other[place] = bytes.at[i];
        b->there[place] = true;
    }
    at += (int64_t)sent;
    int behind = at < GATHER_MOST ? (int)at : GATHER_MOST;
    if (sent > 0 && behind > b->sent)
        b->sent = behind;
    if (ends && behind >= 0 && behind > b->end)
        b->end = behind;
}

static inline bool bytewise_agrees(const struct bytewise *b, const struct gather *g)
{
    size_t have = (size_t)bytewise_have(b);
    struct span bytes = span_of(b->bytes, have), other = span_of(b->other, have);
    if (b->differ >= (int)have)
        other.length = 0;
    bool complete = have == GATHER_MOST || (b->end >= 0 && (int)have >= b->end);
    return span_equal(gather_bytes(g), bytes) && span_equal(gather_other(g), other) &&
           gather_is_complete(g) == complete && gather_has_hole(g) == (b->sent > (int)have);
}

#endif
