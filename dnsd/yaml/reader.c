/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reader - libyaml's events as tokens, and its complaints as sentences.
 *
 * The only file that knows libyaml.
 */
#include "yaml/fill.h"

#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <yaml.h>

/* Where the bytes come from: a descriptor, or a text. */
struct source {
    bool is_text;
    int fd;
    struct span text;
    size_t taken;
    int error; /* errno of a failed open or read */
    bool too_long;
};

static int on_more(void *arg, unsigned char *buffer, size_t size, size_t *length)
{
    struct source *source = arg;
    *length = 0;
    if (source->error != 0)
        return 0;
    if (source->taken > YAML_BYTES_MOST) {
        source->too_long = true;
        return 0;
    }
    if (source->is_text) {
        size_t left = source->text.length - source->taken;
        *length = left < size ? left : size;
        memcpy(buffer, source->text.at + source->taken, *length);
    } else {
        ssize_t got;
        do {
            got = read(source->fd, buffer, size);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            source->error = errno;
            return 0;
        }
        *length = (size_t)got;
    }
    source->taken += *length;
    return 1;
}

/* The line and column of the byte at `offset`, by reading again; line 0 when that is impossible. */
static struct yaml_place place_of(const struct source *source, size_t offset)
{
    struct yaml_place at = {1, 1};
    uint8_t block[4096];
    for (size_t start = 0; start < offset;) {
        size_t want = offset - start < sizeof block ? offset - start : sizeof block;
        const uint8_t *bytes = block;
        if (source->is_text) {
            want = offset - start;
            bytes = source->text.at;
        } else {
            ssize_t got = pread(source->fd, block, want, (off_t)start);
            if (got <= 0)
                return (struct yaml_place){0, 0};
            want = (size_t)got;
        }
        for (size_t i = 0; i < want; i++) {
            at.column++;
            if (bytes[i] == '\n')
                at = (struct yaml_place){at.line + 1, 1};
        }
        start += want;
    }
    return at;
}

/* What libyaml says, and what a person can do about it. %u: the line where it began. */
static const struct {
    const char *problem, *context, *sentence;
} sentences[] = {
    {"found character that cannot start", NULL,
     "a value that begins with @, `, %% or another special character must stand in quotes"},
    {"mapping values are not allowed", NULL,
     "a key cannot stand here: check the indentation, or put a value that holds `: ` in quotes"},
    {"could not find expected ':'", NULL,
     "`key: value` is expected: the colon, or the space behind it, is missing"},
    {"did not find expected key", NULL,
     "this does not fit what began on line %u: check the indentation and the quotes above"},
    {"did not find expected '-' indicator", NULL,
     "the items of the list that began on line %u must begin in the same column, each with `- `"},
    {"did not find expected ',' or ']'", NULL,
     "a comma or the closing ] is missing in the list that began on line %u"},
    {"did not find expected ',' or '}'", NULL,
     "a comma or the closing } is missing in the mapping that began on line %u"},
    {"found unexpected end of stream", "quoted scalar",
     "the quote that opened on line %u is not closed"},
    {"found unexpected document indicator", "quoted scalar",
     "the quote that opened on line %u is not closed"},
    {"block sequence entries are not allowed", NULL,
     "a list item cannot stand here: begin the list on a line of its own"},
    {"found unknown escape character", NULL,
     "a backslash in double quotes begins an escape: write \\\\, or use single quotes"},
    {"did not find expected <document start>", NULL,
     "only one document: nothing may stand behind its end, and keys begin in the first column"},
    {"did not find expected node content", NULL,
     "a value is missing here, or it begins with a colon, as ::1 does, and must stand in quotes"},
    {"found unexpected ':'", NULL,
     "a value with a colon at its end, as 2001:db8:: has, must stand in quotes here"},
};

static void say_syntax(const yaml_parser_t *parser, const char *file, struct problems *problems)
{
    const char *problem = parser->problem != NULL ? parser->problem : "not readable";
    const char *context = parser->context != NULL ? parser->context : "";
    unsigned line = (unsigned)parser->problem_mark.line + 1;
    unsigned column = (unsigned)parser->problem_mark.column + 1;
    unsigned began = (unsigned)parser->context_mark.line + 1;
    char text[PROBLEM_TEXT] = "";

    /* The scanner stopped at the very character. */
    if (parser->error == YAML_SCANNER_ERROR && parser->buffer.pointer < parser->buffer.last &&
        *parser->buffer.pointer == '\t')
        snprintf(text, sizeof text, "a tab stands here: indent with spaces");
    for (size_t i = 0; i < COUNT_OF(sentences) && text[0] == 0; i++)
        if (strstr(problem, sentences[i].problem) != NULL &&
            (sentences[i].context == NULL || strstr(context, sentences[i].context) != NULL)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, sentences[i].sentence, began); /* from the table above */
#pragma GCC diagnostic pop
        }
    if (text[0] == 0)
        snprintf(text, sizeof text, "this is not YAML: %s %s", problem, context);
    problem_error(problems, file, line, column, "%s; reading stops here", text);
}

static void say_parser_error(const yaml_parser_t *parser, const struct source *source,
                             const char *file, struct problems *problems)
{
    char why[REFUSAL_TEXT_SIZE];
    if (source->error != 0)
        problem_error(problems, file, 0, 0, "cannot be read: %s", refusal_text(source->error, why));
    else if (source->too_long)
        problem_error(problems, file, 0, 0, "more than %d MiB: too long", YAML_BYTES_MOST >> 20);
    else if (parser->error == YAML_READER_ERROR) {
        struct yaml_place at = place_of(source, parser->problem_offset);
        problem_error(problems, file, at.line, at.column,
                      "a byte here is no UTF-8 text (%s); reading stops here",
                      parser->problem != NULL ? parser->problem : "not readable");
    } else {
        say_syntax(parser, file, problems);
    }
}

static struct yaml_place place_from(const yaml_mark_t *mark)
{
    return (struct yaml_place){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

/* Makes a token of an event; names what we refuse in YAML. */
static bool token_from(const yaml_event_t *event, const struct fill *fill, struct token *token)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    *token = (struct token){.at = place_from(&event->start_mark)};
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        token->kind = TOKEN_SCALAR;
        token->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        token->text = span_of(event->data.scalar.value, event->data.scalar.length);
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        token->kind = TOKEN_SEQUENCE;
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        token->kind = TOKEN_MAPPING;
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    case YAML_SEQUENCE_END_EVENT:
        token->kind = TOKEN_SEQUENCE_END;
        break;
    case YAML_MAPPING_END_EVENT:
        token->kind = TOKEN_MAPPING_END;
        break;
    case YAML_ALIAS_EVENT:
        token->kind = TOKEN_REFUSED;
        problem_error(fill->problems, fill->file, token->at.line, token->at.column,
                      "aliases (*%.60s) are refused: write the value itself",
                      (const char *)event->data.alias.anchor);
        return true;
    default:
        return false;
    }
    if (anchor != NULL)
        problem_error(fill->problems, fill->file, token->at.line, token->at.column,
                      "anchors (&%.60s) are refused: write the value where it is needed", anchor);
    if (tag != NULL)
        problem_error(fill->problems, fill->file, token->at.line, token->at.column,
                      "tags (!) are refused: the key alone says what its value is");
    return true;
}

enum step { STEP_MORE, STEP_END, STEP_STOP };

/* One event; STEP_STOP, and said: the rest cannot be read. */
static enum step read_event(yaml_parser_t *parser, const struct source *source, struct fill *fill,
                            unsigned *documents)
{
    yaml_event_t event;
    struct token token;
    enum step step = STEP_MORE;

    if (!yaml_parser_parse(parser, &event)) {
        fill->no_memory |= parser->error == YAML_MEMORY_ERROR;
        say_parser_error(parser, source, fill->file, fill->problems);
        return STEP_STOP;
    }
    if (event.type == YAML_STREAM_END_EVENT) {
        step = STEP_END;
    } else if (event.type == YAML_DOCUMENT_START_EVENT && ++*documents > 1) {
        struct yaml_place at = place_from(&event.start_mark);
        problem_error(fill->problems, fill->file, at.line, at.column,
                      "a second document begins here: one file is one document");
        step = STEP_STOP;
    } else if (token_from(&event, fill, &token) && !fill_token(fill, &token)) {
        step = STEP_STOP;
    }
    yaml_event_delete(&event);
    return step;
}

static enum status read_source(struct source *source, const char *file,
                               const struct yaml_schema *schema, void *out, void *owner,
                               struct problems *problems)
{
    yaml_parser_t parser;
    struct fill fill;
    size_t errors = problems->errors;
    unsigned documents = 0;
    enum step step;

    if (!yaml_parser_initialize(&parser))
        return STATUS_NO_MEMORY;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&parser, on_more, source);
    fill_open(&fill, file, schema, out, owner, problems);
    do {
        step = read_event(&parser, source, &fill, &documents);
    } while (step == STEP_MORE);
    if (documents == 0 && problems->errors == errors)
        problem_error(problems, file, 0, 0, "the file is empty");
    bool no_memory = fill.no_memory;
    fill_close(&fill, step == STEP_END);
    yaml_parser_delete(&parser);
    if (no_memory)
        return STATUS_NO_MEMORY;
    return problems->errors == errors ? STATUS_OK : STATUS_INVALID;
}

enum status yaml_read_text(struct span text, const char *file, const struct yaml_schema *schema,
                           void *out, void *owner, struct problems *problems)
{
    struct source source = {.is_text = true, .text = text};
    return read_source(&source, file, schema, out, owner, problems);
}

enum status yaml_read_file(const char *file, const struct yaml_schema *schema, void *out,
                           void *owner, struct problems *problems)
{
    struct source source = {.fd = open(file, O_RDONLY | O_CLOEXEC)};
    if (source.fd < 0)
        source.error = errno;
    enum status status = read_source(&source, file, schema, out, owner, problems);
    if (source.fd >= 0)
        close(source.fd);
    return status;
}
