/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cursor - the only way in which foreign bytes are read.
 *
 * Used by every reader of a protocol or file. Failure sticks: after it, reads give 0 and empty
 * spans, and one look at `.failed` at the end is enough. A length prefix makes a smaller cursor.
 * Never reads outside its bytes, never moves backwards, never writes.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/span.h"

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct cursor cursor_over(const void *bytes, size_t length)
{
    if (bytes == NULL) /* C knows no NULL + 0 */
        bytes = "", length = 0;
    return (struct cursor){bytes, (const uint8_t *)bytes + length, false};
}

static inline struct cursor cursor_of(struct span bytes)
{
    return cursor_over(bytes.at, bytes.length);
}

static inline size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* Is there more to read? False once anything has failed, so loops over it end. */
static inline bool cursor_more(const struct cursor *c)
{
    return !c->failed && c->at < c->end;
}

/* `length` bytes, not copied; an empty span on failure. */
static inline struct span read_span(struct cursor *c, size_t length)
{
    if (c->failed || (size_t)(c->end - c->at) < length) {
        c->failed = true;
        return (struct span){c->end, 0};
    }
    const uint8_t *at = c->at;
    c->at += length;
    return (struct span){at, length};
}

static inline void read_skip(struct cursor *c, size_t length)
{
    (void)read_span(c, length);
}

static inline uint8_t read_u8(struct cursor *c)
{
    struct span s = read_span(c, 1);
    return s.length == 1 ? s.at[0] : 0;
}

/* Network byte order, as all of these. */
static inline uint16_t read_u16(struct cursor *c)
{
    struct span s = read_span(c, 2);
    return s.length == 2 ? (uint16_t)(s.at[0] << 8 | s.at[1]) : 0;
}

static inline uint32_t read_u32(struct cursor *c)
{
    struct span s = read_span(c, 4);
    return s.length == 4 ? (uint32_t)s.at[0] << 24 | (uint32_t)s.at[1] << 16 |
                               (uint32_t)s.at[2] << 8 | s.at[3]
                         : 0;
}

/* A cursor over the next `length` bytes; failed (and empty) when they are not there. */
static inline struct cursor read_block(struct cursor *c, size_t length)
{
    struct span s = read_span(c, length);
    return (struct cursor){s.at, s.at + s.length, c->failed};
}

static inline uint64_t read_u64(struct cursor *c)
{
    struct cursor eight = read_block(c, 8);
    uint64_t high = read_u32(&eight);
    return high << 32 | read_u32(&eight);
}

static inline struct cursor read_block8(struct cursor *c)
{
    return read_block(c, read_u8(c));
}

static inline struct cursor read_block16(struct cursor *c)
{
    return read_block(c, read_u16(c));
}

#endif
