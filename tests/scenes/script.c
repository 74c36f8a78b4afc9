/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * script - lines and words.
 */
#include "script.h"

#include <ctype.h>
#include <stdlib.h>

/* Cuts the text into lines; `lines` NULL: only counts them. */
static size_t cut(char *text, struct line *lines)
{
    size_t count = 0;
    unsigned number = 1;
    for (char *at = text; *at != 0; number++) {
        size_t length = strcspn(at, "\n"), indent = strspn(at, " ");
        char *next = at + length + (at[length] == '\n');
        bool counts = indent < length && at[indent] != '#';
        if (counts && lines != NULL) {
            while (length > indent && isspace((unsigned char)at[length - 1]))
                length--;
            at[length] = 0;
            lines[count] = (struct line){number, (unsigned)indent, at + indent};
        }
        count += counts;
        at = next;
    }
    return count;
}

struct script script_read(const char *file)
{
    struct script script = {.file = file};
    size_t size = 0;
    FILE *in = fopen(file, "r");
    if (in == NULL)
        return script;
    if (getdelim(&script.text, &size, 0, in) < 0) {
        free(script.text);
        script.text = NULL;
    }
    fclose(in);
    if (script.text == NULL)
        return script;
    script.lines = calloc(cut(script.text, NULL) + 1, sizeof *script.lines);
    if (script.lines != NULL)
        script.count = cut(script.text, script.lines);
    return script;
}

void script_free(struct script *script)
{
    free(script->lines);
    free(script->text);
}

struct block script_block(const struct script *script)
{
    return (struct block){script->lines, script->count};
}

struct block block_below(const struct line *line, const struct line *end)
{
    struct block block = {line + 1, 0};
    while (block_end(block) < end && block_end(block)->indent > line->indent)
        block.count++;
    return block;
}

const struct line *line_next(const struct line *line, struct block block)
{
    return block_end(block_below(line, block_end(block)));
}

const struct line *block_find(struct block block, const char *begin)
{
    for (const struct line *at = block.at; at < block_end(block); at = line_next(at, block))
        if (strncmp(at->text, begin, strlen(begin)) == 0)
            return at;
    return NULL;
}

void block_write(struct block block, unsigned indent, FILE *out)
{
    for (const struct line *at = block.at; at < block_end(block); at++) {
        unsigned deeper = at->indent > block.at->indent ? at->indent - block.at->indent : 0;
        fprintf(out, "%*s%s\n", (int)(indent + deeper), "", at->text);
    }
}

bool words_read(const char *text, struct words *out)
{
    struct writer w = writer_over(out->bytes, sizeof out->bytes);
    out->count = 0;
    for (text += strspn(text, " "); *text != 0; text += strspn(text, " ")) {
        bool quoted = *text == '"';
        size_t length = quoted ? 1 + strcspn(text + 1, "\"") : strcspn(text, " ");
        if (out->count == WORDS_MOST || (quoted && text[length] != '"'))
            return false;
        out->word[out->count++] = (const char *)w.at;
        write_bytes(&w, text, length);
        write_u8(&w, 0);
        text += length + quoted;
    }
    return !w.failed;
}

const char *word_value(const char *word, const char *key)
{
    size_t length = strlen(key);
    return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

bool number_read(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == 0 && *out <= most;
}

bool duration_read(const char *text, clock_ms *out)
{
    static const struct {
        const char *unit;
        clock_ms ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || number > UINT32_MAX)
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *out = number * units[i].ms;
            return true;
        }
    }
    return false;
}

bool hex_read(const char *text, struct writer *out)
{
    for (; *text != 0 && *text != ';'; text += 2) {
        text += strspn(text, " ");
        if (*text == 0 || *text == ';')
            break;
        unsigned byte;
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
            sscanf(text, "%2x", &byte) != 1)
            return false;
        write_u8(out, (uint8_t)byte);
    }
    return !out->failed;
}

const char *numbered(const char *text, uint64_t number, char *out, size_t size)
{
    size_t before = strcspn(text, "%");
    if (text[before] == 0)
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, "%.*s%llu%s", (int)before, text, (unsigned long long)number,
                 text + before + 1);
    return out;
}
