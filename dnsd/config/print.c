/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * print - the table of options as effective configuration, example file and manual.
 *
 * Recursion here is over the table, which is ours and three sections deep.
 */
#include "config/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGE_SIZE = 1 << 18, VALUE_SIZE = 1 << 17, INDENT = 2, WIDTH = 96, PATH_SIZE = 128 };

struct page {
    struct writer w;
    const uint8_t *base, *defaults; /* struct config or struct written */
    size_t known;                   /* size of it: rows behind are not in it */
    bool is_example;                /* comments above, samples for what is empty; else marks */
    char value[VALUE_SIZE], default_value[VALUE_SIZE], bytes[PAGE_SIZE];
};

static struct page *page_new(void)
{
    struct page *page = calloc(1, sizeof *page);
    if (page != NULL)
        page->w = writer_over(page->bytes, sizeof page->bytes);
    return page;
}

static void page_print(const struct page *page, int out)
{
    struct span text = writer_span(&page->w);
    for (size_t at = 0; at < text.length;) {
        ssize_t wrote = write(out, text.at + at, text.length - at);
        if (wrote <= 0)
            return; /* who reads is gone */
        at += (size_t)wrote;
    }
}

__attribute__((format(printf, 2, 3))) static void say(struct page *page, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_text(&page->w, text);
}

static void say_indent(struct page *page, unsigned indent)
{
    say(page, "%*s", (int)indent, "");
}

/* A sentence as comment lines, broken between words; `mark` begins each. */
static void say_comment(struct page *page, unsigned indent, const char *mark, const char *text)
{
    size_t room = WIDTH - indent - strlen(mark);
    while (*text != 0) {
        size_t length = strlen(text);
        if (length > room)
            for (length = room; length > 0 && text[length] != ' '; length--)
                ;
        say(page, "%*s%s%.*s\n", (int)indent, "", mark, (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

/* One scalar; in quotes where a colon at an end would mislead YAML. */
static void write_scalar(const struct yaml_row *row, const uint8_t *field, struct writer *w)
{
    char text[2 * CONFIG_PATH_SIZE + NAME_TEXT_SIZE];
    struct writer one = writer_over(text, sizeof text);
    row->kind->write(row, field, &one);
    size_t length = writer_length(&one);
    bool quote = length > 0 && (text[0] == ':' || text[length - 1] == ':');
    write_text(w, quote ? "\"" : "");
    write_bytes(w, text, length);
    write_text(w, quote ? "\"" : "");
}

/* The value of a row as the file would say it. */
static const char *value_text(const struct yaml_row *row, const uint8_t *base, char out[VALUE_SIZE])
{
    struct writer w = writer_over(out, VALUE_SIZE - 1);
    if (row->most == 0) {
        write_scalar(row, base + row->place, &w);
    } else {
        uint32_t count;
        memcpy(&count, base + row->counter, sizeof count);
        write_u8(&w, '[');
        for (uint32_t i = 0; i < count; i++) {
            write_text(&w, i == 0 ? "" : ", ");
            write_scalar(row, base + row->place + i * row->size, &w);
        }
        write_u8(&w, ']');
    }
    *w.at = 0;
    return out;
}

static void say_option(struct page *page, const struct yaml_row *row, unsigned indent)
{
    const char *value = value_text(row, page->base, page->value);
    const char *fallback = value_text(row, page->defaults, page->default_value);
    if (page->is_example)
        say_comment(page, indent, "# ", row->help);
    say_indent(page, indent);
    say(page, "%s: ", row->key);
    write_text(&page->w, value);
    if (page->is_example && row->example != NULL)
        say(page, "  # such as %s", row->example);
    else if (!page->is_example && strcmp(value, fallback) == 0)
        say(page, "  # default");
    say(page, "\n");
}

/* The items that the struct holds. */
static void say_items(struct page *page, const struct yaml_row *row, unsigned indent)
{
    uint32_t count;
    memcpy(&count, page->base + row->counter, sizeof count);
    say_indent(page, indent);
    say(page, "%s:%s\n", row->key, count == 0 ? " []  # default" : "");
    for (uint32_t i = 0; i < count; i++)
        for (size_t j = 0; j < row->items->count; j++) {
            const struct yaml_row *key = &row->items->rows[j];
            say_indent(page, indent + INDENT);
            say(page, "%s %s: ", j == 0 ? "-" : " ", key->key);
            write_text(&page->w,
                       value_text(key, page->base + row->place + i * row->size, page->value));
            say(page, "\n");
        }
}

/* One item with all its keys, as a comment. */
static void say_sample(struct page *page, const struct yaml_row *row, unsigned indent)
{
    say_comment(page, indent, "# ", row->help);
    say_indent(page, indent);
    say(page, "%s: []\n", row->key);
    for (size_t i = 0; i < row->items->count; i++) {
        const struct yaml_row *key = &row->items->rows[i];
        say_comment(page, indent, "#   # ", key->help);
        say_indent(page, indent);
        say(page, "# %s %s: %s\n", i == 0 ? "-" : " ", key->key,
            key->example != NULL ? key->example : key->fallback);
    }
}

static bool is_known(const struct page *page, const struct yaml_row *row)
{
    if (row->section != NULL)
        return is_known(page, &row->section->rows[0]);
    if (row->refused != NULL || (row->size == 0 && !page->is_example))
        return false;
    return row->place < page->known;
}

static void say_rows(struct page *page, const struct yaml_schema *schema, unsigned indent)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct yaml_row *row = &schema->rows[i];
        if (!is_known(page, row))
            continue;
        if (page->is_example && (indent == 0 || row->section != NULL || row->items != NULL))
            say(page, "\n");
        if (row->section != NULL) {
            if (page->is_example)
                say_comment(page, indent, "# ", row->help);
            say_indent(page, indent);
            say(page, "%s:\n", row->key);
            say_rows(page, row->section, indent + INDENT);
        } else if (row->items == NULL) {
            say_option(page, row, indent);
        } else if (page->is_example) {
            say_sample(page, row, indent);
        } else {
            say_items(page, row, indent);
        }
    }
}

void config_show(const struct config *config, int out)
{
    struct page *page = page_new();
    struct written *fresh = written_new();
    if (page != NULL && fresh != NULL) {
        config_settle(&fresh->config);
        page->base = (const uint8_t *)config;
        page->defaults = (const uint8_t *)&fresh->config;
        page->known = sizeof *config;
        say_comment(page, 0, "# ",
                    "The effective configuration. Groups, lists and what is protected are in "
                    "the policy: `ponor status`.");
        say_rows(page, &config_schema, 0);
        page_print(page, out);
    }
    written_free(fresh);
    free(page);
}

void config_print_example(int out)
{
    struct page *page = page_new();
    struct written *fresh = written_new();
    if (page != NULL && fresh != NULL) {
        page->base = page->defaults = (const uint8_t *)fresh;
        page->known = sizeof *fresh;
        page->is_example = true;
        say_comment(page, 0, "# ",
                    "Every option of Ponor with its default. Made from the table of options; what "
                    "an operator starts from is ponor.yaml beside this file.");
        say_rows(page, &config_schema, 0);
        page_print(page, out);
    }
    written_free(fresh);
    free(page);
}

/* What a value may be, for the manual. */
static void say_kind(struct page *page, const struct yaml_row *row)
{
    struct writer w = writer_over(page->value, sizeof page->value - 1);
    if (row->words != NULL) {
        for (size_t i = row->least; row->words[i] != NULL; i++) {
            write_text(&w, i == row->least ? "" : row->words[i + 1] == NULL ? " or " : ", ");
            write_text(&w, row->words[i]);
        }
    } else {
        write_text(&w, row->most > 0 ? "list, each " : "");
        write_text(&w, row->kind->expected);
    }
    *w.at = 0;
    write_text(&page->w, page->value);
    if (row->words == NULL && row->limit != 0) {
        char limit[2][32];
        uint64_t values[2] = {row->least, row->limit};
        for (int i = 0; i < 2; i++) {
            const struct yaml_row wide = {.size = sizeof values[i]};
            struct writer one = writer_over(limit[i], sizeof limit[i] - 1);
            row->kind->write(&wide, &values[i], &one);
            *one.at = 0;
        }
        say(page, "; %s to %s", limit[0], limit[1]);
    }
    if (row->most > 0)
        say(page, "; at most %zu", row->most);
}

/* A table of the rows that are values, then each section and list below its own heading. */
static void say_manual(struct page *page, const char *path, const struct yaml_schema *schema)
{
    char below[PATH_SIZE];
    say(page, "\n| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < schema->count; i++) {
        const struct yaml_row *row = &schema->rows[i];
        if (row->kind == NULL)
            continue;
        say(page, "| `%s` | ", row->key);
        say_kind(page, row);
        if (row->required)
            say(page, " | required | ");
        else if (row->fallback == NULL || row->fallback[0] == 0)
            say(page, " | | ");
        else
            say(page, " | `%s` | ", row->fallback);
        say(page, "%s |\n", row->help);
    }
    for (size_t i = 0; i < schema->count; i++) {
        const struct yaml_row *row = &schema->rows[i];
        if (row->section == NULL && row->items == NULL)
            continue;
        snprintf(below, sizeof below, "%s%s%s%s", path, path[0] != 0 ? "." : "", row->key,
                 row->items != NULL ? "[]" : "");
        say(page, "\n## `%s`\n\n%s\n", below, row->help);
        say_manual(page, below, row->section != NULL ? row->section : row->items);
    }
}

void config_print_manual(int out)
{
    struct page *page = page_new();
    if (page == NULL)
        return;
    say(page,
        "# Options of ponor.yaml\n\n"
        "One file configures all programs. Relative paths in it are seen from its own folder. "
        "Lists are written `[a, b]` or one item a line behind `- `; an address that begins "
        "with a colon stands in quotes inside brackets. `dnsd --check` names every error of a "
        "file, `dnsd --show` prints what is in force.\n\n"
        "This page is made from the table of options.\n");
    say_manual(page, "", &config_schema);
    page_print(page, out);
    free(page);
}
