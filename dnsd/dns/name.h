/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * name - a domain name that was checked: lower case, uncompressed, at most 255 bytes.
 *
 * Used by everything that compares, hashes or stores names. Made only by name_read(), name_parse()
 * and name_suffix(), so whoever holds one need not check it again. A name that crossed a process
 * border is checked by name_is_sound(). Never keeps the case: an answer copies the question's
 * bytes.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include "base/cursor.h"
#include "base/hash.h"
#include "base/status.h"

enum {
    NAME_MAX_WIRE = 255, /* RFC 1035 2.3.4, with the root's zero byte */
    NAME_MAX_LABELS = 127,
    NAME_TEXT_SIZE = 1016 /* every byte escaped as \DDD, dots, and the final zero */
};

struct name {
    uint8_t length; /* of wire, root byte included: 1..255 */
    uint8_t labels; /* without the root: 0..127 */
    uint8_t wire[NAME_MAX_WIRE];
};

/* Reads a name at the cursor and leaves it behind the name. `message` is the whole message, for
 * compression pointers, which must point before the place they stand at (RFC 1035 4.1.4) and behind
 * the header, at most NAME_MAX_LABELS of them; with `message` empty a pointer is malformed (RFC
 * 3597 4). After MALFORMED the cursor has failed and `out` is no name. */
MUST_USE enum status name_read(struct cursor *c, struct span message, struct name *out);

/* Skips a name without looking where its pointers lead. */
void name_skip(struct cursor *c);

/* From presentation text: "www.example.com" with or without the final dot, "." for the root, \. and
 * \DDD escapes (RFC 1035 5.1). ASCII only: other bytes must be escaped. */
MUST_USE enum status name_parse(const char *text, struct name *out);

/* Presentation text without the final dot ("." for the root), pure printable ASCII, special bytes
 * escaped. Returns `out`. */
const char *name_text(const struct name *name, char out[NAME_TEXT_SIZE]);

/* Checks a struct name of unknown origin: lengths, labels, case. */
bool name_is_sound(const struct name *name);

bool name_equal(const struct name *a, const struct name *b);
/* Is `name` the zone itself or below it? */
bool name_is_below(const struct name *name, const struct name *zone);
/* `name` without its first `labels` labels; `labels` is at most name->labels. */
void name_suffix(const struct name *name, unsigned labels, struct name *out);
/* One label in front of `parent`. STATUS_TOO_LONG when it does not fit, or is no label. */
MUST_USE enum status name_join(struct span label, const struct name *parent, struct name *out);
/* Replaces the suffix `from` of `name` by `to`, as a DNAME does (RFC 6672 2.2). STATUS_NOT_FOUND
 * when `name` is not below `from`. */
MUST_USE enum status name_replace_suffix(const struct name *name, const struct name *from,
                                         const struct name *to, struct name *out);

static inline uint64_t name_hash(const struct name *name, const struct hash_key *key)
{
    return hash_bytes(key, name->wire, name->length);
}

static inline struct span name_span(const struct name *name)
{
    return span_of(name->wire, name->length);
}

/* A to Z made lower, every other byte as it is (RFC 4343). */
uint8_t name_lower(uint8_t byte);

#endif
