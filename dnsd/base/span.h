/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * span - bytes that somebody else owns.
 *
 * Used wherever bytes are handed on without a copy. Never owns, never writes.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

struct span {
    const uint8_t *at;
    size_t length;
};

static inline struct span span_of(const void *at, size_t length)
{
    return (struct span){at, length};
}

static inline struct span span_text(const char *text)
{
    return (struct span){(const uint8_t *)text, strlen(text)};
}

/* What lies from `at` on; nothing, at its end, when it is shorter. */
static inline struct span span_behind(struct span s, size_t at)
{
    if (s.length == 0) /* C knows no NULL + 0 */
        return s;
    if (at > s.length)
        at = s.length;
    return span_of(s.at + at, s.length - at);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

#endif
