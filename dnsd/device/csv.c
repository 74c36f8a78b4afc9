/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csv - one cell after another.
 */
#include "device/csv.h"

void csv_open(struct csv *csv, struct span text)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    if (text.length >= sizeof mark && memcmp(text.at, mark, sizeof mark) == 0)
        text = span_behind(text, sizeof mark);
    const uint8_t *end = text.length == 0 ? NULL : memchr(text.at, '\n', text.length);
    const size_t heading = end == NULL ? text.length : (size_t)(end - text.at);
    *csv = (struct csv){.rest = text, .line = 1, .column = 1, .between = ','};
    if (heading > 0 && memchr(text.at, ',', heading) == NULL &&
        memchr(text.at, ';', heading) != NULL)
        csv->between = ';';
}

static int peek(const struct csv *csv)
{
    return csv->rest.length == 0 ? -1 : csv->rest.at[0];
}

static void forward(struct csv *csv)
{
    if (csv->rest.at[0] == '\n') {
        csv->line++;
        csv->column = 0;
    }
    csv->column++;
    csv->rest = span_behind(csv->rest, 1);
}

static bool at_line_end(const struct csv *csv)
{
    const int c = peek(csv);
    return c == '\n' || c < 0 || (c == '\r' && (csv->rest.length == 1 || csv->rest.at[1] == '\n'));
}

static void take(struct csv *csv, struct csv_cell *out, size_t *length)
{
    if (*length < CSV_CELL_MOST)
        csv->room[(*length)++] = (char)csv->rest.at[0];
    else
        out->why = "the cell is longer than 4096 bytes; shorten it";
    forward(csv);
}

/* Behind the opening quote. */
static void read_quoted(struct csv *csv, struct csv_cell *out, size_t *length)
{
    for (;;) {
        if (peek(csv) < 0) {
            out->why = "the quote that begins here has no end; add a `\"`";
            return;
        }
        if (peek(csv) == '"') {
            forward(csv);
            if (peek(csv) != '"')
                break;
        }
        take(csv, out, length);
    }
    if (at_line_end(csv) || peek(csv) == csv->between)
        return;
    out->why = "behind the closing quote stands more; write a quote inside of a cell twice";
    while (!at_line_end(csv) && peek(csv) != csv->between)
        forward(csv);
}

static void read_plain(struct csv *csv, struct csv_cell *out, size_t *length)
{
    while (!at_line_end(csv) && peek(csv) != csv->between) {
        if (peek(csv) == '"')
            out->why = "a quote inside of a cell without quotes; put the whole cell into quotes, "
                       "and write this one twice";
        take(csv, out, length);
    }
}

bool csv_next(struct csv *csv, struct csv_cell *out)
{
    size_t length = 0;
    if (csv->rest.length == 0 && !csv->in_row)
        return false;
    *out = (struct csv_cell){.line = csv->line, .column = csv->column};
    if (peek(csv) == '"') {
        forward(csv);
        read_quoted(csv, out, &length);
    } else {
        read_plain(csv, out, &length);
    }
    csv->room[length] = 0;
    out->text = span_of(csv->room, length);
    out->is_last = at_line_end(csv);
    csv->in_row = !out->is_last;
    if (peek(csv) == '\r' && out->is_last)
        forward(csv);
    if (csv->rest.length > 0)
        forward(csv); /* the separator, or the line's end */
    return true;
}
