/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words_isc - one word after another; comments from # to the end of a line are passed over.
 */
#include "device/words_isc.h"

struct isc_words isc_words(struct span text)
{
    return (struct isc_words){.rest = text, .line = 1};
}

static void forward(struct isc_words *words, size_t count)
{
    words->rest = span_behind(words->rest, count);
}

static void skip_blanks(struct isc_words *words)
{
    bool in_comment = false;
    size_t at = 0;
    for (; at < words->rest.length; at++) {
        const uint8_t c = words->rest.at[at];
        if (c == '\n') {
            words->line++;
            in_comment = false;
        } else if (c == '#') {
            in_comment = true;
        } else if (!in_comment && c != ' ' && c != '\t' && c != '\r') {
            break;
        }
    }
    forward(words, at);
}

/* One character of a text: itself, or what stands behind a backslash, up to three octal digits. */
static uint8_t read_character(struct isc_words *words)
{
    uint8_t c = words->rest.at[0];
    forward(words, 1);
    words->line += c == '\n';
    if (c != '\\' || words->rest.length == 0)
        return c;
    c = words->rest.at[0];
    forward(words, 1);
    words->line += c == '\n';
    if (c < '0' || c > '7')
        return c;
    unsigned value = c - '0';
    for (int i = 0; i < 2 && words->rest.length > 0; i++) {
        c = words->rest.at[0];
        if (c < '0' || c > '7')
            break;
        value = value * 8 + (c - '0');
        forward(words, 1);
    }
    return (uint8_t)value;
}

static void read_text(struct isc_words *words)
{
    size_t length = 0;
    forward(words, 1);
    while (words->rest.length > 0 && words->rest.at[0] != '"') {
        const uint8_t c = read_character(words);
        if (length < sizeof words->room)
            words->room[length++] = c;
    }
    forward(words, 1);
    words->word = span_of(words->room, length);
}

static bool ends_word(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '{' || c == '}' ||
           c == '"' || c == '#';
}

enum isc_kind isc_next(struct isc_words *words)
{
    skip_blanks(words);
    words->word = span_of(words->rest.at, 1);
    words->kind = ISC_END;
    if (words->rest.length == 0)
        return words->kind;
    const uint8_t c = words->rest.at[0];
    if (c == '"') {
        words->kind = ISC_TEXT;
        read_text(words);
        return words->kind;
    }
    words->kind = c == '{' ? ISC_OPEN : c == '}' ? ISC_CLOSE : c == ';' ? ISC_STOP : ISC_WORD;
    size_t length = 1;
    while (words->kind == ISC_WORD && length < words->rest.length &&
           !ends_word(words->rest.at[length]))
        length++;
    words->word = span_of(words->rest.at, length);
    forward(words, length);
    return words->kind;
}

bool isc_skip(struct isc_words *words)
{
    unsigned depth = 0;
    for (enum isc_kind kind = words->kind; kind != ISC_END; kind = isc_next(words)) {
        if (kind == ISC_CLOSE && depth == 0)
            return false;
        depth += kind == ISC_OPEN;
        depth -= kind == ISC_CLOSE;
        if (depth == 0 && (kind == ISC_STOP || kind == ISC_CLOSE))
            return true;
    }
    return false;
}
