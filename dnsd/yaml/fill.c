/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fill - frames, keys, values, items.
 */
#include "yaml/fill.h"

#include <stdlib.h>

static const struct yaml_row unwanted = {.key = ""}; /* the value of a key that was refused */

#define SAY(fill, place, ...)                                                                      \
    problem_error((fill)->problems, (fill)->file, (place).line, (place).column, __VA_ARGS__)

static struct frame *top(struct fill *fill)
{
    return &fill->frames[fill->depth - 1];
}

static bool is_list(const struct yaml_row *row)
{
    return row->kind != NULL && row->most > 0;
}

/* Reads a default, which may be a list: "a, b". */
static void apply_default(const struct yaml_row *row, uint8_t *base)
{
    char why[YAML_WHY_SIZE], text[YAML_SCALAR_MOST];
    const char *at = row->fallback;
    uint32_t count = 0;
    while (*at != 0) {
        size_t length = is_list(row) ? strcspn(at, ",") : strlen(at);
        if (length >= sizeof text)
            abort();
        memcpy(text, at, length);
        text[length] = 0;
        /* A schema whose own default is wrong is a mistake of ours. */
        if (!row->kind->read(row, span_of(text, length), base + row->place + count * row->size,
                             why))
            abort();
        count++;
        at += length;
        at += strspn(at, ", ");
    }
    if (is_list(row))
        memcpy(base + row->counter, &count, sizeof count);
}

/* Sections are in schemas, whose depth is ours. */
static void apply_defaults(const struct yaml_schema *schema, uint8_t *base, unsigned depth)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct yaml_row *row = &schema->rows[i];
        if (row->section != NULL && depth < YAML_DEPTH_MOST)
            apply_defaults(row->section, base + row->place, depth + 1);
        else if (row->fallback != NULL)
            apply_default(row, base);
    }
}

void yaml_defaults(const struct yaml_schema *schema, void *out)
{
    memset(out, 0, schema->size);
    apply_defaults(schema, out, 0);
}

void fill_open(struct fill *fill, const char *file, const struct yaml_schema *schema, void *out,
               void *owner, struct problems *problems)
{
    *fill = (struct fill){.file = file, .owner = owner, .problems = problems};
    yaml_defaults(schema, out);
    /* Below the document stands one value: as if behind a key whose section is the whole schema. */
    fill->depth = 0;
    fill->frames[0] = (struct frame){.schema = schema, .base = out};
}

void fill_close(struct fill *fill, bool whole)
{
    const struct yaml_schema *schema = fill->frames[0].schema;
    for (size_t i = 0; !whole && i < schema->count; i++)
        if (schema->rows[i].on_lost != NULL)
            schema->rows[i].on_lost(fill->owner);
    for (; fill->depth > 0; fill->depth--) {
        free(top(fill)->item);
        free(top(fill)->blank);
    }
}

/* Opens a frame on top; false, and said, when the file is nested too deep. */
static bool push(struct fill *fill, const struct frame *frame)
{
    if (fill->depth == YAML_DEPTH_MOST) {
        SAY(fill, frame->at, "nested more than %d deep; reading stops here", YAML_DEPTH_MOST);
        return false;
    }
    struct frame *next = &fill->frames[fill->depth++];
    *next = *frame;
    next->errors = fill->problems->errors;
    return true;
}

/* The key's hint is the nearest key of the same mapping. */
static void say_unknown_key(struct fill *fill, const struct frame *frame, const struct token *token)
{
    const char *keys[YAML_ROWS_MOST + 1] = {NULL};
    const char *key = (const char *)token->text.at;
    for (size_t i = 0; i < frame->schema->count; i++)
        keys[i] = frame->schema->rows[i].key;
    const char *hint = problem_hint(key, keys);
    if (hint != NULL)
        SAY(fill, token->at, "%s has no key `%.60s`; did you mean `%s`?", frame->schema->title, key,
            hint);
    else
        SAY(fill, token->at, "%s has no key `%.60s`", frame->schema->title, key);
}

static const struct yaml_row *find_row(const struct yaml_schema *schema, struct span key)
{
    const char *text = (const char *)key.at;
    for (size_t i = 0; i < schema->count; i++) {
        const char *candidate = schema->rows[i].key;
        if (candidate[0] == text[0] && strcmp(candidate, text) == 0)
            return &schema->rows[i];
    }
    return NULL;
}

static void on_key(struct fill *fill, struct frame *frame, const struct token *token)
{
    const struct yaml_row *row = find_row(frame->schema, token->text);
    frame->row = &unwanted;
    if (row == NULL) {
        say_unknown_key(fill, frame, token);
        return;
    }
    size_t number = (size_t)(row - frame->schema->rows);
    if ((frame->seen >> number & 1) != 0) {
        SAY(fill, token->at, "`%s` stands here twice, first on line %u", row->key,
            frame->lines[number]);
        return;
    }
    if (row->refused != NULL) {
        SAY(fill, token->at, "`%s` %s", row->key, row->refused);
        return;
    }
    frame->seen |= UINT64_C(1) << number;
    frame->lines[number] = token->at.line;
    frame->row = row;
}

static const char *expected_of(const struct yaml_row *row)
{
    if (row->section != NULL)
        return "keys of its own, indented below it";
    if (row->items != NULL)
        return "a list whose items have keys: `- key: value`";
    return "a list such as [a, b]";
}

/* Reads a scalar into element `index` of a row's field. */
static void read_value(struct fill *fill, const struct yaml_row *row, uint8_t *base, size_t index,
                       const struct token *token)
{
    char why[YAML_WHY_SIZE] = "";
    const char *text = (const char *)token->text.at;

    if (row->located)
        memcpy(base + row->at + index * sizeof token->at, &token->at, sizeof token->at);
    if (token->text.length == 0 && token->plain)
        SAY(fill, token->at, "`%s` has no value; it takes %s", row->key, row->kind->expected);
    else if (token->text.length > YAML_SCALAR_MOST)
        SAY(fill, token->at, "`%s`: %zu bytes are too long", row->key, token->text.length);
    else if (strlen(text) != token->text.length)
        SAY(fill, token->at, "`%s`: the value holds a zero byte", row->key);
    else if (row->kind->read(row, token->text, base + row->place + index * row->size, why))
        return;
    else if (why[0] != 0)
        SAY(fill, token->at, "`%s`: %s", row->key, why);
    else
        SAY(fill, token->at, "`%s` takes %s, not `%.60s`", row->key, row->kind->expected, text);
}

static void on_scalar(struct fill *fill, struct frame *frame, const struct token *token)
{
    const struct yaml_row *row = frame->row;
    bool empty = token->text.length == 0 && token->plain;

    if (frame->kind == FRAME_ITEMS) {
        SAY(fill, token->at, "`%s` takes %s, not `%.60s`", row->key, expected_of(row),
            (const char *)token->text.at);
    } else if (frame->kind == FRAME_SCALARS) {
        if (frame->count < row->most)
            read_value(fill, row, frame->base, frame->count, token);
        else if (frame->count == row->most)
            SAY(fill, token->at, "`%s` has more than %zu entries", row->key, row->most);
        frame->count++;
    } else if (row == NULL) {
        on_key(fill, frame, token);
    } else {
        if (row->kind != NULL && row->most == 0)
            read_value(fill, row, frame->base, 0, token);
        else if (row != &unwanted && empty && row->section == NULL)
            SAY(fill, token->at, "`%s` has no value; it takes %s, or [] for none", row->key,
                expected_of(row));
        else if (row != &unwanted && !empty)
            SAY(fill, token->at, "`%s` takes %s, not `%.60s`", row->key, expected_of(row),
                (const char *)token->text.at);
        frame->row = NULL;
    }
}

static bool open_root(struct fill *fill, const struct token *token)
{
    struct frame frame = fill->frames[0];
    frame.at = token->at;
    if (token->kind == TOKEN_MAPPING)
        return push(fill, &frame);
    SAY(fill, token->at, "the file holds no keys; it begins with one, such as `%s:`",
        frame.schema->rows[0].key);
    return false;
}

/* The value of the open frame is a mapping. */
static bool on_mapping(struct fill *fill, struct frame *frame, const struct token *token)
{
    const struct yaml_row *row = frame->row;
    struct frame next = {.kind = FRAME_MAPPING, .at = token->at};

    if (frame->kind == FRAME_ITEMS) {
        size_t most = row->most != 0 ? row->most : YAML_ITEMS_MOST;
        if (frame->count++ < most) {
            next.schema = row->items;
            next.base = frame->item;
            return push(fill, &next);
        }
        if (frame->count == most + 1)
            SAY(fill, token->at, "`%s` has more than %zu entries", row->key, most);
    } else if (frame->kind == FRAME_MAPPING && row != NULL && row->section != NULL) {
        next.schema = row->section;
        next.base = frame->base + row->place;
        frame->row = NULL;
        return push(fill, &next);
    } else if (frame->kind == FRAME_MAPPING && row == NULL) {
        SAY(fill, token->at, "a key must be a word");
        frame->row = &unwanted;
        fill->skipping = 1;
        return true;
    } else if (row != &unwanted) {
        SAY(fill, token->at, "`%s` takes %s, not keys of its own", row->key,
            is_list(row) && frame->kind == FRAME_MAPPING ? expected_of(row)
            : row->kind != NULL                          ? row->kind->expected
                                                         : expected_of(row));
    }
    if (frame->kind == FRAME_MAPPING)
        frame->row = NULL;
    fill->skipping = 1;
    return true;
}

/* The value of the open frame is a sequence. */
static bool on_sequence(struct fill *fill, struct frame *frame, const struct token *token)
{
    const struct yaml_row *row = frame->row;
    struct frame next = {.kind = FRAME_SCALARS, .base = frame->base, .row = row, .at = token->at};

    if (frame->kind == FRAME_MAPPING && row != NULL) {
        frame->row = NULL;
        if (is_list(row))
            return push(fill, &next);
        if (row->items != NULL) {
            next.kind = FRAME_ITEMS;
            next.schema = row->items;
            next.item = malloc(row->items->size);
            next.blank = malloc(row->items->size);
            fill->no_memory = next.item == NULL || next.blank == NULL;
            if (fill->no_memory || !push(fill, &next)) {
                free(next.item);
                free(next.blank);
                return false;
            }
            yaml_defaults(row->items, next.blank);
            memcpy(next.item, next.blank, row->items->size);
            return true;
        }
    }
    if (frame->kind == FRAME_MAPPING && row == NULL) {
        SAY(fill, token->at, "a key must be a word");
        frame->row = &unwanted;
    } else if (row != &unwanted) {
        SAY(fill, token->at, "`%s` takes %s, not a list%s", row->key,
            row->kind != NULL ? row->kind->expected : expected_of(row),
            frame->kind == FRAME_MAPPING ? "" : " inside a list");
    }
    fill->skipping = 1;
    return true;
}

static void check_required(struct fill *fill, const struct frame *frame)
{
    for (size_t i = 0; i < frame->schema->count; i++) {
        const struct yaml_row *row = &frame->schema->rows[i];
        if (row->required && (frame->seen >> i & 1) == 0)
            SAY(fill, frame->at, "%s lacks `%s`", frame->schema->title, row->key);
    }
}

/* Makes the item blank again: only the fields that were given, for there may be a million items. */
static void reset_item(const struct frame *items, uint64_t seen)
{
    for (size_t i = 0; i < items->schema->count; i++) {
        const struct yaml_row *row = &items->schema->rows[i];
        if ((seen >> i & 1) == 0)
            continue;
        if (row->section != NULL) {
            memcpy(items->item, items->blank, items->schema->size);
            return;
        }
        if (row->kind == NULL)
            continue;
        size_t elements = row->most > 0 ? row->most : 1;
        memcpy(items->item + row->place, items->blank + row->place, row->size * elements);
        if (row->most > 0)
            memcpy(items->item + row->counter, items->blank + row->counter, sizeof(uint32_t));
        if (row->located)
            memset(items->item + row->at, 0, elements * sizeof(struct yaml_place));
    }
}

static void on_mapping_end(struct fill *fill)
{
    struct frame *frame = top(fill);
    check_required(fill, frame);
    fill->depth--;
    if (fill->depth == 0)
        return;
    struct frame *items = top(fill);
    if (items->kind != FRAME_ITEMS)
        return;
    if (fill->problems->errors == frame->errors)
        items->row->on_item(fill->owner, items->item, frame->at);
    else if (items->row->on_lost != NULL)
        items->row->on_lost(fill->owner);
    reset_item(items, frame->seen);
}

static void on_sequence_end(struct fill *fill)
{
    struct frame *frame = top(fill);
    if (frame->kind == FRAME_SCALARS) {
        uint32_t count =
            (uint32_t)(frame->count < frame->row->most ? frame->count : frame->row->most);
        memcpy(frame->base + frame->row->counter, &count, sizeof count);
        if (frame->row->located && count == 0)
            memcpy(frame->base + frame->row->at, &frame->at, sizeof frame->at);
    }
    free(frame->item);
    free(frame->blank);
    fill->depth--;
}

static void on_refused(struct frame *frame)
{
    if (frame->kind == FRAME_MAPPING)
        frame->row = frame->row == NULL ? &unwanted : NULL;
}

bool fill_token(struct fill *fill, const struct token *token)
{
    bool begins = token->kind == TOKEN_MAPPING || token->kind == TOKEN_SEQUENCE;
    if (fill->skipping > 0) {
        if (begins && ++fill->skipping + fill->depth > YAML_DEPTH_MOST) {
            SAY(fill, token->at, "nested more than %d deep; reading stops here", YAML_DEPTH_MOST);
            return false;
        }
        if (token->kind == TOKEN_MAPPING_END || token->kind == TOKEN_SEQUENCE_END)
            fill->skipping--;
        return true;
    }
    if (fill->depth == 0)
        return open_root(fill, token);
    switch (token->kind) {
    case TOKEN_SCALAR:
        on_scalar(fill, top(fill), token);
        return true;
    case TOKEN_REFUSED:
        on_refused(top(fill));
        return true;
    case TOKEN_MAPPING:
        return on_mapping(fill, top(fill), token);
    case TOKEN_SEQUENCE:
        return on_sequence(fill, top(fill), token);
    case TOKEN_MAPPING_END:
        on_mapping_end(fill);
        return true;
    case TOKEN_SEQUENCE_END:
        on_sequence_end(fill);
        return true;
    }
    return false;
}
