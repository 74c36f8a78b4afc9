/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hpack - header blocks of HTTP/2 (RFC 7541), field by field.
 *
 * Used by wire/http2. Reads all that a peer may write; of the dynamic table the newest
 * HPACK_ENTRIES_MOST are kept, whatever size was agreed on: what is older cannot be named. Never
 * allocates, never copies a literal that is not Huffman's: blocks must stay where they are as long
 * as the table is used.
 */
#ifndef WIRE_HPACK_H
#define WIRE_HPACK_H

#include "base/cursor.h"

enum {
    HPACK_ENTRIES_MOST = 512,   /* a table of 4,096 bytes, as agreed on unless said, has 128 */
    HPACK_TEXT_MOST = 26 * 1024 /* of decoded strings: 16 KiB by a code of 5 bits or more */
};

struct hpack_field {
    struct span name, value;
};

/* The table of one direction. Begun with hpack_begin(). */
struct hpack {
    size_t size, most;      /* bytes as RFC 7541 4.1 counts them */
    unsigned newest, count; /* of the ring */
    size_t text_length;
    struct hpack_field entries[HPACK_ENTRIES_MOST];
    uint8_t text[HPACK_TEXT_MOST];
};

void hpack_begin(struct hpack *table);
/* The next field of a block. False at its end; block->failed where it cannot be read, after which
 * the table is of no more use (RFC 7541 5.2, 6). */
bool hpack_next(struct hpack *table, struct cursor *block, struct hpack_field *out);

#endif
