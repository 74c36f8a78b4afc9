/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * native - a place in each row, moved on by one column after another.
 */
#include "clickhouse/native.h"

#include "clickhouse/columns.h"

#include <stdlib.h>

enum { HEAD_SIZE = 4096 }; /* names and types of all columns, and two numbers */

struct native {
    uint8_t *block;
    uint32_t *places;
    size_t block_room, places_room;
};

struct native *native_new(void)
{
    return calloc(1, sizeof(struct native));
}

void native_free(struct native *native)
{
    if (native == NULL)
        return;
    free(native->block);
    free(native->places);
    free(native);
}

static enum status make_room(struct native *native, size_t bytes, uint32_t count)
{
    if (bytes > native->block_room) {
        uint8_t *block = realloc(native->block, bytes);
        if (block == NULL)
            return STATUS_NO_MEMORY;
        native->block = block;
        native->block_room = bytes;
    }
    if (count > native->places_room) {
        uint32_t *places = realloc(native->places, count * sizeof *places);
        if (places == NULL)
            return STATUS_NO_MEMORY;
        native->places = places;
        native->places_room = count;
    }
    return STATUS_OK;
}

/* A value as it is written, its length included. */
static struct span read_value(struct cursor *c, size_t width)
{
    const uint8_t *from = c->at;
    if (width != 0)
        return read_span(c, width);
    (void)rowbinary_text(c);
    return span_of(from, c->failed ? 0 : (size_t)(c->at - from));
}

/* Where each row begins. */
static enum status find_rows(struct native *native, struct span rows, uint32_t count)
{
    struct cursor c = cursor_of(rows);

    for (uint32_t i = 0; i < count; i++) {
        native->places[i] = (uint32_t)(c.at - rows.at);
        for (size_t column = 0; column < columns_count(); column++)
            (void)read_value(&c, columns_width(column));
    }
    return c.failed || cursor_more(&c) ? STATUS_CORRUPT : STATUS_OK;
}

static void write_name(struct writer *w, const char *text)
{
    rowbinary_write_length(w, strlen(text));
    write_text(w, text);
}

enum status native_block(struct native *native, struct span rows, uint32_t count, struct span *out)
{
    if (rows.length > UINT32_MAX)
        return STATUS_TOO_LONG;
    enum status status = make_room(native, rows.length + HEAD_SIZE, count);
    if (status == STATUS_OK)
        status = find_rows(native, rows, count);
    if (status != STATUS_OK)
        return status;
    struct writer w = writer_over(native->block, native->block_room);
    rowbinary_write_length(&w, columns_count());
    rowbinary_write_length(&w, count);
    for (size_t column = 0; column < columns_count(); column++) {
        const size_t width = columns_width(column);
        write_name(&w, columns_name(column));
        write_name(&w, columns_type(column));
        for (uint32_t i = 0; i < count; i++) {
            struct cursor c = cursor_of(span_behind(rows, native->places[i]));
            struct span value = read_value(&c, width);
            write_span(&w, value);
            native->places[i] += (uint32_t)value.length;
        }
    }
    *out = writer_span(&w);
    return w.failed ? STATUS_TOO_LONG : STATUS_OK;
}
