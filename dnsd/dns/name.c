/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * name - reading, writing and comparing names.
 */
#include "dns/name.h"

#include <stdio.h>

enum {
    LABEL_MAX = 63,
    POINTER = 0xc0,
    POINTER_HIGH = 0x3f,
    FIRST_NAME = 12 /* behind the header (RFC 1035 4.1.1) */
};

uint8_t name_lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* name_lower() on eight bytes at once: adding to the lower seven bits carries into bit 7 from 'A'
 * on, and from behind 'Z' on; the bytes where only the first does get bit 5. */
static void lower_eight(uint8_t *at)
{
    const uint64_t each = 0x0101010101010101;
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t low = word & 0x7f * each;
    uint64_t from_a = low + (0x80 - 'A') * each, behind_z = low + (0x80 - 'Z' - 1) * each;
    word |= (from_a & ~behind_z & ~word & 0x80 * each) >> 2;
    memcpy(at, &word, 8);
}

/* Length bytes are at most 63, below 'A': a wire name is folded without a look at its labels. */
static void lower_wire(uint8_t *wire, size_t length)
{
    if (length >= 8) {
        for (size_t i = 0; i + 8 < length; i += 8)
            lower_eight(wire + i);
        lower_eight(wire + length - 8);
        return;
    }
    for (size_t i = 0; i < length; i++)
        wire[i] = name_lower(wire[i]);
}

/* Appends one label and its length byte; false when the name would pass 255 bytes with its root. */
static bool append_label(struct name *out, struct span label)
{
    if (label.length == 0 || label.length > LABEL_MAX ||
        out->length + 1 + label.length >= NAME_MAX_WIRE)
        return false;
    uint8_t *to = out->wire + out->length;
    to[0] = (uint8_t)label.length;
    memcpy(to + 1, label.at, label.length);
    out->length = (uint8_t)(out->length + 1 + label.length);
    out->labels++;
    return true;
}

static void finish(struct name *out)
{
    out->wire[out->length++] = 0;
    lower_wire(out->wire, out->length);
}

enum status name_read(struct cursor *c, struct span message, struct name *out)
{
    struct cursor at = *c;
    unsigned jumps = 0;
    out->length = out->labels = 0;

    for (;;) {
        const uint8_t *place = at.at;
        uint8_t first = read_u8(&at);
        if (at.failed)
            break;
        if (first == 0) {
            finish(out);
            if (jumps == 0)
                *c = at;
            return STATUS_OK;
        }
        if (first <= LABEL_MAX) {
            struct span label = read_span(&at, first);
            if (at.failed || !append_label(out, label))
                break;
            continue;
        }
        size_t target = (size_t)(first & POINTER_HIGH) << 8 | read_u8(&at);
        size_t here = (size_t)((uintptr_t)place - (uintptr_t)message.at);
        if (first < POINTER || at.failed || here >= message.length || target >= here ||
            target < FIRST_NAME || jumps == NAME_MAX_LABELS)
            break;
        if (jumps++ == 0)
            *c = at;
        /* What a pointer leads to ends before the pointer, so every jump goes back: no loops. */
        at = cursor_over(message.at + target, here - target);
    }
    c->failed = true;
    return STATUS_MALFORMED;
}

void name_skip(struct cursor *c)
{
    while (!c->failed) {
        uint8_t first = read_u8(c);
        if (first == 0)
            return;
        if (first >= POINTER) {
            read_skip(c, 1);
            return;
        }
        if (first > LABEL_MAX)
            c->failed = true;
        read_skip(c, first);
    }
}

/* One character of presentation text, with its escape; false at a broken escape. */
static bool parse_byte(const char **text, uint8_t *out)
{
    const char *t = *text;
    if (*t != '\\') {
        *out = (uint8_t)*t;
        *text = t + 1;
        return *t > 0x20 && *t < 0x7f;
    }
    t++;
    if (*t >= '0' && *t <= '9') {
        if (t[1] < '0' || t[1] > '9' || t[2] < '0' || t[2] > '9')
            return false;
        int value = (t[0] - '0') * 100 + (t[1] - '0') * 10 + (t[2] - '0');
        *out = (uint8_t)value;
        *text = t + 3;
        return value <= 255;
    }
    *out = (uint8_t)*t;
    *text = t + 1;
    return *t > 0x20 && *t < 0x7f;
}

enum status name_parse(const char *text, struct name *out)
{
    uint8_t label[LABEL_MAX];
    size_t length = 0;

    out->length = out->labels = 0;
    if (strcmp(text, ".") == 0) {
        finish(out);
        return STATUS_OK;
    }
    if (*text == 0)
        return STATUS_MALFORMED;
    while (*text != 0) {
        if (*text == '.') {
            if (!append_label(out, span_of(label, length)))
                return STATUS_MALFORMED;
            length = 0;
            text++;
        } else if (length == LABEL_MAX || !parse_byte(&text, &label[length++])) {
            return STATUS_MALFORMED;
        }
    }
    if (length > 0 && !append_label(out, span_of(label, length)))
        return STATUS_MALFORMED;
    finish(out);
    return STATUS_OK;
}

const char *name_text(const struct name *name, char out[NAME_TEXT_SIZE])
{
    char *to = out;
    const uint8_t *at = name->wire;
    if (*at == 0)
        return memcpy(out, ".", sizeof ".");
    while (*at != 0) {
        if (to != out)
            *to++ = '.';
        for (uint8_t left = *at++; left > 0; left--, at++) {
            if (*at <= 0x20 || *at >= 0x7f) {
                to += snprintf(to, 5, "\\%03u", *at);
            } else {
                if (strchr(".\\\"();@$", *at) != NULL)
                    *to++ = '\\';
                *to++ = (char)*at;
            }
        }
    }
    *to = 0;
    return out;
}

bool name_is_sound(const struct name *name)
{
    struct name copy;
    struct cursor c = cursor_over(name->wire, name->length);
    return name_read(&c, (struct span){0}, &copy) == STATUS_OK && c.at == c.end &&
           copy.labels == name->labels && memcmp(copy.wire, name->wire, name->length) == 0;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return a->length == b->length && memcmp(a->wire, b->wire, a->length) == 0;
}

/* How many bytes the first `labels` labels take. */
static size_t labels_length(const struct name *name, unsigned labels)
{
    size_t at = 0;
    while (labels-- > 0)
        at += 1u + name->wire[at];
    return at;
}

bool name_is_below(const struct name *name, const struct name *zone)
{
    if (name->labels < zone->labels)
        return false;
    size_t skipped = labels_length(name, name->labels - zone->labels);
    return name->length - skipped == zone->length &&
           memcmp(name->wire + skipped, zone->wire, zone->length) == 0;
}

void name_suffix(const struct name *name, unsigned labels, struct name *out)
{
    size_t skipped = labels_length(name, labels);
    uint8_t length = (uint8_t)(name->length - skipped);
    uint8_t left = (uint8_t)(name->labels - labels);
    memmove(out->wire, name->wire + skipped, length);
    out->length = length;
    out->labels = left;
}

enum status name_join(struct span label, const struct name *parent, struct name *out)
{
    struct name joined = {0};
    if (!append_label(&joined, label) || joined.length + parent->length > NAME_MAX_WIRE)
        return STATUS_TOO_LONG;
    lower_wire(joined.wire, joined.length);
    memcpy(joined.wire + joined.length, parent->wire, parent->length);
    joined.length = (uint8_t)(joined.length + parent->length);
    joined.labels = (uint8_t)(joined.labels + parent->labels);
    *out = joined;
    return STATUS_OK;
}

enum status name_replace_suffix(const struct name *name, const struct name *from,
                                const struct name *to, struct name *out)
{
    struct name made;
    if (!name_is_below(name, from))
        return STATUS_NOT_FOUND;
    unsigned kept = (unsigned)(name->labels - from->labels);
    size_t length = labels_length(name, kept);
    if (length + to->length > NAME_MAX_WIRE)
        return STATUS_TOO_LONG;
    memcpy(made.wire, name->wire, length);
    memcpy(made.wire + length, to->wire, to->length);
    made.length = (uint8_t)(length + to->length);
    made.labels = (uint8_t)(kept + to->labels);
    *out = made;
    return STATUS_OK;
}
