/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * escape - a table of what each byte becomes.
 */
#include "events/escape.h"

static const char hex[] = "0123456789abcdef";

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static size_t unit_escape(uint16_t unit, uint8_t out[6])
{
    const uint8_t made[6] = {'\\',
                             'u',
                             (uint8_t)hex[unit >> 12],
                             (uint8_t)hex[unit >> 8 & 15],
                             (uint8_t)hex[unit >> 4 & 15],
                             (uint8_t)hex[unit & 15]};
    memcpy(out, made, sizeof made);
    return sizeof made;
}

static size_t byte_escape(uint8_t byte, uint8_t out[6])
{
    if (is_plain(byte)) {
        out[0] = byte;
        return 1;
    }
    if (byte == '"' || byte == '\\') {
        out[0] = '\\';
        out[1] = byte;
        return 2;
    }
    return unit_escape(byte, out);
}

void escape_bytes(struct writer *w, struct span bytes)
{
    uint8_t made[6];
    for (size_t i = 0; i < bytes.length; i++)
        write_bytes(w, made, byte_escape(bytes.at[i], made));
}

/* The code point that starts at `at` and how many bytes it takes; 0 when they are no UTF-8
 * (RFC 3629 4: no overlong forms, no surrogates). */
static size_t code_point(const uint8_t *at, uint32_t *out)
{
    static const struct {
        uint8_t mask, mark;
        uint32_t least;
    } forms[] = {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t form = 0; form < COUNT_OF(forms); form++) {
        if ((at[0] & forms[form].mask) != forms[form].mark)
            continue;
        uint32_t value = at[0] & (uint8_t)~forms[form].mask;
        for (size_t i = 1; i <= form + 1; i++) {
            if ((at[i] & 0xc0) != 0x80) /* the final zero ends here as well */
                return 0;
            value = value << 6 | (at[i] & 0x3f);
        }
        *out = value;
        bool sound =
            value >= forms[form].least && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
        return sound ? form + 2 : 0;
    }
    return 0;
}

void escape_text(struct writer *w, const char *text, size_t most)
{
    const uint8_t *at = (const uint8_t *)text;
    while (*at != 0) {
        uint8_t made[12];
        size_t length;
        uint32_t value = 0;
        size_t taken = *at < 0x80 ? 0 : code_point(at, &value);
        if (taken == 0) {
            length = byte_escape(*at, made);
            taken = 1;
        } else if (value < 0x10000) {
            length = unit_escape((uint16_t)value, made);
        } else {
            value -= 0x10000;
            length = unit_escape((uint16_t)(0xd800 | value >> 10), made);
            length += unit_escape((uint16_t)(0xdc00 | (value & 0x3ff)), made + 6);
        }
        if (length > most)
            return;
        write_bytes(w, made, length);
        most -= length;
        at += taken;
    }
}

/* What name_text() puts a backslash before (RFC 1035 5.1), by a table because names are long. */
static const bool special_in_names[256] = {
    ['.'] = true, ['\\'] = true, ['"'] = true, ['('] = true,
    [')'] = true, [';'] = true,  ['@'] = true, ['$'] = true,
};

static size_t label_byte_escape(uint8_t byte, uint8_t out[5])
{
    out[0] = out[1] = '\\';
    if (byte <= 0x20 || byte >= 0x7f) {
        out[2] = (uint8_t)('0' + byte / 100);
        out[3] = (uint8_t)('0' + byte / 10 % 10);
        out[4] = (uint8_t)('0' + byte % 10);
        return 5;
    }
    bool json_too = byte == '"' || byte == '\\';
    out[2] = json_too ? '\\' : byte;
    out[3] = byte;
    return json_too ? 4 : 3;
}

void escape_name(struct writer *w, const struct name *name)
{
    uint8_t made[5 * NAME_MAX_WIRE], *to = made;
    struct cursor c = cursor_of(name_span(name));
    struct cursor label = read_block8(&c);
    if (!cursor_more(&label))
        *to++ = '.';
    while (cursor_more(&label)) {
        for (; label.at < label.end; label.at++) {
            if (*label.at > 0x20 && *label.at < 0x7f && !special_in_names[*label.at])
                *to++ = *label.at;
            else
                to += label_byte_escape(*label.at, to);
        }
        label = read_block8(&c);
        if (cursor_more(&label))
            *to++ = '.';
    }
    write_bytes(w, made, (size_t)(to - made));
}

void escape_number(struct writer *w, uint64_t number)
{
    uint8_t digits[20], *at = digits + sizeof digits;
    do
        *--at = (uint8_t)('0' + number % 10);
    while ((number /= 10) > 0);
    write_bytes(w, at, (size_t)(digits + sizeof digits - at));
}
