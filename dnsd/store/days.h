/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * days - a folder of days: who writes them, who reads them.
 *
 * Used by store_sqlite, which makes one store of both. A day whose file is broken is named, and
 * never changed: the writer refuses its rows, the reader leaves it out.
 */
#ifndef STORE_DAYS_H
#define STORE_DAYS_H

#include "sqlite/day.h"
#include "store/store.h"

struct days_writer;
MUST_USE enum status days_writer_open(const struct config_store *options, char why[STORE_WHY_SIZE],
                                      struct days_writer **out);
void days_writer_close(struct days_writer *writer);
MUST_USE enum status days_writer_put(struct days_writer *writer, const struct row *row);
MUST_USE enum status days_writer_commit(struct days_writer *writer);
void days_writer_tend(struct days_writer *writer, clock_us now);

struct days_reader;
MUST_USE enum status days_reader_open(const struct config_store *options, char why[STORE_WHY_SIZE],
                                      struct days_reader **out);
void days_reader_close(struct days_reader *reader);
MUST_USE enum status days_reader_page(struct days_reader *reader, const struct store_filter *filter,
                                      const struct store_page *page, store_on_row on_row,
                                      void *owner, struct store_paged *out);
MUST_USE enum status days_reader_counts(struct days_reader *reader,
                                        const struct store_filter *filter, enum word by,
                                        clock_us bucket_us, store_on_count on_count, void *owner);
MUST_USE enum status days_reader_find(struct days_reader *reader, const struct store_place *place,
                                      store_on_row on_row, void *owner);
MUST_USE enum status days_reader_facts(struct days_reader *reader, struct store_facts *out);

#endif
