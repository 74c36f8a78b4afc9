/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fill - the places of a YAML file poured into structs, as the rows of a schema say.
 *
 * Used by reader.c alone, which turns libyaml's events into tokens. Keeps one small frame for each
 * open mapping and sequence, and one item for each open list of mappings.
 */
#ifndef YAML_FILL_H
#define YAML_FILL_H

#include "yaml/schema.h"

enum token_kind {
    TOKEN_SCALAR,
    TOKEN_REFUSED, /* a scalar about which the reader has complained already */
    TOKEN_MAPPING,
    TOKEN_MAPPING_END,
    TOKEN_SEQUENCE,
    TOKEN_SEQUENCE_END
};

struct token {
    enum token_kind kind;
    bool plain;       /* a scalar without quotes */
    struct span text; /* of a scalar; a zero byte follows */
    struct yaml_place at;
};

struct frame {
    enum { FRAME_MAPPING, FRAME_SCALARS, FRAME_ITEMS } kind;
    const struct yaml_schema *schema; /* of the mapping, or of the items */
    const struct yaml_row *row; /* mapping: of the key just read, or NULL; else the sequence's */
    uint8_t *base;              /* the struct, for this frame's fields */
    struct yaml_place at;
    uint64_t seen;                  /* bit n: row n was given */
    unsigned lines[YAML_ROWS_MOST]; /* where */
    size_t count;                   /* elements of a sequence */
    size_t errors;                  /* of all problems when the mapping began */
    uint8_t *item, *blank;          /* FRAME_ITEMS: the item, and one as it is before reading */
};

struct fill {
    const char *file;
    void *owner;
    struct problems *problems;
    unsigned depth;    /* frames open */
    unsigned skipping; /* depth of a value that nobody wants */
    bool no_memory;
    struct frame frames[YAML_DEPTH_MOST + 1];
};

void fill_open(struct fill *fill, const char *file, const struct yaml_schema *schema, void *out,
               void *owner, struct problems *problems);
/* `whole`: the file was read to its end. */
void fill_close(struct fill *fill, bool whole);

/* False: reading must stop; the reason was said. */
MUST_USE bool fill_token(struct fill *fill, const struct token *token);

#endif
