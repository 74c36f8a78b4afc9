/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * quic_stream - a map of what is there, a word of it at a time.
 */
#include "wire/quic_stream.h"

void quic_stream_clear(struct quic_stream *stream)
{
    memset(stream, 0, offsetof(struct quic_stream, bytes));
}

static void other_keep(struct quic_stream *s, size_t at, struct span bytes)
{
    if (s->other_length == 0) {
        s->other_more = bytes.length > QUIC_OTHER_MOST;
        s->other_at = (uint16_t)at;
        s->other_length = (uint16_t)(s->other_more ? QUIC_OTHER_MOST : bytes.length);
        memcpy(s->other, bytes.at, s->other_length);
        return;
    }
    bool known = at >= s->other_at && at + bytes.length <= (size_t)s->other_at + s->other_length &&
                 memcmp(s->other + (at - s->other_at), bytes.at, bytes.length) == 0;
    s->other_more |= !known;
}

/* Bytes that lie in one word of the map. False: some are there already, and differ. */
static bool stretch_add(struct quic_stream *s, size_t at, struct span bytes)
{
    uint64_t mask = bytes.length == 64 ? UINT64_MAX : ((uint64_t)1 << bytes.length) - 1;
    mask <<= at % 64;
    uint64_t old = s->filled[at / 64] & mask;
    s->filled[at / 64] |= mask;
    uint8_t *here = s->bytes + at;
    if (old == 0) {
        memcpy(here, bytes.at, bytes.length);
        return true;
    }
    if (old == mask)
        return memcmp(here, bytes.at, bytes.length) == 0;
    bool same = true;
    for (size_t i = 0; i < bytes.length; i++) {
        if ((old >> (at + i) % 64 & 1) == 0)
            here[i] = bytes.at[i];
        same &= here[i] == bytes.at[i];
    }
    return same;
}

static void whole_grow(struct quic_stream *s)
{
    while (s->whole < HELLO_MOST) {
        uint64_t missing = ~(s->filled[s->whole / 64] >> s->whole % 64);
        unsigned more = missing == 0 ? 64 : (unsigned)__builtin_ctzll(missing);
        s->whole = (uint16_t)(s->whole + more);
        if (more == 0 || s->whole % 64 != 0)
            return;
    }
}

void quic_stream_add(struct quic_stream *stream, uint64_t offset, struct span bytes)
{
    if (offset >= HELLO_MOST)
        return;
    size_t start = (size_t)offset;
    if (bytes.length > HELLO_MOST - start)
        bytes.length = HELLO_MOST - start;
    bool same = true;
    for (size_t done = 0, take; done < bytes.length; done += take) {
        take = 64 - (start + done) % 64;
        if (take > bytes.length - done)
            take = bytes.length - done;
        same &= stretch_add(stream, start + done, span_of(bytes.at + done, take));
    }
    if (!same) {
        size_t i = 0;
        while (stream->bytes[start + i] == bytes.at[i])
            i++;
        other_keep(stream, start + i, span_of(bytes.at + i, bytes.length - i));
    }
    whole_grow(stream);
}

bool quic_stream_other(const struct quic_stream *stream, size_t length, uint8_t *out)
{
    size_t at = stream->other_at, more = stream->other_length;
    if (more == 0 || at >= length || stream->other_more)
        return false;
    if (more > length - at)
        more = length - at;
    memcpy(out, stream->bytes, length);
    memcpy(out + at, stream->other, more);
    return true;
}
