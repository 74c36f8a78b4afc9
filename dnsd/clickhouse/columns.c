/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * columns - one table, and both directions in its order.
 */
#include "clickhouse/columns.h"

#include <assert.h>
#include <stdio.h>

enum {
    OWN_COLUMNS = 3,   /* batch, history, date: not read */
    FIXED_BYTES = 256, /* more than all columns but texts */
    LENGTH_BYTES = 10, /* of a 64-bit number in base 128 */
    FLAG_STOPPED = 1,
    FLAG_ALLOWED = 2,
    FLAG_UNRESOLVED = 4,
    FLAG_CLIENT = 8,
    FLAG_SERVER = 16
};

/* clang-format off */
static const struct { const char *name, *type; } columns[] = {
    {"batch", "UInt64"}, {"history", "UInt64"}, {"date", "Date"},
    {"at", "UInt64"}, {"source", "UInt32"}, {"sequence", "UInt64"}, {"device", "UInt64"},
    {"kind", "UInt8"}, {"way_number", "UInt8"}, {"evidence_number", "UInt8"},
    {"severity", "UInt8"}, {"stopped", "UInt8"}, {"flags", "UInt8"},
    {"client", "FixedString(16)"}, {"server", "FixedString(16)"},
    {"client_port", "UInt16"}, {"server_port", "UInt16"},
    {"lost", "UInt64"}, {"sampled", "UInt64"}, {"count", "UInt64"}, {"duration_ns", "UInt64"},
    {"app", "String"}, {"list", "String"}, {"rule", "String"}, {"action", "String"},
    {"way", "String"}, {"evidence", "String"}, {"group", "String"}, {"gateway", "String"},
    {"program", "String"},
    {"name", "String"}, {"reason", "String"}, {"authority", "String"}, {"ticket", "String"},
    {"rule_source", "String"}, {"mac", "String"}, {"interface", "String"}, {"raw", "String"},
};
/* clang-format on */

size_t columns_count(void)
{
    return COUNT_OF(columns);
}

const char *columns_name(size_t column)
{
    return columns[column].name;
}

const char *columns_type(size_t column)
{
    return columns[column].type;
}

size_t columns_width(size_t column)
{
    static const struct {
        const char *type;
        size_t width;
    } widths[] = {{"UInt8", 1},  {"UInt16", 2}, {"Date", 2},
                  {"UInt32", 4}, {"UInt64", 8}, {"FixedString(16)", 16}};
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        if (strcmp(columns[column].type, widths[i].type) == 0)
            return widths[i].width;
    return 0;
}

static void list(size_t first, size_t end, bool with_types, char out[COLUMNS_TEXT_SIZE])
{
    struct writer w = writer_over(out, COLUMNS_TEXT_SIZE - 1);

    for (size_t i = first; i < end; i++) {
        write_text(&w, i == first ? "`" : ", `");
        write_text(&w, columns[i].name);
        write_text(&w, "`");
        if (with_types) {
            write_text(&w, " ");
            write_text(&w, columns[i].type);
        }
    }
    out[writer_length(&w)] = 0;
}

void columns_with_types(char out[COLUMNS_TEXT_SIZE])
{
    list(0, COUNT_OF(columns), true, out);
}

void columns_to_write(char out[COLUMNS_TEXT_SIZE])
{
    list(0, COUNT_OF(columns), false, out);
}

void columns_to_read(bool with_raw, char out[COLUMNS_TEXT_SIZE])
{
    list(OWN_COLUMNS, COUNT_OF(columns) - !with_raw, false, out);
    size_t length = strlen(out);
    if (!with_raw)
        snprintf(out + length, COLUMNS_TEXT_SIZE - length, ", ''");
}

uint16_t columns_day(clock_us at)
{
    const clock_us day_us = UINT64_C(86400000000);
    clock_us day = at / day_us;
    return (uint16_t)(day < COLUMNS_DAY_MOST ? day : COLUMNS_DAY_MOST);
}

/* The texts of a row, in the order of the columns. */
enum { TEXTS = WORD_COUNT + 8 };

static void texts_of(const struct row *row, struct span out[TEXTS])
{
    const struct span others[] = {row->name,        row->reason, row->authority, row->ticket,
                                  row->rule_source, row->mac,    row->interface, row->raw};
    static_assert(WORD_COUNT + COUNT_OF(others) == TEXTS, "every text of a row has a column");
    memcpy(out, row->word, WORD_COUNT * sizeof *out);
    memcpy(out + WORD_COUNT, others, sizeof others);
}

size_t columns_size(const struct row *row)
{
    struct span texts[TEXTS];
    size_t size = FIXED_BYTES;

    texts_of(row, texts);
    for (size_t i = 0; i < TEXTS; i++)
        size += LENGTH_BYTES + texts[i].length;
    return size;
}

static void write_little(struct writer *w, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        write_u8(w, (uint8_t)(value >> (8 * i)));
}

static uint64_t read_little(struct cursor *c, unsigned size)
{
    struct span bytes = read_span(c, size);
    uint64_t value = 0;
    for (size_t i = bytes.length; i-- > 0;)
        value = value << 8 | bytes.at[i];
    return value;
}

void rowbinary_write_length(struct writer *w, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        write_u8(w, (uint8_t)(value | 128));
    write_u8(w, (uint8_t)value);
}

uint64_t rowbinary_u64(struct cursor *c)
{
    return read_little(c, 8);
}

struct span rowbinary_text(struct cursor *c)
{
    uint64_t length = 0;
    uint8_t byte;
    unsigned shift = 0;

    do {
        byte = read_u8(c);
        length |= (uint64_t)(byte & 127) << shift;
        shift += 7;
    } while ((byte & 128) != 0 && shift < 63);
    return read_span(c, (byte & 128) != 0 ? SIZE_MAX : length);
}

static uint8_t flags_of(const struct row *row)
{
    return (uint8_t)((row->stopped ? FLAG_STOPPED : 0) | (row->allowed ? FLAG_ALLOWED : 0) |
                     (row->unresolved ? FLAG_UNRESOLVED : 0) | (row->has_client ? FLAG_CLIENT : 0) |
                     (row->has_server ? FLAG_SERVER : 0));
}

void columns_write(struct writer *w, uint64_t history, const struct row *row)
{
    const struct address none = {0};
    struct span texts[TEXTS];

    write_little(w, history, 8);
    write_little(w, columns_day(row->at), 2);
    write_little(w, row->at, 8);
    write_little(w, row->source, 4);
    write_little(w, row->sequence, 8);
    write_little(w, row->device, 8);
    write_u8(w, row->kind);
    write_u8(w, row->way);
    write_u8(w, row->evidence);
    write_u8(w, row->severity);
    write_u8(w, row->stopped);
    write_u8(w, flags_of(row));
    write_bytes(w, row->has_client ? &row->client : &none, sizeof none);
    write_bytes(w, row->has_server ? &row->server : &none, sizeof none);
    write_little(w, row->client_port, 2);
    write_little(w, row->server_port, 2);
    write_little(w, row->lost, 8);
    write_little(w, row->sampled, 8);
    write_little(w, row->count, 8);
    write_little(w, row->duration_ns, 8);
    texts_of(row, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        rowbinary_write_length(w, texts[i].length);
        write_span(w, texts[i]);
    }
}

static struct address read_address(struct cursor *c)
{
    struct address address = {0};
    struct span bytes = read_span(c, sizeof address);
    if (bytes.length == sizeof address)
        memcpy(&address, bytes.at, sizeof address);
    return address;
}

bool columns_read(struct cursor *c, struct row *out)
{
    if (!cursor_more(c))
        return false;
    *out = (struct row){.at = read_little(c, 8)};
    out->source = (uint32_t)read_little(c, 4);
    out->sequence = read_little(c, 8);
    out->device = read_little(c, 8);
    out->kind = read_u8(c);
    out->way = read_u8(c);
    out->evidence = read_u8(c);
    out->severity = read_u8(c);
    read_skip(c, 1);
    uint8_t flags = read_u8(c);
    out->stopped = flags & FLAG_STOPPED;
    out->allowed = flags & FLAG_ALLOWED;
    out->unresolved = flags & FLAG_UNRESOLVED;
    out->has_client = flags & FLAG_CLIENT;
    out->has_server = flags & FLAG_SERVER;
    out->client = read_address(c);
    out->server = read_address(c);
    out->client_port = (uint16_t)read_little(c, 2);
    out->server_port = (uint16_t)read_little(c, 2);
    out->lost = read_little(c, 8);
    out->sampled = read_little(c, 8);
    out->count = read_little(c, 8);
    out->duration_ns = read_little(c, 8);
    for (size_t i = 0; i < WORD_COUNT; i++)
        out->word[i] = rowbinary_text(c);
    struct span *const others[] = {&out->name,        &out->reason, &out->authority, &out->ticket,
                                   &out->rule_source, &out->mac,    &out->interface, &out->raw};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        *others[i] = rowbinary_text(c);
    return !c->failed;
}
