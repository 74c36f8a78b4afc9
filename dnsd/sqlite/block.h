/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * block - some thousand rows as columns, and their lines, packed by zstd.
 *
 * Used by day files. Texts of a row are numbers of its file's words; a column that says the same in
 * all its rows takes one value, so a search looks at a block of such rows with one comparison. Only
 * block.c knows zstd.h. Unpacking trusts no length that stands in a file.
 */
#ifndef SQLITE_BLOCK_H
#define SQLITE_BLOCK_H

#include "incident/row.h"

enum {
    BLOCK_ROWS = 2048,         /* a full block */
    BLOCK_BYTES = 4 << 20,     /* or so many bytes of lines */
    BLOCK_PART_ROWS = 256,     /* lines that are packed together */
    BLOCK_PART_BYTES = 1 << 17 /* or so many bytes, and the line that goes over */
};

/* Texts of a row that are kept as numbers of words; the first ones are enum word's. 0: "". */
enum text {
    TEXT_NAME = WORD_COUNT,
    TEXT_CLIENT, /* 16 bytes; 0: none */
    TEXT_SERVER,
    TEXT_REASON,
    TEXT_AUTHORITY,
    TEXT_TICKET,
    TEXT_RULE_SOURCE,
    TEXT_MAC,
    TEXT_INTERFACE,
    TEXT_COUNT
};

struct block_row {
    uint64_t at, sequence, device, lost, sampled, count, duration_ns;
    uint32_t source;
    uint32_t text[TEXT_COUNT];
    uint16_t client_port, server_port;
    uint8_t kind, flags, way, evidence, severity;
};

enum { BLOCK_STOPPED = 1, BLOCK_ALLOWED = 2, BLOCK_UNRESOLVED = 4 };

/* Numbers are kept in files: new columns go to the end, and are a new format (day.h). */
enum column {
    COLUMN_AT,
    COLUMN_SEQUENCE,
    COLUMN_DEVICE,
    COLUMN_LOST,
    COLUMN_SAMPLED,
    COLUMN_ITEMS,
    COLUMN_DURATION,
    COLUMN_SOURCE,
    COLUMN_CLIENT_PORT,
    COLUMN_SERVER_PORT,
    COLUMN_KIND,
    COLUMN_FLAGS,
    COLUMN_WAY,
    COLUMN_EVIDENCE,
    COLUMN_SEVERITY,
    COLUMN_TEXT, /* and TEXT_COUNT - 1 more */
    COLUMN_COUNT = COLUMN_TEXT + TEXT_COUNT
};

/* The values of one column of a block. */
struct block_values {
    bool is_same; /* all are `same` */
    uint8_t width;
    uint64_t same;
    union {
        uint8_t u8[BLOCK_ROWS * 8];
        uint16_t u16[BLOCK_ROWS];
        uint32_t u32[BLOCK_ROWS];
        uint64_t u64[BLOCK_ROWS];
    };
};

static inline uint64_t block_value(const struct block_values *v, uint32_t at)
{
    if (v->is_same)
        return v->same;
    switch (v->width) {
    case 1:
        return v->u8[at];
    case 2:
        return v->u16[at];
    case 4:
        return v->u32[at];
    default:
        return v->u64[at];
    }
}

struct packer; /* zstd's memory, made once */
struct packer *packer_new(void);
void packer_free(struct packer *packer);

/* What packer_* give lives until the next call. `count` is 1..BLOCK_ROWS. */
MUST_USE enum status packer_column(struct packer *packer, const struct block_row *rows,
                                   uint32_t count, enum column column, struct span *out);
MUST_USE enum status packer_values(struct packer *packer, struct span packed, uint32_t count,
                                   enum column column, struct block_values *out);
/* Puts value `at` of a column into its place in a row. */
void block_fill(struct block_row *row, enum column column, const struct block_values *values,
                uint32_t at);

/* Bytes of lines. STATUS_CORRUPT: what was packed is broken. */
MUST_USE enum status packer_lines(struct packer *packer, struct span lines, struct span *out);
MUST_USE enum status packer_unpack_lines(struct packer *packer, struct span packed,
                                         struct span *out);

/* In which part the line of `row` is, and which row begins that part. `cuts`: the first row of each
 * part, two bytes in network order, one every `step` bytes. STATUS_CORRUPT. */
MUST_USE enum status block_part_of(struct span cuts, size_t step, uint32_t row, uint32_t *part,
                                   uint32_t *first);
/* The line of `row` among the lines of a part that begins with row `first`: each stands behind its
 * length, four bytes in network order. STATUS_CORRUPT. */
MUST_USE enum status block_line(struct span lines, uint32_t first, uint32_t row, struct span *out);

#endif
