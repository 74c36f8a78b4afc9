/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - bounded readers of small things, and the cleaning of host names.
 */
#include "device/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { DUID_MOST = 130, DUID_LLT = 1, DUID_LL = 3, ETHERNET = 1 };

bool text_line(struct lines *lines, struct span *line)
{
    const uint8_t *end =
        lines->rest.length == 0 ? NULL : memchr(lines->rest.at, '\n', lines->rest.length);
    if (end == NULL)
        return false;
    *line = span_of(lines->rest.at, (size_t)(end - lines->rest.at));
    lines->rest = span_behind(lines->rest, line->length + 1);
    lines->number++;
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

bool text_cut(struct span *rest, char end, struct span *out)
{
    if (rest->at == NULL)
        return false;
    const uint8_t *at = rest->length == 0 ? NULL : memchr(rest->at, end, rest->length);
    if (at == NULL) {
        *out = *rest;
        *rest = span_of(NULL, 0);
        return true;
    }
    *out = span_of(rest->at, (size_t)(at - rest->at));
    *rest = span_of(at + 1, rest->length - out->length - 1);
    return true;
}

bool text_is(struct span text, const char *word)
{
    return span_equal(text, span_text(word));
}

bool text_number(struct span text, uint64_t *out)
{
    uint64_t value = 0;
    bool is_sound = text.length > 0;
    for (size_t i = 0; i < text.length; i++)
        is_sound = is_sound && text.at[i] >= '0' && text.at[i] <= '9' &&
                   !__builtin_mul_overflow(value, 10, &value) &&
                   !__builtin_add_overflow(value, (uint64_t)(text.at[i] - '0'), &value);
    if (is_sound)
        *out = value;
    return is_sound;
}

bool seconds_us(uint64_t seconds, clock_us *out)
{
    static const uint64_t most = UINT64_C(253402300799); /* the end of the year 9999 */
    *out = seconds * SECOND_US;
    return seconds <= most;
}

/* A copy with a zero behind it; false: too long for anything that has this size. */
static bool copy_of(struct span text, char *out, size_t size)
{
    if (text.length == 0 || text.length >= size || memchr(text.at, 0, text.length) != NULL)
        return false;
    memcpy(out, text.at, text.length);
    out[text.length] = 0;
    return true;
}

bool text_address(struct span text, struct address *out)
{
    char copy[ADDRESS_TEXT_SIZE];
    return copy_of(text, copy, sizeof copy) && address_parse(copy, out) == STATUS_OK;
}

bool text_mac(struct span text, uint8_t out[MAC_SIZE])
{
    char copy[MAC_TEXT_SIZE];
    return copy_of(text, copy, sizeof copy) && mac_parse(copy, out);
}

bool duid_mac(struct span duid, uint8_t out[MAC_SIZE])
{
    size_t before = 0;
    if (duid.length < 4 || load_u16(duid.at + 2) != ETHERNET)
        return false;
    if (load_u16(duid.at) == DUID_LLT)
        before = 8;
    else if (load_u16(duid.at) == DUID_LL)
        before = 4;
    if (before == 0 || duid.length != before + MAC_SIZE)
        return false;
    memcpy(out, duid.at + before, MAC_SIZE);
    return true;
}

int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_duid_mac(struct span text, uint8_t out[MAC_SIZE])
{
    uint8_t bytes[DUID_MOST];
    size_t count = 0;
    for (size_t i = 0; i + 1 < text.length && count < sizeof bytes; i += 2) {
        i += text.at[i] == ':';
        int high = hex_value(text.at[i]);
        int low = i + 1 < text.length ? hex_value(text.at[i + 1]) : -1;
        if (high < 0 || low < 0)
            return false;
        bytes[count++] = (uint8_t)(high << 4 | low);
    }
    return duid_mac(span_of(bytes, count), out);
}

/* The next character of UTF-8 (RFC 3629); 0 for what is none, of which one byte is then taken. */
static uint32_t next_character(struct span text, size_t *taken)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = text.at[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;
    *taken = 1;
    if (length == 0 || length > text.length)
        return 0;
    uint32_t c = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text.at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text.at[i] & 0x3f);
    }
    if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *taken = length;
    return c;
}

/* Control characters, and those that are not seen or turn the direction of others. */
static bool is_printable(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0, 0x1f},          {0x7f, 0x9f},         {0xad, 0xad},
        {0x61c, 0x61c},     {0x115f, 0x1160},     {0x180e, 0x180e},
        {0x200b, 0x200f},   {0x2028, 0x202e},     {0x2060, 0x206f},
        {0x3164, 0x3164},   {0xe000, 0xf8ff},     {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xfff0, 0xfffb},     {0xfffe, 0xffff},
        {0xe0000, 0xfffff}, {0x100000, 0x10ffff},
    };
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (c >= hidden[i].first && c <= hidden[i].last)
            return false;
    return true;
}

static struct span trimmed(struct span text)
{
    while (text.length > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = span_behind(text, 1);
    while (text.length > 0 && (text.at[text.length - 1] == ' ' || text.at[text.length - 1] == '\t'))
        text.length--;
    return text;
}

void text_host(struct span text, char out[DEVICE_TEXT_SIZE])
{
    static const char replacement[] = "\xef\xbf\xbd", cut[] = "\xe2\x80\xa6";
    struct writer w = writer_over(out, DEVICE_TEXT_SIZE - sizeof cut);
    text = trimmed(text);
    while (text.length > 1 && strchr(". \t", text.at[text.length - 1]) != NULL &&
           text.at[text.length - 1] != 0)
        text.length--; /* a whole name, host.example. */
    while (text.length > 0) {
        size_t taken;
        const uint32_t c = next_character(text, &taken);
        const bool is_shown = is_printable(c);
        const size_t length = is_shown ? taken : sizeof replacement - 1;
        if (writer_room(&w) < length)
            break;
        write_bytes(&w, is_shown ? text.at : (const uint8_t *)replacement, length);
        text = span_behind(text, taken);
    }
    size_t end = writer_length(&w);
    if (text.length > 0) {
        memcpy(out + end, cut, sizeof cut - 1);
        end += sizeof cut - 1;
    }
    memset(out + end, 0, DEVICE_TEXT_SIZE - end);
}

void leases_bad(struct leases_read *out, uint64_t line, const char *format, ...)
{
    va_list arguments;
    if (out->bad++ > 0)
        return;
    out->first_bad = line;
    va_start(arguments, format);
    vsnprintf(out->why, sizeof out->why, format, arguments);
    va_end(arguments);
}
