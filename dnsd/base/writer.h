/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * writer - bytes written into a buffer that never grows.
 *
 * Used by everything that makes messages, lines and images. What does not fit sets `.failed`, which
 * sticks; one look at the end is enough. Never allocates, never writes past its end.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/span.h"

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

static inline struct writer writer_over(void *buffer, size_t size)
{
    return (struct writer){buffer, buffer, (uint8_t *)buffer + size, false};
}

static inline size_t writer_length(const struct writer *w)
{
    return (size_t)(w->at - w->start);
}

static inline size_t writer_room(const struct writer *w)
{
    return w->failed ? 0 : (size_t)(w->end - w->at);
}

/* What was written so far. */
static inline struct span writer_span(const struct writer *w)
{
    return span_of(w->start, writer_length(w));
}

/* Claims `length` bytes and gives their place, or NULL once anything has failed. */
static inline uint8_t *write_place(struct writer *w, size_t length)
{
    if (w->failed || (size_t)(w->end - w->at) < length) {
        w->failed = true;
        return NULL;
    }
    uint8_t *place = w->at;
    w->at += length;
    return place;
}

static inline void write_bytes(struct writer *w, const void *bytes, size_t length)
{
    uint8_t *place = write_place(w, length);
    if (place != NULL && length > 0)
        memcpy(place, bytes, length);
}

static inline void write_span(struct writer *w, struct span bytes)
{
    write_bytes(w, bytes.at, bytes.length);
}

static inline void write_text(struct writer *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

static inline void write_u8(struct writer *w, uint8_t value)
{
    write_bytes(w, &value, 1);
}

/* Stores a big-endian number at a place that was written before. */
static inline void store_u16(uint8_t *place, uint16_t value)
{
    place[0] = (uint8_t)(value >> 8);
    place[1] = (uint8_t)value;
}

static inline void store_u32(uint8_t *place, uint32_t value)
{
    store_u16(place, (uint16_t)(value >> 16));
    store_u16(place + 2, (uint16_t)value);
}

static inline uint16_t load_u16(const uint8_t *place)
{
    return (uint16_t)(place[0] << 8 | place[1]);
}

static inline uint32_t load_u32(const uint8_t *place)
{
    return (uint32_t)load_u16(place) << 16 | load_u16(place + 2);
}

static inline void write_u16(struct writer *w, uint16_t value)
{
    uint8_t *place = write_place(w, 2);
    if (place != NULL)
        store_u16(place, value);
}

static inline void write_u32(struct writer *w, uint32_t value)
{
    uint8_t *place = write_place(w, 4);
    if (place != NULL)
        store_u32(place, value);
}

static inline void write_u64(struct writer *w, uint64_t value)
{
    write_u32(w, (uint32_t)(value >> 32));
    write_u32(w, (uint32_t)value);
}

#endif
