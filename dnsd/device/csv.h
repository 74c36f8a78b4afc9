/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * csv - the cells of a CSV text (RFC 4180), each with its place.
 *
 * Used by inventory.c. Takes LF and CRLF, a UTF-8 byte order mark, and `;` between cells where the
 * heading line has it (as spreadsheets write it in some languages). Quotes follow the RFC alone.
 * Never allocates; a cell that is too long is one, marked.
 */
#ifndef DEVICE_CSV_H
#define DEVICE_CSV_H

#include "base/span.h"

enum { CSV_CELL_MOST = 4096 };

struct csv_cell {
    unsigned line, column; /* where it begins; columns count bytes */
    struct span text;      /* until the next cell; a zero byte follows */
    bool is_last;          /* of its row */
    const char *why;       /* what is wrong with it and what to do; NULL: nothing */
};

struct csv {
    struct span rest;
    unsigned line, column;
    char between;
    bool in_row;
    char room[CSV_CELL_MOST + 1];
};

void csv_open(struct csv *csv, struct span text);
/* False: no more cells. An empty line is a row of one empty cell. */
bool csv_next(struct csv *csv, struct csv_cell *out);

#endif
