/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * http2 - frames, and the blocks of fields in some of them.
 */
#include "wire/http2.h"

enum { FRAME_HEADER = 9, PREFACE_LENGTH = 24, PRIORITY_LENGTH = 5 };
enum { FRAME_HEADERS = 1, FRAME_CONTINUATION = 9 };
enum { FLAG_END_HEADERS = 0x04, FLAG_PADDED = 0x08, FLAG_PRIORITY = 0x20 };

struct frame {
    uint8_t type, flags;
    struct span payload; /* what is there of it */
    bool whole;
    size_t end; /* where the next one begins */
};

void http2_begin(struct http2 *reader, struct span stream)
{
    reader->stream = stream;
    reader->at = PREFACE_LENGTH;
    reader->joined_length = 0;
    hpack_begin(&reader->table);
}

/* RFC 9113 4.1. False: not even the header is there. */
static bool frame_read(struct span stream, size_t at, struct frame *out)
{
    struct cursor c = cursor_of(span_behind(stream, at));
    size_t length = (size_t)read_u8(&c) << 16;
    length |= read_u16(&c);
    out->type = read_u8(&c);
    out->flags = read_u8(&c);
    read_skip(&c, 4);
    if (c.failed)
        return false;
    out->whole = cursor_left(&c) >= length;
    out->payload = read_span(&c, out->whole ? length : cursor_left(&c));
    out->end = at + FRAME_HEADER + length;
    return true;
}

/* What a HEADERS frame has of its block (RFC 9113 6.2). False: its padding is longer than it. */
static bool block_begin(const struct frame *frame, struct span *out)
{
    struct cursor c = cursor_of(frame->payload);
    size_t padding = (frame->flags & FLAG_PADDED) != 0 ? read_u8(&c) : 0;
    if ((frame->flags & FLAG_PRIORITY) != 0)
        read_skip(&c, PRIORITY_LENGTH);
    size_t left = cursor_left(&c);
    if (!frame->whole) {
        *out = read_span(&c, left);
        return true;
    }
    if (c.failed || padding > left)
        return false;
    *out = read_span(&c, left - padding);
    return true;
}

/* Adds a part to a block that lies in several frames. */
static bool block_join(struct http2 *reader, struct span *block, struct span part)
{
    if (part.length > sizeof reader->joined - reader->joined_length)
        return false;
    uint8_t *place = reader->joined + reader->joined_length;
    if (part.length > 0)
        memcpy(place, part.at, part.length);
    reader->joined_length += part.length;
    *block = block->at == NULL ? span_of(place, part.length)
                               : span_of(block->at, block->length + part.length);
    return true;
}

/* RFC 9113 8.3.1. */
static void field_take(struct http_head *out, const struct hpack_field *field)
{
    if (span_equal(field->name, span_text(":authority")))
        http_field(out, span_text("Host"), field->value);
    else if (span_equal(field->name, span_text(":method")))
        out->method = field->value;
    else if (span_equal(field->name, span_text(":path")))
        out->target = out->path = field->value;
    else
        http_field(out, field->name, field->value);
}

/* False: it cannot be read to its end. */
static bool block_read(struct http2 *reader, struct span block, struct http_head *out)
{
    struct cursor c = cursor_of(block);
    struct hpack_field field;
    *out = (struct http_head){0};
    while (hpack_next(&reader->table, &c, &field))
        field_take(out, &field);
    if (http_same(out->method, span_text("CONNECT")) && out->target.length == 0)
        out->target = out->authority = out->host; /* RFC 9113 8.5 */
    return !c.failed;
}

enum status http2_next(struct http2 *reader, struct http_head *out, size_t *want)
{
    struct span block = {0}, part;
    struct frame frame = {.whole = true};
    bool open = false; /* a block has begun, and does not end with its frame */
    size_t at = reader->at;
    *out = (struct http_head){0};
    *want = at + FRAME_HEADER;
    while (frame.whole && frame_read(reader->stream, at, &frame)) {
        *want = frame.end + (frame.whole ? FRAME_HEADER : 0);
        at = frame.end;
        if (open != (frame.type == FRAME_CONTINUATION)) /* RFC 9113 6.10 */
            return STATUS_MALFORMED;
        if (!open && frame.type != FRAME_HEADERS)
            continue;
        part = frame.payload;
        bool last = !frame.whole || (frame.flags & FLAG_END_HEADERS) != 0;
        if (!open && !block_begin(&frame, &part))
            return STATUS_MALFORMED;
        if (!open && last)
            block = part;
        else if (!block_join(reader, &block, part))
            return STATUS_MALFORMED;
        open = !last || !frame.whole;
        if (open)
            continue;
        reader->at = at;
        if (!block_read(reader, block, out))
            return STATUS_MALFORMED;
        if (out->method.length > 0) /* what has none are trailers (RFC 9113 8.1) */
            return STATUS_OK;
        block = (struct span){0};
    }
    reader->begun = open;
    (void)block_read(reader, block, out);
    return STATUS_AGAIN;
}
