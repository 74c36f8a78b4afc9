/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * schema - what a YAML file may say, as rows; and the reader that fills structs from it.
 *
 * Used by config and by policy's YAML lists. A row ties a key to a kind of value and to a field.
 * The reader goes on after an error, so that one run names them all, each with file, line and
 * column. Refuses anchors, aliases, tags, duplicate and unknown keys, and a second document. Never
 * builds a tree: a list of mappings is handed over item by item. Never recurses; memory does not
 * grow with the input.
 *
 *     static const struct yaml_row rule_rows[] = {
 *         {"domain", &yaml_name, YAML_FIELD(struct rule, domain), YAML_AT(struct rule, domain_at)},
 *         {"action", &yaml_word, YAML_FIELD(struct rule, action), .words = action_words},
 *         {"groups", &yaml_text, YAML_LIST(struct rule, groups, group_count)},
 *     };
 *     static const struct yaml_schema rule = YAML_SCHEMA("a rule", struct rule, rule_rows);
 *
 *     static const struct yaml_row list_rows[] = {
 *         {"list", &yaml_text, YAML_FIELD(struct list, id), .required = true},
 *         {"rules", .items = &rule, .on_item = on_rule},
 *     };
 */
#ifndef YAML_SCHEMA_H
#define YAML_SCHEMA_H

#include "base/span.h"
#include "base/status.h"
#include "base/writer.h"
#include "yaml/problems.h"

enum {
    YAML_BYTES_MOST = 1 << 29,  /* of a file */
    YAML_DEPTH_MOST = 12,       /* of nested sequences and mappings */
    YAML_SCALAR_MOST = 4096,    /* bytes of one key or value */
    YAML_ITEMS_MOST = 16000000, /* of a list of mappings whose row states no `most` */
    YAML_ROWS_MOST = 64,        /* of a schema */
    YAML_WHY_SIZE = 320
};

/* Where something stands in the file, from 1; line 0: it was not given. */
struct yaml_place {
    unsigned line, column;
};

struct yaml_row;

/* A kind of value: how its text becomes a field, and back. Other folders may have their own. */
struct yaml_kind {
    const char *expected; /* "an address such as 192.0.2.1 or 2001:db8::1" */
    /* False when `text` (zero-terminated) is not of this kind. `why` may then say what is wrong, as
     * a clause that can follow a colon; left empty, the reader says what was expected. */
    bool (*read)(const struct yaml_row *row, struct span text, void *field,
                 char why[YAML_WHY_SIZE]);
    void (*write)(const struct yaml_row *row, const void *field, struct writer *w);
};

/* clang-format off */
extern const struct yaml_kind
    yaml_text,    /* char[size]: UTF-8 without control characters, zero-terminated */
    yaml_id,      /* char[size]: letters of a-z, digits, - and _; begins with a letter or digit */
    yaml_word,    /* uint32_t or an enum: index into `words`; least is the first allowed one */
    yaml_count,   /* uint16_t, uint32_t or uint64_t: `least` to `limit` (0: what the field holds) */
    yaml_bytes,   /* the same: 4096, 64K, 64M, 1G */
    yaml_ms,      /* uint32_t, milliseconds: 500ms, 5s, 10m, 2h, 1d */
    yaml_seconds, /* uint32_t, seconds: 5s, 10m, 2h, 1d, or a bare number of seconds */
    yaml_bool,    /* bool or uint32_t: yes, no, true, false */
    yaml_date,    /* uint32_t, YYYYMMDD: 2026-12-31 */
    yaml_address, /* struct address */
    yaml_prefix,  /* struct prefix; an address alone is a prefix of one */
    yaml_name;    /* struct name: a host name in ASCII (letters, digits, -, _), or "." */
/* clang-format on */

struct yaml_schema;

/* A scalar has a kind; with `most` it is a sequence of them. A mapping has a section, whose fields
 * are in the same struct, `place` bytes further on. A sequence of mappings has items. */
struct yaml_row {
    const char *key;
    const struct yaml_kind *kind;
    size_t place, size; /* of the field; of one element of a sequence */
    size_t most;        /* 0: not a sequence; for items: how many, 0: YAML_ITEMS_MOST */
    size_t counter;     /* sequence: place of its uint32_t count */
    /* `at` is the place of a struct yaml_place; for a sequence, of an array of `most`, of which an
     * empty sequence fills the first. */
    bool located, required;
    size_t at;
    const char *const *words; /* NULL-terminated */
    uint64_t least, limit;
    const char *fallback; /* default, as the file would say it; sequence: separated by ", " */
    const char *example;  /* for printed examples, where there is no default */
    const char *help;     /* a sentence, for printed examples and manuals */
    const char *refused;  /* a key that is known and refused: "`key` ..." and this clause */

    const struct yaml_schema *section;

    const struct yaml_schema *items;
    /* Called for each item without an error of its own. `item` is reused for the next: what was not
     * given has its default or is zero. `at` is where the item begins. */
    void (*on_item)(void *owner, const void *item, struct yaml_place at);
    /* Or NULL. Called instead for an item with an error; and for every row of the whole file's
     * mapping when reading stops before the end. Who misses something knows then that it may have
     * been there. */
    void (*on_lost)(void *owner);
};

struct yaml_schema {
    const char *title; /* "a rule": for messages */
    size_t size;       /* of the struct; 0 for a section */
    const struct yaml_row *rows;
    size_t count;
};

#define YAML_FIELD(type, field) .place = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define YAML_LIST(type, field, count_field)                                                        \
    .place = offsetof(type, field), .size = sizeof(((type *)0)->field[0]),                         \
    .most = COUNT_OF(((type *)0)->field), .counter = offsetof(type, count_field)
#define YAML_AT(type, field) .located = true, .at = offsetof(type, field)
#define YAML_SCHEMA(title, type, rows)                                                             \
    {                                                                                              \
        (title), sizeof(type), (rows), COUNT_OF(rows)                                              \
    }
#define YAML_SECTION(title, rows)                                                                  \
    {                                                                                              \
        (title), 0, (rows), COUNT_OF(rows)                                                         \
    }

/* Reads a mapping into the struct `out`, which is cleared and given its defaults first; `owner`
 * goes to on_item. STATUS_INVALID: this run added errors to `problems`, and `out` has what could be
 * read. `file` is the name in messages. */
MUST_USE enum status yaml_read_file(const char *file, const struct yaml_schema *schema, void *out,
                                    void *owner, struct problems *problems);
MUST_USE enum status yaml_read_text(struct span text, const char *file,
                                    const struct yaml_schema *schema, void *out, void *owner,
                                    struct problems *problems);

/* Clears the struct and gives every row its default. */
void yaml_defaults(const struct yaml_schema *schema, void *out);

#endif
