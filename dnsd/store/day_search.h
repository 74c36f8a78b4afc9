/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * day_search - the rows of one day that a filter wants, in order of their places.
 *
 * Used by store_sqlite. Looks at the columns of a block only as far as rows are left, at blocks in
 * order of time, and no further than the last row that is wanted. Never at another day.
 */
#ifndef STORE_DAY_SEARCH_H
#define STORE_DAY_SEARCH_H

#include "sqlite/day_read.h"
#include "store/store.h"

enum { DAY_SEARCH_MOST = 4096 }; /* rows of one search */

struct day_search {
    const struct store_filter *filter;
    const struct store_place *after; /* NULL: from the begin */
    const struct store_place *only;  /* NULL: any; else this row alone */
    bool oldest_first, with_raw;
    uint32_t most;       /* up to DAY_SEARCH_MOST */
    uint64_t until;      /* clock_ns(): when to stop looking; 0: never */
    uint64_t give_until; /* when to give no further row but the first; 0: never */
    store_on_row on_row;
    void *owner;
};

struct day_searched {
    uint32_t rows;
    bool is_enough; /* on_row said so */
    bool ran_out;   /* of time: there may be more behind `reached` */
    bool is_whole;  /* all that match were given */
    bool has_reached;
    struct store_place reached; /* behind which to go on, if anything was looked at */
};

/* Within begin and end of the reader. */
MUST_USE enum status day_search(struct day_reader *reader, const struct day_search *search,
                                struct day_searched *out);

#endif
