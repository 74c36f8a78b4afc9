/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_write - rows put into the file of a day.
 *
 * Used by store_sqlite. What was put since the last commit is one transaction: it is lost when the
 * day is closed before. Once anything failed, the day must be closed. A row that the file has is
 * left out. Never looks at a clock.
 */
#ifndef SQLITE_DAY_WRITE_H
#define SQLITE_DAY_WRITE_H

#include "sqlite/day.h"

struct day_writer;

/* `packer` stays the caller's. STATUS_CORRUPT: the file is there and broken, STATUS_UNSUPPORTED: of
 * a newer format; nothing was changed. */
MUST_USE enum status day_writer_open(const char *folder, uint32_t day, struct packer *packer,
                                     char why[SQLITE_WHY_SIZE], struct day_writer **out);
void day_writer_close(struct day_writer *writer);
MUST_USE enum status day_writer_put(struct day_writer *writer, const struct row *row);
MUST_USE enum status day_writer_commit(struct day_writer *writer);
/* Nothing was put since the last commit. */
bool day_writer_is_idle(const struct day_writer *writer);
/* Moves what was committed from the log into the file, as far as no reader is in the way. */
void day_writer_checkpoint(struct day_writer *writer);
/* No more rows are expected: lets SQLite look at its statistics. */
void day_writer_finish(struct day_writer *writer);
const char *day_writer_why(struct day_writer *writer);

#endif
