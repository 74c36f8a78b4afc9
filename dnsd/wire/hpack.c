/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hpack - two tables and a code.
 */
#include "wire/hpack.h"

enum { STATIC_COUNT = 61, ENTRY_EXTRA = 32, SIZE_USUAL = 4096, END_OF_STRING = 256 };

/* RFC 7541 A. */
static const struct {
    const char *name, *value;
} fixed[STATIC_COUNT] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};

/* RFC 7541 B. The code is canonical: codes of one length follow each other in the order of their
 * symbols, so that how many there are of each length, and the symbols in this order, say it all. */
enum { CODE_MOST = 30 };
static const uint8_t code_counts[CODE_MOST + 1] = {0,  0,  0,  0, 0,  10, 26, 32, 6, 0, 5,
                                                   3,  2,  6,  2, 3,  0,  0,  0,  3, 8, 13,
                                                   26, 29, 12, 4, 15, 19, 29, 0,  4};
static const uint16_t code_symbols[END_OF_STRING + 1] = {
    48,  49,  50,  97,  99,  101, 105, 111, 115, 116, 32,  37,  45,  46,  47,  51,  52,  53,  54,
    55,  56,  57,  61,  65,  95,  98,  100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58,  66,
    67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,
    86,  87,  89,  106, 107, 113, 118, 119, 120, 121, 122, 38,  42,  44,  59,  88,  90,  33,  34,
    40,  41,  63,  39,  43,  124, 35,  62,  0,   36,  64,  91,  93,  126, 94,  125, 60,  96,  123,
    92,  195, 208, 128, 130, 131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209,
    216, 217, 227, 229, 230, 129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173,
    178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233, 1,   135, 137, 138, 139, 140, 141,
    143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191,
    197, 231, 239, 9,   142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237, 199, 207, 234, 235,
    192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255, 203, 204, 211, 212,
    214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254, 2,   3,   4,   5,
    6,   7,   8,   11,  12,  14,  15,  16,  17,  18,  19,  20,  21,  23,  24,  25,  26,  27,  28,
    29,  30,  31,  127, 220, 249, 10,  13,  22,  256};

void hpack_begin(struct hpack *table)
{
    table->size = table->text_length = 0;
    table->most = SIZE_USUAL;
    table->newest = table->count = 0;
}

/* --- the dynamic table --- */

static struct hpack_field *entry_at(struct hpack *table, unsigned age)
{
    return &table->entries[(table->newest + HPACK_ENTRIES_MOST - age) % HPACK_ENTRIES_MOST];
}

static size_t size_of(const struct hpack_field *field)
{
    return field->name.length + field->value.length + ENTRY_EXTRA;
}

static void evict(struct hpack *table)
{
    table->count--;
    table->size -= size_of(entry_at(table, table->count));
}

static void shrink(struct hpack *table, size_t most)
{
    while (table->count > 0 && table->size > most)
        evict(table);
}

/* RFC 7541 4.4: an entry larger than the table empties it. */
static void insert(struct hpack *table, const struct hpack_field *field)
{
    size_t size = size_of(field);
    shrink(table, size < table->most ? table->most - size : 0);
    if (size > table->most)
        return;
    if (table->count == HPACK_ENTRIES_MOST)
        evict(table);
    table->newest = (table->newest + 1) % HPACK_ENTRIES_MOST;
    *entry_at(table, 0) = *field;
    table->size += size;
    table->count++;
}

static bool find(struct hpack *table, size_t index, struct hpack_field *out)
{
    if (index == 0 || index > (size_t)STATIC_COUNT + table->count)
        return false;
    if (index > STATIC_COUNT)
        *out = *entry_at(table, (unsigned)(index - STATIC_COUNT - 1));
    else
        *out = (struct hpack_field){span_text(fixed[index - 1].name),
                                    span_text(fixed[index - 1].value)};
    return true;
}

/* --- what a block is made of --- */

/* RFC 7541 5.1, behind a first byte of which `bits` are the number's; at most 28 bits more. */
static size_t read_number(struct cursor *c, uint8_t first, unsigned bits)
{
    size_t most = ((size_t)1 << bits) - 1, number = first & most;
    if (number < most)
        return number;
    for (unsigned shift = 0; shift <= 21; shift += 7) {
        uint8_t byte = read_u8(c);
        number += (size_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return number;
    }
    c->failed = true;
    return 0;
}

/* A bit after another; symbols are put into `out`. False: no code, no room, or an end that is not
 * the beginning of END_OF_STRING, shorter than a byte (RFC 7541 5.2). */
static bool code_read(struct span bytes, uint8_t *out, size_t room, size_t *length)
{
    unsigned bits = 0;
    uint32_t code = 0, first = 0, index = 0;
    bool ones = true;
    *length = 0;
    for (size_t i = 0; i < bytes.length * 8; i++) {
        bool bit = bytes.at[i / 8] >> (7 - i % 8) & 1;
        code = code << 1 | bit;
        first <<= 1;
        ones &= bit;
        uint32_t count = code_counts[++bits];
        if (code - first >= count) {
            first += count;
            index += count;
            if (bits == CODE_MOST)
                return false;
            continue;
        }
        uint16_t symbol = code_symbols[index + code - first];
        if (symbol == END_OF_STRING || *length == room)
            return false;
        out[(*length)++] = (uint8_t)symbol;
        bits = code = first = index = 0;
        ones = true;
    }
    return ones && bits < 8;
}

static struct span read_string(struct hpack *table, struct cursor *c)
{
    uint8_t first = read_u8(c);
    struct span bytes = read_span(c, read_number(c, first, 7));
    if (c->failed || (first & 0x80) == 0)
        return bytes;
    uint8_t *place = table->text + table->text_length;
    size_t length = 0;
    if (!code_read(bytes, place, HPACK_TEXT_MOST - table->text_length, &length))
        c->failed = true;
    table->text_length += length;
    return span_of(place, length);
}

/* RFC 7541 6.2: a name that is known, or not, and a value. */
static bool read_literal(struct hpack *table, struct cursor *c, size_t index,
                         struct hpack_field *out)
{
    if (index == 0)
        out->name = read_string(table, c);
    else if (!find(table, index, out))
        c->failed = true;
    out->value = read_string(table, c);
    return !c->failed;
}

bool hpack_next(struct hpack *table, struct cursor *block, struct hpack_field *out)
{
    *out = (struct hpack_field){0};
    while (cursor_more(block)) {
        uint8_t first = read_u8(block);
        if ((first & 0x80) != 0) { /* RFC 7541 6.1 */
            if (!find(table, read_number(block, first, 7), out))
                block->failed = true;
            return !block->failed;
        }
        if ((first & 0xc0) == 0x40) {
            if (!read_literal(table, block, read_number(block, first, 6), out))
                return false;
            insert(table, out);
            return true;
        }
        if ((first & 0xe0) != 0x20)
            return read_literal(table, block, read_number(block, first, 4), out);
        table->most = read_number(block, first, 5); /* RFC 7541 6.3 */
        shrink(table, table->most);
    }
    return false;
}
