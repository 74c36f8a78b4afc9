/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fields - a walk over the text with a small stack; beside it, the tree of wanted keys.
 */
#include "events/fields.h"

#include <stdlib.h>

enum { NODES_MOST = 192, SLOTS = 16, KEY_MOST = 32, NO_FIELD = 0xff, NO_NODE = 0 };

/* A key of the tree. Node 0 stands for all that nobody wants, node 1 for the root. */
struct node {
    uint8_t length, field, next; /* next: of the same slot of its parent */
    uint8_t slot[SLOTS];         /* first child by its key's slot */
    char key[KEY_MOST];
};

struct fields_wanted {
    size_t count;
    uint8_t node_count;
    struct node node[NODES_MOST];
};

struct level {
    bool is_object;
    uint8_t node, field; /* whose children are inside; whose value this is */
    const uint8_t *start;
};

struct walk {
    const struct fields_wanted *wanted;
    const uint8_t *at, *end;
    uint8_t *room;
    struct field *out;
    uint64_t seen[NODES_MOST / 64];
    bool twice;
    uint8_t depth;
    struct level level[FIELDS_DEPTH];
};

static size_t slot_of(const uint8_t *key, size_t length)
{
    return length == 0 ? 0 : (length + key[0] + (size_t)3 * key[length - 1]) % SLOTS;
}

static uint8_t child_of(const struct fields_wanted *wanted, uint8_t parent, struct span key)
{
    uint8_t at = wanted->node[parent].slot[slot_of(key.at, key.length)];
    while (at != NO_NODE) {
        const struct node *node = &wanted->node[at];
        if (node->length == key.length && memcmp(node->key, key.at, key.length) == 0)
            break;
        at = node->next;
    }
    return at;
}

static uint8_t child_make(struct fields_wanted *wanted, uint8_t parent, struct span key)
{
    uint8_t at = child_of(wanted, parent, key);
    if (at != NO_NODE || key.length == 0 || key.length > KEY_MOST ||
        wanted->node_count == NODES_MOST)
        return at;
    at = wanted->node_count++;
    struct node *node = &wanted->node[at];
    uint8_t *slot = &wanted->node[parent].slot[slot_of(key.at, key.length)];
    *node = (struct node){.length = (uint8_t)key.length, .field = NO_FIELD, .next = *slot};
    memcpy(node->key, key.at, key.length);
    *slot = at;
    return at;
}

struct fields_wanted *fields_wanted_new(const char *const *paths, size_t count)
{
    struct fields_wanted *wanted = count <= FIELDS_MOST ? calloc(1, sizeof *wanted) : NULL;
    if (wanted == NULL)
        return NULL;
    wanted->count = count;
    wanted->node_count = 2;
    wanted->node[0].field = wanted->node[1].field = NO_FIELD;
    for (size_t i = 0; i < count; i++) {
        const char *at = paths[i];
        uint8_t node = 1;
        while (node != NO_NODE) {
            size_t length = strcspn(at, ".");
            node = child_make(wanted, node, span_of(at, length));
            if (at[length] == 0)
                break;
            at += length + 1;
        }
        if (node == NO_NODE) {
            free(wanted);
            return NULL;
        }
        wanted->node[node].field = (uint8_t)i;
    }
    return wanted;
}

void fields_wanted_free(struct fields_wanted *wanted)
{
    free(wanted);
}

/* Strings. */

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Eight at a time: the high bit of a byte of the result says that it is none of the plain ones. */
static uint64_t unplain(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t quote = eight ^ ones * '"', slash = eight ^ ones * '\\';
    return (eight | (eight - ones * 0x20) | (quote - ones) | (slash - ones)) & highs;
}

static const uint8_t *plain_end(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 8) {
        uint64_t eight;
        memcpy(&eight, at, sizeof eight);
        if (unplain(eight) != 0)
            break;
        at += 8;
    }
    while (at < end && is_plain(*at))
        at++;
    return at;
}

/* How many bytes a character of UTF-8 beyond ASCII has (RFC 3629 4); 0: it is none. */
static size_t character(const uint8_t *at, const uint8_t *end)
{
    size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at > 0xf4 || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool is_sound = !(*at == 0xe0 && at[1] < 0xa0) && !(*at == 0xed && at[1] > 0x9f) &&
                    !(*at == 0xf0 && at[1] < 0x90) && !(*at == 0xf4 && at[1] > 0x8f);
    return is_sound ? length : 0;
}

static bool unit_read(const uint8_t *at, const uint8_t *end, uint32_t *out)
{
    if (end - at < 4)
        return false;
    *out = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t digit = at[i];
        uint32_t value = digit >= '0' && digit <= '9'   ? digit - '0'
                         : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                         : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                        : 16;
        if (value == 16)
            return false;
        *out = *out << 4 | value;
    }
    return true;
}

static uint8_t *character_write(uint8_t *to, uint32_t value)
{
    if (value < 0x80) {
        *to++ = (uint8_t)value;
        return to;
    }
    if (value < 0x800) {
        *to++ = (uint8_t)(0xc0 | value >> 6);
    } else {
        if (value < 0x10000) {
            *to++ = (uint8_t)(0xe0 | value >> 12);
        } else {
            *to++ = (uint8_t)(0xf0 | value >> 18);
            *to++ = (uint8_t)(0x80 | (value >> 12 & 0x3f));
        }
        *to++ = (uint8_t)(0x80 | (value >> 6 & 0x3f));
    }
    *to++ = (uint8_t)(0x80 | (value & 0x3f));
    return to;
}

/* What stands behind a backslash; NULL: nothing that JSON knows. Half a surrogate pair is no
 * character. */
static const uint8_t *escape_read(const uint8_t *at, const uint8_t *end, uint32_t *out)
{
    static const char words[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t low;
    if (at == end)
        return NULL;
    const char *word = memchr(words, *at, sizeof words - 1);
    if (word != NULL) {
        *out = (uint8_t)values[word - words];
        return at + 1;
    }
    if (*at != 'u' || !unit_read(at + 1, end, out) || (*out >= 0xdc00 && *out < 0xe000))
        return NULL;
    at += 5;
    if (*out < 0xd800 || *out >= 0xe000)
        return at;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !unit_read(at + 2, end, &low) ||
        low < 0xdc00 || low >= 0xe000)
        return NULL;
    *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
    return at + 6;
}

/* From the first byte that is not plain on; what was before is at `start`. */
static bool string_unescape(struct walk *walk, const uint8_t *start, struct span *out)
{
    const uint8_t *at = walk->at;
    uint8_t *to = walk->room + (at - start);

    memcpy(walk->room, start, (size_t)(at - start));
    while (at < walk->end && *at != '"') {
        uint32_t value;
        if (is_plain(*at)) {
            *to++ = *at++;
        } else if (*at >= 0x80) {
            size_t length = character(at, walk->end);
            if (length == 0)
                return false;
            memcpy(to, at, length);
            to += length;
            at += length;
        } else if (*at != '\\' || (at = escape_read(at + 1, walk->end, &value)) == NULL) {
            return false;
        } else {
            to = character_write(to, value);
        }
    }
    if (at == walk->end)
        return false;
    walk->at = at + 1;
    *out = span_of(walk->room, (size_t)(to - walk->room));
    walk->room = to;
    return true;
}

/* Behind its first quote. */
static bool string_read(struct walk *walk, struct span *out)
{
    const uint8_t *start = walk->at, *end = plain_end(start, walk->end);
    walk->at = end;
    if (end == walk->end)
        return false;
    if (*end != '"')
        return string_unescape(walk, start, out);
    walk->at = end + 1;
    *out = span_of(start, (size_t)(end - start));
    return true;
}

/* Other values. */

static size_t digits(struct walk *walk)
{
    const uint8_t *start = walk->at;
    while (walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9')
        walk->at++;
    return (size_t)(walk->at - start);
}

static uint64_t number_value(const uint8_t *at, const uint8_t *end)
{
    uint64_t value = 0;
    for (; at < end; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return 0;
    return value;
}

static bool number_read(struct walk *walk, struct field *out)
{
    const uint8_t *start = walk->at;
    bool is_whole = *start != '-';

    walk->at += !is_whole;
    const uint8_t *first = walk->at;
    size_t length = digits(walk);
    if (length == 0 || (length > 1 && *first == '0'))
        return false;
    if (walk->at < walk->end && *walk->at == '.') {
        walk->at++;
        is_whole = false;
        if (digits(walk) == 0)
            return false;
    }
    if (walk->at < walk->end && (*walk->at | 0x20) == 'e') {
        walk->at++;
        is_whole = false;
        walk->at += walk->at < walk->end && (*walk->at == '+' || *walk->at == '-');
        if (digits(walk) == 0)
            return false;
    }
    *out = (struct field){FIELD_NUMBER, span_of(start, (size_t)(walk->at - start)),
                          is_whole ? number_value(start, walk->at) : 0};
    return true;
}

static bool word_read(struct walk *walk, const char *word, enum field_kind kind, struct field *out)
{
    size_t length = strlen(word);
    if ((size_t)(walk->end - walk->at) < length || memcmp(walk->at, word, length) != 0)
        return false;
    *out = (struct field){kind, span_of(walk->at, length), 0};
    walk->at += length;
    return true;
}

static bool simple_read(struct walk *walk, struct field *out)
{
    switch (*walk->at) {
    case '"':
        walk->at++;
        out->kind = FIELD_TEXT;
        out->number = 0;
        return string_read(walk, &out->text);
    case 't':
        return word_read(walk, "true", FIELD_TRUE, out);
    case 'f':
        return word_read(walk, "false", FIELD_FALSE, out);
    case 'n':
        return word_read(walk, "null", FIELD_NULL, out);
    default:
        return number_read(walk, out);
    }
}

/* The walk. */

static bool skip_space(struct walk *walk)
{
    while (walk->at < walk->end &&
           (*walk->at == ' ' || *walk->at == '\t' || *walk->at == '\n' || *walk->at == '\r'))
        walk->at++;
    return walk->at < walk->end;
}

static bool take(struct walk *walk, char byte)
{
    if (!skip_space(walk) || *walk->at != (uint8_t)byte)
        return false;
    walk->at++;
    return true;
}

/* The key of the next member, up to its colon; which node it is. */
static bool key_read(struct walk *walk, uint8_t parent, uint8_t *node)
{
    uint8_t *room = walk->room;
    struct span key;

    if (!take(walk, '"') || !string_read(walk, &key))
        return false;
    *node = parent == NO_NODE ? NO_NODE : child_of(walk->wanted, parent, key);
    walk->room = room;
    if (*node != NO_NODE) {
        uint64_t bit = UINT64_C(1) << *node % 64;
        if ((walk->seen[*node / 64] & bit) != 0) {
            walk->twice = true;
            *node = NO_NODE;
        }
        walk->seen[*node / 64] |= *node == NO_NODE ? 0 : bit;
    }
    return take(walk, ':');
}

static bool level_open(struct walk *walk, uint8_t node)
{
    if (walk->depth == FIELDS_DEPTH)
        return false;
    bool is_object = *walk->at == '{';
    walk->level[walk->depth++] = (struct level){.is_object = is_object,
                                                .node = is_object ? node : NO_NODE,
                                                .field = walk->wanted->node[node].field,
                                                .start = walk->at};
    walk->at++;
    return true;
}

static void level_close(struct walk *walk)
{
    const struct level *level = &walk->level[--walk->depth];
    if (level->field != NO_FIELD)
        walk->out[level->field] =
            (struct field){level->is_object ? FIELD_OBJECT : FIELD_LIST,
                           span_of(level->start, (size_t)(walk->at - level->start)), 0};
}

/* A value: a simple one is done with, another one is entered. */
static bool value_read(struct walk *walk, uint8_t node, bool *entered)
{
    struct field value;
    uint8_t *room = walk->room;

    *entered = false;
    if (!skip_space(walk))
        return false;
    if (*walk->at == '{' || *walk->at == '[') {
        *entered = true;
        return level_open(walk, node);
    }
    if (!simple_read(walk, &value))
        return false;
    uint8_t field = walk->wanted->node[node].field;
    if (field != NO_FIELD)
        walk->out[field] = value;
    else
        walk->room = room;
    return true;
}

/* What stands in the innermost level, up to its end or to the begin of a deeper one. */
static bool level_walk(struct walk *walk, bool is_new)
{
    while (true) {
        const struct level *level = &walk->level[walk->depth - 1];
        char close = level->is_object ? '}' : ']';
        uint8_t node = NO_NODE;
        bool entered;

        if (!skip_space(walk))
            return false;
        if (*walk->at == (uint8_t)close) {
            walk->at++;
            level_close(walk);
            if (walk->depth == 0)
                return true;
            is_new = false;
            continue;
        }
        if (!is_new && !take(walk, ','))
            return false;
        if (level->is_object && !key_read(walk, level->node, &node))
            return false;
        if (!value_read(walk, node, &entered))
            return false;
        is_new = entered;
    }
}

enum status fields_read(const struct fields_wanted *wanted, struct span line, void *room,
                        struct field *out, bool *twice)
{
    struct walk walk = {
        .wanted = wanted, .at = line.at, .end = line.at + line.length, .room = room, .out = out};

    *twice = false;
    memset(out, 0, wanted->count * sizeof *out);
    if (line.length == 0 || !skip_space(&walk) || *walk.at != '{')
        return STATUS_MALFORMED;
    if (!level_open(&walk, 1) || !level_walk(&walk, true) || skip_space(&walk))
        return STATUS_MALFORMED;
    *twice = walk.twice;
    return STATUS_OK;
}
