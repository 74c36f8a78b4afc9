/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * columns - a row as ClickHouse's RowBinary, and the columns that are kept.
 *
 * Used by feed, which writes rows, and by the store, which reads them. Within ClickHouse 18.16: no
 * type for IPv4, LowCardinality, CODEC, DateTime64. Any bytes may stand in a text. Never asks a
 * server.
 */
#ifndef CLICKHOUSE_COLUMNS_H
#define CLICKHOUSE_COLUMNS_H

#include "base/cursor.h"
#include "base/writer.h"
#include "incident/row.h"

enum {
    COLUMNS_TEXT_SIZE = 1024,
    COLUMNS_DAY_MOST = 49672 /* 2105-12-31: later ones are no Date of ClickHouse 18.16 */
};

/* One by one; `width` in bytes, 0: a text behind its length. */
size_t columns_count(void);
const char *columns_name(size_t column);
const char *columns_type(size_t column);
size_t columns_width(size_t column);

/* "`batch` UInt64, `history` UInt64, …": all. */
void columns_with_types(char out[COLUMNS_TEXT_SIZE]);
/* "`batch`, …": all, in the order in which they are written. */
void columns_to_write(char out[COLUMNS_TEXT_SIZE]);
/* Those that columns_read() reads; `raw` as '' unless it is wanted. */
void columns_to_read(bool with_raw, char out[COLUMNS_TEXT_SIZE]);

/* Days since 1970: the partition of a row. */
uint16_t columns_day(clock_us at);
/* How many bytes columns_write() takes at most. */
size_t columns_size(const struct row *row);
/* All columns but the first, `batch`, which spool writes. */
void columns_write(struct writer *w, uint64_t history, const struct row *row);
/* One row; its texts point into what is read. False at the end, or when the cursor has failed. */
bool columns_read(struct cursor *c, struct row *out);

/* RowBinary's own: little-endian, a text behind its length in base 128. */
void rowbinary_write_length(struct writer *w, uint64_t value);
uint64_t rowbinary_u64(struct cursor *c);
struct span rowbinary_text(struct cursor *c);

#endif
